"""What is looked at before a mail goes out: the lint, the preview of every screen, pictures of it."""
