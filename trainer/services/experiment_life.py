"""What becomes of an experiment after it was made: its name, its device, out of sight and back."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from trainer.models import Call, Experiment, Registry
from trainer.models.experiment import MAX_SLUG
from trainer.selectors.experiments import experiment_get
from trainer.selectors.jobs import job_active
from trainer.selectors.nodes import devices_available
from trainer.selectors.recipes import recipe_current
from trainer.selectors.registry import class_offered
from trainer.services.calls import TrainerOffline, call_ask
from trainer.services.experiments import (
    ExperimentConflict,
    ExperimentRefused,
    experiment_activate,
    experiments_hold,
)
from trainer.services.parameters import ParameterRefused, params_check
from trainer.services.sentences import fields_check, sentence_of
from trainer.services.sources import source_of


def experiment_new(
    *, name: str, slug: str, model_class: str, model_config: dict[str, object], by: str = ""
) -> Experiment:
    """Make a new experiment with a model that the trainer side could build; it becomes active.

    Raises:
        ExperimentRefused: name or slug is none, there is an experiment of this slug, or as
            `model_ask`.
        ClassMissing: the model's class is not on offer.
        CallRefused: the model cannot be built; in the words of its class.
        TrainerOffline: nobody is there who could build it.
    """
    _refuse_invalid(Experiment(name=name, slug=slug), "name", "slug")
    if experiment_get(slug) is not None:
        raise ExperimentRefused(f"there is an experiment '{slug}' already; choose another address")
    source_of(Registry.MODELS, model_class)
    model_ask(slug=slug, class_name=model_class, config=model_config, by=by)
    return experiment_rename(experiment=Experiment.objects.get(slug=slug), name=name)


def model_ask(
    *,
    slug: str,
    class_name: str,
    config: dict[str, object],
    by: str = "",
    activate: bool = True,
) -> None:
    """Have a model made for the experiment of a slug: a new one, or one whose model is untrained.

    Args:
        activate: the experiment becomes the active one.

    Raises:
        ExperimentRefused: a parameter of the configuration is unknown, missing or of another type
            than declared.
        CallRefused: the model cannot be built, or the experiment's is trained.
        TrainerOffline: nobody is there who could build it.
    """
    offered = class_offered(Registry.MODELS, class_name)
    if offered is not None:  # else the trainer side says which classes there are
        try:
            params_check(class_name, offered.parameters, config)
        except ParameterRefused as refusal:
            raise ExperimentRefused(str(refusal)) from refusal
    payload = {
        "class_name": class_name,
        "config": config,
        "experiment": slug,
        "activate": activate,
    }
    call_ask(
        kind=Call.Kind.MODEL_CREATE, payload=payload, by=by, limit_seconds=settings.ACC_EVAL_SECONDS
    )


def experiment_slug_default(name: str) -> str:
    """Return a free slug made of a name, such as "digits-2"."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[: MAX_SLUG - 5] or "experiment"
    taken = set(Experiment.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(slug for slug in numbered if slug not in taken)


def experiment_rename(*, experiment: Experiment, name: str) -> Experiment:
    """Give an experiment another name; its slug, and with it every link, stays.

    Raises:
        ExperimentRefused: the name is empty or too long.
    """
    renamed = Experiment(name=name.strip(), slug=experiment.slug)
    _refuse_invalid(renamed, "name")
    experiment.name = renamed.name
    experiment.save(update_fields=["name"])
    return experiment


@transaction.atomic
def experiment_archive(experiment: Experiment) -> None:
    """Take an experiment out of the menus; all of it stays. Another one becomes the active one.

    Raises:
        ExperimentConflict: a job or a recipe of it is in progress, or it is the only one left.
    """
    # All rows: two archivings at once must not leave none.
    rows = {row.pk: row for row in experiments_hold()}
    experiment = rows[experiment.pk]
    job = job_active(experiment)
    if job is not None:
        raise ExperimentConflict(f"job {job.pk} is {job.state}; stop it before archiving")
    run = recipe_current(experiment)
    if run is not None and run.is_active:
        raise ExperimentConflict(f"recipe run {run.pk} is {run.state}; stop it before archiving")
    others = [row for row in rows.values() if row.archived_at is None and row != experiment]
    if not others:
        raise ExperimentConflict("this is the only experiment; make another one first")
    experiment.archived_at = timezone.now()
    experiment.save(update_fields=["archived_at"])
    if experiment.is_active:
        experiment_activate(max(others, key=lambda row: row.created_at))


def experiment_bring_back(experiment: Experiment) -> None:
    """Offer an archived experiment again."""
    experiment.archived_at = None
    experiment.save(update_fields=["archived_at"])


def experiment_set_device(*, experiment: Experiment, device: str) -> None:
    """Choose where an experiment's next job trains; "auto" for the best there is.

    Raises:
        ExperimentConflict: a job of it is in progress.
        ExperimentRefused: no trainer that is alive has the device.
        TrainerOffline: nobody is there who could tell what there is.
    """
    job = job_active(experiment)
    if job is not None:
        raise ExperimentConflict(
            f"job {job.pk} is {job.state}; stop it or wait for its end before the device changes"
        )
    available = devices_available()
    if device != "auto" and not available:
        raise TrainerOffline("the trainer is offline, so its devices are not known")
    if device not in {"auto", *available}:
        raise ExperimentRefused(
            f"there is no device '{device}'; choose one of {', '.join(available)}, or auto"
        )
    experiment.device = "" if device == "auto" else device
    experiment.save(update_fields=["device"])


def _refuse_invalid(experiment: Experiment, *names: str) -> None:
    others = [field.name for field in Experiment._meta.fields if field.name not in names]
    try:
        fields_check(experiment, exclude=others)
    except ValidationError as error:
        raise ExperimentRefused(sentence_of(error)) from error
