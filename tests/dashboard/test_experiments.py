"""The pages of the experiments: what each is made of, making one, its name, and the device."""

import pytest

from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.task_offers import answer_next_call, parameter, text_of
from tests.setup.trainer import trainer_stays
from tests.trainer.rows import dataset_make, offer_make
from trainer.models import Call, Experiment
from trainer.services.experiments import experiment_create
from trainer.services.registry import registry_store

NEW = "/partials/experiments/new/"
SHAPE = "1 \N{MULTIPLICATION SIGN} 32 \N{MULTIPLICATION SIGN} 32"
INFO = {
    "parameter_count": 181985,
    "latent_dim": 12,
    "image_shape": [1, 32, 32],
    "factor_groups": [{"name": "shape", "start": 0, "end": 8}],
    "layers": [{"name": "encoder.0", "type": "Conv2d", "parameters": 160}],
}


@pytest.fixture
def models(db) -> None:
    """Put two model classes on offer that share one parameter, and the size of images."""
    shape = parameter("image_shape", "Sequence[int]", [1, 32, 32])
    size = parameter("latent_dim", "int", 32, description="How many numbers the latent has.")
    registry_store(
        registry="models",
        offers=[
            offer_make("ConvVAE", parameters=[shape, size]),
            offer_make("Slots", parameters=[shape, size, parameter("slots", "int", 4)]),
        ],
        errors=[],
    )


def typed(**fields: str) -> dict[str, str]:
    return {
        "name": "My digits",
        "slug": "",
        "class_name": "ConvVAE",
        "of_class": "ConvVAE",
        "dataset": "digits",
        "param-image_shape": "[1, 32, 32]",
        "param-latent_dim": "16",
        **fields,
    }


def make(slug: str) -> Experiment:
    """Do what the trainer side does once it could build the model."""
    return experiment_create(slug=slug, model_class="ConvVAE", model_config={}, model_info=INFO)


def test_an_experiment_tells_at_a_glance_what_it_is_made_of(experiment, htmx):
    experiment.model_info = INFO
    experiment.model_config = {"latent_dim": 12}
    experiment.save()
    Scribe.start(experiment)
    text = text_of(htmx.get("/experiments/"))
    for told in ("ConvVAE", "181,985", "12 dimensions", SHAPE, "recon, kl, digit"):
        assert told in text
    assert "<dt>Jobs</dt><dd>1</dd>" in text
    assert "shape</span>" in text
    assert "8:12" in text
    assert "<code>encoder.0</code></th><td>Conv2d</td><td>160</td>" in text
    assert "<code>latent_dim</code></dt><dd><code>12</code>" in text


def test_the_menu_leads_from_every_page_to_the_others_and_leaves_the_archived_out(
    experiment, browser_client, htmx
):
    other = experiment_make("other", name="Other <b>", is_active=False)
    for path in ("/", "/registry/", "/experiments/", "/experiments/new/"):
        page = text_of(browser_client.get(f"{path}?experiment=other"))
        assert '<span class="menu__name">Other &lt;b&gt;</span>' in page
        assert 'href="/?experiment=digits"' in page
        assert 'href="/registry/?experiment=other"' in page
    assert htmx.post("/partials/experiments/other/archive/").status_code == 200
    page = text_of(browser_client.get("/?experiment=digits"))
    assert 'href="/?experiment=other"' not in page
    assert "archived" in text_of(browser_client.get("/experiments/"))
    assert browser_client.get("/?experiment=other").status_code == 200
    assert htmx.post("/partials/experiments/other/bring_back/").status_code == 200
    other.refresh_from_db()
    assert other.archived_at is None


def test_a_new_name_is_everywhere_and_the_address_stays(experiment, htmx):
    response = htmx.post("/partials/experiments/digits/rename/", {"name": "Ziffern"})
    assert response.headers["HX-Refresh"] == "true"
    assert Experiment.objects.get().name == "Ziffern"
    assert "Ziffern" in text_of(htmx.get("/?experiment=digits"))


def test_a_name_that_two_experiments_have_is_said_beside_both(experiment, htmx):
    note = "another experiment with this name"
    other = experiment_make("other", is_active=False)
    assert note not in text_of(htmx.get("/experiments/"))
    Experiment.objects.filter(pk=other.pk).update(name=experiment.name)
    assert text_of(htmx.get("/experiments/")).count(note) == 2


def test_a_refused_name_stays_in_its_field_with_the_reason(experiment, htmx):
    experiment_make("other", is_active=False)
    response = htmx.post("/partials/experiments/digits/rename/", {"name": "x" * 121})
    assert response.status_code == 422
    text = text_of(response)
    assert f'value="{"x" * 121}"' in text
    assert text.count('role="alert"') == 1
    assert "at most 120 characters" in text


def test_what_stands_in_the_way_of_archiving_is_said(experiment, htmx):
    response = htmx.post("/partials/experiments/digits/archive/")
    assert response.status_code == 422
    assert "This is the only experiment; make another one first." in text_of(response)


