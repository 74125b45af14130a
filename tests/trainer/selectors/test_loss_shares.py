"""How much of the total each task is."""

import numpy as np
import pytest

from tests.trainer.rows import experiment_make, job_run_begin
from trainer.selectors.loss_runs import LossRun
from trainer.selectors.loss_shares import SHARE_STEPS, loss_shares
from trainer.services.losses import losses_append

pytestmark = pytest.mark.portable


def test_shares_are_of_the_latest_steps_however_many_flushes_they_came_in(db):
    job = job_run_begin(experiment_make())
    for step in range(1, 2 * SHARE_STEPS + 1):
        turn = step % 2  # round robin: one task a step
        loss = (1.0, 3.0)[turn] if step > SHARE_STEPS else 1000.0 * turn
        losses_ST = np.zeros((1, 3), dtype=np.float32)
        losses_ST[0, turn] = losses_ST[0, 2] = loss
        present_ST = np.array([[turn == 0, turn == 1]])
        run = LossRun(step, ("a", "b"), (1.0, 1.0), losses_ST, present_ST)
        losses_append(job=job, run=run)
    assert loss_shares(job) == {"a": pytest.approx(0.25), "b": pytest.approx(0.75)}


def test_a_job_without_losses_has_no_shares(db):
    assert loss_shares(job_run_begin(experiment_make())) == {}
