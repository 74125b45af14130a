"""A line of a few values, small enough to stand in a table."""

from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 64, 20, 3


@dataclass(frozen=True)
class Sparkline:
    """Where an SVG of 64 x 20 draws: a line through `points`, and a dot at its end."""

    points: str
    end: tuple[float, float] | None


def sparkline(values: list[float | None]) -> Sparkline:
    """Return the line; a value that is no finite number has no place on it.

    The lowest value is at the bottom, the highest on top; equal ones are in the middle.
    """
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if not known:
        return Sparkline("", None)
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    places = []
    for at, value in known:
        share = (value - low) / (high - low) if high > low else 0.5
        x = MARGIN + at * step if len(values) > 1 else WIDTH - MARGIN
        places.append((round(x, 1), round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)))
    return Sparkline(" ".join(f"{x},{y}" for x, y in places), places[-1])
