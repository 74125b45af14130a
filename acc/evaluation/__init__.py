"""Judging what training reached: image metrics and the health of a loss curve."""
