"""An article's own text: cleaned, set for a mail, and laid out for the text part, nothing told twice."""

from digest.edition.telling.text import Text

__all__ = ["Text"]
