"""A machine that was too busy for a look gives its files another chance."""

from acc.registry import entry
from acc.registry.probe import Probe
from tests.acc.registry.zoo import Zoo, animal
from tests.setup.waiting import wait_until

SLOW_ONCE = """
import pathlib, time
been = pathlib.Path({been!r})
if not been.exists():
    been.touch()
    time.sleep(60)
"""


def test_a_file_that_ran_out_of_time_once_is_looked_at_again(tmp_path, monkeypatch):
    monkeypatch.setattr(entry, "AGAIN_SECONDS", 0.2)
    files = tmp_path / "files"
    files.mkdir()
    slow = SLOW_ONCE.format(been=str(tmp_path / "been"))
    (files / "dog.py").write_text(slow + animal("Dog"))
    zoo = Zoo(files, probe=Probe(seconds=1.5))
    zoo.refresh()
    assert zoo.names == []
    assert "does not finish loading" in zoo.problems[0]

    def is_on_offer() -> bool:
        zoo.refresh()
        return zoo.names == ["Dog"]

    wait_until(is_on_offer, "the file's class")
    assert zoo.problems == []


def test_a_file_that_is_plainly_wrong_is_not_looked_at_again_and_again(tmp_path, monkeypatch):
    monkeypatch.setattr(entry, "AGAIN_SECONDS", 0.0)
    runs = tmp_path / "runs"
    files = tmp_path / "files"
    files.mkdir()
    (files / "dog.py").write_text(f"open({str(runs)!r}, 'a').write('x')\nraise ValueError\n")
    zoo = Zoo(files)
    for _ in range(5):
        zoo.refresh()
    assert runs.read_text() == "x"
