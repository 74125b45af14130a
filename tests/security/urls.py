"""Every address of the site, with something put in for its parameters."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What stands in a path for each kind of parameter.
EXAMPLES = {"int": "1", "slug": "digits", "str": "x", "path": "x", "uuid": "0" * 32}


def site_paths() -> list[str]:
    """Return a path for each URL pattern, in order, each once."""
    return sorted(set(_paths(get_resolver(), "/")))


def _paths(resolver: URLResolver, begin: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = begin + _filled(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _paths(pattern, route)


def _filled(route: str) -> str:
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES[found[1] or "str"], route)
    # The admin's regular expressions: its registered apps, and whatever is left over.
    route = re.sub(r"\(\?P<\w+>([\w]+)[^)]*\)", r"\1", route)
    return re.sub(r"\(\?P<\w+>[^)]*\)", "x", route).strip("^$")
