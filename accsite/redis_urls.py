"""REDIS_URL as each of the clients has to be told it: they read different addresses."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from accsite.env import BadEnvironment

NAME = "REDIS_URL"
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
# What may be said of the certificate, and how it is written for everybody.
WORDS = {
    "ssl_cert_reqs": {
        **{word: word for word in ("required", "optional", "none")},
        **{f"cert_{word}": word for word in ("required", "optional", "none")},
    },
    "ssl_check_hostname": {"true": "true", "1": "true", "false": "false", "0": "false"},
}


@dataclass(frozen=True)
class RedisUrls:
    """The same server, password and database for everybody.

    Attributes:
        ours: for redis-py, and Channels, which uses it.
        celery: for Celery, which takes a password before the host only, and believes any
            certificate unless it is told not to.
        number: of the database.
    """

    ours: str
    celery: str
    number: str


def redis_urls(url: str) -> RedisUrls:
    """Return an address in all its forms.

    Raises:
        BadEnvironment: it says something that not all clients would follow.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    user = query.pop("username", unquote(parts.username or ""))
    password = query.pop("password", unquote(parts.password or ""))
    is_socket = parts.scheme == "unix"
    number = query.pop("db", "") or ("" if is_socket else parts.path.strip("/")) or "0"
    if not number.isascii() or not number.isdigit():
        raise BadEnvironment(NAME, "must end in the number of a database, such as /0")
    tls = _tls(query) if parts.scheme == "rediss" else {}
    unknown = [name for name in query if name not in tls]
    if unknown:
        raise BadEnvironment(
            NAME, f"has {unknown[0]!r} behind its '?', which {parts.scheme}:// does not have here"
        )
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    if is_socket:
        place = f"{login}{parts.path}"
        return RedisUrls(
            f"unix://{place}?db={number}", f"redis+socket://{place}?virtual_host={number}", number
        )
    place = f"{parts.scheme}://{login}{parts.netloc.rpartition('@')[2]}/{number}"
    checked = tls or ({"ssl_cert_reqs": "required"} if parts.scheme == "rediss" else {})
    return RedisUrls(_with(place, tls), _with(place, checked), number)


def _tls(query: dict[str, str]) -> dict[str, str]:
    """Return what a query says of TLS, in the words that all clients read in the same way."""
    found = {name: query[name] for name in FILES if name in query}
    for name, words in WORDS.items():
        said = query.get(name)
        if said is None:
            continue
        if said.lower() not in words:
            raise BadEnvironment(NAME, f"has {name}={said}, but may say {', '.join(words)}")
        found[name] = words[said.lower()]
    return found


def _with(place: str, query: dict[str, str]) -> str:
    return f"{place}?{urlencode(query, safe='/')}" if query else place
