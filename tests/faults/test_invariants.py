"""The fault harness's invariants: a run as it should be passes, and each planted wrong is found."""

import copy
from dataclasses import replace

import pytest

from tests.faults.harness.evidence import Evidence
from tests.faults.harness.http import Answer
from tests.faults.harness.invariants import INVARIANTS, violations
from tests.faults.sound_job import CHANGE, STEPS, event, job


@pytest.fixture
def found():
    """What a run leaves in which everything held."""
    ask = lambda path, status, body, why="": Answer("POST", path, status, body, "", why)  # noqa: E731
    return Evidence(
        answers=[
            ask("/train/start?experiment=a", 200, {"id": 1}),
            ask("/train/start?experiment=a", 409, {"error": "job 1 is running"}),
            ask("/train/set_lr?experiment=a", 200, {"id": 1}, "a"),
            ask("/tasks/kl/restore?experiment=a", 200, {"name": "kl"}, "b"),
            ask("/tasks/recon/set_weight?experiment=a", None, None, "c"),
            ask("/train/pause?experiment=a", 409, {"error": "the job ended first"}, "d"),
            ask("/eval/run?experiment=a", 200, {"id": 5, "results": {"recon": {}}}),
            ask("/eval/run?experiment=a", 503, {"error": "the trainer is offline"}),
            ask("/checkpoints/save?experiment=a", 200, {"id": 7}),
            ask("/recipes/FaultsRecipe/run", 200, {"id": 1}),
        ],
        jobs=[job()],
        calls=[{"id": 1, "kind": "eval_run", "state": "refused", "error": "try again"}],
        evals=[{"id": 5}],
        recipes=[{"id": 1, "state": "completed", "error": ""}],
        checkpoints=[{"id": 7}],
        exit_codes={"up": 0},
    )


def test_a_run_as_it_should_be_has_no_violation(found):
    assert violations(found) == {}


def test_what_is_undone_at_the_same_step_leaves_no_trace_in_the_points(found):
    there_and_back = [
        event(10, "remove_task", 50, None, task="kl"),
        event(11, "restore_task", 50, None, task="kl"),
    ]
    found.jobs[0].events[2:2] = there_and_back
    assert violations(found) == {}


def answered(status, body, text="", path="/jobs", why=""):
    return lambda found: found.answers.append(Answer("GET", path, status, body, text, why))


def of_job(change):
    return lambda found: change(found.jobs[0])


def run_changed(place, **changes):
    def change(job):
        job.runs[place] = replace(job.runs[place], **changes)

    return of_job(change)


def value_changed(job):
    """Change one point alone: all copies of it are wrong then."""
    values = job.runs[0].values.copy()
    values[5, 0] = 7.0
    job.runs[0] = replace(job.runs[0], values=values)


def level_changed(job):
    table = job.levels[0].table.copy()
    table[3, 1]["high"] = 7.0
    job.levels[0] = replace(job.levels[0], table=table)


