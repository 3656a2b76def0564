"""What `digest run` does for as long as it runs."""
