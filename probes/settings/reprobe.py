"""Which hops have to be asked anew once the route has changed: only those whose answers are not known.

The new route is walked in thought with the answers of the old trace, operation by operation, by the rule of
cmd/go/internal/modfetch/proxy.go TryProxies. A hop whose answer is missing has to be asked. Where an
operation would end otherwise than before (another hop serves it, or none does), what comes after it is open,
for another version may be chosen.

Where nobody has to be asked, the outcome is known before anybody presses a key: a list that cannot be used,
off, a query that known answers bring to its end, or all as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from probes.golang.goproxy import Access, Hop, HopKind
from probes.golang.redact import redact
from probes.settings.whatif import Comparison, HopFate
from probes.trace.events import HopDecided, Outcome, Purpose, Verdict
from probes.trace.fold import Trace, Walk


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVERYWHERE = _words(
    """
    HTTP_PROXY http_proxy HTTPS_PROXY https_proxy NO_PROXY no_proxy SSL_CERT_FILE SSL_CERT_DIR NETRC
    GOAUTH GODEBUG GOTOOLCHAIN GO111MODULE GOFLAGS GOWORK GOVCS GOINSECURE
    """
)
"""Variables that can change any answer, or whether go starts at all."""


_ROUTE_ONLY = _words("GOPROXY GOPRIVATE GONOPROXY GONOSUMDB HTTP_PROXY http_proxy") | _words(
    "HTTPS_PROXY https_proxy NO_PROXY no_proxy SSL_CERT_FILE SSL_CERT_DIR"
)
"""Variables that decide who is asked, and how, and nothing else."""


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
    """One whole sentence, before anything was asked."""
    afterwards: str = ""
    """The same once it was; "" where it reads the same."""
    outcome: Outcome | None = None
    """How it ends, where that is known already."""
    outcome_words: str = ""
    """go's words, or why it cannot be told; "" for "as before"."""

    @property
    def said_afterwards(self) -> str:
        """Why something was asked anew, or nothing."""
        return self.afterwards or self.because

    def __bool__(self) -> bool:
        return bool(self.hops) or self.checksums


def needs_probing(before: Trace, comparison: Comparison) -> Probing:
    """What of the new route the old trace does not answer. Pure."""
    known = _nobody(before, comparison)
    if known is not None:
        return known
    everything = _whole(before, comparison)
    if everything:
        asked = frozenset(_askable(comparison))
        return Probing(asked, True, True, everything, everything.replace(" can change ", " could change "))
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
        return _otherwise(before, comparison, thought)
    outcome = None if before.finished is None else before.finished.outcome
    if comparison.checksum_changed and _comes_to_checksums(before):
        if comparison.after.checksum in ("off", "private"):
            outcome = outcome if outcome is Outcome.OK else None
            words = "Nobody vouches for what comes any more, so nobody has to be asked."
            return Probing(frozenset(), False, False, words, outcome=outcome)
        return Probing(frozenset(), False, True, "Somebody else vouches for what comes.")
    if comparison.checksum_changed:
        words = "The lookup ends before anybody is asked to vouch for anything, so nothing changes."
        return Probing(frozenset(), False, False, words, outcome=outcome)
    if not {change.name for change in comparison.settings} <= _ROUTE_ONLY:
        outcome = None  # the route is known, but not what else they do
    words = "Every answer that the new route needs is known."
    return Probing(frozenset(), False, False, words, "Every answer was known.", outcome)


def _nobody(before: Trace, comparison: Comparison) -> Probing | None:
    """What is known of a route along which nobody can be asked at all; None for any other."""
    route = comparison.after
    if route.error is not None:
        error = redact(str(route.error))
        words = "The list cannot be used, so every lookup fails."
        return Probing(frozenset(), False, False, words, outcome=Outcome.FAILS, outcome_words=error)
    if any(route.access(hop) in (Access.ASK, Access.DIRECT) for hop in route.hops):
        return None
    in_cache = not before.walks or any(_by_the_cache(walk) for walk in before.walks.values())
    if in_cache and comparison.query != "latest":
        words = "off forbids every download, but for what is in go's own cache."
        return Probing(frozenset(), False, False, words)
    words = "off forbids every download of it."
    return Probing(frozenset(), False, False, words, outcome=Outcome.FAILS, outcome_words=_OFF)


_OFF = "module lookup disabled by GOPROXY=off"


