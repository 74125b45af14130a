"""Every write to the system of record, one verb a function."""
