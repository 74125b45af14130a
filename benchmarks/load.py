"""A system that holds much and is used by many: how long each click takes, alone and in a crowd."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from acc.verification.client import Client, wait_for
from acc.verification.system import ROOT, ThrowawaySystem
from benchmarks.processes import usage_by_role
from benchmarks.viewers import clock_attach

THINK_SECONDS = (1.0, 3.0)
SEED = 3
COST_ROUNDS = 7
SLUG = "load"


@dataclass(frozen=True)
class Size:
    """How much there is and how many there are.

    Attributes:
        rounds: how often somebody who is alone clicks everything.
        seconds: for how long all click at once.
    """

    jobs: int = 1000
    points: int = 100_000_000
    viewers: int = 500
    operators: int = 50
    rounds: int = 15
    seconds: float = 90.0


FULL = Size()
QUICK = Size(jobs=60, points=1_000_000, viewers=50, operators=5, rounds=3, seconds=15.0)


def figures(size: Size) -> dict[str, Any]:
    """Fill a system, then click: alone, and with everybody."""
    with _system() as system:
        client = system.client(SLUG)
        clock_attach(system, client)
        began = time.monotonic()
        made = _filled(system, size)
        filled_seconds = time.monotonic() - began
        job: int = client.post("/train/start", steps=10_000_000)["id"]
        wait_for(lambda: client.get(f"/jobs/{job}")["current_step"] > 0, seconds=60, what="a step")
        world = {
            "slug": SLUG,
            "live_job": job,
            "cards": made["cards"],
            "jobs": made["experiments"],
            "longest": made["longest"],
        }
        asked = {"world": world, "seed": SEED, "think": THINK_SECONDS, "rounds": 0}
        links = [f"{system.address}/sign-in/link/{token}/" for token in made["tokens"]]
        asked |= {"seconds": size.seconds}
        costs = _costs(system, world)
        alone = _phase(
            system, client, asked | {"links": links[:1], "rounds": size.rounds}, viewers=0
        )
        together = _phase(system, client, asked | {"links": links[1:]}, viewers=size.viewers)
        return {
            "size": asdict(size),
            "filled_seconds": filled_seconds,
            "database_bytes": sum(path.stat().st_size for path in system.home.glob("*.sqlite3*")),
            "costs": costs,
            "alone": alone,
            "together": together,
        }


@contextlib.contextmanager
def _system() -> Iterator[ThrowawaySystem]:
    with tempfile.TemporaryDirectory(prefix="acc-load-", ignore_cleanup_errors=True) as home:
        system = ThrowawaySystem(Path(home))
        try:
            system.start()
            yield system
        finally:
            system.stop()


def _filled(system: ThrowawaySystem, size: Size) -> dict[str, Any]:
    """Write the rows in a process of its own: it brings Django along."""
    facts = (str(system.home), SLUG, str(size.jobs), str(size.points), str(size.operators + 1))
    command = [sys.executable, "-m", "benchmarks.load_rows", *facts]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def _costs(system: ThrowawaySystem, world: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each click costs in processor time; what else the machine does hardly counts."""
    command = [sys.executable, "-m", "benchmarks.click_costs", str(system.home), str(COST_ROUNDS)]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(world), stdout=subprocess.PIPE, text=True, check=True
    )
    costs: list[dict[str, Any]] = json.loads(done.stdout)
    return costs


def _phase(
    system: ThrowawaySystem, client: Client, asked: dict[str, Any], *, viewers: int
) -> dict[str, Any]:
    """Have operators click; return what they noted, and what each role took meanwhile."""
    with _process("benchmarks.operators") as operators:
        _tell(operators, json.dumps(asked))
        _line_of(operators, "the operators could not sign in")
        with _crowd(client, viewers) as live:
            before, began = usage_by_role(system.pid, with_memory=False), time.monotonic()
            _tell(operators, "go")
            noted: dict[str, Any] = json.loads(operators.communicate()[0])
            after, seconds = usage_by_role(system.pid), time.monotonic() - began
    cpu = {
        role: max(0.0, usage.cpu_seconds - before[role].cpu_seconds) / seconds
        for role, usage in after.items()
        if role in before
    }
    cpu["operators"] = noted["cpu_seconds"] / noted["seconds"]
    roles = {role: asdict(usage) for role, usage in after.items()}
    return noted | {"cpu": cpu, "roles": roles, "live": live}


@contextlib.contextmanager
def _crowd(client: Client, count: int) -> Iterator[dict[str, Any]]:
    """Keep viewers connected; what they received is in the dictionary after the end."""
    told: dict[str, Any] = {}
    if not count:
        yield told
        return
    with _process("benchmarks.crowd", client.live_url(), str(count)) as crowd:
        _line_of(crowd, "the viewers could not connect")
        _tell(crowd, "count")
        began = time.monotonic()
        yield told
        seconds = time.monotonic() - began
        told |= json.loads(crowd.communicate()[0])
        told["cpu_share"] = told["cpu_seconds"] / seconds


@contextlib.contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run one of our modules, which is told what to do line by line."""
    command, pipe = [sys.executable, "-m", module, *arguments], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _line_of(process: subprocess.Popen[str], refusal: str) -> None:
    assert process.stdout is not None
    if not process.stdout.readline():
        raise RuntimeError(refusal)
