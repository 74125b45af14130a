"""What the page of the latent needs: the newest look at it, and who can look again."""

import json
from dataclasses import dataclass
from typing import Any

from dashboard.call_state import call_state
from trainer.models import Call, Checkpoint, Dataset, Experiment, LatentView
from trainer.selectors.checkpoints import checkpoints_named
from trainer.selectors.experiments import cards_of
from trainer.selectors.latents import latent_newest
from trainer.selectors.nodes import trainer_is_online

STATES_OFFERED = 50


@dataclass(frozen=True)
class UnitBar:
    """One coordinate of the latent as a bar: how much it says, of what the first one says."""

    index: int
    group: str
    amount: float
    share: float
    is_dead: bool


def latent_panel(experiment: Experiment) -> dict[str, Any]:
    """Return what `partials/latent.html` needs."""
    view = latent_newest(experiment)
    cards = cards_of(experiment)
    facts = view.facts if view else {}
    return {
        "experiment": experiment,
        "view": view,
        "latent": facts,
        "latent_is_whole": bool(view) and _is_whole(facts),
        "unit_bars": _bars(facts) if view else [],
        "plane_shares": [f"{100 * share:.0f} %" for share in facts["plane"]["shares"]]
        if view
        else [],
        "plane_facts": json.dumps(facts["plane"]) if view else "",
        "latent_call": call_state(
            experiment, Call.Kind.LATENT, succeeded_at=view.created_at if view else None
        ),
        "latent_possible": bool(cards),
        "latent_datasets": _datasets(experiment),
        "latent_states": _states(experiment, view),
        "trainer_online": trainer_is_online(),
    }


def _datasets(experiment: Experiment) -> list[Dataset]:
    return list({card.dataset.pk: card.dataset for card in cards_of(experiment)}.values())


def _states(experiment: Experiment, view: LatentView | None) -> list[Checkpoint]:
    """Return the states that can be looked at: those with a name, and the one that is shown."""
    states = checkpoints_named(experiment, limit=STATES_OFFERED)
    if view is not None and view.checkpoint and view.checkpoint not in states:
        states.insert(0, view.checkpoint)
    return states


def _is_whole(facts: dict[str, Any]) -> bool:
    """Return whether a model names no factors, so that its whole latent was gone through as one."""
    places = [(group["name"], group["start"], group["end"]) for group in facts["groups"]]
    return places == [("latent", 0, facts["unit_count"])]


def _bars(facts: dict[str, Any]) -> list[UnitBar]:
    amounts = [
        unit["variance"] if unit["kl_nats"] is None else unit["kl_nats"] for unit in facts["units"]
    ]
    most = max(amounts, default=0.0) or 1.0
    return [
        UnitBar(unit["index"], unit["group"], amount, amount / most, unit["is_dead"])
        for unit, amount in zip(facts["units"], amounts, strict=True)
    ]
