"""How fast, how much, and whether at all: rates, quotas, breakers, mailbox hosts, what answers say of a sender."""
