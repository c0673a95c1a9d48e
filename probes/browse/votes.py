"""Who vouches for the hashes of a version: what is said while they are asked, its fold, and the verdict.

Two things have a hash: the go.mod and the zip. Every voter names what it has; who is believed follows what go
believes: the checksum database whatever the others say, then go.sum, and only where neither knows the version
the larger number. Nobody is believed in a tie.

The events are immutable facts without secrets; ``at`` is seconds since the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from probes.golang.errors import GoError, ModuleError
from probes.golang.go_sum import GO_MOD_SUFFIX, mismatch
from probes.trace.events import RequestFinished

ON_REQUEST = "zips are fetched only on request"
"""Why a proxy was not asked for its zip."""
NOT_COME = "so go would not come here"
"""How the reason ends where a proxy before it has served."""
MOST_NAMED = 20
"""Files named of each kind of difference."""


class What(StrEnum):
    """What has a hash."""

    GO_MOD = "go.mod"
    ZIP = "zip"


class VoterKind(StrEnum):
    """Where a hash comes from."""

    PROXY = "proxy"
    CACHE = "module cache"
    ZIP_HASH = "module cache, .ziphash"
    """What go wrote down when it downloaded the zip; believed by go without looking at the zip again."""
    GO_SUM = "go.sum"
    DATABASE = "checksum database"


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who may have a hash."""

    id: int
    kind: VoterKind
    name: str
    """As sentences name it."""
    spec: str = ""
    """Of a proxy its entry in GOPROXY, secrets masked; of the others the file, or GOSUMDB."""


@dataclass(frozen=True, slots=True)
class QuorumStarted:
    """All who may have a hash, before anybody is asked."""

    at: float
    path: str
    version: str
    voters: tuple[Voter, ...]
    private_pattern: str | None = None
    error: str | None = None
    """Why no proxy can be asked, in go's words."""


@dataclass(frozen=True, slots=True)
class VoterAsked:
    """A file is being fetched, or looked up, or hashed."""

    at: float
    voter: int
    what: What


@dataclass(frozen=True, slots=True)
class VoterProgress:
    """Bytes of a zip have come in."""

    at: float
    voter: int
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class VoterAnswered:
    """What a voter has."""

    at: float
    voter: int
    what: What
    sums: tuple[str, ...] = ()
    """``h1:…``; a go.sum may have several for one version, all others have one or none."""
    error: str | None = None
    """Why there is none, or why go refuses what it has a hash of; in go's words."""
    refused: bool = False
    """There was content, and go would not take it."""
    missing: bool = False
    """It does not have the version."""
    bytes: int | None = None
    files: int | None = None
    requests: tuple[RequestFinished, ...] = ()


@dataclass(frozen=True, slots=True)
class VoterSkipped:
    """A voter that is not asked, and why."""

    at: float
    voter: int
    what: What
    because: str


@dataclass(frozen=True, slots=True)
class Differed:
    """What is different between what one voter has and what another, believed one has.

    Of a zip these are files without the ``MODULE@VERSION/`` before them; of a go.mod they are lines.
    """

    at: float
    what: What
    voter: int
    other: int
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Files of the same name with other content."""
    counts: tuple[int, int, int] = (0, 0, 0)
    """How many there are of each kind; the first ``MOST_NAMED`` are named."""


@dataclass(frozen=True, slots=True)
class QuorumFinished:
    """All that would be asked have answered."""

    at: float
    cancelled: bool = False


QuorumEvent = (
    QuorumStarted
    | VoterAsked
    | VoterProgress
    | VoterAnswered
    | VoterSkipped
    | Differed
    | QuorumFinished
)
QuorumEmit = Callable[[QuorumEvent], None]


# -- the fold ----------------------------------------------------------------------------------------


class Mark(StrEnum):
    """What becomes of one voter's word."""

    AGREES = "agrees"
    DIFFERS = "differs"
    TIED = "disagrees"
    """And nobody can tell who is right."""
    ALONE = "alone"
    """Nobody else has said anything."""
    REFUSED = "refused"
    MISSING = "has none"
    ERROR = "error"
    ASKING = "asking"
    NOT_ASKED = "not asked"
    KEEPS_NONE = "keeps none"
    """A .ziphash is of a zip."""


