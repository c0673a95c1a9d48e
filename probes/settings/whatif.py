"""Two routes for one query, side by side: what other settings would change before any packet moves.

Everything comes from probes.trace.route.plan, called twice, and from Go's rules: nobody is asked, so this may
run at each keystroke. Who learns the path is what could happen, the whole way down the list; who surely
learns it is the first that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from probes.diagnosis.findings import Finding
from probes.golang.environment import Environment, layer_environment
from probes.golang.errors import GoError
from probes.golang.goproxy import Access, Hop, HopKind, Separator
from probes.golang.gosumdb import dial
from probes.golang.safetext import safe_text
from probes.golang.variables import VARIABLES
from probes.settings.env_write import EnvChange
from probes.settings.overlay import Overlay
from probes.trace.route import Route, plan


class HopFate(StrEnum):
    """What becomes of a hop."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class HopChange:
    """One row of the two routes side by side."""

    fate: HopFate
    before: Hop | None
    after: Hop | None
    access_before: Access | None
    access_after: Access | None
    separator_before: Separator | None
    """What stands between it and the next hop; END for the last one, whatever dead entries follow it."""
    separator_after: Separator | None

    @property
    def separator_changed(self) -> bool:
        """Whether other errors of this hop let the next one be asked."""
        both = self.before is not None and self.after is not None
        return both and self.separator_before != self.separator_after

    @property
    def credentials_changed(self) -> bool:
        """Whether it is asked with another user name or password."""
        return self._both(lambda hop: hop.url and (hop.url.user, hop.url.password))

    @property
    def access_changed(self) -> bool:
        """Whether it serves this path in another way, since the path is or is no longer private."""
        return self.before is not None and self.after is not None and self.access_before != self.access_after

    @property
    def is_same(self) -> bool:
        """Whether nothing about it changes."""
        changed = self.separator_changed or self.credentials_changed or self.access_changed
        return self.fate is HopFate.KEPT and not changed

    def _both(self, of: Callable[[Hop], object]) -> bool:
        return self.before is not None and self.after is not None and of(self.before) != of(self.after)


class Role(StrEnum):
    """In what part somebody learns a module path."""

    PROXY = "module proxy"
    ORIGIN = "origin"
    DATABASE = "checksum database"


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who would see the module path."""

    host: str
    role: Role
    surely: bool
    """Whether it is asked whatever the others answer."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One variable that go would see otherwise."""

    name: str
    before: str
    """Secrets masked, safe to show; "" when it is not set."""
    after: str
    source_before: str
    source_after: str
    """"overlay" marks a value as unreal."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes between two environments for one path."""

    path: str
    query: str
    before: Route
    after: Route
    hops: tuple[HopChange, ...]
    """In the order of the new route, what is removed where it stood."""
    settings: tuple[SettingChange, ...]
    learners_before: tuple[Learner, ...]
    learners_after: tuple[Learner, ...]
    gained: tuple[Finding, ...]
    """Findings of the lint that are new."""
    lost: tuple[Finding, ...]

    @property
    def is_same(self) -> bool:
        """Whether go would do the same, as far as it is known before any packet."""
        return not self.settings and all(hop.is_same for hop in self.hops) and not self.checksum_changed

    @property
    def newly_learns(self) -> tuple[Learner, ...]:
        """Who would see the path and did not before."""
        known = {learner.host for learner in self.learners_before}
        return tuple(learner for learner in self.learners_after if learner.host not in known)

    @property
    def no_longer_learns(self) -> tuple[Learner, ...]:
        """Who saw the path and would not any more."""
        known = {learner.host for learner in self.learners_after}
        return tuple(learner for learner in self.learners_before if learner.host not in known)

    @property
    def private_changed(self) -> bool:
        """Whether the path becomes private, or ceases to be, or is so by another pattern."""
        return _pattern(self.before) != _pattern(self.after)

    @property
    def checksum_changed(self) -> bool:
        """Whether somebody else vouches for what comes, or nobody."""
        return self.before.checksum != self.after.checksum

    @property
    def error_changed(self) -> bool:
        """Whether the list becomes usable, or ceases to be."""
        return str(self.before.error or "") != str(self.after.error or "")


def compare(environment: Environment, overlay: Overlay | Environment, path: str, query: str) -> Comparison:
    """What an overlay, or another environment, would change for PATH@QUERY. Pure.

    With an Overlay ``environment`` should be the real one. Raises ValueError where Overlay.on does.
    """
    other = overlay.on(environment) if isinstance(overlay, Overlay) else overlay
    before, after = plan(environment, path, query), plan(other, path, query)
    gained, lost = lint_changes(environment, other)
    return Comparison(
        path=path,
        query=query,
        before=before,
        after=after,
        hops=tuple(_hop_changes(before, after)),
        settings=tuple(_setting_changes(environment, other)),
        learners_before=learners(environment, before),
        learners_after=learners(other, after),
        gained=gained,
        lost=lost,
    )


def as_written(environment: Environment, change: EnvChange) -> Environment:
    """What go would see once a change is written: no what-if values, and the process still wins."""
    user, goroot = environment.user_file, environment.goroot_file
    assert user is not None, "a change was planned for it"
    return layer_environment(
        environment.real_process,
        change.after,
        None if goroot is None else goroot.data,
        facts=environment.facts,
    )


_EDGE = {
    Separator.PIPE: "goes on after any error",
    Separator.COMMA: "goes on after 404 and 410 only",
    Separator.END: "the last one",
}


