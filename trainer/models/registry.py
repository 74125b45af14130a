"""Classes on offer, and the text of every file version that was ever run."""

from django.db import models


class Source(models.Model):
    """The text of one version of a file, named by its content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class RegisteredClass(models.Model):
    """A class on offer: a task, model, generator or recipe."""

    class Registry(models.TextChoices):
        TASKS = "tasks"
        MODELS = "models"
        GENERATORS = "generators"
        RECIPES = "recipes"

    registry = models.CharField(max_length=12, choices=Registry.choices)
    class_name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    module = models.CharField(max_length=200)
    file = models.CharField(max_length=500)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="classes")
    parameters = models.JSONField(default=list, blank=True)
    requires = models.JSONField(default=dict, blank=True)
    # [lower bound of critical, upper bound of healthy] and metrics, as the class declares them.
    declares = models.JSONField(default=dict, blank=True)
    since = models.DateTimeField(auto_now=True)

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
