"""A database and a web side of a benchmark's own, without a trainer."""

import contextlib
import http.client
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acc.verification.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
TASKS = ("reconstruction", "kl", "digit", "slant", "thickness")
WEIGHTS = (1.0, 0.0005, 0.1, 0.1, 0.1)
START_SECONDS = 120.0


def django_begin(home: Path) -> None:
    """Have this process use a new database in `home`; whatever needs Django is imported later."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ.update(ACC_HOME=str(home), DJANGO_SETTINGS_MODULE="accsite.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def losses_make(steps: int) -> NDArray[np.float32]:
    """Return noisy falling curves, [steps, tasks + 1], the total last."""
    noise_ST = np.random.default_rng(5).gamma(4.0, 0.25, (steps, len(TASKS)))
    fall_S1 = 1 / np.sqrt(1 + np.arange(steps) / 100)[:, None]
    losses_ST = (noise_ST * fall_S1).astype(np.float32)
    total_S = losses_ST @ np.asarray(WEIGHTS, dtype=np.float32)
    return np.column_stack([losses_ST, total_S]).astype(np.float32)


def job_make(slug: str, *, steps: int) -> Any:
    """Return the running job of a new experiment."""
    from trainer.models import Experiment, Job

    experiment = Experiment.objects.create(slug=slug, name=slug, model_class="ConvVAE")
    return Job.objects.create(
        experiment=experiment,
        state=Job.State.RUNNING,
        total_steps=steps,
        plan={},
        lr=1e-3,
        probe_lr=1e-3,
        batch_size=64,
    )


@dataclass(frozen=True)
class WebSide:
    """A running Daphne on this process's database, asked as a browser asks."""

    port: int
    token: str

    def get(self, path: str) -> tuple[float, bytes]:
        """Return how many seconds an answer took, and its body as it came."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "gzip"}
        began = time.perf_counter()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        link.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return seconds, body


@contextlib.contextmanager
def web_side(home: Path) -> Iterator[WebSide]:
    """Run the web side; `django_begin` came first."""
    from trainer.processes.children import child_start
    from trainer.services.access import api_token_ensure

    side = WebSide(free_port(), api_token_ensure())
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(side.port)]
    process = child_start(
        [*command, "accsite.asgi:application"], cwd=ROOT, env={**os.environ}, log=home / "web.log"
    )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _answers(side):
            if time.monotonic() > give_up_at:
                raise RuntimeError((home / "web.log").read_text()[-2000:])
            time.sleep(0.05)
        yield side
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextlib.contextmanager
def messages_served(home: Path) -> Iterator[None]:
    """Run the Valkey that live messages go through; `django_begin` came first."""
    from django.conf import settings

    from trainer.processes.children import child_start
    from trainer.processes.valkey import valkey_answers, valkey_argv, valkey_prepare

    socket, directory = settings.VALKEY_SOCKET, home / "valkey"
    valkey_prepare(socket=socket, directory=directory)
    server = child_start(valkey_argv(socket=socket, directory=directory), log=home / "valkey.log")
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not valkey_answers(socket):
            if time.monotonic() > give_up_at:
                raise RuntimeError((home / "valkey.log").read_text()[-2000:])
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)
        socket.unlink(missing_ok=True)


def _answers(side: WebSide) -> bool:
    try:
        side.get("/health")
    except OSError:
        return False
    return True
