"""Answering requests: connections, methods, headers, the server in our process."""
