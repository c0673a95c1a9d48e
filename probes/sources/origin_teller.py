"""Who is told of a module's way to its origin: every request, every run of a program, every decision.

A trace makes events of it, the browser a list of steps. What is told is not masked yet, but for programs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from probes.golang.origin_steps import Decision
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange
from probes.sources.fetcher import Progress, Received
from probes.sources.module_proxy import Ask
from probes.sources.programs import Witness


@dataclass(slots=True)
class Asking:
    """One request while it is made."""

    exchange: Exchange = field(default_factory=Exchange)
    received: Received = field(default_factory=Received)
    progress: Progress = lambda done, total: None
    error: str | None = None
    """What is wrong with an answer that came."""


class OriginTeller(Witness, Protocol):
    """Who is told."""

    def asking_page(self, url: GoURL) -> AbstractContextManager[Asking]:
        """A page is asked for; at the end it is told what came."""

    def asks_proxy(self) -> Ask:
        """The way to a module proxy that a host names."""

    def decided(self, decision: Decision) -> None:
        """A step has its answer."""


CheckGoLine = Callable[[str, str], None]
"""Is told "PATH@VERSION" and the go line of its go.mod, and raises what go says of one that is too new."""
