"""The trainer side's errand boy: tells the webhook which jobs ended, beside all other work."""

import http.client
import logging
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from trainer.models import JobNotice
from trainer.services.notices import (
    notice_body,
    notice_claim,
    notice_failed,
    notice_signature,
    notice_told,
)

logger = logging.getLogger("acc.messenger")

PERIOD_SECONDS = 1.0
# For connecting, and for the answer: whoever works long on a notice should answer first.
ANSWER_SECONDS = 5.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The address that the operator named, and none to which it points."""

    def redirect_request(self, *_: Any) -> None:
        return None


# Straight to the address, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


class Messenger(threading.Thread):
    """Looks once a second for notices that are due; a slow webhook holds up nothing but itself."""

    def __init__(self) -> None:
        super().__init__(name="messenger", daemon=True)
        self._ended = threading.Event()

    def run(self) -> None:
        """Send what is due until `end` is called."""
        while not self._ended.wait(PERIOD_SECONDS):
            try:
                while not self._ended.is_set() and notice_send_next():
                    pass
            except DatabaseError:
                # The steward says that the database is away; the rows are still there later.
                close_old_connections()
        close_old_connections()

    def end(self) -> None:
        """Take no further notice up; one under way is sent again at the next start."""
        self._ended.set()


def notice_send_next() -> bool:
    """Try to send one notice that is due; return whether there was one."""
    notice = notice_claim()
    if notice is None:
        return False
    error = _post(notice)
    if not error:
        notice_told(notice)
    elif notice_failed(notice, error=error):
        logger.warning("the webhook did not hear of job %s yet: %s", notice.job_id, error)
    else:
        logger.warning("the webhook never heard of job %s: %s", notice.job_id, error)
    return True


def _post(notice: JobNotice) -> str:
    """Send a notice; return what went wrong, "" for nothing, and never the secret address."""
    body = notice_body(notice)
    timestamp = str(int(time.time()))
    request = urllib.request.Request(  # noqa: S310  # the settings allow http and https only
        settings.ACC_WEBHOOK_URL,
        data=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "ACC",
            "X-ACC-Timestamp": timestamp,
            "X-ACC-Signature": f"sha256={notice_signature(body, timestamp=timestamp)}",
        },
    )
    try:
        with _OPENER.open(request, timeout=ANSWER_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
