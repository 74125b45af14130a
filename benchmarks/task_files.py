"""Ways in which people and tools save task files, one trial each, and files that do harm."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

TEXT = '''"""A task of the benchmark, version {version}."""

import torch
from acc.tasks.base import Task


class {name}(Task):
    """Pulls the latent towards zero; version {version}."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        return self._get_latent(model_output).square().mean()

    def evaluate(self, autoencoder, device):
        return {{}}
'''

HOSTILE = {
    "syntax error": b"class Broken(:\n",
    "exception": b"def fail():\n    return 1 / 0\nfail()\n",
    "endless loop": b"x = 0\nwhile True:\n    x += 1\n",
    "os._exit": b"import os\nos._exit(0)\n",
    "SystemExit": b"raise SystemExit(1)\n",
    "segfault": b"import ctypes\nctypes.string_at(0)\n",
    "not UTF-8": b"# \xe9\n",
    "huge output": b"while True:\n    print('x' * 1_000_000)\n",
}


@dataclass
class Shelf:
    """A directory of task files in which trials are made.

    `expected` is what must be on offer after the last one: description by class name.
    """

    place: Path
    expected: dict[str, str] = field(default_factory=dict)
    _version: int = 0

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Return every way to change a file; each is one trial."""
        return {
            "create": self.create,
            "edit": self.edit,
            "atomic rename": self.edit_through_a_temporary_name,
            "class rename": self.rename_the_class,
            "older file put back": self.put_back,
            "linked file": self.edit_what_is_linked,
            "directory made anew": self.make_the_directory_anew,
            "delete": self.delete,
        }

    def create(self) -> None:
        self._write(self.place / f"new_{self._next()}.py", f"NewTask{self._version}")

    def edit(self) -> None:
        self._write(self.place / "edited.py", "EditedTask")

    def edit_through_a_temporary_name(self) -> None:
        temporary = self.place / ".edited.py.swp"
        self._write(temporary, "EditedTask")
        temporary.replace(self.place / "edited.py")

    def rename_the_class(self) -> None:
        for name in [name for name in self.expected if name.startswith("Renamed")]:
            del self.expected[name]
        self._write(self.place / "renamed.py", f"RenamedTask{self._next()}")

    def put_back(self) -> None:
        file = self.place / "edited.py"
        self._write(file, "EditedTask")
        os.utime(file, (1_000_000_000, 1_000_000_000))

    def edit_what_is_linked(self) -> None:
        target = self.place.parent / "linked" / "target.py"
        target.parent.mkdir(exist_ok=True)
        self._write(target, "LinkedTask")
        link = self.place / "linked.py"
        if not link.is_symlink():
            link.symlink_to(target)

    def make_the_directory_anew(self) -> None:
        shutil.rmtree(self.place)
        self.place.mkdir()
        self.expected.clear()
        self._write(self.place / "edited.py", "EditedTask")

    def delete(self) -> None:
        (self.place / "edited.py").unlink()
        del self.expected["EditedTask"]

    def write_many(self, count: int) -> None:
        """Write so many files with a class each."""
        for number in range(count):
            self._write(self.place / f"many_{number}.py", f"ManyTask{number}")

    def _write(self, file: Path, name: str) -> None:
        version = self._next()
        file.write_text(TEXT.format(name=name, version=version))
        self.expected[name] = f"Pulls the latent towards zero; version {version}."

    def _next(self) -> int:
        self._version += 1
        return self._version
