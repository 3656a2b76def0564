"""The editions that are being sent: which, how they are recovered from dead processes, and how they are closed."""
