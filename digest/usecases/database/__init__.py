"""What a person may do with the whole database: move it to a server, copy it, use it again."""
