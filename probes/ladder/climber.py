"""The rungs of one hop, one after the other, each standing on the one below.

A rung that breaks ends the climb, as it ends go's; the rungs above are skipped and say why. Behind an HTTP
proxy the names and the connection are the proxy's business, and those rungs are skipped as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from probes.golang.protocol import Op
from probes.golang.urls import GoURL
from probes.ladder.comparisons import Authorization, judge_hello_size
from probes.ladder.events import RungFinished, RungStarted
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.hello import Echo, HelloPlan, HelloResult, hello_plan, say_hello
from probes.ladder.model import Observation, RungResult, rung_result, shown, skipped
from probes.ladder.names import GoLookup, NamesReport, NamesWorld, look_up
from probes.ladder.names_judgement import judge_names
from probes.ladder.proxy import ProxyReport, choose_proxy, judge_proxy, try_proxy
from probes.ladder.request import http_rungs
from probes.ladder.tcp import TCPReport, connect_each, judge_tcp
from probes.ladder.tls import TLSReport, read_roots, shake
from probes.ladder.tls_judgement import judge_tls
from probes.ladder.tunnel import Way, port_of
from probes.net.client_hello import HelloSize
from probes.net.host_names import ascii_host


@dataclass(frozen=True, slots=True)
class TLSRung:
    """What was measured on the rung of TLS."""

    handshake: TLSReport
    """OpenSSL's handshake, judged as Go judges."""
    go_hello: HelloResult | None = None
    """A raw hello as go sends it."""
    small_hello: HelloResult | None = None
    """The same without the post-quantum key, said only when go's own is not answered."""


