"""What SQLite alone needs: a driver with fewer calls into its thread, the file and its disk, the log."""
