"""The database itself: engines, connections, transactions, tables and their revisions; no subject of ours."""
