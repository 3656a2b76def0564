"""What a person may do about editions: send, look, stop, make again, decide about those who did not get one."""
