"""States that a model went through, as a tree."""

from django.db import models


class Checkpoint(models.Model):
    """One stored state: a safetensors file and its JSON, named by this row."""

    class Kind(models.TextChoices):
        PERIODIC = "periodic"
        STOP = "stop"
        FINAL = "final"
        MANUAL = "manual"
        # Written to be evaluated, and dropped when nothing needs it any more.
        EVAL = "eval"

    # Those that go by themselves once newer ones are there, unless somebody named them.
    PASSING = (Kind.PERIODIC, Kind.EVAL)

    experiment = models.ForeignKey(
        "trainer.Experiment", on_delete=models.CASCADE, related_name="checkpoints"
    )
    job = models.ForeignKey(
        "trainer.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="checkpoints"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    tag = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    step = models.PositiveBigIntegerField(help_text="Steps since the model was new.")
    job_step = models.PositiveIntegerField(default=0, help_text="Steps within its job.")
    # Branches of a state have the same files.
    file_name = models.CharField(max_length=200, db_index=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    # Commands may come at the very step at which a state is copied, before or after it.
    last_event = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The newest event of its job when the state was copied."
    )
    metrics = models.JSONField(default=dict, blank=True)
    health = models.JSONField(
        default=dict, blank=True, help_text="Of each task's losses when the state was stored."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.tag or f"Checkpoint {self.pk}"
