"""What a person may do, whether by command or page: functions that return values and print nothing."""
