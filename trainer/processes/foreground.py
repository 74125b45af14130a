"""A foreground command from its checks to its exit code, told in a few lines on the terminal."""

import gc
import sys
from collections.abc import Callable
from typing import NoReturn

from django.conf import settings
from django.db import connection

from trainer.processes import preflight
from trainer.processes.lock import AlreadyRunning, HomeLock
from trainer.processes.prepare import database_prepare
from trainer.processes.specs import public_url, site_url
from trainer.processes.system import System
from trainer.processes.terminal import take_terminal
from trainer.processes.valkey import ValkeyRefused, valkey_prepare
from trainer.services.access import operator_ensure, sign_in_link_create

REFUSED, BUSY = 2, 3


def run_foreground(*, with_web: bool, ready: Callable[[], str]) -> None:
    """Check, prepare and run a system; return when it was stopped.

    Raises:
        SystemExit: 2 where ACC cannot start here, 3 where it runs already.
    """
    take_terminal()
    lock = HomeLock(settings.ACC_HOME)
    try:
        preflight.check_home(settings.ACC_HOME)
        lock.acquire(url=site_url() if with_web else "")
        _check(with_web=with_web)
        _prepare(with_web=with_web)
    except (preflight.PreflightRefused, ValkeyRefused) as refusal:
        _end(str(refusal), REFUSED)
    except AlreadyRunning as refusal:
        _end(str(refusal), BUSY)
    except KeyboardInterrupt:
        _end("Stopped before anything was started.", 0)
    # What the start made stays for good. Else Python would put off full collections until a quarter
    # as much is new: beats leave a few small cycles a second, and these would pile up for hours.
    gc.collect()
    gc.freeze()
    _say("Starting the web side and the trainer." if with_web else "Starting the trainer.")
    try:
        System(lock=lock, with_web=with_web, say=_say).run(on_ready=lambda: _say(ready()))
    except preflight.PreflightRefused as refusal:
        _end(str(refusal), REFUSED)
    finally:
        lock.release()
    _say("Stopped. Nothing is lost: jobs resume at the next start.")


def sign_in_url() -> str:
    """Return a new link that signs the operator in, once."""
    return f"{public_url()}/sign-in/link/{sign_in_link_create(operator_ensure())}/"


def _check(*, with_web: bool) -> None:
    preflight.check_task_dirs(settings.ACC_TASK_DIRS)
    preflight.check_database()
    if settings.ACC_EMBEDDED_VALKEY:
        valkey_prepare(socket=settings.VALKEY_SOCKET, directory=settings.ACC_HOME / "valkey")
    else:
        preflight.check_redis(settings.REDIS_URL)
    if with_web:
        preflight.check_port(settings.ACC_HOST, settings.ACC_PORT)


def _prepare(*, with_web: bool) -> None:
    database_prepare(say=_say)
    if with_web:
        preflight.check_exposure(settings.ACC_HOST, settings.ACC_ALLOWED_HOSTS)
    connection.close()  # the children and the steward's thread open their own


def _say(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201  # this is the terminal's dialogue
    except OSError:
        sys.stdout = sys.stderr  # the reader left; what follows may still be wanted on stderr


def _end(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
    raise SystemExit(code)