class Agreement(StrEnum):
    """How all of them stand together."""

    NOBODY = "nobody"
    ALONE = "alone"
    AGREE = "agree"
    DIFFER = "differ"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all of them together say of one hash."""

    agreement: Agreement
    sum: str = ""
    """The hash that is believed; "" where none is."""
    odd: tuple[int, ...] = ()
    """The voters with another one."""
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class VoterState:
    """One voter as far as it has come."""

    voter: Voter
    asking: set[What] = field(default_factory=set)
    answers: dict[What, VoterAnswered] = field(default_factory=dict)
    because: dict[What, str] = field(default_factory=dict)
    received: int = 0
    total: int | None = None

    def sums(self, what: What) -> tuple[str, ...]:
        """What it says the hash is."""
        answer = self.answers.get(what)
        return () if answer is None else answer.sums


@dataclass(slots=True)
class Quorum:
    """Hashes by voters: a fold of QuorumEvents."""

    started: QuorumStarted | None = None
    finished: QuorumFinished | None = None
    voters: list[VoterState] = field(default_factory=list)
    differences: list[Differed] = field(default_factory=list)

    def apply(self, event: QuorumEvent) -> None:
        """Take one event in."""
        match event:
            case QuorumStarted():
                self.started, self.finished, self.differences = event, None, []
                self.voters = [VoterState(voter) for voter in event.voters]
            case VoterAsked():
                state = self.voters[event.voter]
                state.asking.add(event.what)
                state.received, state.total = 0, None
            case VoterProgress():
                state = self.voters[event.voter]
                state.received, state.total = event.received, event.total
            case VoterAnswered():
                state = self.voters[event.voter]
                state.asking.discard(event.what)
                state.answers[event.what] = event
            case VoterSkipped():
                self.voters[event.voter].because[event.what] = event.because
            case Differed():
                self.differences.append(event)
            case QuorumFinished():
                self.finished = event
                for state in self.voters:
                    state.asking.clear()

    # -- what all of it means ------------------------------------------------------------------------

    def of_kind(self, kind: VoterKind) -> VoterState | None:
        """The one voter of this kind, where there is only one."""
        return next((state for state in self.voters if state.voter.kind is kind), None)

    def authority(self, what: What) -> VoterState | None:
        """Whom go believes whatever the others say: the database, else go.sum, where they know the hash."""
        for kind in (VoterKind.DATABASE, VoterKind.GO_SUM):
            state = self.of_kind(kind)
            if state is not None and state.sums(what):
                return state
        return None

    def camps(self, what: What) -> dict[str, list[VoterState]]:
        """The voters by their hash, in their order."""
        camps: dict[str, list[VoterState]] = {}
        for state in self.voters:
            for one in state.sums(what):
                camps.setdefault(one, []).append(state)
        return camps

    def verdict(self, what: What) -> Verdict:
        """Who differs from whom, and whom go believes."""
        camps = self.camps(what)
        if not camps:
            return Verdict(Agreement.NOBODY, words=(self._nobody(what),))
        voters = {state.voter.id for camp in camps.values() for state in camp}
        if len(camps) == 1:
            ((one, camp),) = camps.items()
            if len(voters) == 1:
                words = f"only {camp[0].voter.name} has said a hash: there is nothing to hold it against"
                return Verdict(Agreement.ALONE, one, words=(words,))
            return Verdict(Agreement.AGREE, one, words=(f"{_all_of(camp)} agree",))
        return self._divided(what, camps)

    def _divided(self, what: What, camps: dict[str, list[VoterState]]) -> Verdict:
        """The verdict where not all say the same."""
        authority = self.authority(what)
        if authority is not None:
            believed = authority.sums(what)
        else:
            weights = {one: _weight(camp) for one, camp in camps.items()}
            most = max(weights.values())
            believed = tuple(one for one, weight in weights.items() if weight == most)
            if len(believed) > 1:
                return Verdict(Agreement.TIE, words=(_tie(camps, believed),))
        trusted = [state for one in believed for state in camps[one]]
        odd = tuple(state.voter.id for state in self.voters if set(state.sums(what)) - set(believed))
        words = tuple(
            _differs(camp, [state for state in trusted if state not in camp], authority)
            for one, camp in camps.items()
            if one not in believed
        )
        return Verdict(Agreement.DIFFER, believed[0], odd, words)

    def _nobody(self, what: What) -> str:
        if any(what in state.asking for state in self.voters):
            return "nobody has answered yet"
        if what is What.ZIP and self.finished is not None and not any(
            what in state.answers for state in self.voters if state.voter.kind is VoterKind.PROXY
        ):
            return "no zip was fetched, and nobody else has its hash"
        return "nobody has said a hash"

    def mark(self, voter: int, what: What) -> Mark:
        """What becomes of one voter's word."""
        state = self.voters[voter]
        if what in state.asking:
            return Mark.ASKING
        answer = state.answers.get(what)
        if answer is None:
            keeps = state.voter.kind is not VoterKind.ZIP_HASH or what is What.ZIP
            return Mark.NOT_ASKED if keeps else Mark.KEEPS_NONE
        if answer.refused:
            return Mark.REFUSED
        if not answer.sums:
            return Mark.MISSING if answer.missing else Mark.ERROR if answer.error else Mark.MISSING
        verdict = self.verdict(what)
        match verdict.agreement:
            case Agreement.TIE:
                return Mark.TIED
            case Agreement.ALONE:
                return Mark.ALONE
            case _:
                return Mark.DIFFERS if voter in verdict.odd else Mark.AGREES

    def go_says(self, voter: int, what: What) -> str | None:
        """What go says of what a proxy or the module cache has; None where it would take it.

        go looks into go.sum first, and asks the database only about what is not there.
        """
        state, started = self.voters[voter], self.started
        answer = state.answers.get(what)
        if answer is None or started is None:
            return None
        if state.voter.kind not in (VoterKind.PROXY, VoterKind.CACHE) or not answer.sums:
            return answer.error
        if state.voter.kind is VoterKind.CACHE and what is What.ZIP:
            noted = self.of_kind(VoterKind.ZIP_HASH)
            if noted is not None and noted.sums(what) and noted.sums(what) != answer.sums:
                # go mod verify; a download would believe the .ziphash and not look at the zip.
                return f"{started.path} {started.version}: zip has been modified ({state.voter.spec})"
        ours, version = answer.sums[0], started.version + (GO_MOD_SUFFIX if what is What.GO_MOD else "")
        go_sum = self.of_kind(VoterKind.GO_SUM)
        known = () if go_sum is None else go_sum.sums(what)
        if known:
            return answer.error if ours in known else mismatch(started.path, version, ours, known[0])
        refusal = self._refused_by_database(what, ours)
        return answer.error if refusal is None else str(ModuleError(started.path, started.version, refusal))

    def _refused_by_database(self, what: What, ours: str) -> GoError | None:
        """What go says when it holds a hash against the database's answer; None where it believes it."""
        database = self.of_kind(VoterKind.DATABASE)
        answer = None if database is None else database.answers.get(what)
        if database is None or answer is None or ours in answer.sums:
            return None
        from probes.sources.checksum_database import ChecksumMismatch, ChecksumMissing  # heavy, rarely needed

        noun = "go.mod" if what is What.GO_MOD else "module"
        if answer.error is not None:
            return GoError(f"verifying {noun}: {answer.error}")
        if not answer.sums:
            return ChecksumMissing(noun)
        return ChecksumMismatch(noun, ours, database.voter.name, answer.sums[0])

    def go_refuses(self) -> bool:
        """Whether something that somebody has is not what go would take."""
        for what in What:
            for state in self.voters:
                answer = state.answers.get(what)
                if answer is None:
                    continue
                if answer.refused or (answer.sums and self.go_says(state.voter.id, what)):
                    return True
        return False


