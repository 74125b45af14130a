"""Somebody who answers the next question, as an eval worker would."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from tests.setup.waiting import wait_until
from trainer.models import Call
from trainer.services.calls import call_claim, call_finish


def answering(
    *, doing: Callable[[dict[str, Any]], object] = dict, **outcome: Any
) -> threading.Thread:
    """Answer the next question in a thread.

    Args:
        doing: what is done before; given the question's payload.
        outcome: as `call_finish` takes it.
    """
    earlier = list(Call.objects.values_list("pk", flat=True))
    pending = Call.objects.filter(state=Call.State.PENDING).exclude(pk__in=earlier)

    def work() -> None:
        try:
            call = wait_until(pending.first, "somebody asks")
            claimed = call_claim(call.pk, worker="a:1:0")
            assert claimed is not None
            doing(claimed.payload)
            call_finish(claimed, **outcome)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
