"""Jobs and their losses through the API."""

import gzip
import json
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.test import AsyncClient, RequestFactory

from tests.trainer.rows import experiment_make, job_make, job_run_begin
from trainer.api.loss_stream import CHUNK_STEPS, loss_chunks, stream_json
from trainer.models import Job, JobCommand, LossSeries
from trainer.selectors.loss_runs import LossRun
from trainer.selectors.losses import loss_points
from trainer.services import commands
from trainer.services.access import api_token_ensure
from trainer.services.commands import command_applied, command_refused
from trainer.services.jobs import job_end, job_pause_set
from trainer.services.losses import losses_append

CONTRACT = {
    "id",
    "experiment",
    "state",
    "total_steps",
    "current_step",
    "task_names",
    "created_at",
    "started_at",
    "completed_at",
    "checkpoint_id",
    "error",
    "steps_per_second",
}


def losses_make(job, step_count, *, odd=False):
    """Store losses of two tasks, some of them odd, in two segments with different weights."""
    values_ST = np.random.default_rng(0).random((step_count, 3)).astype(np.float32)
    present_ST = np.ones((step_count, 2), dtype=np.bool_)
    if odd:
        values_ST[1, 0], values_ST[2, 2], values_ST[3, 1] = np.nan, np.inf, -np.inf
        present_ST[4, 1] = False
    half = step_count // 2
    names = ("recon", 'di"git')
    losses_append(job=job, run=LossRun(1, names, (1.0, 0.1), values_ST[:half], present_ST[:half]))
    losses_append(job=job, run=LossRun(half + 1, names, (1.0, 0.3), values_ST[half:], None))
    return values_ST


def body_of(answer):
    return json.loads(b"".join(answer.streaming_content))


def test_a_job_is_shown_with_everything_the_contract_names(script, running):
    shown = script.get(f"/jobs/{running.pk}").json()
    assert shown.pop("warnings") == []
    assert set(shown) >= CONTRACT
    assert (shown["state"], shown["task_names"]) == ("running", ["recon", "digit"])
    assert script.get("/jobs").json() == [shown]
    assert script.get("/jobs/current").json() == shown


def test_the_history_has_the_last_losses_and_a_summary(script, running):
    LossSeries.objects.create(
        job=running, task_name="recon", count=2, last=None, mean=0.6, minimum=0.5, maximum=0.7
    )
    LossSeries.objects.create(job=running, is_total=True, count=2, last=0.5, mean=0.6)
    (shown,) = script.get("/jobs/history?limit=1").json()
    assert set(shown) >= CONTRACT | {"duration_seconds"}
    assert shown["final_losses"] == {"recon": None}
    assert shown["summary"]["recon"] == {
        "mean": 0.6,
        "min": 0.5,
        "max": 0.7,
        "final": None,
        "trend": "flat",
        "health": "healthy",
        "count": 2,
        "nonfinite_count": 0,
    }


def test_a_second_start_is_a_conflict_and_no_task_a_mistake(script, experiment, refused):
    experiment.task_cards.update(enabled=False)
    assert "no task is enabled" in refused(script.post("/train/start", {"steps": 5}), 400)
    experiment.task_cards.update(enabled=True)
    started = script.post("/train/start", {"steps": 5, "lr": 1, "probe_lr": 0.5})
    assert (started.json()["lr"], started.json()["probe_lr"]) == (1.0, 0.5)
    assert "is queued" in refused(script.post("/train/start", {"steps": 5}), 409)


def test_what_steers_a_job_needs_one(script, experiment, refused):
    for call in ("stop", "pause", "resume"):
        assert "no job of experiment" in refused(script.post(f"/train/{call}"), 409)
    refused(script.post("/train/set_lr", {"lr": 0.1}), 409)


def test_a_queued_job_is_stopped_at_once(script, queued):
    assert script.post("/train/stop").json()["state"] == "stopped"
    (_, stopped) = script.get(f"/jobs/{queued.pk}/events").json()
    assert (stopped["kind"], stopped["by"], stopped["step"]) == ("stopped", "operator", 0)


def test_a_pause_is_answered_with_the_paused_job(script, worker):
    def pause(job, command):
        job_pause_set(job, paused=True)
        command_applied(command=command, step=4, detail={})

    worker(pause)
    answer = script.post("/train/pause").json()
    assert (answer["state"], answer["command"]["state"]) == ("paused", "applied")