PLANTED = {
    "HTML": ("answers are sentences", answered(503, None, "<html>")),
    "500": ("answers are sentences", answered(500, {"error": "something broke"})),
    "no sentence": ("answers are sentences", answered(409, {"error": " "})),
    "traceback": ("answers are sentences", answered(400, {"error": "Traceback (most recent"})),
    "job without a row": (
        "no job is lost",
        answered(200, {"id": 9}, path="/train/start?experiment=a"),
    ),
    "job without an end": ("no job is lost", of_job(lambda job: job.events.pop())),
    "job with two ends": (
        "no job is lost",
        of_job(lambda job: job.events.append(event(9, "stopped", STEPS))),
    ),
    "job completed too early": (
        "no job is lost",
        of_job(lambda job: job.row.update(total_steps=STEPS + 1)),
    ),
    "job failed": (
        "no job is lost",
        of_job(lambda job: (job.row.update(state="failed"), job.events[-1].update(kind="failed"))),
    ),
    "begun while it ran": ("no job ran twice", of_job(lambda job: job.events.pop(2))),
    "started twice": (
        "no job ran twice",
        of_job(lambda job: job.events[3].update(kind="started")),
    ),
    "claimed behind the events": ("no job ran twice", of_job(lambda job: job.row.update(fence=5))),
    "step missing": ("each step once", run_changed(1, first_step=CHANGE + 2)),
    "step twice": ("each step once", run_changed(1, first_step=CHANGE)),
    "points behind the row": (
        "each step once",
        of_job(lambda job: job.row.update(current_step=STEPS + 5, total_steps=STEPS + 5)),
    ),
    "points of a removed task": (
        "tasks and weights follow the events",
        of_job(lambda job: job.row["plan"]["tasks"].pop()),
    ),
    "old weight": ("tasks and weights follow the events", run_changed(1, weights=(1.0, 0.1))),
    "change not in the points": (
        "tasks and weights follow the events",
        of_job(
            lambda job: job.events.insert(
                7, event(9, "set_weight", STEPS - 5, None, task="kl", old=0.1, new=0.5)
            )
        ),
    ),
    "command with two outcomes": (
        "commands once",
        of_job(lambda job: job.events.insert(5, event(9, "set_lr", 3000, 1))),
    ),
    "command without an outcome": (
        "commands once",
        of_job(lambda job: job.commands[3].update(state="pending")),
    ),
    "applied without an event": ("commands once", of_job(lambda job: job.events.pop(4))),
    "applied at another step": (
        "commands once",
        of_job(lambda job: job.commands[0].update(applied_step=2999)),
    ),
    "refused without a reason": (
        "commands once",
        of_job(lambda job: job.commands[3].update(reason="")),
    ),
    "refused and applied": (
        "commands once",
        of_job(lambda job: job.events[5].update(kind="restore_task")),
    ),
    "asked once, written twice": (
        "commands once",
        of_job(lambda job: job.commands[3].update(why="a")),
    ),
    "accepted and no command": (
        "commands once",
        answered(200, {"id": 1}, path="/train/resume?experiment=a", why="e"),
    ),
    "out of order": (
        "commands once",
        of_job(lambda job: job.events[5].update(step=CHANGE + 1)),
    ),
    "summary behind": (
        "summaries equal the points",
        of_job(lambda job: job.series[0].update(count=STEPS - 1)),
    ),
    "summary missing": ("summaries equal the points", of_job(lambda job: job.series.pop())),
    "other mean": (
        "summaries equal the points",
        of_job(lambda job: job.series[1].update(mean=0.4)),
    ),
    "point changed": ("summaries equal the points", of_job(value_changed)),
    "level changed": ("levels of detail equal the points", of_job(level_changed)),
    "level and another point": ("levels of detail equal the points", of_job(value_changed)),
    "level row missing": (
        "levels of detail equal the points",
        of_job(lambda job: job.levels.insert(0, replace(job.levels[0], index=1))),
    ),
    "chart and another point": ("charts equal the points", of_job(value_changed)),
    "chart counts too much": (
        "charts equal the points",
        of_job(lambda job: job.view["bands"]["kl"].update(count=[2100, 2101])),
    ),
    "chart without a task": (
        "charts equal the points",
        of_job(lambda job: job.view["bands"].pop("kl")),
    ),
    "chart refused": ("charts equal the points", of_job(lambda job: setattr(job, "view", None))),
    "question without an answer": (
        "evaluations are answered",
        lambda found: found.calls[0].update(state="running"),
    ),
    "question refused silently": (
        "evaluations are answered",
        lambda found: found.calls[0].update(error=""),
    ),
    "evaluation not stored": ("evaluations are answered", lambda found: found.evals.clear()),
    "evaluation of nothing": (
        "evaluations are answered",
        lambda found: found.answers[6].body.update(results={}),
    ),
    "recipe failed": ("recipes end", lambda found: found.recipes[0].update(state="failed")),
    "recipe without a row": ("recipes end", lambda found: found.recipes.clear()),
    "checkpoint damaged": (
        "checkpoints verify",
        lambda found: found.checkpoint_problems.update({7: "its checksum differs"}),
    ),
    "checkpoint without a row": ("checkpoints verify", lambda found: found.checkpoints.clear()),
    "process left": ("nothing is left", lambda found: found.orphans.append("12 python")),
    "file left": ("nothing is left", lambda found: found.leftovers.append("x.tmp")),
    "not recovered": ("nothing is left", lambda found: found.unrecovered.append("kill-web")),
    "killed at the end": ("nothing is left", lambda found: found.exit_codes.update(up=None)),
    "bad exit code": ("nothing is left", lambda found: found.exit_codes.update(up=1)),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_wrong_is_found_by_its_invariant(found, planted):
    name, plant = PLANTED[planted]
    wrong = copy.deepcopy(found)
    plant(wrong)
    told = violations(wrong)
    assert name in told, told
    assert all(told.values())


def test_every_invariant_has_a_planted_wrong():
    assert {name for name, _ in PLANTED.values()} == set(INVARIANTS)
