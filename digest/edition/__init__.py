"""Set the mail: a plan and a theme become subject, preheader, HTML and text, once for all readers."""
