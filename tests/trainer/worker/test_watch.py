"""What the watching process makes of a directory that all registries read."""

import datetime
from types import SimpleNamespace

import pytest

from trainer.models import RegisteredClass, RegistryError, TrainerNode
from trainer.services.registry import registry_store
from trainer.worker.watch import watch as watch_module
from trainer.worker.watch.watch import Keeper, leads, registries_make, rows_stored

pytestmark = pytest.mark.django_db

GENERATOR = """from acc.generators.base import Generator

class OwnGenerator(Generator):
    def generate(self):
        return None
"""


@pytest.fixture
def place(settings, tmp_path):
    """A directory of a person's own files."""
    settings.ACC_TASK_DIRS = [tmp_path]
    return tmp_path


@pytest.fixture
def look(place):
    """Look at all files and write the rows."""
    registries = registries_make(settle_seconds=0.0)
    keeper = Keeper(registries)

    def look_once():
        for registry in registries:
            registry.refresh()
            keeper.keep(registry)
        return [(row.registry, row.file, row.last_good) for row in RegistryError.objects.all()]

    return look_once


def test_a_broken_file_is_one_error_though_four_registries_read_it(look, place):
    file = place / "broken.py"
    file.write_text("def\n")
    assert look() == [("tasks", str(file), False)]
    file.write_text("x = 1\n")
    assert look() == []


def test_a_file_that_goes_bad_is_the_error_of_the_registry_that_still_offers_its_class(look, place):
    file = place / "own.py"
    file.write_text(GENERATOR)
    assert look() == []
    file.write_text(GENERATOR + "1 / 0\n")
    assert look() == [("generators", str(file), True)]
    assert RegisteredClass.objects.filter(class_name="OwnGenerator").exists()
    file.unlink()
    assert look() == []


def test_a_file_that_goes_bad_keeps_its_classes_whichever_registry_is_told_first(place):
    file = place / "own.py"
    file.write_text(GENERATOR)
    registries = registries_make(settle_seconds=0.0)
    keeper = Keeper(registries)
    for registry in registries:
        registry.refresh()
        keeper.keep(registry)
    file.write_text(GENERATOR + "1 / 0\n")
    for registry in registries:
        registry.refresh()
        keeper.keep(registry)
        assert [row.last_good for row in RegistryError.objects.all()] == [True]


def test_a_name_that_two_files_claim_is_an_error_beside_a_file_that_does_not_load(look, place):
    (place / "a.py").write_text(GENERATOR)
    look()
    (place / "b.py").write_text(GENERATOR)
    (place / "c.py").write_text("def\n")
    assert look() == [
        ("generators", str(place / "b.py"), False),
        ("tasks", str(place / "c.py"), False),
    ]


def test_of_two_trainer_sides_the_one_that_is_alive_longest_keeps_the_rows(
    monkeypatch, still_clock
):
    monkeypatch.setenv("ACC_NODE", "here:1")
    assert leads()
    TrainerNode.objects.create(name="here:1", seen_at=still_clock)
    younger = TrainerNode.objects.create(name="there:2", seen_at=still_clock)
    assert leads()
    monkeypatch.setenv("ACC_NODE", "there:2")
    assert not leads()
    a_minute_ago = still_clock - datetime.timedelta(seconds=60)
    TrainerNode.objects.filter(name="here:1").update(seen_at=a_minute_ago)
    assert leads()
    younger.delete()
    assert leads()


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(watch_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def keeper(place):
    (place / "own.py").write_text(GENERATOR)
    (place / "broken.py").write_text("def\n")
    registries = registries_make(settle_seconds=0.0)
    keeper = Keeper(registries)
    for registry in registries:
        registry.refresh()
        keeper.keep(registry)
    return keeper


def test_rows_that_nobody_else_wrote_are_left_alone(keeper, caplog):
    keeper.mend()
    assert "put right" not in caplog.text


def test_what_another_trainer_side_wrote_is_put_right_but_not_at_once_again(keeper, clock):
    ours = rows_stored()
    registry_store(registry="generators", offers=[], errors=[])
    assert rows_stored() != ours
    keeper.mend()
    assert rows_stored() == ours
    assert RegisteredClass.objects.filter(class_name="OwnGenerator").exists()
    # Two trainer sides that each take themselves for the leader do not answer each other forever.
    registry_store(registry="generators", offers=[], errors=[])
    keeper.mend()
    assert rows_stored() != ours


def test_who_was_undone_again_and_again_waits_longer_until_it_is_left_alone(keeper, clock):
    ours = rows_stored()

    def put_right_after(seconds: float) -> bool:
        registry_store(registry="generators", offers=[], errors=[])
        clock[0] += seconds
        keeper.mend()
        return rows_stored() == ours

    assert put_right_after(0)
    assert put_right_after(2)
    assert not put_right_after(2)
    assert put_right_after(2)
    clock[0] += 24
    keeper.mend()
    assert put_right_after(0)
    assert put_right_after(2)


def test_rows_that_another_trainer_side_wrote_at_the_same_moment_are_put_right(
    keeper, clock, monkeypatch
):
    ours = rows_stored()

    def written_over(**rows):
        registry_store(**rows)
        registry_store(registry=rows["registry"], offers=[], errors=[])

    with monkeypatch.context() as patch:
        patch.setattr(watch_module, "registry_store", written_over)
        registry_store(registry="generators", offers=[], errors=[])
        keeper.mend()
        assert rows_stored() != ours
    clock[0] += 2
    keeper.mend()
    assert rows_stored() == ours
