"""The ledger kept in step with the workers: planned as a value, then written in one transaction."""
