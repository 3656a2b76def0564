"""What operators and monitors ask."""
