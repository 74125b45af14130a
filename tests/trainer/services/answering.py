"""Somebody who answers the next question, as a worker would."""

import threading

from django.db import connection

from tests.setup.waiting import wait_until
from trainer.models import Call
from trainer.services.calls import call_claim, call_finish


def answering(**outcome):
    """Answer the next question in a thread, as a worker would."""
    earlier = list(Call.objects.values_list("pk", flat=True))
    pending = Call.objects.filter(state=Call.State.PENDING).exclude(pk__in=earlier)

    def work():
        try:
            call = wait_until(pending.first, "somebody asks")
            claimed = call_claim(call.pk, worker="a:1:0")
            assert claimed is not None
            call_finish(claimed, **outcome)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
