"""One question to one nameserver, and the answer as Go judges it.

Source: net/dnsclient_unix.go (newRequest, exchange, dnsPacketRoundTrip, checkHeader, skipToAnswer): EDNS0
with 1232 bytes, datagrams that do not belong to the question ignored, TCP after a truncated answer. dnspython
writes and reads the messages; the sockets are ours, since only a connected one hears that nobody listens, and
since Go names its own port in what it says.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from probes.golang.os_errors import errno_words
from probes.golang.shown import shown
from probes.net.dial import join_host_port
from probes.net.resolver_files import Nameserver

PACKET_BYTES = 1232
"""net maxDNSPacketSize: what Go says that it can take."""


class Record(StrEnum):
    """The record asked for."""

    A = "A"
    AAAA = "AAAA"


class Transport(StrEnum):
    """How a question travels."""

    UDP = "udp"
    TCP = "tcp"
    HTTPS = "https"


class Reply(StrEnum):
    """What came back."""

    ADDRESSES = "addresses"
    NO_DATA = "no data"
    """The name exists, without such a record."""
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    LAME = "lame"
    """Success without an answer from a server that is not in charge and does not recurse."""
    OTHER = "other"
    """Any other code that is no answer."""
    GARBLED = "garbled"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"


ANSWERS = frozenset({Reply.ADDRESSES, Reply.NO_DATA, Reply.NXDOMAIN})
"""What Go takes for an answer; after anything else it asks the next nameserver."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and what came of it."""

    server: str
    """Who was asked: "192.0.2.1:53", or the URL of a DNS-over-HTTPS resolver."""
    transport: Transport
    """The last one used: TCP after a truncated answer over UDP."""
    name: str
    """The full name, with its final dot."""
    record: Record
    reply: Reply
    seconds: float
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """The names on the way (CNAME), with their final dots."""
    ttl: int | None = None
    """The shortest time to live on the way, in seconds."""
    truncated: bool = False
    """The answer over UDP was too long."""
    detail: str = ""
    """Go's word for what is wrong with it ("no such host", "server misbehaving", "i/o timeout")."""

    @property
    def is_answer(self) -> bool:
        """Whether Go asks no other nameserver after this one."""
        return self.reply in ANSWERS


def query_for(name: str, record: Record) -> dns.message.QueryMessage:
    """The message that Go sends."""
    return dns.message.make_query(name, record.value, use_edns=0, payload=PACKET_BYTES)


async def ask(
    server: Nameserver, name: str, record: Record, *, seconds: float, over_tcp: bool = False
) -> Answered:
    """Ask one nameserver over UDP, and over TCP when the answer is truncated or when told to.

    ``seconds`` counts for each transport. Raises nothing for what networks and servers do.
    """
    query = query_for(name, record)
    began = monotonic()
    transport = Transport.TCP if over_tcp else Transport.UDP
    truncated = False
    if not over_tcp:
        outcome = await _try(_over_udp(server, query), seconds, "udp", server)
        truncated = isinstance(outcome, dns.message.Message) and bool(outcome.flags & dns.flags.TC)
        transport = Transport.TCP if truncated else Transport.UDP
    if over_tcp or truncated:
        outcome = await _try(_over_tcp(server, query), seconds, "tcp", server)
    spent = monotonic() - began
    if isinstance(outcome, _Failure):
        reply, detail = outcome.reply, outcome.words
        return Answered(
            server.shown, transport, name, record, reply, spent, truncated=truncated, detail=detail
        )
    return read_answer(outcome, server.shown, transport, name, record, spent, truncated=truncated)


@dataclass(frozen=True, slots=True)
class _Failure:
    reply: Reply
    words: str


class _Foreign(dns.exception.DNSException):
    """A message that answers another question."""


class _Local:
    """Our own end of a socket, for Go's words about it."""

    def __init__(self) -> None:
        self.shown = ""

    def note(self, name: tuple[object, ...]) -> None:
        self.shown = join_host_port(str(name[0]), int(str(name[1])))


Exchange = Callable[[_Local], Awaitable[dns.message.Message]]


