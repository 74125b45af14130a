"""The demo: a whole one, or none."""

import pytest

from tests.setup.classes import shipped_classes_store
from trainer.models import Experiment, Job
from trainer.services.demo import demo_ensure
from trainer.worker import demo

pytestmark = [pytest.mark.portable, pytest.mark.django_db(transaction=True)]


def test_a_start_that_ends_in_its_first_seconds_leaves_no_half_demo(monkeypatch):
    shipped_classes_store()
    with monkeypatch.context() as death:
        death.delattr(demo, "job_start")
        with pytest.raises(NameError):
            demo.demo_create({})
    assert not Experiment.objects.exists()
    assert not demo_ensure()
    demo.demo_create({})
    assert Job.objects.get().task_names == ["reconstruction", "kl", "digit"]
