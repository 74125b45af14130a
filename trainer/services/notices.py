"""Telling the webhook that a job ended: which notices are due, and what became of them."""

import datetime
import hashlib
import hmac
import json

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from trainer.models import Job, JobNotice
from trainer.secret_file import secret_file
from trainer.selectors.jobs import job_with_summary

# How long to wait after each attempt that failed; the one after the last wait is the last.
WAITS_SECONDS = (10, 30, 120, 600)


def notice_add(job: Job) -> None:
    """Note, in the transaction that ends a job, that the webhook is to hear of it."""
    if settings.ACC_WEBHOOK_URL:
        JobNotice.objects.get_or_create(job=job)


def notice_claim() -> JobNotice | None:
    """Return a notice that is due, for one attempt; None where none is.

    The next attempt is set at once, so that one whose sender is killed is tried again. One
    conditional UPDATE, so two trainer sides do not send the same one.
    """
    now = timezone.now()
    due = JobNotice.objects.filter(state=JobNotice.State.PENDING, next_at__lte=now)
    for notice in due.select_related("job__experiment").order_by("next_at")[:10]:
        wait = WAITS_SECONDS[min(notice.attempts, len(WAITS_SECONDS) - 1)]
        if due.filter(pk=notice.pk, attempts=notice.attempts).update(
            attempts=F("attempts") + 1, next_at=now + datetime.timedelta(seconds=wait)
        ):
            notice.attempts += 1
            return notice
    return None


def notice_told(notice: JobNotice) -> None:
    """Record that the webhook took it."""
    JobNotice.objects.filter(pk=notice.pk).update(
        state=JobNotice.State.SENT, sent_at=timezone.now(), error=""
    )


def notice_failed(notice: JobNotice, *, error: str) -> bool:
    """Record that an attempt failed; return whether there will be another."""
    is_last = notice.attempts > len(WAITS_SECONDS)
    state = JobNotice.State.GIVEN_UP if is_last else JobNotice.State.PENDING
    JobNotice.objects.filter(pk=notice.pk).update(state=state, error=error[:200])
    return not is_last


def notice_body(notice: JobNotice) -> bytes:
    """Return what the webhook is told: the job as the API's history shows it."""
    told = {
        "type": "job_ended",
        "delivery": f"{settings.ACC_INSTANCE}-{notice.pk}",
        "path": f"/job/{notice.job_id}/",
        "job": job_with_summary(notice.job),
    }
    return json.dumps(told, allow_nan=False).encode()


def notice_signature(body: bytes, *, timestamp: str) -> str:
    """Return the HMAC-SHA256 of "TIMESTAMP.BODY" under the webhook's secret, in hexadecimal."""
    secret = settings.ACC_WEBHOOK_SECRET or secret_file(settings.ACC_WEBHOOK_SECRET_FILE)
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
