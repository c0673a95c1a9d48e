"""A module proxy that speaks HTTP/2 over TLS, for tests; what it serves comes from a handler."""

from __future__ import annotations

import asyncio
import ssl

import h2.config
import h2.connection
import h2.events

from probes.demo.behaviour import Answer, Fault, Request, parse_target
from tests.tls_servers import RawServer


class H2Proxy(RawServer):
    """Serves over HTTP/2 only, and notes what was asked."""

    def __init__(self, handler: object, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2"])
        super().__init__(self._connection, tls=context)
        self._handler = handler
        self.log: list[Request] = []

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        protocol.initiate_connection()
        writer.write(protocol.data_to_send())
        while data := await reader.read(1 << 16):
            for event in protocol.receive_data(data):
                if isinstance(event, h2.events.RequestReceived) and not self._answer(protocol, event):
                    writer.transport.abort()
                    return
            writer.write(protocol.data_to_send())
            await writer.drain()

    def _answer(self, protocol: h2.connection.H2Connection, event: h2.events.RequestReceived) -> bool:
        headers = {_text(name): _text(value) for name, value in event.headers or []}
        request = parse_target(headers[":path"], headers)
        self.log.append(request)
        answer: Answer = self._handler(request)  # type: ignore[operator]
        stream = event.stream_id
        assert stream is not None
        if answer.fault is Fault.CLOSE:
            return False
        if answer.fault is Fault.RESET:
            protocol.reset_stream(stream, error_code=2)
            return True
        fields = [(":status", str(answer.status)), ("content-type", answer.content_type)]
        protocol.send_headers(stream, fields + [(name.lower(), value) for name, value in answer.headers])
        if answer.fault is Fault.TRUNCATE:
            protocol.send_data(stream, answer.body[: len(answer.body) // 2])
            protocol.reset_stream(stream, error_code=2)
            return True
        protocol.send_data(stream, answer.body, end_stream=True)
        return True


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
