"""What is to be told to the webhook: one row an ended job, until it is told."""

from django.db import models
from django.utils import timezone


class JobNotice(models.Model):
    """The end of a job that another system asked to hear of."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        GIVEN_UP = "given_up"

    job = models.OneToOneField("trainer.Job", on_delete=models.CASCADE, related_name="notice")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now, help_text="Not tried again before.")
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True, help_text="Of the last attempt.")

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["state", "next_at"]),)

    def __str__(self) -> str:
        return f"Notice of job {self.job_id}'s end"
