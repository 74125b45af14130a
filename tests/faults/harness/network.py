"""Network namespaces of our own: each trainer side reaches Valkey and PostgreSQL by its own cable.

No address of this machine's own network is used, and none of its devices is touched.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

PREFIX = "accf"
SERVICES = "valkey", "postgres"


@dataclass(frozen=True)
class Network:
    """One namespace for the services, one for each trainer side, a cable a pair of them."""

    names: tuple[str, ...]

    def inside(self, name: str) -> list[str]:
        """Return what to put before a command, to run it in a namespace."""
        return ["ip", "netns", "exec", self._space(name)]

    def address(self, name: str, service: str) -> str:
        """Return where a trainer side finds a service."""
        return f"10.203.{self._cable(name, service)}.1"

    def cut(self, name: str, service: str) -> None:
        """Unplug a cable: packets are lost, and nobody is told."""
        self._switch(name, service, "down")

    def mend(self, name: str, service: str) -> None:
        """Plug it in again."""
        self._switch(name, service, "up")

    def make(self) -> None:
        """Make the namespaces and the cables."""
        for space in ("services", *self.names):
            _ip("netns", "add", self._space(space))
            self._in(space, "link", "set", "lo", "up")
        for name in self.names:
            for service in SERVICES:
                self._plug(name, service)

    def remove(self) -> None:
        """Remove everything; what is not there any more is no trouble."""
        for space in ("services", *self.names):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._space(space))

    def _plug(self, name: str, service: str) -> None:
        cable = self._cable(name, service)
        here, there = f"s{cable}", f"t{cable}"
        ends = (("services", here, 1), (name, there, 2))
        peer = ["peer", "name", there, "netns", self._space(name)]
        _ip("link", "add", here, "netns", self._space("services"), "type", "veth", *peer)
        for space, device, number in ends:
            self._in(space, "addr", "add", f"10.203.{cable}.{number}/30", "dev", device)
            self._in(space, "link", "set", device, "up")

    def _switch(self, name: str, service: str, state: str) -> None:
        self._in("services", "link", "set", f"s{self._cable(name, service)}", state)

    def _cable(self, name: str, service: str) -> int:
        return len(SERVICES) * self.names.index(name) + SERVICES.index(service)

    def _space(self, name: str) -> str:
        return f"{PREFIX}{os.getpid()}{name}"

    def _in(self, space: str, *words: str) -> None:
        _ip("-n", self._space(space), *words)


@contextlib.contextmanager
def network(names: Sequence[str]) -> Iterator[Network]:
    """Give a network; it is gone afterwards, and so are those of harnesses that were killed."""
    _sweep()
    made = Network(tuple(names))
    try:
        made.make()
        yield made
    finally:
        made.remove()


def _sweep() -> None:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        space = line.split()[0]
        number = "".join(c for c in space.removeprefix(PREFIX) if c.isdigit())
        if space.startswith(PREFIX) and number and not psutil.pid_exists(int(number)):
            _ip("netns", "del", space)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
