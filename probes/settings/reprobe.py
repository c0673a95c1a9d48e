"""Which hops have to be asked anew once the route has changed: only those whose answers are not known.

The new route is walked in thought with the answers of the old trace, operation by operation, by the rule of
cmd/go/internal/modfetch/proxy.go TryProxies. A hop whose answer is missing has to be asked. Where an
operation would end otherwise than before (another hop serves it, or none does), what comes after it is open,
for another version may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.golang.goproxy import Access, Hop, HopKind
from probes.settings.whatif import Comparison, HopFate
from probes.trace.events import HopDecided, Outcome, Purpose, Verdict
from probes.trace.fold import Trace, Walk


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVERYWHERE = _words(
    """
    HTTP_PROXY http_proxy HTTPS_PROXY https_proxy NO_PROXY no_proxy SSL_CERT_FILE SSL_CERT_DIR NETRC
    GOAUTH GODEBUG GOTOOLCHAIN GO111MODULE GOFLAGS GOVCS GOINSECURE
    """
)
"""Variables that can change any answer, or whether go starts at all."""


@dataclass(frozen=True, slots=True)
class Probing:
    """What has to be asked anew."""

    hops: frozenset[int]
    """Ids in the new route: those whose answer is missing, or all that can be asked where none holds."""
    open_ended: bool
    """Whether, once they have answered, the others may have to be asked for more."""
    checksums: bool
    """Whether the checksum database has to be asked, or found, anew."""
    because: str
    """One whole sentence."""

    def __bool__(self) -> bool:
        return bool(self.hops) or self.checksums


def needs_probing(before: Trace, comparison: Comparison) -> Probing:
    """What of the new route the old trace does not answer. Pure."""
    everything = _whole(before, comparison)
    if everything:
        return Probing(frozenset(_askable(comparison)), True, True, everything)
    ids = {
        row.after.id: row.before.id
        for row in comparison.hops
        if row.before is not None
        and row.after is not None
        and _answers_hold(row.fate, row.credentials_changed)
    }
    thought = _Thought(comparison, ids)
    for walk in before.walks.values():
        if not thought.go(walk):
            break
    if thought.differs:
        hops = thought.missing or set(_askable(comparison))
        words = f"The {thought.differs} would end otherwise, and what comes after it is not known."
        return Probing(frozenset(hops), True, True, words)
    if comparison.checksum_changed:
        return Probing(frozenset(), False, True, "Somebody else vouches for what comes.")
    return Probing(frozenset(), False, False, "Every answer that the new route needs is known.")


def _whole(before: Trace, comparison: Comparison) -> str:
    """Why nothing of the old trace can be used; "" when it can."""
    started, finished = before.started, before.finished
    if started is None or finished is None or finished.outcome is Outcome.CANCELLED:
        return "The trace before did not come to its end."
    if (started.path, started.query) != (comparison.path, comparison.query):
        return "The trace before was about another module or query."
    if started.route != comparison.before.view():
        return "The trace before took another route than the one compared with."
    if changed := answers_in_doubt(comparison):
        return f"{', '.join(changed)} can change every answer."
    return ""


def answers_in_doubt(comparison: Comparison) -> list[str]:
    """The changed settings that can change any answer: with these nothing that is known holds."""
    return sorted({change.name for change in comparison.settings} & _EVERYWHERE)


def _askable(comparison: Comparison) -> Iterator[int]:
    route = comparison.after
    if route.error is None:
        yield from (hop.id for hop in route.hops if route.access(hop) in (Access.ASK, Access.DIRECT))


def _answers_hold(fate: HopFate, credentials_changed: bool) -> bool:
    return fate in (HopFate.KEPT, HopFate.MOVED) and not credentials_changed


@dataclass(frozen=True, slots=True)
class _End:
    """How an operation ends."""

    served_by: int | None = None
    unknown: int | None = None
    """The first hop whose answer is not known."""
    failed: bool = False
    """Whether an error other than "not found" was met."""


class _Thought:
    """The new route, walked with old answers."""

    def __init__(self, comparison: Comparison, ids: dict[int, int]) -> None:
        self._route = comparison.after
        self._ids = ids
        self.missing: set[int] = set()
        self.differs = ""
        """The operation that ends otherwise than before; "" while none does."""

    def go(self, walk: Walk) -> bool:
        """One operation; returns whether the next one is still the one it was before."""
        if _by_the_cache(walk) and any(self._asks(hop, walk.started.purpose) for hop in self._route.hops):
            return True
        end = self._end(walk.started.purpose, {decision.hop: decision for decision in walk.decisions})
        if end.unknown is not None:
            self.missing.add(end.unknown)
        old = None if walk.finished is None else walk.finished.served_by
        new = None if end.served_by is None else self._ids.get(end.served_by)
        is_same = end.unknown is None and (end.served_by is None) == (old is None) and new == old
        if is_same and walk.started.purpose is Purpose.CHECKSUM_BASE and old is None:
            # Without a proxy that helps go turns to the database itself, unless one failed for good.
            is_same = end.failed == any(d.error is not None and not d.not_exist for d in walk.decisions)
        if not is_same:
            self.differs = _OPERATIONS[walk.started.purpose]
        return is_same

    def _end(self, purpose: Purpose, decisions: dict[int, HopDecided]) -> _End:
        """How an operation ends, by the answers that are known."""
        if self._route.error is not None:
            return _End()
        failed = False
        for hop in self._route.hops:
            if not self._asks(hop, purpose):
                continue
            old = self._ids.get(hop.id)
            decision = None if old is None else decisions.get(old)
            if decision is None or decision.verdict is Verdict.UNKNOWN:
                return _End(unknown=hop.id)
            if decision.verdict is Verdict.SERVED:
                return _End(served_by=hop.id)
            failed = failed or not decision.not_exist
            if not decision.not_exist and not hop.falls_back_on_any_error:
                break
        return _End(failed=failed)

    def _asks(self, hop: Hop, purpose: Purpose) -> bool:
        """Whether an operation asks anybody at a hop; the others say "not found" by themselves."""
        if self._route.error is not None:
            return False
        if purpose is Purpose.CHECKSUM_BASE:
            return hop.kind is HopKind.PROXY
        return self._route.access(hop) in (Access.ASK, Access.DIRECT)


def _by_the_cache(walk: Walk) -> bool:
    """Whether go's cache answered: it does so at whichever hop comes first, for answers that it has."""
    return any(decision.verdict is Verdict.SERVED and decision.request is None for decision in walk.decisions)


_OPERATIONS = {
    Purpose.QUERY: "query",
    Purpose.CONFIRM: "confirmation of the version",
    Purpose.INFO: "request for .info",
    Purpose.MOD: "request for go.mod",
    Purpose.ZIP: "request for the zip",
    Purpose.RETRACTIONS: "look at retractions",
    Purpose.TOOLCHAINS: "search for a toolchain",
    Purpose.CHECKSUM_BASE: "search for the checksum database",
}
