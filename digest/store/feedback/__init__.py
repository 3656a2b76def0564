"""Events that came back, and what they did to readers."""
