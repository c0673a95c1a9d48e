"""Which private paths of a project would be sent to whom, the line that mends it, and what the line does.

Nobody is asked anything here: go.mod, go.sum and settings are read, and the walk is planned. What the line
does is found out in the same way, by planning every path again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.golang.environment import Environment, Source
from probes.golang.errors import GoError
from probes.golang.goproxy import entries, parse_proxy_url
from probes.golang.gosumdb import KNOWN_KEYS
from probes.golang.module import escape_path, escape_version
from probes.golang.patterns import match_prefix_patterns
from probes.golang.prefixes import candidates
from probes.golang.redact import redact
from probes.leaks.hosts import PUBLIC, bare, domain_of, host_of, why_inner
from probes.leaks.line import Leak, Line, line_against
from probes.leaks.looks import LISTS, Circumstances, Confidence, Look, Sign, look_at
from probes.leaks.near_miss import is_broad, pieces_of
from probes.leaks.remotes import NOT_ASKED, Remotes
from probes.leaks.subjects import Part, Subject, checked, subjects_of
from probes.leaks.told import IsOwn, Resolvers, Teller, Told, nobody_known
from probes.project.project import Project
from probes.share.public_names import CHECKSUM_DATABASES

VENDOR = (
    "There is a vendor folder: go build takes everything from it and tells nobody; go get, go mod tidy and "
    "go mod download do."
)
RELATED = (Sign.SAME_OWNER, Sign.SAME_DOMAIN)
"""Signs of what is the same people's, and may be public for all that."""
_GUESSED = (Confidence.CERTAIN, Confidence.LIKELY)


@dataclass(frozen=True, slots=True)
class Audited:
    """One path: what it looks like, and who would be told."""

    subject: Subject
    look: Look
    told: tuple[Told, ...]

    leaks: tuple[Told, ...]
    """The strangers among those who would be told of it; nobody, where it is everybody's."""

    @classmethod
    def of(cls, subject: Subject, look: Look, told: tuple[Told, ...]) -> Audited:
        """Put together."""
        is_public = look.confidence is Confidence.PUBLIC
        return cls(subject, look, told, () if is_public else tuple([one for one in told if one.is_leak]))

    @property
    def path(self) -> str:
        """The path."""
        return self.subject.path

    @property
    def is_leak(self) -> bool:
        """Whether it is private, certainly or likely, and strangers would be told."""
        return self.look.confidence in _GUESSED and bool(self.leaks)


@dataclass(frozen=True, slots=True)
class Checked:
    """A line, and what planning again with it has shown."""

    line: Line
    still: tuple[str, ...]
    """Private paths that would be sent all the same."""
    lost_proxy: tuple[str, ...]
    """Public paths that no proxy is asked for any more."""
    lost_database: tuple[str, ...]
    """Public paths that no database is asked about any more."""
    before: int
    """Leaking paths without it."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that was found out."""

    rows: tuple[Audited, ...]
    """The surest first, leaking ones before others."""
    line: Checked | None
    """The line against what is certain or likely; None where nothing leaks."""
    line_if: Checked | None
    """The line where those of the same owner are private too; None where that is no other one."""
    remotes: Remotes
    mains: tuple[str, ...]
    where: str
    """The go.mod or go.work; "" for a path alone."""
    error: str = ""
    """What go fails with whatever it is asked for: then nobody is told anything."""
    doubts: tuple[str, ...] = ()
    """Proxies and databases that are taken for strangers only because nobody knows better."""
    gonoproxy: str = ""
    """What counted for it."""
    notes: tuple[str, ...] = ()
    """What else has to be known, in whole sentences."""

    def of(self, *confidences: Confidence) -> list[Audited]:
        """The rows that look so."""
        return [row for row in self.rows if row.look.confidence in confidences]

    @property
    def leaking(self) -> list[Audited]:
        """What is private, certainly or likely, and would be sent to strangers."""
        return [row for row in self.rows if row.is_leak]


@dataclass(frozen=True)
class Beside:
    """What is known besides the project and its settings."""

    told: str = ""
    """What the user says is private: patterns, by commas."""
    own: frozenset[str] = frozenset()
    """Hosts of proxies and databases that the user says are their own."""
    remotes: Remotes = NOT_ASKED
    resolvers: Resolvers = nobody_known
    is_published: Callable[[str, str], bool] | None = None
    is_played: bool = False
    """Whether all proxies play those of strangers, as in a demo."""


