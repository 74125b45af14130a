"""Evaluations: one run over all enabled tasks, one row a metric; and reconstructions to look at."""

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
    # Else a point could not be put on its job's curve once the checkpoint is gone.
    job_step = models.PositiveBigIntegerField(null=True, blank=True, help_text="Within its job.")
    task_names = models.JSONField(
        default=list,
        blank=True,
        help_text="What was evaluated, also without a metric.",
    )
    errors = models.JSONField(
        default=dict, blank=True, help_text="Why a task could not be evaluated, by its name."
    )
    untrained = models.JSONField(
        default=list, blank=True, help_text="Tasks whose head was new: they know nothing yet."
    )
    by = models.CharField(max_length=150, blank=True, help_text="Empty: at the end of a job.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Eval at model step {self.step}"


class EvalResult(models.Model):
    """One metric of one task in one evaluation."""

    run = models.ForeignKey(EvalRun, on_delete=models.CASCADE, related_name="results")
    task_name = models.CharField(max_length=80)
    metric = models.CharField(max_length=60)
    value = models.FloatField(null=True, blank=True, help_text="Empty: not a finite number.")
    nonfinite = models.CharField(max_length=4, blank=True, help_text="nan, inf or -inf.")
    # As the class declared them then: a class may change, what was measured does not.
    good = models.FloatField(null=True, blank=True, help_text="Where the value turns good.")
    poor = models.FloatField(null=True, blank=True, help_text="Where the value turns poor.")
    unit = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["run", "task_name", "metric"], name="one_value_per_metric"
            ),
        )

    def __str__(self) -> str:
        return f"{self.task_name} {self.metric}"


class Reconstructions(models.Model):
    """Some images of a dataset as one state of a model gives them back, for people to look at."""

    experiment = models.ForeignKey(
        "trainer.Experiment", on_delete=models.CASCADE, related_name="reconstructions"
    )
    dataset = models.ForeignKey("trainer.Dataset", on_delete=models.CASCADE, related_name="+")
    checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    step = models.PositiveBigIntegerField()
    images = models.JSONField(
        help_text="Of each image its PSNR and the files original, reconstruction and difference."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "reconstructions"

    def __str__(self) -> str:
        return f"Reconstructions at model step {self.step}"


class EvalPictures(models.Model):
    """The same images of a dataset at each evaluation, to follow over time: one file."""

    run = models.ForeignKey(EvalRun, on_delete=models.CASCADE, related_name="pictures")
    dataset = models.ForeignKey("trainer.Dataset", on_delete=models.CASCADE, related_name="+")
    sheet = models.CharField(
        max_length=80, help_text="The file: rows of originals, reconstructions and differences."
    )
    psnr = models.JSONField(help_text="Of each image in dB; null where it is no finite number.")

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "eval pictures"
        constraints = (
            models.UniqueConstraint(fields=["run", "dataset"], name="one_sheet_per_dataset"),
        )

    def __str__(self) -> str:
        return f"Pictures of eval {self.run_id}"
