"""Whether the clocks can be believed, and starting what is due without trusting them blindly."""
