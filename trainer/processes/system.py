"""A running system from its start to its end: the web side, the trainer side, or both."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from django.conf import settings

from trainer.processes.children import child_start
from trainer.processes.lock import HomeLock
from trainer.processes.messenger import Messenger
from trainer.processes.preflight import PreflightRefused
from trainer.processes.signals import SignalWatch
from trainer.processes.specs import (
    child_env,
    device_probe_argv,
    site_url,
    valkey_spec,
    watch_spec,
    web_spec,
    worker_spec,
)
from trainer.processes.steward import Steward
from trainer.processes.supervisor import Supervisor
from trainer.processes.upkeep import upkeep_start
from trainer.processes.valkey import valkey_answers
from trainer.services.demo import demo_ensure

TICK_SECONDS = 0.1
# The web side answers in about a second when it need not share the processor with torch's import.
WORKERS_WAIT_SECONDS = 5.0


class System:
    """The processes of one `up` or `runtrainer`. Lives in the main thread."""

    def __init__(self, *, lock: HomeLock, with_web: bool, say: Callable[[str], None]) -> None:
        self._lock = lock
        self._with_web = with_web
        self._say = say
        self._steward = Steward(
            wanted_device=settings.ACC_DEVICE,
            first_work=demo_ensure if settings.ACC_DEMO else None,
        )
        self._messenger = Messenger()
        self._probe: subprocess.Popen[bytes] | None = None

    def run(self, *, on_ready: Callable[[], None]) -> None:
        """Run until a stop signal; `on_ready` is called once the system can be used.

        Raises:
            PreflightRefused: what could be known only now makes the start useless.
        """
        with SignalWatch() as watch:
            supervisor = Supervisor(watch, self._say)
            try:
                self._start(supervisor, watch)
                if not (watch.stop_requested or self._steward.refusal):
                    on_ready()
                while not watch.stop_requested:
                    watch.wait(1.0)
                    supervisor.check()
                    if self._steward.refusal:
                        raise PreflightRefused(self._steward.refusal)
            finally:
                self._say(_stopping(self._steward.jobs_here))
                self._stop(supervisor)

    def _start(self, supervisor: Supervisor, watch: SignalWatch) -> None:
        if settings.ACC_EMBEDDED_VALKEY:
            supervisor.start(valkey_spec(lock_fd=self._lock.fd))
        if self._with_web:
            supervisor.start(web_spec(lock_fd=self._lock.fd))
            _until(_web_answers, supervisor, watch, seconds=WORKERS_WAIT_SECONDS)
        if settings.ACC_EMBEDDED_VALKEY:
            _until(lambda: valkey_answers(settings.VALKEY_SOCKET), supervisor, watch)
        ready, ready_fd = os.pipe()
        self._steward.ready_from(ready)
        supervisor.start(watch_spec(ready_fd=ready_fd))
        for queue in settings.ACC_QUEUES:
            supervisor.start(worker_spec(queue))
        self._steward.devices_from(self._start_probe())
        self._steward.start()
        upkeep_start()
        if settings.ACC_WEBHOOK_URL:
            self._messenger.start()
        is_usable = _web_answers if self._with_web else self._trains
        _until(is_usable, supervisor, watch)

    def _trains(self) -> bool:
        return self._steward.is_online or bool(self._steward.refusal)

    def _start_probe(self) -> subprocess.Popen[bytes]:
        self._probe = child_start(
            device_probe_argv(),
            env=child_env("devices"),
            cwd=settings.BASE_DIR,
            log=settings.ACC_LOG_DIR / "devices.log",
            capture=True,
        )
        # It imports torch at the same time as the workers, and nobody waits for it.
        os.setpriority(os.PRIO_PROCESS, self._probe.pid, 10)
        return self._probe

    def _stop(self, supervisor: Supervisor) -> None:
        self._messenger.end()
        if self._steward.is_alive():
            self._steward.end()
        if self._probe is not None and self._probe.poll() is None:
            self._probe.kill()
        supervisor.stop()


def _stopping(jobs: Sequence[int]) -> str:
    """Return what the end waits for; a second stop signal waits for nothing."""
    if not jobs:
        return "Stopping."
    names = " and ".join(f"job {job}" for job in jobs)
    save = "saves where it is" if len(jobs) == 1 else "save where they are"
    return f"Stopping; {names} {save}. Ctrl-C again to hurry."


def _until(
    fact: Callable[[], bool],
    supervisor: Supervisor,
    watch: SignalWatch,
    seconds: float = float("inf"),
) -> None:
    """Keep the children running until the fact, the end of patience, or a stop signal."""
    give_up_at = time.monotonic() + seconds
    while not watch.stop_requested and time.monotonic() < give_up_at and not fact():
        watch.wait(TICK_SECONDS)
        supervisor.check()


def _web_answers() -> bool:
    """Return whether our web side answers its health check, whatever it answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{site_url()}/health", timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
