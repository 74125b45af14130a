"""What the bar on top of every page needs."""

from typing import Any

from trainer.models import Experiment
from trainer.selectors.nodes import devices_available, trainer_is_online
from trainer.selectors.pages import experiments_all
from trainer.selectors.registry import registry_errors


def bar_panel(experiment: Experiment | None) -> dict[str, Any]:
    """Return what `components/bar.html` needs."""
    devices = devices_available()
    return {
        "experiment": experiment,
        "experiments": experiments_all(),
        "trainer_online": trainer_is_online(),
        "device": (experiment and experiment.device) or next(iter(devices), ""),
        **badge_panel(),
    }


def badge_panel() -> dict[str, Any]:
    """Return what `partials/registry_badge.html` needs.

    One broken file may stand in several registries' errors, or have several of them.
    """
    return {"broken_count": len({row.file for row in registry_errors()})}
