"""Measurements: `make bench` runs them all; docs/performance.md says how to read them."""
