"""Secrets that are made once and kept in a file that only its owner can read."""

import os
import secrets
from pathlib import Path


def secret_file(path: Path) -> str:
    """Return the secret in the file; where there is no file, make one with a new secret."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(f"{secrets.token_urlsafe(40)}\n")
        try:
            # link() and not rename(): of two first starts at once, the second keeps the first's.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
