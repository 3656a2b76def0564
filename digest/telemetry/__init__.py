"""What the program tells its operators about itself: measures, log lines, traces; never an address."""
