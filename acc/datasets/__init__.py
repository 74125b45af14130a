"""Data sets that everybody knows."""