def change_words(row: HopChange, *, moved: str, edge: str = "{}") -> Iterator[str]:
    """What changed about a hop that is on both sides; ``edge`` is the sentence for a separator."""
    if row.fate is HopFate.MOVED:
        yield moved
    if row.separator_changed and row.separator_after is not None:
        yield edge.format(_EDGE[row.separator_after])
    if row.credentials_changed:
        yield "asked with other credentials"
    if row.access_changed and row.access_after is not Access.PRIVATE:
        yield "asked now"


# -- hops ---------------------------------------------------------------------------------------------------


def hop_key(hop: Hop) -> str:
    """What makes two hops the same: the keyword, or the URL without credentials and without a last slash."""
    if hop.url is None:
        return hop.kind.value
    return f"{hop.url.scheme}://{hop.url.host}{hop.url.path.rstrip('/')}?{hop.url.raw_query}"


def _hop_changes(before: Route, after: Route) -> Iterator[HopChange]:
    """Rows as a diff has them: what is gone stands before what came in its place."""
    old, new = before.hops, after.hops
    pairs = dict(_matches(old, new))
    in_order = set(_in_order(pairs))
    taken = set(pairs.values())
    gone = [index for index in range(len(old)) if index not in taken]
    for index, hop in enumerate(new):
        anchors = (pairs[later] for later in range(index, len(new)) if later in in_order)
        reached = next(anchors, len(old))
        while gone and gone[0] < reached:
            yield _row(HopFate.REMOVED, before, after, gone.pop(0), None)
        partner = pairs.get(index)
        if partner is None:
            yield _row(HopFate.ADDED, before, after, None, hop.id)
        else:
            fate = HopFate.KEPT if index in in_order else HopFate.MOVED
            yield _row(fate, before, after, partner, hop.id)
    for index in gone:
        yield _row(HopFate.REMOVED, before, after, index, None)


def _matches(old: Sequence[Hop], new: Sequence[Hop]) -> Iterator[tuple[int, int]]:
    """Index in the new list and index in the old one, of hops with the same key; each at most once."""
    left: dict[str, list[int]] = {}
    for index, hop in enumerate(old):
        left.setdefault(hop_key(hop), []).append(index)
    for index, hop in enumerate(new):
        if partners := left.get(hop_key(hop)):
            yield index, partners.pop(0)


def _in_order(pairs: dict[int, int]) -> Iterator[int]:
    """The indexes in the new list that keep their order: a longest rising run of partners."""
    news, olds = list(pairs), list(pairs.values())
    matcher = SequenceMatcher(None, sorted(olds), olds, autojunk=False)
    for block in matcher.get_matching_blocks():
        yield from news[block.b : block.b + block.size]


def _row(fate: HopFate, before: Route, after: Route, old: int | None, new: int | None) -> HopChange:
    old_hop = None if old is None else before.hops[old]
    new_hop = None if new is None else after.hops[new]
    return HopChange(
        fate,
        old_hop,
        new_hop,
        None if old_hop is None else before.access(old_hop),
        None if new_hop is None else after.access(new_hop),
        None if old_hop is None else _separator(before, old_hop),
        None if new_hop is None else _separator(after, new_hop),
    )


def _separator(route: Route, hop: Hop) -> Separator:
    if route.error is not None:
        return hop.separator  # what stands behind it could not be read
    return Separator.END if hop.id == len(route.hops) - 1 else hop.separator


# -- who learns what ----------------------------------------------------------------------------------------


def learners(environment: Environment, route: Route) -> tuple[Learner, ...]:
    """Who could see the path along a route, in the order in which they are asked; each host once."""
    if route.error is not None:
        return ()
    found: dict[str, Learner] = {}
    surely = True
    for hop in route.hops:
        match route.access(hop):
            case Access.ASK if hop.url is not None and hop.url.scheme != "file":
                found.setdefault(hop.name, Learner(hop.name, Role.PROXY, surely))
                surely = False
            case Access.ASK:
                surely = False
            case Access.DIRECT:
                host = route.path.partition("/")[0]
                found.setdefault(host, Learner(host, Role.ORIGIN, surely))
                surely = False
            case _:
                pass
    if route.checksum not in ("off", "private"):
        database = _database(environment, route)
        if database is not None:
            found.setdefault(database.host, database)
    return tuple(found.values())


def _database(environment: Environment, route: Route) -> Learner | None:
    """The checksum database itself; surely, where no proxy of the list can pass the question on."""
    try:
        database = dial(environment.get("GOSUMDB"))
    except GoError:
        return None
    if database.explicit is not None:
        return Learner(database.explicit.host, Role.DATABASE, True)
    through = any(hop.kind is HopKind.PROXY for hop in route.hops)
    return Learner(database.direct.host, Role.DATABASE, not through)


def _pattern(route: Route) -> str | None:
    return None if route.private is None else route.private.pattern


# -- settings and findings ----------------------------------------------------------------------------------


def _setting_changes(before: Environment, after: Environment) -> Iterator[SettingChange]:
    for variable in VARIABLES:
        old, new = before.setting(variable.name), after.setting(variable.name)
        if old.value != new.value:
            yield SettingChange(
                variable.name,
                safe_text(old.shown.text, limit=500),
                safe_text(new.shown.text, limit=500),
                old.source.value,
                new.source.value,
            )


def lint_changes(before: Environment, after: Environment) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings gained and lost. One that only speaks of another place in the value is the same."""
    from probes.diagnosis.about import as_shown
    from probes.diagnosis.environment_lint import lint

    old = {_finding_key(finding): finding for finding in lint(before)}
    new = {_finding_key(finding): finding for finding in lint(after)}
    gained = tuple(as_shown(after, finding) for key, finding in new.items() if key not in old)
    lost = tuple(as_shown(before, finding) for key, finding in old.items() if key not in new)
    return gained, lost


def _finding_key(finding: Finding) -> tuple[str, str | None, str]:
    return finding.id, finding.variable, finding.message
