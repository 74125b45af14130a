"""Every read of the system of record."""
