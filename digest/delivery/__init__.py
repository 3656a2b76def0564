"""Work the ledger off: claim, pace, send, record, retry, resolve the unknown."""
