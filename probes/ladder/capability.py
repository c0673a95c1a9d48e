"""What a module proxy can do: one row, each cell asked for by itself.

Being fast, or having a home page, says nothing: a mirror may serve zips and no checksum database. Each cell
is a GET as go sends it. The zip too: HEAD is not what go sends, and Range is not honoured everywhere, so the
zip is asked for with a plain GET that is dropped after its first bytes. The module proxy fetches what it does
not hold, as it would for go. Source: go.dev/ref/mod#goproxy-protocol, cmd/go/internal/modfetch (proxy.go,
sumdb.go, toolchain.go), goproxy/goproxy serveCache for the words of a refusal to fetch.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from time import monotonic
from typing import Any

from probes.golang import module
from probes.golang.errors import GoError
from probes.golang.mode import godebug
from probes.golang.protocol import Op
from probes.golang.urls import GoURL, escape_request_path
from probes.ladder.content import Asked, judge_content
from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.http_watch import WatchedClient
from probes.ladder.model import as_json, shown
from probes.ladder.request import Attempt, Authorization, get_with
from probes.ladder.software import UNKNOWN, Conclusion, Seen, identify, serves_modules
from probes.ladder.tcp import ConnectFailed, open_connection
from probes.ladder.tunnel import port_of
from probes.net.httpproxy import HTTPProxyRules

TOOLCHAIN = "golang.org/toolchain"
TOOLCHAIN_VERSION = "v0.0.1-go1.21.0.linux-amd64"
"""The first toolchain there was as a module: whoever serves any has it."""
SUMDB = "sum.golang.org"
NOBODY_HAS = "v0.0.0-20000101000000-0123456789ab"
"""A version that no cache holds, to ask with Disable-Module-Fetch."""
_FIRST_BYTES = 4096
_AT_ONCE = 3
_UPSTREAM = frozenset({
    Fault.CONTENT_UNKNOWN_REVISION, Fault.CONTENT_UPSTREAM_AUTH, Fault.CONTENT_UPSTREAM_IMPORT,
    Fault.CONTENT_UPSTREAM_TLS, Fault.CONTENT_BAD_UPSTREAM, Fault.CONTENT_FETCH_TIMED_OUT,
})  # fmt: skip
"""What a proxy can only say after it has gone and looked."""


@dataclass(frozen=True, slots=True)
class CapabilityQuestion:
    """The module and the version that the cells are asked about.

    Both go to the module proxy. Whether a path is private, and must not, is the caller's business.
    """

    path: str
    version: str


class Can(StrEnum):
    """One verdict."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CapabilityCell:
    """One thing that a module proxy can do, or cannot."""

    can: Can = Can.UNKNOWN
    status: int | None = None
    """Of the answer behind the verdict."""
    seconds: float | None = None
    """How long it took, from the question to the end of what was read."""
    note: str = "not asked yet"
    """Why, in a few words; "" where a plain yes says it all."""


@dataclass(frozen=True, slots=True)
class NamedCell:
    """A cell of a row, with the name of its column."""

    name: str
    cell: CapabilityCell


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """What one module proxy can do."""

    base: str
    """The GOPROXY entry, secrets masked."""
    path: str
    version: str
    list: CapabilityCell = field(default_factory=CapabilityCell)
    latest: CapabilityCell = field(default_factory=CapabilityCell)
    info: CapabilityCell = field(default_factory=CapabilityCell)
    mod: CapabilityCell = field(default_factory=CapabilityCell)
    zip: CapabilityCell = field(default_factory=CapabilityCell)
    sumdb: CapabilityCell = field(default_factory=CapabilityCell)
    """Whether it passes on questions to sum.golang.org."""
    toolchain: CapabilityCell = field(default_factory=CapabilityCell)
    """Whether it serves Go itself."""
    cached_only: CapabilityCell = field(default_factory=CapabilityCell)
    """Whether it honours Disable-Module-Fetch: true."""
    http2: CapabilityCell = field(default_factory=CapabilityCell)
    ipv6: CapabilityCell = field(default_factory=CapabilityCell)
    software: tuple[Conclusion, ...] = ()
    serves: str = UNKNOWN
    """The software that serves the modules."""

    def to_json(self) -> dict[str, object]:
        """The row as one JSON object."""
        said = as_json(self)
        assert isinstance(said, dict)
        return said


