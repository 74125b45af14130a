"""What must hold whatever happened, about answers, jobs, commands and files: pure functions."""

from collections import Counter
from collections.abc import Callable

from tests.faults.harness.evidence import Evidence, JobFacts
from tests.faults.harness.invariants_losses import (
    each_step_once,
    levels_agree,
    summaries_agree,
    tasks_follow_the_events,
    views_agree,
)

ENDS = frozenset({"completed", "stopped", "failed"})
TASK_KINDS = ("set_weight", "set_enabled", "add_task", "remove_task", "restore_task")
COMMAND_PATHS = ("/train/pause", "/train/resume", "/train/set_lr")
# What an error may be: the caller's doing, or somebody who is not there.
GOOD_ERRORS = frozenset({400, 404, 409, 503})


GIVEN_UP = "the worker died 10 times in the phase"


def answers_are_sentences(found: Evidence) -> list[str]:
    """Whatever is not done is refused with a sentence: no HTML, no traceback, no 500."""
    wrong = []
    for answer in found.answers:
        if answer.status in (None, 200):
            continue
        where = f"{answer.method} {answer.path} at {answer.at:.1f} s: {answer.status}"
        sentence = answer.body.get("error") if isinstance(answer.body, dict) else None
        if answer.status not in GOOD_ERRORS:
            wrong.append(f"{where} {answer.text[:200]}")
        elif not isinstance(sentence, str) or not sentence.strip():
            wrong.append(f"{where} without a sentence: {answer.text[:200]}")
        elif "Traceback" in sentence or "<html" in sentence.lower():
            wrong.append(f"{where} shows what is inside: {sentence[:200]}")
    return wrong


def no_job_is_lost(found: Evidence) -> list[str]:
    """Every start that was answered with 200 has its row, and every row its one end."""
    rows = {job.id for job in found.jobs}
    started = [a.body["id"] for a in found.answers if "/train/start" in a.path and a.is_good]
    wrong = [
        f"job {job_id} was accepted and has no row" for job_id in started if job_id not in rows
    ]
    wrong += [f"job {n} was accepted {k} times" for n, k in Counter(started).items() if k > 1]
    for job in found.jobs:
        ends = [event["kind"] for event in job.events if event["kind"] in ENDS]
        if ends != [job.row["state"]]:
            wrong.append(f"job {job.id} is {job.row['state']}, and its ends are {ends}")
        if job.row["state"] == "completed" and job.row["current_step"] != job.row["total_steps"]:
            wrong.append(f"job {job.id} is completed at step {job.row['current_step']}")
        if job.row["state"] == "failed":
            wrong.append(f"job {job.id} failed: {job.row['error']}")
    return wrong


def no_job_ran_twice(found: Evidence) -> list[str]:
    """A job begins once, goes on only after it was interrupted, and each claim raised its fence."""
    wrong = []
    for job in found.jobs:
        running, begun = False, 0
        for event in job.events:
            if event["kind"] in {"started", "resumed_from_checkpoint"}:
                if running:
                    wrong.append(f"job {job.id} began at step {event['step']} while it ran")
                begun += event["kind"] == "started"
                running = True
            elif event["kind"] in {"interrupted", *ENDS}:
                running = False
        if begun > 1:
            wrong.append(f"job {job.id} was started {begun} times")
        interrupted = sum(event["kind"] == "interrupted" for event in job.events)
        claims = job.row["fence"] - interrupted
        if claims not in {interrupted, interrupted + 1}:
            wrong.append(f"job {job.id}: {claims} claims, {interrupted} interruptions")
    return wrong


def commands_once(found: Evidence) -> list[str]:
    """Each command has one outcome; each that was answered with 200 has exactly one row."""
    wrong = []
    rows: Counter[str] = Counter()
    for job in found.jobs:
        wrong += _outcomes(job)
        rows.update(command["why"] for command in job.commands if command["why"])
    for answer in found.answers:
        if not answer.why:
            continue
        count = rows[answer.why]
        is_command = any(answer.path.startswith(path) for path in COMMAND_PATHS)
        if count > 1:
            wrong.append(f"{answer.path} ({answer.why}) became {count} commands")
        elif is_command and answer.is_good and count != 1:
            wrong.append(f"{answer.path} ({answer.why}) was accepted and is no command")
    return wrong


