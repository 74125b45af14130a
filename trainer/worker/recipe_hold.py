"""Keeps a run of a recipe: renews its lease on a thread, and hears the wish to stop."""

import logging
import threading
import time

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connection

from trainer.models import RecipeRun
from trainer.services.jobs import FenceLostError
from trainer.services.recipe_life import recipe_lease_renew
from trainer.worker.stop_flag import stop_requested

logger = logging.getLogger("acc.worker")

LOOK_SECONDS = 0.5


# Not errors, and not Exceptions: no `except Exception` of a recipe may take them.


class RecipeStopped(BaseException):
    """Somebody asked the run to stop."""


class RecipeLeft(BaseException):
    """The worker is shutting down; the run goes on with the next one."""


class RecipeHold(threading.Thread):
    """Renews the lease until `end`; `check` tells the recipe's own thread what was heard."""

    def __init__(self, run: RecipeRun) -> None:
        super().__init__(name=f"recipe-{run.pk}", daemon=True)
        self._run = run
        self._ended = threading.Event()
        self._news = threading.Event()
        self._to_stop = False
        self._is_lost = False

    def end(self) -> None:
        """Let go of the run and wait for the thread."""
        self._ended.set()
        self.join()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until `check` may have something to say."""
        self._news.wait(seconds)

    def check(self) -> None:
        """Go on only where nothing stands against it.

        Raises:
            RecipeStopped: somebody asked the run to stop.
            RecipeLeft: the worker is shutting down.
            FenceLostError: another worker has the run.
        """
        if self._is_lost:
            raise FenceLostError(f"recipe run {self._run.pk} was taken from {self._run.worker}")
        if self._to_stop:
            raise RecipeStopped
        if stop_requested():
            raise RecipeLeft

    def run(self) -> None:
        """Renew the lease until `end`, or until the run is no longer ours."""
        last = time.monotonic()
        try:
            while not self._ended.wait(LOOK_SECONDS):
                now = time.monotonic()
                self._renew(now - last)
                last = now
        except FenceLostError:
            self._is_lost = True
            self._news.set()
        finally:
            connection.close()

    def _renew(self, seconds: float) -> None:
        try:
            self._to_stop = recipe_lease_renew(self._run, seconds=seconds)
            if self._to_stop:
                self._news.set()
        except DatabaseTrouble as error:
            # The lease outlasts a short absence of the database; the next look tries again.
            logger.warning("recipe run %s: the database is away: %s", self._run.pk, error)
            close_old_connections()
