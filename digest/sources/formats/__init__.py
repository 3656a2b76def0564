"""From bytes to values, pure: everything that a source's answer may be written in."""
