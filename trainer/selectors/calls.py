"""Questions to the trainer side: those under way, and the newest about an experiment."""

from collections.abc import Iterable

from django.db.models import QuerySet

from trainer.models import Call, Experiment

UNDER_WAY = (Call.State.PENDING, Call.State.RUNNING)


def calls_about(kind: str, states: Iterable[Call.State]) -> QuerySet[Call]:
    """Return the questions of a kind that are in one of the states, the newest first."""
    return Call.objects.filter(kind=kind, state__in=states)


def call_newest(experiment: Experiment, kind: str) -> Call | None:
    """Return the newest question of a kind about an experiment; answered ones go after an hour."""
    return Call.objects.filter(kind=kind, payload__experiment=experiment.slug).first()


def call_under_way(experiment: Experiment, kind: str) -> Call | None:
    """Return the newest question of a kind that nobody has answered yet."""
    calls = Call.objects.filter(kind=kind, payload__experiment=experiment.slug)
    return calls.filter(state__in=UNDER_WAY).first()


def call_waiting(experiment: Experiment, kind: str) -> bool:
    """Return whether a question of a kind waits for somebody who begins with it."""
    waiting = calls_about(kind, [Call.State.PENDING])
    return waiting.filter(payload__experiment=experiment.slug).exists()
