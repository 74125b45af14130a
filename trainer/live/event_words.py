"""What was asked of a job and what happened to it, in words: the same ones wherever it is told."""

from collections.abc import Callable, Mapping
from typing import Any

from trainer.live.durations import duration_text
from trainer.live.losses import loss_text

# Nobody did these: they were found in the losses, and a replay from a checkpoint finds them again.
ODD_KINDS = frozenset({"spike", "nonfinite", "settled", "unlisted"})
# Steps that change nothing begin to last, are over, or are the job's last ones.
BARREN_KINDS = frozenset({"barren", "barren_over", "barren_end"})
FOUND = ODD_KINDS | BARREN_KINDS
# Every job has the first three, and the others follow marks: theirs would say nothing.
_UNMARKED = frozenset(
    {"queued", "started", "completed", "settled", "unlisted", "evals_skipped"}
    | {"barren_over", "barren_end"}
)
ALL_LOSSES, ALL_LACK = "the sum of the losses", "value or gradient"
ARROW = "\N{RIGHTWARDS ARROW}"

_PLAIN = {
    "stop": "stop asked for",
    "pause": "paused",
    "resume": "resumed",
    "resumed_from_checkpoint": "went on from its checkpoint",
    "no_checkpoint": "no checkpoint was kept",
}
_OF_TASK = {
    "add_task": "added",
    "remove_task": "removed",
    "restore_task": "brought back",
}
_DONE_TO_TASK = {**_OF_TASK, "add_task": "joined"}
_ASKED_OF_TASK = {
    "add_task": "joining the job",
    "remove_task": "removal",
    "restore_task": "coming back",
}
_RATES = {"lr": "learning rate", "probe_lr": "probe learning rate"}


def event_words(
    kind: str, detail: Mapping[str, Any], asked: Mapping[str, Any] | None = None
) -> str:
    """Return an event as one says it: "weight of kl 1 → 0.5".

    Args:
        asked: the payload of the command that led to it.
    """
    task = task_named(detail)
    if kind in FOUND:
        found_words = _barren_event_words if kind in BARREN_KINDS else _odd_words
        return found_words(kind, task, detail)
    if kind in _OF_TASK or kind in {"set_weight", "set_enabled"}:
        return _task_words(kind, task, detail)
    if kind in _SAYERS:
        return _SAYERS[kind](detail)
    if kind == "refused":
        words = command_words(str(detail.get("command", "")), asked or {})
        about = f" of {task_named(asked or {})}" if task_named(asked or {}) else ""
        return f"refused {words}{about}: {detail.get('reason', '')}"
    words = _PLAIN.get(kind, kind.replace("_", " "))
    if {"steps", "seconds"} <= detail.keys():
        steps, took = detail["steps"], duration_text(detail["seconds"])
        return f"{words}: {steps:,} step{'s' * (steps != 1)} in {took}"
    why = detail.get("reason") or detail.get("error")
    return f"{words}: {why}" if why else ", ".join([words, *_facts(detail)])


def change_words(kind: str, detail: Mapping[str, Any]) -> str:
    """Return what an event made of its task, without the task's name: "weight 1 → 0.5"."""
    if kind == "set_weight":
        return f"weight {_change(detail)}"
    if kind == "set_enabled":
        return "enabled" if detail.get("new") else "disabled"
    return _OF_TASK[kind]


def is_unmarked(kind: str) -> bool:
    """Return whether an event of this kind has no mark on the curves."""
    return kind in _UNMARKED


def command_words(kind: str, payload: Mapping[str, Any]) -> str:
    """Return what a command asks, beside the name of its task if it has one: "weight 0.5"."""
    if kind == "set_weight":
        return f"weight {_text(payload.get('weight'))}"
    if kind == "set_enabled":
        return "enable" if payload.get("enabled") else "disable"
    if kind == "set_lr":
        return ", ".join(_rate_words(payload))
    if kind == "set_eval_every":
        return f"evaluation {_cadence(payload.get('steps'))}"
    return _ASKED_OF_TASK.get(kind, kind.replace("_", " "))


def command_done_words(kind: str, payload: Mapping[str, Any]) -> str:
    """Return what a command did to its task, beside the task's name: "weight 0.5", "disabled"."""
    if kind == "set_enabled":
        return "enabled" if payload.get("enabled") else "disabled"
    return _DONE_TO_TASK.get(kind) or command_words(kind, payload)


