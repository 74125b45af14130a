"""Files in the database behave as files do."""

import io
import random

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from tests.trainer.rows import at_once
from trainer.models import StoredChunk, StoredFile
from trainer.storage import CHUNK_BYTES, DatabaseStorage

pytestmark = [pytest.mark.portable, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def storage() -> DatabaseStorage:
    """The storage under test."""
    return DatabaseStorage()


def content_of(storage, name):
    with storage.open(name) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3_000_000])
def test_what_is_saved_is_read_back_to_the_byte(storage, size):
    content = random.Random(size).randbytes(size)
    name = storage.save("room/file.bin", ContentFile(content))
    assert content_of(storage, name) == content
    assert storage.size(name) == size


def test_a_file_can_be_read_from_anywhere_in_it(storage):
    content = random.Random(1).randbytes(2 * CHUNK_BYTES + 500)
    storage.save("file.bin", ContentFile(content))
    with storage.open("file.bin") as file:
        for at in (CHUNK_BYTES - 3, 0, 2 * CHUNK_BYTES, len(content) - 2, len(content) + 9):
            file.seek(at)
            assert file.read(10) == content[at : at + 10]
        file.seek(-4, io.SEEK_END)
        assert file.read() == content[-4:]


def test_an_archive_is_opened_where_it_lies(storage):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=np.arange(12).reshape(3, 4))
    storage.save("uploads/upload.npz", ContentFile(buffer.getvalue()))
    with storage.open("uploads/upload.npz") as file:
        assert np.load(file)["images"].tolist() == np.arange(12).reshape(3, 4).tolist()


def test_directories_are_seen_through_the_names_of_their_files(storage):
    for name in ("a/one", "a/two", "a/deep/three", "b"):
        storage.save(name, ContentFile(b"x"))
    assert [sorted(names) for names in storage.listdir("a")] == [["deep"], ["one", "two"]]
    assert [sorted(names) for names in storage.listdir("")] == [["a"], ["b"]]
    assert [storage.exists(name) for name in ("a", "a/one", "a/o", "c")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_taken_name_is_left_to_its_file(storage):
    first = storage.save("upload.npz", ContentFile(b"first"))
    second = storage.save("upload.npz", ContentFile(b"second"))
    assert first != second
    assert (content_of(storage, first), content_of(storage, second)) == (b"first", b"second")


def test_two_who_save_under_one_name_at_once_both_find_their_file(storage):
    contents = [bytes([number]) * 100 for number in range(4)]
    names = at_once(
        *(
            lambda content=content: storage.save("x.png", ContentFile(content))
            for content in contents
        )
    )
    assert [content_of(storage, name) for name in names] == contents


def test_a_file_that_is_not_saved_to_its_end_is_not_there(storage):
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"begun"
            raise OSError("the sender is gone")

    with pytest.raises(OSError, match="the sender is gone"):
        storage.save("half", Broken(b""))
    assert not storage.exists("half")
    assert StoredChunk.objects.count() == 0


def test_a_file_of_a_transaction_that_fails_is_not_there(storage):
    with transaction.atomic():
        storage.save("file", ContentFile(b"x"))
        transaction.set_rollback(True)
    assert not storage.exists("file")


def test_a_deleted_file_leaves_nothing_behind(storage):
    storage.save("file", ContentFile(b"x" * (CHUNK_BYTES + 1)))
    storage.delete("file")
    storage.delete("file")
    assert (StoredFile.objects.count(), StoredChunk.objects.count()) == (0, 0)
    with pytest.raises(FileNotFoundError):
        storage.open("file")


def test_a_file_that_is_deleted_while_it_is_read_is_not_taken_for_a_shorter_one(storage):
    storage.save("file", ContentFile(b"x" * (3 * CHUNK_BYTES)))
    with storage.open("file") as file:
        file.read(10)
        storage.delete("file")
        with pytest.raises(FileNotFoundError):
            file.read()
