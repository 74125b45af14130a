"""What puts the rows right after a crash: expired leases, lost wake-ups."""

import datetime

from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from trainer.models import Call, Job, RecipeRun
from trainer.selectors.nodes import nodes_possibly_alive
from trainer.services.calls import call_age_seconds, call_end_lost, calls_forget_old
from trainer.services.cards import cards_forget_removed
from trainer.services.jobs import job_requeue, job_take_from_silent
from trainer.services.queue import (
    EVAL,
    RECIPE,
    TRAIN,
    call_wake,
    job_wake,
    queue_is_empty,
    recipe_wake,
)
from trainer.services.recipe_life import recipe_requeue, recipe_take_from_silent
from trainer.services.workers import Missing, worker_is_gone

# A message this old that lies in no queue is either lost or just being claimed; a second one for a
# claimed job is refused by the claim.
WAKE_SECONDS = 2.0
WAKE_AGAIN_SECONDS = 10.0
# A worker on another machine ends work that takes too long; nobody here can see whether it did.
GRACE_SECONDS = 10.0


def reconcile_once(*, trust_leases: bool = True, missing: Missing | None = None) -> None:
    """Take jobs and recipes from dead workers, queue interrupted ones, repeat lost wake-ups.

    Args:
        trust_leases: False right after the database was away, or this machine asleep: then live
            workers had no way to renew their leases either.
        missing: what this process saw of workers that are not there; None to begin with none.
    """
    now = timezone.now()
    for job in Job.objects.filter(state__in=Job.HELD).select_related("experiment"):
        known_dead = worker_is_gone(job.worker)
        expired = job.lease_until is None or job.lease_until < now
        if known_dead or (expired and trust_leases):
            job_take_from_silent(job, known_dead=known_dead)
    for job in Job.objects.filter(state=Job.State.INTERRUPTED).select_related("experiment"):
        job_requeue(job)
    _reconcile_recipes(trust_leases=trust_leases)
    _reconcile_calls(missing or Missing())
    calls_forget_old()
    cards_forget_removed()
    _wake_again()


def _reconcile_calls(missing: Missing) -> None:
    running = list(Call.objects.filter(state=Call.State.RUNNING))
    lost = missing.long_missing({call.worker for call in running}, nodes_possibly_alive())
    for call in running:
        overdue = call.limit_seconds is not None and (
            call_age_seconds(call) > call.limit_seconds + GRACE_SECONDS
        )
        if worker_is_gone(call.worker) or overdue or call.worker in lost:
            call_end_lost(call)


def _reconcile_recipes(*, trust_leases: bool) -> None:
    now = timezone.now()
    for run in RecipeRun.objects.filter(state=RecipeRun.State.RUNNING):
        known_dead = worker_is_gone(run.worker)
        expired = run.lease_until is None or run.lease_until < now
        if known_dead or (expired and trust_leases):
            recipe_take_from_silent(run, known_dead=known_dead)
    for run in RecipeRun.objects.filter(state=RecipeRun.State.INTERRUPTED):
        recipe_requeue(run)


def _wake_again() -> None:
    """Send wake-ups that were lost with the broker's memory."""
    old = timezone.now() - datetime.timedelta(seconds=WAKE_SECONDS)
    jobs = Job.objects.filter(state=Job.State.QUEUED).filter(
        Q(enqueued_at=None) | Q(enqueued_at__lt=old)
    )
    runs = RecipeRun.objects.filter(state=RecipeRun.State.QUEUED, enqueued_at__lt=old)
    # Seldom: each wake-up costs a worker a fresh process, also one that comes a second time.
    long_ago = timezone.now() - datetime.timedelta(seconds=WAKE_AGAIN_SECONDS)
    calls = Call.objects.filter(state=Call.State.PENDING, created_at__lt=old).filter(
        Q(woken_at=None) | Q(woken_at__lt=long_ago)
    )
    try:
        if jobs.exists() and queue_is_empty(TRAIN):
            for job in jobs.order_by("pk"):
                jobs.filter(pk=job.pk).update(enqueued_at=timezone.now())
                job_wake(job.pk)
        if runs.exists() and queue_is_empty(RECIPE):
            for run in runs.order_by("pk"):
                RecipeRun.objects.filter(pk=run.pk).update(enqueued_at=timezone.now())
                recipe_wake(run.pk)
        if calls.exists() and queue_is_empty(EVAL):
            for call in calls.order_by("pk"):
                if call_wake(call.pk, limit_seconds=call.limit_seconds):
                    Call.objects.filter(pk=call.pk).update(woken_at=timezone.now())
    except (OperationalError, RedisError, OSError):
        # The broker is away; the next second looks again.
        return