def test_what_is_asked_of_a_waiting_job_is_answered_at_once_and_kept(script, queued, monkeypatch):
    monkeypatch.setattr(commands, "PATIENCE_SECONDS", 600.0)
    for call, body in (("pause", {}), ("resume", {}), ("set_lr", {"lr": 0.1})):
        answer = script.post(f"/train/{call}", body).json()
        assert set(answer) >= CONTRACT
        assert (answer["state"], answer["lr"]) == ("queued", queued.lr)
        assert (answer["command"]["kind"], answer["command"]["state"]) == (call, "pending")


def test_a_stop_is_answered_with_the_stopped_job(script, worker):
    def stop(job, command):
        command_applied(command=command, step=4, detail={})
        job_end(job, state=Job.State.STOPPED, step=4)

    worker(stop)
    stopped = script.post("/train/stop").json()
    assert (stopped["state"], stopped["current_step"]) == ("stopped", 4)


def test_a_command_that_the_worker_refuses_is_a_conflict(script, worker, refused):
    worker(lambda job, command: command_refused(command=command, step=4, reason="not this one"))
    assert refused(script.post("/train/set_lr", {"lr": 0.1}), 409) == "not this one"


@pytest.mark.parametrize("rates", [{}, {"lr": 0}, {"lr": -1}, {"probe_lr": 100}])
def test_a_learning_rate_out_of_range_is_refused(script, running, refused, rates):
    refused(script.post("/train/set_lr", rates), 400)
    assert not JobCommand.objects.exists()


def test_every_point_is_exact_and_in_order(script, running):
    values_ST = losses_make(running, 3 * CHUNK_STEPS + 10)
    points = body_of(script.get(f"/jobs/{running.pk}/loss_history"))
    assert len(points) == 2 * len(values_ST)
    assert [point["step"] for point in points[::2]] == list(range(1, len(values_ST) + 1))
    assert [point["task_loss"] for point in points[::2]] == values_ST[:, 0].tolist()
    assert [point["task_loss"] for point in points[1::2]] == values_ST[:, 1].tolist()
    assert [point["total_loss"] for point in points[::2]] == values_ST[:, 2].tolist()
    assert {point["weight"] for point in points[1::2]} == {0.1, 0.3}
    assert set(points[0]) == {"step", "task_name", "task_loss", "weight", "total_loss"}


def test_losses_that_are_no_numbers_are_null_and_named(script, running):
    losses_make(running, 10, odd=True)
    points = body_of(script.get(f"/jobs/{running.pk}/loss_history"))
    odd = {(p["step"], p["task_name"]): p["nonfinite"] for p in points if "nonfinite" in p}
    assert odd == {(2, "recon"): "nan", (4, 'di"git'): "-inf"}
    assert all((p["task_loss"] is None) == ("nonfinite" in p) for p in points)
    assert {p["step"] for p in points if p["total_loss"] is None} == {3}
    assert [p["task_name"] for p in points if p["step"] == 5] == ["recon"]


def test_the_stream_is_what_the_selector_gives(script, running):
    losses_make(running, 2 * CHUNK_STEPS + 1, odd=True)
    for after_step in (0, 1, 2, CHUNK_STEPS, 10_000):
        streamed = json.loads(b"".join(loss_chunks(running, after_step=after_step)))
        assert streamed == list(loss_points(running, after_step=after_step))


def test_reading_goes_on_where_it_ended(script, running):
    losses_make(running, 20)
    rest = body_of(script.get(f"/jobs/{running.pk}/loss_history?after_step=18"))
    assert [point["step"] for point in rest] == [19, 19, 20, 20]
    assert body_of(script.get(f"/jobs/{running.pk}/loss_history?after_step=20")) == []


def test_a_job_without_losses_has_an_empty_list(script, running):
    assert body_of(script.get(f"/jobs/{running.pk}/loss_history")) == []


