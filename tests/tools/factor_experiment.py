"""Runs the factor experiment from the dashboard: `python -m tests.tools.factor_experiment`.

Its recipe's worker is killed with -9 in one phase and the job that it trains in a later one. The
picture of the comparison at the end goes to docs/pictures, what it says to the standard output.
"""

import argparse
import io
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.faults.system import System
from tests.setup.needs import chromium_path
from tests.setup.waiting import wait_until
from tests.tools.pictures import PLACE, page_open

RECIPE = "MnistFactorExperiment"
WORKER_DIES_IN, JOB_DIES_IN = "seed 0: curriculum, thickness", "seed 1: curriculum, slant"
PHASE_SECONDS, RUN_SECONDS = 900, 3600
COLOURS = 128
SHEETS = 16  # two branches with two seeds, four groups of the latent


def main() -> None:
    """Run it to its end; fail with what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.factor_experiment")
    parser.add_argument("--steps", type=int, default=150, help="of each phase")
    parser.add_argument("--data", default="digits", help="digits, mnist or auto")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="acc-", ignore_cleanup_errors=True) as place,
        sync_playwright() as playwright,
    ):
        system = System(Path(place) / "home", ACC_CHECKPOINT_SECONDS="10")
        system.home.mkdir()
        try:
            system.start()
            wait_until(lambda: _is_offered(system), "the recipe on offer", seconds=60)
            browser = playwright.chromium.launch(executable_path=chromium_path())
            page = page_open(browser, system.command("signinlink").strip())
            began = time.monotonic()
            run_id = _begin(page, system, steps=asked.steps, data=asked.data)
            _disturb(system, run_id)
            run = _finished(system, run_id)
            _tell(run, seconds=time.monotonic() - began)
            _picture(page, system, run_id)
            browser.close()
        finally:
            system.close()


def _is_offered(system: System) -> bool:
    return RECIPE in {row["class_name"] for row in system.get("/registry/recipes")}


def _begin(page: Page, system: System, *, steps: int, data: str) -> int:
    """Fill in the form of the recipes' page and press its button."""
    page.goto(f"http://127.0.0.1:{system.port}/recipes/")
    page.wait_for_selector("#connection[data-state=live]")
    form = page.locator(f"#recipe-{RECIPE}")
    for name in ("steps", "probe_steps"):
        form.get_by_role("textbox", name=name, exact=True).fill(str(steps))
    form.get_by_role("combobox", name="data").select_option(data)
    form.get_by_role("button", name="Run recipe").click()
    runs = wait_until(lambda: system.get("/recipes"), "the run", seconds=30)
    return int(runs[0]["id"])


def _run(system: System, run_id: int) -> dict[str, Any]:
    return next(row for row in system.get("/recipes") if row["id"] == run_id)


def _disturb(system: System, run_id: int) -> None:
    """Kill the recipe's process, and later the process of a job, with -9 in mid-phase."""
    for phase in (WORKER_DIES_IN, JOB_DIES_IN):
        trained = partial(_job_in_phase, system, run_id, phase)
        job = wait_until(trained, phase, seconds=PHASE_SECONDS)
        is_job = phase == JOB_DIES_IN
        victims = [system.process_of_job(job)] if is_job else system.workers("recipe")
        for victim in victims:
            victim.kill()
        print(f"killed in {phase!r}: {len(victims)} process(es)", flush=True)


def _job_in_phase(system: System, run_id: int, phase: str) -> int:
    """Return the job that a run trains in a phase, once it has done some steps; 0 until then."""
    run = _run(system, run_id)
    if run["state"] in {"failed", "stopped", "completed"}:
        raise SystemExit(f"the run is {run['state']}: {run['error']}")
    if run["current_phase"] != phase:
        return 0
    jobs = [row for row in system.get("/jobs") if row["state"] == "running"]
    return int(jobs[0]["id"]) if jobs and jobs[0]["current_step"] else 0


def _finished(system: System, run_id: int) -> dict[str, Any]:
    ends = {"completed", "failed", "stopped"}
    wait_until(lambda: _run(system, run_id)["state"] in ends, "the end", seconds=RUN_SECONDS)
    run = _run(system, run_id)
    if run["state"] != "completed":
        raise SystemExit(f"the run {run['state']}: {run['error']}")
    return run


def _tell(run: dict[str, Any], *, seconds: float) -> None:
    print(f"{run['state']} after {seconds:.0f} s; {len(run['phases_completed'])} phases")


def _picture(page: Page, system: System, run_id: int) -> None:
    page.goto(f"http://127.0.0.1:{system.port}/recipes/run/{run_id}/")
    page.wait_for_selector("#connection[data-state=live]")
    # The latents of the branches are looked at behind the last phase.
    sheets = page.locator("img.latent__sheet")
    wait_until(lambda: sheets.count() == SHEETS, "a way through each factor", seconds=RUN_SECONDS)
    for sheet in sheets.all():
        sheet.scroll_into_view_if_needed()  # they are loaded when they are seen
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")  # else the bar is drawn in the middle
    print(page.locator("table").first.inner_text())
    png = page.screenshot(full_page=True)
    # A tenth of the size, and nobody sees the difference.
    small = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(PLACE / "factor-experiment.png", optimize=True)


if __name__ == "__main__":
    main()
