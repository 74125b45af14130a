"""The usual way to store losses, to measure ours against: a row a point, by `bulk_create`.

Its table exists in the benchmark's throw-away database only. Import after `django.setup()`.
"""

from typing import ClassVar, TypeAlias

import numpy as np
from django.db import connection, models, transaction
from numpy.typing import NDArray

BATCH_ROWS = 500

Losses: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]


class PointRow(models.Model):
    """One task's loss at one step."""

    job_number = models.PositiveIntegerField()
    step = models.PositiveIntegerField()
    task_name = models.CharField(max_length=80)
    task_loss = models.FloatField(null=True)
    weight = models.FloatField()
    total_loss = models.FloatField(null=True)

    objects: "ClassVar[models.Manager[PointRow]]" = models.Manager()

    class Meta:
        app_label = "benchmarks"
        indexes = (models.Index(fields=["job_number", "task_name", "step"], name="row_per_point"),)

    def __str__(self) -> str:
        return f"{self.task_name} at step {self.step}"


def table_create() -> None:
    """Make the table."""
    with connection.schema_editor() as editor:
        editor.create_model(PointRow)


def points_write(
    job_number: int,
    task_names: tuple[str, ...],
    weights: tuple[float, ...],
    values_ST: NDArray[np.float32],
) -> None:
    """Store losses [steps, tasks + 1], the total last, 500 rows a transaction."""
    rows = []
    for step, losses in enumerate(values_ST.tolist(), start=1):
        for name, weight, loss in zip(task_names, weights, losses, strict=False):
            rows.append(
                PointRow(
                    job_number=job_number,
                    step=step,
                    task_name=name,
                    task_loss=loss,
                    weight=weight,
                    total_loss=losses[-1],
                )
            )
        if len(rows) >= BATCH_ROWS:
            _save(rows)
            rows = []
    _save(rows)


def chart_read(job_number: int, task_names: tuple[str, ...], max_points: int) -> list[Points]:
    """Return at most `max_points` points [points, 2] of each task: steps and losses."""
    points = PointRow.objects.filter(job_number=job_number).order_by("step")
    return [
        _thinned(
            np.array(list(points.filter(task_name=name).values_list("step", "task_loss"))),
            max_points,
        )
        for name in task_names
    ]


def history_read(job_number: int) -> int:
    """Read every point as a dictionary; return how many there are."""
    points = PointRow.objects.filter(job_number=job_number).order_by("step", "pk")
    fields = ("step", "task_name", "task_loss", "weight", "total_loss")
    return sum(1 for _ in points.values(*fields).iterator(chunk_size=2000))


def _save(rows: list[PointRow]) -> None:
    with transaction.atomic():
        PointRow.objects.bulk_create(rows, batch_size=BATCH_ROWS)


def _thinned(points_N2: Points, max_points: int) -> Points:
    """Keep the smallest and the largest of each bucket."""
    if len(points_N2) <= max_points:
        return points_N2
    starts = np.linspace(0, len(points_N2), max_points // 2, endpoint=False).astype(int)
    buckets = np.split(points_N2, starts[1:])
    return np.concatenate([b[[b[:, 1].argmin(), b[:, 1].argmax()]] for b in buckets])
