"""Loopback proxies on real sockets: the demo's worlds and the tests' worlds alike.

They live in a thread of their own, so that a world goes on while the app, the engine or a real go command
is asked something. h11 speaks HTTP; a fault goes below it, to the socket. A proxy may be told to speak TLS
while it runs: it keeps its port, so that it is still the same proxy on the screen.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import h11

from probes.demo.behaviour import Answer, Fault, Request, parse_target

DRIP_PIECES = 20
DRIP_PAUSE_S = 0.25
LATE_S = 1.2
"""How late a late answer is: seen on the screen, and four of them are no torture."""
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
        protocol = h11.Connection(h11.SERVER)
        while True:
            request = await _next_request(protocol, reader)
            if request is None:
                return
            self.log.append(Logged(number, request))
            answer = self.handlers[number](request)
            if not await _send(protocol, writer, answer):
                return
            protocol.start_next_cycle()


async def _next_request(protocol: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    found: h11.Request | None = None
    while True:
        try:
            event = protocol.next_event()
        except h11.RemoteProtocolError:
            return None
        if event is h11.NEED_DATA:
            protocol.receive_data(await reader.read(1 << 16))
        elif isinstance(event, h11.Request):
            found = event
        elif isinstance(event, h11.EndOfMessage) and found is not None:
            headers = {name.decode().lower(): value.decode("latin-1") for name, value in found.headers}
            return parse_target(found.target.decode("latin-1"), headers)
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            return None


async def _send(protocol: h11.Connection, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer; returns whether the connection lives on."""
    match answer.fault:
        case Fault.HANG:
            await asyncio.Event().wait()
        case Fault.CLOSE:
            return False
        case Fault.RESET:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        case Fault.LATE:
            await asyncio.sleep(LATE_S)
        case Fault.NONE | Fault.TRUNCATE | Fault.DRIP:
            pass
    bodiless = answer.status in (204, 304)
    headers = list(answer.headers)
    if not bodiless:
        headers += [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
    response = h11.Response(status_code=answer.status, headers=headers, reason=_reason(answer.status))
    head = protocol.send(response)
    assert head is not None
    writer.write(head)
    if answer.fault is Fault.TRUNCATE:
        writer.write(answer.body[: len(answer.body) // 2])
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        return False
    if answer.fault is Fault.DRIP:
        await _drip(protocol, writer, answer.body)
    elif not bodiless:
        writer.write(protocol.send(h11.Data(data=answer.body)) or b"")
    writer.write(protocol.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return protocol.our_state is h11.DONE


async def _drip(protocol: h11.Connection, writer: asyncio.StreamWriter, body: bytes) -> None:
    step = max(1, -(-len(body) // DRIP_PIECES))
    for start in range(0, len(body), step):
        writer.write(protocol.send(h11.Data(data=body[start : start + step])) or b"")
        await writer.drain()
        await asyncio.sleep(DRIP_PAUSE_S)


_REASONS = {
    200: "OK",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    410: "Gone",
    418: "I'm a teapot",
    429: "Too Many Requests",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def _reason(status: int) -> bytes:
    return _REASONS.get(status, "Status").encode()
