"""The shapes of answers about states of a model: stored, measured, looked at."""

from ninja import Field, Schema


class EvalOut(Schema):
    """An evaluation of one state of the model."""

    id: int
    step: int = Field(description="Since the model was new.")
    checkpoint_id: int | None = Field(description="Null: the model was not trained yet.")
    job_id: int | None
    created_at: str
    by: str = Field(description="Empty: at the end of a job.")
    results: dict[str, dict[str, float | None]] = Field(description="By task, then by metric.")
    errors: dict[str, str] = Field(description="Why a task could not be evaluated.")
    nonfinite: dict[str, dict[str, str]] = Field(
        description="nan, inf or -inf, for each metric that is null."
    )
    untrained: list[str] = Field(
        description="Tasks whose head was new: attached since, or nothing was trained yet."
    )


class EvalPointOut(Schema):
    """A metric at one step of a job."""

    step: int = Field(description="Within the job.")
    value: float | None
    eval_id: int
    nonfinite: str | None = Field(None, description="nan, inf or -inf, where the value is null.")
    untrained: bool | None = Field(None, description="True where the task's head was new.")


class EvalSeriesOut(Schema):
    """One metric over a job's steps."""

    task_name: str
    metric: str
    unit: str
    better: str = Field(description="higher, lower, or empty where nobody said.")
    good: float | None
    poor: float | None
    points: list[EvalPointOut]


class EvalCurvesOut(Schema):
    """The metrics of a job's evaluations as curves."""

    job_id: int
    series: list[EvalSeriesOut]
    left_out: int = Field(description="Evaluations left out, of more than a thousand.")


class EvalPicturesOut(Schema):
    """The images that are followed over time, at one evaluation."""

    eval_id: int
    step: int = Field(description="Within the job.")
    dataset: str
    sheet: str = Field(
        description="The file, at /picture/NAME for who is signed in: rows of originals, "
        "reconstructions and differences."
    )
    psnr: list[float | None] = Field(description="Of each image, in dB.")


class GroupOut(Schema):
    """A way through one factor group, or through the whole latent of a model without groups."""

    name: str
    start: int
    end: int
    low: float | None = Field(description="Where the columns begin, along the group's own spread.")
    high: float | None
    image: str | None = Field(description="Base64 PNG: a row a seed, a column a step.")


class UnitOut(Schema):
    """One coordinate of the latent."""

    index: int
    group: str
    variance: float = Field(description="Of its mean over held-out images.")
    kl_nats: float | None = Field(description="From the standard normal; null without a prior.")
    is_dead: bool


class PlaneOut(Schema):
    """At most 500 held-out images on the two principal components of their latents."""

    points: list[list[float]]
    shares: list[float] = Field(description="Of the latent's variance.")
    targets: list[float] | None
    target_type: str | None


class LatentOut(Schema):
    """What one state of a model holds in its latent."""

    id: int
    experiment: str
    dataset: str
    checkpoint_id: int | None
    step: int
    created_at: str
    image_count: int = Field(description="Held-out images that it was found with.")
    has_prior: bool
    groups: list[GroupOut]
    units: list[UnitOut] = Field(description="What says most first; at most 64.")
    unit_count: int
    dead_count: int
    units_drawn: list[int] = Field(description="The rows of `units_image`.")
    units_image: str | None = Field(description="Base64 PNG: what becomes of one image.")
    samples_image: str | None = Field(
        description="Base64 PNG of 24 images: from the prior, or from the latents' own spread."
    )
    plane: PlaneOut


class ComparisonOut(Schema):
    """Images of one dataset as base64 PNG, each list in the same order."""

    dataset: str
    step: int
    checkpoint_id: int | None
    originals: list[str]
    reconstructions: list[str]
    differences: list[str] = Field(
        description="Blue: darker than the original; white: equal; orange: brighter, up to 0.5."
    )
    psnr: list[float | None] = Field(
        description="Of each image, in dB; 100 where it is met exactly, null where it is NaN."
    )
    indices: list[int] = Field(description="Which images of the dataset these are.")


class ReconstructionsOut(ComparisonOut):
    """The named dataset's images, or the first one's and beside them those of each."""

    datasets: dict[str, ComparisonOut] | None = Field(
        None, description="By name; only where no dataset was named."
    )


class CheckpointOut(Schema):
    """A stored state: a node of the tree."""

    id: int
    tag: str
    kind: str = Field(description="periodic, stop, final, manual or eval")
    parent_id: int | None
    step: int = Field(description="Since the model was new.")
    job_id: int | None
    created_at: str
    metrics: dict[str, dict[str, float | None]] = Field(description="Of its last evaluation.")
    health: dict[str, str] = Field(
        {}, description="Of the losses of each task in training then: healthy, warning or critical."
    )
    size_bytes: int


class CheckpointTreeOut(Schema):
    """All states of an experiment, and the one that the next job goes on from."""

    current_id: int | None
    nodes: list[CheckpointOut]
