"""What email services report by webhook."""
