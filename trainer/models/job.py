"""A training job, what was asked of it, and what happened to it."""

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from trainer.models.validators import validate_positive

MAX_STEPS = 1_000_000_000
MAX_LR = 10.0
MAX_WHY = 500
MAX_NOTES = 4000


class Job(models.Model):
    """One run of the trainer over an experiment's model. The row is the queue."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        PAUSED = "paused"
        COMPLETED = "completed"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    class Schedule(models.TextChoices):
        JOINT = "joint"
        ROUND_ROBIN = "round_robin"
        WEIGHTED = "weighted"

    class PointsKept(models.TextChoices):
        ALL = "all"
        LEVELS = "levels", "levels of detail"
        NOTHING = "nothing"

    # Held by a worker.
    HELD = (State.RUNNING, State.PAUSED)
    # Not at an end: an interrupted job is queued again as soon as a trainer sees it.
    ACTIVE = (State.QUEUED, State.RUNNING, State.PAUSED, State.INTERRUPTED)

    experiment = models.ForeignKey(
        "trainer.Experiment", on_delete=models.CASCADE, related_name="jobs"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    total_steps = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_STEPS)]
    )
    current_step = models.PositiveIntegerField(default=0)
    lr = models.FloatField(validators=[validate_positive, MaxValueValidator(MAX_LR)])
    probe_lr = models.FloatField(validators=[validate_positive, MaxValueValidator(MAX_LR)])
    # What `set_lr` made of them; what a job began with stays, for whoever repeats it.
    lr_set = models.FloatField(null=True, blank=True)
    probe_lr_set = models.FloatField(null=True, blank=True)
    batch_size = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(65536)]
    )
    schedule = models.CharField(max_length=12, choices=Schedule.choices)
    seed = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(2**63 - 1)]
    )
    eval_every = models.PositiveIntegerField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_STEPS)],
        help_text="Steps from one evaluation to the next; 0: only when it ends.",
    )
    # The model, tasks and datasets as they were at the start: a job never looks at a card again.
    plan = models.JSONField()
    task_names = models.JSONField(default=list)
    created_by = models.CharField(max_length=150, blank=True)
    # The job whose plan, seed and interventions this one goes through again.
    repeats = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repetitions"
    )

    # What people say of it; nothing that trains looks at these.
    name = models.CharField(max_length=120, blank=True)
    notes = models.TextField(blank=True, validators=[MaxLengthValidator(MAX_NOTES)])
    tags = models.CharField(max_length=200, blank=True, help_text='Such as "baseline, long".')
    starred = models.BooleanField(default=False)

    created_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    active_seconds = models.FloatField(default=0.0)
    steps_per_second = models.FloatField(null=True, blank=True)
    device = models.CharField(max_length=40, blank=True)

    # Claim, lease, fence: who trains it, until when that is believed, and which claim counts.
    worker = models.CharField(max_length=200, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Of this claim; None until its first step.
    stepped_at = models.DateTimeField(null=True, blank=True)
    points_kept = models.CharField(
        max_length=10,
        choices=PointsKept.choices,
        default=PointsKept.ALL,
        help_text="What is left of its losses after old ones made room.",
    )
    # Restarts in a row without a new checkpoint; too many mean that the job kills its worker.
    fruitless_restarts = models.PositiveSmallIntegerField(default=0)

    seq = models.PositiveBigIntegerField(default=0, help_text="Live messages sent about the job.")
    start_checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Else a repetition would begin with new weights, and nobody would notice.
    start_deleted = models.BooleanField(
        default=False, help_text="The state that it began with is deleted."
    )
    checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(state__in=("queued", "running", "paused", "interrupted")),
                name="one_active_job_per_experiment",
            ),
        )
        indexes = (models.Index(fields=["state", "lease_until"]),)

    def __str__(self) -> str:
        return f"Job {self.pk}"

    @property
    def tag_list(self) -> list[str]:
        """Its tags, one by one."""
        return [tag for tag in self.tags.split(", ") if tag]

    @property
    def lr_in_force(self) -> float:
        """The learning rate of the model's weights now."""
        return self.lr if self.lr_set is None else self.lr_set

    @property
    def probe_lr_in_force(self) -> float:
        """The learning rate of the heads now."""
        return self.probe_lr if self.probe_lr_set is None else self.probe_lr_set

    @property
    def is_active(self) -> bool:
        """Whether the job may still train."""
        return self.state in self.ACTIVE


class JobCommand(models.Model):
    """Something asked of a running job; the worker answers between two steps."""

    class State(models.TextChoices):
        PENDING = "pending"
        APPLIED = "applied"
        REFUSED = "refused"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=30)
    payload = models.JSONField(default=dict, blank=True)
    by = models.CharField(max_length=150, blank=True)
    why = models.CharField(max_length=MAX_WHY, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Of a repetition: to be applied when this step is done, not as soon as may be.
    due_step = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    # The last step done before the command took effect.
    applied_step = models.PositiveIntegerField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=["job", "state"]),)

    def __str__(self) -> str:
        return f"{self.kind} for job {self.job_id}"


class JobEvent(models.Model):
    """Something that happened to a job, and the step at which it did."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    step = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    detail = models.JSONField(default=dict, blank=True)
    by = models.CharField(max_length=150, blank=True)
    why = models.CharField(max_length=MAX_WHY, blank=True)
    command = models.OneToOneField(
        JobCommand, null=True, blank=True, on_delete=models.SET_NULL, related_name="event"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.kind} at step {self.step}"
