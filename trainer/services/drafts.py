"""Files that are being written: their names, and whether whoever wrote one is gone."""

import re

from trainer.services.workers import worker_is_gone, worker_name

# Signed with the name of the process that writes, which no other process ever has.
_DRAFT = re.compile(r"\..+~(?P<worker>[^~]*:\d+:[^~:]+)\.tmp")


def draft_name(name: str) -> str:
    """Return under which name this process writes a file until it is whole."""
    return f".{name}~{worker_name()}.tmp"


def draft_is_left(name: str) -> bool:
    """Return whether a name is that of a draft whose writer is known to be dead."""
    found = _DRAFT.fullmatch(name)
    return found is not None and worker_is_gone(found["worker"])
