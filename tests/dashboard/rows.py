"""Rows for the pages to show, and a hand that writes what a worker writes."""

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from tests.trainer.rows import classes_make
from trainer.live.events import loss_message
from trainer.models import Dataset, Experiment, Job, TaskCard
from trainer.selectors.loss_runs import LossRun
from trainer.services.announce import announce_about_job, job_event_add
from trainer.services.job_start import job_start
from trainer.services.jobs import job_claim, job_end, job_running_announce
from trainer.services.loss_levels import LevelWriter
from trainer.services.losses import (
    SeriesSummary,
    losses_append,
    losses_rewind,
    summaries_store,
)

TASKS = (
    ("recon", "ReconstructionTask", 1.0),
    ("kl", "KLDivergenceTask", 0.002),
    ("digit", "ClassificationTask", 0.25),
)


def experiment_make(slug: str, *, name: str = "", is_active: bool = True) -> Experiment:
    """Return a new experiment with three tasks on one dataset."""
    classes_make()
    experiment = Experiment.objects.create(
        slug=slug, name=name or slug, model_class="ConvVAE", is_active=is_active
    )
    dataset, _ = Dataset.objects.get_or_create(
        name="digits",
        defaults={
            "kind": Dataset.Kind.BUILTIN,
            "spec": {},
            "content_hash": "0",
            "size": 1797,
            "train_size": 1528,
            "eval_size": 269,
            "image_shape": [1, 32, 32],
            "target_type": "classes",
            "num_classes": 10,
        },
    )
    for colour, (task_name, class_name, weight) in enumerate(TASKS):
        TaskCard.objects.create(
            experiment=experiment,
            name=task_name,
            class_name=class_name,
            dataset=dataset,
            weight=weight,
            colour=colour,
        )
    return experiment


@dataclass
class Scribe:
    """Writes a job's losses as a worker does: rows first, then the message."""

    job: Job
    step: int = 0

    def __post_init__(self) -> None:
        """Go on with the levels of detail where they end."""
        self._levels = LevelWriter(self.job)

    @classmethod
    def start(cls, experiment: Experiment, *, steps: int = 1000) -> "Scribe":
        """Start a job and claim it."""
        return cls.claim(job_start(experiment=experiment, steps=steps, by="ada"))

    @classmethod
    def claim(cls, job: Job) -> "Scribe":
        """Claim a queued job, with a lease that outlasts the test however slow the machine is."""
        claimed = job_claim(job.pk, worker="scribe")
        assert claimed is not None
        claimed.lease_until = timezone.now() + datetime.timedelta(hours=1)
        claimed.save(update_fields=["lease_until"])
        job_running_announce(claimed, step=0, device="cpu", threads=1, resumed=False)
        return cls(claimed)

    def write(self, count: int, *, announced: bool = True, **odd: dict[int, float]) -> None:
        """Write `count` steps; `odd` says {step: value} of a task, "nan" included.

        Unannounced steps stand for a message that got lost: its number is used up.
        """
        names = [name for name, *_ in TASKS]
        first_step = self.step + 1
        steps = np.arange(first_step, first_step + count)
        values_ST = np.stack([(at + 1) * 10 / (steps + 9) for at in range(len(names))], axis=1)
        for name, exceptions in odd.items():
            for step, value in exceptions.items():
                values_ST[step - first_step, names.index(name)] = value
        self.record(values_ST, announced=announced)

    def record(
        self,
        values_ST: np.ndarray,
        *,
        present_ST: np.ndarray | None = None,
        announced: bool = True,
    ) -> None:
        """Write steps with these losses, [steps, tasks], and who took part in which; None: all."""
        names = [name for name, *_ in TASKS]
        weights = [weight for *_, weight in TASKS]
        losses_ST = np.column_stack([values_ST, values_ST @ weights]).astype(np.float32)
        run = LossRun(self.step + 1, tuple(names), tuple(weights), losses_ST, present_ST)
        with transaction.atomic():
            losses_append(job=self.job, run=run)
            self.step = run.last_step
            self._summarise(names, losses_ST)
            Job.objects.filter(pk=self.job.pk).update(current_step=self.step)
            if announced:
                self._announce(run)
            else:
                Job.objects.filter(pk=self.job.pk).update(seq=self._seq() + 1)
        self._levels.add(run)
        self._levels.write()

    def _announce(self, run: LossRun) -> None:
        announce_about_job(
            job_id=self.job.pk,
            experiment=self.job.experiment,
            build=lambda seq: loss_message(
                job_id=self.job.pk,
                seq=seq,
                first_step=run.first_step,
                task_names=run.task_names,
                weights=run.weights,
                values_ST=run.values_ST,
                present_ST=run.present_ST,
            ),
        )

    def happen(self, kind: str, **detail: object) -> None:
        """Record an event at the present step."""
        with transaction.atomic():
            job_event_add(job=self.job, step=self.step, kind=kind, detail=detail, by="ada")

    def restart(self, *, from_step: int) -> None:
        """Go back to a checkpoint, as a worker does after another was killed."""
        with transaction.atomic():
            losses_rewind(job=self.job, last_step=from_step)
        job_running_announce(self.job, step=from_step, device="cpu", threads=1, resumed=True)
        self.step = from_step
        self._levels = LevelWriter(self.job)

    def end(
        self, state: Job.State = Job.State.COMPLETED, *, error: str = "", traceback: str = ""
    ) -> None:
        """Bring the job to its end."""
        job_end(self.job, state=state, step=self.step, error=error, traceback=traceback)

    def _seq(self) -> int:
        return Job.objects.values_list("seq", flat=True).get(pk=self.job.pk)

    def _summarise(self, names: list[str], values_ST: np.ndarray) -> None:
        summaries_store(
            job=self.job,
            summaries=[
                SeriesSummary(
                    task_name=name,
                    is_total=not name,
                    colour=column,
                    count=self.step,
                    nonfinite_count=0,
                    last_step=self.step,
                    last=last if np.isfinite(last := float(values_ST[-1, column])) else None,
                    minimum=0.0,
                    maximum=1.0,
                    mean=0.5,
                    trend="improving",
                    health="healthy",
                )
                for column, name in enumerate([*names, ""])
            ],
        )


def job_run(experiment: Experiment, state: Job.State = Job.State.COMPLETED, **end: Any) -> Job:
    """Return a job of `steps`, 1000 by default, that wrote 40 and came to its end."""
    scribe = Scribe.start(experiment, steps=end.pop("steps", 1000))
    scribe.write(40)
    scribe.end(state, **end)
    return scribe.job
