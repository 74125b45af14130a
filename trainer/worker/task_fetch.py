"""The dataset of a task that joins, fetched on a thread of its own: the loop does not wait."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from acc.dataset import AccDataset
from trainer.models import JobCommand


@dataclass(frozen=True)
class Fetched:
    """The answer of a thread: the dataset for a command, or why there is none."""

    command: JobCommand
    dataset: AccDataset | None
    error: BaseException | None = None


def task_fetch(
    command: JobCommand, get: Callable[[], AccDataset], done: Callable[[Fetched], None]
) -> None:
    """Call `get` on another thread, and `done` there with what came of it."""

    def fetch() -> None:
        try:
            fetched = Fetched(command, get())
        except (Exception, SystemExit) as error:  # noqa: BLE001  a generator's text may raise anything
            fetched = Fetched(command, None, error)
        finally:
            connection.close()
        done(fetched)

    threading.Thread(target=fetch, name=f"fetch-{command.pk}", daemon=True).start()
