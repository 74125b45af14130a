"""What the call about one attached task answers."""

from ninja import Field, Schema

from trainer.api.loss_schemas import LossPointOut
from trainer.api.schemas import SeriesSummaryOut, TaskOut


class TaskEvalOut(Schema):
    """What one evaluation measured of the task; null: not a finite number."""

    id: int
    step: int
    created_at: str
    metrics: dict[str, float | None]


class TaskEventOut(Schema):
    """Something that happened to the task in the job, or was asked of it in vain."""

    step: int
    kind: str
    words: str
    by: str


class TaskDetailOut(TaskOut):
    """An attached task with all that is known of it."""

    source: str | None = Field(
        description="The text of its class's file: the version on offer, else the job's."
    )
    source_sha256: str | None = Field(description="The version on offer; null: no longer on offer.")
    job: int | None = Field(description="The current or last job, which the rest is about.")
    job_source_sha256: str | None = Field(description="The version that the job was started with.")
    latest_loss: float | None
    latest_losses: list[LossPointOut] = Field(description="Of the job's last 20 steps, in order.")
    health: str | None = Field(description="healthy, warning or critical")
    summary: SeriesSummaryOut | None
    metrics: dict[str, float | None] = Field(description="Of the last evaluation.")
    evals: list[TaskEvalOut] = Field(description="The last ones, newest first.")
    events: list[TaskEventOut] = Field(description="Newest first.")
