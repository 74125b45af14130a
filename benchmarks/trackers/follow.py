"""A page on a job, in a process of its own: prints the last step of each message as it comes.

Usage: python -m benchmarks.trackers.follow URL. Its first line, 0, says that it is connected.
"""

import asyncio
import json
import sys

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol


class Follower(WebSocketClientProtocol):
    """The socket of the page."""

    def onOpen(self) -> None:  # noqa: N802
        """Say that no message can be missed from now on."""
        print(0, flush=True)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802
        """Read a message; say how far it goes."""
        message = json.loads(payload)
        if message["type"] == "loss":
            print(message["first_step"] + message["steps"] - 1, flush=True)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802
        """End the process."""
        asyncio.get_running_loop().stop()


def main(url: str) -> None:
    """Follow until the server hangs up, or until this process is ended."""
    factory = WebSocketClientFactory(url)  # type: ignore[no-untyped-call]
    factory.protocol = Follower
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    factory.loop = loop
    loop.run_until_complete(loop.create_connection(factory, factory.host, factory.port))
    loop.run_forever()


if __name__ == "__main__":
    main(sys.argv[1])
