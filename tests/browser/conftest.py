"""Chromium, and a web side of ACC that it can reach."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from acc.verification.ports import free_port
from tests.setup.needs import chromium_path
from tests.setup.waiting import wait_until
from trainer.processes.children import child_start
from trainer.processes.specs import socket_limits

# Chromium's own calls home are no part of a test.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# A machine that is busy with other tests needs longer than a person would wait.
PATIENT_MS = 60_000
expect.set_options(timeout=PATIENT_MS)


@dataclass
class Site:
    """The web side as a process of its own, on the test's database; it can go and come back."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        database = f"sqlite:///{connection.settings_dict['NAME']}"
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        command += socket_limits()
        self.process = child_start(
            [*command, "accsite.asgi:application"],
            log=settings.ACC_HOME / "site.log",
            env={**os.environ, "DATABASE_URL": database},
        )
        wait_until(self.answers, "the web side answers")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=60)
            self.process = None


@dataclass
class Desk:
    """Somebody's browser, signed in, and what went wrong in it."""

    page: Page
    url: str
    trouble: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.trouble.append(message.text)

    def open(self, path: str = "/") -> None:
        """Open a page and wait until it is live."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("#connection[data-state=live]")

    def hear_until(self, fact: Callable[[], Any], name: str) -> Any:
        """Wait for what only the browser tells: its news come in while one asks it something."""
        return wait_until(lambda: self.page.evaluate("true") and fact(), name)

    def forgive(self, words: str) -> None:
        """Drop what the browser itself says in these words, as soon as it has said so."""
        self.hear_until(lambda: any(words in line for line in self.trouble), f"told of {words}")
        self.trouble[:] = [line for line in self.trouble if words not in line]

    def forgive_refusals(self) -> None:
        """Drop what the browser itself says of an answer with status 422."""
        self.forgive("422")

    def points(self) -> Any:
        """Return what the next frame draws: the points of each curve, null for a break."""
        return self.page.evaluate(
            """async () => {
              await new Promise((drawn) => requestAnimationFrame(drawn));
              const chart = Chart.getChart(document.querySelector("#loss-curves canvas"));
              return Object.fromEntries(chart.data.datasets.map((dataset) => [
                dataset.label.split(" ")[0] || "total",
                dataset.data.map(({ x, y }) => [x, Number.isNaN(y) ? null : y]),
              ]));
            }"""
        )

    def wait_for_step(self, step: int) -> None:
        """Wait until the curves reach a step and are drawn."""
        self.page.wait_for_selector(f"#loss-curves[data-step='{step}']")


@pytest.fixture(scope="session")
def site_process() -> Iterator[Site]:
    site = Site(free_port())
    yield site
    site.stop()


@pytest.fixture
def site(site_process, transactional_db) -> Site:
    """Return the web side, running; only now is there a test database to give it."""
    found: Site = site_process
    if found.process is None:
        found.start()
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser for one module's tests, gone before the next one's.

    Playwright keeps an event loop running in this thread: Django takes that for async code, and
    pytest-asyncio could run no test beside it.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def ada(transactional_db) -> User:
    return User.objects.create_superuser("ada")


@pytest.fixture
def desk(chromium, site, ada) -> Iterator[Desk]:
    """Return a signed-in browser; the test fails if the page complained in its console."""
    yield from desk_of(chromium, site.url, ada)


@pytest.fixture
def other_desk(chromium, site, ada) -> Iterator[Desk]:
    """Return a second browser beside the first."""
    yield from desk_of(chromium, site.url, ada)


def desk_of(chromium: Browser, url: str, user: User) -> Iterator[Desk]:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    context.set_default_timeout(PATIENT_MS)  # of further pages in it, too
    desk = Desk(context.new_page(), url)
    desk.page.on("console", desk.hear)
    desk.page.on("pageerror", lambda error: desk.trouble.append(str(error)))
    yield desk
    context.close()
    assert desk.trouble == []
