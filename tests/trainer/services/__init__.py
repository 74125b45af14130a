"""Every write to the system of record."""
