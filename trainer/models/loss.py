"""Losses: packed runs of steps, coarser copies of them, and a summary row a series for lists."""

from django.db import models


class LossSeries(models.Model):
    """The summary of one task's losses in one job, or of the job's total."""

    job = models.ForeignKey("trainer.Job", on_delete=models.CASCADE, related_name="loss_series")
    task_name = models.CharField(max_length=80, blank=True, help_text="Empty for the total.")
    is_total = models.BooleanField(default=False)
    colour = models.PositiveSmallIntegerField(default=0)
    # Finite points only: a NaN would poison every figure that follows it.
    count = models.PositiveBigIntegerField(default=0)
    nonfinite_count = models.PositiveBigIntegerField(default=0)
    last_step = models.PositiveIntegerField(default=0)
    # None: the last point was not finite, or there is none.
    last = models.FloatField(null=True, blank=True)
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    mean = models.FloatField(null=True, blank=True)
    trend = models.CharField(max_length=10, default="flat")
    health = models.CharField(max_length=10, default="healthy")

    class Meta:
        ordering = ("job", "is_total", "pk")
        verbose_name_plural = "loss series"
        constraints = (
            models.UniqueConstraint(
                fields=["job", "task_name", "is_total"], name="one_summary_per_series"
            ),
        )

    def __str__(self) -> str:
        return "total" if self.is_total else self.task_name


class LossSegment(models.Model):
    """Consecutive steps of one job, all series together, packed.

    `values` is little-endian float32, [steps, tasks + 1], row by row; the last column is the
    total. `present` is empty where every task took part in every step, else one bit a cell
    ([steps, tasks] in row order, `numpy.packbits`).
    """

    job = models.ForeignKey("trainer.Job", on_delete=models.CASCADE, related_name="loss_segments")
    first_step = models.PositiveIntegerField()
    step_count = models.PositiveIntegerField()
    task_names = models.JSONField()
    # The factor of each task in the total; a change begins a new segment.
    weights = models.JSONField()
    values = models.BinaryField()
    present = models.BinaryField(default=b"")

    class Meta:
        ordering = ("first_step",)
        constraints = (
            models.UniqueConstraint(fields=["job", "first_step"], name="one_segment_per_step"),
        )

    def __str__(self) -> str:
        return f"steps {self.first_step} to {self.first_step + self.step_count - 1}"


class LossLevel(models.Model):
    """Sixty-four buckets of steps of one job, all series together: a coarse copy for charts.

    `table` holds [buckets, series] records and `odds` the losses that are not finite, packed as
    trainer.selectors.loss_levels says. Row `index` of a level follows row `index - 1`.
    """

    job = models.ForeignKey("trainer.Job", on_delete=models.CASCADE, related_name="loss_levels")
    level = models.PositiveSmallIntegerField()
    index = models.PositiveIntegerField()
    last_step = models.PositiveBigIntegerField()
    names = models.JSONField(help_text="Of the series; empty for the total.")
    table = models.BinaryField()
    odds = models.BinaryField(default=b"")

    class Meta:
        ordering = ("job", "level", "index")
        constraints = (
            models.UniqueConstraint(fields=["job", "level", "index"], name="one_row_per_place"),
        )

    def __str__(self) -> str:
        return f"level {self.level} to step {self.last_step}"
