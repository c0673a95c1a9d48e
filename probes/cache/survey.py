"""Going over a module cache: all of it, a module, or a version; with hashes or without.

One entry after the other is told and forgotten: a cache of a million files takes no more memory than one of a
hundred. What is kept are counts, the biggest few, and what is wrong.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from probes.cache.at_hand import AtHand
from probes.cache.entries import Entry, Walk, entry_of, module_entries
from probes.cache.findings import Finding, Kind, Level
from probes.cache.hashes import Known, judged, known_of, verified, verify_words
from probes.cache.looks import Looker
from probes.cache.mending import Mended, Plan, is_locked, mend, plan_apart, plan_of
from probes.cache.place import Place
from probes.cache.records import spoiled
from probes.golang.dirhash import Abandoned

STOPS = (Kind.GO_SUM_OTHER, Kind.MOD_HTML, Kind.MOD_BROKEN, Kind.MOD_OTHER_PATH, Kind.MOD_HUGE)
"""What is wrong with a .mod at which go stops; one that it cannot read at all it asks for again."""
BIGGEST = 10
MOST_TOLD = 2000
"""Findings of a level that are kept word for word; of more only the number."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be looked at."""

    place: Place
    at_hand: AtHand = field(default_factory=AtHand)
    path: str = ""
    """"" for the whole cache."""
    version: str = ""
    """"" for all versions."""
    verify: bool = False

    @property
    def looker(self) -> Looker:
        """Who looks."""
        thorough = self.verify or bool(self.path)
        return Looker(
            owner=self.place.owner,
            go_sum=self.at_hand.go_sum,
            replaced=self.at_hand.replaced,
            wanted=frozenset(self.at_hand.verifies),
            thorough=thorough,
        )


@dataclass(slots=True)
class Seen:
    """One version, looked at."""

    known: Known
    findings: list[Finding]
    words: list[str] = field(default_factory=list)
    """What `go mod verify` would print, where the hashes were made."""

    @property
    def entry(self) -> Entry:
        return self.known.entry

    @property
    def is_bad(self) -> bool:
        return any(one.is_bad for one in self.findings)