@dataclass(slots=True)
class Climber:
    """One climb under way."""

    url: GoURL
    op: Op | None
    variables: Mapping[str, str] = field(repr=False)
    limits: ClimbLimits
    world: NamesWorld
    emit: Callable[[RungStarted | RungFinished], None]
    began: float
    authorization: Authorization | None = field(default=None, repr=False)
    results: list[RungResult] = field(default_factory=list)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Hosts that were looked up on the way, for the request: no second question."""
    way: Way | None = None
    """Where the rungs above TCP connect to; None until that is known."""
    tcp: TCPReport | None = None
    tls: TLSRung | None = None
    host: str = ""
    """The server's, in ASCII."""

    @property
    def plan(self) -> HelloPlan:
        """What go's hello offers in this environment."""
        return hello_plan(self.variables)

    async def climb(self) -> None:
        """Climb as far as go would get; the results are in ``results``, one for each rung."""
        for step in (self._proxy, self._names, self._tcp, self._tls, self._http):
            await step()
            broken = self.results[-1]
            if broken.judgement is Judgement.BROKEN:
                self._skip_rest(f"The rung below is broken: {broken.rung.value}.")
                return

    def _skip_rest(self, because: str) -> None:
        for rung in list(Rung)[len(self.results) :]:
            self._skip(rung, because)

    def _skip(self, rung: Rung, because: str) -> None:
        self._finish(skipped(rung, because, began=self._now()))

    def _start(self, rung: Rung) -> float:
        at = self._now()
        self.emit(RungStarted(at, rung))
        return at

    def _now(self) -> float:
        return monotonic() - self.began

    def _finish(self, result: RungResult) -> None:
        self.results.append(result)
        self.emit(RungFinished(self._now(), result))

    def _done(
        self, rung: Rung, began: float, seen: tuple[Observation, ...], words: str, report: object
    ) -> None:
        spent = self._now() - began
        self._finish(rung_result(rung, seen, words=words, began=began, seconds=spent, report=report))

    # -- the rungs ------------------------------------------------------------------------------------------

    async def _proxy(self) -> None:
        choice = choose_proxy(self.url, self.variables)
        report = ProxyReport(choice, words=choice.refusal)
        self.host = ascii_host(self.url.hostname()) or ""
        if choice.proxy is None and not (choice.refusal or choice.ignored):
            at = self._now()
            result = RungResult(Rung.PROXY, Judgement.SKIPPED, (), "", at, 0.0, choice.because, report)
            self._finish(result)
            return
        began = self._start(Rung.PROXY)
        if choice.proxy is not None:
            host = self.host or self.url.hostname()
            report, self.way = await try_proxy(
                self.url, host, choice, self.variables, self.world, self.limits
            )
            if report.names is not None and report.address:
                self.known[report.names.host] = report.names.addresses
        self._done(Rung.PROXY, began, judge_proxy(report), report.words, report)

    async def _names(self) -> None:
        if self.way is not None:
            self._skip(Rung.NAMES, "The HTTP proxy looks up the name.")
            return
        began = self._start(Rung.NAMES)
        host = self.host
        if not host:
            seen, words, nobody = _no_name(self.url.hostname())
            self._done(Rung.NAMES, began, seen, words, nobody)
            return
        report = await look_up(host, port_of(self.url), self.world, self.limits)
        self.known[host] = report.addresses
        words = f"dial tcp: {report.go.words}" if report.go.words else ""
        self._done(Rung.NAMES, began, judge_names(report), words, report)

    async def _tcp(self) -> None:
        if self.way is not None:
            self._skip(Rung.TCP, "The HTTP proxy connects to the server.")
            return
        began = self._start(Rung.TCP)
        port = port_of(self.url)
        report = await connect_each(self.known[self.host], port, self.limits)
        self.tcp = report
        if report.go.winner is not None:
            self.way = Way(self.host, port, report.go.winner)
        self._done(Rung.TCP, began, judge_tcp(report), report.go.words, report)

    async def _tls(self) -> None:
        if self.url.scheme != "https":
            self._skip(Rung.TLS, "A plain http URL has no TLS.")
            return
        began = self._start(Rung.TLS)
        assert self.way is not None, "there is a way after the rung of TCP"
        roots = await asyncio.to_thread(read_roots, self.variables)
        handshake, hello = await asyncio.gather(
            shake(self.way, roots, self.plan, self.limits), say_hello(self.way, self.limits, self.plan)
        )
        small = None
        if hello.echo is not Echo.ANSWERED and self.plan.size is HelloSize.GO:
            small = await say_hello(self.way, self.limits, self.plan, size=HelloSize.SMALL)
        self.tls = TLSRung(handshake, hello, small)
        seen, words = judge_tls_rung(self.tls)
        self._done(Rung.TLS, began, seen, words, self.tls)

    async def _http(self) -> None:
        self._start(Rung.HTTP)
        results = await http_rungs(
            self.url,
            self.op,
            self.variables,
            self.limits,
            began=self.began,
            authorization=self.authorization,
            http2=self.plan.http2,
        )
        for result in results:
            self._finish(result)


def _no_name(written: str) -> tuple[tuple[Observation, ...], str, NamesReport]:
    """What comes of a host that nobody can be asked about."""
    words = f"lookup {shown(written)}: no such host"
    report = NamesReport(shown(written), GoLookup((), words, "files", shown(written)))
    evidence = f"{written} is no domain name: nobody is asked about it."
    words = f"dial tcp: {words}"
    if not written:
        words, evidence = "http: no Host in request URL", "The URL names no host."
    return (Observation(Fault.DNS_NOT_A_NAME, Judgement.BROKEN, shown(evidence)),), words, report


def judge_tls_rung(rung: TLSRung) -> tuple[tuple[Observation, ...], str]:
    """What the handshake and the hellos come to together, and what go says."""
    shake, hello, small = rung.handshake, rung.go_hello, rung.small_hello
    seen = judge_tls(shake)
    if hello is None or hello.echo is Echo.ANSWERED:
        return seen, shake.words
    size = None if small is None else judge_hello_size(hello, small).observation
    if size is not None:
        # Whatever became of OpenSSL's handshake: it is go's own hello that goes unanswered.
        warnings = (one for one in seen if one.judgement is Judgement.WARNING)
        return (size, *warnings), hello.words
    if shake.ok:
        evidence = (
            f"OpenSSL's handshake works, and a hello like go's gets {hello.shown}: the server, or something "
            "on the way, may tell clients apart."
        )
        return (*seen, Observation(Fault.TLS_ERROR, Judgement.WARNING, shown(evidence))), ""
    return seen, shake.words
