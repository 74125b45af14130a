"""The pace of a job, however slow its steps are."""

from types import SimpleNamespace

import pytest

from trainer.worker import progress
from trainer.worker.progress import WINDOW_SECONDS, Progress


@pytest.mark.parametrize("seconds", [0.01, 1.0, WINDOW_SECONDS, 1.5 * WINDOW_SECONDS, 600.0])
def test_a_pace_is_told_whatever_a_step_takes(monkeypatch, seconds):
    now = [100.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    told = Progress(label="job", total_steps=99, first_step=0, seconds_before=0.0)
    for step in range(1, 8):
        now[0] += seconds
        told.reached(step)
        assert told.steps_per_second == pytest.approx(1 / seconds)