@dataclass(slots=True)
class Survey:
    """What was found, while it is found."""

    wish: Wish
    modules: int = 0
    versions: int = 0
    zips: int = 0
    trees: int = 0
    only_mod: int = 0
    bytes: int = 0
    """Of the downloads."""
    hashed_files: int = 0
    hashed_bytes: int = 0
    hashed_versions: int = 0
    """Those of which a zip or a folder was hashed."""
    biggest: list[tuple[int, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings beyond those."""
    levels: Counter[Level] = field(default_factory=Counter)
    """How many there are of each level."""
    kinds: Counter[str] = field(default_factory=Counter)
    bad: dict[tuple[str, str], None] = field(default_factory=dict)
    """The versions with something to mend."""
    apart: list[Finding] = field(default_factory=list)
    """What is to be mended and is of no version: files of checksum databases."""
    words: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What `go mod verify` would print about them."""
    seen: list[Seen] = field(default_factory=list)
    """The versions themselves, where only those of one module were asked for."""
    unreadable: list[str] = field(default_factory=list)

    def take(self, seen: Seen) -> None:
        """Another version."""
        entry, key = seen.entry, (seen.entry.path, seen.entry.version)
        self.versions += 1
        self.zips += "zip" in entry.files
        self.trees += entry.tree is not None
        self.only_mod += (
            set(entry.files) <= {"mod", "info", "lock"} and "mod" in entry.files and entry.tree is None
        )
        size = entry.bytes
        self.bytes += size
        item = (size, entry.name)
        if len(self.biggest) < BIGGEST:
            heapq.heappush(self.biggest, item)
        elif item > self.biggest[0]:
            heapq.heapreplace(self.biggest, item)
        for one in (seen.known.zip, seen.known.tree):
            if one is not None:
                self.hashed_files += one.files
                self.hashed_bytes += one.bytes
        self.hashed_versions += seen.known.zip is not None or seen.known.tree is not None
        if seen.words:
            self.words[key] = seen.words
        if seen.is_bad:
            self.bad[key] = None
        for finding in seen.findings:
            self.tell(finding)
        if self.wish.path:
            self.seen.append(seen)

    def tell(self, finding: Finding) -> None:
        """Something that is wrong; what is only good to know takes no room of what is to be mended."""
        self.kinds[finding.kind] += 1
        self.levels[finding.level] += 1
        if self.levels[finding.level] > MOST_TOLD:
            self.more += 1
            return
        self.findings.append(finding)

    @property
    def place_is_bad(self) -> bool:
        """Whether the cache as a whole cannot be used as it should."""
        return any(one.is_bad for one in self.wish.place.findings)

    @property
    def is_good(self) -> bool:
        """Whether nothing is to be mended."""
        return not self.to_mend and not self.place_is_bad

    @property
    def to_mend(self) -> int:
        """How many versions, and files that are of none, have something to mend."""
        return len(self.bad) + len(self.apart)

    def go_mod_verify(self) -> list[str]:
        """What `go mod verify` prints in the project at hand, in its order."""
        return [line for key in self.wish.at_hand.verifies for line in self.words.get(key, ())]

    def go_mod_verify_others(self) -> list[str]:
        """What it would print about all the others."""
        mine = set(self.wish.at_hand.verifies)
        return [line for key, words in self.words.items() if key not in mine for line in words]

    def stops_at(self) -> str:
        """Where `go mod verify` stops here before it has verified anything: a .mod of the build list.
        Its hash is compared with go.sum before it is read."""
        wanted = set(self.wish.at_hand.verifies)
        stops = [
            one for one in self.findings
            if one.kind in STOPS and one.file.endswith(".mod") and one.is_bad
            and (one.path, one.version) in wanted
        ]  # fmt: skip
        first = next((one for one in stops if one.kind is Kind.GO_SUM_OTHER), stops[0] if stops else None)
        return "" if first is None else first.go_says


def survey(wish: Wish, is_wanted: Callable[[], bool] = lambda: True) -> Iterator[Survey]:
    """Look; the same Survey after each version, and at the end.

    Raises OSError where nothing can be read, GoError for what is no path or version, and Abandoned soon after
    ``is_wanted`` says no.
    """
    found = Survey(wish)
    if not wish.place.is_there:
        yield found
        return
    walk = Walk(wish.place.folder)
    entries = _entries(wish, walk)
    for seen in _seen(wish, entries, is_wanted):
        if not is_wanted():
            raise Abandoned
        found.take(seen)
        yield found
    found.modules = walk.modules if not wish.path else 1 if found.versions else 0
    for folder, error in walk.unreadable:
        found.unreadable.append(f"{folder}: {error.strerror}")
    if walk.strange_count:
        names = ", ".join(walk.strange[:3])
        are = "1 name is none" if walk.strange_count == 1 else f"{walk.strange_count} names are none"
        words = f"{are} that go gives: {names}"
        found.tell(Finding(Kind.STRANGE, Level.NOTE, walk.strange[0], words, "passes over them"))
    for one in spoiled(wish.place.folder, wish.path, wish.version, thorough=wish.looker.thorough):
        if not is_wanted():
            raise Abandoned
        found.apart.append(one)
        found.tell(one)
    found.findings.sort(key=lambda one: (not one.is_bad, one.path, one.version, one.file))
    yield found


def _entries(wish: Wish, walk: Walk) -> Iterator[Entry]:
    if not wish.path:
        return walk.entries()
    cache = wish.place.folder
    if not wish.version:
        from probes.golang import semver

        ordered = {one.version: one for one in module_entries(cache, wish.path)}
        return iter([ordered[version] for version in reversed(semver.sort(ordered))])
    one = entry_of(cache, wish.path, wish.version)
    return iter([one] if one.files or one.temporary or one.tree is not None else [])


def _seen(wish: Wish, entries: Iterator[Entry], is_wanted: Callable[[], bool]) -> Iterator[Seen]:
    looker = wish.looker
    if not wish.verify:
        for entry in entries:
            known = known_of(entry)
            yield _told(Seen(known, judged(known, looker)))
        return
    for known, findings in verified(entries, looker, is_wanted):
        yield _told(Seen(known, findings, verify_words(known)))


def _told(seen: Seen) -> Seen:
    """While a go is at work on a version, what is half done is no damage."""
    if seen.is_bad and is_locked(seen.entry):
        words = "a go command is at work on this version; look again when it is done: "
        seen.findings = [
            replace(one, level=Level.NOTE, words=words + one.words, repair=None) if one.is_bad else one
            for one in seen.findings
        ]
    return seen


# -- mending ---------------------------------------------------------------------------------------------


def plans(found: Survey, is_wanted: Callable[[], bool] = lambda: True) -> Iterator[Plan]:
    """What mends each version with something wrong; its hashes are made where they were not."""
    cache = found.wish.place.folder
    looker = replace(found.wish.looker, thorough=True)
    entries = (entry_of(cache, *key) for key in found.bad)
    for known, findings in verified(entries, looker, is_wanted):
        plan = plan_of(known.entry, _told(Seen(known, findings)).findings)
        if plan is not None:
            yield plan
    for one in found.apart:
        yield plan_apart(cache, one)


def mended(plan: Plan, looker: Looker) -> Mended:
    """Mend one version, and look whether that was enough."""
    done = mend(plan)
    if done.errors or plan.is_apart:
        return done
    entry = entry_of(plan.entry.cache, plan.entry.path, plan.entry.version)
    for known, findings in verified([entry], replace(looker, thorough=True)):
        left = [one.words for one in findings if one.is_bad and (one.repair is not None)]
        if left:
            return Mended(plan, done.removed, done.written, (f"that was not enough: {left[0]}",))
        assert known.entry is entry
    return done
