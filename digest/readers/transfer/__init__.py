"""Lists of readers in and out: bytes, records, headings, standing."""
