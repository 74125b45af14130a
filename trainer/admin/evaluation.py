"""Evaluations and checkpoints."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from trainer.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, number_text
from trainer.models import Checkpoint, EvalResult, EvalRun, Reconstructions


class EvalResultInline(ReadOnlyInline):
    """The metrics of one evaluation."""

    model = EvalResult
    fields = ("task_name", "metric", "value", "nonfinite", "good", "poor", "unit")


@admin.register(EvalRun)
class EvalRunAdmin(ReadOnlyAdmin):
    """Evaluations, the newest first."""

    list_display = ("run", "experiment", "job", "step", "metrics", "created_at")
    list_filter = ("experiment", "created_at")
    list_select_related = ("experiment", "job")
    search_fields = ("=id", "experiment__name", "results__task_name", "results__metric")
    search_help_text = "number, experiment, task or metric"
    inlines = (EvalResultInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvalRun]:
        """Bring the metrics along, else each row asks for its own."""
        runs: QuerySet[EvalRun] = super().get_queryset(request)
        return runs.prefetch_related("results")

    @admin.display(description="Evaluation", ordering="pk")
    def run(self, run: EvalRun) -> str:
        """The evaluation's number."""
        return f"Eval {run.pk}"

    @admin.display(description="Metrics")
    def metrics(self, run: EvalRun) -> str:
        """Every metric in a line."""
        return ", ".join(
            f"{row.task_name} {row.metric} {number_text(row.value)}" for row in run.results.all()
        )


@admin.register(Reconstructions)
class ReconstructionsAdmin(ReadOnlyAdmin):
    """Images as a model gives them back."""

    list_display = ("id", "experiment", "dataset", "step", "created_at")
    list_filter = ("experiment", "dataset", "created_at")
    list_select_related = ("experiment", "dataset")


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """Stored states of models."""

    list_display = ("name", "experiment", "kind", "step", "job", "parent", "size", "created_at")
    list_filter = ("kind", "experiment", "created_at")
    list_select_related = ("experiment", "job", "parent")
    search_fields = ("=id", "tag", "experiment__name", "file_name", "sha256")
    search_help_text = "number, tag, experiment, file or hash"

    @admin.display(description="Checkpoint", ordering="pk")
    def name(self, checkpoint: Checkpoint) -> str:
        """The tag, or the number."""
        return str(checkpoint)

    @admin.display(description="Size", ordering="size_bytes")
    def size(self, checkpoint: Checkpoint) -> str:
        """The file's size."""
        return filesizeformat(checkpoint.size_bytes)
