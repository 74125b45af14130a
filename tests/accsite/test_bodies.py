"""Bodies of requests, against a real Daphne: bounded, and taken apart by nobody but Django."""

import http.client
import json
from collections.abc import Iterable, Iterator

import pytest

from acc.verification.ports import free_port
from tests.browser.conftest import Site
from trainer.services.access import api_token_ensure

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1024**2


@pytest.fixture
def small_site(transactional_db, monkeypatch) -> Iterator[Site]:
    """A web side that takes files of one MB."""
    monkeypatch.setenv("ACC_UPLOAD_MB", "1")
    site = Site(free_port())
    site.start()
    yield site
    site.stop()


def post(
    site: Site, body: bytes | Iterable[bytes], kind: str, path: str = "/datasets/import_npz"
) -> tuple[int, str]:
    """Return the status and the sentence that a script's upload is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {"Authorization": f"Bearer {api_token_ensure()}", "Content-Type": kind}
    connection.request("POST", path, body, headers, encode_chunked=not isinstance(body, bytes))
    answer = connection.getresponse()
    told = json.load(answer)
    connection.close()
    assert list(told) == ["error"]
    return answer.status, told["error"]


def test_a_body_beyond_the_limit_is_refused_whether_or_not_it_says_its_length(small_site):
    form = "multipart/form-data; boundary=x"
    sentence = "the request has {:,} bytes, and 2,097,152 are the limit; ACC_UPLOAD_MB allows more"
    assert post(small_site, bytes(3 * MB), form) == (413, sentence.format(3 * MB))
    pieces = (bytes(MB) for _ in range(5))
    assert post(small_site, pieces, form) == (413, sentence.format(5 * MB))


@pytest.mark.parametrize("path", ["/sign-in/", "/jobs/start", "/datasets/import_npz/", "/nowhere"])
def test_only_where_files_are_posted_a_body_may_be_large(small_site, path):
    sentence = "the request has {:,} bytes, and 3,145,728 are the limit at this address"
    assert post(small_site, bytes(4 * MB), "text/plain", path) == (413, sentence.format(4 * MB))
    pieces = (bytes(MB) for _ in range(5))
    assert post(small_site, pieces, "text/plain", path) == (413, sentence.format(5 * MB))


def test_a_form_that_is_none_is_refused_in_a_sentence(small_site):
    for kind, body in (
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=abc", b"--abc--\r\n"),
        ("multipart/form-data; boundary=abc", b"no form at all"),
    ):
        status, sentence = post(small_site, body, kind)
        assert status == 400
        assert "valid multipart/form-data" in sentence or "'file' is missing" in sentence
