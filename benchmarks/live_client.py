"""An open page, as far as the server can tell: receives and parses every live message of a job.

Usage: python -m benchmarks.live_client URL. Prints a line when it is connected, another, as JSON,
when a job has ended.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

ENDED = ("completed", "stopped", "failed")
ACK_EVERY = 10


@dataclass
class Received:
    """What came, and whether it was all of it."""

    messages: int = 0
    size_bytes: int = 0
    steps: int = 0
    points: int = 0
    checkpoints: int = 0
    missed: int = 0
    state: str = ""
    last_seq: int | None = None

    def take(self, text: bytes) -> None:
        """Take in one message."""
        message = json.loads(text)
        self.messages += 1
        self.size_bytes += len(text)
        if "seq" in message:
            if self.last_seq is not None:
                self.missed += message["seq"] - self.last_seq - 1
            self.last_seq = message["seq"]
        if message["type"] == "loss":
            self.steps += message["steps"]
            self.points += sum(len(losses) for losses in message["series"].values())
        elif message["type"] == "checkpoint":
            self.checkpoints += 1
        elif message["type"] == "job":
            self.state = message["state"]


class Page(WebSocketClientProtocol):
    """The socket of the page; follows until a job has ended."""

    def onOpen(self) -> None:  # noqa: N802
        """Say that no message can be missed from now on."""
        self.received = Received()
        print("connected", flush=True)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802
        """Parse a message; acknowledge now and then, as a page does."""
        received = self.received
        received.take(payload)
        if received.messages % ACK_EVERY == 0:
            self.sendMessage(json.dumps({"ack": received.messages}).encode())  # type: ignore[no-untyped-call]
        if received.state in ENDED:
            print(json.dumps(asdict(received)), flush=True)
            self.sendClose()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802
        """End the process."""
        asyncio.get_running_loop().stop()


def main(url: str) -> None:
    """Follow until the end of a job."""
    factory = WebSocketClientFactory(url)  # type: ignore[no-untyped-call]
    factory.protocol = Page
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    factory.loop = loop
    host, port = factory.host, factory.port
    loop.run_until_complete(loop.create_connection(factory, host, port))
    loop.run_forever()


if __name__ == "__main__":
    main(sys.argv[1])
