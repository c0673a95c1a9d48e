"""The walk: one operation asked of hop after hop until one serves it.

Source: cmd/go/internal/modfetch/proxy.go TryProxies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from probes.golang.errors import GoError, unwrap
from probes.golang.goproxy import TRY_PROXIES, ErrorRanking, Hop, HopKind, PathNotPrivate
from probes.golang.redact import redact
from probes.net.limits import Stalled
from probes.sources.module_proxy import HTTPError
from probes.sources.programs import NotRun
from probes.trace.events import HopDecided, Purpose, Verdict, WalkFinished, WalkStarted
from probes.trace.narrator import MOST_WORDS, Attempt, Narrator, words_told
from probes.trace.route import Route

T = TypeVar("T")


class Walker:
    """Walks one route, as often as the go command would."""

    def __init__(self, route: Route, narrator: Narrator) -> None:
        self._route = route
        self._narrator = narrator
        self.failures: dict[int, int] = {}
        """By the identity of an error that a walk ended with: that walk's number."""
        self.met: list[tuple[Hop, GoError]] = []
        """What the hops of the newest walk said in place of an answer."""

    async def walk(
        self, purpose: Purpose, version: str, step: Callable[[Hop], Awaitable[T]], *, path: str | None = None
    ) -> T:
        """Try ``step`` at each hop; the first success is the answer. ``path`` if it is not the route's.

        Raises the one GoError that TryProxies keeps; NotRun and Stalled end the walk at once.
        """
        number = self._narrator.number_walk()
        self._narrator.emit_now(
            WalkStarted, walk=number, purpose=purpose, path=path or self._route.path,
            version=version[:MOST_WORDS],
        )  # fmt: skip
        if self._route.error is not None:
            self._finish(number, None, self._route.error)
            self.failures[id(self._route.error)] = number
            raise self._route.error.with_traceback(None)
        ranking = ErrorRanking()
        self.met = []
        for hop in self._route.hops:
            attempt = Attempt(number, hop)
            self._narrator.begin(attempt)
            try:
                answer = await step(hop)
            except GoError as error:
                if not self._note_error(attempt, ranking, error):
                    break
            except (NotRun, Stalled) as unknown:
                self._decide(attempt, Verdict.UNKNOWN, str(unknown))
                self._finish(number, None, None)
                raise
            else:
                self._decide(attempt, Verdict.SERVED, "served")
                self._finish(number, hop, None)
                return answer
            finally:
                self._narrator.end(attempt)
        assert ranking.best is not None, "a route has at least one hop"
        self._finish(number, None, ranking.best)
        self.failures.setdefault(id(ranking.best), number)
        raise ranking.best.with_traceback(None)

    def _finish(self, number: int, served_by: Hop | None, error: GoError | None) -> None:
        self._narrator.emit_now(
            WalkFinished,
            walk=number,
            served_by=None if served_by is None else served_by.id,
            error=None if error is None else words_told(error),
        )

    def _note_error(self, attempt: Attempt, ranking: ErrorRanking, error: GoError) -> bool:
        """Rank an error and tell what the edge makes of it; returns whether the next hop is asked."""
        self.met.append((attempt.hop, error))
        goes_on = ranking.add(attempt.hop, error)
        last = attempt.hop.id == len(self._route.hops) - 1
        verdict = Verdict.NEXT if goes_on and not last else Verdict.STOP
        self._decide(attempt, verdict, edge_words(attempt.hop, error, goes_on, last), error)
        return goes_on

    def _decide(self, attempt: Attempt, verdict: Verdict, because: str, error: GoError | None = None) -> None:
        request, program = attempt.led_to(served=verdict is Verdict.SERVED)
        self._narrator.emit_now(
            HopDecided,
            walk=attempt.walk,
            hop=attempt.hop.id,
            verdict=verdict,
            because=redact(because),
            rule=TRY_PROXIES,
            request=request,
            program=program,
            error=None if error is None else words_told(error),
            not_exist=error is not None and error.not_exist,
        )


def edge_words(hop: Hop, error: GoError, goes_on: bool, last: bool) -> str:
    """Why the edge behind a hop decides as it does, in a few words."""
    answer = unwrap(error, HTTPError)
    what = str(answer.status) if isinstance(answer, HTTPError) else _class(hop, error)
    if last:
        return f"{what}, and no entry is left"
    if not error.not_exist and goes_on:
        return f"{what}, and | goes on after any error"
    if error.not_exist:
        separator = hop.separator or ","
        return f"{what} is not-found, and {separator} goes on after that"
    return f"{what} is neither 404 nor 410, and , goes on only after those"


def _class(hop: Hop, error: GoError) -> str:
    """The kind of an error that is no HTTP status, in a few words."""
    if isinstance(error, PathNotPrivate):
        return "the path is not private"
    if hop.kind is HopKind.OFF:
        return "off"
    words = str(error)
    for mark, name in _KINDS:
        if mark in words:
            return name
    return "an answer of the not-found class" if error.not_exist else "this error"


_KINDS = (
    ("could not read Username", "a repository that asks who one is"),
    ("unknown revision", "a revision that the repository does not have"),
    ("unrecognized import path", "a host that does not say where the module lives"),
    ("GOVCS disallows", "a program that GOVCS forbids"),
    ("executable file not found", "a program that is not in PATH"),
    ("exit status ", "a program that failed"),
    ("but does not contain package", "a module without the package"),
    ("no matching versions", "an answer without a version that fits"),
    ("invalid response from proxy", "an answer that is not the JSON it should be"),
    ("proxy returned info for version", "an answer about another version"),
    ("disallowed version string", "a name that cannot be asked for"),
    ("malformed module path", "a malformed module path"),
    ("verifying ", "a hash that is not vouched for"),
    (": no such host", "a name that does not resolve"),
    ("dial tcp: lookup", "a failed look-up"),
    ("connection refused", "a refused connection"),
    ("i/o timeout", "a connection that timed out"),
    ("TLS handshake timeout", "a TLS handshake that timed out"),
    ("x509:", "a certificate that is not trusted"),
    ("tls:", "a failed TLS handshake"),
    ("stopped after 10 redirects", "a redirect loop"),
    ("connection reset", "a reset connection"),
    ("unexpected EOF", "a body that was cut short"),
    ("EOF", "a connection closed without an answer"),
)
"""What go's words give away, more telling ones first."""
