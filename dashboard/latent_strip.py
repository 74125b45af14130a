"""The model's latent cut into segments that can be clicked."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

MOST_SEGMENTS = 8
FEWEST_EVEN = 4


@dataclass(frozen=True)
class Segment:
    """A run of the latent's dimensions; `name` is its factor group's, or empty."""

    start: int
    end: int
    name: str = ""

    @property
    def width(self) -> int:
        """How many dimensions it holds."""
        return self.end - self.start


def segments_of(model_info: dict[str, Any]) -> list[Segment]:
    """Return the factor groups with what lies between them, else about equal parts."""
    latent_dim = model_info.get("latent_dim")
    if not isinstance(latent_dim, int) or latent_dim < 1:
        return []
    groups = model_info.get("factor_groups") or []
    if not groups:
        return _even_parts(latent_dim)
    segments: list[Segment] = []
    at = 0
    for group in sorted(groups, key=lambda group: int(group["start"])):
        start, end = max(at, group["start"]), min(group["end"], latent_dim)
        if start > at:
            segments.append(Segment(at, start))
        if end > start:
            segments.append(Segment(start, end, group["name"]))
            at = end
    if at < latent_dim:
        segments.append(Segment(at, latent_dim))
    return segments


def _even_parts(latent_dim: int) -> list[Segment]:
    most = min(MOST_SEGMENTS, latent_dim)
    divisors = [count for count in range(FEWEST_EVEN, most + 1) if latent_dim % count == 0]
    count = max(divisors, default=most)
    edges = [round(place * latent_dim / count) for place in range(count + 1)]
    return [Segment(start, end) for start, end in pairwise(edges)]
