"""The first start's experiment: something to see before anything is typed."""

from trainer.models import Call, Experiment, Registry
from trainer.selectors.calls import UNDER_WAY, calls_about
from trainer.selectors.experiments import DEMO
from trainer.selectors.registry import classes_offered
from trainer.services.calls import call_send

# What it is made of.
CLASSES = frozenset({"ReconstructionTask", "KLDivergenceTask", "ClassificationTask"})


def demo_ensure() -> bool:
    """Ask the trainer side for the demo where there is no experiment and nobody asked yet.

    Returns whether it is too early: on a busy machine the files of its classes may take their
    time, and half a demo would never become a whole one.
    """
    if Experiment.objects.exists() or calls_about(Call.Kind.DEMO_CREATE, UNDER_WAY).exists():
        return False
    if not {row.class_name for row in classes_offered(Registry.TASKS)} >= CLASSES:
        return True
    call_send(kind=Call.Kind.DEMO_CREATE, payload={}, by=DEMO)
    return False