def _otherwise(before: Trace, comparison: Comparison, thought: _Thought) -> Probing:
    """An operation that ends otherwise than before."""
    hops = {hop.id: hop for hop in comparison.after.hops}
    direct = [one for one in thought.missing if comparison.after.access(hops[one]) is Access.DIRECT]
    host = comparison.path.partition("/")[0]
    if direct:
        words = f"Go would go to {host} itself (direct), where nobody has asked yet."
        afterwards = f"Go goes to {host} itself (direct), and nobody had asked there."
        return Probing(frozenset(direct), True, True, words, afterwards)
    if thought.fails and not _went_on_after_a_failure(before):
        words = "By answers that are known nobody serves it any more; what fails is looked at once more."
        afterwards = "By answers that were known nobody serves it any more."
        return Probing(frozenset(), False, False, words, afterwards, Outcome.FAILS,
                       f"the {thought.differs} ends without an answer")  # fmt: skip
    asked = thought.missing or thought.served or set(_askable(comparison))
    words = f"The {thought.differs} would end otherwise, and what comes after it is not known."
    afterwards = f"The {thought.differs} took another way, and what was not known of it was asked."
    return Probing(frozenset(asked), True, True, words, afterwards)


def _went_on_after_a_failure(before: Trace) -> bool:
    """Whether go made do without an answer to a query: it does not always need each."""
    queries = [walk for walk in before.walks.values() if walk.started.purpose is Purpose.QUERY]
    failed = any(walk.finished is not None and walk.finished.served_by is None for walk in queries)
    return failed and before.finished is not None and before.finished.outcome is Outcome.OK


def _comes_to_checksums(before: Trace) -> bool:
    """Whether anything came that somebody could vouch for."""
    return bool(before.checksums) or any(
        walk.started.purpose in (Purpose.MOD, Purpose.ZIP, Purpose.TOOLCHAIN, Purpose.CHECKSUM_BASE)
        for walk in before.walks.values()
    )


def _whole(before: Trace, comparison: Comparison) -> str:
    """Why nothing of the old trace can be used; "" when it can."""
    started, finished = before.started, before.finished
    if started is None or finished is None or finished.outcome is Outcome.CANCELLED:
        return "The trace before did not come to its end."
    if (started.path, started.query) != (comparison.path, comparison.query):
        return "The trace before was about another module or query."
    if not before.walks:
        return "Nobody was asked before."
    if started.route != comparison.before.view():
        return "The trace before took another route than the one compared with."
    if changed := answers_in_doubt(comparison, before):
        return f"{', '.join(changed)} can change every answer."
    return ""


_SCHEMES = {
    "http_proxy": ("http",), "https_proxy": ("https",), "no_proxy": ("http", "https"),
    "ssl_cert_file": ("https",), "ssl_cert_dir": ("https",),
}  # fmt: skip
"""The URLs that a variable of the network can matter to. What is on loopback never goes through a proxy
(source: golang.org/x/net/http/httpproxy, useProxy)."""


def answers_in_doubt(comparison: Comparison, before: Trace) -> list[str]:
    """The changed settings that can change any answer: with these nothing that is known holds."""
    changed = {change.name for change in comparison.settings} & _EVERYWHERE
    return sorted(name for name in changed if _matters(name.lower(), before))


def _matters(name: str, before: Trace) -> bool:
    """Whether a variable can change one of the answers that are known."""
    schemes = _SCHEMES.get(name)
    if schemes is None:
        return True
    for request in before.requests.values():
        urls = [request.started.url]
        urls += [] if request.finished is None else [one.url for one in request.finished.redirects]
        for parts in map(urlsplit, urls):
            here = name.endswith("_proxy") and _is_loopback(parts.hostname or "")
            if parts.scheme in schemes and not here:
                return True
    return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _askable(comparison: Comparison) -> Iterator[int]:
    """The hops that are asked over the network, when it comes to them."""
    route = comparison.after
    if route.error is None:
        yield from (hop.id for hop in route.hops if route.access(hop) is Access.ASK)


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
        self.served: set[int] = set()
        """The hop that serves it now, where that is known."""
        self.fails = False
        """Whether it is a query that nobody answers, as is known."""

    def go(self, walk: Walk) -> bool:
        """One operation; returns whether the next one is still the one it was before."""
        if walk.started.purpose is Purpose.CHECKSUM_BASE and self._route.checksum in ("off", "private"):
            return True
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
            self.served = set() if end.served_by is None else {end.served_by}
            is_known = end.unknown is None and end.served_by is None
            self.fails = is_known and walk.started.purpose is Purpose.QUERY
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
    return any(
        decision.verdict is Verdict.SERVED and decision.request is None and decision.program is None
        for decision in walk.decisions
    )


_OPERATIONS = {
    Purpose.QUERY: "query",
    Purpose.CONFIRM: "confirmation of the version",
    Purpose.INFO: "request for .info",
    Purpose.MOD: "request for go.mod",
    Purpose.ZIP: "request for the zip",
    Purpose.RETRACTIONS: "look at retractions",
    Purpose.TOOLCHAINS: "search for a toolchain",
    Purpose.TOOLCHAIN: "download of a toolchain",
    Purpose.CHECKSUM_BASE: "search for the checksum database",
}
