"""The commands about editions and who got them."""
