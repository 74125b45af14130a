"""Looks at a latent: asked for here, made by the trainer side, stored here."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from trainer.models import Call, Checkpoint, Dataset, Experiment, LatentView, RecipeStep
from trainer.selectors.calls import UNDER_WAY, calls_about
from trainer.services.calls import call_ask, call_send
from trainer.services.checkpoint_drop import checkpoint_still
from trainer.services.picture_files import files_sweep
from trainer.services.recipe_life import recipe_announce

SEEDS, STEPS = 4, 9
# Of an experiment; the branches of a recipe with several seeds are among them.
VIEWS_KEPT = 24


@dataclass(frozen=True)
class LatentWish:
    """What is to be looked at.

    Attributes:
        dataset: whose images; None for that of the first task.
        checkpoint: which state; None for the model as it is by then.
        seeds: rows of each traversal.
        steps: columns of each traversal.
    """

    experiment: Experiment
    dataset: Dataset | None = None
    checkpoint: Checkpoint | None = None
    seeds: int = SEEDS
    steps: int = STEPS

    def payload(self, by: str) -> dict[str, Any]:
        """Return it as the trainer side is asked."""
        return {
            "experiment": self.experiment.slug,
            "dataset": self.dataset.name if self.dataset else None,
            "checkpoint": self.checkpoint.pk if self.checkpoint else None,
            "seeds": self.seeds,
            "steps": self.steps,
            "by": by,
        }


def latent_ask(wish: LatentWish, *, by: str = "") -> dict[str, Any]:
    """Have a latent looked at and wait for it; return it in the API's shape.

    Raises:
        CallRefused: it cannot be looked at, or it took too long.
        TrainerOffline: no trainer side is running, or it did not answer in time.
    """
    answer: dict[str, Any] = call_ask(
        kind=Call.Kind.LATENT,
        payload=wish.payload(by),
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )
    return answer


def latent_send(wish: LatentWish, *, by: str = "") -> Call:
    """Have a latent looked at, without waiting; the same look that is under way is this one."""
    payload = wish.payload(by)
    for call in calls_about(Call.Kind.LATENT, UNDER_WAY):
        if all(call.payload.get(name) == payload[name] for name in payload.keys() - {"by"}):
            return call
    return call_send(
        kind=Call.Kind.LATENT,
        payload=payload,
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )


@transaction.atomic
def latent_store(
    *,
    experiment: Experiment,
    dataset: Dataset,
    checkpoint: Checkpoint | None,
    step: int,
    facts: dict[str, Any],
) -> LatentView:
    """Store a look at a latent; the oldest ones go, with their files."""
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    view = LatentView.objects.create(
        experiment=experiment,
        dataset=dataset,
        checkpoint=checkpoint_still(checkpoint),
        step=step,
        facts=facts,
    )
    views = LatentView.objects.filter(experiment=experiment)
    kept = list(views.values_list("pk", flat=True)[:VIEWS_KEPT])
    views.exclude(pk__in=kept).delete()
    transaction.on_commit(files_sweep)
    if checkpoint is not None:
        _tell_recipes(checkpoint)
    return view


def _tell_recipes(checkpoint: Checkpoint) -> None:
    """Tell the pages of the runs that compare a state with others; the run itself may be over."""
    reports = RecipeStep.objects.filter(kind="report", result__checkpoint=checkpoint.pk)
    for report in reports.select_related("run"):
        recipe_announce(report.run)
