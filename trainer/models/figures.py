"""How a job went beside its losses: its pace, where its time went, what it took of the machine."""

from django.db import models


class FigureSegment(models.Model):
    """Some hundred samples of one job, by time, packed as trainer.selectors.figures says."""

    job = models.ForeignKey("trainer.Job", on_delete=models.CASCADE, related_name="figures")
    index = models.PositiveIntegerField()
    # Seconds since 1970 of the last sample.
    last_at = models.FloatField()
    samples = models.BinaryField()

    class Meta:
        ordering = ("job", "index")
        constraints = (
            models.UniqueConstraint(fields=["job", "index"], name="one_segment_of_figures"),
        )

    def __str__(self) -> str:
        return f"figures {self.index} of job {self.job_id}"
