"""What a run of a recipe did, as rows: its phases, and each call with what came of it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from trainer.models import Checkpoint, Experiment, Job, RecipeRun, RecipeStep
from trainer.selectors.experiments import cards_of
from trainer.services.plan import task_plan
from trainer.services.recipe_life import recipe_announce, recipe_hold, recipe_write
from trainer.services.recipes import experiment_taken

# Calls that leave every experiment as it is.
ACTS_ON_NOTHING = ("load_dataset", "generate", "log")


@transaction.atomic
def phase_begin(run: RecipeRun, name: str) -> None:
    """Note that a phase begins, and all that is needed to begin it again.

    Raises:
        FenceLostError: the run is no longer this worker's.
    """
    recipe_write(run, current_phase=name, phase_start=_start_of(run.experiment))
    recipe_announce(run)


@transaction.atomic
def phase_complete(run: RecipeRun) -> None:
    """Note that the current phase is done; raises as `phase_begin`."""
    done = [*run.phases_completed, run.current_phase]
    recipe_write(run, phases_completed=done, current_phase="", phase_start={}, fruitless_restarts=0)
    recipe_announce(run)


def phase_abandon(run: RecipeRun) -> None:
    """Set aside what the interrupted phase did, so that it can begin anew."""
    run.steps.filter(phase=run.current_phase).update(abandoned=True)


def phase_acted_where_it_began(run: RecipeRun) -> bool:
    """Return whether the current phase changed the experiment that the run stood at then.

    One that makes a model of its own first leaves that experiment, which may be somebody else's,
    alone.
    """
    steps = run.steps.filter(phase=run.current_phase).exclude(kind__in=ACTS_ON_NOTHING)
    first = steps.first()
    return first is not None and first.kind != "create_model"


@transaction.atomic
def step_begin(run: RecipeRun, *, phase: str, kind: str, asked: dict[str, Any]) -> RecipeStep:
    """Note a call before it is carried out; raises as `phase_begin`."""
    recipe_hold(run)
    step = RecipeStep.objects.create(run=run, phase=phase, kind=kind, asked=asked)
    recipe_announce(run)
    return step


@transaction.atomic
def step_finish(step: RecipeStep, *, result: Any = None, refusal: str = "") -> None:
    """Note what came of a call; raises as `phase_begin`."""
    recipe_hold(step.run)
    step.result, step.refusal, step.done_at = result, refusal, timezone.now()
    step.save(update_fields=["result", "refusal", "done_at"])
    recipe_announce(step.run)


def run_moves(run: RecipeRun, experiment: Experiment | None) -> None:
    """Have a run's calls act on another experiment.

    Raises:
        FenceLostError: the run is no longer this worker's.
        RecipeConflict: another run is under way there.
    """
    try:
        with transaction.atomic():
            recipe_write(run, experiment=experiment)
    except IntegrityError as error:
        raise experiment_taken(experiment) from error


def run_keeps(run: RecipeRun, checkpoint: Checkpoint) -> None:
    """Name a checkpoint among those that a run created; raises as `phase_begin`."""
    created = [*run.checkpoints_created, checkpoint.pk]
    recipe_write(run, checkpoints_created=list(dict.fromkeys(created)))


def jobs_since_report(run: RecipeRun) -> list[int]:
    """Return the jobs that a run trained since its last report or fork."""
    steps = run.steps.filter(abandoned=False)
    last = steps.filter(kind__in=("report", "fork"), done_at__isnull=False).last()
    trained = steps.filter(kind="train", pk__gt=last.pk if last else 0, result__isnull=False)
    return list(trained.values_list("job", flat=True))


def jobs_left(run: RecipeRun) -> list[Job]:
    """Return the jobs of abandoned calls that are still in progress."""
    steps = run.steps.filter(abandoned=True, job__state__in=Job.ACTIVE)
    return [step.job for step in steps.select_related("job__experiment") if step.job]


def experiment_made_before(run: RecipeRun, asked: dict[str, Any]) -> str:
    """Return the experiment that an abandoned call made for the same model; "" if there is none.

    Only of the phase that begins anew, and each one once: another phase's experiment holds what
    that phase reached, and a phase that makes a model twice wants two of them.
    """
    calls = run.steps.filter(
        phase=run.current_phase, kind="create_model", result__isnull=False
    ).order_by("pk")
    taken = {str(step.result) for step in calls if not step.abandoned}
    made = [str(step.result) for step in calls if step.abandoned and step.asked == asked]
    return next((slug for slug in made if slug not in taken), "")


def _start_of(experiment: Experiment | None) -> dict[str, Any]:
    if experiment is None:
        return {"experiment": None, "checkpoint": None, "tasks": []}
    experiment.refresh_from_db()
    return {
        "experiment": experiment.pk,
        "checkpoint": experiment.current_checkpoint_id,
        "tasks": [task_plan(card) for card in cards_of(experiment)],
    }
