"""What takes effect again after a crash: all that did, but what a newer wish made void."""

from collections.abc import Iterable

from trainer.models import Job, JobCommand
from trainer.selectors.commands import commands_applied, commands_held_by

SAVE = "save_checkpoint"
# What changes no curve: of each of these, the newest wish counts.
WISHES = {"pause": "pause", "resume": "pause", "set_eval_every": "eval"}


def commands_to_repeat(job: Job) -> list[JobCommand]:
    """Return the commands whose effect the job's checkpoint does not hold: all without one.

    A checkpoint that was asked for is no effect: it is there, and is not written again.
    """
    wished = [command for command in _still_wished(job) if command.kind != SAVE]
    held = _held(job)
    # A stop is never done with: the job is still here, so it did not come to its end.
    return [command for command in wished if command.pk not in held or command.kind == "stop"]


def was_paused(job: Job) -> bool:
    """Return whether the job's checkpoint was taken while it was paused."""
    held = _held(job)
    kinds = [
        command.kind
        for command in _still_wished(job)
        if command.pk in held and WISHES.get(command.kind) == "pause"
    ]
    return kinds[-1:] == ["pause"]


def without_older(commands: Iterable[JobCommand], newest: JobCommand) -> list[JobCommand]:
    """Return commands without those that a newer one makes void, such as pauses by a resumption."""
    void = WISHES.get(newest.kind)
    return [old for old in commands if void is None or WISHES.get(old.kind) != void]


def _held(job: Job) -> set[int]:
    if job.checkpoint is None:
        return set()
    return set(commands_held_by(job, job.checkpoint).values_list("pk", flat=True))


def _still_wished(job: Job) -> list[JobCommand]:
    """Return what took effect, without what was void by then: asked for before something newer.

    Something newer comes before it only where somebody asked for that during a replay.
    """
    kept, newest = [], dict[str, int]()
    for command in commands_applied(job):
        wish = WISHES.get(command.kind)
        if wish is not None:
            if command.pk < newest.get(wish, 0):
                continue
            newest[wish] = command.pk
        kept.append(command)
    return kept
