"""The HTTP API as a script meets it."""
