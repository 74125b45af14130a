"""What the cards of the attached tasks show."""

import math
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from trainer.models import Experiment, Job, JobCommand, LossSeries, TaskCard
from trainer.selectors.cards import cards_removed_lately, command_news, commands_by_task
from trainer.selectors.experiments import cards_of
from trainer.selectors.jobs import job_history
from trainer.selectors.loss_shares import loss_shares
from trainer.services.cards import latent_slice_text

# For so long a page offers to bring a removed task back: on a slow line, too, somebody must have
# the time to read it and to press the button.
UNDO_SECONDS = 20.0


@dataclass(frozen=True)
class Refusal:
    """Why a change of a card was refused, and what was typed."""

    sentence: str
    weight: str | None = None


@dataclass(frozen=True)
class CardRow:
    """One attached task: how it does in the newest job, and what was asked of that job."""

    card: TaskCard
    series: LossSeries | None
    share: float | None
    command: JobCommand | None
    refusal: Refusal | None = None

    @property
    def latent_text(self) -> str:
        """The slice of the latent as it is typed, "0:4"; empty for the whole."""
        return latent_slice_text(self.card.latent_slice)

    @property
    def weight_is_refused(self) -> bool:
        """Whether the field shows a weight that was refused."""
        return self.refusal is not None and self.refusal.weight is not None

    @property
    def weight_text(self) -> str:
        """What the field shows: the weight, or what was typed and refused."""
        typed = self.refusal.weight if self.refusal else None
        return repr(self.card.weight).removesuffix(".0") if typed is None else typed

    @property
    def loss(self) -> float | None:
        """The latest loss; None where there is none or it is no number."""
        return self.series.last if self.series else None

    @property
    def is_finite(self) -> bool:
        """Whether the latest loss, if there is any, is a number."""
        return self.series is None or self.series.last is not None

    @property
    def share_percent(self) -> int | None:
        """The share of the total loss in whole per cent."""
        return None if self.share is None else round(100 * self.share)

    @property
    def news(self) -> str:
        """What became of what was asked about the task."""
        return command_news(self.command) if self.command else ""


@dataclass(frozen=True)
class UndoRow:
    """A task that was removed a moment ago, and why it could not be brought back."""

    card: TaskCard
    refusal: str = ""

    @property
    def seconds(self) -> int:
        """For how long the undoing is still offered."""
        removed_at = self.card.removed_at or timezone.now()
        return math.ceil(UNDO_SECONDS - (timezone.now() - removed_at).total_seconds())


def tasks_panel(
    experiment: Experiment, undo_refused: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return what `partials/task_cards.html` needs.

    Args:
        undo_refused: the name of a task that could not be brought back, and why.
    """
    newest = _newest(experiment)
    name, refusal = undo_refused or ("", "")
    removed = cards_removed_lately(experiment, seconds=UNDO_SECONDS)
    return {
        "experiment": experiment,
        "card_rows": _rows(cards_of(experiment), newest),
        "undo_rows": [UndoRow(card, refusal if card.name == name else "") for card in removed],
        "losses_job": newest,
    }


def card_panel(card: TaskCard, refusal: Refusal | None = None) -> dict[str, Any]:
    """Return what `partials/task_card.html` needs."""
    (row,) = _rows([card], _newest(card.experiment), refusal)
    return {"experiment": card.experiment, "row": row}


def _newest(experiment: Experiment) -> Job | None:
    return next(iter(job_history(experiment, limit=1)), None)


def _rows(cards: list[TaskCard], job: Job | None, refusal: Refusal | None = None) -> list[CardRow]:
    series = (
        {row.task_name: row for row in job.loss_series.all() if not row.is_total} if job else {}
    )
    shares = loss_shares(job) if job else {}
    # What was asked of a job that has ended is told by its events.
    commands = commands_by_task(job) if job and job.is_active else {}
    return [
        CardRow(
            card=card,
            series=series.get(card.name),
            share=shares.get(card.name),
            command=commands.get(card.name),
            refusal=refusal,
        )
        for card in cards
    ]
