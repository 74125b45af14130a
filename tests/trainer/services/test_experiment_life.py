"""What becomes of an experiment after it was made: name, device, out of sight and back."""

import pytest

from tests.setup.trainer import trainer_stays
from tests.trainer.rows import at_once, classes_make, experiment_make, job_make
from trainer.models import Experiment, Job, RecipeRun
from trainer.services.calls import TrainerOffline
from trainer.services.experiment_life import (
    experiment_archive,
    experiment_bring_back,
    experiment_new,
    experiment_rename,
    experiment_set_device,
    experiment_slug_default,
)
from trainer.services.experiments import (
    ExperimentConflict,
    ExperimentRefused,
    experiment_activate,
    experiment_create,
)
from trainer.services.sources import ClassMissing

pytestmark = [pytest.mark.portable, pytest.mark.django_db]


@pytest.fixture
def experiment(db):
    return experiment_make()


def another(slug: str = "other") -> Experiment:
    return experiment_create(slug=slug, model_class="ConvVAE", model_config={}, model_info={})


def active() -> list[str]:
    return list(Experiment.objects.filter(is_active=True).values_list("slug", flat=True))


def test_another_name_leaves_the_address_as_it_is(experiment):
    experiment_rename(experiment=experiment, name="  Ziffern, größer ")
    row = Experiment.objects.get()
    assert (row.name, row.slug) == ("Ziffern, größer", "small")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_is_none_is_refused_and_the_old_one_stays(name, experiment):
    with pytest.raises(ExperimentRefused, match="name: "):
        experiment_rename(experiment=experiment, name=name)
    assert Experiment.objects.get().name == "small"


def test_an_archived_experiment_gives_way_to_the_newest_and_comes_back(experiment):
    another("older")
    another("newer")
    experiment_activate(experiment)
    experiment_archive(experiment)
    assert active() == ["newer"]
    archived = Experiment.objects.get(slug="small")
    assert archived.archived_at is not None
    with pytest.raises(ExperimentConflict, match="bring it back first"):
        experiment_activate(archived)
    experiment_bring_back(archived)
    experiment_activate(Experiment.objects.get(slug="small"))
    assert active() == ["small"]


def test_the_only_experiment_and_one_in_training_stay(experiment):
    with pytest.raises(ExperimentConflict, match="the only experiment"):
        experiment_archive(experiment)
    another()
    job = job_make(experiment)
    with pytest.raises(ExperimentConflict, match=f"job {job.pk} is queued"):
        experiment_archive(experiment)
    Job.objects.update(state=Job.State.COMPLETED)
    run = RecipeRun.objects.create(recipe_name="X", source={}, experiment=experiment)
    with pytest.raises(ExperimentConflict, match=f"recipe run {run.pk} is queued"):
        experiment_archive(experiment)
    assert not Experiment.objects.exclude(archived_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_archivings_at_once_leave_one_experiment(experiment):
    other = another()
    results = at_once(lambda: experiment_archive(experiment), lambda: experiment_archive(other))
    assert sorted(type(result).__name__ for result in results) == ["ExperimentConflict", "NoneType"]
    assert Experiment.objects.filter(archived_at=None, is_active=True).count() == 1


def test_an_address_is_made_of_the_name_and_is_free(experiment):
    assert experiment_slug_default("Small, and round!") == "small-and-round"
    assert experiment_slug_default("small") == "small-2"
    another("small-2")
    assert experiment_slug_default("SMALL") == "small-3"
    assert experiment_slug_default("数字") == "experiment"
    assert len(experiment_slug_default("x" * 200)) <= 60


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"slug": "small"}, "there is an experiment 'small' already"),
        ({"slug": "not a slug"}, "slug: "),
        ({"name": ""}, "name: "),
    ],
)
def test_a_new_experiment_is_refused_before_the_trainer_is_asked(asked, sentence, experiment):
    with pytest.raises(ExperimentRefused, match=sentence):
        experiment_new(
            **{"name": "A", "slug": "a", "model_class": "ConvVAE", "model_config": {}} | asked
        )


def test_a_new_experiment_needs_a_class_and_a_trainer(experiment):
    with pytest.raises(ClassMissing, match="no model class is called 'Nothing'"):
        experiment_new(name="A", slug="a", model_class="Nothing", model_config={})
    classes_make()
    with pytest.raises(TrainerOffline):
        experiment_new(name="A", slug="a", model_class="ConvVAE", model_config={})
    assert not Experiment.objects.filter(slug="a").exists()


def test_the_device_stays_while_a_job_is_in_progress(experiment):
    trainer_stays()
    job = job_make(experiment)
    with pytest.raises(ExperimentConflict, match=f"job {job.pk} is queued"):
        experiment_set_device(experiment=experiment, device="cpu")
    Job.objects.update(state=Job.State.COMPLETED)
    experiment_set_device(experiment=experiment, device="cpu")
    assert Experiment.objects.get().device == "cpu"


def test_a_device_is_chosen_among_those_that_are_there(experiment):
    with pytest.raises(TrainerOffline):
        experiment_set_device(experiment=experiment, device="cpu")
    trainer_stays(devices=("cuda:0", "cpu"))
    with pytest.raises(ExperimentRefused, match="choose one of cuda:0, cpu, or auto"):
        experiment_set_device(experiment=experiment, device="tpu")
    experiment_set_device(experiment=experiment, device="cpu")
    assert Experiment.objects.get().device == "cpu"
    experiment_set_device(experiment=experiment, device="auto")
    assert Experiment.objects.get().device == ""
