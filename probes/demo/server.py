"""Loopback proxies on real sockets: the demo's worlds and the tests' worlds alike.

They live in a thread of their own, so that a world goes on while the app, the engine or a real go command
is asked something. probes.demo.speaking is what they say. A proxy may be told to speak TLS
while it runs: it keeps its port, so that it is still the same proxy on the screen.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from probes.demo.behaviour import Answer, Request

ROUNDS = 10
"""Rounds of the loop in which a world ends: a connection accepted in the last moment is made, and closed."""

Handler = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as a proxy got it."""

    proxy: int
    request: Request


class World:
    """Proxies on loopback, one for each handler; ``with World([…]) as world: world.urls``."""

    def __init__(
        self, handlers: Sequence[Handler], *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.handlers = list(handlers)
        """May be changed while the world runs: the next request meets the new handler."""
        self.certificates: dict[int, ssl.SSLContext] = {}
        """The proxies that speak TLS now, by number; may be changed while the world runs, as handlers may."""
        self.log: list[Logged] = []
        self.urls: list[str] = []
        self._host = host
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="demo world", daemon=True)
        self._failure: BaseException | None = None

    def __enter__(self) -> World:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        servers = []
        for number in range(len(self.handlers)):

            async def serve(
                number: int,
                tls: ssl.SSLContext | None,
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
            ) -> None:
                with suppress(OSError, asyncio.CancelledError):
                    if tls is not None:
                        await writer.start_tls(tls)
                    await self._connection(number, reader, writer)  # until the client or the world goes
                writer.close()
                with suppress(OSError, asyncio.CancelledError):
                    await writer.wait_closed()

            def accept(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int = number
            ) -> None:
                # Not a coroutine: a world that ends just now must know of the connection already, and what
                # comes before TLS begins would be taken for something else.
                tls = self.certificates.get(number)
                if tls is not None:
                    writer.transport.pause_reading()  # type: ignore[attr-defined]
                task = asyncio.ensure_future(serve(number, tls, reader, writer))
                connections[task] = writer
                task.add_done_callback(connections.pop)

            server = await asyncio.start_server(accept, self._host, 0, limit=1 << 20, ssl=self._tls)
            servers.append(server)
            host = f"[{self._host}]" if ":" in self._host else self._host
            scheme = "http" if self._tls is None else "https"
            self.urls.append(f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}")
        self._ready.set()
        await self._stopping.wait()
        for server in servers:
            server.close()
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
            for task, writer in tuple(connections.items()):
                task.cancel()
                writer.transport.abort()

    async def _connection(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from probes.demo.speaking import new_protocol, next_request, send  # h11: not before the first frame

        protocol = new_protocol()
        while True:
            request = await next_request(protocol, reader)
            if request is None:
                return
            self.log.append(Logged(number, request))
            answer = self.handlers[number](request)
            if not await send(protocol, writer, answer):
                return
            protocol.start_next_cycle()
