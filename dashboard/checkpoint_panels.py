"""What the page of the checkpoints needs: the tree, one state, two of them side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.checkpoint_tree import tree_lines
from dashboard.eval_panel import verdict_of
from dashboard.keep_form import KeepForm
from dashboard.requests import PageMissing, number_asked
from dashboard.texts import metric_text
from trainer.models import Call, Checkpoint, EvalRun, Experiment
from trainer.selectors.calls import UNDER_WAY, call_under_way
from trainer.selectors.checkpoints import (
    checkpoint_consequences,
    checkpoint_get,
    checkpoints_of,
    comparison_of,
    eval_newest,
    evals_newest,
    job_starts,
)
from trainer.selectors.experiments import cards_of
from trainer.selectors.jobs import job_active
from trainer.selectors.nodes import trainer_is_online

MEASURES_SHOWN = 3


@dataclass(frozen=True)
class Measure:
    """One metric of a state."""

    task: str
    metric: str
    value: float | None
    text: str
    verdict: str
    good: float | None
    poor: float | None


@dataclass(frozen=True)
class Pair:
    """One metric of two states; `better` is "one" or "other" where one is."""

    task: str
    metric: str
    one: Measure | None
    other: Measure | None
    better: str


def measures_of(run: EvalRun | None) -> list[Measure]:
    """Return what an evaluation measured, as the page shows it."""
    if run is None:
        return []
    return [
        Measure(
            row.task_name,
            row.metric,
            row.value,
            metric_text(row),
            verdict_of(row.value, row.good, row.poor),
            row.good,
            row.poor,
        )
        for row in run.results.all()
    ]


def tree_panel(
    experiment: Experiment, chosen: Checkpoint | None, opened: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what `partials/checkpoint_tree.html` needs.

    Args:
        opened: the keys of the folds whose states are looked at.
    """
    checkpoints = checkpoints_of(experiment)
    evals = evals_newest(experiment)
    chosen_id = chosen.pk if chosen else None
    current_id = experiment.current_checkpoint_id
    places = {card.name: place for place, card in enumerate(cards_of(experiment))}
    shown = {row.pk: _first_of_each(measures_of(evals.get(row.pk)), places) for row in checkpoints}
    return {
        "experiment": experiment,
        "tree": tree_lines(checkpoints, current_id, chosen_id, job_starts(experiment)),
        "tree_count": len(checkpoints),
        "tree_opened": {number_asked(key) for key in opened} - {None},
        # A branch has the files of its state.
        "tree_bytes": sum({row.file_name: row.size_bytes for row in checkpoints}.values()),
        "tree_measures": shown,
        "current_id": current_id,
        "chosen_id": chosen_id,
    }


def _first_of_each(measures: list[Measure], places: Mapping[str, int]) -> list[Measure]:
    """Return what says most in one line: of each task the first metric with a verdict.

    Args:
        places: of the attached tasks, by name; others stand behind them.
    """
    judged = [found for found in measures if found.verdict]
    firsts = {found.task: found for found in reversed(judged)}
    ordered = sorted(firsts, key=lambda task: (places.get(task, len(places)), task))
    return [firsts[task] for task in ordered[:MEASURES_SHOWN]]


def checkpoint_panel(experiment: Experiment, checkpoint: Checkpoint | None) -> dict[str, Any]:
    """Return what `partials/checkpoint.html` needs."""
    if checkpoint is None:
        return {"experiment": experiment, "checkpoint": None}
    run = eval_newest(checkpoint)
    others = [row for row in checkpoints_of(experiment) if row.pk != checkpoint.pk]
    job = job_active(experiment)
    return {
        "experiment": experiment,
        "checkpoint": checkpoint,
        "is_current": checkpoint.pk == experiment.current_checkpoint_id,
        "measures": measures_of(run),
        "eval_errors": run.errors if run else {},
        "is_measuring": call_under_way(experiment, Call.Kind.EVAL_RUN) is not None,
        "consequences": checkpoint_consequences(checkpoint),
        "others": others,
        "active_job": job,
        "trainer_online": trainer_is_online(),
    }


def keep_panel(experiment: Experiment, form: KeepForm | None = None) -> dict[str, Any]:
    """Return what `partials/checkpoint_keep.html` needs: the form as it was sent, or a new one."""
    return {"experiment": experiment, "keep_form": form or KeepForm(experiment)}


def compare_panel(experiment: Experiment, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what `partials/checkpoint_compare.html` needs.

    Raises:
        PageMissing: one of the two states is none of the experiment's.
    """
    one, other = (checkpoint_asked(experiment, asked.get(name, "")) for name in ("one", "other"))
    call = comparison_of(one, other)
    answer = call.answer if call and call.state == Call.State.DONE else None
    return {
        "experiment": experiment,
        "one": one,
        "other": other,
        "states": [one, other],
        "pairs": _pairs(measures_of(eval_newest(one)), measures_of(eval_newest(other))),
        "compared": answer,
        "is_asked": call is not None,
        "is_busy": call is not None and call.state in UNDER_WAY,
        "compare_refusal": call.error if call and call.state == Call.State.REFUSED else "",
        "trainer_online": trainer_is_online(),
    }


def checkpoint_asked(experiment: Experiment, asked: str) -> Checkpoint:
    """Return the state of an experiment that an address names.

    Raises:
        PageMissing: there is none.
    """
    number = number_asked(asked)
    found = None if number is None else checkpoint_get(number)
    if found is None or found.experiment_id != experiment.pk:
        raise PageMissing(f"experiment '{experiment.slug}' has no checkpoint '{asked}'")
    return found


def _pairs(ours: list[Measure], theirs: list[Measure]) -> list[Pair]:
    one = {(found.task, found.metric): found for found in ours}
    other = {(found.task, found.metric): found for found in theirs}
    return [
        Pair(*key, one.get(key), other.get(key), _better(one.get(key), other.get(key)))
        for key in dict.fromkeys([*one, *other])
    ]


def _better(one: Measure | None, other: Measure | None) -> str:
    if one is None or other is None or one.value is None or other.value is None:
        return ""
    if one.good is None or one.poor is None or one.good == one.poor or one.value == other.value:
        return ""
    return "one" if (one.value > other.value) == (one.good > one.poor) else "other"
