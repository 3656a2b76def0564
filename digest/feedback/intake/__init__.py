"""Where mails that came back wait to be read."""
