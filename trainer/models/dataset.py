"""The data that tasks learn from, described so that any worker can build it again."""

from django.db import models


class Dataset(models.Model):
    """A dataset on offer. The spec is the truth; tensors are built from it where needed."""

    class Kind(models.TextChoices):
        BUILTIN = "builtin"
        GENERATED = "generated"
        FOLDER = "folder"
        NPZ = "npz"

    # Their data is nowhere else than in their file: nothing could make it again.
    IMPORTED = (Kind.FOLDER, Kind.NPZ)

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    spec = models.JSONField(help_text="Arguments that build the same data again.")
    content_hash = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    train_size = models.PositiveIntegerField()
    eval_size = models.PositiveIntegerField()
    image_shape = models.JSONField(help_text="[channels, height, width]")
    target_type = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001  null is "no targets" in the API
    num_classes = models.PositiveIntegerField(null=True, blank=True)
    duplicate_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="Held-out images that are trained on, too."
    )
    # The distribution of the targets and the files of some images; empty until it was looked at.
    survey = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
