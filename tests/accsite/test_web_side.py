"""The web side as a browser and an attacker meet it."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

WEB_IMPORTS = """
import sys
import accsite.asgi
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"torch", "torchvision", "acc", "sklearn", "torchmetrics"}))
"""


def test_the_web_side_loads_neither_torch_nor_the_library():
    printed = subprocess.run(
        [sys.executable, "-c", WEB_IMPORTS],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == ""


def test_a_collection_of_garbage_leaves_out_what_the_start_made():
    """Else Python puts it off until thousands of sockets have come and gone."""
    counts = "import gc, accsite.asgi; print(len(gc.get_objects()) < 0.05 * gc.get_freeze_count())"
    command = [sys.executable, "-c", counts]
    printed = subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "True"


def test_an_unknown_page_is_a_page(client):
    answer = client.get("/no-such-page", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/jobs/x/y/z", "/tasks/a/b/c", "/datasets/x/y/z"])
def test_an_unknown_path_of_the_api_is_json(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert path in answer.json()["error"]


def test_who_sends_a_token_gets_json_everywhere(client):
    answer = client.get("/no-such-page", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 404
    assert answer.json()["error"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/no-such-page", "/admin/login/", "/static/admin/css/base.css"])
def test_every_answer_forbids_frames_foreign_scripts_and_guessed_types(client, path):
    answer = client.get(path)
    answer.close()
    headers = answer.headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_page_of_ours_may_run_inline_or_evaluated_script(client):
    policy = client.get("/no-such-page").headers["Content-Security-Policy"]
    script = next(part for part in policy.split(";") if "script-src" in part)
    assert script.split() == ["script-src", "'self'"]


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_static_files_are_served_without_being_collected(client):
    answer = client.get("/static/admin/css/base.css")
    assert answer.status_code == 200
    assert b"--primary" in b"".join(answer)
    answer.close()


def test_the_chart_library_is_where_the_page_looks_for_it():
    """It is inside another package, whose layout is no promise."""
    assert finders.find("unfold/js/chart/chart.js")
