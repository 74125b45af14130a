"""The API itself: ninja's, with errors of one shape throughout."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import JSONRenderer

from trainer.api.auth import AUTH, credentials_required
from trainer.api.body import JsonParser
from trainer.api.errors import error_response, handlers_add

View = Callable[..., HttpResponseBase]

ERROR = {
    "description": "What is wrong and what would be right, in one sentence",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"error": {"type": "string"}},
                "required": ["error"],
            }
        }
    },
}


class StrictRenderer(JSONRenderer):
    """JSON in which NaN cannot occur: no browser reads it."""

    json_dumps_params = {"allow_nan": False, "ensure_ascii": False}  # noqa: RUF012  as ninja's


class AccApi(NinjaAPI):
    """The HTTP API at the root of the site."""

    def __init__(self, **options: Any) -> None:
        """Make an API without calls; routers bring them."""
        super().__init__(
            auth=AUTH,
            parser=JsonParser(),
            renderer=StrictRenderer(),
            docs_decorator=credentials_required,
            **options,
        )
        handlers_add(self)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The URL patterns; what ninja itself refuses also gets the shape of our errors."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _with_json_refusals(pattern.callback)
        return patterns, app_name, namespace

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Describe the API; every call can also answer with an error."""
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"]["4XX"] = ERROR
        return schema

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name a call in the documentation as its function is named."""
        return operation.view_func.__name__


def _with_json_refusals(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return error_response(400, "a URL must not hold NUL characters")
        response = view(request, **arguments)
        if response.status_code != 405:
            return response
        allowed = response.headers["Allow"]
        refusal = error_response(
            405, f"{request.path} does not take {request.method}; {allowed} works"
        )
        refusal.headers["Allow"] = allowed
        return refusal

    return answer
