"""Fills a system's database with what a lab leaves behind: jobs, losses, evaluations, states.

Usage: python -m benchmarks.load_rows HOME EXPERIMENT JOBS POINTS LINKS. Every job is one of the
experiment's, or of a copy of it; so many sign-in links are made, too. Prints the numbers of what
was made as JSON.
"""

import datetime
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.own_site import TASKS, WEIGHTS, django_begin, losses_make

EXPERIMENTS = 20
OWN_SHARE = 0.2  # of the jobs: the one experiment where people are
# Most points are in a few jobs that ran for days.
LONG_SHARES = (0.25, 0.1, 0.1, 0.08, 0.06, 0.06)
POOL_STEPS = 1_000_000
EVAL_METRICS = (("reconstruction", "psnr", 24.0, 16.0), ("digit", "accuracy", 0.9, 0.5))
EVALS_A_JOB = 4
STATES_A_JOB = 2
WEIGHTS_CHANGED = 6
PEOPLE = ("ada", "grace", "emmy")
SEED = 5


@dataclass
class Filler:
    """Makes jobs one by one, each as its recorder would have left it."""

    plan: dict[str, Any]
    pool_ST: NDArray[np.float32]
    chance: random.Random
    began_at: datetime.datetime
    made: int = 0

    def job(self, experiment: Any, steps: int) -> Any:
        """Make a finished job with all that belongs to it."""
        from django.db import transaction

        from trainer.models import Job

        self.made += 1
        created_at = self.began_at + datetime.timedelta(minutes=20 * self.made)
        seconds = steps / 180
        is_failed = self.chance.random() < 0.05
        with transaction.atomic():
            job = Job.objects.create(
                experiment=experiment,
                state=Job.State.FAILED if is_failed else Job.State.COMPLETED,
                total_steps=steps,
                current_step=steps,
                lr=1e-3,
                probe_lr=1e-3,
                batch_size=64,
                schedule=Job.Schedule.JOINT,
                seed=self.made,
                plan=self.plan,
                task_names=list(TASKS),
                created_by=self.chance.choice(PEOPLE),
                name=self.chance.choice(("", "", f"run {self.made}")),
                tags=self.chance.choice(("", "", "baseline", "wide, long")),
                starred=self.chance.random() < 0.1,
                notes="" if self.made % 7 else "the latent was halved here",
                error="CUDA out of memory" if is_failed else "",
                started_at=created_at,
                completed_at=created_at + datetime.timedelta(seconds=seconds),
                active_seconds=seconds,
                steps_per_second=self.chance.uniform(100, 300),
                device="cpu",
            )
            Job.objects.filter(pk=job.pk).update(created_at=created_at)
            self._losses(job, steps)
            self._events(job, steps)
            self._states(job, steps)
        return job

    def _losses(self, job: Any, steps: int) -> None:
        """Store a job's losses: merged segments, every level of detail, a summary a series."""
        from trainer.models import LossSeries
        from trainer.selectors.loss_runs import LossRun
        from trainer.services.loss_levels import LevelWriter
        from trainer.services.losses import losses_append
        from trainer.worker.recorder import SEGMENT_STEPS

        levels = LevelWriter(job, hold=lambda _: None)
        for start in range(0, steps, SEGMENT_STEPS):
            count = min(SEGMENT_STEPS, steps - start)
            place = start % (len(self.pool_ST) - SEGMENT_STEPS)
            run = LossRun(start + 1, TASKS, WEIGHTS, self.pool_ST[place : place + count], None)
            losses_append(job=job, run=run)
            levels.add(run)
            levels.write()
        seen_ST = self.pool_ST[: min(steps, len(self.pool_ST))]
        LossSeries.objects.bulk_create(
            LossSeries(
                job=job,
                task_name="" if column == len(TASKS) else TASKS[column],
                is_total=column == len(TASKS),
                colour=column,
                count=steps,
                last_step=steps,
                last=float(seen_ST[-1, column]),
                minimum=float(seen_ST[:, column].min()),
                maximum=float(seen_ST[:, column].max()),
                mean=float(seen_ST[:, column].mean()),
                trend="improving",
            )
            for column in range(len(TASKS) + 1)
        )

    def _events(self, job: Any, steps: int) -> None:
        """Record its start and end, and what people did to it."""
        from trainer.models import JobCommand, JobEvent

        story: list[tuple[int, str, dict[str, Any]]] = [
            (0, "queued", {}),
            (0, "started", {"device": "cpu", "threads": 1}),
        ]
        for number in range(WEIGHTS_CHANGED):
            weights = {"old": 0.1 + number / 10, "new": 0.2 + number / 10}
            step = steps * (number + 1) // (WEIGHTS_CHANGED + 1)
            story.append((step, "set_weight", {"task": "digit", **weights}))
        story.append((steps, job.state, {"steps": steps, "seconds": job.active_seconds}))
        for step, kind, detail in story:
            command = None
            if kind == "set_weight":
                command = JobCommand.objects.create(
                    job=job,
                    kind=kind,
                    payload={"task": "digit", "weight": detail["new"]},
                    by=job.created_by,
                    state=JobCommand.State.APPLIED,
                    applied_step=step,
                )
            JobEvent.objects.create(
                job=job, step=step, kind=kind, detail=detail, by=job.created_by, command=command
            )

    def _states(self, job: Any, steps: int) -> None:
        """Record its checkpoints, one after the other, and its evaluations of the last one."""
        from trainer.models import Checkpoint, EvalResult, EvalRun, Experiment

        parent = job.experiment.current_checkpoint
        for number in range(STATES_A_JOB):
            parent = Checkpoint.objects.create(
                experiment=job.experiment,
                job=job,
                parent=parent,
                kind="final",
                tag=f"best-{job.pk}" if job.pk % 5 == 0 and number else "",
                step=(parent.step if parent else 0) + steps // STATES_A_JOB,
                job_step=steps * (number + 1) // STATES_A_JOB,
                file_name=f"{job.pk}-{number}",
                sha256=f"{job.pk:062d}{number:02d}",
                size_bytes=2_000_000,
            )
        Experiment.objects.filter(pk=job.experiment_id).update(current_checkpoint=parent)
        job.experiment.current_checkpoint = parent
        type(job).objects.filter(pk=job.pk).update(checkpoint=parent)
        for number in range(EVALS_A_JOB):
            at = steps * (number + 1) // EVALS_A_JOB
            is_last = number == EVALS_A_JOB - 1
            run = EvalRun.objects.create(
                experiment=job.experiment,
                job=job,
                checkpoint=parent if is_last else None,
                step=at,
                job_step=at,
            )
            EvalResult.objects.bulk_create(
                EvalResult(
                    run=run,
                    task_name=task,
                    metric=metric,
                    value=self.chance.uniform(poor, 1.05 * good),
                    good=good,
                    poor=poor,
                )
                for task, metric, good, poor in EVAL_METRICS
            )