EmitRow = Callable[[CapabilityRow], None]


async def learn_capability(
    question: CapabilityQuestion,
    base: GoURL,
    variables: Mapping[str, str],
    limits: ClimbLimits,
    emit_row: EmitRow | None = None,
    *,
    authorization: Authorization | None = None,
    http2: bool = True,
) -> CapabilityRow:
    """Fill the row of one module proxy; ``emit_row`` is given each row that knows one cell more.

    About a dozen small requests, three at a time. ``question`` names a module to the proxy: a private path is
    the caller's business. Raises nothing for what networks do; where no URL can be made of path and version
    nothing is asked, and every cell says so.
    """
    try:
        module.escape_path(question.path)
        module.escape_version(question.version)
    except GoError as error:
        row = _unaskable(question, base, shown(str(error), limit=200))
        if emit_row is not None:
            emit_row(row)
        return row
    learner = _Learner(question, base, variables, limits, emit_row or (lambda row: None))
    given = authorization or (lambda url: None)
    http2 = http2 and godebug(variables).get("http2client") != "0"
    net = limits.for_net()
    plain = WatchedClient(variables, net, http2=http2, authorization=given)
    cached_only = WatchedClient(
        variables, net, http2=http2, authorization=given, extra_headers={"Disable-Module-Fetch": "true"}
    )
    try:
        return await learner.learn(plain, cached_only)
    finally:
        await plain.aclose()
        await cached_only.aclose()


def _empty_row(question: CapabilityQuestion, base: GoURL) -> CapabilityRow:
    return CapabilityRow(shown(base.redacted()), shown(question.path), shown(question.version))


def _unaskable(question: CapabilityQuestion, base: GoURL, why: str) -> CapabilityRow:
    cell = CapabilityCell(note=why)
    named: dict[str, Any] = {entry.name: cell for entry in cells(_empty_row(question, base))}
    return replace(_empty_row(question, base), **named)


def cells(row: CapabilityRow) -> Sequence[NamedCell]:
    """The cells of a row with their names, in order."""
    values = ((entry.name, getattr(row, entry.name)) for entry in fields(row))
    return [NamedCell(name, value) for name, value in values if isinstance(value, CapabilityCell)]


