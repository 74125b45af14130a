"""The children of a running system: their command lines, surroundings and order of stopping."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from trainer.processes.supervisor import ChildSpec
from trainer.processes.valkey import valkey_argv, valkey_prepare
from trainer.services.nodes import node_name

WEB_RANK, WORKER_RANK, VALKEY_RANK = 0, 1, 2
# What clients send is {"ack": 123}; more would only be held in memory.
SOCKET_FRAME_BYTES = 4096
# In both directions: a longer message to a page is never sent, nor any other one after it.
SOCKET_MESSAGE_BYTES = 1024 * 1024


def site_url() -> str:
    """Return where a browser on this machine finds the site."""
    wildcards = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # compared, not bound
    host = wildcards.get(settings.ACC_HOST, settings.ACC_HOST)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.ACC_PORT}"


def public_url() -> str:
    """Return where a person's browser finds the site: behind a proxy that ends TLS, its name."""
    if not settings.ACC_HTTPS:
        return site_url()
    hosts = [f"https://{host}" for host in settings.ACC_ALLOWED_HOSTS if not host.startswith(".")]
    # Some name no site but many.
    named = (url for url in settings.CSRF_TRUSTED_ORIGINS if "*" not in url)
    secure = [url for url in named if url.startswith("https://")]
    return next(iter([*secure, *hosts]), site_url())


def socket_limits() -> list[str]:
    """Return how Daphne is told what a WebSocket may carry."""
    frame, message = str(SOCKET_FRAME_BYTES), str(SOCKET_MESSAGE_BYTES)
    return ["--websocket-max-frame-size", frame, "--websocket-max-message-size", message]


def web_spec(*, lock_fd: int) -> ChildSpec:
    """Return the web side: Daphne, which serves HTTP and WebSocket."""
    argv = ["-m", "daphne", "-v", "0", "--no-server-name", "-b", settings.ACC_HOST]
    argv += [*socket_limits(), "-p", str(settings.ACC_PORT), "accsite.asgi:application"]
    spec = _python_spec("web", argv, fds=(lock_fd,), rank=WEB_RANK, stop_seconds=3)
    # Nobody is left to insist, and Daphne may wait for a request that never ends, with the lock
    # and the port in its hands: no new system could start.
    return replace(spec, death_signal=signal.SIGKILL)


def worker_spec(queue: str) -> ChildSpec:
    """Return a Celery worker that takes one message at a time, each in a fresh fork."""
    name = f"{queue}@%h-{settings.ACC_INSTANCE}"
    argv = ["-m", "celery", "--quiet", "-A", "accsite", "worker", "-Q", queue, "-n", name]
    argv += ["-P", "prefork", "-c", "1", "--max-tasks-per-child=1"]
    argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(settings.ACC_THREADS))}
    return _python_spec(queue, argv, fds=(), rank=WORKER_RANK, stop_seconds=20, env=threads)


def watch_spec(*, ready_fd: int) -> ChildSpec:
    """Return the process that follows task files and keeps the rows of classes on offer.

    It writes into the pipe once a saved file would be seen at once.
    """
    # One thread: what its warm process forks must not inherit a pool of torch's.
    env = {"OMP_NUM_THREADS": "1", "ACC_NODE": node_name(), "ACC_READY_FD": str(ready_fd)}
    argv = ["-m", "trainer.worker.watch"]
    # Killed, it would leave its warm process's directory behind.
    return _python_spec("watch", argv, fds=(ready_fd,), rank=WEB_RANK, stop_seconds=20, env=env)


def valkey_spec(*, lock_fd: int) -> ChildSpec:
    """Return the embedded Valkey; it holds the lock, so that no second one starts beside it."""
    socket, directory = settings.VALKEY_SOCKET, settings.ACC_HOME / "valkey"
    return ChildSpec(
        name="valkey",
        argv=valkey_argv(socket=socket, directory=directory),
        log=settings.ACC_LOG_DIR / "valkey.log",
        pass_fds=(lock_fd,),
        stop_rank=VALKEY_RANK,
        stop_seconds=5,
        prepare=_prepare(socket, directory),
    )


def device_probe_argv() -> list[str]:
    """Return the command line of the process that lists the devices."""
    return [sys.executable, "-m", "trainer.worker.devices"]


def child_env(name: str) -> dict[str, str]:
    """Return the surroundings of a child: ours, with every path made absolute."""
    places = {
        "ACC_HOME": str(settings.ACC_HOME),
        "ACC_DATA_DIR": str(settings.ACC_DATA_DIR),
        "ACC_TASK_DIRS": os.pathsep.join(str(path) for path in settings.ACC_TASK_DIRS),
        "ACC_IMAGE_DIRS": os.pathsep.join(str(path) for path in settings.ACC_IMAGE_DIRS),
        "ACC_PROCESS": name,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")])
        ),
    }
    return {**os.environ, **places}


def _python_spec(
    name: str,
    argv: list[str],
    *,
    fds: tuple[int, ...],
    rank: int,
    stop_seconds: float,
    env: Mapping[str, str] | None = None,
) -> ChildSpec:
    terminal = 2  # our stderr; the child's own goes to its log
    kept = os.dup(terminal)
    return ChildSpec(
        name=name,
        argv=[sys.executable, *argv],
        log=settings.ACC_LOG_DIR / f"{name}.log",
        env={**child_env(name), **(env or {}), "ACC_TERMINAL_FD": str(kept)},
        cwd=settings.BASE_DIR,
        pass_fds=(kept, *fds),
        stop_rank=rank,
        stop_seconds=stop_seconds,
    )


def _prepare(socket: Path, directory: Path) -> Callable[[], None]:
    return lambda: valkey_prepare(socket=socket, directory=directory)
