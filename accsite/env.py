"""Typed readers of the environment; a bad value stops the start with one sentence."""

import os
from pathlib import Path
from urllib.parse import urlsplit

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class BadEnvironment(SystemExit):
    """An environment variable has a value that ACC cannot use.

    A SystemExit, so that manage.py, daphne and celery alike print the sentence
    and end, without a traceback.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"ACC cannot start: {name} {problem}.")


def env_str(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks; an empty one counts as unset."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool) -> bool:
    """Return whether the variable says yes (1, true, yes, on) or no (0, false, no, off)."""
    value = env_str(name)
    if not value:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise BadEnvironment(name, f"is {value!r}, but must be 1 or 0")


def env_int(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """Return a whole number between minimum and maximum, both included."""
    value = env_str(name)
    if not value:
        return default
    problem = f"is {value!r}, but must be a whole number from {minimum} to {maximum}"
    try:
        number = int(value)
    except ValueError:
        raise BadEnvironment(name, problem) from None
    if not minimum <= number <= maximum:
        raise BadEnvironment(name, problem)
    return number


def env_path(name: str, default: Path) -> Path:
    """Return an absolute path; `~` is the home directory."""
    value = env_str(name)
    return Path(value).expanduser().resolve() if value else default.resolve()


def env_paths(name: str) -> list[Path]:
    """Return directories separated as in PATH, absolute, in order, each once."""
    parts = [part.strip() for part in env_str(name).split(os.pathsep)]
    return list(dict.fromkeys(Path(part).expanduser().resolve() for part in parts if part))


def env_words(name: str) -> list[str]:
    """Return the comma-separated words of the variable."""
    return [word.strip() for word in env_str(name).split(",") if word.strip()]


def env_url(name: str, *, schemes: tuple[str, ...]) -> str:
    """Return a URL of one of the schemes, or "" where the variable is unset."""
    value = env_str(name)
    scheme, separator, rest = value.partition("://")
    if value and (not rest or scheme not in schemes):
        # The value may hold a password, so it is not repeated.
        found = f"is {f'{scheme}://...'!r}, but" if separator else "is not a URL; it"
        raise BadEnvironment(name, f"{found} must begin with {_one_of(schemes)}")
    try:
        urlsplit(value).port  # noqa: B018  it is read to be checked
    except ValueError:
        raise BadEnvironment(
            name,
            "cannot be read; in a password, write %2F for /, %23 for #, %3F for ?, %40 for @ and "
            "%5B for [",
        ) from None
    return value


def _one_of(schemes: tuple[str, ...]) -> str:
    *others, last = [f"{scheme}://" for scheme in schemes]
    return " or ".join(filter(None, [", ".join(others), last]))
