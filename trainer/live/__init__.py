"""The live channel: faster copies of rows that are already committed."""
