"""What is ready to be handed over, by which sender, and who hands it over."""
