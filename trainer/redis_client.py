"""Our own connections to Redis or Valkey, beside those of Celery and Channels."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def redis_client(url: str, *, seconds: float) -> Redis:
    """Return a client that fails within `seconds` where nobody answers.

    redis-py tries again three times by default, up to ten seconds long; whoever calls us has
    something better to do, and a way on without Redis.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )
