"""The shapes of losses in the API."""

from typing import Annotated

from ninja import Field, Schema
from pydantic import AfterValidator

# -1 is what counts from 0 would have before its first step.
FromTheStart = Annotated[int, AfterValidator(lambda step: max(0, step))]


class LossPart(Schema):
    """Which part of a job's losses is asked for, and how finely."""

    after_step: FromTheStart = Field(
        0, ge=-1, le=2**31 - 1, description="Only points of later steps than this."
    )
    last_step: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Only points up to this step."
    )
    max_points: int | None = Field(
        None, ge=1, le=100_000, description="At most this many points a series."
    )
    bands: bool = Field(
        False, description="With max_points: also each stretch's range and mean, as `bands`."
    )


class FiguresPart(Schema):
    """Which part of a job's figures is asked for."""

    after: float = Field(0, ge=0, description="Only later samples; seconds since 1970.")
    max_points: int = Field(
        600, ge=2, le=100_000, description="Where there are more, neighbours are averaged."
    )


class FiguresOut(Schema):
    """How a job went beside its losses, in columns; null: could not be had."""

    job: int
    at: list[float] = Field(description="Seconds since 1970; about every two seconds.")
    step: list[int]
    steps_per_second: list[float | None]
    data_share: list[float | None] = Field(description="Of the loop's time: getting batches.")
    compute_share: list[float | None] = Field(description="The rest of its steps.")
    waiting_share: list[float | None] = Field(
        description="Outside of steps: pauses, commands, copies for checkpoints."
    )
    eta_seconds: list[float | None]
    process_cpu: list[float | None] = Field(description="Per cent of one core.")
    process_bytes: list[float | None] = Field(description="Resident memory of the job's process.")
    device_busy: list[float | None] = Field(description="0 to 1; GPUs only, of all processes.")
    device_bytes: list[float | None] = Field(description="Memory of the GPU in use, by anybody.")


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


class NewestOut(Schema):
    """The last loss of one series."""

    step: int
    loss: float | None = Field(description="null: not a finite number.")


class NonFiniteOut(Schema):
    """A loss that JSON has no number for."""

    step: int
    task_name: str = Field(description="Empty for the total.")
    value: str = Field(description="nan, inf or -inf")


class LossColumnsOut(Schema):
    """What `max_points` answers."""

    job: int
    kept: str = Field(description="Of the job's points: all, levels (64 steps each) or nothing.")
    series: dict[str, ColumnsOut]
    total: ColumnsOut
    nonfinite: list[NonFiniteOut]
    bands: dict[str, BandOut] | None = Field(
        None, description="By task, empty for the total; absent unless asked for."
    )
    newest: dict[str, NewestOut] | None = Field(
        None, description="With `bands`: the last loss of each, told up to a second late."
    )
