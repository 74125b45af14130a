"""What is wrong with files that somebody wants to use, file by file."""

from collections.abc import Sequence

from acc.dataset import DatasetError

FILES_TOLD = 20


class BadFilesError(DatasetError):
    """Files cannot be used; the text has a line for each of the first of them."""

    def __init__(self, problems: Sequence[tuple[str, str]], *, file_count: int) -> None:
        """Say which of `file_count` files are bad: (name, what is wrong with it) each."""
        lines = [f"{name}: {problem}" for name, problem in problems[:FILES_TOLD]]
        if len(problems) > FILES_TOLD:
            lines.append(f"and {len(problems) - FILES_TOLD} more")
        head = f"{len(problems)} of {file_count} files cannot be used:"
        super().__init__("\n".join([head, *lines]))
