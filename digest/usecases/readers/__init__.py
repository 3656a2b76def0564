"""What a person may do about readers: add, import, list, export, let go, suppress, release, forget."""