def task_named(facts: Mapping[str, Any]) -> str:
    """Return the name of the task that a command or an event is about; "" for none."""
    return str(facts.get("task", ""))


def _task_words(kind: str, task: str, detail: Mapping[str, Any]) -> str:
    if kind == "set_weight":
        return f"weight of {task} {_change(detail)}"
    return f"{task} {change_words(kind, detail)}"


def _odd_words(kind: str, task: str, detail: Mapping[str, Any]) -> str:
    """Return what was found in a task's losses: "recon spiked to 14.20, usually about 0.3100"."""
    is_spike = detail.get("of", kind) == "spike"
    if kind == "unlisted":
        what = "spikes" if is_spike else "losses that are not finite"
        return f"{task} has more {what}; they are on its curve and no longer listed"
    if kind == "settled":
        was = "out of its usual range" if is_spike else "not finite"
        return f"loss of {task} settled; it was {was} now and then since step {detail['since']:,}"
    if not is_spike:
        return f"loss of {task} is {detail.get('value')}"
    usual = detail.get("usual")
    words = f"{task} spiked to {loss_text(detail.get('value'))}"
    return words if usual is None else f"{words}, usually about {loss_text(usual)}"


def barren_words(who: str, *, lack: str, since: int, joint: bool, many: bool = False) -> str:
    """Return what keeps steps from changing the model: "nan has had no finite loss since step 1".

    Args:
        who: the task, or tasks where there are many.
        lack: what of it is not finite.
        joint: whether all tasks take part in every step.
    """
    has, its = ("have", "their") if many else ("has", "its")
    effect = "no step changes the model" if joint else f"{its} steps change nothing"
    return f"{who} {has} had no finite {lack} since step {since:,}: {effect}"


def _barren_event_words(kind: str, task: str, detail: Mapping[str, Any]) -> str:
    since, joint = detail["since"], detail["joint"]
    # Without a task: every loss is finite, and a gradient, or their sum, is not.
    who, lack = (task, detail["of"]) if task else (ALL_LOSSES, ALL_LACK)
    if kind == "barren":
        return barren_words(who, lack=lack, since=since, joint=joint)
    was = f"{who} had no finite {lack} since step {since:,}"
    if kind == "barren_over":
        return f"over: {was}"
    effect = "no step since then" if joint else "none of its steps since then"
    return f"at the end, {was}: {effect} changed the model"


def _cadence(steps: int | None) -> str:
    return f"every {steps:,} steps" if steps else "only at the end"


def _skipped_words(detail: Mapping[str, Any]) -> str:
    count, first, last = detail["count"], detail["first"], detail["last"]
    one_waited = "one was waiting already"
    if count == 1:
        return f"evaluation at step {first:,} skipped: {one_waited}"
    return f"{count:,} evaluations skipped, steps {first:,} to {last:,}: {one_waited}"


def _unfollowed_words(detail: Mapping[str, Any]) -> str:
    count = detail["count"]
    steps = "a step" if count == 1 else f"{count:,} steps"
    return f"{steps} changed no weight: a gradient was not finite, though the losses were"


def _change(detail: Mapping[str, Any]) -> str:
    new = _text(detail.get("new"))
    return new if detail.get("old") is None else f"{_text(detail['old'])} {ARROW} {new}"


def _rate_words(detail: Mapping[str, Any]) -> list[str]:
    words = []
    for name, what in _RATES.items():
        if detail.get(name) is not None:
            words.append(f"{what} {_text(detail[name])}")
    return words or ["learning rate"]


def _facts(detail: Mapping[str, Any]) -> list[str]:
    return [
        f"{name.replace('_', ' ')} {_text(value)}"
        for name, value in detail.items()
        if value not in (None, "") and not isinstance(value, list | dict)
    ]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


_SAYERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "set_lr": lambda detail: ", ".join(_rate_words(detail)),
    "set_eval_every": lambda detail: (
        f"evaluated {_cadence(detail.get('new'))}, not {_cadence(detail.get('old'))}"
    ),
    "evals_skipped": _skipped_words,
    "unfollowed": _unfollowed_words,
}
