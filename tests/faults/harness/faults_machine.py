"""Faults of the machine: a full disk, and a clock that jumps."""

from collections.abc import Iterator

from tests.faults.harness.faults import fault
from tests.faults.harness.place import fill
from tests.faults.harness.site import LEASE_SECONDS, Site

JUMP_SECONDS = 20 * LEASE_SECONDS


@fault("fill-disk", "the disk of ACC_HOME is full", seconds=(1.0, 12.0), need="disk")
def fill_disk(site: Site, pick: float, seconds: float) -> Iterator[str]:
    home = site.trees[site.trainers[int(pick * len(site.trainers))]].home
    try:
        filler = fill(home)
        yield f"{home.name}, {filler.stat().st_size >> 20} MB"
    finally:
        (home / "filler").unlink(missing_ok=True)


def _jump(kind: str, what: str, offset: float) -> None:
    @fault(kind, what, seconds=(3.0, 12.0), need="clock")
    def inject(site: Site, pick: float, seconds: float) -> Iterator[str]:
        assert site.clock is not None
        seconds_off = int(offset * (0.2 + 0.8 * pick))
        try:
            site.clock.set(seconds_off)
            yield f"{seconds_off:+d} s"
        finally:
            site.clock.set(0)


_jump("clock-forwards", "every process's clock is ahead, past all leases", JUMP_SECONDS)
_jump("clock-backwards", "every process's clock is behind", -JUMP_SECONDS)
