"""What a person may do about sources: try one, list them, visit them now, hand them over as a list."""
