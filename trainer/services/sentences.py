"""Refusals of Django's validation, in the words of the person who reads them."""

from django.core.exceptions import ValidationError


def sentence_of(error: ValidationError) -> str:
    """Return a validation error as one sentence that names the fields."""
    if hasattr(error, "error_dict"):
        return "; ".join(
            f"{field.replace('total_steps', 'steps')}: {' '.join(messages)}"
            for field, messages in error.message_dict.items()
        )
    return " ".join(error.messages)
