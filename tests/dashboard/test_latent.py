"""The page of the latent: what it shows of a look, and how one is asked for."""

from tests.dashboard.looks import looked
from tests.dashboard.reading import words
from trainer.models import Call

PAGE, LOOK = "/latent/", "/partials/latent/look/"


def test_the_page_shows_ways_units_samples_and_the_plane(browser_client, experiment):
    looked(experiment)
    page = browser_client.get(PAGE).content.decode()
    for told in ("Along each factor", "1 of 2 dead", "61 % and 20 %", "drawn from the prior"):
        assert told in page
    assert "&lt;b&gt;digit" in page
    assert "<b>digit" not in page


def test_a_way_says_along_what_it_leads_and_a_model_without_factors_is_told_of_none(
    browser_client, experiment
):
    looked(experiment)
    shown = words(browser_client.get(PAGE))
    assert "<b>digit coordinates 0:2, PC 1 from -1.500 to 1.500, 0 is the mean" in shown
    assert "the direction in which the factor's coordinates of the images differ most" in shown
    looked(experiment, factor="latent")
    shown = words(browser_client.get(PAGE))
    assert "Along the latent" in shown
    assert "factor" not in shown
    assert "the direction in which the latents of the images differ most" in shown
    assert "latent coordinates 0:2, PC 1 from -1.500 to 1.500, 0 is the mean" in shown


def test_a_model_without_a_decoder_has_units_and_a_plane_and_says_what_it_lacks(
    browser_client, experiment
):
    looked(experiment, has_decoder=False)
    page = browser_client.get(PAGE).content.decode()
    assert "This model has no decoder" in page
    assert "Images in the latent" in page
    assert "Samples" not in page


def test_a_click_asks_for_a_look_and_says_that_it_is_under_way(htmx, experiment, trainer_online):
    response = htmx.post(LOOK, {"checkpoint": "", "dataset": "digits"})
    assert response.status_code == 200
    assert "Looking…" in response.content.decode()
    call = Call.objects.get(kind=Call.Kind.LATENT)
    assert (call.payload["dataset"], call.by) == ("digits", "ada")


def test_without_a_trainer_a_click_is_refused_and_what_was_shown_stays(htmx, experiment):
    looked(experiment)
    response = htmx.post(LOOK, {"checkpoint": "", "dataset": "digits"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "the trainer is offline" in page
    assert "1 of 2 dead" in page


def test_a_dataset_that_was_deleted_is_not_replaced_by_another(htmx, experiment, trainer_online):
    response = htmx.post(LOOK, {"checkpoint": "", "dataset": "gone"})
    assert response.status_code == 422
    assert "dataset &#x27;gone&#x27; is deleted" in response.content.decode()
    assert not Call.objects.filter(kind=Call.Kind.LATENT).exists()


def test_a_state_of_another_experiment_is_not_looked_at(htmx, experiment, trainer_online):
    response = htmx.post(LOOK, {"checkpoint": "999", "dataset": "digits"})
    assert response.status_code == 404
    assert not Call.objects.filter(kind=Call.Kind.LATENT).exists()
