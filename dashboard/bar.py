"""What the bar on top of every page needs."""

from typing import Any

from django.conf import settings

from trainer.models import Experiment
from trainer.selectors.experiments import experiments_offered
from trainer.selectors.nodes import trainer_is_online
from trainer.selectors.registry import registry_errors
from trainer.selectors.system import device_facts
from trainer.selectors.warnings import warnings_now


def bar_panel(experiment: Experiment | None) -> dict[str, Any]:
    """Return what `components/bar.html` and `components/banners.html` need."""
    experiments = experiments_offered()
    return {
        "experiment": experiment,
        "experiments": experiments,
        **awaited_panel(experiments),
        **device_panel(experiment),
        **badge_panel(),
        **warnings_panel(),
    }


def awaited_panel(experiments: list[Experiment]) -> dict[str, Any]:
    """Return what `components/no_experiment.html` needs, given the experiments on offer."""
    demo_awaited = settings.ACC_DEMO and not experiments
    return {"trainer_online": trainer_is_online(), "demo_awaited": demo_awaited}


def warnings_panel() -> dict[str, Any]:
    """Return what `partials/warnings.html` needs."""
    return {"warnings": warnings_now()}


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
