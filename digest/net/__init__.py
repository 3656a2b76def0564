"""The ways out of this machine: HTTP and DNS."""
