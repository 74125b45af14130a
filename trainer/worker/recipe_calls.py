"""What the calls of a recipe do, through the services that the API stands on."""

import re
from typing import Any

from django.db import transaction

from acc.recipes.base import RecipeError
from trainer.models import Call, Checkpoint, Dataset, Experiment, Job, RecipeRun, RecipeStep
from trainer.selectors.experiments import card_of, cards_of
from trainer.services.calls import CallRefused, call_ask
from trainer.services.card_add import CardRefused
from trainer.services.cards import card_remove, card_set_weight
from trainer.services.checkpoint_tree import (
    checkpoint_fork,
    checkpoint_load,
    checkpoint_save,
    checkpoint_unload,
)
from trainer.services.checkpoints import CheckpointRefused
from trainer.services.datasets import DatasetRefused
from trainer.services.evals import eval_ask
from trainer.services.experiment_life import model_ask
from trainer.services.experiments import ExperimentRefused, experiment_activate
from trainer.services.generate import dataset_generate
from trainer.services.job_start import job_start
from trainer.services.jobs import JobRefused
from trainer.services.latents import LatentWish, latent_send
from trainer.services.parameters import ParameterRefused
from trainer.services.recipe_life import recipe_hold
from trainer.services.recipe_steps import (
    experiment_made_before,
    jobs_since_report,
    run_keeps,
    run_moves,
)
from trainer.services.recipes import RecipeRefused
from trainer.services.sources import ClassMissing
from trainer.services.task_add import task_attach

# What a call can be refused with; a recipe sees RecipeError, with the same words.
REFUSALS = (
    CallRefused,
    CardRefused,
    CheckpointRefused,
    ClassMissing,
    DatasetRefused,
    ExperimentRefused,
    JobRefused,
    ParameterRefused,
    RecipeRefused,
)


def run_name(run: RecipeRun) -> str:
    """Return who a run's work is recorded to be done by."""
    return f"recipe run {run.pk}"


def experiment_of(run: RecipeRun) -> Experiment:
    """Return the experiment that a run's calls act on, as it is now.

    Raises:
        RecipeError: there is none yet.
    """
    if run.experiment is None:
        raise RecipeError("there is no experiment yet; make a model first with ctx.create_model")
    run.experiment.refresh_from_db()
    return run.experiment


def model_create(run: RecipeRun, asked: dict[str, Any]) -> str:
    """Make a model in an experiment, which the run's calls act on from then on.

    Where the phase was interrupted after it had made the same model, that one is begun anew.
    """
    slug = experiment_made_before(run, asked)
    if slug:
        experiment = Experiment.objects.get(slug=slug)
        checkpoint_unload(experiment=experiment)
        for card in cards_of(experiment):
            card_remove(card=card, by=run_name(run))
    else:
        slug = asked["experiment"] or _free_slug(run)
        chosen = {key: asked[key] for key in ("class_name", "config")}
        # Not active before the run is there: else another run could begin in it meanwhile.
        model_ask(slug=slug, **chosen, by=run_name(run), activate=False)
        experiment = Experiment.objects.get(slug=slug)
    run_moves(run, experiment)
    if experiment.archived_at is None:
        experiment_activate(experiment)
    return slug


def dataset_load(run: RecipeRun, asked: dict[str, Any]) -> str:
    """Load a built-in dataset; return its name."""
    return str(call_ask(kind=Call.Kind.DATASET_LOAD, payload=asked, by=run_name(run))["name"])


def generate(run: RecipeRun, asked: dict[str, Any]) -> str:
    """Make a dataset; return its name."""
    return str(dataset_generate(**asked, by=run_name(run))["name"])


def attach_task(run: RecipeRun, asked: dict[str, Any]) -> str:
    """Attach a task; return its name."""
    chosen = asked | {"dataset": _dataset(asked["dataset"])}
    return str(task_attach(experiment=experiment_of(run), **chosen, by=run_name(run))["name"])


