"""The fault harness around its invariants: its schedule, its report, and what is missing."""

import json
import os
import subprocess
import sys
import time
from itertools import islice

import pytest

from tests.faults.harness import clock, needs
from tests.faults.harness.collect import leftovers
from tests.faults.harness.faults import BOTH, faults_for
from tests.faults.harness.report import Injected, Report
from tests.faults.harness.schedule import LONGEST_WAIT, moments
from tests.faults.harness.watch import Look, seconds_until_steps

KINDS = {"kill-job": (0.0, 0.0), "stop-web": (1.0, 8.0), "fill-disk": (2.0, 12.0)}


def planned(seed, count=30):
    return list(islice(moments(seed, KINDS), count))


def test_a_seed_decides_the_schedule_and_another_seed_gives_another_one():
    assert planned(1) == planned(1)
    assert planned(1) != planned(2)


def test_every_kind_comes_before_any_comes_again():
    kinds = [moment.kind for moment in planned(3)]
    for start in range(0, len(kinds), len(KINDS)):
        assert set(kinds[start : start + len(KINDS)]) == set(KINDS)


def test_moments_keep_within_what_their_kinds_allow():
    for moment in planned(4, 300):
        shortest, longest = KINDS[moment.kind]
        assert shortest <= moment.seconds <= longest
        assert 0 <= moment.wait <= LONGEST_WAIT
        assert 0 <= moment.pick < 1


def test_a_schedule_of_no_fault_is_refused():
    with pytest.raises(ValueError, match="no fault"):
        next(moments(1, {}))


@pytest.mark.parametrize("flavour", BOTH)
def test_every_fault_says_what_it_does_and_how_long_it_lasts(flavour):
    found = faults_for(flavour)
    assert len(found) > 20
    for kind, fault in found.items():
        assert fault.kind == kind
        assert fault.what
        assert 0 <= fault.seconds[0] <= fault.seconds[1] <= 30
        assert fault.need in {"", "network", "disk", "clock"}


def test_what_is_missing_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(needs, "compiler", lambda: "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    missing = needs.missing()
    assert {"network", "disk", "clock"} <= missing.keys()
    assert all(" " in sentence for sentence in missing.values())


def test_temporary_files_are_found_wherever_they_lie_and_others_are_not(tmp_path):
    for name in ("checkpoints/a.safetensors", "acc.sqlite3-wal", "logs/web.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert leftovers([tmp_path]) == []
    (tmp_path / "checkpoints/.a.safetensors.12.tmp").touch()
    (tmp_path / "media").mkdir()
    (tmp_path / "media/tmpab12").touch()
    assert len(leftovers([tmp_path])) == 2


def report(**changes):
    made = Report("sqlite", 7, 2.0, {"kill-job": faults_for("sqlite")["kill-job"]}, {})
    made.injected = [
        Injected("kill-job", 1.0, 0.1, "pid 3", online=0.2, stepping=after)
        for after in (0.5, 1.5, 4.0, None)
    ]
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_report_gives_the_rate_and_what_each_fault_cost():
    text = report().as_text()
    assert "4 faults, 2.0 a minute" in text
    assert "every invariant held" in text
    row = json.loads(json.dumps(report().as_dict()))["faults"]["kill-job"]
    assert (row["times"], row["steps_median"], row["steps_worst"]) == (4, 1.5, 4.0)


def test_jobs_go_on_when_something_new_is_stored_after_the_fault():
    looks = [Look(1, 7, True), Look(2, 7, True), Look(3, 8, True), Look(4, 8, False)]
    assert seconds_until_steps(looks, 1.5) == 1.5
    assert seconds_until_steps(looks, 3.5) is None  # nobody was at work
    assert seconds_until_steps(looks, 9) is None


def test_a_report_names_violations_what_was_left_out_and_where_the_rest_is():
    made = report(
        violations={"each step once": ["job 1: step 5 is missing"]},
        left_out={"fill-disk": "It needs root."},
        kept="/tmp/kept",
    )
    text = made.as_text()
    for told in ("VIOLATED: each step once (1)", "step 5", "fill-disk: It needs root", "/tmp/kept"):
        assert told in text
    assert "every invariant held" not in text


@pytest.mark.skipif(not clock.compiler(), reason="A C compiler is missing; apt-get install gcc")
def test_a_clock_that_is_set_jumps_in_processes_that_run_and_nothing_else_does(tmp_path):
    made = clock.Clock(tmp_path)
    program = (
        "import time\n"
        "while input():\n"
        "    then = time.monotonic(); time.sleep(0.01)\n"
        "    print(time.time(), time.monotonic() - then < 5, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, **made.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for offset in (0, 500, -500, 0):
            made.set(offset)
            print("look", file=process.stdin, flush=True)
            now, is_calm = process.stdout.readline().split()
            assert abs(float(now) - time.time() - offset) < 60
            assert is_calm == "True"
        print(file=process.stdin, flush=True)
        process.stdin.close()
        assert process.wait() == 0
