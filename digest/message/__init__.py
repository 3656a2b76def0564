"""From a set mail to one reader's exact bytes: headers, personal values spliced into a pre-encoded skeleton."""
