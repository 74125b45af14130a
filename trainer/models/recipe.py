"""Runs of recipes: scripted experiments over the checkpoint tree."""

from django.db import models


class RecipeRun(models.Model):
    """One run of a recipe and how far it came."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    recipe_name = models.CharField(max_length=100)
    experiment = models.ForeignKey(
        "trainer.Experiment", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    current_phase = models.CharField(max_length=200, blank=True)
    phases_completed = models.JSONField(default=list, blank=True)
    checkpoints_created = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.recipe_name} {self.pk}"
