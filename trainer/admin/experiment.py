"""Experiments, the tasks attached to them, and the data they learn from."""

from typing import Any, ClassVar

from django.contrib import admin

from trainer.admin.read_only import NOTHING, ReadOnlyAdmin, ReadOnlyInline
from trainer.models import Dataset, Experiment, TaskCard
from trainer.selectors.datasets import shape_text
from trainer.services.cards import latent_slice_text


class TaskCardInline(ReadOnlyInline):
    """The tasks attached to an experiment."""

    model = TaskCard
    fields = ("name", "class_name", "dataset", "weight", "enabled", "latent_start", "latent_end")


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin):
    """Models under training."""

    list_display = ("name", "slug", "model_class", "is_active", "device", "created_at")
    list_filter = ("is_active", "model_class", "created_at")
    search_fields = ("name", "slug", "model_class", "task_cards__name")
    search_help_text = "name, slug, model or task"
    inlines = (TaskCardInline,)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "slug", "is_active", "device", "created_at")}),
        ("Model", {"fields": ("model_class", "model_config", "model_info", "current_checkpoint")}),
    )


@admin.register(TaskCard)
class TaskCardAdmin(ReadOnlyAdmin):
    """Attached tasks, of all experiments."""

    list_display = ("name", "experiment", "class_name", "dataset", "weight", "slice", "enabled")
    list_filter = ("enabled", "class_name", "experiment", "dataset")
    list_select_related = ("experiment", "dataset")
    search_fields = ("name", "class_name", "experiment__name", "dataset__name")
    search_help_text = "task, class, experiment or dataset"

    @admin.display(description="Latent")
    def slice(self, card: TaskCard) -> str:
        """The part of the latent that the task sees."""
        return latent_slice_text(card.latent_slice) or "whole"


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """Data on offer."""

    list_display = ("name", "kind", "size", "train_size", "eval_size", "shape", "target_type")
    list_filter = ("kind", "target_type")
    search_fields = ("name", "content_hash")

    @admin.display(description="Images")
    def shape(self, dataset: Dataset) -> str:
        """Channels, height and width."""
        return shape_text(dataset.image_shape) or NOTHING
