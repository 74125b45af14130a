"""How far something is that a panel asked of the trainer side."""

from dataclasses import dataclass
from datetime import datetime

from trainer.models import Call, Experiment
from trainer.selectors.calls import UNDER_WAY, call_newest


@dataclass(frozen=True)
class CallState:
    """Whether it is under way, or why it failed."""

    is_busy: bool
    refusal: str


def call_state(experiment: Experiment, kind: str, *, succeeded_at: datetime | None) -> CallState:
    """Return how far the newest request of a kind is; a failure counts until the next success."""
    call = call_newest(experiment, kind)
    if call is None:
        return CallState(is_busy=False, refusal="")
    failed = call.state == Call.State.REFUSED
    if failed and succeeded_at is not None and succeeded_at > call.created_at:
        failed = False
    return CallState(is_busy=call.state in UNDER_WAY, refusal=call.error if failed else "")
