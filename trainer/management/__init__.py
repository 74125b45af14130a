"""Management commands of ACC."""
