"""What is wrong with a file of classes, in words for the person who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from traceback import TracebackException, walk_tb
from types import TracebackType

from acc.registry.source import file_label

LONGEST_ERROR = 2_000
LONGEST_TRACEBACK = 20_000


@dataclass(frozen=True)
class LoadError:
    """A file that does not load, or a class name it may not have.

    Attributes:
        last_good: classes from the file's last good content are still on offer.
    """

    file: str
    line: int | None
    error: str
    traceback: str
    last_good: bool


class UnknownClassError(KeyError):
    """No class of this name is on offer; the text says which there are."""

    def __str__(self) -> str:
        """Return the sentence itself: KeyError would put it in quotes."""
        return str(self.args[0])


def explain(error: BaseException, path: Path, *, last_good: bool) -> LoadError:
    """Return what a person needs to mend the file, without our own frames."""
    own = _from_file(error.__traceback__, path)
    told = TracebackException(type(error), error, own)
    line = _last_line_in(own, path)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line = error.lineno
    return LoadError(
        file=file_label(path),
        line=line,
        error=_sentence(error, told, ran=own is not None)[:LONGEST_ERROR],
        traceback="".join(told.format())[-LONGEST_TRACEBACK:],
        last_good=last_good,
    )


def conflict_error(class_name: str, file: str, line: int | None, kept_file: str) -> LoadError:
    """Return the error of a file that defines a name which another one has already."""
    return LoadError(
        file=file,
        line=line,
        error=f"{kept_file} already defines a class {class_name}; rename this one to offer it too",
        traceback="",
        last_good=False,
    )


def _from_file(tb: TracebackType | None, path: Path) -> TracebackType | None:
    """Return the traceback from its first frame in the file on; None where there is none."""
    while tb is not None and tb.tb_frame.f_code.co_filename != str(path):
        tb = tb.tb_next
    return tb


def _last_line_in(tb: TracebackType | None, path: Path) -> int | None:
    lines = [line for frame, line in walk_tb(tb) if frame.f_code.co_filename == str(path)]
    return lines[-1] if lines else None


def _sentence(error: BaseException, told: TracebackException, *, ran: bool) -> str:
    if isinstance(error, MemoryError) and ran:
        return "the file takes more memory than a file may while it loads"
    if isinstance(error, SystemExit):
        return f"the file ends the process as it loads: sys.exit({error.code!r})"
    if isinstance(error, UnicodeDecodeError) and not ran:
        byte = error.object[error.start]
        return f"the file is not UTF-8 text: byte 0x{byte:02x} at position {error.start}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    # By way of the traceback module: an exception's own __str__ may fail.
    return "".join(told.format_exception_only()).strip()