@dataclass
class _Auditor:
    environment: Environment
    mains: tuple[str, ...]
    beside: Beside
    around: Circumstances = field(init=False)
    is_own: IsOwn = field(init=False)

    def __post_init__(self) -> None:
        beside = self.beside
        self.around = Circumstances(
            lists={name: _set_here(self.environment, name) for name in LISTS},
            mains=self.mains,
            remotes=beside.remotes.found,
            told=beside.told,
            is_published=beside.is_published or published_in(self.environment),
        )
        self.is_own = (
            (lambda host: False) if beside.is_played else own_hosts(self.environment, self.around, beside.own)
        )

    def teller(self, settings: dict[str, str] | None = None) -> Teller:
        environment = self.environment.with_overlay(settings) if settings else self.environment
        return Teller(environment, self.is_own, self.beside.resolvers)

    def audit(self, subjects: Sequence[Subject], where: str) -> Audit:
        teller = self.teller()
        rows = [Audited.of(one, look_at(one, self.around), teller.told(one)) for one in subjects]
        rows.sort(key=_rank)
        line = self._checked(rows, teller, [row for row in rows if row.is_leak])
        same = [row for row in rows if row.is_leak or (row.look.sign in RELATED and row.leaks)]
        line_if = (
            self._checked(rows, teller, same) if len(same) > (0 if line is None else line.before) else None
        )
        error = teller.proxies.error
        return Audit(
            tuple(rows), line, line_if, self.beside.remotes, self.mains, where,
            "" if error is None else redact(str(error)),
            () if self.beside.is_played else tuple(self._doubts(rows)), self.environment.get("GONOPROXY"),
        )  # fmt: skip

    def _checked(self, rows: Sequence[Audited], teller: Teller, leaking: Sequence[Audited]) -> Checked | None:
        """The line against these, planned again with it."""
        paths = {row.path for row in leaking}
        public = [
            row.path for row in rows
            if row.look.confidence is Confidence.PUBLIC and row.path not in paths and not row.subject.refused
        ]  # fmt: skip
        leaks = [Leak(row.path, row.look, row.leaks) for row in leaking]
        line = line_against(leaks, public, self.environment, teller, self.around)
        if line is None:
            return None
        after = self.teller(dict(line.settings))
        still = tuple(row.path for row in leaking if any(one.is_leak for one in after.told(row.subject)))
        lost_proxy = tuple(path for path in public if after.is_noproxy(path) and not teller.is_noproxy(path))
        lost_database = tuple(
            path for path in public if teller.is_vouched_for(path) and not after.is_vouched_for(path)
        )
        return Checked(line, still, lost_proxy, lost_database, len(leaking))

    def _doubts(self, rows: Iterable[Audited]) -> Iterator[str]:
        names = dict.fromkeys(one.name for row in rows if row.is_leak for one in row.leaks)
        return (name for name in names if bare(name) not in PUBLIC | CHECKSUM_DATABASES)


def audit_project(project: Project, environment: Environment, beside: Beside, where: str) -> Audit:
    """Look at every path of a project."""
    mains = tuple(main.parsed.module_path for main in project.modules if main.parsed.module_path)
    audit = _Auditor(environment, mains, beside).audit(subjects_of(project), where)
    return replace(audit, notes=(VENDOR,)) if project.has_vendor else audit


def audit_paths(paths: Iterable[str], environment: Environment, beside: Beside) -> Audit:
    """Look at paths that no project has."""
    subjects = [checked(Subject(path, Part.TRACED)) for path in dict.fromkeys(paths)]
    return _Auditor(environment, (), beside).audit(subjects, "")


def asked_by_get(row: Audited, audit: Audit) -> tuple[str, ...]:
    """The prefixes of a path that go get of something in it asks proxies about besides, the longest first.

    Where GONOPROXY matches some of them, the origin is asked about those before any proxy is, and unless it
    has none of them that is the end of it (modload queryPrefixModules inside of TryProxies).
    """
    if row.look.confidence is Confidence.PUBLIC:
        return ()
    shorter = (one for one in candidates(row.path) if one != row.path)
    return tuple(
        one for one in shorter
        if not checked(Subject(one, Part.TRACED)).refused and not match_prefix_patterns(audit.gonoproxy, one)
    )  # fmt: skip


def _set_here(environment: Environment, name: str) -> str:
    setting = environment.setting(name)
    return "" if setting.source is Source.DERIVED else setting.value


def _rank(row: Audited) -> tuple[int, bool, str]:
    return (-row.look.confidence, not row.leaks, row.path)


# -- what is one's own -------------------------------------------------------------------------------


def own_hosts(environment: Environment, around: Circumstances, said: frozenset[str]) -> IsOwn:
    """Whether a proxy, a database or a resolver is the user's own.

    It is where the user says so, where its name or address is inside of a network, where it is at a host or
    below a domain of the project's, or in a pattern of what is private, and where GOPROXY has a user for it.
    """
    with_user = _with_user(environment)
    patterns = [piece for value in around.lists.values() for piece in pieces_of(value) if not is_broad(piece)]
    domains = {domain_of(host_of(piece).lstrip("*.")) for piece in patterns} | set(around.domains)
    known: dict[str, bool] = {}

    def is_own(host: str) -> bool:
        if host not in known:
            name = bare(host)
            if name in said or host in said:
                known[host] = True
            elif name in PUBLIC or name in CHECKSUM_DATABASES:
                known[host] = False
            else:
                known[host] = (
                    bool(why_inner(name)) or name in around.hosts or name in with_user
                    or bool(domain_of(name) and domain_of(name) in domains)
                )  # fmt: skip
        return known[host]

    return is_own


def _with_user(environment: Environment) -> frozenset[str]:
    """Hosts of proxies that go signs in to."""
    found = set()
    for entry in entries(environment.get("GOPROXY")):
        try:
            url = parse_proxy_url(entry)
        except GoError:
            continue
        if url.user:
            found.add(bare(url.host))
    return frozenset(found)


def published_in(environment: Environment) -> Callable[[str, str], bool]:
    """Whether the module cache has an answer of a public checksum database about a version."""
    cache = environment.get("GOMODCACHE")
    folders = [Path(cache, "cache/download/sumdb", name, "lookup") for name in sorted(KNOWN_KEYS)]
    folders = [folder for folder in folders if cache.startswith("/") and folder.is_dir()]

    def is_published(path: str, version: str) -> bool:
        if not folders or not version:
            return False
        try:
            name = f"{escape_path(path)}@{escape_version(version)}"
            return any((folder / name).is_file() for folder in folders)
        except (GoError, OSError, ValueError):
            return False

    return is_published
