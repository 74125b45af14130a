"""Jobs: what was trained, for how long, and what it reached."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from trainer.admin.clear import delete_points, thin_points
from trainer.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, number_text
from trainer.live.durations import duration_text
from trainer.models import Job, JobCommand, JobEvent, LossSeries

STATE_COLOURS = {
    "queued": "info",
    "running": "primary",
    "paused": "warning",
    "interrupted": "warning",
    "completed": "success",
    "failed": "danger",
}


class LossSeriesInline(ReadOnlyInline):
    """What each task's losses came to."""

    model = LossSeries
    verbose_name_plural = "losses"
    fields = ("series", "last", "minimum", "maximum", "mean", "trend", "health", "count")

    @admin.display(description="Series")
    def series(self, series: LossSeries) -> str:
        """Name the total too, whose task name is empty."""
        return str(series)


class JobEventInline(ReadOnlyInline):
    """What was done to the job, and at which step."""

    model = JobEvent
    fields = ("step", "kind", "detail", "by", "why", "at")


class JobCommandInline(ReadOnlyInline):
    """What was asked of the job, and what became of it."""

    model = JobCommand
    fields = ("kind", "payload", "by", "why", "state", "applied_step", "reason", "created_at")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Every job of every experiment."""

    list_display = (
        "job",
        "experiment",
        "shown_state",
        "progress",
        "duration",
        "speed",
        "final_losses",
        "created_by",
        "created_at",
        "page",
    )
    # A row is ten cells, each a template: fifty of them take longer than all else on the page.
    list_per_page = 25
    list_filter = (
        "state",
        "experiment",
        "schedule",
        "device",
        "starred",
        "points_kept",
        "created_at",
    )
    actions = (thin_points, delete_points)
    list_select_related = ("experiment",)
    search_fields = (
        "=id",
        "experiment__name",
        "experiment__slug",
        "loss_series__task_name",
        "created_by",
        "name",
        "tags",
        "error",
    )
    search_help_text = "number, experiment, task, person, name, tag or error"
    ordering = ("-pk",)
    inlines = (LossSeriesInline, JobEventInline, JobCommandInline)
    readonly_fields = ("duration", "speed")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    "experiment",
                    "state",
                    "current_step",
                    "total_steps",
                    "points_kept",
                    "error",
                )
            },
        ),
        ("Training", {"fields": ("lr", "probe_lr", "batch_size", "schedule", "seed", "device")}),
        (
            "Time",
            {
                "fields": (
                    "created_by",
                    "created_at",
                    "started_at",
                    "completed_at",
                    "duration",
                    "speed",
                )
            },
        ),
        (
            "Record",
            {"fields": ("task_names", "plan", "start_checkpoint", "checkpoint", "traceback")},
        ),
        ("Worker", {"fields": ("worker", "fence", "lease_until", "seq")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Bring the summaries along, else each row asks for its own."""
        jobs: QuerySet[Job] = super().get_queryset(request)
        return jobs.prefetch_related("loss_series").defer("plan", "traceback")

    def has_clear_permission(self, request: HttpRequest) -> bool:
        """Whoever may change jobs may drop their points."""
        return request.user.has_perm("trainer.change_job")

    @admin.display(description="Page")
    def page(self, job: Job) -> str:
        """The way to the job's own page and to its curves."""
        return format_html(
            '<a href="{}">page</a> <a href="{}?experiment={}&amp;job={}">curves</a>',
            reverse("dashboard:job", args=(job.pk,)),
            reverse("dashboard:workbench"),
            job.experiment.slug,
            job.pk,
        )

    @admin.display(description="Job", ordering="pk")
    def job(self, job: Job) -> str:
        """The job's number."""
        return str(job)

    @display(description="State", ordering="state", label=STATE_COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, job: Job) -> str:
        """The state in its colour."""
        return str(job.state)

    @admin.display(description="Steps", ordering="current_step")
    def progress(self, job: Job) -> str:
        """Steps done and asked for."""
        return f"{job.current_step:,} / {job.total_steps:,}"

    @admin.display(description="Duration", ordering="active_seconds")
    def duration(self, job: Job) -> str:
        """The time spent training."""
        return duration_text(job.active_seconds)

    @admin.display(description="Steps/s", ordering="steps_per_second")
    def speed(self, job: Job) -> str:
        """The mean rate."""
        return number_text(job.steps_per_second)

    @admin.display(description="Final losses")
    def final_losses(self, job: Job) -> str:
        """The last loss of each task."""
        series = [row for row in job.loss_series.all() if not row.is_total]
        return ", ".join(f"{row.task_name} {number_text(row.last)}" for row in series)
