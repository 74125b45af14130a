"""Files that do harm as they load: each is one error, and nothing else suffers."""

import os
import signal
import sys
import time
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from acc.registry.probe import Look, Probe
from acc.registry.probe_process import ProbeProcess
from tests.acc.registry.zoo import HEAD, animal
from tests.setup.waiting import wait_until

ANIMAL = "tests.acc.registry.zoo:Animal"
DESCRIBE = "acc.registry.description:facts_of"
KINDS = {ANIMAL: DESCRIBE}

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits are Linux's")


@pytest.fixture(scope="module")
def probe() -> Probe:
    return Probe(seconds=1.5)


def look(probe: Probe, text: str, path: str = "/nowhere/dog.py") -> Look:
    return probe.submit(Path(path), text.encode(), base=ANIMAL, kinds=KINDS).result(timeout=120)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\nwhile True:\n    x += 1\n", None, "does not finish loading within 1.5 s"),
        ("import time\n\ntime.sleep(100)\n", 3, "does not finish loading within 1.5 s"),
        ("import time\nwhile not print('.', flush=True):\n    time.sleep(0.01)\n", None, "1.5 s"),
        ("import os\nos._exit(7)\n", None, "ends the process as it loads: exit code 7"),
        ("import ctypes\n\nctypes.string_at(0)\n", 3, "SIGSEGV (segmentation fault)"),
        ("print('x' * 3_000_000)\n", None, "prints more than 1 MB"),
        ("x = bytearray(50 << 30)\n", 1, "takes more memory than a file may"),
        ("def f(): f()\nf()\n", 1, "RecursionError"),
        ("raise SystemExit(4)\n", 1, "sys.exit(4)"),
        ("raise KeyboardInterrupt\n", 1, "KeyboardInterrupt"),
        ("(" * 10_000, 1, "too many nested parentheses"),
        ("raise ValueError('\\ud800 \\0')\n", 1, "ValueError: \\ud800 \\0"),
    ],
)
def test_a_file_that_does_harm_is_one_error(probe, text, line, words):
    found = look(probe, text)
    assert found.classes == ()
    assert found.error is not None
    assert words in found.error.error
    assert line is None or found.error.line == line
    found.error.traceback.encode()


def test_a_file_is_not_late_where_whoever_looks_is(probe, monkeypatch):
    stalls = [2.0]

    def wait_late(objects, timeout):
        if stalls:
            time.sleep(stalls.pop())  # such as on a machine that is busy with other things
        return wait(objects, timeout)

    monkeypatch.setattr("acc.registry.probe.wait", wait_late)
    found = look(probe, HEAD + animal("Dog"))
    assert found.error is None
    assert [one["class_name"] for one in found.classes] == ["Dog"]


@linux
def test_what_a_file_answered_counts_before_the_warm_process_learns_of_its_end(probe, tmp_path):
    warm = tmp_path / "warm"
    text = f"""import os, signal
open({str(warm)!r}, "w").write(str(os.getppid()))
os.kill(os.getppid(), signal.SIGSTOP)  # such as on a machine that is busy with other things
"""
    looked = probe.submit(
        Path("/nowhere/dog.py"), (text + animal("Dog")).encode(), base=ANIMAL, kinds=KINDS
    )
    stopped = int(wait_until(lambda: warm.exists() and warm.read_text(), "the file runs"))
    try:
        with pytest.raises(TimeoutError):
            looked.result(timeout=3)  # twice as long as a file may take
    finally:
        os.kill(stopped, signal.SIGCONT)
    found = looked.result(timeout=120)
    assert (found.error, [one["class_name"] for one in found.classes]) == (None, ["Dog"])


def test_a_process_that_comes_late_to_its_file_gives_the_file_its_whole_time(probe, monkeypatch):
    late = partial(ProbeProcess, started_at=time.monotonic() - 1.4)  # such as on a busy machine
    monkeypatch.setattr("acc.registry.probe.ProbeProcess", late)
    error = look(probe, "import time\n\ntime.sleep(100)\n").error
    assert error is not None
    assert error.line == 3


def test_an_endless_loop_is_shown_with_the_line_it_is_in(probe):
    error = look(probe, "def spin():\n    while True: pass\nspin()\n").error
    assert error is not None
    assert error.line == 2
    assert 'File "/nowhere/dog.py", line 3 in <module>' in error.traceback
    assert "forkserver" not in error.traceback


def test_a_file_that_hangs_holds_up_no_other(monkeypatch):
    probe = Probe(seconds=60)  # else those that hang could be over before the other one is
    hanging = [
        probe.submit(
            Path(f"/nowhere/{n}.py"), b"import time\ntime.sleep(600)\n", base=ANIMAL, kinds=KINDS
        )
        for n in range(8)
    ]
    assert [facts["class_name"] for facts in look(probe, animal("Dog")).classes] == ["Dog"]
    assert not any(future.done() for future in hanging)
    monkeypatch.setattr(probe, "_seconds", 0.1)
    assert all("does not finish" in future.result().error.error for future in hanging)


def test_registries_that_share_a_directory_run_a_file_once_and_again_when_it_comes_back(
    probe, tmp_path
):
    runs = tmp_path / "runs"
    text = f"open({str(runs)!r}, 'a').write('run ')\n" + animal("Dog")
    task = "acc.tasks.base:Task"
    kinds = {ANIMAL: DESCRIBE, task: "acc.tasks.facts:task_facts"}

    def look_for(base: str, changed: str = text) -> Look:
        found = probe.submit(Path("/nowhere/dog.py"), changed.encode(), base=base, kinds=kinds)
        return found.result(timeout=120)

    assert [facts["class_name"] for facts in look_for(ANIMAL).classes] == ["Dog"]
    assert look_for(task) == Look()
    assert runs.read_text() == "run "
    assert look_for(task) == Look()
    assert runs.read_text() == "run run "
    assert look_for(ANIMAL, text + "raise ValueError\n").error is not None


@linux
def test_what_a_file_started_ends_with_it(probe, tmp_path):
    note = tmp_path / "pid"
    text = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
    )
    assert look(probe, text + animal("Dog")).error is None
    pid = int(note.read_text())

    def has_ended() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    wait_until(has_ended, "the file's child ends")


def test_what_a_file_prints_and_changes_stays_in_its_process(probe, capfd, tmp_path):
    text = (
        "import os, sys, signal\nprint('hello', flush=True)\nos.chdir('/')\nsys.path.clear()\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    )
    place = Path.cwd()
    handler = signal.getsignal(signal.SIGTERM)
    assert look(probe, animal("Dog") + text).error is None
    assert look(probe, animal("Cat")).error is None
    assert capfd.readouterr() == ("", "")
    assert (Path.cwd(), signal.getsignal(signal.SIGTERM)) == (place, handler)


def test_a_description_is_plain_data_that_every_database_takes(probe):
    text = HEAD + (
        "class Dog(Animal):\n    '''A dog\\0 of note.'''\n"
        "    def __init__(self, age: float = float('nan'), tail='\\ud800'): ...\n"
    )
    found = look(probe, text)
    assert found.error is None
    (facts,) = found.classes
    assert facts["description"] == "A dog\\0 of note."
    defaults = [(p["name"], p["default"]) for p in facts["parameters"]]
    assert defaults == [("age", "nan"), ("tail", "\\ud800")]
    assert (facts["line"], facts["module"], facts["file"]) == (2, "dog", "/nowhere/dog.py")