def detach_all_tasks(run: RecipeRun, asked: dict[str, Any]) -> None:
    """Detach every task."""
    for card in cards_of(experiment_of(run)):
        card_remove(card=card, by=run_name(run))


def set_weight(run: RecipeRun, asked: dict[str, Any]) -> None:
    """Change a task's weight."""
    card = card_of(experiment_of(run), asked["task"])
    if card is None:
        raise RecipeError(f"no task named '{asked['task']}' is attached")
    card_set_weight(card=card, weight=asked["weight"], by=run_name(run))


def job_begin(run: RecipeRun, step: RecipeStep) -> Job:
    """Start the training that a call asks for; call and job are noted in one transaction."""
    experiment = experiment_of(run)
    with transaction.atomic():
        recipe_hold(run)
        step.job = job_start(experiment=experiment, **step.asked, by=run_name(run))
        step.save(update_fields=["job"])
    return step.job


def evaluate(run: RecipeRun, asked: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """Evaluate the present state; return the values by task and metric."""
    answer = eval_ask(experiment=experiment_of(run), by=run_name(run))
    if answer["errors"]:
        told = "; ".join(f"{task}: {error}" for task, error in answer["errors"].items())
        raise RecipeError(f"not every task could be evaluated: {told}")
    results: dict[str, dict[str, float | None]] = answer["results"]
    return results


def save_checkpoint(run: RecipeRun, asked: dict[str, Any]) -> int:
    """Name the present state; return its checkpoint."""
    experiment = experiment_of(run)
    checkpoint = checkpoint_save(experiment=experiment, tag=asked["tag"], by=run_name(run))
    run_keeps(run, checkpoint)
    return checkpoint.pk


def load_checkpoint(run: RecipeRun, asked: dict[str, Any]) -> None:
    """Go back to a state."""
    if asked["checkpoint"] is None:
        checkpoint_unload(experiment=experiment_of(run))
    else:
        checkpoint_load(checkpoint=_own_checkpoint(run, asked["checkpoint"]))


def fork(run: RecipeRun, asked: dict[str, Any]) -> int:
    """Begin a branch; return its first checkpoint."""
    source = _own_checkpoint(run, asked["checkpoint"])
    branch = checkpoint_fork(checkpoint=source, new_tag=asked["new_tag"])
    run_keeps(run, branch)
    return branch.pk


def log(run: RecipeRun, asked: dict[str, Any]) -> None:
    """The row of the call is the line."""


def report(run: RecipeRun, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what belongs to a report beside what the recipe told: its jobs and its state.

    The latent of that state is looked at meanwhile, for the comparison of the branches. Its images
    are named now: the recipe may detach its tasks before anybody looks.
    """
    experiment = experiment_of(run)
    checkpoint = experiment.current_checkpoint
    cards = cards_of(experiment)
    if checkpoint is not None and cards:
        wish = LatentWish(experiment, dataset=cards[0].dataset, checkpoint=checkpoint)
        latent_send(wish, by=run_name(run))
    return {
        "jobs": jobs_since_report(run),
        "checkpoint": experiment.current_checkpoint_id,
        "experiment": experiment.slug,
    }


def _dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise RecipeError(f"there is no dataset '{name}'; load or generate it first")
    return dataset


def _own_checkpoint(run: RecipeRun, number: int) -> Checkpoint:
    checkpoint = Checkpoint.objects.select_related("experiment").filter(pk=number).first()
    if checkpoint is None:
        raise RecipeError(f"there is no checkpoint {number}")
    if checkpoint.experiment_id != experiment_of(run).pk:
        raise RecipeError(f"checkpoint {checkpoint.pk} is another experiment's")
    return checkpoint


def _free_slug(run: RecipeRun) -> str:
    """Return a slug for the next model of a run: "mnist-factor-experiment-3", then "...-3-2"."""
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", run.recipe_name).lower()
    stem = f"{re.sub(r'[^a-z0-9-]', '-', stem)[:45]}-{run.pk}"
    made = run.steps.filter(kind="create_model", abandoned=False, result__isnull=False).count()
    return f"{stem}-{made + 1}" if made else stem
