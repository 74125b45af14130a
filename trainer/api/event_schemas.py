"""What the calls about a job's events and commands answer."""

from typing import Any

from ninja import Field, Schema


class EventOut(Schema):
    """Something that happened to a job at a step."""

    id: int
    step: int = Field(description="The last step done before it took effect.")
    kind: str
    detail: dict[str, Any]
    words: str = Field(description="The event as one says it.")
    routine: bool = Field(description="Its curves carry no mark for it.")
    found: bool = Field(
        description="Found in the losses; a replay from a checkpoint finds it again."
    )
    by: str
    why: str
    command: int | None = Field(description="What asked for it, of those in /commands.")
    at: str


class CommandOut(Schema):
    """Something asked of a job, and what became of it."""

    id: int
    kind: str
    payload: dict[str, Any]
    by: str
    why: str
    state: str = Field(description="pending, applied or refused")
    asked_at: str
    due_step: int | None = Field(description="In a repetition: the step that it waits for.")
    step: int | None = Field(description="The last step done before it was applied or refused.")
    resolved_at: str | None
    reason: str | None = Field(description="Why it was refused.")
