"""Evaluations and reconstructions for the pages to show, stored as the trainer side does."""

import hashlib
from typing import Any

from trainer.models import Call, Dataset, EvalRun, Experiment, Reconstructions
from trainer.services.calls import call_claim, call_finish
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.services.picture_files import picture_keep
from trainer.services.reconstructions import ImageFact, pictures_store

BOUNDS: dict[str, dict[str, Any]] = {
    "psnr": {"good": 20.0, "poor": 12.0, "unit": "dB"},
    "l1": {"good": 0.05, "poor": 0.15},
    "accuracy": {"good": 0.9, "poor": 0.5},
}
# A PNG of one grey pixel, with room for a comment that makes it another file.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


def evaluated(
    experiment: Experiment,
    step: int = 0,
    errors: dict[str, str] | None = None,
    **metrics: dict[str, float],
) -> EvalRun:
    """Store an evaluation: a task's metrics under its name."""
    facts = [
        MetricFact(task, name, value, **BOUNDS.get(name, {}))
        for task, values in metrics.items()
        for name, value in values.items()
    ]
    outcome = EvalOutcome(step=step, checkpoint=None, metrics=facts, errors=errors or {})
    return eval_store(experiment=experiment, outcome=outcome)


def pictured(
    experiment: Experiment, psnr: list[float | None], step: int = 0, dataset: str = "digits"
) -> Reconstructions:
    """Store pictures of a dataset with these likenesses."""
    images = []
    for number, value in enumerate(psnr):
        names = [picture_keep(PIXEL + f"{step} {number} {kind}".encode()) for kind in range(3)]
        images.append(ImageFact(value, *names))
    row = Dataset.objects.get(name=dataset)
    return pictures_store(
        experiment=experiment, dataset=row, checkpoint=None, step=step, images=images
    )


def name_of(png: bytes) -> str:
    """Return the name that a picture is kept under."""
    return f"{hashlib.sha256(png).hexdigest()}.png"


def answer_call(kind: str, *, error: str = "", answer: dict[str, Any] | None = None) -> None:
    """Answer the oldest pending request of a kind as a worker does."""
    pending = Call.objects.filter(kind=kind, state=Call.State.PENDING).earliest("pk")
    claimed = call_claim(pending.pk, worker="a:1:0")
    assert claimed is not None
    call_finish(claimed, answer=answer, error=error)
