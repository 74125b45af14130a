"""What keeps ACC going: trainer sides, questions to them, recipe runs."""

from django.contrib import admin

from trainer.admin.read_only import ReadOnlyAdmin
from trainer.models import Call, JobNotice, RecipeRun, TrainerNode


@admin.register(TrainerNode)
class TrainerNodeAdmin(ReadOnlyAdmin):
    """Trainer sides that are, or were, alive."""

    list_display = ("name", "devices", "seen_at", "started_at")


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """Questions that the trainer side answers."""

    list_display = ("kind", "state", "by", "created_at", "finished_at", "error")
    list_filter = ("kind", "state", "created_at")
    search_fields = ("kind", "by", "error")


@admin.register(JobNotice)
class JobNoticeAdmin(ReadOnlyAdmin):
    """Jobs whose end the webhook is told."""

    list_display = ("job", "state", "attempts", "next_at", "sent_at", "error")
    list_filter = ("state",)
    list_select_related = ("job",)
    search_fields = ("error",)


@admin.register(RecipeRun)
class RecipeRunAdmin(ReadOnlyAdmin):
    """Runs of recipes."""

    list_display = ("recipe_name", "experiment", "state", "current_phase", "created_at", "error")
    list_filter = ("state", "recipe_name", "experiment", "created_at")
    list_select_related = ("experiment",)
    search_fields = ("recipe_name", "experiment__name", "error")
