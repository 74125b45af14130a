"""What was asked of a job and what happened to it, in words: the same ones wherever it is told."""

from collections.abc import Mapping
from typing import Any

# Every job has these; a mark for them on its curves would say nothing.
ROUTINE = frozenset({"queued", "started", "completed"})
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
    if kind == "set_weight":
        return f"weight of {task} {_change(detail)}"
    if kind == "set_enabled":
        return f"{task} {'enabled' if detail.get('new') else 'disabled'}"
    if kind in _OF_TASK:
        return f"{task} {_OF_TASK[kind]}"
    if kind == "set_lr":
        return ", ".join(_rate_words(detail))
    if kind == "refused":
        words = command_words(str(detail.get("command", "")), asked or {})
        about = f" of {task_named(asked or {})}" if task_named(asked or {}) else ""
        return f"refused {words}{about}: {detail.get('reason', '')}"
    words = _PLAIN.get(kind, kind.replace("_", " "))
    why = detail.get("reason") or detail.get("error")
    return f"{words}: {why}" if why else ", ".join([words, *_facts(detail)])


def command_words(kind: str, payload: Mapping[str, Any]) -> str:
    """Return what a command asks, beside the name of its task if it has one: "weight 0.5"."""
    if kind == "set_weight":
        return f"weight {_text(payload.get('weight'))}"
    if kind == "set_enabled":
        return "enable" if payload.get("enabled") else "disable"
    if kind == "set_lr":
        return ", ".join(_rate_words(payload))
    return _ASKED_OF_TASK.get(kind, kind.replace("_", " "))


def task_named(facts: Mapping[str, Any]) -> str:
    """Return the name of the task that a command or an event is about; "" for none."""
    return str(facts.get("task", ""))


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
