"""What one state of a model holds in its latent, for people to look at."""

from django.db import models


class LatentView(models.Model):
    """Ways through the latent of one state, its units, samples, and where it puts images."""

    experiment = models.ForeignKey(
        "trainer.Experiment", on_delete=models.CASCADE, related_name="latent_views"
    )
    dataset = models.ForeignKey("trainer.Dataset", on_delete=models.CASCADE, related_name="+")
    checkpoint = models.ForeignKey(
        "trainer.Checkpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    step = models.PositiveBigIntegerField()
    facts = models.JSONField(help_text="Numbers and the names of files, as the API gives them.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Latent at model step {self.step}"
