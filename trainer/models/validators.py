"""Checks of numbers that people type; Django's own let NaN through."""

import math

from django.core.exceptions import ValidationError

# Above this a weighted loss leaves float32's useful range.
LARGEST = 1e6


def validate_positive(value: float) -> None:
    """Raise ValidationError unless the number is finite and above zero."""
    if not math.isfinite(value) or value <= 0:
        raise ValidationError("must be a number above 0")


def validate_not_negative(value: float) -> None:
    """Raise ValidationError unless the number is finite, not negative and not huge."""
    if not math.isfinite(value) or not 0 <= value <= LARGEST:
        raise ValidationError(f"must be a number from 0 to {LARGEST:,.0f}")
