"""The engine of many machines (PostgreSQL): the only place that knows procrastinate, imported only where it is used."""
