"""The tree of states as lines of a list: lanes for branches, runs of plain states folded up."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from trainer.models import Checkpoint

# Lanes beyond this lie on each other: a phone has no room for more.
MOST_LANES = 8
LANE = 14  # pixels
# A fold hides no fewer states than this: for two it would save nothing.
FEWEST_FOLDED = 3


@dataclass(frozen=True)
class TreeLine:
    """One state.

    Attributes:
        lane: 0 for the trunk, one more for each branching in between.
        has_before: whether its own lane comes from above, else from the lane on its left.
        has_after: whether its own lane goes on below.
    """

    checkpoint: Checkpoint
    lane: int
    has_before: bool
    has_after: bool
    is_root: bool

    @property
    def lanes(self) -> list[int]:
        """Where the lanes of its ancestors pass, in pixels."""
        return [lane_x(lane) for lane in range(min(self.lane, MOST_LANES))]

    @property
    def x(self) -> int:
        """Where its own lane is, in pixels."""
        return lane_x(min(self.lane, MOST_LANES))

    @property
    def from_x(self) -> int:
        """Where the lane is that it branches off, in pixels."""
        return lane_x(max(0, min(self.lane, MOST_LANES) - 1))

    @property
    def width(self) -> int:
        """How wide the drawing of its lanes is, in pixels."""
        return lane_x(min(self.lane, MOST_LANES)) + LANE // 2 + 1


@dataclass(frozen=True)
class TreeFold:
    """States in a row of which nothing is to be said; they are shown on request."""

    lines: list[TreeLine] = field(default_factory=list)

    @property
    def key(self) -> int:
        """What tells it from other folds, however it grows."""
        return self.lines[0].checkpoint.pk

    @property
    def words(self) -> str:
        """How many states, and from which steps."""
        first, last = self.lines[0].checkpoint.step, self.lines[-1].checkpoint.step
        return f"{len(self.lines)} states, model step {first:,} to {last:,}"


def lane_x(lane: int) -> int:
    """Return the middle of a lane, in pixels."""
    return LANE // 2 + lane * LANE


def tree_lines(
    checkpoints: list[Checkpoint],
    current_id: int | None,
    chosen_id: int | None,
    starts: Mapping[int, int | None],
) -> list[TreeLine | TreeFold]:
    """Return the states from the oldest on, each branch right after the state that it begins at.

    The branch with the current state goes on in the lane of its origin; else the longest does.

    Args:
        starts: of each job, the state that it began with.
    """
    children: dict[int | None, list[Checkpoint]] = {}
    origins = _origins(checkpoints, starts)
    for row in sorted(checkpoints, key=lambda row: row.pk):
        children.setdefault(origins[row.pk], []).append(row)
    sizes = _sizes(checkpoints, children, current_id)
    lines: list[TreeLine] = []
    # Not by recursion: a chain may have thousands of states.
    waiting = [(root, 0, False, True) for root in reversed(children.get(None, []))]
    while waiting:
        row, lane, has_before, is_root = waiting.pop()
        grown = sorted(children.get(row.pk, []), key=lambda child: sizes[child.pk])
        lines.append(TreeLine(row, lane, has_before, bool(grown), is_root))
        if grown:
            waiting.append((grown[-1], lane, True, False))
            waiting += [(child, lane + 1, False, False) for child in grown[:-1]]
    return _folded(lines, children, {current_id, chosen_id})


def _origins(
    checkpoints: list[Checkpoint], starts: Mapping[int, int | None]
) -> dict[int, int | None]:
    """Return from which state the line to each one is drawn.

    A parent is a state that stays: of one that goes by itself, what the job stored next is a
    sibling. The job went through it all the same, and so does the line while it is there.
    """
    known = {row.pk: row for row in checkpoints}
    origins: dict[int, int | None] = {}
    passed: defaultdict[tuple[int, int | None], list[Checkpoint]] = defaultdict(list)
    for row in sorted(checkpoints, key=lambda row: row.pk):
        parent = known.get(row.parent_id or 0)
        origins[row.pk] = parent.pk if parent else None
        is_branch = parent is not None and parent.file_name == row.file_name
        if row.job_id is None or is_branch:
            continue
        siblings = passed[row.job_id, row.parent_id]
        earlier = (one for one in reversed(siblings) if one.job_step <= row.job_step)
        before = next(earlier, known.get(starts.get(row.job_id) or 0))
        if before is not None and before.parent_id == row.parent_id:
            origins[row.pk] = before.pk
        siblings.append(row)
    return origins


def _sizes(
    checkpoints: list[Checkpoint],
    children: dict[int | None, list[Checkpoint]],
    current_id: int | None,
) -> dict[int, tuple[bool, int]]:
    """Return whether the current state is in what grew from each state, and how much did."""
    sizes: dict[int, tuple[bool, int]] = {}
    # A child is younger than its parent: from the youngest on, each finds its children counted.
    for row in sorted(checkpoints, key=lambda row: row.pk, reverse=True):
        below = [sizes.get(child.pk, (False, 0)) for child in children.get(row.pk, [])]
        has_current = row.pk == current_id or any(held for held, _ in below)
        sizes[row.pk] = (has_current, 1 + sum(count for _, count in below))
    return sizes


def _folded(
    lines: list[TreeLine], children: dict[int | None, list[Checkpoint]], shown: set[int | None]
) -> list[TreeLine | TreeFold]:
    folded: list[TreeLine | TreeFold] = []
    run: list[TreeLine] = []
    for line in [*lines, None]:
        if line is not None and _is_plain(line, children, shown):
            run.append(line)
            continue
        folded += [TreeFold(run)] if len(run) >= FEWEST_FOLDED else run
        run = []
        if line is not None:
            folded.append(line)
    return folded


def _is_plain(
    line: TreeLine, children: dict[int | None, list[Checkpoint]], shown: set[int | None]
) -> bool:
    row = line.checkpoint
    in_line = line.has_before and len(children.get(row.pk, [])) == 1
    return in_line and not row.tag and row.pk not in shown
