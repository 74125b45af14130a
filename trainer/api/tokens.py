"""Calls about API tokens."""

from typing import Annotated, Any, Literal, cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Field, Router
from ninja.errors import HttpError

from trainer.api.auth import auth_for
from trainer.api.inputs import Body, Whole
from trainer.api.token_schemas import TokenMadeOut, TokenOut
from trainer.selectors.tokens import token_as_dict, tokens_seen_by
from trainer.services.roles import Need
from trainer.services.tokens import MOST_DAYS, token_create, token_revoke

router = Router(tags=["tokens"], auth=auth_for(Need.ACCOUNT))


class TokenIn(Body):
    """The token to make."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scope: Literal["read", "operate"] = "read"
    days: Annotated[Whole, Field(ge=1, le=MOST_DAYS)] | None = Field(
        None, description="How long it works; null for ever."
    )


@router.get("/tokens", response=list[TokenOut], summary="List the API tokens")
def tokens(request: HttpRequest) -> list[dict[str, Any]]:
    """List your tokens, the newest first; administrators see everybody's."""
    return [token_as_dict(token) for token in tokens_seen_by(_caller(request))]


@router.post("/tokens", response=TokenMadeOut, summary="Make an API token")
def token_make(request: HttpRequest, body: TokenIn) -> dict[str, Any]:
    """Make a token of yours. The secret is in this answer and never again."""
    token, secret = token_create(owner=_caller(request), **body.dict())
    return token_as_dict(token) | {"token": secret}


@router.post("/tokens/{int:token_id}/revoke", response=TokenOut, summary="Revoke an API token")
def token_end(request: HttpRequest, token_id: int) -> dict[str, Any]:
    """End a token at once; sockets that were opened with it close within a minute."""
    token = tokens_seen_by(_caller(request)).filter(pk=token_id).first()
    if token is None:
        raise HttpError(404, f"you have no token {token_id}")
    return token_as_dict(token_revoke(token))


def _caller(request: HttpRequest) -> User:
    return cast(User, cast(Any, request).auth)
