"""What `digest run` and `digest worker` do for as long as they run: find what is due, and do it."""
