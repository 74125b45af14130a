"""The difference between two texts, line by line, as a page shows it."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 3
# Python's own: a form feed or a Unicode separator ends no line of code.
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class DiffLine:
    """One line: kept, added or removed, with its number in each text that has it."""

    kind: str
    old_number: int | None
    new_number: int | None
    text: str

    @property
    def sign(self) -> str:
        """The sign that difference tools put in front."""
        return {"added": "+", "removed": "\N{MINUS SIGN}"}.get(self.kind, "")


@dataclass(frozen=True)
class Hunk:
    """Neighbouring changes with the lines around them."""

    skipped: int
    lines: list[DiffLine]


@dataclass(frozen=True)
class Diff:
    """All changes between two texts; `skipped` unchanged lines follow the last of them."""

    hunks: list[Hunk]
    skipped: int

    @property
    def added(self) -> int:
        """How many lines only the new text has."""
        return self._count("added")

    @property
    def removed(self) -> int:
        """How many lines only the old text has."""
        return self._count("removed")

    def _count(self, kind: str) -> int:
        return sum(line.kind == kind for hunk in self.hunks for line in hunk.lines)


def lines_of(text: str) -> list[str]:
    """Return a text's lines as Python numbers them, without their ends."""
    lines = _LINE_END.split(text)
    return lines[:-1] if lines[-1] == "" else lines


def diff_of(old: str, new: str) -> Diff:
    """Return what changed from one text to another."""
    old_lines, new_lines = lines_of(old), lines_of(new)
    matcher = SequenceMatcher(None, old_lines, new_lines)
    hunks, shown = [], 0
    # Of equal texts, difflib gives a group without a change.
    groups = matcher.get_grouped_opcodes(CONTEXT) if old_lines != new_lines else ()
    for group in groups:
        lines: list[DiffLine] = []
        for tag, old_from, old_to, new_from, new_to in group:
            old_range, new_range = range(old_from, old_to), range(new_from, new_to)
            if tag == "equal":
                pairs = zip(old_range, new_range, strict=True)
                lines += [DiffLine("kept", at + 1, to + 1, old_lines[at]) for at, to in pairs]
                continue
            lines += [DiffLine("removed", at + 1, None, old_lines[at]) for at in old_range]
            lines += [DiffLine("added", None, at + 1, new_lines[at]) for at in new_range]
        hunks.append(Hunk(group[0][1] - shown, lines))
        shown = group[-1][2]
    return Diff(hunks, len(old_lines) - shown)
