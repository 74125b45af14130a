"""The first start's experiment: something to see before anything is typed."""

from trainer.models import Call, Experiment, RegisteredClass, Registry
from trainer.services.calls import call_send

KIND = "demo_create"


def demo_ensure() -> bool:
    """Ask the trainer side for the demo where there is no experiment and nobody asked yet.

    Returns:
        Whether nothing is left to do; False until the classes that the demo needs are on offer.
    """
    asked = Call.objects.filter(kind=KIND, state__in=(Call.State.PENDING, Call.State.RUNNING))
    if Experiment.objects.exists() or asked.exists():
        return True
    found = RegisteredClass.objects.values_list("registry", flat=True).distinct()
    if not {Registry.TASKS, Registry.MODELS} <= set(found):
        return False
    call_send(kind=KIND, payload={}, by="demo")
    return True