async def _try(
    exchange: Exchange, seconds: float, network: str, server: Nameserver
) -> dns.message.Message | _Failure:
    local = _Local()
    try:
        async with asyncio.timeout(seconds):
            return await exchange(local)
    except TimeoutError:
        words, reply = "i/o timeout", Reply.TIMEOUT
    except EOFError:
        return _Failure(Reply.GARBLED, "EOF")
    except dns.exception.DNSException:
        return _Failure(Reply.GARBLED, "cannot unmarshal DNS message")
    except OSError as error:
        words, reply = errno_words(error), Reply.UNREACHABLE
        words = f"read: {words}" if local.shown else f"connect: {words}"
    if not local.shown:
        return _Failure(reply, f"dial {network} {server.shown}: {words}")
    return _Failure(reply, f"read {network} {local.shown}->{server.shown}: {words}")


def _over_udp(server: Nameserver, query: dns.message.QueryMessage) -> Exchange:
    async def exchange(local: _Local) -> dns.message.Message:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.connect((server.address, server.port))
            local.note(channel.getsockname())
            await loop.sock_sendall(channel, query.to_wire())
            while True:
                answer = _belongs(await loop.sock_recv(channel, PACKET_BYTES), query)
                if answer is not None:
                    return answer

    return exchange


def _belongs(wire: bytes, query: dns.message.QueryMessage) -> dns.message.Message | None:
    """The message, unless it is noise or no answer to the question: Go waits on in that case."""
    try:
        answer = dns.message.from_wire(wire, ignore_trailing=True, raise_on_truncation=False)
    except dns.exception.DNSException:
        return None
    return answer if query.is_response(answer) else None


def _over_tcp(server: Nameserver, query: dns.message.QueryMessage) -> Exchange:
    async def exchange(local: _Local) -> dns.message.Message:
        reader, writer = await asyncio.open_connection(server.address, server.port)
        try:
            local.note(writer.get_extra_info("sockname"))
            wire = query.to_wire()
            writer.write(len(wire).to_bytes(2) + wire)
            length = int.from_bytes(await reader.readexactly(2))
            answer = dns.message.from_wire(await reader.readexactly(length), ignore_trailing=True)
            if not query.is_response(answer):
                raise _Foreign
            return answer
        finally:
            writer.transport.abort()

    return exchange


def read_answer(
    answer: dns.message.Message,
    server: str,
    transport: Transport,
    name: str,
    record: Record,
    seconds: float,
    *,
    truncated: bool = False,
) -> Answered:
    """Judge a message as checkHeader and skipToAnswer do."""
    reply = _reply(answer, record)
    wanted = dns.rdatatype.from_text(record.value)
    addresses: list[str] = []
    aliases: list[str] = []
    lifetimes: list[int] = []
    for rrset in answer.answer:
        if rrset.rdtype == wanted:
            addresses += [str(item.address) for item in rrset]
        elif rrset.rdtype == dns.rdatatype.CNAME:
            aliases += [shown(str(item.target)) for item in rrset]
        else:
            continue
        lifetimes.append(rrset.ttl)
    return Answered(
        server=server,
        transport=transport,
        name=name,
        record=record,
        reply=reply,
        seconds=seconds,
        addresses=tuple(addresses) if reply is Reply.ADDRESSES else (),
        aliases=tuple(aliases),
        ttl=min(lifetimes, default=None),
        truncated=truncated,
        detail=_DETAIL.get(reply, "server misbehaving"),
    )


_DETAIL = {
    Reply.ADDRESSES: "",
    Reply.NO_DATA: "no such host",
    Reply.NXDOMAIN: "no such host",
    Reply.LAME: "lame referral",
}


def _reply(answer: dns.message.Message, record: Record) -> Reply:
    match answer.rcode():
        case dns.rcode.NXDOMAIN:
            return Reply.NXDOMAIN
        case dns.rcode.NOERROR:
            pass
        case dns.rcode.SERVFAIL:
            return Reply.SERVFAIL
        case dns.rcode.REFUSED:
            return Reply.REFUSED
        case _:
            return Reply.OTHER
    in_charge = answer.flags & (dns.flags.AA | dns.flags.RA)
    has_more = bool(answer.additional) or answer.edns >= 0
    if not answer.answer and not in_charge and not has_more:
        return Reply.LAME
    wanted = dns.rdatatype.from_text(record.value)
    found = any(rrset.rdtype == wanted for rrset in answer.answer)
    return Reply.ADDRESSES if found else Reply.NO_DATA
