"""The system of record and the worker that trains."""
