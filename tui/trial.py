"""What is being tried: what-if values, what they change, and what is known already and need not be asked.

A trial belongs to a session. It keeps the real trace, so that there is a before to the after, and the answers
that traces have brought, so that a changed setting asks only for what nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from probes.golang.environment import Environment
from probes.trace.climb_events import ComparisonMade, RungClimbed
from probes.trace.events import Event, SettingView, TraceStarted
from probes.trace.fold import Trace
from probes.trace.route import plan

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from probes.diagnosis.findings import Finding
    from probes.settings.overlay import Overlay
    from probes.settings.reprobe import Probing
    from probes.settings.whatif import Comparison
    from probes.sources.remembered import Memory
    from tui.stage import Scene

KNOWN = "answer.known"
"""The finding about a request that was answered from what a trace before has brought."""


def known_answers(trace: Trace) -> frozenset[int]:
    """The requests that were not made."""
    made = (found.request for found in trace.findings if found.finding.id == KNOWN)
    return frozenset(number for number in made if number is not None)


@dataclass(slots=True)
class Recall:
    """What traces have brought. Made in the engine's thread: the app imports no network."""

    memory: Memory | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unreal:
    """What of a route is there only because of what-if values."""

    hops: frozenset[int] = frozenset()
    """Ids of hops that the real settings do not have."""
    edges: frozenset[int] = frozenset()
    """Ids of hops behind which another separator stands."""

    def __bool__(self) -> bool:
        return bool(self.hops or self.edges)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about a trace when a setting has changed."""

    keeps_trace: bool
    """Nothing changes for go: the trace stays as it is."""
    keeps_table: bool
    """The same proxies are asked in the same order: what they list stays true."""
    forgets: bool
    """Every answer may be another one now."""
    because: str
    """Why something is asked anew, or nothing, in a whole sentence."""


@dataclass(frozen=True, slots=True)
class Real:
    """The last trace with the real settings."""

    target: tuple[str, str]
    trace: Trace = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    cases: tuple[Case, ...] = field(default=(), repr=False)


class Trial:
    """What-if values of one session."""

    def __init__(self) -> None:
        self._overlay: Overlay | None = None
        self.recall = Recall()
        self.real: Real | None = None
        """None as long as nothing was traced to its end with the real settings."""
        self.pending = False
        """The settings are being read because of other what-if values: the trace to come is about these."""
        self.because = ""
        """Why the trace that is under way was begun; "" when somebody wanted a trace."""
        self._climbed: tuple[Event, ...] = ()
        """The ladders of the trace before."""
        self._before = Trace()
        """That trace."""

    @property
    def overlay(self) -> Overlay:
        """The values, with the way back and forth."""
        from probes.settings.overlay import Overlay

        if self._overlay is None:
            self._overlay = Overlay()
        return self._overlay

    @overlay.setter
    def overlay(self, overlay: Overlay) -> None:
        self._overlay = overlay

    @property
    def values(self) -> Mapping[str, str]:
        """The values that hold; "" unsets a variable."""
        return {} if self._overlay is None else self._overlay.values

    def begin(self, target: tuple[str, str]) -> None:
        """Something is traced from the beginning: everything is asked."""
        self.recall = Recall()
        self._climbed, self.because = (), ""
        if self.real is not None and self.real.target != target:
            self.real = None

    # -- after a trace -------------------------------------------------------------------------------

    def keep_real(
        self, target: tuple[str, str], trace: Trace, said: Sequence[Event], cases: tuple[Case, ...]
    ) -> None:
        """Note a trace with the real settings, or what else was found out about it."""
        if not self.values:
            self.real = Real(target, trace, tuple(said), cases)

    def asked_words(self, trace: Trace) -> str:
        """How much of a trace was asked for anew, and why; "" for one that somebody wanted whole."""
        because, self.because = self.because, ""
        count = len(trace.requests)
        known = len(known_answers(trace))
        if not because:
            return ""
        if not count:
            return f"nobody was asked. {because}"
        if count == known:
            answers = "the answer was" if count == 1 else f"all {count} answers were"
            return f"nobody was asked: {answers} known"
        answers = f"{count} answer{'' if count == 1 else 's'}"
        rest = f", {known} known from before" if known else ""
        return f"{count - known} of {answers} asked for{rest}. {because}"

    def keep_ladders(self, said: Sequence[Event], trace: Trace) -> None:
        """Note the ladders of a trace that is about to go."""
        self._before = trace
        self._climbed = tuple(event for event in said if isinstance(event, RungClimbed | ComparisonMade))

    def ladders_for(self, trace: Trace) -> Iterator[Event]:
        """The ladders of the trace before, of requests whose answers this one took over from it."""
        requests = [trace.requests[number].started for number in known_answers(trace)]
        by_url = {(started.op, started.url): started for started in requests}
        owners: dict[int, int | None] = {}
        for event in self._climbed:
            if isinstance(event, RungClimbed):
                owners[event.climb] = event.request
        numbers: dict[int, int] = {}
        for event in self._climbed:
            assert isinstance(event, RungClimbed | ComparisonMade)
            owner = owners.get(event.climb)
            old = None if owner is None else self._before.requests.get(owner)
            same = None if old is None else by_url.get((old.started.op, old.started.url))
            if same is None:
                continue
            climb = numbers.setdefault(event.climb, len(numbers))
            if isinstance(event, RungClimbed):
                yield replace(event, climb=climb, hop=same.hop, request=same.request)
            else:
                yield replace(event, climb=climb, hop=same.hop)


def judge(trace: Trace, before: Environment, after: Environment, target: tuple[str, str]) -> Verdict:
    """What a change of settings means for a trace and its table. Pure."""
    from probes.settings.reprobe import answers_in_doubt, needs_probing
    from probes.settings.whatif import compare

    comparison = compare(before, after, *target)
    if comparison.is_same:
        return Verdict(True, True, False, "Go would do the same, so nobody is asked and the trace stays.")
    probing = needs_probing(trace, comparison)
    doubted = bool(answers_in_doubt(comparison, trace))
    same_hops = all(row.is_same for row in comparison.hops)
    return Verdict(False, same_hops and not doubted, doubted, probing.said_afterwards)


def planned(environment: Environment, target: tuple[str, str]) -> TraceStarted:
    """What is certain before the first packet, until the engine says it with all that belongs to it."""
    return TraceStarted(0.0, *target, plan(environment, *target).view())


def with_real(started: TraceStarted, scene: Scene | None) -> TraceStarted:
    """The beginning of a trace with what really stands where what-if values were tried: so it is never taken
    for real, wherever it is saved, played or reported."""
    if scene is None or scene.real is None:
        return started
    here, there = scene.environment.overlay, scene.real.overlay
    names = [name for name in here if name not in there or here[name] != there[name]]
    names = [name for name in names if name in scene.real.settings]
    return replace(started, real=tuple(_view(scene.real, name) for name in names))


def _view(environment: Environment, name: str) -> SettingView:
    """A variable as traces hold it."""
    setting = environment.setting(name)
    if name == "GOENV" and environment.user_file is None:
        return SettingView(name, "off", setting.source.value)
    return SettingView(name, setting.shown.text, setting.source.value, secret=bool(setting.shown.secrets))


def unreal_parts(comparison: Comparison) -> Unreal:
    """What of the route after is not real."""
    from probes.settings.whatif import HopFate

    hops, edges = set(), set()
    for row in comparison.hops:
        if row.after is None:
            continue
        if row.fate is HopFate.ADDED or row.credentials_changed:
            hops.add(row.after.id)
        elif row.separator_changed:
            edges.add(row.after.id)
    return Unreal(frozenset(hops), frozenset(edges))


@dataclass(frozen=True, slots=True)
class Draft:
    """What other values would change, before anybody is asked."""

    after: Environment | None = field(repr=False)
    """None where that cannot be known without reading files."""
    comparison: Comparison | None
    probing: Probing | None
    """None as long as nothing was traced."""
    findings: tuple[Finding, ...] = ()
    """What the lint says of the new settings; places counted in the values as they are shown."""
    problem: str = ""
    """Why there is no comparison."""
    refusal: str = ""
    """Why it is not tried here, in a whole sentence; "" where it can be."""


def draft_of(
    before: Environment, values: Mapping[str, str], trace: Trace, target: tuple[str, str] | None
) -> Draft:
    """The draft of values over the settings as the screen shows them. Pure, and quick enough for each key."""
    from probes.diagnosis.environment_lint import lint_as_shown
    from probes.settings.reprobe import needs_probing
    from probes.settings.whatif import compare

    try:
        after = before.with_overlay(values)
    except ValueError:
        names = ", ".join(values)
        words = f"{names} decides which files are read: what it changes is known when they have been (Enter)"
        return Draft(None, None, None, problem=words)
    comparison = compare(before, after, *(target or ("", "latest")))
    probing = needs_probing(trace, comparison) if target is not None and trace.started is not None else None
    return Draft(after, comparison, probing, lint_as_shown(after))
