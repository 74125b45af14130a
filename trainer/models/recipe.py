"""Runs of recipes: scripted experiments over the checkpoint tree."""

from django.db import models
from django.db.models import Q


class RecipeRun(models.Model):
    """One run of a recipe and how far it came. The row is the queue, as a job's is."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    # Not at an end: an interrupted run is queued again as soon as a trainer sees it.
    ACTIVE = (State.QUEUED, State.RUNNING, State.INTERRUPTED)

    recipe_name = models.CharField(max_length=100)
    params = models.JSONField(default=dict, blank=True)
    source = models.JSONField(
        default=dict, blank=True, help_text="The version of its file: file and sha256."
    )
    # The one that its calls act on now; a recipe that makes a model moves on to the model's.
    experiment = models.ForeignKey(
        "trainer.Experiment", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    plan = models.JSONField(
        default=list, blank=True, help_text="[phase, steps], as the recipe announces them."
    )
    current_phase = models.CharField(max_length=200, blank=True)
    phases_completed = models.JSONField(default=list, blank=True)
    phase_start = models.JSONField(
        default=dict, blank=True, help_text="What the current phase began with, to begin again."
    )
    checkpoints_created = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    by = models.CharField(max_length=150, blank=True)
    stop_asked_by = models.CharField(max_length=150, blank=True)
    stop_asked_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    active_seconds = models.FloatField(default=0.0)

    # Claim, lease, fence: who carries it out, until when that is believed, which claim counts.
    worker = models.CharField(max_length=200, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Restarts in a row without a phase completed; too many mean that the recipe kills its worker.
    fruitless_restarts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(state__in=("queued", "running", "interrupted")),
                name="one_active_recipe_per_experiment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.recipe_name} {self.pk}"

    @property
    def is_active(self) -> bool:
        """Whether the run may still go on."""
        return self.state in self.ACTIVE


class RecipeStep(models.Model):
    """One call that a recipe made: what was asked, what came of it. Also the run's log.

    A run that begins again after a crash is given these results in place of the work.
    """

    run = models.ForeignKey(RecipeRun, on_delete=models.CASCADE, related_name="steps")
    phase = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    asked = models.JSONField(default=dict, blank=True)
    result = models.JSONField(null=True, blank=True)
    refusal = models.TextField(blank=True)
    job = models.ForeignKey(
        "trainer.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    # Of a phase that was interrupted and began again: kept to be read, and not counted on.
    abandoned = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.kind} in {self.phase}"