def _weight(camp: list[VoterState]) -> int:
    """How many witnesses a camp has; what go wrote down of the cache's zip is none where it says the same."""
    kinds = [state.voter.kind for state in camp]
    return len(kinds) - (VoterKind.CACHE in kinds and VoterKind.ZIP_HASH in kinds)


def _names(states: list[VoterState]) -> str:
    names = [state.voter.name for state in states]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _all_of(camp: list[VoterState]) -> str:
    return _names(camp) if len(camp) == 2 else f"all {len(camp)}"


def _differs(camp: list[VoterState], trusted: list[VoterState], authority: VoterState | None) -> str:
    """One sentence about those who have the same wrong hash."""
    named = [state for state in trusted if state.voter.kind in (VoterKind.DATABASE, VoterKind.GO_SUM)]
    others = [state for state in trusted if state not in named]
    parts = []
    if others:
        parts.append(others[0].voter.name if len(others) == 1 else f"{len(others)} others")
    parts += [state.voter.name for state in named]
    sentence = f"{_names(camp)} {'differs' if len(camp) == 1 else 'differ'}"
    if parts:
        sentence += " from " + " and from ".join(parts)
    if authority is not None and len(camp) > len(others):
        sentence += f"; go believes {authority.voter.name}"
    return sentence


def _tie(camps: dict[str, list[VoterState]], equal: tuple[str, ...]) -> str:
    sizes = " against ".join(str(len(camps[one])) for one in equal)
    said = "; ".join(f"{_names(camps[one])}: {one[:11]}…" for one in camps)
    return f"a tie, {sizes}, and nobody whom go believes knows the version: {said}"


def short_sum(one: str, others: Iterable[str], least: int = 8) -> str:
    """As much of a hash as tells it from the others, without its "h1:"."""
    text = one.removeprefix("h1:")
    size = least
    for other in others:
        other = other.removeprefix("h1:")
        while other != text and size < len(text) and other[:size] == text[:size]:
            size += 1
    return text[:size]
