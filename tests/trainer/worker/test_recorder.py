"""The recorder whose database goes away between two writes: every loss once, in every figure."""

import numpy as np
import pytest
import torch
from django.db import OperationalError, connection

from acc.training.loss_ring import Layout, LossRing
from trainer.models import Job, LossSegment, LossSeries
from trainer.selectors.loss_runs import loss_runs
from trainer.worker.progress import Progress
from trainer.worker.recorder import Recorder
from trainer.worker.summary import Summaries

ONE, OTHER = Layout(("a",), (1.0,)), Layout(("a",), (0.5,))


class Away:
    """A database that goes away before, or right after, the first statement of a kind."""

    def __init__(self, begins: str) -> None:
        self.begins = begins
        self.times = 0

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith(self.begins) and not self.times:
            self.times += 1
            raise OperationalError("the database is locked")
        return execute(sql, params, many, context)


@pytest.fixture
def recorder(running: Job) -> Recorder:
    progress = Progress(label="job", total_steps=99, first_step=0, seconds_before=0.0)
    ring = LossRing(torch.device("cpu"))
    return Recorder(job=running, ring=ring, summaries=Summaries(), progress=progress)


def put(recorder: Recorder, step: int, layout: Layout) -> None:
    loss = torch.tensor(float(step))
    recorder._ring.put(step, layout, [loss], loss, barren=torch.zeros(()))


def test_losses_are_stored_once_where_the_database_goes_away_before_a_merge(
    recorder: Recorder, running: Job
) -> None:
    for step in (1, 2):
        put(recorder, step, ONE)
        recorder.flush()
    put(recorder, 3, OTHER)  # other weights: what came before is merged
    put(recorder, 4, ONE)
    with (
        connection.execute_wrapper(away := Away('DELETE FROM "trainer_losssegment"')),
        pytest.raises(OperationalError),
    ):
        recorder.flush()
    assert away.times == 1
    put(recorder, 5, ONE)
    recorder.flush()
    recorder._next_summary = 0.0
    recorder.flush()

    values = np.concatenate([run.values_ST[:, 0] for run in loss_runs(running)])
    assert values.tolist() == [1, 2, 3, 4, 5]
    first = LossSegment.objects.filter(job=running).order_by("first_step").first()
    assert (first.first_step, first.step_count) == (1, 2)
    series = LossSeries.objects.get(job=running, task_name="a")
    assert (series.count, series.last_step, series.mean) == (5, 5, 3.0)


def test_what_is_written_about_a_step_finds_its_losses_and_their_summary(
    recorder: Recorder, running: Job, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.flush()  # summaries are not due again for a second
    put(recorder, 1, ONE)
    found: list[LossSeries] = []
    recorder.after_losses(lambda: found.extend(LossSeries.objects.filter(job=running)))
    recorder.flush()
    assert {series.task_name: series.last_step for series in found} == {"": 1, "a": 1}
    assert len(caplog.messages) == 1  # the terminal hears no more often for it