def steps_shared(jobs: int, points: int) -> list[int]:
    """Return how many steps each job has: a few long ones, the rest spread about their mean."""
    steps = points // len(TASKS)
    longest = [int(steps * share) for share in LONG_SHARES][: max(1, jobs // 10)]
    rest, count = steps - sum(longest), jobs - len(longest)
    chance = random.Random(SEED)
    shares = [chance.uniform(0.2, 1.8) for _ in range(count)]
    short = [max(1, int(rest * share / sum(shares))) for share in shares]
    # What rounding took goes to the longest one, so that the sum is what was asked for.
    longest[0] += steps - sum(longest) - sum(short)
    every = max(1, jobs // len(longest))
    for number, one in enumerate(longest):
        short.insert(min(len(short), number * every + every // 2), one)
    return short


def fill(home: Path, slug: str, *, jobs: int, points: int, links: int = 0) -> dict[str, Any]:
    """Make all of it; return the numbers of what was made."""
    django_begin(home)
    from django.db.models import F
    from django.utils import timezone

    from trainer.models import Experiment, Job
    from trainer.services.access import operator_ensure, sign_in_link_create
    from trainer.services.durability import commits_need_not_wait
    from trainer.services.plan import plan_of

    own = Experiment.objects.get(slug=slug)
    copies = [own, *(_copy(own, number) for number in range(1, EXPERIMENTS))]
    plan = plan_of(own)
    known = {task["name"]: task for task in plan["tasks"]}
    plan["tasks"] = [{**known.get(name, known["digit"]), "name": name} for name in TASKS]
    filler = Filler(
        plan=plan,
        pool_ST=losses_make(min(POOL_STEPS, max(10_000, points // len(TASKS)))),
        chance=random.Random(SEED),
        began_at=timezone.now() - datetime.timedelta(minutes=20 * (jobs + 1)),
    )
    made: dict[str, list[int]] = {copy.slug: [] for copy in copies}
    with commits_need_not_wait():
        for steps in steps_shared(jobs, points):
            is_own = filler.chance.random() < OWN_SHARE
            experiment = own if is_own else filler.chance.choice(copies[1:])
            made[experiment.slug].append(filler.job(experiment, steps).pk)
    # The files of these states were never written: the next job begins anew.
    Experiment.objects.filter(pk=own.pk).update(current_checkpoint=None)
    longest = Job.objects.order_by(F("total_steps").desc()).values_list("pk", flat=True)
    return {
        "experiments": made,
        "longest": list(longest[:3]),
        "cards": list(own.task_cards.exclude(weight=0).values_list("pk", flat=True)),
        "tokens": [sign_in_link_create(operator_ensure()) for _ in range(links)],
    }


def _copy(own: Any, number: int) -> Any:
    from trainer.models import Experiment

    cards = list(own.task_cards.all())
    copy = Experiment.objects.create(
        slug=f"{own.slug}-{number}",
        name=f"Load {number}",
        model_class=own.model_class,
        model_config=own.model_config,
        model_info=own.model_info,
    )
    for card in cards:
        card.pk, card.experiment = None, copy
        card._state.adding = True
        card.save()
    return copy


if __name__ == "__main__":
    home, slug, *counts = sys.argv[1:]
    jobs, points, links = map(int, counts)
    print(json.dumps(fill(Path(home), slug, jobs=jobs, points=points, links=links)))
