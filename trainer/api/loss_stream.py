"""A job's losses as a stream of JSON: as long as the job, in little memory."""

import hashlib
import json
import math
import secrets
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from trainer.live.events import nonfinite_name
from trainer.models import Job
from trainer.selectors.loss_runs import LossRun, loss_runs

CHUNK_STEPS = 256  # five tasks make about 128 kB of them
GZIP = 16 + zlib.MAX_WBITS
# Of this process: after an update of ACC it is another one.
EDITION = secrets.token_hex(8)


def loss_chunks(job: Job, *, after_step: int, last_step: int | None = None) -> Iterator[bytes]:
    """Yield `selectors.losses.loss_points` as a JSON list, in pieces.

    Written out by hand: a dictionary a point and `json` over it take more than twice as long, and
    a long job has millions of points.
    """
    opening = "["
    for run in loss_runs(job, after_step=after_step, last_step=last_step):
        for first_step in range(run.first_step, run.last_step + 1, CHUNK_STEPS):
            points = _encoded(run.between(first_step, first_step + CHUNK_STEPS - 1))
            if points:
                yield (opening + ",".join(points)).encode()
                opening = ","
    yield b"[]" if opening == "[" else b"]"


def _encoded(run: LossRun) -> list[str]:
    """Return each point of a run as JSON; a float32 is written as the float64 that it equals."""
    fixed = [
        (f',"task_name":{json.dumps(name)},"task_loss":', f',"weight":{weight!r},"total_loss":')
        for name, weight in zip(run.task_names, run.weights, strict=True)
    ]
    points = []
    rows = run.values_ST.tolist()
    present = [None] * len(rows) if run.present_ST is None else run.present_ST.tolist()
    for step, (losses, takes_part) in enumerate(zip(rows, present, strict=True), run.first_step):
        total = _number(losses.pop())
        for column, (loss, (before, after)) in enumerate(zip(losses, fixed, strict=True)):
            if takes_part is None or takes_part[column]:
                odd = "" if math.isfinite(loss) else f',"nonfinite":"{nonfinite_name(loss)}"'
                points.append(f'{{"step":{step}{before}{_number(loss)}{after}{total}{odd}}}')
    return points


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else "null"


def chart_mark(request: HttpRequest, job: Job) -> str:
    """Return what tells the charts of jobs at their ends apart, as an ETag.

    Thinning a job changes its chart, and another version of ACC may draw it in another way.
    """
    told = f"{job.pk} {job.seq} {job.points_kept} {request.META.get('QUERY_STRING', '')} {EDITION}"
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def whole_json(
    request: HttpRequest, answer: dict[str, Any], *, mark: str | None = None
) -> HttpResponse:
    """Answer with JSON in one piece, compressed where the caller takes that.

    A number that JSON does not have raises ValueError.

    Args:
        mark: an ETag; a browser then keeps the answer and asks whether it still holds.
    """
    text = json.dumps(answer, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    body = text.encode()
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        b"".join(_gzipped(iter([body]))) if compressed else body,
        content_type="application/json; charset=utf-8",
    )
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    if mark:
        response.headers["ETag"] = mark
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def stream_json(request: HttpRequest, chunks: Iterator[bytes]) -> StreamingHttpResponse:
    """Answer with chunks as they are made, compressed where the caller takes that."""
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    body = _gzipped(chunks) if compressed else chunks
    response = StreamingHttpResponse(
        _from_thread(body) if isinstance(request, ASGIRequest) else body,
        content_type="application/json; charset=utf-8",
    )
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


async def _from_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks that the request's thread makes one at a time.

    Django would read a plain iterator to its end before it sends anything. A caller who hangs up
    cancels this, and nothing more is made.
    """
    while chunk := await sync_to_async(_next_or_empty)(chunks):
        yield chunk


def _next_or_empty(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")


def _gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # The fastest level: losses are digits, which higher levels hardly shorten.
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
