"""What to do about a job that failed, in a sentence."""

from trainer.models import Job

# What a cause's words hint at, the most telling first.
_HINTS = (
    (("out of memory", "MemoryError"), "Start it with a smaller batch size."),
    (
        ("worker died",),
        "A task's code may end its process: look at the trainer's log and at the newest class.",
    ),
    (("No space left",), "Make room on the disk, then continue from its checkpoint."),
    (("on offer",), "Put the class's file back, then run it again."),
)


def failure_advice(job: Job) -> str:
    """Return what to do about a failed job; empty for any other."""
    if job.state != Job.State.FAILED:
        return ""
    for words, advice in _HINTS:
        if any(word.lower() in job.error.lower() for word in words):
            return advice
    kept = " Its checkpoint is kept: mend the code and continue from it." if job.checkpoint else ""
    if job.traceback:
        return f"The last lines of the traceback name the file and line to mend.{kept}"
    return kept.strip() or "Mend what the sentence names, then run it again."
