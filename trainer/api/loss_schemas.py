"""The shapes of losses in the API."""

from ninja import Field, Schema


class LossPart(Schema):
    """Which part of a job's losses is asked for, and how finely."""

    after_step: int = Field(
        0, ge=0, le=2**31 - 1, description="Only points of later steps than this."
    )
    last_step: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Only points up to this step."
    )
    max_points: int | None = Field(
        None, ge=5, le=100_000, description="At most this many points a series."
    )
    bands: bool = Field(
        False, description="With max_points: also each stretch's range and mean, as `bands`."
    )


class LossPointOut(Schema):
    """One task's loss at one step."""

    step: int
    task_name: str
    task_loss: float | None = Field(description="Before its weight; null: not a finite number.")
    weight: float
    total_loss: float | None = Field(description="The step's weighted sum.")
    nonfinite: str | None = Field(None, description="nan, inf or -inf; absent for finite losses")


class ColumnsOut(Schema):
    """Points of one series, thinned; a null loss is not a finite number."""

    step: list[int]
    loss: list[float | None]


class BandOut(Schema):
    """Stretches of one series, in order: of each its steps, extremes and mean."""

    first_step: list[int]
    last_step: list[int]
    low: list[float]
    high: list[float]
    mean: list[float]
    count: list[int] = Field(description="Finite losses in the stretch.")


class NonFiniteOut(Schema):
    """A loss that JSON has no number for."""

    step: int
    task_name: str = Field(description="Empty for the total.")
    value: str = Field(description="nan, inf or -inf")


class LossColumnsOut(Schema):
    """What `max_points` answers."""

    job: int
    series: dict[str, ColumnsOut]
    total: ColumnsOut
    nonfinite: list[NonFiniteOut]
    bands: dict[str, BandOut] | None = Field(
        None, description="By task, empty for the total; absent unless asked for."
    )
