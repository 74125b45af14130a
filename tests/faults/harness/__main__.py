"""Runs ACC, its clients and faults for some minutes, and looks at what is left.

Usage: python -m tests.faults.harness --minutes 10 --seed 1 [--database sqlite|postgres]
"""

import argparse
import contextlib
import json
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.faults.harness.clients import (
    RECIPE,
    Operator,
    RecipeRunner,
    prepare,
    wait_for_offers,
)
from tests.faults.harness.collect import evidence_collect, leftovers
from tests.faults.harness.evidence import Evidence
from tests.faults.harness.faults import Fault, apply, faults_for
from tests.faults.harness.invariants import violations
from tests.faults.harness.needs import missing
from tests.faults.harness.place import place
from tests.faults.harness.report import Injected, Report, figures
from tests.faults.harness.schedule import moments
from tests.faults.harness.site import Site, site
from tests.faults.harness.tree import wait_until_none
from tests.faults.harness.watch import Watch, seconds_until_steps

SLUGS = ("north", "south")
OPERATORS = 2  # of each experiment
SETTLE_SECONDS = 600.0
SWEEP_SECONDS = 10.0


def main() -> int:
    """Run, report, and return 0 only if every invariant held."""
    wanted = _arguments()
    # Turned into an exception, so that everything below is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lacking = missing()
    if wanted.database == "postgres" and "postgres" in lacking:
        print(f"Not run: {lacking['postgres']}")
        return 2
    chosen = faults_for(wanted.database)
    if wanted.only:
        unknown = sorted(set(wanted.only) - set(chosen))
        if unknown:
            print(f"No such fault: {', '.join(unknown)}; there are {', '.join(sorted(chosen))}.")
            return 2
        chosen = {kind: chosen[kind] for kind in wanted.only}
    left_out = {kind: lacking[f.need] for kind, f in chosen.items() if f.need in lacking}
    chosen = {kind: found for kind, found in chosen.items() if kind not in left_out}
    report = Report(wanted.database, wanted.seed, wanted.minutes, chosen, left_out)
    needed = {found.need for found in chosen.values()}
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(place())
        here = stack.enter_context(
            site(wanted.database, directory, lambda need: need not in needed)
        )
        try:
            found = _run(here, chosen, report)
        except BaseException:
            print(f"It broke off; what the run left is in {_keep(here, wanted.keep)}", flush=True)
            raise
        report.violations = violations(found)
        report.figures = figures(found)
        if report.violations or wanted.keep:
            report.kept = _keep(here, wanted.keep)
    print(report.as_text())
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(report.as_dict(), indent=1))
    return 1 if report.violations else 0


def _run(here: Site, chosen: dict[str, Fault], report: Report) -> Evidence:
    (here.place / "tasks" / "faults_recipe.py").write_text(RECIPE)
    if not here.keep_up():
        raise SystemExit("ACC does not start")
    wait_for_offers(here.caller)
    for slug in SLUGS:
        prepare(here.caller, slug)
    clients: list[Operator | RecipeRunner] = [
        Operator(here.caller, slug, number, report.seed)
        for number, slug in enumerate(SLUGS * OPERATORS)
    ]
    clients.append(RecipeRunner(here.caller, report.seed))
    for client in clients:
        client.start()
    watch = Watch(here)
    watch.start()
    unrecovered = _inject(here, chosen, report, watch)
    for client in clients:
        client.gone_home.set()
    for client in clients:
        client.join(timeout=120)
    unrecovered = unrecovered or _settle(here, clients)
    found = evidence_collect(here)
    found.unrecovered = unrecovered
    found.exit_codes = here.stop()
    found.orphans = [
        f"{process.pid} {process.name()}" for process in wait_until_none(here.homes, seconds=10)
    ]
    if leftovers(here.homes) and here.keep_up():
        time.sleep(SWEEP_SECONDS)  # what a kill left half written goes at the next start
        here.stop()
    found.leftovers = leftovers(here.homes)
    return found


def _inject(here: Site, chosen: dict[str, Fault], report: Report, watch: Watch) -> list[str]:
    """Inject one fault after another until the time is over; return those not outlived."""
    began = time.monotonic()
    ends = began + 60 * report.minutes
    unrecovered = []
    for moment in moments(report.seed, {kind: f.seconds for kind, f in chosen.items()}):
        if time.monotonic() + moment.wait > ends:
            break
        time.sleep(moment.wait)
        at = time.monotonic() - began
        told = apply(chosen[moment.kind], here, pick=moment.pick, seconds=moment.seconds)
        took = time.monotonic() - began - at
        over = time.monotonic()
        is_back = here.keep_up()
        online = time.monotonic() - over if is_back else None
        report.injected.append(Injected(moment.kind, at, took, told, online))
        back = "never" if online is None else f"after {online:.1f} s"
        line = f"{at:7.1f} s  {moment.kind:<18} {took:5.1f} s  {told}; online {back}"
        print(line, flush=True)
        if not is_back:
            unrecovered.append(f"{moment.kind} at {at:.0f} s ({told})")
            break
    report.minutes = (time.monotonic() - began) / 60
    watch.ended.set()
    watch.join()
    report.injected = [
        replace(one, stepping=seconds_until_steps(watch.looks, began + one.at + one.seconds))
        for one in report.injected
    ]
    return unrecovered


def _settle(here: Site, clients: list[Operator | RecipeRunner]) -> list[str]:
    """Let all work come to its end, and stop jobs that would take long; return what does not."""
    if any(client.is_alive() for client in clients):
        return ["the clients, of whom one still waits for an answer"]
    give_up_at = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < give_up_at:
        here.keep_up()
        for slug in SLUGS:
            current = here.caller.get(f"/jobs/current?experiment={slug}")
            if current and current["state"] == "paused":
                here.caller.ask("POST", f"/train/resume?experiment={slug}", {})
            if current and current["state"] in {"running", "queued", "paused"}:
                here.caller.ask("POST", f"/train/stop?experiment={slug}", {})
        if _is_at_rest(here):
            return []
        time.sleep(1)
    return ["the clients: something is still at work"]


def _is_at_rest(here: Site) -> bool:
    ended = "('completed', 'stopped', 'failed')"
    at_work = (
        f"SELECT id FROM trainer_job WHERE state NOT IN {ended} "
        f"UNION ALL SELECT id FROM trainer_reciperun WHERE state NOT IN {ended} "
        "UNION ALL SELECT id FROM trainer_call WHERE state IN ('pending', 'running') "
        "UNION ALL SELECT id FROM trainer_jobcommand WHERE state = 'pending'"
    )
    return not here.rows(at_work)


def _keep(here: Site, where: str | None) -> str:
    """Copy logs, databases and files to a directory that stays."""
    kept = Path(where or f"/tmp/acc-faults-kept-{time.strftime('%H%M%S')}")
    ignored = shutil.ignore_patterns("filler", "*.sock", ".s.PGSQL*", "checkpoints", "media")
    with contextlib.suppress(shutil.Error):  # files that come and go while they are copied
        shutil.copytree(here.place, kept, ignore=ignored, dirs_exist_ok=True)
    lines = [
        f"{a.at:.2f} {a.seconds:.2f} {a.method} {a.path} {a.why} {a.status} {a.text[:200]}"
        for a in here.caller.answers
    ]
    (kept / "answers.txt").write_text("\n".join(lines))
    return str(kept)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.harness", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--only", nargs="+", metavar="KIND", help="inject these faults alone")
    parser.add_argument("--json", metavar="FILE", help="write the report for machines as well")
    parser.add_argument("--keep", metavar="DIRECTORY", help="keep logs and database in any case")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