@dataclass(slots=True)
class _Learner:
    """Asks, and keeps the row as it fills."""

    question: CapabilityQuestion
    base: GoURL
    variables: Mapping[str, str]
    limits: ClimbLimits
    emit: EmitRow
    row: CapabilityRow = field(init=False)
    seen: list[Attempt] = field(default_factory=list)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def __post_init__(self) -> None:
        self.row = _empty_row(self.question, self.base)

    async def learn(self, client: WatchedClient, cached_only: WatchedClient) -> CapabilityRow:
        """Ask everything, a few at a time."""
        await client.warm_up(tls=self.base.scheme == "https")
        path, version = self.question.path, module.escape_version(self.question.version)
        try:
            async with asyncio.TaskGroup() as group:
                for name, op, suffix in (
                    ("list", Op.LIST, "@v/list"),
                    ("latest", Op.LATEST, "@latest"),
                    ("info", Op.INFO, f"@v/{version}.info"),
                    ("mod", Op.MOD, f"@v/{version}.mod"),
                    ("zip", Op.ZIP, f"@v/{version}.zip"),
                ):
                    group.create_task(self._cell(name, self._file(client, path, suffix, op)))
                group.create_task(self._cell("sumdb", self._sumdb(client)))
                group.create_task(self._cell("toolchain", self._toolchain(client)))
                group.create_task(self._cell("cached_only", self._cached_only(cached_only)))
                group.create_task(self._cell("ipv6", self._ipv6()))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        self._learn(http2=_http2(self.base, self.seen))
        return self.row

    def _learn(self, **cells: CapabilityCell) -> None:
        software = identify(_signs(self.base, self.seen))
        named: dict[str, Any] = {**cells, "software": software, "serves": serves_modules(software)}
        self.row = replace(self.row, **named)
        self.emit(self.row)

    async def _cell(self, name: str, asking: Awaitable[CapabilityCell]) -> None:
        self._learn(**{name: await asking})

    async def _get(self, client: WatchedClient, url: GoURL, op: Op | None) -> Attempt:
        limits = replace(self.limits, zip_bytes=_FIRST_BYTES)
        async with self.gate:
            attempt = await get_with(client, url, op, limits)
        self.seen.append(attempt)
        return attempt

    def _url(self, path: str, suffix: str) -> GoURL:
        return _below(self.base, f"{module.escape_path(path)}/{suffix}")

    async def _file(self, client: WatchedClient, path: str, suffix: str, op: Op) -> CapabilityCell:
        url = self._url(path, suffix)
        return _verdict(await self._get(client, url, op), url, op)

    async def _sumdb(self, client: WatchedClient) -> CapabilityCell:
        """200 is all that go looks for; any other answer than 404 and 410 makes it give the database up."""
        url = _below(self.base, f"sumdb/{SUMDB}/supported")
        attempt = await self._get(client, url, Op.SUM)
        cell = _verdict(attempt, url, Op.SUM)
        if cell.can is Can.UNKNOWN and attempt.status is not None:
            return replace(cell, note=f"{cell.note}; go then gives up the database")
        return cell

    async def _toolchain(self, client: WatchedClient) -> CapabilityCell:
        """What `go get go@latest` asks; an empty list is not the last word."""
        listed = await self._file(client, TOOLCHAIN, "@v/list", Op.LIST)
        if listed.can is Can.YES or listed.status is None:
            return listed
        cell = await self._file(client, TOOLCHAIN, f"@v/{TOOLCHAIN_VERSION}.info", Op.INFO)
        return replace(cell, note=cell.note or "no list, but files") if cell.can is Can.YES else cell

    async def _cached_only(self, client: WatchedClient) -> CapabilityCell:
        """Ask for what nobody holds: who honours the header says so without going to look."""
        url = self._url(self.question.path, f"@v/{NOBODY_HAS}.info")
        attempt = await self._get(client, url, Op.INFO)
        cell = _cell_of(attempt)
        if attempt.status is None or attempt.body is None:
            return cell
        asked = Asked(url, Op.INFO, attempt.status, tuple(attempt.exchange.headers))
        faults = {found.fault for found in judge_content(asked, attempt.body).report.classes}
        vary = any(
            name == "vary" and "disable-module-fetch" in value.lower() for name, value in asked.headers
        )
        if attempt.status == 200:
            return replace(cell, can=Can.NO, note="it answers 200 for a version that does not exist")
        if vary or Fault.CONTENT_NOT_CACHED in faults:
            return replace(cell, can=Can.YES, note="")
        if faults & _UPSTREAM:
            return replace(cell, can=Can.NO, note="it went and looked all the same")
        return replace(cell, note="the refusal does not say why")

    async def _ipv6(self) -> CapabilityCell:
        """Connect over IPv6, without a request."""
        async with self.gate:
            return await ipv6_cell(self.base, self.variables, self.limits)


# -- verdicts -----------------------------------------------------------------------------------------------


def _below(base: GoURL, suffix: str) -> GoURL:
    """A URL below the GOPROXY entry (proxyRepo.getBody, web.Join)."""
    return base.replace(
        path=base.path.removesuffix("/") + "/" + suffix,
        raw_path=base.escaped_path().removesuffix("/") + "/" + escape_request_path(suffix),
    )


def _cell_of(attempt: Attempt) -> CapabilityCell:
    """What is known without judging: how it ended and how long it took."""
    seconds = attempt.ended - attempt.began
    if attempt.status is not None:
        return CapabilityCell(Can.UNKNOWN, attempt.status, seconds, shown(attempt.status_line, limit=80))
    if attempt.stalled:
        return CapabilityCell(Can.UNKNOWN, None, seconds, "no answer; go would wait for ever")
    return CapabilityCell(Can.UNKNOWN, None, seconds, shown(str(attempt.error), limit=200))


