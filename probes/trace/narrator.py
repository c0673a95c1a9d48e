"""Turns what the sources do into events: numbers the requests, keeps the time, masks the secrets."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any, BinaryIO

from probes.diagnosis.findings import Finding, Level
from probes.golang.errors import GoError
from probes.golang.goproxy import Hop
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange
from probes.net.limits import Stalled
from probes.sources.evidence import body_text, shown_headers
from probes.sources.fetcher import Fetcher, Received
from probes.sources.module_proxy import Ask
from probes.trace.events import (
    BodyProgress,
    Emit,
    FindingMade,
    PhaseFinished,
    Redirect,
    RequestFinished,
    RequestStarted,
    Timing,
)

KNOWN = Finding(
    id="answer.known",
    level=Level.INFO,
    variable=None,
    message="This answer is known from a trace before, with its time; it was not asked for again.",
)
"""What is told of a request that was not made."""

MOST_WORDS = 1 << 17
"""Characters of an error that an event keeps: go repeats a whole answer that is no signed note. The longest
that it makes of a name in a zip, of 65,535 bytes, stands in it whole."""

PROGRESS_INTERVAL_S = 0.25
"""A body's progress is told at most this often."""


def words_told(said: object) -> str:
    """An error, or what a file says, as an event keeps it: without secrets, and not longer than one reads."""
    words = str(said)
    return redact(words[:MOST_WORDS] + ("…" if len(words) > MOST_WORDS else ""))


@dataclass(slots=True)
class Attempt:
    """One hop being tried in one walk."""

    walk: int
    hop: Hop
    last_request: int | None = None
    file_request: int | None = None
    """The last one for a file of the module; what asks the checksum database about it is none."""

    @property
    def served_request(self) -> int | None:
        """The request whose answer served: the file's, or where no file was asked for the last one."""
        return self.last_request if self.file_request is None else self.file_request


class Narrator:
    """Tells one trace."""

    def __init__(self, emit: Emit, fetcher: Fetcher) -> None:
        self._emit = emit
        self._fetcher = fetcher
        self._began = monotonic()
        self._requests = 0
        self._walks = 0
        self._attempts: list[Attempt] = []

    def now(self) -> float:
        """Seconds since the trace began, as if known answers took their time again."""
        return monotonic() - self._began + self._fetcher.skipped_s

    def emit_now(self, kind: Any, **fields: Any) -> None:
        """Emit an event of this class, stamped with the time."""
        self._emit(kind(at=self.now(), **fields))

    def number_walk(self) -> int:
        """The number of a walk that begins: every walk of one trace has its own."""
        self._walks += 1
        return self._walks - 1

    # -- attempts: requests belong to the innermost one ----------------------------------------------

    def begin(self, attempt: Attempt) -> None:
        """A hop is tried."""
        self._attempts.append(attempt)

    def end(self, attempt: Attempt) -> None:
        """The hop has been tried."""
        assert self._attempts.pop() is attempt

    @property
    def hop(self) -> Hop | None:
        """The hop that is being tried."""
        return self._attempts[-1].hop if self._attempts else None

    # -- requests ------------------------------------------------------------------------------------

    def asker(self, hop: Hop) -> Ask:
        """The way from a repository at this hop to its proxy."""

        async def ask(url: GoURL, op: Op, version: str, sink: BinaryIO | None = None) -> bytes:
            return await self.request(url, op, version, hop, sink)

        return ask

    async def request(
        self, url: GoURL, op: Op, version: str, hop: Hop | None, sink: BinaryIO | None = None
    ) -> bytes:
        """Make one request and tell it from beginning to end; raises what Fetcher.get raises."""
        number = self._requests
        self._requests += 1
        walk = None
        if self._attempts:
            self._attempts[-1].last_request = number
            if op is not Op.SUM:
                self._attempts[-1].file_request = number
            walk = self._attempts[-1].walk
        began, shift = monotonic(), self._fetcher.skipped_s - self._began
        hop_id = None if hop is None else hop.id
        started = RequestStarted(self.now(), number, walk, hop_id, op, version, redact(url.redacted()))
        self._emit(started)

        def on_phase(phase: str, phase_began: float, ok: bool, detail: str) -> None:
            self.emit_now(
                PhaseFinished,
                request=number,
                phase=phase,
                began=phase_began + shift,
                ok=ok,
                detail=redact(detail),
            )

        exchange = Exchange(on_phase)
        received = Received()
        told = began

        def progress(done: int, total: int | None) -> None:
            nonlocal told
            if monotonic() - told >= PROGRESS_INTERVAL_S:
                told = monotonic()
                self.emit_now(BodyProgress, request=number, received=done, total=total)

        error: str | None = None
        try:
            return await self._fetcher.get(url, op, exchange, received, sink=sink, progress=progress)
        except (GoError, Stalled) as failure:
            error = words_told(failure)
            raise
        except BaseException:
            error = "cancelled"
            raise
        finally:
            # The time first: what is shown of an answer takes time of its own to be made.
            self._emit(_finished(self.now(), started, began + shift, exchange, received, error))
            if received.is_known:
                self.emit_now(FindingMade, finding=KNOWN, request=number)


def _finished(
    at: float,
    started: RequestStarted,
    began: float,
    exchange: Exchange,
    received: Received,
    error: str | None,
) -> RequestFinished:
    """The answer to a request, or what came instead, with its secrets masked."""
    return RequestFinished(
        at=at,
        request=started.request,
        walk=started.walk,
        hop=started.hop,
        op=started.op,
        version=started.version,
        url=started.url,
        status=received.status,
        reason=redact(received.status_line),
        bytes=received.size,
        began=began,
        timing=_timing(exchange, received),
        redirects=tuple(Redirect(status, redact(where)) for status, where in exchange.redirects),
        content_type=received.headers.get("content-type", ""),
        server=_server(received.headers),
        protocol=received.protocol,
        address=exchange.address,
        error=error,
        sample=received.sample if error or _suspicious(received) else "",
        request_headers=shown_headers(exchange.request_headers),
        response_headers=shown_headers(exchange.response_headers),
        body=body_text(received.beginning),
    )


def _timing(exchange: Exchange, received: Received) -> Timing:
    return Timing(
        names=exchange.durations.get("names"),
        connect=exchange.durations.get("connect"),
        tls=exchange.durations.get("tls"),
        first_byte=exchange.durations.get("first_byte"),
        body=received.body_seconds,
    )


def _server(headers: dict[str, str]) -> str:
    return ", ".join(headers[name] for name in ("server", "via") if headers.get(name))


def _suspicious(received: Received) -> bool:
    return "html" in received.headers.get("content-type", "").lower()