def _outcomes(job: JobFacts) -> list[str]:
    wrong = []
    told = Counter(event["command_id"] for event in job.events if event["command_id"])
    by_command = {event["command_id"]: event for event in job.events if event["command_id"]}
    for command in job.commands:
        name = f"job {job.id}, command {command['id']} ({command['kind']})"
        event = by_command.get(command["id"])
        if told[command["id"]] > 1:
            wrong.append(f"{name} has {told[command['id']]} outcomes")
        if command["state"] == "pending":
            wrong.append(f"{name} was never answered")
        elif command["state"] == "applied":
            if event is None or event["kind"] != command["kind"]:
                wrong.append(f"{name} is applied without an event that says so")
            elif event["step"] != command["applied_step"]:
                wrong.append(f"{name} is applied at two steps")
        elif not command["reason"]:
            wrong.append(f"{name} is refused without a reason")
        elif event is not None and event["kind"] != "refused":
            wrong.append(f"{name} is refused and took effect")
    wrong += _order(job)
    return wrong


def _order(job: JobFacts) -> list[str]:
    """Commands about tasks take effect in the order in which they were asked."""
    about_tasks = {c["id"] for c in job.commands if c["kind"] in TASK_KINDS}
    events = [event for event in job.events if event["command_id"] in about_tasks]
    order = [e["command_id"] for e in sorted(events, key=lambda e: (e["step"], e["id"]))]
    if order != sorted(order):
        return [f"job {job.id}: commands about tasks took effect in the order {order}"]
    return []


def evaluations_are_answered(found: Evidence) -> list[str]:
    """Each question to the trainer side has an answer or a sentence; what was shown is stored."""
    wrong = []
    for call in found.calls:
        name = f"call {call['id']} ({call['kind']})"
        if call["state"] not in {"done", "refused"}:
            wrong.append(f"{name} is still {call['state']}")
        elif call["state"] == "refused" and not call["error"]:
            wrong.append(f"{name} is refused without a sentence")
    stored = {row["id"] for row in found.evals}
    for answer in found.answers:
        if answer.path.startswith("/eval/run") and answer.is_good:
            if answer.body.get("id") not in stored:
                wrong.append(f"eval {answer.body.get('id')} was answered and is not stored")
            if not answer.body.get("results") and not answer.body.get("errors"):
                wrong.append(f"eval {answer.body.get('id')} measured nothing")
    return wrong


def recipes_end(found: Evidence) -> list[str]:
    """Each run of a recipe that was accepted comes to its end by itself.

    One whose phase met ten deaths is given up, as promised: faults may come faster than phases end.
    """
    rows = {row["id"]: row for row in found.recipes}
    wrong = [
        f"recipe run {answer.body['id']} was accepted and has no row"
        for answer in found.answers
        if answer.path.startswith("/recipes/")
        and answer.method == "POST"
        and answer.is_good
        and answer.body["id"] not in rows
    ]
    return wrong + [
        f"recipe run {row['id']} is {row['state']}: {row['error']}"
        for row in rows.values()
        if row["state"] not in {"completed", "stopped"} and GIVEN_UP not in row["error"]
    ]


def checkpoints_verify(found: Evidence) -> list[str]:
    """What a row names is there, and is what was written; answered saves have their row."""
    wrong = [f"checkpoint {n}: {problem}" for n, problem in found.checkpoint_problems.items()]
    rows = {row["id"] for row in found.checkpoints}
    return wrong + [
        f"checkpoint {answer.body['id']} was saved and has no row"
        for answer in found.answers
        if answer.path.startswith("/checkpoints/save")
        and answer.is_good
        and answer.body["id"] not in rows
    ]


def nothing_is_left(found: Evidence) -> list[str]:
    """After the stop: no process, no temporary file, a good exit; and each fault was outlived."""
    wrong = [f"a process is left: {orphan}" for orphan in found.orphans]
    wrong += [f"a temporary file is left: {path}" for path in found.leftovers]
    wrong += [f"it did not come back after {told}" for told in found.unrecovered]
    for name, code in found.exit_codes.items():
        if code != 0:
            told = "had to be killed" if code is None else f"ended with code {code}"
            wrong.append(f"{name} {told} at Ctrl-C")
    return wrong


INVARIANTS: dict[str, Callable[[Evidence], list[str]]] = {
    "answers are sentences": answers_are_sentences,
    "no job is lost": no_job_is_lost,
    "no job ran twice": no_job_ran_twice,
    "each step once": each_step_once,
    "tasks and weights follow the events": tasks_follow_the_events,
    "commands once": commands_once,
    "summaries equal the points": summaries_agree,
    "levels of detail equal the points": levels_agree,
    "charts equal the points": views_agree,
    "evaluations are answered": evaluations_are_answered,
    "recipes end": recipes_end,
    "checkpoints verify": checkpoints_verify,
    "nothing is left": nothing_is_left,
}


def violations(found: Evidence) -> dict[str, list[str]]:
    """Return what does not hold, by invariant."""
    checked = {name: check(found) for name, check in INVARIANTS.items()}
    return {name: wrong for name, wrong in checked.items() if wrong}
