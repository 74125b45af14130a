"""What the pages of recipes need: runs with their progress, their phases and their log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.recipe_comparison import comparison_of
from dashboard.recipe_curves import curve_rows
from dashboard.texts import literal_text
from trainer.models import Job, RecipeRun, RecipeStep
from trainer.selectors.courses import job_courses
from trainer.selectors.evals import metric_directions, metric_units
from trainer.selectors.latents import latents_of
from trainer.selectors.recipes import (
    recipe_eta,
    recipe_progress,
    recipe_reports,
    recipe_steps,
    recipes_of,
)

RUNS_SHOWN = 20


@dataclass(frozen=True)
class RunRow:
    """A run and how far it came; `eta` in seconds, None where nobody knows."""

    run: RecipeRun
    done: int
    planned: int
    eta: float | None
    params: list[tuple[str, str]]

    @property
    def is_stopping(self) -> bool:
        """Whether the run is asked to stop and has not yet."""
        return self.run.is_active and self.run.stop_asked_at is not None


@dataclass(frozen=True)
class LogRow:
    """A call that a run made, in words."""

    at: datetime
    phase: str
    words: str
    details: str
    job: Job | None
    refusal: str
    abandoned: bool
    under_way: bool
    is_said: bool


@dataclass(frozen=True)
class PhaseRow:
    """A phase with its calls: done, now or to come."""

    number: int
    name: str
    steps: int
    state: str
    calls: list[LogRow]

    @property
    def begun_anew(self) -> bool:
        """Whether the phase was interrupted once."""
        return any(call.abandoned for call in self.calls)


def runs_panel() -> dict[str, Any]:
    """Return what `partials/recipe_runs.html` needs."""
    return {"run_rows": [run_row(run) for run in recipes_of()[:RUNS_SHOWN]]}


def run_panel(run: RecipeRun) -> dict[str, Any]:
    """Return what `partials/recipe_run.html` needs."""
    reports = recipe_reports(run)
    slugs = {report["experiment"] for report in reports}
    states = [report["checkpoint"] for report in reports if report.get("checkpoint")]
    latents = {pk: view.facts for pk, view in latents_of(states).items()}
    calls = [_log_row(step) for step in recipe_steps(run)]
    comparison = comparison_of(reports, metric_directions(slugs), latents, metric_units(slugs))
    courses = job_courses(job for report in reports for job in report["jobs"])
    return {
        "row": run_row(run),
        "run": run,
        # What it was started beside is none of a run's that ended before it did anything.
        "run_experiment": run.experiment if run.is_active or calls else None,
        "phases": _phases(run, calls),
        "log": [call for call in calls if call.is_said],
        "comparison": comparison,
        "curve_rows": curve_rows(comparison, courses) if comparison else [],
    }


def run_row(run: RecipeRun) -> RunRow:
    """Return a run with its progress."""
    done, planned = recipe_progress(run)
    params = [(name, literal_text(value)) for name, value in run.params.items()]
    return RunRow(run, done, planned, recipe_eta(run, done=done, planned=planned), params)


def _phases(run: RecipeRun, calls: list[LogRow]) -> list[PhaseRow]:
    """Return the announced phases and those that came unannounced, in order."""
    planned = dict(run.plan)
    come = [*run.phases_completed, *([run.current_phase] if run.current_phase else [])]
    names = [*planned, *(name for name in come if name not in planned)]
    return [
        PhaseRow(
            number,
            name,
            planned.get(name, 0),
            _phase_state(run, name),
            [call for call in calls if call.phase == name],
        )
        for number, name in enumerate(names)
    ]


def _phase_state(run: RecipeRun, name: str) -> str:
    if name in run.phases_completed:
        return "done"
    if name != run.current_phase:
        return ""
    return "now" if run.is_active else run.state


def _log_row(step: RecipeStep) -> LogRow:
    words, details = _told(step)
    return LogRow(
        at=step.created_at,
        phase=step.phase,
        words=words,
        details=details,
        job=step.job,
        refusal=step.refusal,
        abandoned=step.abandoned,
        under_way=step.done_at is None and not step.abandoned,
        is_said=step.kind == "log" and not step.abandoned,
    )


def _told(step: RecipeStep) -> tuple[str, str]:
    """Return what a call did in words, and on what."""
    if step.kind == "log":
        return step.asked["text"], ""
    tell = DETAILS.get(step.kind, _values_told)
    return step.kind.replace("_", " "), tell(step.asked, step.result)


def _model_told(asked: dict[str, Any], slug: Any) -> str:
    return f"{asked['class_name']} in {slug or 'an experiment of its own'}"


def _task_told(asked: dict[str, Any], name: Any) -> str:
    where = f", latent {asked['latent_slice']}" if asked.get("latent_slice") else ""
    known_as = name or asked.get("name") or ""
    return f"{known_as} ({asked['class_name']} on {asked['dataset']}{where})"


def _values_told(asked: dict[str, Any], _: Any) -> str:
    return ", ".join(literal_text(value) for value in asked.values() if value not in (None, {}))


DETAILS: dict[str, Callable[[dict[str, Any], Any], str]] = {
    "create_model": _model_told,
    "attach_task": _task_told,
    "train": lambda asked, _: f"{asked['steps']:,} steps",
    "load_dataset": lambda asked, name: name or asked["name"],
    "generate": lambda asked, name: name or asked["generator_name"],
    "save_checkpoint": lambda asked, _: asked["tag"],
    "load_checkpoint": lambda asked, _: (
        "the untrained model" if asked["checkpoint"] is None else f"number {asked['checkpoint']}"
    ),
    "fork": lambda asked, _: f"{asked['new_tag']}, from checkpoint {asked['checkpoint']}",
    "report": lambda asked, _: f"{asked['branch']}, seed {asked['seed']}",
}
