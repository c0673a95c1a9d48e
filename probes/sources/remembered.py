"""Answers that a trace before has brought: what is known is not asked for again when only a setting changes.

This is modtrace's own; go remembers nothing from one command to the next but what its module cache holds.
An answer is remembered with all that was seen of it, its time included, so that a trace that meets it again
reads as if it had been asked: the fetcher's clock is put forward by what the answer took then. Within one
trace nothing is served from that trace's own answers, for go asks as often as it asks.

An answer stands under its whole URL, credentials included: other credentials are another question. Whoever
keeps a memory has to forget it when something changes that could change every answer (an HTTP proxy, trusted
certificates): probes.settings.reprobe knows which settings these are.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from time import monotonic
from typing import BinaryIO

from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange
from probes.net.http import HTTPClient
from probes.net.limits import Limits
from probes.sources.fetcher import Fetcher, Progress, Received

MOST_BYTES = 64 << 20
"""Bytes of all bodies that are kept; one that does not fit is asked for again."""

_NOT_KEPT = ("on_phase", "on_sent", "began", "sent_at", "first_byte_at")
"""Fields of an Exchange that belong to one request alone."""


@dataclass(frozen=True, slots=True)
class _Phase:
    """A phase of a request, in seconds since it began."""

    name: str
    began: float
    ended: float
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class _Known:
    """One answer, or the error that came instead."""

    received: Received
    exchange: Exchange
    phases: tuple[_Phase, ...]
    seconds: float
    body: bytes = field(repr=False)
    error: GoError | None
    is_refused: bool = False
    """Whether a 4xx came over https: with the credentials of a program that may be another answer."""


@dataclass(slots=True)
class Memory:
    """Answers by what was asked."""

    known: dict[tuple[str, Op], _Known] = field(default_factory=dict, repr=False)
    """What traces before have brought."""
    _fresh: dict[tuple[str, Op], _Known] = field(default_factory=dict, repr=False)
    """What the trace under way brings."""

    def begin(self) -> None:
        """Another trace begins: what the one before has brought is known now."""
        self.known.update(self._fresh)
        self._fresh.clear()

    def keep(self, key: tuple[str, Op], answer: _Known) -> None:
        """Keep an answer, if there is room for it."""
        kept = [*self.known.values(), *self._fresh.values()]
        if len(answer.body) + sum(len(one.body) for one in kept) <= MOST_BYTES:
            self._fresh[key] = answer


class RememberingFetcher(Fetcher):
    """A fetcher that asks nobody for what is known."""

    def __init__(self, client: HTTPClient, limits: Limits, memory: Memory) -> None:
        super().__init__(client, limits)
        self._memory = memory

    async def get(
        self,
        url: GoURL,
        op: Op,
        exchange: Exchange,
        received: Received,
        *,
        sink: BinaryIO | None = None,
        progress: Progress = lambda done, total: None,
    ) -> bytes:
        """The remembered answer, or a new one, which is remembered. Raises as Fetcher.get does."""
        key = (url.string(), op)
        known = self._memory.known.get(key)
        if known is not None and not (known.is_refused and self._client.asks_programs):
            self._client.refused_over_https |= known.is_refused
            return self._again(known, exchange, received, sink)
        phases = _listen(exchange)
        began, start = monotonic(), 0 if sink is None else sink.tell()
        error: GoError | None = None
        body = b""
        before, self._client.refused_over_https = self._client.refused_over_https, False
        try:
            body = await super().get(url, op, exchange, received, sink=sink, progress=progress)
        except GoError as failure:
            error = failure
        finally:
            is_refused = self._client.refused_over_https
            self._client.refused_over_https |= before
        if sink is not None and error is None and received.size <= MOST_BYTES:
            sink.seek(start)
            body = sink.read()
        if error is not None or sink is None or len(body) == received.size:
            kept = _copy_exchange(exchange), tuple(phases), monotonic() - began, body, error, is_refused
            self._memory.keep(key, _Known(dataclasses.replace(received), *kept))
        if error is not None:
            raise error
        return b"" if sink is not None else body

    def _again(self, known: _Known, exchange: Exchange, received: Received, sink: BinaryIO | None) -> bytes:
        """Retell an answer, at the times that it had."""
        began, base = monotonic(), self.skipped_s
        for phase in known.phases:
            self.skipped_s = base + phase.ended
            exchange.on_phase(phase.name, began + phase.began, phase.ok, phase.detail)
        self.skipped_s = base + known.seconds
        for one in dataclasses.fields(Received):
            setattr(received, one.name, getattr(known.received, one.name))
        for one in dataclasses.fields(Exchange):
            if one.name not in _NOT_KEPT:
                setattr(exchange, one.name, copy.copy(getattr(known.exchange, one.name)))
        received.is_known = True
        if known.error is not None:
            raise known.error.with_traceback(None)
        if sink is None:
            return known.body
        sink.write(known.body)
        return b""


def _listen(exchange: Exchange) -> list[_Phase]:
    """Note the phases of a request as they are told."""
    phases: list[_Phase] = []
    began, told = monotonic(), exchange.on_phase

    def on_phase(name: str, phase_began: float, ok: bool, detail: str) -> None:
        phases.append(_Phase(name, phase_began - began, monotonic() - began, ok, detail))
        told(name, phase_began, ok, detail)

    exchange.on_phase = on_phase
    return phases


def _copy_exchange(exchange: Exchange) -> Exchange:
    kept = Exchange()
    for one in dataclasses.fields(Exchange):
        if one.name not in _NOT_KEPT:
            setattr(kept, one.name, copy.copy(getattr(exchange, one.name)))
    return kept
