"""What is known of the latents of an experiment's states."""

from collections.abc import Iterable
from typing import Any

from trainer.models import Experiment, LatentView


def latent_newest(experiment: Experiment) -> LatentView | None:
    """Return the newest look at an experiment's latent."""
    views = LatentView.objects.filter(experiment=experiment)
    return views.select_related("dataset", "checkpoint").first()


def latents_of(checkpoint_ids: Iterable[int]) -> dict[int, LatentView]:
    """Return the newest look at the latent of each of these states, where there is one."""
    views = LatentView.objects.filter(checkpoint__in=checkpoint_ids).order_by("pk")
    return {view.checkpoint_id: view for view in views if view.checkpoint_id is not None}


def latent_as_dict(view: LatentView) -> dict[str, Any]:
    """Return a look at a latent in the API's shape, with files by their names."""
    return {
        "id": view.pk,
        "experiment": view.experiment.slug,
        "dataset": view.dataset.name,
        "checkpoint_id": view.checkpoint_id,
        "step": view.step,
        "created_at": view.created_at.isoformat(),
        **view.facts,
    }


def latent_files(facts: dict[str, Any]) -> set[str]:
    """Return the files that a look at a latent names."""
    sheets = [group["sheet"] for group in facts["groups"]]
    sheets += [facts["units_sheet"], facts["samples_sheet"], facts["plane"]["sheet"]]
    return {sheet for sheet in sheets if sheet}
