"""Saves as editors, people and tools make them, seen by a running watcher."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acc.registry import entry
from acc.registry.probe import Probe
from acc.registry.watcher import Watcher
from tests.acc.registry.zoo import Zoo, animal
from tests.setup.waiting import wait_until

SLOW = """import pathlib, time
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.01)
"""


class Watched:
    """A directory with a watcher on it, and what the watcher reported last."""

    def __init__(self, place: Path, *, poll: bool, known=(), probe: Probe | None = None) -> None:
        self.place = place
        self.offers: dict[str, str] = {}
        self.problems: list[str] = []
        self.reports: list[dict[str, str]] = []
        self.zoo = Zoo(place, settle_seconds=0.05, probe=probe)
        self.zoo.remember(known)
        self.watcher = Watcher([self.zoo], self._report, poll=poll, sweep_seconds=0.2)
        self.thread = threading.Thread(target=self.watcher.run)
        self.thread.start()
        wait_until(lambda: self.reports, "the first report")

    def _report(self, zoo):
        self.offers = {offer.class_name: offer.source for offer in zoo.list()}
        self.problems = zoo.problems
        self.reports.append(self.offers)

    def wait_for(self, **sounds):
        """Wait until exactly these classes are on offer."""
        expected = {name: animal(name, sound) for name, sound in sounds.items()}
        wait_until(lambda: self.offers == expected, f"{sounds} on offer")

    def end(self):
        self.watcher.end()
        self.thread.join(timeout=60)


@pytest.fixture(params=["events", "poll"])
def watched(request, tmp_path) -> Iterator[Watched]:
    place = tmp_path / "tasks"
    place.mkdir()
    watched = Watched(place, poll=request.param == "poll")
    yield watched
    watched.end()


def test_create_edit_rename_and_delete_are_followed(watched):
    file = watched.place / "dog.py"
    file.write_text(animal("Dog", "one"))
    watched.wait_for(Dog="one")
    file.write_text(animal("Dog", "two"))
    watched.wait_for(Dog="two")
    file.write_text(animal("Cat", "two"))
    watched.wait_for(Cat="two")
    file.rename(watched.place / "cat.py")
    (watched.place / "dog.py").write_text(animal("Dog", "new"))
    watched.wait_for(Cat="two", Dog="new")
    file.unlink()
    watched.wait_for(Cat="two")


def test_a_save_through_a_temporary_name_never_takes_the_class_away(watched):
    file = watched.place / "dog.py"
    file.write_text(animal("Dog", "0"))
    watched.wait_for(Dog="0")
    for number in range(1, 6):
        temporary = watched.place / ".dog.py.tmp"
        temporary.write_text(animal("Dog", str(number)))
        temporary.replace(file)
    watched.wait_for(Dog="5")
    assert all("Dog" in report for report in watched.reports[2:])


def test_an_older_file_put_back_and_a_save_of_equal_size_are_followed(watched):
    file = watched.place / "dog.py"
    for sound in ("aaa", "bbb", "ccc"):
        file.write_text(animal("Dog", sound))
        os.utime(file, (1_000_000, 1_000_000))
        watched.wait_for(Dog=sound)


def test_a_directory_that_is_made_anew_is_followed(watched):
    shutil.rmtree(watched.place)
    watched.place.mkdir()
    (watched.place / "dog.py").write_text(animal("Dog", "again"))
    watched.wait_for(Dog="again")
    (watched.place / "dog.py").write_text(animal("Dog", "more"))
    watched.wait_for(Dog="more")


def test_a_linked_file_is_followed_where_it_lies(watched, tmp_path):
    target = tmp_path / "elsewhere.py"
    target.write_text(animal("Dog", "far"))
    (watched.place / "dog.py").symlink_to(target)
    watched.wait_for(Dog="far")
    target.write_text(animal("Dog", "away"))
    watched.wait_for(Dog="away")


def test_a_file_that_breaks_is_reported_and_keeps_its_class(watched):
    file = watched.place / "dog.py"
    file.write_text(animal("Dog", "good"))
    watched.wait_for(Dog="good")
    file.write_text("class Dog(:\n")
    wait_until(lambda: watched.problems, "the mistake is reported")
    assert watched.problems == ["dog.py:1 SyntaxError: invalid syntax"]
    watched.wait_for(Dog="good")
    file.write_text(animal("Dog", "better"))
    watched.wait_for(Dog="better")
    assert watched.problems == []


def test_a_file_truncated_before_it_is_written_does_not_lose_its_class_for_a_moment(
    watched, monkeypatch
):
    monkeypatch.setattr(entry, "EMPTY_FACTOR", 2400.0)  # of two minutes, for a disk that is busy
    file = watched.place / "dog.py"
    file.write_text(animal("Dog", "a"))
    watched.wait_for(Dog="a")
    for number in range(20):
        with file.open("w") as stream:
            stream.flush()
            os.fsync(stream.fileno())
            stream.write(animal("Dog", str(number)))
    watched.wait_for(Dog="19")
    assert all(report for report in watched.reports[2:])


def test_after_a_restart_what_is_known_is_corrected_before_every_file_was_looked_at(tmp_path):
    for name in ("dog", "cat"):
        (tmp_path / f"{name}.py").write_text(animal(name.capitalize()))
    before = Zoo(tmp_path)
    before.refresh()
    known = before.list()
    (tmp_path / "cat.py").unlink()
    gate = tmp_path / "open"
    (tmp_path / "slow.py").write_text(SLOW.format(gate=str(gate)) + animal("Slow"))
    watched = Watched(tmp_path, poll=False, known=known, probe=Probe(seconds=240))
    try:
        wait_until(lambda: list(watched.offers) == ["Dog"], "what is gone is no more on offer")
        gate.touch()
        wait_until(lambda: "Slow" in watched.offers, "the slow file's class")
    finally:
        watched.end()
    names = [sorted(report) for report in watched.reports]
    assert names[0] == ["Cat", "Dog"]
    assert ["Dog"] in names
    assert names[-1] == ["Dog", "Slow"]
