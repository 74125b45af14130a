"""Any sequence of changes to a directory leaves what a fresh look says, plus the last good."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.acc.registry.zoo import Zoo, animal

pytestmark = pytest.mark.long

FILES = ("a.py", "b.py", "c.py")
NAMES = ("Dog", "Cat", "Owl")
files = st.sampled_from(FILES)
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True)


class Directory(RuleBasedStateMachine):
    """A directory that somebody edits, and what a registry must say of it.

    The model knows of each file the classes of its last good content, in the order in which
    files came to claim a name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.zoo = Zoo(self.place)
        self.good: dict[str, dict[str, str]] = {}  # file -> class -> sound
        self.broken: set[str] = set()
        self.claims: dict[str, list[str]] = {name: [] for name in NAMES}
        self.counter = 0

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    @rule(file=files, classes=names)
    def save(self, file: str, classes: list[str]) -> None:
        self.counter += 1
        sounds = {name: f"{name}{self.counter}" for name in classes}
        text = "".join(animal(name, sound) for name, sound in sounds.items())
        (self.place / file).write_text(text)
        self._offers(file, sounds)

    @rule(file=files)
    def break_it(self, file: str) -> None:
        self.counter += 1
        (self.place / file).write_text(f"class Broken({self.counter}\n")
        self.broken.add(file)

    @rule(file=files)
    def delete(self, file: str) -> None:
        (self.place / file).unlink(missing_ok=True)
        self._offers(file, {})
        self.good.pop(file, None)

    @rule(old=files, new=files)
    def rename(self, old: str, new: str) -> None:
        if old == new or not (self.place / old).exists():
            return
        (self.place / old).rename(self.place / new)
        moved, was_broken = self.good.get(old, {}), old in self.broken
        self._offers(old, {})
        self.good.pop(old, None)
        if was_broken:  # what it was when it was good, nobody can tell under the new name
            self.broken.add(new)
        else:
            self._offers(new, moved)

    def _offers(self, file: str, sounds: dict[str, str]) -> None:
        self.broken.discard(file)
        self.good[file] = sounds
        for name, claimants in self.claims.items():
            if name not in sounds and file in claimants:
                claimants.remove(file)
            if name in sounds and file not in claimants:
                claimants.append(file)

    @invariant()
    def the_registry_says_what_the_directory_says(self) -> None:
        self.zoo.refresh()
        owners = {name: claimants[0] for name, claimants in self.claims.items() if claimants}
        offered = {name: self.zoo.get(name)().sound() for name in self.zoo.names}
        assert offered == {name: self.good[file][name] for name, file in owners.items()}
        errors = [(Path(e.file).name, e.last_good) for e in self.zoo.errors()]
        doubles = [(f, False) for claimants in self.claims.values() for f in claimants[1:]]
        broken = [(file, bool(self.good.get(file))) for file in self.broken]
        assert sorted(errors) == sorted(doubles + broken)

    @invariant()
    def a_fresh_registry_offers_the_same_files_good_classes(self) -> None:
        fresh = Zoo(self.place)
        sound_of = {n: fresh.get(n)().sound() for n in fresh.names}
        healthy = {file: sounds for file, sounds in self.good.items() if file not in self.broken}
        expected = {name for sounds in healthy.values() for name in sounds}
        assert set(sound_of) == expected
        for name, sound in sound_of.items():
            assert sound in {sounds.get(name) for sounds in healthy.values()}


TestDirectory = Directory.TestCase
TestDirectory.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
