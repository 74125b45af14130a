"""API tokens: shown once, hashed, limited, and over when they are over."""

import datetime
import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.security.conftest import page_of
from trainer.models import ApiToken
from trainer.services.access import api_token_ensure
from trainer.services.tokens import TokenRefused, bearer_of, token_create, token_revoke

pytestmark = [pytest.mark.portable, pytest.mark.django_db]


def script_of(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def master() -> Client:
    return script_of(api_token_ensure())


def send(client: Client, path: str, body: object = None):
    return client.post(path, body or {}, content_type="application/json")


def test_only_the_hash_of_a_token_is_kept(operator):
    token, secret = token_create(owner=operator, name="ci")
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(row)
    assert secret.startswith(row["prefix"])
    # 32 random bytes, of which the kept beginning tells 6.
    assert len(secret) - len(row["prefix"]) >= 34


def test_a_token_reads_the_api_and_the_panel_shows_when(operator, experiment):
    token, secret = token_create(owner=operator, name="watch")
    assert script_of(secret).get("/tasks").status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert b"last used" in page_of(operator).get("/access/").content


def test_a_busy_script_does_not_write_at_each_call(operator, experiment):
    _, secret = token_create(owner=operator, name="watch")
    bearer_of(secret)
    with CaptureQueriesContext(connection) as caught:
        bearer_of(secret)
    assert [query for query in caught if query["sql"].startswith("UPDATE")] == []
    ApiToken.objects.update(last_used_at=timezone.now() - datetime.timedelta(seconds=61))
    before = timezone.now()
    bearer_of(secret)
    assert ApiToken.objects.filter(last_used_at__gte=before).exists()


def test_a_revoked_token_is_no_token(operator):
    token, secret = token_create(owner=operator, name="ci")
    token_revoke(token)
    assert script_of(secret).get("/tasks").status_code == 401
    first = ApiToken.objects.get().revoked_at
    assert token_revoke(token).revoked_at == first


def test_an_expired_token_is_no_token(operator):
    _, secret = token_create(owner=operator, name="ci", days=1)
    ApiToken.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert bearer_of(secret) is None
    assert b"expired" in page_of(operator).get("/access/").content


@pytest.mark.parametrize("secret", ["", "acc_", "wrong", "acc_" + "x" * 43, "ü"])
def test_nothing_else_is_a_token(operator, secret):
    token_create(owner=operator, name="ci")
    assert bearer_of(secret) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 81},
        {"name": "a\nb"},
        {"name": "x", "scope": "root"},
        {"name": "x", "days": 0},
        {"name": "x", "days": 4000},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(operator, asked):
    with pytest.raises(TokenRefused):
        token_create(owner=operator, **asked)


def test_a_viewers_token_may_only_read(viewer):
    with pytest.raises(TokenRefused, match="only look"):
        token_create(owner=viewer, name="x", scope="operate")
    assert b"operate: steer" not in page_of(viewer).get("/access/").content


def test_a_token_is_made_listed_and_revoked_over_the_api(operator, experiment):
    made = send(master(), "/tokens", {"name": "ci", "scope": "operate", "days": 90}).json()
    assert (made["state"], made["scope"]) == ("working", "operate")
    assert script_of(made["token"]).get("/tasks").status_code == 200
    (row,) = master().get("/tokens").json()
    assert "token" not in row
    assert row["prefix"] == made["token"][: len(row["prefix"])]
    assert send(master(), f"/tokens/{made['id']}/revoke").json()["state"] == "revoked"
    assert script_of(made["token"]).get("/tasks").status_code == 401


def test_a_token_makes_lists_and_revokes_no_tokens(administrator):
    token, secret = token_create(owner=administrator, name="ci", scope="operate")
    script = script_of(secret)
    tried = [
        send(script, "/tokens", {"name": "second"}),
        script.get("/tokens"),
        send(script, f"/tokens/{token.pk}/revoke"),
    ]
    assert [answer.status_code for answer in tried] == [403] * 3
    assert "in person" in tried[0].json()["error"]


def test_tokens_of_others_are_for_administrators(operator, viewer, administrator):
    token, _ = token_create(owner=operator, name="ottos-ci")
    page = page_of(viewer)
    assert page.get("/tokens").json() == []
    assert b"ottos-ci" not in page.get("/access/").content
    assert send(page, f"/tokens/{token.pk}/revoke").status_code == 404
    page.post(f"/partials/access/token/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is None
    above = page_of(administrator)
    assert b"ottos-ci" in above.get("/access/").content
    above.post(f"/partials/access/token/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_administrators_alone_are_told_where_the_owners_token_lies(
    operator, administrator, settings
):
    settings.ACC_API_TOKEN = ""
    place = str(settings.ACC_API_TOKEN_FILE).encode()
    assert place in page_of(administrator).get("/access/").content
    assert place not in page_of(operator).get("/access/").content
    settings.ACC_API_TOKEN = "given by the environment"
    assert place not in page_of(administrator).get("/access/").content


def test_the_page_shows_a_new_token_once(operator):
    page = page_of(operator)
    typed = {"name": "notebook", "scope": "operate", "days": "30"}
    answer = page.post("/partials/access/token/", typed)
    found = re.search(r'value="(acc_[\w-]{43})"', answer.content.decode())
    assert found
    assert answer.headers["Cache-Control"] == "no-store"
    assert script_of(found[1]).get("/tasks").status_code in {200, 404}
    assert found[1] not in page.get("/access/").content.decode()


def test_a_refused_token_leaves_what_was_typed(operator):
    typed = {"name": "x" * 100, "scope": "read", "days": "30"}
    answer = page_of(operator).post("/partials/access/token/", typed)
    assert answer.status_code == 422
    assert "x" * 100 in answer.content.decode()


def test_accs_own_token_works_as_before_beside_the_others(operator, experiment):
    token_create(owner=operator, name="ci")
    answer = send(master(), "/tasks/kl/toggle")
    assert answer.status_code == 200


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("apitoken", *arguments, stdout=out)
    return out.getvalue()


def test_tokens_from_the_command_line(operator):
    made = run("create", "night job", "--owner", "otto", "--scope", "operate", "--days", "7")
    assert bearer_of(made.strip()) is not None
    number = ApiToken.objects.get().pk
    assert re.search(rf"{number}\s+acc_\S+\s+operate\s+working\s+otto\s+\S.*night job", run("list"))
    assert "night job" in run("revoke", str(number))
    assert bearer_of(made.strip()) is None
    assert "revoked" in run("list")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "x", "--owner", "nobody"), "no user"),
        (("create", "x", "--scope", "all"), "scope must be"),
        (("revoke", "7"), "no token 7"),
    ],
)
def test_a_mistyped_command_is_refused_in_words(db, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
