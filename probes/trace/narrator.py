"""Turns what the sources do into events: numbers the requests, keeps the time, masks the secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, BinaryIO

from probes.diagnosis.findings import Finding, Level
from probes.golang.credential_use import CredentialUse, Whom
from probes.golang.errors import GoError
from probes.golang.goproxy import Hop
from probes.golang.origin_steps import BY_PROGRAM, BY_REQUEST, Decision
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange
from probes.net.limits import Stalled
from probes.sources.evidence import body_text, shown_headers
from probes.sources.fetcher import Fetcher, Received
from probes.sources.module_proxy import Ask
from probes.sources.origin_teller import Asking
from probes.sources.programs import NotRun, Run
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
from probes.trace.origin_events import (
    Answered,
    CredentialSeen,
    OriginDecided,
    ProgramFinished,
    ProgramHeld,
    ProgramStarted,
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

MOST_LINES = 40
"""Lines that are kept of what a program complained of."""
MOST_NAME = 64

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
    last_program: int | None = None
    failed_program: int | None = None
    """The last run of a program that did not succeed: what go does next may hide it."""
    """The last run of a program, in direct mode."""
    program_was_last: bool = False
    """Whether it came after the last request."""

    @property
    def served_request(self) -> int | None:
        """The request whose answer served: the file's, or where no file was asked for the last one."""
        return self.last_request if self.file_request is None else self.file_request

    def program_behind(self, *, failed: bool) -> int | None:
        """The run of a program that an answer goes back to."""
        return (self.failed_program if failed else None) or self.last_program

    def led_to(self, *, served: bool) -> tuple[int | None, int | None]:
        """The request, or the run of a program, that led to the decision about the hop."""
        by_program = self.last_program is not None and self.file_request is None
        if by_program and (served or self.program_was_last):
            return None, self.program_behind(failed=not served)
        return (self.served_request if served else self.last_request), None


class Narrator:
    """Tells one trace."""

    def __init__(self, emit: Emit, fetcher: Fetcher) -> None:
        self._emit = emit
        self._fetcher = fetcher
        self._began = monotonic()
        self._requests = 0
        self._programs = 0
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
        with self._asking(url, op, version, hop) as asking:
            return await self._fetcher.get(
                url, op, asking.exchange, asking.received, sink=sink, progress=asking.progress
            )

    @contextmanager
    def _asking(self, url: GoURL, op: Op, version: str, hop: Hop | None) -> Iterator[Asking]:
        """One request while it is made: told when it begins and when it is over."""
        number = self._requests
        self._requests += 1
        walk = self._note_request(number, op)
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

        told = began

        def progress(done: int, total: int | None) -> None:
            nonlocal told
            if monotonic() - told >= PROGRESS_INTERVAL_S:
                told = monotonic()
                self.emit_now(BodyProgress, request=number, received=done, total=total)

        asking = Asking(Exchange(on_phase), Received(), progress)
        try:
            yield asking
        except (GoError, Stalled, NotRun) as failure:
            asking.error = words_told(failure)
            raise
        except BaseException:
            asking.error = "cancelled"
            raise
        finally:
            # The time first: what is shown of an answer takes time of its own to be made.
            self._emit(
                _finished(self.now(), started, began + shift, asking.exchange, asking.received, asking.error)
            )
            if asking.received.is_known:
                self.emit_now(FindingMade, finding=KNOWN, request=number)

    def _note_request(self, number: int, op: Op) -> int | None:
        """Remember that a request was made for the hop that is being tried; returns the walk."""
        if not self._attempts:
            return None
        attempt = self._attempts[-1]
        attempt.last_request, attempt.program_was_last = number, False
        if op not in (Op.SUM, Op.PAGE):
            attempt.file_request = number
        return attempt.walk

    # -- direct mode: what an OriginTeller is told ---------------------------------------------------

    def asking_page(self, url: GoURL) -> AbstractContextManager[Asking]:
        """A page of a host is asked for."""
        return self._asking(url, Op.PAGE, "", self.hop)

    def asks_proxy(self) -> Ask:
        """The way to a module proxy that a host names, at whichever hop that is."""

        async def ask(url: GoURL, op: Op, version: str, sink: BinaryIO | None = None) -> bytes:
            return await self.request(url, op, version, self.hop, sink)

        return ask

    def begins(self, command: str, folder: str) -> int:
        """A program starts; returns its number."""
        self._programs += 1
        walk, hop = self._here()
        if self._attempts:
            self._attempts[-1].last_program, self._attempts[-1].program_was_last = self._programs, True
        self.emit_now(
            ProgramStarted, program=self._programs, walk=walk, hop=hop, command=words_told(command),
            folder=words_told(folder),
        )  # fmt: skip
        return self._programs

    def ends(self, number: int, run: Run) -> None:
        """A program is over."""
        walk, hop = self._here()
        if self._attempts and run.outcome != "ok":
            self._attempts[-1].failed_program = number
        began = run.began - self._began + self._fetcher.skipped_s
        self.emit_now(
            ProgramFinished, program=number, walk=walk, hop=hop, command=words_told(run.command), began=began,
            outcome=words_told(run.outcome), bytes=run.printed, complaint=_head(words_told(run.complaint)),
        )  # fmt: skip

    def held(self, command: str) -> None:
        """A program is not started, for nobody agreed to it."""
        walk, hop = self._here()
        self.emit_now(ProgramHeld, walk=walk, hop=hop, command=words_told(command))

    def credentials(self, uses: Iterable[CredentialUse]) -> None:
        """Credentials for a host are looked at: told once by who knows them."""
        _, hop = self._here()
        request = self._attempts[-1].last_request if self._attempts else None
        for use in uses:
            self.emit_now(
                CredentialSeen, use=use, hop=hop, request=request if use.whom is Whom.GO else None
            )

    def decided(self, decision: Decision) -> None:
        """A step on the way to an origin has its answer."""
        walk, hop = self._here()
        attempt = self._attempts[-1] if self._attempts else None
        request = attempt.last_request if attempt and decision.step in BY_REQUEST else None
        program = None
        if attempt and decision.step in BY_PROGRAM:
            program = attempt.program_behind(failed=decision.answered is Answered.FAILS)
        self.emit_now(
            OriginDecided, walk=walk, hop=hop, path=decision.path, step=decision.step,
            answered=decision.answered, because=words_told(decision.because), rule=decision.rule,
            to=words_told(decision.to), vcs=decision.vcs[:MOST_NAME], version=words_told(decision.version),
            request=request, program=decision.program or program,
            error=None if decision.error is None else words_told(decision.error),
        )  # fmt: skip

    def _here(self) -> tuple[int | None, int | None]:
        """The walk and the hop that all belongs to."""
        return (self._attempts[-1].walk, self._attempts[-1].hop.id) if self._attempts else (None, None)


def _head(text: str) -> str:
    """The first lines of what a program complained of."""
    lines = text.split("\n")
    return "\n".join(lines[:MOST_LINES]) + ("\n…" if len(lines) > MOST_LINES else "")


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
        request_headers=shown_headers(exchange.request_headers, exchange.private),
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
