"""A model as it was at one step, built from a file and far from the job that trains it."""

from dataclasses import dataclass
from typing import Any

import torch

from acc.autoencoder import BaseAutoencoder
from acc.raised import code_errors
from acc.tasks.base import Task
from acc.training.heads import head_group
from acc.training.state import TrainingState, adopt_weights
from trainer.models import Checkpoint, Experiment, Job, Registry, TaskCard
from trainer.selectors.checkpoints import checkpoint_current, checkpoint_get
from trainer.selectors.job_tasks import job_tasks_in
from trainer.selectors.jobs import job_active
from trainer.services.calls import call_takes
from trainer.services.checkpoints import checkpoint_take
from trainer.services.jobs import JobConflict
from trainer.services.plan import task_plan
from trainer.services.sources import SourceRef, source_of
from trainer.worker.build import DatasetShelf, model_build, task_build
from trainer.worker.checkpoint_store import CheckpointDamagedError, checkpoint_read
from trainer.worker.device_choice import device_choose, device_is_here
from trainer.worker.error_sentence import error_sentence

# A model that nobody has trained is the same one each time it is looked at.
UNTRAINED_SEED = 0


@dataclass(frozen=True)
class SnapshotTasks:
    """The tasks of a state.

    Attributes:
        errors: why others could not be built, by their names.
        untrained: those whose head is new, as they were attached later.
    """

    tasks: list[Task]
    errors: dict[str, str]
    untrained: list[str]


@dataclass(frozen=True)
class Snapshot:
    """One state of an experiment's model.

    Attributes:
        checkpoint: where it comes from; None for the untrained model.
        sources: the versions of classes that its job was started with; none without a job.
        task_sources: those of each task that the job had at that step, by the task's name; one
            that joined later brought its own.
    """

    experiment: Experiment
    model: BaseAutoencoder
    device: torch.device
    checkpoint: Checkpoint | None
    state: TrainingState | None
    sources: list[SourceRef]
    task_sources: dict[str, list[SourceRef]]

    @property
    def step(self) -> int:
        """Steps since the model was new."""
        return self.checkpoint.step if self.checkpoint else 0

    def tasks(self, shelf: DatasetShelf) -> SnapshotTasks:
        """Return the experiment's enabled tasks with their trained heads, and why others are not.

        A task whose class the job knew is built from the job's version of it, another one from
        the version on offer now; its head is new where the state has none that fits.
        """
        tasks, errors = [], {}
        for card in self.experiment.task_cards.filter(enabled=True).select_related("dataset"):
            try:
                tasks.append(self._task(card, shelf))
            except code_errors() as error:
                errors[card.name] = error_sentence(error)
        trained = adopt_weights(self.model, tasks, self.state) if self.state is not None else []
        untrained = [
            task.name for task in tasks if task.head is not None and head_group(task) not in trained
        ]
        return SnapshotTasks(tasks, errors, untrained)

    def _task(self, card: TaskCard, shelf: DatasetShelf) -> Task:
        known = [*self.task_sources.get(card.name, []), *self.sources]
        ref = _ref(known, Registry.TASKS, card.class_name)
        dataset = shelf.get(card.dataset.name, card.dataset.spec)
        return task_build(task_plan(card), dataset, self.model, [ref])


def snapshot_asked(experiment: Experiment, payload: dict[str, Any], *, fresh: bool) -> Snapshot:
    """Return the state that a call names, else the model as it is now; raises as `snapshot_take`.

    Args:
        payload: of the call: its number `call`, `checkpoint`, a number or None, and `by`.
        fresh: as `snapshot_take` takes it.
    """
    if payload["checkpoint"] is None:
        snapshot = snapshot_take(experiment, fresh=fresh, by=payload["by"])
        if snapshot.checkpoint is not None:
            call_takes(payload["call"], snapshot.checkpoint)
        return snapshot
    return snapshot_load(experiment, checkpoint_find(payload["checkpoint"]))


def checkpoint_find(number: int) -> Checkpoint:
    """Return the checkpoint of a number that somebody was given.

    Raises:
        CheckpointDamagedError: it was deleted since.
    """
    checkpoint = checkpoint_get(number)
    if checkpoint is None:
        raise CheckpointDamagedError(f"checkpoint {number} is deleted")
    return checkpoint


def snapshot_take(experiment: Experiment, *, fresh: bool, by: str = "") -> Snapshot:
    """Return the model as it is now: as its job holds it, else as its last checkpoint does.

    Args:
        fresh: have a running job write a checkpoint for it; otherwise its newest one will do,
            which is some seconds old.

    Raises:
        JobConflict: the job does not come to its next step, or its disk cannot be written.
        CheckpointDamagedError, StateMismatchError: the checkpoint cannot be used.
        SourceLost, ClassMissing: the model's class is gone.
    """
    checkpoint = _newest(experiment, fresh=fresh, by=by)
    try:
        return snapshot_load(experiment, checkpoint)
    except CheckpointDamagedError:
        if checkpoint is None or Checkpoint.objects.filter(pk=checkpoint.pk).exists():
            raise
    # A periodic checkpoint gives way to the next one at any moment, with its file.
    return snapshot_load(experiment, _newest(experiment, fresh=fresh, by=by))


def snapshot_load(experiment: Experiment, checkpoint: Checkpoint | None) -> Snapshot:
    """Return the model of one checkpoint, or the untrained one; raises as `snapshot_take`."""
    sources: list[SourceRef] = []
    task_sources: dict[str, list[SourceRef]] = {}
    if checkpoint is not None and checkpoint.job is not None:
        sources = checkpoint.job.plan["sources"]
        tasks = job_tasks_in(checkpoint.job, checkpoint)
        task_sources = {task.plan["name"]: task.sources for task in tasks}
    # A machine without the device that trains can look as well.
    wanted = experiment.device
    device = device_choose(wanted if wanted and device_is_here(wanted) else "")
    torch.manual_seed(UNTRAINED_SEED)
    model = model_build(
        experiment.model_class,
        experiment.model_config,
        [_ref(sources, Registry.MODELS, experiment.model_class)],
    ).to(device)
    state = checkpoint_read(checkpoint) if checkpoint else None
    if state is not None:
        adopt_weights(model, [], state)
    return Snapshot(experiment, model.eval(), device, checkpoint, state, sources, task_sources)


def _newest(experiment: Experiment, *, fresh: bool, by: str) -> Checkpoint | None:
    job = job_active(experiment)
    if job is not None and job.state in Job.HELD and not _will_do(job, fresh=fresh):
        try:
            return checkpoint_take(job=job, kind=Checkpoint.Kind.EVAL, by=by)
        except JobConflict:
            # It may have ended a moment ago; then its last checkpoint is the newest state.
            job.refresh_from_db()
            if job.state in Job.HELD:
                raise
    experiment.refresh_from_db()
    return checkpoint_current(experiment)


def _will_do(job: Job, *, fresh: bool) -> bool:
    """Return whether the job's newest checkpoint is new enough."""
    newest = job.checkpoint
    if newest is None:
        return False
    if job.state == Job.State.PAUSED and newest.job_step == job.current_step:
        return not fresh or newest.kind != Checkpoint.Kind.PERIODIC
    return not fresh and job.state == Job.State.RUNNING


def _ref(sources: list[SourceRef], registry: Registry, class_name: str) -> SourceRef:
    for ref in sources:
        if (ref["registry"], ref["class_name"]) == (registry, class_name):
            return ref
    return source_of(registry, class_name)
