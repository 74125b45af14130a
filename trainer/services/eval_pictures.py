"""Pictures that follow the same images from evaluation to evaluation; a bounded number of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from trainer.models import Dataset, EvalPictures, EvalRun
from trainer.services.picture_files import files_sweep

# Of each job and dataset; what is between is thinned evenly.
SHEETS_KEPT = 48


@dataclass(frozen=True)
class SheetFact:
    """The images of a dataset that are followed over time: their file, and how alike each is."""

    dataset: str
    file_name: str
    psnr: list[float | None]


def sheets_store(run: EvalRun, sheets: Sequence[SheetFact]) -> None:
    """Store an evaluation's pictures, and thin those of its job; must run inside a transaction."""
    for sheet in sheets:
        dataset = Dataset.objects.filter(name=sheet.dataset).first()
        if dataset is None:
            continue  # deleted while it was looked at
        EvalPictures.objects.create(
            run=run, dataset=dataset, sheet=sheet.file_name, psnr=sheet.psnr
        )
        _thin(run, dataset)
    if sheets:
        transaction.on_commit(files_sweep)


def _thin(run: EvalRun, dataset: Dataset) -> None:
    """Drop pictures until few enough are left: those whose neighbours are closest in steps.

    The first and the newest stay, so that the way from one to the other can be seen.
    """
    rows = EvalPictures.objects.filter(
        run__experiment=run.experiment_id, run__job=run.job_id, dataset=dataset
    )
    places = list(rows.order_by("run__step", "pk").values_list("pk", "run__step"))
    while len(places) > SHEETS_KEPT:
        gaps = [places[at + 1][1] - places[at - 1][1] for at in range(1, len(places) - 1)]
        pk, _ = places.pop(gaps.index(min(gaps)) + 1)
        EvalPictures.objects.filter(pk=pk).delete()
