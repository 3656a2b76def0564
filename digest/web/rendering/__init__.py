"""Pages as HTML: templates, words, colours."""
