"""Whether a WebSocket was opened by a page of this site."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_same_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the page that opened the socket came from here.

    Host and port must both be the same: cookies know no ports, so a page of any other server on
    this machine would send ours.
    """
    found = {name.lower(): value.decode("latin1") for name, value in headers}
    origin, host = found.get(b"origin", ""), found.get(b"host", "").lower()
    if not origin or origin == "null":
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    # A foreign name that was made to point here must not count as this site.
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS) and (
        urlsplit(origin).netloc.lower() == host
    )
