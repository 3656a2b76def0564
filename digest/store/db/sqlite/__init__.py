"""What SQLite alone needs: a driver with fewer visits to its thread, the file and where it lies, its log."""
