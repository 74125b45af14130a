"""The shapes of answers about API tokens."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema


class TokenOut(Schema):
    """A token, without its secret."""

    id: int
    name: str
    prefix: str = Field(description="How the secret begins.")
    owner: str
    scope: Literal["read", "operate"]
    state: Literal["working", "expired", "revoked"]
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenMadeOut(TokenOut):
    """A token that was just made."""

    token: str = Field(description="The secret. It is shown this once.")
