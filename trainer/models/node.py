"""Trainer sides that are, or were, alive."""

from django.db import models


class TrainerNode(models.Model):
    """One running `runtrainer`; its heartbeat says whether anything will train."""

    name = models.CharField(
        max_length=200, unique=True, help_text="Host, process id and start of the process."
    )
    seen_at = models.DateTimeField()
    devices = models.JSONField(default=list, help_text="What can be trained on, the best first.")
    versions = models.JSONField(default=dict)
    home_free_bytes = models.PositiveBigIntegerField(default=0)
    home_total_bytes = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return self.name
