"""The page of the latent: a plane of points that can be read, hidden and looked at anew."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.looks import looked, sheet_make
from tests.dashboard.measured import answer_call
from tests.dashboard.rows import experiment_make
from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from trainer.models import Call
from trainer.services.latents import LatentWish, latent_send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 160, 60), (30, 60, 200), (90, 90, 90)
# Corners of a square: each with an image of one colour.
CORNERS = [[0, 0], [10, 0], [0, 10], [10, 10]]
CLASSES = [3, 5, 5, 8]
MARGIN = 12
# What the axes take, at the left and below.
LEFT, BELOW = 52, 42


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


@pytest.fixture
def squares():
    """The file of four images of one colour each, two in a row."""
    return sheet_make(RED, GREEN, BLUE, GREY, columns=2)


def look_store(experiment, squares, *, step=40, points=CORNERS, targets=CLASSES):
    return looked(experiment, step=step, sheet=squares, columns=2, points=points, targets=targets)


def place_of(desk, at):
    """Return where on its canvas one of the corners is."""
    box = desk.page.locator(".latent__canvas").bounding_box()
    width, height = box["width"] - LEFT, box["height"] - BELOW
    scale = (min(width, height) - 2 * MARGIN) / 10
    x, y = CORNERS[at]
    return {"x": LEFT + width / 2 + (x - 5) * scale, "y": height / 2 - (y - 5) * scale}


def pixel(desk, canvas, place):
    """Return the colour of one pixel of a canvas; None where nothing is drawn."""
    red, green, blue, cover = desk.page.locator(canvas).evaluate(
        """(canvas, { x, y }) => {
          // By way of a copy: the browser would complain of reading this one again and again.
          const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
          return [...copy.getImageData(0, 0, 1, 1).data];
        }""",
        {name: round(value) for name, value in place.items()},
    )
    return (red, green, blue) if cover else None


def ink_at(desk, at):
    """Return the colour in which one of the corners is drawn; None where it is not."""
    return pixel(desk, ".latent__canvas", place_of(desk, at))


def image_shown(desk):
    """Return the colour of the image that is shown beside the pointer; None where none is."""
    if desk.page.locator(".latent__thumb").is_hidden():
        return None
    return pixel(desk, ".latent__thumb", {"x": 16, "y": 16})


def wait_for_image(desk, at, colour):
    """Hover over a corner until its image has this colour; None: until none is shown."""

    def is_so():
        desk.page.locator(".latent__canvas").hover(position=place_of(desk, at))
        return image_shown(desk) == colour

    wait_until(is_so, f"at corner {at} the image is {colour}")


def wait_for_ink(desk, corners):
    """Wait until exactly these corners are drawn."""
    wait_until(
        lambda: [at for at in range(4) if ink_at(desk, at) is not None] == corners,
        f"the corners {corners} are drawn, and no others",
    )


def entry(desk, name):
    """Return the button of a class in the legend."""
    return desk.page.locator("[data-plane-legend]").get_by_role("button", name=name, exact=True)


def test_points_have_the_colours_of_their_classes_and_show_their_images(desk, experiment, squares):
    look_store(experiment, squares)
    desk.open("/latent/")
    expect(desk.page.locator("[data-plane-legend] button")).to_have_text(["3", "5", "8"])
    wait_for_ink(desk, [0, 1, 2, 3])
    inks = [ink_at(desk, at) for at in range(4)]
    assert inks[1] == inks[2]
    assert len(set(inks)) == 3
    for at, colour in enumerate((RED, GREEN, BLUE, GREY)):
        wait_for_image(desk, at, colour)
    desk.page.locator(".latent__canvas").hover(position={"x": LEFT + 20, "y": 150})
    wait_until(lambda: image_shown(desk) is None, "no image is shown beside the points")


def test_a_hidden_class_is_neither_drawn_nor_found_and_comes_back(desk, experiment, squares):
    look_store(experiment, squares)
    desk.open("/latent/")
    fives = entry(desk, "5")
    fives.focus()
    fives.press("Enter")
    expect(fives).to_have_attribute("aria-pressed", "false")
    wait_for_ink(desk, [0, 3])
    wait_for_image(desk, 1, None)
    fives.click()
    wait_for_ink(desk, [0, 1, 2, 3])


def test_the_plane_outlives_what_happens_beside_it(desk, experiment, squares):
    look_store(experiment, squares)
    trainer_stays()
    desk.open("/latent/")
    entry(desk, "3").click()
    # The panel is fetched anew, and the look is still the same.
    desk.page.get_by_role("button", name="Look", exact=True).click()
    expect(desk.page.get_by_role("button", name="Looking…")).to_be_disabled()
    expect(desk.page.locator("[data-plane-legend] button")).to_have_text(["3", "5", "8"])
    expect(entry(desk, "3")).to_have_attribute("aria-pressed", "false")
    wait_for_ink(desk, [1, 2, 3])
    wait_for_image(desk, 3, GREY)


def test_a_new_look_is_there_without_a_reload_and_hidden_classes_stay_hidden(
    desk, experiment, squares
):
    look_store(experiment, squares)
    trainer_stays()
    desk.open("/latent/")
    entry(desk, "5").click()
    desk.page.get_by_role("button", name="Look", exact=True).click()
    expect(desk.page.get_by_role("button", name="Looking…")).to_be_disabled()
    other = sheet_make(BLUE, BLUE, RED, RED, columns=2)
    look_store(experiment, other, step=80, targets=[3, 3, 5, 5])
    answer_call(Call.Kind.LATENT, answer={})
    expect(desk.page.get_by_role("heading", name="Model step 80")).to_be_visible()
    expect(desk.page.locator("[data-plane-legend] button")).to_have_text(["3", "5"])
    expect(entry(desk, "5")).to_have_attribute("aria-pressed", "false")
    wait_for_ink(desk, [0, 1])
    wait_for_image(desk, 1, BLUE)


def test_a_look_that_is_refused_says_why_and_what_was_shown_stays(desk, experiment, squares):
    look_store(experiment, squares)
    desk.open("/latent/")
    desk.page.get_by_role("button", name="Look", exact=True).click()
    expect(desk.page.locator("#latent-panel").get_by_role("alert")).to_contain_text("offline")
    assert not Call.objects.exists()
    wait_for_ink(desk, [0, 1, 2, 3])
    desk.forgive_refusals()


def test_numbers_are_put_into_ranges_and_images_without_targets_into_one_group(
    desk, experiment, squares
):
    looked(experiment, sheet=squares, points=CORNERS, targets=[0, 1, 2, 5], target_type="float")
    desk.open("/latent/")
    expect(desk.page.locator("[data-plane-legend] button").first).to_have_text("0.00 to 1.00")
    expect(desk.page.locator("[data-plane-legend] button")).to_have_count(5)
    looked(experiment, sheet=squares, points=CORNERS, targets=None, target_type=None)
    desk.open("/latent/")
    expect(desk.page.locator("[data-plane-legend] button")).to_have_text(["images"])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_the_screen(desk, experiment, squares, width, theme):
    look_store(experiment, squares)
    desk.page.emulate_media(color_scheme=theme)
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open("/latent/")
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    wait_for_ink(desk, [0, 1, 2, 3])


def test_the_first_look_appears_where_there_was_none(desk, experiment, squares):
    trainer_stays()
    desk.open("/latent/")
    desk.page.get_by_role("button", name="Look", exact=True).click()
    expect(desk.page.get_by_role("button", name="Looking…")).to_be_disabled()
    look_store(experiment, squares)
    # As long as the answer of a latent with many units and images is.
    answer_call(Call.Kind.LATENT, answer={"plane": "x" * 60_000})
    expect(desk.page.locator("[data-plane-legend] button")).to_have_text(["3", "5", "8"])
    wait_for_ink(desk, [0, 1, 2, 3])
    wait_for_image(desk, 3, GREY)
    # A message of that length stops none of those that follow.
    latent_send(LatentWish(experiment))
    expect(desk.page.get_by_role("button", name="Looking…")).to_be_disabled()
    look_store(experiment, squares, step=80)
    answer_call(Call.Kind.LATENT, answer={})
    expect(desk.page.get_by_role("heading", name="Model step 80")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Look", exact=True)).to_be_enabled()
