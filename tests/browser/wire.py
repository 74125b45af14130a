"""A wire between a browser and the web side, which can be cut."""

import asyncio
import threading
from contextlib import suppress

READ_BYTES = 1 << 16


class Wire:
    """Forwards connections from a port of its own, in a thread of its own."""

    def __init__(self, target_port: int) -> None:
        """Begin to listen."""
        self._target_port = target_port
        self._open: set[asyncio.StreamWriter] = set()
        self._live: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = self._run(listening)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """Where a browser finds the web side at the other end."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> int:
        """Cut every WebSocket at once, without a word to either end; return how many."""
        return int(self._run(self._cut()))

    def close(self) -> None:
        """Cut everything and listen no more."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)

    async def _cut(self) -> int:
        cut, self._live = self._live, set()
        for writer in cut:
            writer.transport.abort()
        return len(cut)

    async def _close(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._open |= {writer, far_writer}
        first = b""
        with suppress(ConnectionError):
            first = await reader.read(READ_BYTES)
        if first.startswith(b"GET /ws/"):
            self._live.add(writer)
        far_writer.write(first)
        both = [
            asyncio.create_task(_pump(reader, far_writer)),
            asyncio.create_task(_pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._live.discard(writer)
            self._open -= {writer, far_writer}
            for end in (writer, far_writer):
                end.transport.abort()
            await asyncio.gather(*both)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):  # that an end was cut is no news here
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            await writer.drain()
