"""A visit to a system that is somebody's: what the checks leave behind is put away afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from acc.verification.client import Client, RefusedError, wait_for

STOP_SECONDS = 120.0


@contextlib.contextmanager
def visit(client: Client) -> Iterator[None]:
    """Put away, at the end, the client's experiment and the data that it loaded.

    Its job is stopped, its tasks are removed and it is archived, as nothing is ever deleted that
    was trained. The experiment that was the active one is so again.
    """
    datasets = {known["name"] for known in client.get("/datasets")}
    active = next((e["slug"] for e in client.get("/experiments") if e["active"]), None)
    try:
        yield
    finally:
        _put_away(client, datasets, active)


def _put_away(client: Client, datasets: set[str], active: str | None) -> None:
    """Undo what can be undone; what cannot is told, and keeps nothing else from being undone."""
    _try("its job is not stopped", lambda: _stop(client))
    for task in _try("its tasks are not known", lambda: client.get("/tasks")) or ():
        path = f"/tasks/{task['name']}/remove"
        _try(f"{path} failed", lambda path=path: client.post(path))  # type: ignore[misc]
    for known in _try("the datasets are not known", lambda: client.get("/datasets")) or ():
        if known["name"] not in datasets:
            path = f"/datasets/{known['name']}/delete"
            _try(f"{path} failed", lambda path=path: client.post(path))  # type: ignore[misc]
    archive, activate = (
        f"/experiments/{client.experiment}/archive",
        f"/experiments/{active}/activate",
    )
    _try("its experiment is not archived", lambda: client.post(archive))
    if active is not None:
        _try(f"'{active}' is not the active experiment", lambda: client.post(activate))


def _stop(client: Client) -> None:
    active = {"queued", "running", "paused", "interrupted"}

    def ended() -> bool:
        return all(job["state"] not in active for job in client.get("/jobs"))

    if not ended():
        client.post("/train/stop")
        wait_for(ended, seconds=STOP_SECONDS, what="the end of its job")


def _try(trouble: str, undo: Callable[[], Any]) -> Any:
    """Return what undoing something gives; None, with a word about it, where it fails."""
    try:
        return undo()
    except RefusedError as refusal:
        if refusal.status != 404:  # 404: the checks did not come so far as to make it
            print(f"left behind: {trouble}: {refusal}")
    except (OSError, AssertionError) as error:
        print(f"left behind: {trouble}: {error}")
    return None
