"""Values as the pages write them: what was measured, and what was chosen."""

from typing import Any

from dashboard.templatetags.figures import NOTHING, loss
from trainer.models import EvalResult


def metric_text(result: EvalResult | None) -> str:
    """Return a metric's value with its unit; what it is where it is no finite number."""
    if result is None:
        return NOTHING
    return f"{result.nonfinite or loss(result.value)} {result.unit}".strip()


def literal_text(value: Any) -> str:
    """Return a value in the words of Python, in which people write their classes.

    A text stands for itself: it may be a string, or what another default looks like.
    """
    return value if isinstance(value, str) and value.strip() else repr(value)


def setting_text(value: Any) -> str:
    """Return what a job was started with: a number without the zeros that a float adds."""
    return f"{value:g}" if isinstance(value, float) else literal_text(value)
