"""FileEntry: what is known of one file of a registry, from its first sight to its end."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from acc.registry.errors import LoadError, explain
from acc.registry.offer import RegisteredClass
from acc.registry.probe import Look
from acc.registry.source import content_hash

# A file that was truncated may have to wait for its text longer than a change for its end: on a
# busy machine its writer is held up in between, and its classes would be gone meanwhile.
EMPTY_FACTOR = 10.0
# A look that ran out of time may only have met a busy machine: it is taken again after so long,
# each time after twice as long as before.
AGAIN_SECONDS = 10.0
LONGEST_AGAIN_SECONDS = 600.0


@dataclass
class FileEntry:
    """One file: the content that counts, the last good classes, and what is in flight.

    A change of content counts once it stood for the settle time.

    Attributes:
        content: the content looked at last; None before the first look and where it failed.
        classes: of the last good content, by name.
        claimed_at: the number of the registry's look that noticed the first content of an
            unbroken line of contents which define the class, by its name.
        noticed_at: the number of the look that noticed `content`.
        probing: the look that is in progress.
    """

    path: Path
    content: bytes = b""
    classes: dict[str, RegisteredClass] = field(default_factory=dict)
    claimed_at: dict[str, int] = field(default_factory=dict)
    noticed_at: int = 0
    error: LoadError | None = None
    probing: Future[Look] | None = None
    _again_at: float | None = None  # when to look once more at the same content
    _again_seconds: float = 0.0  # how long after the last one; 0: not yet
    _was_read: bool = False
    _seen: bytes | None = None  # content that is not settled yet; None: the file is away
    _seen_at: float | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether a change is waiting for its settle time to pass."""
        return self._seen_at is not None

    def remember(self, offer: RegisteredClass) -> None:
        """Take a class for one of the last good content, which had its name first."""
        self.classes[offer.class_name] = offer
        self.claimed_at[offer.class_name] = 0

    def has_gone(self, now: float, settle_seconds: float) -> bool:
        """Return whether a file that is not there has stayed away for the settle time."""
        return self._has_settled(None, now, settle_seconds)

    def has_changed(self, now: float, settle_seconds: float) -> bool:
        """Read the file; return whether it is to be looked at: another content has settled."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            self.error = explain(error, self.path, last_good=bool(self.classes))
            self._was_read = False  # look again as soon as it can be read
            self._seen_at = None
            return False
        if self._was_read and content == self.content:
            self._seen_at = None
            is_again = self._again_at is not None and now >= self._again_at
            if is_again:
                self._again_at = None
            return is_again
        if self.classes and not content.strip():
            settle_seconds *= EMPTY_FACTOR
        if not self._has_settled(content, now, settle_seconds):
            return False
        self.content, self._was_read = content, True
        self._again_at, self._again_seconds = None, 0.0
        return True

    def take_result(self) -> None:
        """Take over what the probe found, if it is done."""
        if self.probing is None or not self.probing.done():
            return
        look, self.probing = self.probing.result(), None
        self.error = look.error
        if look.ran_out_of_time:
            longer = min(2 * self._again_seconds, LONGEST_AGAIN_SECONDS)
            self._again_seconds = longer or AGAIN_SECONDS
            self._again_at = time.monotonic() + self._again_seconds
        if look.error is None:
            text = self.content.decode("utf-8")
            sha256 = content_hash(text)
            self.classes = {
                facts["class_name"]: RegisteredClass(**facts, source=text, source_sha256=sha256)
                for facts in look.classes
            }
            self.claimed_at = {
                name: self.claimed_at.get(name, self.noticed_at) for name in self.classes
            }

    def _has_settled(self, seen: bytes | None, now: float, settle_seconds: float) -> bool:
        if self._seen_at is None or self._seen != seen:
            self._seen, self._seen_at = seen, now
        if now - self._seen_at < settle_seconds:
            return False
        self._seen_at = None
        return True