def test_who_takes_gzip_gets_it(script, running):
    losses_make(running, 500)
    path = f"/jobs/{running.pk}/loss_history"
    plain = b"".join(script.get(path).streaming_content)
    packed = script.client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    body = b"".join(packed.streaming_content)
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 3
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_thinned_losses_come_in_columns(script, running):
    losses_make(running, 1000, odd=True)
    columns = script.get(f"/jobs/{running.pk}/loss_history?max_points=50").json()
    assert set(columns["series"]) == {"recon", 'di"git'}
    for series in (*columns["series"].values(), columns["total"]):
        assert 10 < len(series["step"]) == len(series["loss"]) <= 50
    assert None in columns["series"]["recon"]["loss"]
    assert {"step": 2, "task_name": "recon", "value": "nan"} in columns["nonfinite"]


def test_a_part_of_the_curves_is_read_by_its_first_and_last_step(script, running):
    losses_make(running, 1000)
    part = f"/jobs/{running.pk}/loss_history?after_step=400&last_step=600"
    points = json.loads(b"".join(script.get(part).streaming_content))
    assert (points[0]["step"], points[-1]["step"], len(points)) == (401, 600, 400)
    columns = script.get(f"{part}&max_points=50&bands=true").json()
    assert (columns["total"]["step"][0], columns["total"]["step"][-1]) == (401, 600)
    assert columns["bands"][""]["first_step"][0] == 401
    assert set(columns["bands"]) == {"recon", 'di"git', ""}
    assert sum(columns["bands"][""]["count"]) == 200
    refused = script.get(f"{part}&bands=true")
    assert refused.status_code == 400
    assert "max_points" in refused.json()["error"]


async def test_under_asgi_pieces_are_sent_as_they_are_made(transactional_db):
    job = await database_sync_to_async(lambda: job_run_begin(experiment_make()))()
    await database_sync_to_async(losses_make)(job, 8 * CHUNK_STEPS)
    headers = {"Authorization": f"Bearer {api_token_ensure()}"}
    answer: Any = await AsyncClient().get(f"/jobs/{job.pk}/loss_history", headers=headers)
    pieces = [piece async for piece in answer]
    await database_sync_to_async(lambda: None)()  # closes what the test client left open
    assert len(pieces) > 8
    assert len(json.loads(b"".join(pieces))) == 16 * CHUNK_STEPS


async def test_a_client_that_hangs_up_ends_the_work(async_rf):
    made = []

    def pieces():
        for number in range(100):
            made.append(number)
            yield b"x"

    answer: Any = stream_json(async_rf.get("/"), pieces())
    async with aclosing(aiter(answer)) as reading:  # as Django does
        assert await anext(reading) == b"x"
        assert await anext(reading) == b"x"
    assert made == [0, 1]


def test_without_asgi_the_stream_is_a_plain_one():
    answer = stream_json(RequestFactory().get("/"), iter([b"[", b"]"]))
    assert b"".join(answer) == b"[]"


def test_jobs_of_other_experiments_are_not_listed(script, queued):
    job_make(experiment_make("other"))
    assert [job["experiment"] for job in script.get("/jobs").json()] == ["other"]
    assert [job["experiment"] for job in script.get("/jobs?experiment=small").json()] == ["small"]
    assert script.get(f"/jobs/{queued.pk}").json()["experiment"] == "small"


def test_the_chart_of_a_job_at_its_end_is_sent_to_a_browser_once(script, running):
    losses_make(running, 20)
    path = f"/jobs/{running.pk}/loss_history?max_points=10"
    assert "ETag" not in script.get(path).headers
    job_end(running, state=Job.State.COMPLETED, step=20)
    mark = script.get(path).headers["ETag"]

    def again(asked=path):
        return script.client.get(asked, headers={"if-none-match": mark})

    assert (again().status_code, again().content) == (304, b"")
    assert again(f"{path}0").status_code == 200
    Job.objects.filter(pk=running.pk).update(points_kept=Job.PointsKept.LEVELS)
    assert again().status_code == 200


def test_a_list_of_jobs_leaves_their_plans_where_they_are(
    script, running, django_assert_max_num_queries
):
    """A plan is most of a job's row, and no list shows it."""
    for path in ("/jobs", "/jobs/history"):
        with django_assert_max_num_queries(8) as asked:
            assert script.get(path).status_code == 200
        assert '"plan"' not in " ".join(query["sql"] for query in asked.captured_queries)
