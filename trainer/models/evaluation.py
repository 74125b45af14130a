"""Evaluations: one run over all enabled tasks, one row a metric."""

from django.db import models


class EvalRun(models.Model):
    """An evaluation of one state of a model."""

    experiment = models.ForeignKey(
        "trainer.Experiment", on_delete=models.CASCADE, related_name="eval_runs"
    )
    job = models.ForeignKey(
        "trainer.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="eval_runs"
    )
    checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    step = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Eval at step {self.step}"


class EvalResult(models.Model):
    """One metric of one task in one evaluation."""

    run = models.ForeignKey(EvalRun, on_delete=models.CASCADE, related_name="results")
    task_name = models.CharField(max_length=80)
    metric = models.CharField(max_length=60)
    value = models.FloatField(null=True, blank=True, help_text="Empty: not a finite number.")

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["run", "task_name", "metric"], name="one_value_per_metric"
            ),
        )

    def __str__(self) -> str:
        return f"{self.task_name} {self.metric}"
