"""What is ready to be handed over, by which sender, and the tasks that do it."""
