"""The shapes of answers; the fields are those that selectors give."""

from typing import Any

from ninja import Field, Schema

from trainer.api.event_schemas import CommandOut


class HealthOut(Schema):
    """Whether the system is well; all but the first two for callers with credentials."""

    status: str
    trainer: str = Field(description="online or offline")
    device: str | None = None
    devices: list[str] | None = None
    counts: dict[str, int] | None = None
    versions: dict[str, str] | None = None
    running_jobs: "list[JobOut] | None" = None
    warnings: "list[WarningOut] | None" = None


class WarningOut(Schema):
    """Something that goes wrong now."""

    key: str = Field(description="The same as long as it is the same trouble.")
    level: str = Field(description="warning, or critical where work is lost or stands still")
    words: str
    advice: str = Field(description="What to do about it.")
    since: str | None
    job: int | None = Field(description="The job that it is about.")


class DeviceOut(Schema):
    """Where the experiment's next job trains, and what there is."""

    current: str | None
    available: list[str]
    configured: str = Field(description="What was asked for; empty: the best there is.")


class ExperimentOut(Schema):
    """An experiment: one model with its tasks, jobs and checkpoints."""

    slug: str
    name: str
    model_class: str
    active: bool = Field(description="Whether it is meant where none is named.")
    created_at: str
    archived_at: str | None = Field(description="Since then no menu offers it.")


class ModelOut(Schema):
    """A model, described by itself."""

    experiment: str
    class_name: str
    config: dict[str, Any]
    parameter_count: int | None = None
    latent_dim: int | None = None
    image_shape: list[int] | None = None
    has_decoder: bool | None = None
    is_vae: bool | None = None
    factor_groups: list[Any] = Field(default_factory=list)
    layers: list[dict[str, Any]] = Field(default_factory=list)


class DatasetOut(Schema):
    """A dataset on offer."""

    name: str
    kind: str
    size: int
    image_shape: list[int] = Field(description="[channels, height, width]")
    target_type: str | None = Field(description="classes, float or null")
    num_classes: int | None
    train_size: int
    eval_size: int
    content_hash: str
    duplicate_count: int | None = Field(
        None, description="Held-out images that are trained on, too; null: not counted yet."
    )
    empty_folders: list[str] = Field(
        [], description="Folders without an image, which an import left out: they are no classes."
    )


class ImagesOut(Schema):
    """Images as base64 PNG."""

    images: list[str]


class TaskOut(Schema):
    """A task attached to an experiment."""

    name: str
    class_name: str
    dataset: str
    weight: float
    enabled: bool
    latent_slice: list[int] | None = Field(description="[start, end], or null for the whole")
    params: dict[str, Any]
    head_size: int | None = Field(description="Trainable numbers of its head; 0: it has none.")
    colour: int = Field(description="Place in the pages' palette.")
    experiment: str


class ParameterOut(Schema):
    """One constructor parameter that a person may set."""

    name: str
    type: str
    default: Any = None
    required: bool
    description: str


class ClassOut(Schema):
    """A class on offer."""

    class_name: str
    description: str
    module: str
    file: str
    source_sha256: str
    parameters: list[ParameterOut]
    requires: dict[str, Any]
    declares: dict[str, Any] = Field(description="Metrics and loss bounds that the class declares.")
    since: str = Field(description="When this version came on offer.")


class RegistryErrorOut(Schema):
    """A file that does not load now, or a class name that it may not have."""

    registry: str
    file: str
    line: int | None
    error: str
    traceback: str
    since: str
    last_good: bool = Field(description="Its last good classes are still on offer.")


class SourceOut(Schema):
    """A stored version of a file."""

    sha256: str
    files: list[str] = Field(description="Where it was seen.")
    text: str


class RemovedOut(Schema):
    """The name of what was removed."""

    removed: str


class JobOut(Schema):
    """A training job."""

    id: int
    experiment: str
    state: str = Field(
        description="queued, running, paused, completed, stopped, failed or interrupted"
    )
    total_steps: int
    current_step: int
    task_names: list[str]
    created_at: str
    started_at: str | None
    completed_at: str | None
    checkpoint_id: int | None
    error: str | None
    steps_per_second: float | None
    seq: int = Field(description="Of the last live message about the job.")
    device: str
    worker: str = Field(description="host:pid:start of the process that trains it, or did last.")
    lr: float
    probe_lr: float
    batch_size: int
    schedule: str
    seed: int
    eval_every: int = Field(description="Steps between evaluations; 0: only when it ends.")
    duration_seconds: float
    repeats: int | None = Field(description="The job that this one goes through again.")
    points_kept: str = Field(
        description="all; levels: stretches of 64 steps, exact points are gone; nothing"
    )


class JobShownOut(JobOut):
    """A training job, and what goes wrong with it now."""

    warnings: list[WarningOut]


class JobSteeredOut(JobOut):
    """A training job, and what became so far of what was asked of it."""

    command: CommandOut = Field(
        description="Pending where the job waits for a worker: it is kept for the job's beginning."
    )


class SeriesSummaryOut(Schema):
    """The losses of one task in one job; null where no finite number is."""

    mean: float | None
    min: float | None
    max: float | None
    final: float | None
    trend: str = Field(description="improving, flat or worsening")
    health: str = Field(description="healthy, warning or critical")
    count: int
    nonfinite_count: int


class JobHistoryOut(JobOut):
    """A job with what became of its losses."""

    final_losses: dict[str, float | None]
    summary: dict[str, SeriesSummaryOut]
