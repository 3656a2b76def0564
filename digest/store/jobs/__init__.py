"""The jobs of many machines: which kinds there are, the queue in PostgreSQL, and who works on what."""
