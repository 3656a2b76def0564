"""The ledger: a row for each edition and reader, and the only ways in which it changes."""
