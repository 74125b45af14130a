"""Recipe: an experiment written down as a script. Own recipes subclass it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class Recipe(ABC):
    """A scripted experiment: which models are trained on what, in which order.

    A subclass writes `run` and names its phases; keyword parameters with defaults of its
    constructor, described under Args in the class docstring, make its form in the dashboard.
    """

    # Shown as the list of steps before the recipe runs; `run` goes through them in this order.
    phases: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def run(self, ctx: Any) -> None:
        """Carry out the experiment through `ctx`."""
