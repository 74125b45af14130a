"""The memory of each role over time, as a picture: lines in an SVG, written by hand."""

from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 34, 40
MB = 1e6
# As the dashboard's palette has them: told apart by those who see no red or no green, too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6b6b6b", "#8c564b")
LABEL_HEIGHT = 15
LABEL_X = WIDTH - RIGHT + 8
HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
    'font-family="sans-serif" font-size="12" role="img" '
    'aria-label="Memory of each role of a used system over time">'
)


def soak_picture(samples: Sequence[dict[str, Any]]) -> str:
    """Return the PSS of each role over the minutes, each line with its role beside its end."""
    minutes = [sample["seconds"] / 60 for sample in samples]
    lines = {
        role: [sample["roles"].get(role, {}).get("pss_bytes", 0) / MB for sample in samples]
        for role in samples[-1]["roles"]
    }
    last = max(minutes[-1], 1e-9)
    highest = _above(max(max(line) for line in lines.values()))
    places = _label_places({role: _y(line[-1], highest) for role, line in lines.items()})
    parts = [
        HEAD,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">MB (PSS) of each role, over minutes of use</text>',
        *_grid(highest, last),
    ]
    for number, (role, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        stroke = f'stroke="{colour}" stroke-width="1.5"'
        if number >= len(COLOURS):
            stroke += ' stroke-dasharray="5 3"'
        label = f"{role} {line[-1]:.0f}"
        points = " ".join(
            f"{_x(minute, last):.1f},{_y(size, highest):.1f}"
            for minute, size in zip(minutes, line, strict=True)
        )
        parts += [
            f'<polyline points="{points}" fill="none" {stroke}/>',
            f'<text x="{LABEL_X}" y="{places[role]:.1f}" fill="{colour}">{label}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _grid(highest: float, last: float) -> list[str]:
    parts = []
    for number in range(6):
        size, minute = highest * number / 5, last * number / 5
        y, x, foot = _y(size, highest), _x(minute, last), HEIGHT - BOTTOM + 20
        parts += [
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>',
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{size:.0f}</text>',
            f'<text x="{x:.1f}" y="{foot}" text-anchor="middle">{minute:.0f}</text>',
        ]
    return parts


def _label_places(ends: dict[str, float]) -> dict[str, float]:
    """Return where each label stands: at the end of its line, or below the label above it."""
    places: dict[str, float] = {}
    free = float(TOP)
    for role, y in sorted(ends.items(), key=lambda end: end[1]):
        places[role] = max(y + 4, free)
        free = places[role] + LABEL_HEIGHT
    return places


def _above(size: float) -> float:
    """Return a round number that is no smaller."""
    return max(50.0, -(-size // 50) * 50)


def _x(minute: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * minute / last


def _y(size: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * size / highest
