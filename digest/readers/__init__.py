"""Readers and their consent: addresses, personal links, import and export, suppression."""
