"""Generators of data sets whose factors are known."""
