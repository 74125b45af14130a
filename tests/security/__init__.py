"""What docs/security.md promises, line by line."""
