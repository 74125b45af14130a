"""The pages of the classes on offer, of a stored version, and of the difference between two."""

import re
from html import unescape

import pytest

from dashboard.diffs import diff_of, lines_of
from tests.trainer.rows import classes_make, offer_make
from trainer.models import Source
from trainer.services.registry import registry_store

EVIL = "<script>alert('x')</script>"
LOSS = {"name": "beta", "type": "float", "default": 0.5, "required": False, "description": "How."}
COLUMN = {"name": "column", "type": "str", "default": None, "required": True, "description": ""}


@pytest.fixture
def page(browser_client):
    """Ask for a page and return its text as a person reads it, tags included."""

    def ask(path):
        response = browser_client.get(path)
        assert response.status_code == 200
        return response.content.decode()

    return ask


def error_make(file, **facts):
    return {
        "file": file,
        "line": 3,
        "error": "NameError: name 'nm' is not defined",
        "traceback": "Traceback: line 3",
        "last_good": False,
        **facts,
    }


def words(page):
    """Return a page's words, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def source_store(text, file="acc/tasks/mine.py", name="MyTask"):
    """Put one class on offer from a text; return the text's hash."""
    offer = offer_make(name, file=file, source=text)
    registry_store(registry="tasks", offers=[offer], errors=[])
    return offer["source_sha256"]


def test_a_class_is_shown_with_all_that_one_needs_to_use_it(page, db):
    offer = offer_make(
        "MyTask",
        file="acc/tasks/mine.py",
        parameters=[LOSS, COLUMN],
        requires={"target_type": "classes", "decoder": True, "vae": False},
        declares={
            "metrics": [{"name": "accuracy", "good": 0.9, "poor": 0.5, "unit": ""}],
            "loss_bounds": {"healthy": 0.1, "critical": 2.0},
        },
    )
    registry_store(registry="tasks", offers=[offer], errors=[])
    text = page("/registry/")
    shown = words(text)
    assert "MyTask" in shown
    assert "What MyTask is for." in shown
    assert "acc/tasks/mine.py" in shown
    assert "beta float 0.5 How." in shown
    assert "column str required" in shown
    assert "needs class labels as targets" in shown
    assert "needs a decoder" in shown
    assert "mu and logvar" not in shown
    assert "accuracy: higher is better, good from 0.9, poor at 0.5" in shown
    assert "loss: healthy below 0.1, critical above 2" in shown
    assert f"/registry/source/{offer['source_sha256']}/" in text
    assert re.search(r'<time[^>]*title="\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC">just now</time>', text)


@pytest.mark.parametrize(
    ("directory", "base"),
    [
        ("acc/tasks/", "acc.tasks.base.Task"),
        ("acc/models/", "acc.autoencoder.BaseAutoencoder"),
        ("acc/generators/", "acc.generators.base.Generator"),
        ("acc/recipes/", "acc.recipes.base.Recipe"),
    ],
)
def test_an_empty_registry_says_where_a_file_goes_and_what_stands_in_it(directory, base, page, db):
    shown = words(page("/registry/"))
    assert f"a subclass of {base} in {directory} or in a directory of ACC_TASK_DIRS" in shown
    assert "manage.py runtrainer" in shown
    assert "Every file loads." in shown


def test_a_broken_file_is_named_with_its_line_its_error_and_what_is_still_on_offer(page, db):
    offer = offer_make("MyTask", file="acc/tasks/mine.py")
    error = error_make("acc/tasks/mine.py", last_good=True)
    registry_store(registry="tasks", offers=[offer], errors=[error])
    shown = words(page("/registry/"))
    assert "acc/tasks/mine.py , line 3" in shown
    assert "NameError: name 'nm' is not defined" in shown
    assert "Traceback: line 3" in shown
    assert f"stays on offer: MyTask, version {offer['source_sha256'][:8]}" in shown
    assert "last good its file is broken now" in shown


def test_a_class_whose_file_only_lost_another_name_is_not_called_last_good(page, db):
    offer = offer_make("MyTask", file="acc/tasks/mine.py")
    error = error_make("acc/tasks/mine.py", error="already defined", traceback="")
    registry_store(registry="tasks", offers=[offer], errors=[error])
    text = page("/registry/")
    shown = words(text)
    assert "its file is broken now" not in shown
    assert "Its other classes are on offer: MyTask." in shown
    assert "<summary>Traceback</summary>" not in text


def test_a_file_that_several_registries_cannot_read_is_one_broken_file(page, db):
    for registry in ("tasks", "models"):
        registry_store(registry=registry, offers=[], errors=[error_make("/mine/x.py")])
    shown = words(page("/registry/"))
    assert "1 broken file" in shown
    assert shown.count("NameError") == 1
    assert "registry: models, tasks" in shown


def test_the_header_of_every_page_says_how_many_files_are_broken(page, experiment):
    assert "broken file" not in words(page("/"))
    errors = [error_make("/mine/x.py"), error_make("/mine/x.py", line=9), error_make("/mine/y.py")]
    registry_store(registry="recipes", offers=[], errors=errors)
    assert "2 broken files" in words(page("/"))
    assert "2 broken files" in words(page("/partials/registry/badge/"))
    assert 'href="/registry/#errors"' in page("/")


