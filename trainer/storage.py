"""A Django storage that keeps files in the database, for machines that share nothing else."""

import datetime
import errno
import io
import os
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.db.models import Q

from trainer.models import StoredChunk, StoredFile

# A read needs one chunk in memory, and PostgreSQL takes no value of more than a gigabyte.
CHUNK_BYTES = 1024**2


class DatabaseStorage(Storage):
    """Files as rows. A file is there whole or not at all: it is saved in one transaction."""

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(f"files of the database are opened to be read, not as {mode!r}")
        return File(io.BufferedReader(_StoredReader(self._row(name)), CHUNK_BYTES), name=name)

    def _save(self, name: str, content: "File[Any]") -> str:
        try:
            with transaction.atomic():
                row = StoredFile.objects.create(name=name, size_bytes=0)
        except IntegrityError:
            # Somebody took the name a moment ago.
            path = PurePosixPath(name)
            other = self.get_alternative_name(str(path.with_suffix("")), path.suffix)
            return self._save(other, content)
        return self._fill(row, content)

    @transaction.atomic
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Store a file under a name or, where that is taken, one like it; return the name."""
        return super().save(name, content, max_length)

    def _fill(self, row: StoredFile, content: "File[Any]") -> str:
        size = 0
        for number, chunk in enumerate(content.chunks(CHUNK_BYTES)):
            size += len(chunk)
            StoredChunk.objects.create(file=row, number=number, content=chunk)
        row.size_bytes = size
        row.save(update_fields=["size_bytes"])
        return row.name

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        StoredFile.objects.filter(name=name).delete()

    def exists(self, name: str) -> bool:
        """Return whether there is a file of the name, or one in a directory of the name."""
        return StoredFile.objects.filter(Q(name=name) | Q(name__startswith=f"{name}/")).exists()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the names of the directories and of the files in a directory."""
        start = f"{path.strip('/')}/" if path.strip("/") else ""
        names = StoredFile.objects.filter(name__startswith=start).values_list("name", flat=True)
        parts = [name.removeprefix(start).split("/") for name in names]
        directories = dict.fromkeys(part[0] for part in parts if len(part) > 1)
        return list(directories), [part[0] for part in parts if len(part) == 1]

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        return self._row(name).size_bytes

    def get_created_time(self, name: str) -> datetime.datetime:
        """Return when a file was saved."""
        return self._row(name).created_at

    def get_modified_time(self, name: str) -> datetime.datetime:
        """Return when a file was saved: none is ever changed."""
        return self._row(name).created_at

    def _row(self, name: str) -> StoredFile:
        row = StoredFile.objects.filter(name=name).first()
        if row is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return row


class _StoredReader(io.RawIOBase):
    """Reads a stored file, one chunk at a time, from anywhere in it."""

    def __init__(self, row: StoredFile) -> None:
        super().__init__()
        self._row = row
        self._at = 0
        self._chunk: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._row.size_bytes}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._row.size_bytes:
            return 0
        number, begin = divmod(self._at, CHUNK_BYTES)
        part = self._content(number)[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _content(self, number: int) -> bytes:
        if self._chunk[0] != number:
            chunk = self._row.chunks.filter(number=number).first()
            if chunk is None:
                raise FileNotFoundError(errno.ENOENT, "it was deleted meanwhile", self._row.name)
            self._chunk = (number, bytes(chunk.content))
        return self._chunk[1]
