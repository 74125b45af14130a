"""What becomes of a registry's findings in the system of record."""

import pytest

from tests.trainer.rows import offer_make
from trainer.models import FileVersion, RegisteredClass, RegistryError, Source
from trainer.services.registry import registry_store
from trainer.services.sources import ClassMissing, source_of

pytestmark = [pytest.mark.portable, pytest.mark.django_db]

BROKEN = {"file": "/tasks/a.py", "line": 3, "error": "no", "traceback": "", "last_good": True}


def store(*offers, errors=()):
    registry_store(registry="tasks", offers=list(offers), errors=list(errors))


def names():
    return list(RegisteredClass.objects.values_list("class_name", flat=True))


def test_rows_follow_what_is_on_offer():
    store(offer_make("A"), offer_make("B"))
    assert names() == ["A", "B"]
    store(offer_make("B"))
    assert names() == ["B"]


def test_a_version_that_is_no_longer_on_offer_is_kept_with_its_text():
    file = "/tasks/a.py"
    store(offer_make("A", source="one\n", file=file))
    old = RegisteredClass.objects.get().source_id
    store(offer_make("A", source="two\n", file=file))
    assert Source.objects.get(pk=old).text == "one\n"
    versions = FileVersion.objects.filter(file=file)
    assert {version.source.text for version in versions} == {"one\n", "two\n"}


def test_a_class_is_on_offer_since_its_version_came_and_not_since_the_last_look():
    store(offer_make("A"))
    since = RegisteredClass.objects.get().since
    store(offer_make("A"), offer_make("B"))
    assert RegisteredClass.objects.get(class_name="A").since == since
    store(offer_make("A", source="new\n"), offer_make("B"))
    assert RegisteredClass.objects.get(class_name="A").since > since


def test_a_file_is_broken_since_it_first_was_however_its_error_changes():
    store(errors=[BROKEN])
    since = RegistryError.objects.get().since
    store(errors=[{**BROKEN, "error": "still no"}])
    row = RegistryError.objects.get()
    assert (row.error, row.since) == ("still no", since)
    store()
    assert not RegistryError.objects.exists()


def test_one_registry_leaves_the_others_alone():
    store(offer_make("A"))
    registry_store(registry="models", offers=[offer_make("M")], errors=[])
    store()
    assert names() == ["M"]


def test_a_class_that_is_not_on_offer_is_refused_with_those_that_are():
    store(offer_make("A"), offer_make("B"))
    with pytest.raises(ClassMissing, match="no task class is called 'C'; there are: A, B"):
        source_of("tasks", "C")
