"""`runserver`."""
