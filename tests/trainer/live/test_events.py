"""The messages themselves."""

import json
from typing import get_args

import numpy as np
import pytest

from trainer.live.events import Message, loss_message


def message_of(values, present=None):
    values_ST = np.asarray(values, dtype=np.float32)
    return loss_message(
        job_id=7,
        seq=12,
        first_step=101,
        task_names=("a", "b"),
        weights=(1.0, 0.5),
        values_ST=values_ST,
        present_ST=None if present is None else np.asarray(present, dtype=np.bool_),
    )


def test_a_loss_message_has_the_shape_that_pages_know():
    message = message_of([[1, 2, 2], [3, 4, 5]])
    assert message == {
        "type": "loss",
        "job": 7,
        "seq": 12,
        "first_step": 101,
        "steps": 2,
        "series": {"a": [1.0, 3.0], "b": [2.0, 4.0]},
        "total": [2.0, 5.0],
        "weights": {"a": 1.0, "b": 0.5},
    }


def test_numbers_are_the_float32_that_was_recorded():
    (value,) = message_of([[0.1, 0, 0]])["series"]["a"]
    assert json.loads(json.dumps(value)) == float(np.float32(0.1))


def test_what_is_not_finite_is_null_and_listed_with_the_total_unnamed():
    message = message_of([[np.nan, 1, np.nan], [1, -np.inf, np.inf]])
    json.dumps(message, allow_nan=False)
    assert message["series"] == {"a": [None, 1.0], "b": [1.0, None]}
    assert message["total"] == [None, None]
    assert message["nonfinite"] == [
        {"step": 101, "task_name": "a", "value": "nan"},
        {"step": 101, "task_name": "", "value": "nan"},
        {"step": 102, "task_name": "b", "value": "-inf"},
        {"step": 102, "task_name": "", "value": "inf"},
    ]


def test_a_task_that_took_no_part_is_null_without_being_listed():
    message = message_of([[1, np.nan, 1]], present=[[True, False]])
    assert message["series"]["b"] == [None]
    assert "nonfinite" not in message


@pytest.mark.parametrize("message", get_args(Message))
def test_every_message_of_a_job_is_counted_so_that_a_client_sees_what_it_missed(message):
    assert ("job" in message.__annotations__) == ("seq" in message.__annotations__)
