"""One running system for all tests of this room."""

from collections.abc import Iterator

import pytest

from tests.faults.system import System

STEPS = 240


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that is up; a test that stops it starts it again."""
    made = System(tmp_path_factory.mktemp("faults") / "home")
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
