"""Jobs and trainers as lists show them."""

import datetime
import json

import pytest
from django.utils import timezone

from tests.trainer.rows import experiment_make, job_make
from trainer.models import Job, LossSeries, TrainerNode
from trainer.selectors.jobs import (
    job_active,
    job_as_dict,
    job_current,
    job_history,
    job_with_summary,
    jobs_of,
)
from trainer.selectors.nodes import SILENCE_SECONDS, devices_available, trainer_is_online
from trainer.services.jobs import job_end
from trainer.services.nodes import node_goodbye, node_heartbeat

pytestmark = [pytest.mark.portable, pytest.mark.django_db]


def test_a_job_is_json(queued):
    shown = job_as_dict(queued)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert (shown["id"], shown["experiment"], shown["error"]) == (queued.pk, "small", None)


def test_the_current_job_is_the_active_one_else_the_newest(experiment, running):
    assert job_current(experiment) == job_active(experiment) == running
    job_end(running, state=Job.State.STOPPED, step=1)
    assert (job_current(experiment), job_active(experiment)) == (running, None)


def test_jobs_are_listed_newest_first_and_by_experiment(queued):
    other = experiment_make("other")
    second = job_make(other)
    assert list(jobs_of(None)) == [second, queued]
    assert list(jobs_of(other)) == [second]


def test_a_history_does_not_ask_again_for_each_job(experiment, django_assert_num_queries):
    for _ in range(4):
        job = job_make(experiment)
        LossSeries.objects.create(job=job, task_name="recon", count=2, last=0.5, mean=0.6)
        LossSeries.objects.create(job=job, is_total=True, count=2, last=0.5, mean=0.6)
        Job.objects.filter(pk=job.pk).update(state=Job.State.COMPLETED)
    with django_assert_num_queries(2):
        shown = [job_with_summary(job) for job in job_history(experiment, limit=3)]
    assert len(shown) == 3
    assert shown[0]["final_losses"] == {"recon": 0.5}
    assert shown[0]["summary"]["recon"]["mean"] == 0.6


@pytest.mark.usefixtures("still_clock")
def test_a_trainer_is_there_while_its_heart_beats():
    assert not trainer_is_online()
    node_heartbeat(devices=["cuda:0", "cpu"], versions={"torch": "2"})
    assert trainer_is_online()
    assert devices_available() == ["cuda:0", "cpu"]
    TrainerNode.objects.update(
        seen_at=timezone.now() - datetime.timedelta(seconds=SILENCE_SECONDS + 1)
    )
    assert (trainer_is_online(), devices_available()) == (False, [])
    node_heartbeat(devices=["cpu"], versions={})
    node_goodbye()
    assert not trainer_is_online()
