"""Whether a WebSocket was opened by a page of this site."""

from collections.abc import Iterable

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_same_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the page that opened the socket came from here.

    Scheme, host and port must all be the same: cookies know no ports, so a page of any other server
    on this machine would send ours, as would one that somebody on the way wrote over plain HTTP.
    """
    found = {name.lower(): value.decode("latin1") for name, value in headers}
    origin, host = found.get(b"origin", ""), found.get(b"host", "").lower()
    if not origin or origin == "null":
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    # A foreign name that was made to point here must not count as this site.
    ours = "https" if settings.ACC_HTTPS else "http"
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS) and (
        origin.lower() == f"{ours}://{host}"
    )
