"""Reads JSON bodies, and says what is wrong with those that are none."""

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

NO_JSON = "the body must be JSON, with Content-Type: application/json"


class BodyRefused(Exception):
    """A body cannot be read; the text says why and what would be right."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class JsonParser(Parser):
    """Stricter than Python's: NaN, infinities and text that no database stores are refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body.

        Raises:
            BodyRefused: it is not JSON, or not called JSON. Ninja makes an HttpError of it, whose
                cause it is.
        """
        if request.content_type != "application/json":
            # Any web page may send a form or plain text from a visitor's browser, JSON not.
            raise BodyRefused(415, NO_JSON)
        try:
            body = json.loads(request.body, parse_constant=_no_constant, parse_float=_finite)
            text = json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise BodyRefused(400, f"the body is not valid JSON: {error}") from error
        if b"\\u0000" in text:
            raise BodyRefused(400, "text in the body must not hold NUL characters")
        return body


def _no_constant(name: str) -> NoReturn:
    raise BodyRefused(400, f"{name} is not a number in JSON; send a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BodyRefused(400, f"{text[:20]} is too large; send a finite number")
    return value
