"""`up`, `runtrainer` and other commands of manage.py."""
