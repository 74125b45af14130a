"""Questions that only the trainer side can answer, asked by the web side."""

from django.db import models


class Call(models.Model):
    """A short piece of work for the trainer side whose answer somebody waits for."""

    class Kind(models.TextChoices):
        """What can be asked; `trainer/worker/answer.py` says who answers it."""

        MODEL_CREATE = "model_create"
        DATASET_GENERATE = "dataset_generate"
        DATASET_LOAD = "dataset_load"
        DATASET_SAMPLE = "dataset_sample"
        DATASET_IMPORT_FOLDER = "dataset_import_folder"
        DATASET_IMPORT_NPZ = "dataset_import_npz"
        DATASET_SURVEY = "dataset_survey"
        TASK_ADD = "task_add"
        DEMO_CREATE = "demo_create"
        EVAL_RUN = "eval_run"
        RECONSTRUCT = "reconstruct"
        PICTURES = "pictures"
        COMPARE = "compare"
        LATENT = "latent"
        RECIPE_CHECK = "recipe_check"

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"

    # Without choices: a kind is added without a migration.
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    answer = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    worker = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    woken_at = models.DateTimeField(
        null=True, blank=True, help_text="When a lost wake-up was last repeated."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    doing = models.CharField(
        max_length=200, blank=True, help_text="What is at work, for when it never returns."
    )
    limit_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Work that takes longer is ended."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        # Looked through every second; without these that would read every answer of an hour.
        indexes = (models.Index(fields=["state", "kind"]), models.Index(fields=["finished_at"]))

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
