"""Many open pages in one process, as light on the processor as they can be.

Usage: python -m benchmarks.crowd URL COUNT. Prints a line when all are connected; counts from the
line that it then reads to the end of its input, and prints what came as JSON. A loss of the task
"clock" is the time at which its step was made.
"""

import base64
import itertools
import json
import os
import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

CLOCK, CLOCK_SECONDS = "clock", 4096  # float32 tells quarters of a millisecond below this
ACK_EVERY = 20  # as the page does (socket.js)
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


@dataclass(eq=False)  # each is itself, and may be a key
class Viewer:
    """One WebSocket: what came, by number of the text, and when."""

    socket: socket.socket
    buffer: bytearray
    received: int = 0
    texts: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    is_open: bool = True


def main(url: str, count: int) -> None:
    """Connect, count, and tell."""
    viewers = [viewer_connect(url) for _ in range(count)]
    selector = selectors.DefaultSelector()
    for viewer in viewers:
        viewer.socket.setblocking(False)
        selector.register(viewer.socket, selectors.EVENT_READ, viewer)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("connected", flush=True)
    numbers: dict[bytes, int] = {}
    is_counting, began = False, 0.0
    while True:
        for key, _ in selector.select():
            if key.data is not None:
                viewer_read(key.data, numbers, is_counting=is_counting)
                if not key.data.is_open:
                    selector.unregister(key.data.socket)
            elif os.read(0, 100):
                is_counting, began = True, time.process_time()
            else:
                cpu_seconds = time.process_time() - began
                print(json.dumps(_told(viewers, list(numbers)) | {"cpu_seconds": cpu_seconds}))
                return


def viewer_connect(url: str) -> Viewer:
    """Open a WebSocket by hand: a library would cost more than the server does."""
    place = urlsplit(url)
    assert place.hostname is not None
    link = socket.create_connection((place.hostname, place.port or 80), timeout=30)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {place.path}?{place.query} HTTP/1.1",
        f"Host: {place.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    )
    link.sendall("\r\n".join([*lines, "", ""]).encode())
    buffer = bytearray()
    while b"\r\n\r\n" not in buffer:
        if not (more := link.recv(4096)):
            raise ConnectionError("the server hung up in the handshake")
        buffer += more
    head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
    if b" 101 " not in head.splitlines()[0]:
        raise ConnectionError(head.splitlines()[0].decode())
    return Viewer(link, bytearray(rest))


def viewer_read(viewer: Viewer, numbers: dict[bytes, int], *, is_counting: bool) -> None:
    """Take what has come; the text itself is kept once, whoever receives it."""
    more = viewer.socket.recv(1 << 18)
    now = time.time()
    viewer.buffer += more
    viewer.is_open = bool(more)
    while (frame := _next_frame(viewer.buffer)) is not None:
        kind, payload = frame
        if kind == PING:
            _send(viewer, PONG, payload)
        elif kind == CLOSE:
            viewer.is_open = False
        elif kind == TEXT:
            viewer.received += 1
            if viewer.received % ACK_EVERY == 0:
                _send(viewer, TEXT, json.dumps({"ack": viewer.received}).encode())
            if is_counting:
                viewer.texts.append(numbers.setdefault(payload, len(numbers)))
                viewer.times.append(now)


def _next_frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take a whole frame from the front; None while there is none. A server masks nothing."""
    if len(buffer) < 2:
        return None
    kind, size, start = buffer[0] & 0xF, buffer[1], 2
    if size == 126:
        start = 4
        size = int.from_bytes(buffer[2:4], "big")
    elif size == 127:
        start = 10
        size = int.from_bytes(buffer[2:10], "big")
    if len(buffer) < start + size:
        return None
    payload = bytes(buffer[start : start + size])
    del buffer[: start + size]
    return kind, payload


def _send(viewer: Viewer, kind: int, payload: bytes) -> None:
    """Send a short frame; its mask of zeros changes nothing."""
    viewer.socket.sendall(struct.pack("!BBI", 0x80 | kind, 0x80 | len(payload), 0) + payload)


def _told(viewers: list[Viewer], texts: list[bytes]) -> dict[str, Any]:
    """Return what came: how late each step was at each viewer, and what was missing."""
    messages = [json.loads(text) for text in texts]
    clocks = [np.array(message.get("series", {}).get(CLOCK, [])) for message in messages]
    ages_ms: list[Any] = []
    missing = 0
    for viewer in viewers:
        seqs = [messages[number]["seq"] for number in viewer.texts if "seq" in messages[number]]
        missing += sum(after - before - 1 for before, after in itertools.pairwise(seqs))
        for number, seen in zip(viewer.texts, viewer.times, strict=True):
            ages_ms.append(1000 * ((seen % CLOCK_SECONDS - clocks[number]) % CLOCK_SECONDS))
    ages = np.concatenate(ages_ms)
    return {
        "viewers": sum(viewer.is_open for viewer in viewers),
        "messages": sum(len(viewer.texts) for viewer in viewers),
        "missing": missing,
        "points": len(ages),
        **{f"p{q}_ms": float(np.percentile(ages, q)) for q in (50, 95, 99, 100)},
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