def test_another_experiment_becomes_the_active_one(experiment, htmx):
    experiment_make("other", is_active=False)
    assert htmx.post("/partials/experiments/other/activate/").status_code == 200
    assert Experiment.objects.get(is_active=True).slug == "other"


def test_an_unknown_experiment_is_missing(experiment, htmx):
    for verb in ("rename", "archive", "bring_back", "activate"):
        assert htmx.post(f"/partials/experiments/none/{verb}/").status_code == 404


def test_the_size_of_the_images_comes_from_the_chosen_dataset(models, htmx):
    dataset_make("aaa", image_shape=[1, 32, 32])
    dataset_make("colours", image_shape=[3, 16, 16])
    page = htmx.get("/experiments/new/")
    assert 'name="param-image_shape"' in text_of(page)
    form = page.context["form"]
    assert form["param-image_shape"].value() == "[1, 32, 32]"
    asked = {**typed(dataset="colours"), "param-latent_dim": "7"}
    response = htmx.get(NEW, asked)
    form = response.context["form"]
    assert form["param-image_shape"].value() == "[3, 16, 16]"
    assert form["param-latent_dim"].value() == "7"


def test_another_class_keeps_what_both_take_and_asks_for_its_own(models, htmx):
    dataset_make()
    asked = {**typed(class_name="Slots", of_class="ConvVAE"), "param-latent_dim": "7"}
    form = htmx.get(NEW, asked).context["form"]
    assert form["param-latent_dim"].value() == "7"
    assert form["param-slots"].value() == "4"
    back = {**typed(of_class="Slots"), "param-slots": "9"}
    assert '<input type="hidden" name="param-slots" value="9">' in text_of(htmx.get(NEW, back))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "digits"}, "slug"),
        ({"class_name": "Gone"}, "class_name"),
        ({"param-latent_dim": "many"}, "param-latent_dim"),
        ({"param-image_shape": "[1,"}, "param-image_shape"),
        ({}, "__all__"),  # the trainer is offline
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_typed_is_lost(
    fields, field, experiment, models, htmx
):
    response = htmx.post(NEW, typed(**fields))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    sent = typed(**fields)
    for name in ("slug", "param-latent_dim", "param-image_shape"):
        if field != "class_name" or not name.startswith("param"):
            assert response.context["form"][name].value() == sent[name]
    assert not Experiment.objects.exclude(slug="digits").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_what_was_typed_is_asked_of_the_trainer_and_the_page_goes_to_the_new_one(models, htmx):
    dataset_make()
    make("my-digits")
    thread = answer_next_call(doing=lambda asked: make(asked["experiment"]), answer={})
    response = htmx.post(NEW, typed(slug=""))
    thread.join()
    assert response.headers["HX-Redirect"] == "/?experiment=my-digits-2", response.content
    assert Experiment.objects.get(slug="my-digits-2").name == "My digits"
    call = Call.objects.get()
    assert call.by == "ada"
    assert call.payload == {
        "class_name": "ConvVAE",
        "config": {"image_shape": [1, 32, 32], "latent_dim": 16},
        "experiment": "my-digits-2",
        "activate": True,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_the_models_own_refusal_stands_beside_the_parameter_that_it_names(models, htmx):
    dataset_make()
    sentence = "latent_dim must be a whole number from 1 to 65,536, not 0"
    thread = answer_next_call(error=sentence)
    response = htmx.post(NEW, typed())
    thread.join()
    assert response.status_code == 422
    beside = "Must be a whole number from 1 to 65,536, not 0."
    assert response.context["form"].errors == {"param-latent_dim": [beside]}


def test_the_device_of_the_next_job_is_chosen_in_the_menu(experiment, htmx):
    trainer_stays(devices=("cuda:0", "cpu"))
    assert '<span id="device">cuda:0</span>' in text_of(htmx.get("/partials/device/"))
    response = htmx.post("/partials/device/", {"device": "cpu"})
    assert '<span id="device">cpu</span>' in text_of(response)
    assert 'value="cpu" aria-current="true"' in text_of(response)
    assert Experiment.objects.get().device == "cpu"


@pytest.mark.parametrize("device", ["", "tpu", "<b>"])
def test_a_device_that_is_not_there_is_refused_in_the_menu(device, experiment, htmx):
    trainer_stays()
    response = htmx.post("/partials/device/", {"device": device})
    assert response.status_code == 422
    assert "choose one of cpu, or auto" in text_of(response)
    assert "<b>" not in text_of(response)


def test_the_device_stays_while_a_job_runs_and_the_menu_says_why(experiment, htmx):
    trainer_stays()
    scribe = Scribe.start(experiment)
    response = htmx.post("/partials/device/", {"device": "cpu"})
    assert response.status_code == 422
    assert f"Job {scribe.job.pk} is running" in text_of(response)


def test_the_pages_need_somebody_who_is_signed_in(experiment, client):
    for path in ("/experiments/", "/experiments/new/", NEW, "/partials/device/"):
        assert client.get(path).status_code == 302
    for verb in ("rename", "archive", "bring_back", "activate"):
        assert client.post(f"/partials/experiments/digits/{verb}/").status_code == 302
