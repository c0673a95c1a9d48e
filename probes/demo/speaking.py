"""What a proxy on loopback says on a connection: h11 speaks HTTP; a fault goes below it, to the socket.

Loaded with the first connection, or before it: see probes.demo.server.
"""

from __future__ import annotations

import asyncio
import socket
import struct

import h11

from probes.demo.behaviour import Answer, Fault, Request, parse_target

DRIP_PIECES = 20
DRIP_PAUSE_S = 0.25
LATE_S = 1.2
"""How late a late answer is: seen on the screen, and four of them are no torture."""


def new_protocol() -> h11.Connection:
    """The state of a connection on which nothing was said yet."""
    return h11.Connection(h11.SERVER)


async def next_request(protocol: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """What is asked next; None where that is nothing, or nonsense."""
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


async def send(protocol: h11.Connection, writer: asyncio.StreamWriter, answer: Answer) -> bool:
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
