"""Machines that share a PostgreSQL, a Valkey and nothing else: no disk, no directory, no file."""

import contextlib
import http.cookiejar
import io
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.faults.system import ROOT, TASKS, TOKEN, System
from tests.faults.test_eval import OWN_TASK
from tests.setup.waiting import wait_until
from tests.tools.throwaway_services import postgres, valkey

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.long]

# An evaluation, and the death of a machine, are to come before the end.
STEPS = 1200
ROOMS = ("acc", "accsite", "dashboard", "templates", "trainer")
SLUG = "travels"
TRAINER = ("manage.py", "runtrainer")
WEB = ("-m", "daphne", "-b", "127.0.0.1", "-p")


@dataclass
class Site:
    """Two trainer sides and a web side, each with a checkout and an ACC_HOME of its own."""

    web: System
    first: System
    second: System


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The first machine trains; the second one evaluates; tasks of our own lie on the first."""
    place = tmp_path_factory.mktemp("machines")
    with contextlib.ExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="acc-", dir="/tmp")))
        short.chmod(0o755)
        services = {
            "DATABASE_URL": stack.enter_context(postgres(short / "pg", over_tcp=True)),
            "REDIS_URL": stack.enter_context(valkey(short / "valkey")),
        }
        (place / "tasks").mkdir()
        (place / "tasks/brightness.py").write_text(OWN_TASK)
        first = machine(place, "first", TRAINER, services, ACC_TASK_DIRS=str(place / "tasks"))
        second = machine(place, "second", TRAINER, services)
        web = machine(place, "web", (), services)
        web._command = (*WEB, str(web.port), "accsite.asgi:application")
        for system in (first, second, web):
            stack.callback(system.close)
        # The first one to be there is the one whose task files are on offer.
        for system, queues in ((first, "train"), (second, "eval,recipe")):
            system.launch(ACC_QUEUES=queues)
            wait_until(partial(system.said, "The trainer is ready"), "a trainer", seconds=600)
        web.start()
        yield Site(web, first, second)


def machine(
    place: Path, name: str, command: tuple[str, ...], services: dict[str, str], **more: str
) -> System:
    """Return a system with a working directory that nobody else has."""
    checkout = place / name / "checkout"
    for room in ROOMS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, checkout / room, ignore=ignored)
    shutil.copy(ROOT / "manage.py", checkout)
    home = place / name / "home"
    home.mkdir()
    return System(home, command=command, checkout=checkout, **services, **more)


def import_npz(system: System, name: str) -> None:
    """Upload a file of bright and dark images, as a script does."""
    buffer = io.BytesIO()
    labels = np.arange(200) % 2
    noise = np.random.default_rng(7).integers(0, 90, (200, 32, 32))
    np.savez(buffer, images=(noise + 120 * labels[:, None, None]).astype(np.uint8), targets=labels)
    edge = "edge-of-a-part"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'.encode()]
    parts += [
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="own.npz"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode(),
        buffer.getvalue(),
        f"\r\n--{edge}--\r\n".encode(),
    ]
    request = urllib.request.Request(
        f"http://127.0.0.1:{system.port}/datasets/import_npz",
        data=b"".join(parts),
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": f"multipart/form-data; boundary={edge}",
        },
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        assert answer.status == 200


def prepare(web: System, slug: str) -> None:
    """Make an experiment on digits, on imported data, and with a task of our own."""
    config = {"latent_dim": 8}
    web.post("/model/create", {"class_name": "ConvVAE", "config": config, "experiment": slug})
    web.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
    # A machine that was starved for seconds is not the one that offers classes, till it is back.
    web.wait_for_class("tasks", "BrightnessTask")
    own = {"class_name": "BrightnessTask", "name": "bright", "dataset_name": "own"}
    for task in (*({**task, "dataset_name": "digits"} for task in TASKS), own):
        web.post(f"/tasks/add?experiment={slug}", task)


def pictures_of(web: System, slug: str) -> list[bytes]:
    """Return the pictures that the page of an experiment shows, fetched as a browser does."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    origin = f"http://127.0.0.1:{web.port}"
    with browser.open(web.command("signinlink").strip(), timeout=90) as page:
        assert page.status == 200

    def shown() -> list[str]:
        with browser.open(f"{origin}/partials/recon_comparison/?experiment={slug}") as panel:
            return re.findall(r'src="(/picture/[^"]+)"', panel.read().decode())

    found = wait_until(shown, "pictures")
    pictures = []
    for path in found:
        with browser.open(origin + path, timeout=90) as picture:
            pictures.append(picture.read())
    return pictures


def holds(system: System, job_id: int, web: System) -> bool:
    """Return whether a job trains in one of a system's processes."""
    worker = web.job(job_id)["worker"]
    return worker.count(":") == 2 and int(worker.split(":")[1]) in {
        process.pid for process in system.processes()
    }


def in_home(system: System, room: str) -> set[str]:
    """Return the names of the files in a room of a system's ACC_HOME."""
    directory = system.home / room
    return {path.name for path in directory.iterdir()} if directory.exists() else set()


def assert_evaluated(row: dict[str, Any], step: int) -> None:
    """Check that every task was measured at a step."""
    assert (row["step"], row.get("errors", {})) == (step, {})
    assert set(row["results"]) == {"recon", "kl", "digit", "bright"}


def test_a_job_goes_on_on_a_machine_that_shares_no_file_with_the_one_that_died(site: Site) -> None:
    web, first, second = site.web, site.first, site.second
    import_npz(web, "own")
    prepare(web, SLUG)

    job_id = web.train(SLUG, steps=STEPS)
    web.wait_for_step(job_id, 60)
    assert holds(first, job_id, web)
    evaluated = web.post(f"/eval/run?experiment={SLUG}")
    assert_evaluated(evaluated, evaluated["step"])
    assert 0 < evaluated["step"] < STEPS
    assert in_home(second, "checkpoints")  # fetched, since it wrote none

    web.wait_for_step(job_id, 300)
    first.kill_everything()
    assert second.interrupt() == 0
    second.launch(ACC_QUEUES="train,eval,recipe")
    wait_until(lambda: holds(second, job_id, web), "taken over", seconds=300)
    assert web.wait_for_end(job_id)["state"] == "completed"
    assert web.events(job_id).count("resumed_from_checkpoint") == 1

    evals = wait_until(
        lambda: [
            row for row in web.get(f"/eval/history?experiment={SLUG}") if row["step"] == STEPS
        ],
        "the last evaluation",
    )
    assert_evaluated(evals[0], STEPS)
    for picture in pictures_of(web, SLUG):
        assert Image.open(io.BytesIO(picture)).size == (32, 32)
    assert in_home(web, "checkpoints") | in_home(web, "media") | in_home(web, "datasets") == set()

    again = web.post(f"/jobs/{job_id}/repeat")["id"]
    assert web.wait_for_end(again)["state"] == "completed"
    assert web.curve(again) == web.curve(job_id)
