"""How stories are set: shapes, columns, bylines, typefaces."""
