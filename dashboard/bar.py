"""What the bar on top of every page needs."""

from typing import Any

from trainer.models import Experiment
from trainer.selectors.nodes import trainer_is_online
from trainer.selectors.pages import experiments_offered
from trainer.selectors.registry import registry_errors
from trainer.selectors.system import device_facts


def bar_panel(experiment: Experiment | None) -> dict[str, Any]:
    """Return what `components/bar.html` needs."""
    return {
        "experiment": experiment,
        "experiments": experiments_offered(),
        "trainer_online": trainer_is_online(),
        **device_panel(experiment),
        **badge_panel(),
    }


def device_panel(experiment: Experiment | None) -> dict[str, Any]:
    """Return what `partials/device.html` needs."""
    facts = device_facts(experiment)
    return {
        "device": facts["current"],
        "devices": facts["available"],
        "device_chosen": experiment.device if experiment else "",
    }


def badge_panel() -> dict[str, Any]:
    """Return what `partials/registry_badge.html` needs.

    One broken file may stand in several registries' errors, or have several of them.
    """
    return {"broken_count": len({row.file for row in registry_errors()})}
