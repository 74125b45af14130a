"""Brings an experiment back to what it was when the interrupted phase of a recipe began."""

from typing import Any

from django.db.models import Q

from acc.recipes.base import RecipeError
from trainer.models import Checkpoint, Dataset, Experiment, RecipeRun, TaskCard
from trainer.selectors.experiments import cards_of
from trainer.services.cards import card_remove, card_set_weight, card_toggle, latent_slice_text
from trainer.services.checkpoint_tree import (
    checkpoint_load,
    checkpoint_rename,
    checkpoint_unload,
)
from trainer.services.plan import task_plan
from trainer.services.recipe_steps import (
    jobs_left,
    phase_abandon,
    phase_acted_where_it_began,
    run_moves,
)
from trainer.services.task_add import task_attach
from trainer.worker.recipe_calls import run_name
from trainer.worker.recipe_jobs import job_leave

# What makes two attached tasks the same but for weight and switch, which can be set.
IDENTITY = ("class_name", "dataset", "latent_slice", "params")
# The calls that may begin a branch, and what they call its tag; saving does at a second tag.
TAG_OF = {"fork": "new_tag", "save_checkpoint": "tag"}


def phase_restore(run: RecipeRun) -> None:
    """Undo what the interrupted phase did: its job ends, its tasks and its state are set aside.

    A phase that made its own model first goes on from there.

    Nothing is deleted: checkpoints, jobs and curves of the first attempt stay to be looked at.
    """
    has_touched = phase_acted_where_it_began(run)
    phase_abandon(run)
    for job in jobs_left(run):
        job_leave(job, by=run_name(run), why=f"'{run.current_phase}' begins anew")
    _branches_set_aside(run)
    if not has_touched:
        return  # and stay where it is: somebody else may begin a run in the place that it left
    start = run.phase_start
    experiment = Experiment.objects.filter(pk=start["experiment"]).first()
    run_moves(run, experiment)
    if experiment is None:
        return
    if start["checkpoint"] is None:
        checkpoint_unload(experiment=experiment)
    else:
        checkpoint_load(checkpoint=_checkpoint(run, start["checkpoint"]))
    _tasks_restore(run, experiment, {task["name"]: task for task in start["tasks"]})


def _checkpoint(run: RecipeRun, number: int) -> Checkpoint:
    checkpoint = Checkpoint.objects.select_related("experiment").filter(pk=number).first()
    if checkpoint is None:
        raise RecipeError(
            f"'{run.current_phase}' began with checkpoint {number}, which is deleted, so it cannot "
            "begin anew; run the recipe again"
        )
    return checkpoint


def _branches_set_aside(run: RecipeRun) -> None:
    """Give the interrupted phase's branches other tags: it will ask for the same ones again."""
    phase = run.steps.filter(phase=run.current_phase, abandoned=True).order_by("created_at")
    began = phase.values_list("created_at", flat=True).first()
    for step in phase.filter(kind__in=TAG_OF, refusal=""):
        tag = step.asked[TAG_OF[step.kind]]
        if not tag:
            continue
        # By the tag where the worker died before it could note the number. A state that was there
        # before the phase only got its tag from it, and asking again gives the same one.
        made = Q(pk=step.result) if step.result is not None else Q(experiment=run.experiment)
        for branch in Checkpoint.objects.filter(made, tag=tag, created_at__gte=began):
            checkpoint_rename(checkpoint=branch, tag=f"{tag[:80]} (given up, {branch.pk})")


def _tasks_restore(run: RecipeRun, experiment: Experiment, wanted: dict[str, Any]) -> None:
    by = run_name(run)
    for card in cards_of(experiment):
        if not _is_same(card, wanted.get(card.name)):
            card_remove(card=card, by=by)
    attached = {card.name: card for card in cards_of(experiment)}
    for name, task in wanted.items():
        if name not in attached:
            _attach(experiment, task, by=by)
            attached[name] = TaskCard.objects.get(experiment=experiment, name=name)
        if attached[name].weight != task["weight"]:
            card_set_weight(card=attached[name], weight=task["weight"], by=by)
        if attached[name].enabled != task["enabled"]:
            card_toggle(card=attached[name], by=by)


def _is_same(card: TaskCard, task: dict[str, Any] | None) -> bool:
    return task is not None and all(task_plan(card)[key] == task[key] for key in IDENTITY)


def _attach(experiment: Experiment, task: dict[str, Any], *, by: str) -> None:
    task_attach(
        experiment=experiment,
        class_name=task["class_name"],
        dataset=Dataset.objects.get(name=task["dataset"]),
        name=task["name"],
        weight=task["weight"],
        latent_slice=latent_slice_text(task["latent_slice"]) or None,
        params=task["params"],
        by=by,
    )
