"""Files that somebody sends who may not."""

import pytest
from django.conf import settings
from django.test import Client

from tests.security.conftest import page_of
from trainer.services.tokens import token_create

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("path", settings.ACC_UPLOAD_PATHS),
]
FORM = "multipart/form-data; boundary=x"
SIZE = 900 * 1024**2


class Untouched:
    """A body that nobody may read."""

    def read(self, *_):
        raise AssertionError("the body was read")

    readline = read


def upload(client, path, **headers):
    client.handler.enforce_csrf_checks = True
    # Whoever has this cookie has their form looked through for the token that belongs to it.
    client.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
    body = {"wsgi.input": Untouched(), "CONTENT_LENGTH": str(SIZE)}
    return client.generic("POST", path, content_type=FORM, headers=headers, **body)


def test_a_strangers_file_is_not_even_read(path):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = upload(Client(), path, **headers)
        assert answer.status_code == 401
        assert "credentials are missing" in answer.json()["error"]
    page = upload(Client(), path, **{"HX-Request": "true"})
    assert page.status_code == 401
    assert "HX-Redirect" not in page.headers


def test_a_file_of_somebody_who_may_only_look_is_not_even_read(path, viewer, operator):
    assert upload(page_of(viewer), path).status_code == 403
    _, secret = token_create(owner=operator, name="watch")
    answer = upload(Client(), path, Authorization=f"Bearer {secret}")
    assert answer.status_code == 403
    assert "may only read" in answer.json()["error"]
