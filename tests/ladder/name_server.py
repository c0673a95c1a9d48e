"""A nameserver on loopback that tells the truth, lies, or says nothing (dnspython writes the messages)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from probes.net.resolver_files import ResolverFiles
from tests.ladder.sockets import serving


class Lie(Enum):
    """What a nameserver does instead of answering."""

    NXDOMAIN = dns.rcode.NXDOMAIN
    SERVFAIL = dns.rcode.SERVFAIL
    REFUSED = dns.rcode.REFUSED
    NOT_IMPLEMENTED = dns.rcode.NOTIMP
    SILENT = "silent"
    LAME = "lame"
    NO_DATA = "no data"
    TRUNCATED = "truncated"
    """Nothing over UDP; the truth over TCP."""
    TRUNCATED_FOR_EVER = "truncated for ever"
    """Nothing over UDP; hangs up over TCP."""
    NOISE_FIRST = "noise first"
    """Garbage and a forged answer before the truth."""


TRUTH = ("127.0.0.1",)
Said = Sequence[str] | Lie
Zone = Mapping[str, Said]
"""Full names with their final dot, to addresses; "NAME/AAAA" for one kind of record only."""


class NameServer:
    """Listens over UDP and TCP on one port of some loopback addresses, in the running loop."""

    def __init__(self, zone: Zone, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._zone = dict(zone)
        self._host = host
        self.port = port
        self.seen: list[tuple[str, str, str]] = []
        """(transport, name, record) of each question."""
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: AbstractAsyncContextManager[int] | None = None

    async def __aenter__(self) -> Self:
        self._tcp = serving(self._talk, host=self._host, port=self.port)
        self.port = await self._tcp.__aenter__()
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(self._host, self.port)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._udp is not None
        assert self._tcp is not None
        self._udp.close()
        await self._tcp.__aexit__(None, None, None)

    def answers(self, wire: bytes, transport: str) -> list[bytes]:
        """The messages to send back."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        record = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text().lower()
        self.seen.append((transport, name, record))
        said = self._zone.get(f"{name}/{record}", self._zone.get(name, Lie.NXDOMAIN))
        truth = dns.message.make_response(query, recursion_available=True)
        match said:
            case Lie.SILENT:
                return []
            case Lie.NXDOMAIN | Lie.SERVFAIL | Lie.REFUSED | Lie.NOT_IMPLEMENTED:
                truth.set_rcode(said.value)
            case Lie.LAME:
                truth.flags &= ~(dns.flags.RA | dns.flags.AA)
                truth.use_edns(False)
            case Lie.NO_DATA:
                pass
            case Lie.TRUNCATED | Lie.TRUNCATED_FOR_EVER if transport == "udp":
                truth.flags |= dns.flags.TC
            case Lie.TRUNCATED_FOR_EVER:
                return []
            case Lie.NOISE_FIRST:
                self._fill(truth, record, TRUTH)
                forged = dns.message.make_response(query)
                forged.id ^= 1
                return [b"\x01\x02", forged.to_wire(), _wire(truth)]
            case Lie():
                self._fill(truth, record, TRUTH)
            case addresses:
                self._fill(truth, record, addresses)
        return [_wire(truth)]

    def _fill(self, message: dns.message.Message, record: str, addresses: Sequence[str]) -> None:
        kind = [address for address in addresses if (":" in address) == (record == "AAAA")]
        if kind:
            name = message.question[0].name
            message.answer.append(dns.rrset.from_text_list(name, 60, "IN", record, kind))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2))
        for answer in self.answers(await reader.readexactly(length), "tcp"):
            writer.write(len(answer).to_bytes(2) + answer)
            await writer.drain()


def _wire(message: dns.message.Message) -> bytes:
    """The message with its addresses in their order, which dnspython would shuffle."""
    return message.to_wire(want_shuffle=False)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str | object, int]) -> None:
        for answer in self._server.answers(data, "udp"):
            self._transport.sendto(answer, address)


def write_files(
    folder: Path, port: int, *, nameservers: Sequence[str] = ("127.0.0.1",), more: str = "", hosts: str = "",
    nsswitch: str | None = None,
) -> ResolverFiles:  # fmt: skip
    """resolv.conf, hosts and nsswitch.conf in a folder."""
    (folder / "resolv.conf").write_text("".join(f"nameserver {a}\n" for a in nameservers) + more)
    (folder / "hosts").write_text(hosts)
    if nsswitch is not None:
        (folder / "nsswitch.conf").write_text(nsswitch)
    return ResolverFiles(folder / "resolv.conf", folder / "hosts", folder / "nsswitch.conf", port)
