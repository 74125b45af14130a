"""Breaks each feature on purpose, in a copy: does `python -m acc.test_m2` notice?"""
