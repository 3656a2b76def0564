"""What content management systems answer in JSON."""