def _verdict(attempt: Attempt, url: GoURL, op: Op) -> CapabilityCell:
    """Yes: go would be served. No: the proxy says so, or sends something else. Unknown: it is in trouble."""
    cell = _cell_of(attempt)
    if attempt.status is None or attempt.body is None:
        return cell
    judged = judge_content(Asked(url, op, attempt.status, tuple(attempt.exchange.headers)), attempt.body)
    named = [seen for seen in judged.observations if seen.judgement is Judgement.BROKEN]
    why = shown(named[0].evidence, limit=200) if named else ""
    if attempt.status != 200:
        temporary = attempt.status in (408, 425, 429) or attempt.status >= 500
        note = f"{cell.note}: {why}" if why else cell.note
        return replace(cell, can=Can.UNKNOWN if temporary else Can.NO, note=note)
    if attempt.body.stalled or attempt.body.error:
        return replace(cell, note=why)
    if named:
        return replace(cell, can=Can.NO, note=why)
    if op is Op.LIST and not judged.report.versions:
        return replace(cell, can=Can.YES, note="the list is empty")
    return replace(cell, can=Can.YES, note="")


def _http2(base: GoURL, attempts: Sequence[Attempt]) -> CapabilityCell:
    if base.scheme != "https":
        return CapabilityCell(Can.NO, None, None, "go speaks HTTP/2 over https only")
    asked = [leg for attempt in attempts for leg in attempt.exchange.legs if not leg.unreachable]
    at_home = [leg for leg in asked if leg.host == base.host and leg.protocol]
    if not at_home:
        return CapabilityCell(note="no connection")
    if any(leg.protocol == "HTTP/2" for leg in at_home):
        return CapabilityCell(Can.YES, note="")
    return CapabilityCell(Can.NO, note="the server chose HTTP/1.1, or this machine did not offer more")


def _signs(base: GoURL, attempts: Sequence[Attempt]) -> Seen:
    """Everything that the answers showed, put together."""
    headers: list[tuple[str, str]] = []
    bodies: list[str] = []
    for attempt in attempts:
        headers += attempt.exchange.headers
        headers += [("location", leg.location) for leg in attempt.exchange.legs if leg.location]
        if attempt.status not in (None, 200) and attempt.body is not None:
            bodies.append(attempt.body.text[:2048])
    return Seen(list(dict.fromkeys(headers)), "\n".join(bodies), [(base.hostname().lower(), base.path + "/")])


async def ipv6_cell(base: GoURL, variables: Mapping[str, str], limits: ClimbLimits) -> CapabilityCell:
    """Whether the host has an IPv6 address that connects from here."""
    try:
        proxied = HTTPProxyRules.from_environment(variables).proxy_for(base) is not None
    except GoError as error:
        return CapabilityCell(note=shown(str(error), limit=200))
    if proxied:
        return CapabilityCell(note="an HTTP proxy makes the connections")
    began = monotonic()
    host, port = base.hostname(), port_of(base)
    addresses = await _v6_addresses(host, port, limits)
    if isinstance(addresses, str):
        return CapabilityCell(note=addresses)
    if not addresses:
        return CapabilityCell(Can.NO, seconds=monotonic() - began, note="no IPv6 address")
    why = ""
    for address in addresses[:2]:
        try:
            connection = await open_connection(address, port, limits.tcp_s)
        except ConnectFailed as error:
            why = shown(str(error), limit=200)
            here = error.fault is Fault.TCP_NO_ROUTE
            if here:
                return CapabilityCell(note=f"this machine has no way there over IPv6: {why}")
            continue
        connection.writer.transport.abort()
        return CapabilityCell(Can.YES, seconds=monotonic() - began, note="")
    return CapabilityCell(Can.NO, seconds=monotonic() - began, note=why)


async def _v6_addresses(host: str, port: int, limits: ClimbLimits) -> Sequence[str] | str:
    """The IPv6 addresses of a host, or why they are not known."""
    try:
        literal = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    else:
        return [host] if literal.version == 6 else []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.system_lookup_s):
            found = await loop.getaddrinfo(host, port, family=socket.AF_INET6, type=socket.SOCK_STREAM)
    except TimeoutError:
        return "the name was not looked up in time"
    except (OSError, UnicodeError) as error:
        missing = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), -9)
        if isinstance(error, socket.gaierror) and error.errno in missing:
            return []
        return f"the name cannot be looked up: {shown(str(error), limit=120)}"
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
