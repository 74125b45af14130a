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
    kind: str = Field(description="periodic, stop, final or manual")
    parent_id: int | None
    step: int = Field(description="Since the model was new.")
    job_id: int | None
    created_at: str
    metrics: dict[str, dict[str, float | None]] = Field(description="Of its last evaluation.")
    health: dict[str, str] = Field(
        {}, description="Of each task's losses then: healthy, warning or critical."
    )
    size_bytes: int


class CheckpointTreeOut(Schema):
    """All states of an experiment, and the one that the next job goes on from."""

    current_id: int | None
    nodes: list[CheckpointOut]
