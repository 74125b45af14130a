"""Tells open pages that what goes wrong is no longer what it was."""

from trainer.live.events import SYSTEM_GROUP
from trainer.live.publish import publish
from trainer.selectors.warnings import warnings_now


def warnings_announce(*, told: frozenset[str]) -> frozenset[str]:
    """Look what goes wrong, and announce it if it is not what was told; return its keys."""
    keys = frozenset(warning.key for warning in warnings_now())
    if keys != told:
        publish(SYSTEM_GROUP, {"type": "warning", "keys": sorted(keys)})
    return keys
