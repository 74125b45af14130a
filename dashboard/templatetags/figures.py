"""Figures as the operator reads them; `format.js` writes the same ones on the page."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from trainer.live import losses
from trainer.live.durations import duration_text

register = template.Library()

PALETTE_SIZE = 8
NOTHING = losses.NOTHING
# After so many days the date says more than their number.
DAYS_COUNTED = 30
SHORT_HASH = 8


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return what a mapping has under a key; None where it has nothing."""
    return mapping.get(key)


@register.filter
def count(value: int) -> str:
    """Return a count with separators: 12,345."""
    return f"{value:,}"


@register.filter
def loss(value: float | None) -> str:
    """Return a loss in four significant digits, however large or small: 0.1234, 1.23e-5."""
    return losses.loss_text(value)


@register.filter
def weight(value: float) -> str:
    """Return a weight as it was typed, without the zeros that a float adds: 1, 0.25."""
    return f"{value:g}"


@register.filter
def rate(value: float | None) -> str:
    """Return steps per second with as many digits as they deserve: 3.4, 128."""
    if not value:
        return NOTHING
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


@register.filter
def duration(seconds: float | None) -> str:
    """Return a duration in its two largest units: 8 s, 3 min 20 s, 2 h 5 min."""
    return NOTHING if seconds is None else duration_text(seconds)


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago something was: just now, 5 min ago, 3 h ago, 2 d ago, then the date."""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds >= DAYS_COUNTED * 86400:
        return f"{moment:%Y-%m-%d}"
    units = ((86400, "d"), (3600, "h"), (60, "min"))
    size, name = next(unit for unit in units if seconds >= unit[0])
    return f"{seconds // size:.0f} {name} ago"


@register.filter
def short_hash(sha256: str) -> str:
    """Return the beginning of a hash, enough to tell versions apart."""
    return sha256[:SHORT_HASH]


@register.filter
def humps(name: str) -> SafeString:
    """Return a class's name that a narrow place breaks between its words, not within one."""
    words = re.split(r"(?<=[a-z0-9])(?=[A-Z])", name)
    return format_html_join(mark_safe("<wbr>"), "{}", ((word,) for word in words))


@register.filter
def palette_colour(place: int) -> int:
    """Return which of the palette's colours a place in it has."""
    return place % PALETTE_SIZE


@register.filter
def palette_dashed(place: int) -> bool:
    """Return whether a place is in a later round of the palette, whose lines are dashed."""
    return place >= PALETTE_SIZE
