"""What is wrong with files, or arrays of a file, that somebody wants to use, one by one."""

from collections.abc import Sequence

from acc.dataset import DatasetError

FILES_TOLD = 20


class BadFilesError(DatasetError):
    """Files cannot be used; the text has a line for each of the first of them."""

    def __init__(
        self, problems: Sequence[tuple[str, str]], *, count: int, noun: str = "files"
    ) -> None:
        """Say which of `count` files, or what the noun says, are bad: (name, its problem) each."""
        lines = [f"{name}: {problem}" for name, problem in problems[:FILES_TOLD]]
        if len(problems) > FILES_TOLD:
            lines.append(f"and {len(problems) - FILES_TOLD} more")
        head = f"{len(problems)} of {count} {noun} cannot be used:"
        super().__init__("\n".join([head, *lines]))
