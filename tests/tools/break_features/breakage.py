"""One deliberate breakage: a textual edit of one file, and the check that must notice it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Breakage:
    """An edit of one file that breaks one promise.

    Attributes:
        file: relative to the root of the tree.
        old: text that the file has exactly once.
        new: what stands there instead.
        breaks: what a person would see, in a sentence.
        check: the check of acc.test_m2 that must fail first.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    check: str

    def as_row(self) -> str:
        """Return the breakage as a row of the documentation's table."""
        return f"| {self.breaks} | {self.check.replace('_', ' ')} | {self.name} |"

    def applied_to(self, text: str) -> str:
        """Return a file's text with the breakage.

        Raises:
            ValueError: the old text is not there exactly once.
        """
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.name}: {self.file} has the old text {count} times, not once")
        return text.replace(self.old, self.new)

    def apply(self, root: Path) -> str:
        """Break the tree at `root`; return what the file was before."""
        path = root / self.file
        before = path.read_text()
        path.write_text(self.applied_to(before))
        return before
