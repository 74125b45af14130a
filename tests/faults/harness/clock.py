"""A wall clock that can be set for a site's processes alone, by a library that they preload."""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """How far the processes' clock is from the true one; it is right at first."""

    def __init__(self, place: Path) -> None:
        """Make the library.

        Raises:
            subprocess.CalledProcessError: it cannot be compiled.
        """
        self._library = place / "clock.so"
        self._offset = place / "clock.offset"
        self.set(0)
        flags = ["-shared", "-fPIC", "-O2", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run([compiler(), *flags], check=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have this clock."""
        return {"LD_PRELOAD": str(self._library), "ACCF_CLOCK": str(self._offset)}

    def set(self, seconds: int) -> None:
        """Let every process's clock be ahead by so many seconds, or behind, from now on."""
        # In place: the file is mapped.
        with self._offset.open("r+b" if self._offset.exists() else "w+b") as file:
            file.write(struct.pack("q", seconds))


def compiler() -> str:
    """Return a C compiler, "" where there is none."""
    return shutil.which("cc") or shutil.which("gcc") or ""
