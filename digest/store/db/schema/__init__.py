"""The tables, and the kinds of columns that they are made of."""
