"""A job runs the text it was started with, whatever becomes of the file."""

from pathlib import Path

import pytest

from tests.trainer.rows import offer_make
from tests.trainer.worker.conftest import task_attach_now
from trainer.models import Job, RegisteredClass
from trainer.services.job_start import job_start
from trainer.services.registry import registry_store
from trainer.worker.run import job_run

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = """import torch
from acc.tasks.base import Task


class ConstantTask(Task):
    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return torch.nn.Linear(latent_dim, 1)

    def compute_loss(self, model_output, batch):
        return self.head(self._get_latent(model_output)).mean() * 0 + VALUE

    def evaluate(self, autoencoder, device):
        return {}
"""


def save(text):
    """Put the file's text on offer, as the watcher does after a save."""
    others = [
        offer_make(row.class_name, source=row.source.text, file=row.file, module=row.module)
        for row in RegisteredClass.objects.filter(registry="tasks").select_related("source")
        if row.class_name != "ConstantTask"
    ]
    offer = offer_make("ConstantTask", source=text, file="/gone/constant.py")
    registry_store(registry="tasks", offers=[*others, offer], errors=[])


@pytest.fixture
def constant(experiment):
    save(TEXT.replace("VALUE", "1.0"))
    task_attach_now(name="constant", class_name="ConstantTask", latent_slice=[0, 4])
    return experiment


def loss_of(job):
    return Job.objects.get(pk=job.pk).loss_series.get(task_name="constant").last


def test_a_job_queued_before_an_edit_runs_the_old_text_and_the_next_one_the_new(constant, valkey):
    assert not Path("/gone/constant.py").exists()
    before = job_start(experiment=constant, steps=3, batch_size=8)
    save(TEXT.replace("VALUE", "2.0"))
    job_run(before.pk)
    after = job_start(experiment=constant, steps=3, batch_size=8)
    job_run(after.pk)
    assert (loss_of(before), loss_of(after)) == (1.0, 2.0)
    hashes = [
        {ref["class_name"]: ref["sha256"] for ref in job.plan["sources"]} for job in (before, after)
    ]
    assert hashes[0]["ConstantTask"] != hashes[1]["ConstantTask"]
    assert hashes[0]["ConvVAE"] == hashes[1]["ConvVAE"]


def test_a_failure_in_stored_text_shows_the_line_that_failed(constant, valkey):
    save(TEXT.replace("+ VALUE", "/ int(0)").replace(".mean() * 0", ".mean().item()"))
    job = job_start(experiment=constant, steps=3, batch_size=8)
    job_run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert 'File "/gone/constant.py", line 13, in compute_loss' in job.traceback
    assert "/ int(0)" in job.traceback


def test_a_helper_that_does_not_load_is_told_with_the_task_and_its_class(
    constant, valkey, tmp_path, monkeypatch
):
    helper = tmp_path / "broken_helper.py"
    helper.write_text("h = (\n")
    monkeypatch.syspath_prepend(tmp_path)
    save("from broken_helper import h\n" + TEXT.replace("VALUE", "h"))
    job = job_start(experiment=constant, steps=3, batch_size=8)
    job_run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == (
        "task 'constant' cannot be made: its class ConstantTask does not load: "
        "SyntaxError: '(' was never closed (broken_helper.py, line 1)"
    )
    assert str(helper) in job.traceback
    helper.write_text("h = 4.0\n")
    again = job_start(experiment=constant, steps=3, batch_size=8)
    job_run(again.pk)
    assert loss_of(again) == 4.0
