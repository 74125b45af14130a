"""What the harness needs of a machine; where something is missing, a sentence says what."""

import os
import shutil
import subprocess
import sys

from tests.faults.harness.clock import compiler
from tests.setup.needs import NEEDS, postgres_bin

PROBE = "accfprobe"


def missing() -> dict[str, str]:
    """Return the needs that this machine does not meet, each with how to get it."""
    found = {
        "postgres": "" if postgres_bin() else NEEDS["postgres"][1],
        "network": _no_network(),
        "disk": "" if _is_root() else "A small disk of its own needs root, to mount a tmpfs.",
        "clock": _no_clock(),
    }
    return {need: sentence for need, sentence in found.items() if sentence}


def _is_root() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def _no_clock() -> str:
    if sys.platform != "linux":
        return "A clock of its own for some processes is had on Linux alone."
    if not compiler():
        return "A C compiler is missing, for a clock of its own; get it with: apt-get install gcc"
    return ""


def _no_network() -> str:
    if not _is_root():
        return "Network namespaces need root."
    if not shutil.which("ip"):
        return "The program ip is missing; get it with: apt-get install iproute2"
    make = ["ip", "netns", "add", PROBE]
    made = subprocess.run(make, check=False, capture_output=True, text=True)
    if made.returncode:
        return f"Network namespaces cannot be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", PROBE], check=True)
    return ""
