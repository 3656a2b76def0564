"""Remember: one schema for SQLite and PostgreSQL, one file of queries per noun."""
