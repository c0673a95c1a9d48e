"""Which paths look private, and why.

Certain is what a setting or the user says; the rest is guessed from names, and each guess says what it rests
on. A pattern that matches anybody's modules (``*``, ``github.com``) says of none that it is private. What a
public checksum database has in its log is public for certain, whatever it looks like: it was fetched by
everybody's mirror.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from probes.golang.patterns import explain_prefix_patterns
from probes.leaks.hosts import FORGES, NESTED_FORGES, domain_of, has_prefix, host_of, is_public, why_inner
from probes.leaks.near_miss import NearMiss, is_broad, near_misses, pieces_of
from probes.leaks.remotes import Remote
from probes.leaks.subjects import Part, Subject

LISTS = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")


class Confidence(IntEnum):
    """How sure it is that a path is private."""

    PUBLIC = 0
    PERHAPS = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def word(self) -> str:
        """For people and for JSON."""
        return self.name.lower()


class Sign(StrEnum):
    """What a guess rests on."""

    TOLD = "told"
    PATTERN = "pattern"
    NEAR_MISS = "near miss"
    SAME_HOST = "same host"
    INNER_HOST = "inner host"
    SAME_OWNER = "same owner"
    SAME_DOMAIN = "same domain"
    FOLDER = "folder"
    UNKNOWN_HOST = "unknown host"
    PUBLIC_HOST = "public host"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Look:
    """What a path looks like."""

    confidence: Confidence
    sign: Sign
    why: str
    near_miss: NearMiss | None = None
    glob: str = ""
    """The user's own pattern that matches it."""


@dataclass
class Circumstances:
    """What a look is judged by."""

    lists: Mapping[str, str]
    """GOPRIVATE, GONOPROXY and GONOSUMDB: the values that count."""
    mains: tuple[str, ...] = ()
    """The paths of the modules of the project."""
    remotes: tuple[Remote, ...] = ()
    told: str = ""
    """Patterns of what the user says is private, by commas."""
    is_published: Callable[[str, str], bool] = lambda path, version: False
    """Whether a public checksum database is known to have a version."""
    hosts: Mapping[str, str] = field(default_factory=dict, init=False)
    """Hosts of one's own, each with the words for whose it is."""
    owners: Mapping[str, str] = field(default_factory=dict, init=False)
    """The same of ``forge/owner``."""
    domains: Mapping[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        hosts: dict[str, str] = {}
        owners: dict[str, str] = {}
        for path, whose in self._own():
            host = host_of(path)
            if host in FORGES:
                if "/" in path:
                    owners.setdefault("/".join(path.split("/")[:2]), whose)
            elif host and not is_public(host) and ("." in host or whose != "the main module"):
                hosts.setdefault(host, whose)
        domains = {domain_of(host): whose for host, whose in hosts.items() if not why_inner(host)}
        domains.pop("", None)
        self.hosts, self.owners, self.domains = hosts, owners, domains

    def _own(self) -> Iterable[tuple[str, str]]:
        for path in self.mains:
            yield path, "the main module"
        for remote in self.remotes:
            yield remote.root, "a git remote"


def look_at(subject: Subject, around: Circumstances) -> Look:
    """What a path looks like."""
    path, host = subject.path, host_of(subject.path)
    said = explain_prefix_patterns(around.told, path) if around.told else None
    if said is not None:
        return Look(Confidence.CERTAIN, Sign.TOLD, f"you say so: {said.pattern}", glob=said.pattern)
    for name in LISTS:
        matching = _matching(around.lists.get(name, ""), path)
        if matching:
            return Look(Confidence.CERTAIN, Sign.PATTERN, f"{name} has {matching}")
    if any(around.is_published(path, version) for version in subject.versions):
        why = "a public checksum database has it: a lookup is in the module cache"
        return Look(Confidence.PUBLIC, Sign.PUBLISHED, why)
    for name in LISTS:
        miss = near_misses(name, around.lists.get(name, ""), path) if around.lists.get(name) else None
        if miss is not None:
            why = f"{name} has {miss.shown!r}, which misses it; {miss.better} matches"
            return Look(Confidence.LIKELY, Sign.NEAR_MISS, why, miss)
    return _by_name(subject, path, host, around)


def _matching(patterns: str, path: str) -> str:
    """The first pattern that matches a path and is not for everybody; "" for none."""
    if not patterns or explain_prefix_patterns(patterns, path) is None:
        return ""
    for piece in pieces_of(patterns):
        found = explain_prefix_patterns(piece, path)
        if found is not None and not is_broad(piece):
            return found.pattern
    return ""


def _by_name(subject: Subject, path: str, host: str, around: Circumstances) -> Look:
    if whose := around.hosts.get(host):
        return Look(Confidence.LIKELY, Sign.SAME_HOST, f"the host of {whose}")
    if host in FORGES:
        return _on_forge(path, host, around)
    if is_public(host):
        return Look(Confidence.PUBLIC, Sign.PUBLIC_HOST, f"{host} is a public host")
    if subject.part is not Part.TRACED and "." not in host and not subject.is_fetched:
        # "internal/lib => ./lib": such a path can be told to nobody.
        return Look(Confidence.PERHAPS, Sign.FOLDER, "a name without a host, and a folder stands in for it")
    if why := why_inner(host):
        return Look(Confidence.LIKELY, Sign.INNER_HOST, why)
    domain = domain_of(host)
    if whose := around.domains.get(domain):
        return Look(Confidence.PERHAPS, Sign.SAME_DOMAIN, f"{domain} is also the domain of {whose}")
    if not subject.is_fetched:
        return Look(Confidence.PERHAPS, Sign.FOLDER, f"{subject.note}, and {host} is not known to be public")
    return Look(Confidence.PERHAPS, Sign.UNKNOWN_HOST, f"{host} is not known to be public")


def _on_forge(path: str, host: str, around: Circumstances) -> Look:
    for owner, whose in around.owners.items():
        if has_prefix(path, owner):
            noun = "group" if host in NESTED_FORGES else "owner"
            return Look(Confidence.PERHAPS, Sign.SAME_OWNER, f"the {noun} of {whose}")
    return Look(Confidence.PUBLIC, Sign.PUBLIC_HOST, f"{host} is a public host")
