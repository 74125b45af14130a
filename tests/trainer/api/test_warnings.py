"""What goes wrong with a job, in the answers that scripts read."""

import pytest

from trainer.services.oddities import OddLoss, oddities_store

pytestmark = pytest.mark.django_db

DETAIL = {"since": 1, "of": "loss", "joint": True}


def warnings(script, job):
    """Return what is told of a job, by the job's own call; the system's tells the same."""
    told = script.get(f"/jobs/{job.pk}").json()["warnings"]
    of_system = [warning for warning in script.get("/health").json()["warnings"] if warning["job"]]
    assert of_system == told
    return told


def test_a_job_that_learns_nothing_names_the_task_until_it_learns_again(script, running):
    assert warnings(script, running) == []
    oddities_store(job=running, found=[OddLoss("barren", 20, "recon", DETAIL)])
    (warning,) = warnings(script, running)
    assert "'recon' of job" in warning["words"]
    assert "no finite loss since step 1: no step changes the model" in warning["words"]
    assert (warning["level"], warning["job"]) == ("critical", running.pk)
    event = script.get(f"/jobs/{running.pk}/events").json()[-1]
    assert (event["kind"], event["step"], event["found"]) == ("barren", 20, True)
    oddities_store(job=running, found=[OddLoss("barren_over", 90, "recon", DETAIL)])
    assert warnings(script, running) == []
