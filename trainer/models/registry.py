"""Classes on offer, what is wrong with their files, and the text of every version ever seen."""

from django.db import models
from django.utils import timezone


class Registry(models.TextChoices):
    """What kinds of classes there are."""

    TASKS = "tasks"
    MODELS = "models"
    GENERATORS = "generators"
    RECIPES = "recipes"


class Source(models.Model):
    """The text of one version of a file, named by its content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class FileVersion(models.Model):
    """A version that a file had when it was good: its classes could be used."""

    registry = models.CharField(max_length=12, choices=Registry.choices)
    file = models.CharField(max_length=500)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="versions")
    class_names = models.JSONField(default=list)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-seen_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["registry", "file", "source"], name="one_row_per_version_of_a_file"
            ),
        )

    def __str__(self) -> str:
        return f"{self.file} {self.source_id[:12]}"


class RegisteredClass(models.Model):
    """A class on offer: a task, model, generator or recipe."""

    registry = models.CharField(max_length=12, choices=Registry.choices)
    class_name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    module = models.CharField(max_length=200)
    file = models.CharField(max_length=500)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="classes")
    parameters = models.JSONField(default=list, blank=True)
    requires = models.JSONField(default=dict, blank=True)
    declares = models.JSONField(
        default=dict, blank=True, help_text="Metrics and loss bounds, as the class declares them."
    )
    since = models.DateTimeField(default=timezone.now, help_text="This version is on offer since.")

    class Meta:
        ordering = ("registry", "class_name")
        verbose_name_plural = "registered classes"
        constraints = (
            models.UniqueConstraint(
                fields=["registry", "class_name"], name="one_class_of_a_name_per_registry"
            ),
        )

    def __str__(self) -> str:
        return self.class_name


class RegistryError(models.Model):
    """A file that does not load now, or a class name that it may not have."""

    registry = models.CharField(max_length=12, choices=Registry.choices)
    file = models.CharField(max_length=500)
    line = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField()
    traceback = models.TextField(blank=True)
    last_good = models.BooleanField(
        help_text="Classes from the file's last good version are still on offer."
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("registry", "file", "line", "pk")

    def __str__(self) -> str:
        return f"{self.file}: {self.error}"
