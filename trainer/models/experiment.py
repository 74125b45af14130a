"""What is trained: an experiment (one model) and the tasks attached to it."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from trainer.models.validators import validate_not_negative

MAX_SLUG = 60


class Experiment(models.Model):
    """One model with its tasks, jobs and checkpoints."""

    slug = models.SlugField(max_length=MAX_SLUG, unique=True)
    name = models.CharField(max_length=120)
    model_class = models.CharField(max_length=100)
    model_config = models.JSONField(default=dict, blank=True)
    # What the model says of itself: parameter count, latent size, layers. Written by the trainer
    # side, since the web side cannot build a model.
    model_info = models.JSONField(default=dict, blank=True)
    device = models.CharField(max_length=20, blank=True, help_text="Empty: the best there is.")
    is_active = models.BooleanField(default=False)
    current_checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Which states without a tag stay; where neither is set, all do.
    keep_last = models.PositiveSmallIntegerField(null=True, blank=True)
    keep_best = models.PositiveSmallIntegerField(null=True, blank=True)
    keep_metric = models.CharField(
        max_length=150, blank=True, help_text="By which the best are chosen: task/metric."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then no menu offers it."
    )

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="one_active_experiment"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def group(self) -> str:
        """The channel-layer group whose members follow this experiment."""
        return f"experiment.{self.slug}"


class AttachedCards(models.Manager["TaskCard"]):
    """The cards that are not removed; `experiment.task_cards` gives these, too."""

    def get_queryset(self) -> models.QuerySet["TaskCard"]:
        """Return the attached cards."""
        return super().get_queryset().filter(removed_at=None)


class TaskCard(models.Model):
    """A task attached to an experiment: which class, on which data, with which weight."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="task_cards")
    name = models.CharField(
        max_length=80,
        validators=[
            RegexValidator(
                r"^\w[\w.-]*( [\w.-]+)*\Z",
                "a task's name begins with a letter, a digit or '_' and goes on with these, "
                "'.', '-' and single spaces",
            )
        ],
    )
    class_name = models.CharField(max_length=100)
    dataset = models.ForeignKey("trainer.Dataset", on_delete=models.PROTECT, related_name="+")
    weight = models.FloatField(default=1.0, validators=[validate_not_negative])
    enabled = models.BooleanField(default=True)
    latent_start = models.PositiveIntegerField(null=True, blank=True)
    latent_end = models.PositiveIntegerField(null=True, blank=True)
    params = models.JSONField(default=dict, blank=True)
    head_size = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Trainable numbers of its head; 0: it has none."
    )
    colour = models.PositiveSmallIntegerField(
        default=0, help_text="Place in the palette: the task's colour on every page."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Removed cards stay for a while, so that a removal can be undone.
    removed_at = models.DateTimeField(null=True, blank=True)

    # The first one is what relations use: nobody sees a removed card by mistake.
    objects = AttachedCards()
    with_removed: ClassVar[models.Manager["TaskCard"]] = models.Manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["experiment", "name"],
                condition=Q(removed_at__isnull=True),
                name="task_name_once",
            ),
            models.CheckConstraint(condition=Q(weight__gte=0), name="task_weight_not_negative"),
            models.CheckConstraint(
                condition=Q(latent_start__isnull=True, latent_end__isnull=True)
                | Q(latent_start__lt=F("latent_end")),
                name="task_latent_slice_forward",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def latent_slice(self) -> tuple[int, int] | None:
        """The part of the latent the task sees, as (start, end); None for the whole."""
        if self.latent_start is None or self.latent_end is None:
            return None
        return self.latent_start, self.latent_end
