"""What a trace tells of the hashes: by which way the checksum database was asked, and what became of each.

Nothing is drawn here; the tree, the details and the overlay of the Merkle path all say the same of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, HeadChecked, RecordProved, Sworn
from probes.trace.events import HopDecided, Purpose, Verdict
from probes.trace.fold import Request, Trace
from tui.drawing.hop_state import State


@dataclass(frozen=True, slots=True)
class Vouched:
    """One hash, as far as it has come."""

    routed: ChecksumRouted
    decided: ChecksumDecided | None = None
    proof: RecordProved | None = None

    @property
    def state(self) -> State:
        """How it stands; what nobody was asked about is idle."""
        if self.decided is None:
            waiting = {Sworn.DATABASE: State.BUSY, Sworn.GO_SUM: State.OK}
            return waiting.get(self.routed.sworn, State.IDLE)
        if self.routed.sworn is Sworn.GO_SUM and self.decided.verdict != "failed":
            return State.OK
        states = {"verified": State.OK, "failed": State.FAIL, "unknown": State.UNKNOWN}
        return states.get(self.decided.verdict, State.IDLE)

    @property
    def has_failed(self) -> bool:
        """Whether it was refused, or could not be checked."""
        return self.state is State.FAIL


def vouched(trace: Trace) -> list[Vouched]:
    """Every hash that somebody was to vouch for, in order."""
    decided, found = list(trace.checksums), []
    for routed in trace.sworn:
        own = next((one for one in decided if _is_about(one, routed)), None)
        if own is not None:
            decided.remove(own)
        found.append(Vouched(routed, own, proof_of(trace, routed.path, routed.version)))
    return found


def _is_about(decided: ChecksumDecided, routed: ChecksumRouted) -> bool:
    same = (decided.what, decided.version) == (routed.what, routed.version)
    return same and decided.path in ("", routed.path)


def proof_of(trace: Trace, path: str, version: str) -> RecordProved | None:
    """The latest proof about a version."""
    own = [one for one in trace.proofs if (one.path, one.version) == (path, version)]
    return own[-1] if own else None


def heads(trace: Trace) -> list[HeadChecked]:
    """The signed tree heads that were met, each only once."""
    seen: dict[tuple[str, int, str], HeadChecked] = {}
    for head in trace.heads:
        seen.setdefault((head.database, head.size, head.root), head)
    return list(seen.values())


# -- the way -----------------------------------------------------------------------------------------


class Way(StrEnum):
    """By which way the database is asked (modfetch dbClient.initBase)."""

    NOT_YET = "not asked yet"
    SEARCHED = "searched"
    """The entries of GOPROXY are being asked for /supported."""
    THROUGH = "through a proxy"
    DIRECT = "direct"
    """At https://NAME, for no entry of GOPROXY passes requests on."""
    EXPLICIT = "explicit"
    """GOSUMDB itself names the address."""
    CLOSED = "unavailable"
    """An entry answered /supported with another error than not found."""


@dataclass(frozen=True, slots=True)
class WayFound:
    """The way, and how it was found."""

    way: Way
    place: str = ""
    """The proxy's name, or the host."""
    asked: tuple[HopDecided, ...] = ()
    """Which entries were asked for /supported, and what became of it."""
    error: str = ""
    """Why there is none."""

    @property
    def words(self) -> str:
        """In one clause."""
        return {
            Way.NOT_YET: "nobody was asked",
            Way.SEARCHED: "looking for an entry of GOPROXY that passes requests on",
            Way.THROUGH: f"through {self.place}, which passes on every request",
            Way.DIRECT: f"at its own address, {self.place}: no entry of GOPROXY passes requests on",
            Way.EXPLICIT: f"at {self.place}, which GOSUMDB names: past every proxy",
            Way.CLOSED: "by no way: an entry of GOPROXY failed, and nothing else is tried",
        }[self.way]


def way(trace: Trace) -> WayFound:
    """By which way the database was asked in this trace."""
    searches = [walk for walk in trace.walks.values() if walk.started.purpose is Purpose.CHECKSUM_BASE]
    own = [request for _, request in database_requests(trace)]
    if not searches:
        return WayFound(Way.EXPLICIT, _host(own[-1])) if own else WayFound(Way.NOT_YET)
    search = searches[-1]
    asked = tuple(d for d in search.decisions if d.verdict is not Verdict.SERVED or d.request is not None)
    if search.finished is None:
        return WayFound(Way.SEARCHED, "", asked)
    if search.finished.served_by is not None:
        hop = trace.hop(search.finished.served_by)
        return WayFound(Way.THROUGH, "?" if hop is None else hop.name, asked)
    if own or all(decision.not_exist for decision in search.decisions):
        return WayFound(Way.DIRECT, _host(own[-1]) if own else f"https://{search.started.path}", asked)
    return WayFound(Way.CLOSED, "", asked, (search.finished.error or "").split("\n", 1)[0])


def _host(request: Request) -> str:
    scheme, separator, rest = request.started.url.partition("://")
    return scheme + separator + rest.partition("/")[0]


def database_requests(trace: Trace) -> Iterator[tuple[int, Request]]:
    """The requests for records and tiles, without those for /supported."""
    searching = {
        number for number, walk in trace.walks.items() if walk.started.purpose is Purpose.CHECKSUM_BASE
    }
    for number, request in trace.requests.items():
        if request.started.op is Op.SUM and request.started.walk not in searching:
            yield number, request


def key_name(trace: Trace) -> str:
    """The key that tree heads must be signed with, as its name and hash: "sum.golang.org+033de0ae"."""
    from probes.golang.gosumdb import dial

    setting = trace.settings.get("GOSUMDB")
    try:
        verifier = dial(setting.value if setting is not None else "").verifier
    except GoError:
        return ""
    return f"{verifier.name}+{verifier.key_hash:08x}"


# -- where it failed ---------------------------------------------------------------------------------


class Step(StrEnum):
    """The steps from a hash to its verdict; the values name the rows."""

    GO_SUM = "go.sum?"
    SWITCHED = "GOSUMDB?"
    PRIVATE = "GONOSUMDB?"
    DATABASE = "database"
    HEAD = "tree head"
    RECORD = "record"
    PROOF = "proof"
    EQUAL = "equal?"


STEP_OF_FAULT = {
    "go.sum mismatch": Step.GO_SUM, "malformed go.sum": Step.GO_SUM, "setting": Step.SWITCHED,
    "mismatch": Step.EQUAL, "missing line": Step.EQUAL, "malformed": Step.RECORD,
    "unknown key": Step.HEAD, "wrong key": Step.HEAD, "bad signature": Step.HEAD, "stale tree": Step.HEAD,
    "fork": Step.HEAD, "endless tree": Step.HEAD, "spoiled head": Step.HEAD, "unreadable head": Step.HEAD,
    "record beyond the tree": Step.RECORD, "false record": Step.PROOF, "inconsistent tile": Step.PROOF,
    "no tile": Step.PROOF,
}  # fmt: skip
"""The step that a fault is about, by the values of probes.sources.sum_faults.SumFault, which is loaded later;
all others are about asking."""


def failed_at(one: Vouched) -> Step | None:
    """The step at which a hash was refused, or could not be checked; None where it was not."""
    if not one.has_failed or one.decided is None:
        return None
    if one.routed.sworn is Sworn.GO_SUM:
        return Step.GO_SUM
    return STEP_OF_FAULT.get(one.decided.fault, Step.DATABASE)
