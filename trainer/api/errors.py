"""Every failure as `{"error": "one sentence"}` with the fitting status."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from trainer.api.auth import unauthenticated
from trainer.api.body import NO_JSON, BodyRefused
from trainer.services.calls import CallRefused, TooManyAsked, TrainerOffline
from trainer.services.card_add import CardRefused
from trainer.services.cards import CardConflict
from trainer.services.checkpoints import CheckpointRefused
from trainer.services.datasets import DatasetRefused
from trainer.services.experiments import ExperimentConflict, ExperimentRefused
from trainer.services.jobs import JobConflict, JobRefused
from trainer.services.parameters import ParameterRefused
from trainer.services.recipes import RecipeConflict, RecipeMissing, RecipeRefused
from trainer.services.roles import NotAllowed
from trainer.services.sentences import sentence_of
from trainer.services.sources import ClassMissing
from trainer.services.tokens import TokenRefused

logger = logging.getLogger("acc.api")

STATUSES: dict[type[Exception], int] = {
    CallRefused: 400,
    CardRefused: 400,
    ClassMissing: 400,
    CardConflict: 409,
    CheckpointRefused: 409,
    DatasetRefused: 409,
    ExperimentRefused: 400,
    ExperimentConflict: 409,
    JobRefused: 400,
    JobConflict: 409,
    NotAllowed: 403,
    ParameterRefused: 400,
    RecipeRefused: 400,
    RecipeConflict: 409,
    RecipeMissing: 404,
    TokenRefused: 400,
    TooManyAsked: 429,
    TrainerOffline: 503,
    SuspiciousOperation: 400,
    RequestDataTooBig: 413,
}
# Where Pydantic's own words do not say what would be right.
_RIGHT = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this call; /docs lists those that are",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
}
MOST_TOLD = 3


def error_response(status: int, sentence: str) -> JsonResponse:
    """Return an error as the API shows it: on one line, also what a page lists line by line."""
    head, *others = [line.strip() for line in sentence.splitlines() if line.strip()] or [sentence]
    # The first line is the whole of it, or what those after it are a list of.
    told = " ".join(filter(None, [head, "; ".join(others)]))
    return JsonResponse({"error": told}, status=status)


def handlers_add(api: NinjaAPI) -> None:
    """Tell the API what to answer to each kind of exception."""
    for kind, status in STATUSES.items():
        api.add_exception_handler(kind, _refusal_handler(status))
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(AuthenticationError, lambda *_: unauthenticated())
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(ModelValidationError, _invalid_for_model)
    # The check of the CSRF token has read the body, which it does with forms only.
    api.add_exception_handler(RawPostDataException, lambda *_: error_response(415, NO_JSON))
    api.add_exception_handler(MultiPartParserError, _form_broken)
    api.add_exception_handler(OperationalError, _database_away)
    api.add_exception_handler(Exception, _unexpected)


def validation_sentence(errors: list[dict[str, Any]]) -> str:
    """Return what is wrong with a call's parameters, the first few of them by name."""
    return "; ".join(_told(error) for error in errors[:MOST_TOLD])


def _told(error: dict[str, Any]) -> str:
    source, *path = error["loc"]
    if source == "body":
        path = path[1:]  # the first is the name of our function's argument
    if not path:
        return "the call needs a JSON object as its body"
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        right = str(context["error"])
    elif error["type"] in _RIGHT:
        right = _RIGHT[error["type"]].format(**context)
    else:
        right = error["msg"][:1].lower() + error["msg"][1:]
    return f"'{'.'.join(str(part) for part in path)}' {right}"


def _refusal_handler(status: int) -> Any:
    def handle(_: HttpRequest, error: Exception) -> HttpResponse:
        return error_response(status, str(error) or "the request was refused")

    return handle


def _invalid(_: HttpRequest, error: Any) -> HttpResponse:
    return error_response(400, validation_sentence(error.errors))


def _invalid_for_model(_: HttpRequest, error: Any) -> HttpResponse:
    return error_response(400, sentence_of(error))


def _form_broken(_: HttpRequest, error: Any) -> HttpResponse:
    return error_response(400, f"the body is not valid multipart/form-data: {error}")


def _http_error(_: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error.__cause__, BodyRefused):
        return error_response(error.__cause__.status, str(error.__cause__))
    if error.status_code == 403:
        return error_response(403, "the CSRF token is missing or wrong; reload the page")
    return error_response(error.status_code, str(error))


def _database_away(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s: the database does not answer: %s", request.method, request.path, error)
    return error_response(503, "the database does not answer; try again in a moment")


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(500, "something broke on the server; its log file says what")
