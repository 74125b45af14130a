"""Tests of the system of record, its services and its processes."""
