"""What long names, wide tables and narrow screens do to the pages."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.dashboard import rows
from tests.dashboard.measured import answer_call
from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.states import measured, state_make
from tests.setup.trainer import trainer_stays
from trainer.models import Call, Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Names of 80 characters and no blank.
LONG = "z" * 80
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits", name=LONG)


def ran(experiment, **facts) -> Job:
    """Return a job that is over."""
    scribe = Scribe.start(experiment)
    scribe.write(20)
    scribe.end()
    Job.objects.filter(pk=scribe.job.pk).update(**facts)
    return scribe.job


def page_width(desk) -> int:
    """Return how wide the page is, what lies beyond the screen included."""
    width: int = desk.page.evaluate("document.documentElement.scrollWidth")
    return width


def box(place: Locator) -> FloatRect:
    """Return where something is."""
    found = place.bounding_box()
    assert found is not None
    return found


def test_a_long_name_makes_no_page_wider_than_a_phone(desk, monkeypatch):
    monkeypatch.setattr(rows, "TASKS", ((LONG, "ReconstructionTask", 1.0), *rows.TASKS[1:]))
    experiment = experiment_make("digits", name=LONG)
    job = ran(experiment, name=LONG)
    one = state_make(experiment, 100, tag=LONG)
    other = state_make(experiment, 200, one, tag=LONG[1:])
    measured(one, 0.9)
    desk.page.set_viewport_size(PHONE)
    compared = f"/checkpoints/compare/?one={one.pk}&other={other.pk}"
    paths = ["/", f"/job/{job.pk}/", f"/job/compare/?job={job.pk}&job={ran(experiment).pk}"]
    paths += ["/experiments/", "/checkpoints/", compared, "/data/", "/latent/", "/access/"]
    for path in paths:
        desk.open(path)
        if path == "/":
            expect(desk.page.locator(".legend").get_by_text(LONG)).to_be_visible()
        assert page_width(desk) == 390, path
    desk.page.get_by_label("Name", exact=True).fill(LONG)
    desk.page.get_by_role("button", name="Make token").click()
    made = desk.page.locator(".access__made")
    expect(made).to_contain_text(LONG)
    assert page_width(desk) == 390
    desk.page.set_viewport_size({"width": 1280, "height": 860})
    assert made.evaluate("(card) => card.scrollWidth - card.clientWidth") == 0


def test_a_long_name_in_the_bar_leaves_room_for_its_mark_and_for_the_signals(desk, experiment):
    desk.open()
    mark = box(desk.page.locator(".bar > .menu > summary .icon"))
    assert mark["width"] == 20
    last = box(desk.page.get_by_role("link", name="Classes"))
    signals = box(desk.page.locator("#connection"))
    assert signals["x"] - (last["x"] + last["width"]) >= 16
    for width in (910, 1190):
        desk.page.set_viewport_size({"width": width, "height": 860})
        assert page_width(desk) == width
        assert box(desk.page.locator(".bar > .menu > summary"))["width"] > 120


def test_numbers_are_in_sight_beside_their_labels_on_a_phone(desk, monkeypatch):
    task = "a-reconstruction-of-many-digits"
    monkeypatch.setattr(rows, "TASKS", ((task, "ReconstructionTask", 1.0), *rows.TASKS[1:]))
    experiment = experiment_make("digits")
    jobs = [ran(experiment) for _ in range(6)]
    desk.page.set_viewport_size(PHONE)
    desk.open("/job/compare/?" + "&".join(f"job={job.pk}" for job in jobs))
    frame = desk.page.get_by_role("region", name="Results of the jobs")
    row = frame.get_by_role("row", name=f"{task}: last loss")
    label, number = box(row.get_by_role("rowheader")), box(row.get_by_role("cell").first)
    edge = box(frame)["x"] + box(frame)["width"]
    assert number["x"] + number["width"] <= edge
    frame.evaluate("(frame) => { frame.scrollLeft = 100; }")
    assert box(row.get_by_role("cell").first)["x"] < number["x"]
    assert box(row.get_by_role("rowheader")) == label
    desk.open(f"/job/{jobs[0].pk}/")
    frame = desk.page.get_by_role("region", name="Tasks of the job")
    cell = box(frame.get_by_role("cell", name="ReconstructionTask"))
    assert cell["x"] + cell["width"] <= box(frame)["x"] + box(frame)["width"]


def test_notes_are_typed_as_names_are_and_a_refusal_keeps_clear_of_the_edges(desk, experiment):
    job = ran(experiment)
    desk.open(f"/job/{job.pk}/")
    name, notes = desk.page.locator("#job-name"), desk.page.locator("#job-notes-text")
    font = """(field) => {
      const { fontFamily, fontSize } = getComputedStyle(field);
      return [fontFamily, fontSize];
    }"""
    assert notes.evaluate(font) == name.evaluate(font)
    name.fill("x" * 200)
    desk.page.get_by_role("button", name="Keep these notes").click()
    refusal = desk.page.locator("#job-notes-refusal")
    expect(refusal).to_be_visible()
    desk.forgive_refusals()
    panel = box(desk.page.get_by_role("region", name="Notes", exact=True))
    assert box(refusal)["x"] >= panel["x"] + 12
    assert box(refusal)["width"] <= panel["width"] - 24


def test_the_images_of_a_new_experiment_are_told_in_full_on_a_phone(desk, experiment):
    desk.page.set_viewport_size(PHONE)
    desk.open("/experiments/new/")
    assert box(desk.page.get_by_label("Images like those of"))["width"] > 300


def test_what_saves_the_curves_stays_in_its_place_when_there_is_more_to_choose(desk, experiment):
    ran(experiment)
    desk.open()
    save = desk.page.get_by_role("button", name="PNG")
    place = box(save)
    ran(experiment)
    desk.open()
    expect(desk.page.locator("[data-compare]")).to_be_visible()
    assert box(save) == place


def test_parts_that_cannot_be_compared_say_so_in_one_line_on_a_phone(desk, experiment):
    trainer_stays()
    one = state_make(experiment, 100)
    other = state_make(experiment, 200, one)
    desk.page.set_viewport_size(PHONE)
    desk.open(f"/checkpoints/compare/?one={one.pk}&other={other.pk}")
    part = {"part": "head:digit", "relative": None, "weights": 330}
    answer = {"one": one.pk, "other": other.pk, "distances": [part], "datasets": []}
    expect(desk.page.get_by_text("The trainer is comparing")).to_be_visible()
    answer_call(Call.Kind.COMPARE, answer=answer)
    note = desk.page.get_by_text("not in both, or of another shape")
    expect(note).to_be_visible()
    assert box(note)["height"] < 30
