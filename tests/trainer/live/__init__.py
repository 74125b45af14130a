"""The live channel as a page meets it."""
