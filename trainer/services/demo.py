"""The first start's experiment: something to see before anything is typed."""

from trainer.models import Call, Experiment
from trainer.services.calls import call_send

KIND = "demo_create"


def demo_ensure() -> None:
    """Ask the trainer side for the demo where there is no experiment and nobody asked yet."""
    asked = Call.objects.filter(kind=KIND, state__in=(Call.State.PENDING, Call.State.RUNNING))
    if Experiment.objects.exists() or asked.exists():
        return
    call_send(kind=KIND, payload={}, by="demo")
