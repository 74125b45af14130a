"""One running system for all tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.system import System

# The kills come before step 210: a job that waits for its killer goes on meanwhile.
STEPS = 450
# An evaluation that takes longer is ended; test_eval.py waits for that.
EVAL_SECONDS = 30


@pytest.fixture(scope="session")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose classes the system puts on offer, empty at first."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, own_files: Path) -> Iterator[System]:
    """A system that is up; a test that stops it starts it again."""
    made = System(
        tmp_path_factory.mktemp("faults") / "home",
        ACC_TASK_DIRS=str(own_files),
        ACC_EVAL_SECONDS=str(EVAL_SECONDS),
    )
    made.home.mkdir()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def calm_curve(system: System) -> list[tuple[object, ...]]:
    """The curve of a job that nobody disturbed, to compare the others with."""
    job_id = system.train(system.experiment("calm"), steps=STEPS)
    assert system.wait_for_end(job_id)["state"] == "completed"
    return system.curve(job_id)