@pytest.mark.parametrize(
    "path",
    [
        "/registry/",
        "/partials/registry/errors/",
        "/partials/registry/classes/",
    ],
)
def test_markup_in_files_errors_and_classes_stays_text(path, page, db):
    parameter = dict.fromkeys(("name", "type", "default", "description"), EVIL)
    offer = offer_make(
        "MyTask",
        file=f"/tasks/{EVIL}.py",
        description=EVIL,
        parameters=[{**parameter, "required": False}],
        declares={"metrics": [{"name": EVIL, "good": 1, "poor": 0, "unit": EVIL}]},
    )
    error = error_make(f"/tasks/{EVIL}.py", error=EVIL, traceback=EVIL, last_good=True)
    registry_store(registry="tasks", offers=[offer], errors=[error])
    text = page(path)
    assert EVIL not in text
    assert EVIL in unescape(text)


def test_a_version_is_shown_line_by_line_with_a_link_to_each(page, db):
    sha256 = source_store(f"first = 1\n\n{EVIL}\n")
    text = page(f"/registry/source/{sha256}/")
    line = re.compile(r'<span id="L(\d+)".*?<span class="source__text">(.*?)\n</span>', re.DOTALL)
    assert [(number, unescape(words)) for number, words in line.findall(text)] == [
        ("1", "first = 1"),
        ("2", ""),
        ("3", EVIL),
    ]
    assert 'href="#L3"' in text
    assert EVIL not in text
    assert sha256 in text


def test_a_version_leads_to_the_other_versions_of_its_file_the_newest_first(page, db):
    old, middle, new = (source_store(f"a = {number}\n") for number in range(3))
    text = page(f"/registry/source/{middle}/")
    shown = [text.index(f'href="/registry/source/{sha256}/"') for sha256 in (new, middle, old)]
    assert shown == sorted(shown)
    assert f'href="/registry/diff/{old}/{middle}/"' in text
    assert f'href="/registry/diff/{middle}/{new}/"' in text
    assert words(text).count("on offer") == 1


def test_a_text_that_no_file_is_known_to_have_is_shown_all_the_same(page, db):
    Source.objects.create(sha256="f" * 64, text="")
    shown = words(page(f"/registry/source/{'f' * 64}/"))
    assert "No file is known to have had this text." in shown
    assert "The file was empty." in shown


def test_a_difference_marks_lines_with_signs_and_words_and_not_only_with_colour(page, db):
    old = source_store(f"a = 1\nb = 2\n{EVIL}\n")
    new = source_store("a = 1\nb = 3\nc = 4\n")
    text = page(f"/registry/diff/{old}/{new}/")
    assert EVIL not in text
    shown = words(text)
    assert "2 lines added, 2 removed" in shown
    assert f"2 \N{MINUS SIGN} removed b = 2 3 \N{MINUS SIGN} removed {EVIL}" in shown
    assert "2 + added b = 3 3 + added c = 4" in shown
    assert shown.count("acc/tasks/mine.py") == 2
    assert f'href="/registry/diff/{new}/{old}/"' in text


def test_versions_that_are_the_same_or_differ_in_line_ends_only_are_said_to_be_so(page, db):
    old, new = source_store("a = 1\n"), source_store("a = 1\r\n")
    assert "These are the same" in words(page(f"/registry/diff/{old}/{old}/"))
    assert "differ only in how lines end" in words(page(f"/registry/diff/{old}/{new}/"))


@pytest.mark.parametrize(
    "path", ["/registry/source/nope/", "/registry/diff/{known}/nope/", "/registry/diff/no/{known}/"]
)
def test_an_unknown_version_is_a_page_that_says_so(path, browser_client, db):
    known = source_store("a = 1\n")
    response = browser_client.get(path.format(known=known))
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert "Back to the workbench" in response.content.decode()
    assert "of a file is stored" in response.content.decode()


@pytest.mark.parametrize("path", ["/registry/", "/registry/source/x/", "/partials/registry/badge/"])
def test_nobody_sees_code_without_signing_in(path, client, db):
    classes_make()
    assert client.get(path).url.startswith("/sign-in/")


def test_no_page_of_the_registry_carries_an_inline_script_or_style(page, db):
    old, new = source_store("a = 1\n"), source_store("a = 2\n")
    for path in ("/registry/", f"/registry/source/{old}/", f"/registry/diff/{old}/{new}/"):
        text = page(path)
        assert not re.findall(r"<script(?![^>]*\bsrc=)", text)
        assert not re.findall(r"\son\w+=|\sstyle=|<style", text)


def test_lines_are_numbered_as_python_numbers_them():
    assert lines_of("a\r\nb\rc\nd") == ["a", "b", "c", "d"]
    assert lines_of("a\x0cb\u2028c\n") == ["a\x0cb\u2028c"]
    assert lines_of("") == []


def test_a_difference_keeps_three_lines_around_each_change_and_counts_the_rest():
    old = [f"line {number}" for number in range(1, 31)]
    new = [*old[:14], "new", *old[15:]]
    diff = diff_of("\n".join(old), "\n".join(new))
    (hunk,) = diff.hunks
    assert (hunk.skipped, diff.skipped) == (11, 12)
    assert [line.kind for line in hunk.lines] == [*["kept"] * 3, "removed", "added", *["kept"] * 3]
    removed, added = hunk.lines[3], hunk.lines[4]
    assert (removed.old_number, removed.new_number) == (15, None)
    assert (added.old_number, added.new_number) == (None, 15)
