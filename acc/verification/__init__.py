"""The milestone's black-box verification: `python -m acc.test_m2`."""
