"""Refusals of Django's validation, in the words of the person who reads them."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def sentence_of(error: ValidationError) -> str:
    """Return a validation error as one sentence that names the fields."""
    if hasattr(error, "error_dict"):
        return "; ".join(
            f"{field.replace('total_steps', 'steps')}: {' '.join(messages)}"
            for field, messages in error.message_dict.items()
        )
    return " ".join(error.messages)


def fields_check(row: models.Model, *, exclude: Collection[str] = ()) -> None:
    """Pass if a row's fields hold what they may hold.

    Raises:
        ValidationError: some do not; by field, with what would be right.
    """
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        raise ValidationError(
            {
                name: list(dict.fromkeys(_words(row._meta.get_field(name), one) for one in found))
                for name, found in error.error_dict.items()
            }
        ) from error


def _words(field: Any, error: ValidationError) -> str:
    """Return what a field must hold, where Django's own words do not say it as the API does."""
    params = error.params or {}
    words, limit = " ".join(error.messages), params.get("limit_value")
    match error.code:
        case "min_value" | "max_value" | "invalid" if isinstance(field, models.IntegerField):
            words = _range_words(field)
        case "max_value":
            words = f"must be at most {limit:g}"
        case "max_length":
            words = f"must have at most {limit:,} characters, not {params['show_value']:,}"
        case "blank":
            words = "must not be empty"
        case "invalid" if isinstance(field, models.SlugField):
            words = "must be made of letters, digits, hyphens and underscores"
        case "invalid_choice":
            words = f"must be one of {', '.join(str(value) for value, _ in field.choices)}"
    return words


def _range_words(field: Any) -> str:
    """Return a whole number's range; the bounds of its column count as well."""
    ranges = field.validators
    least = max(one.limit_value for one in ranges if isinstance(one, MinValueValidator))
    most = min(one.limit_value for one in ranges if isinstance(one, MaxValueValidator))
    return f"must be a whole number from {least:,} to {most:,}"
