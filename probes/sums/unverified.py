"""What is lost: which modules of a project nobody vouches for with these settings, and by which of them.

A hash that go.sum has is compared with every download; the checksum database is asked only about those that
it does not have. So where the database is shut out, a line of go.sum is worth what its first download was
worth: nobody checked it again. golang.org/toolchain is always looked up. Folders, of a replacement or of
vendor, are never hashed.

Source: cmd/go/internal/modfetch/fetch.go checkModSum, sumdb.go useSumDB; modload/import.go fetch; semantics
§6.1, §7.3, §7.4.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from probes.browse.votes import VoterKind
from probes.golang import gover
from probes.golang.environment import Environment, Setting, Source
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.goproxy import entries
from probes.golang.gosumdb import TOOLCHAIN, dial, use_sum_db
from probes.golang.mode import goflag
from probes.golang.patterns import explain_prefix_patterns, match_prefix_patterns
from probes.golang.urls import parse_url
from probes.project.project import Project
from probes.sums.needed_sums import Mode
from probes.sums.project_sums import Examination

DEFAULT_DATABASE = "sum.golang.org"
IsPublic = Callable[[str], bool]
"""Whether a host is one where everybody's modules are."""


class Standing(StrEnum):
    """Who vouches for a module."""

    ASKED = "the database is asked"
    RECORDED = "go.sum has its hash"
    UNCHECKED = "only go.sum"
    """It has the hash, and the database is shut out: nobody checked it again."""
    UNVERIFIED = "nobody"
    """The first download is taken as it comes."""
    REFUSED = "go stops"
    """The database would have to be asked, and cannot be."""
    FOLDER = "a folder"
    VENDORED = "vendor"

    @property
    def meaning(self) -> str:
        """What it says of modules."""
        return _MEANING[self]

    @property
    def is_lost(self) -> bool:
        """Whether the database is shut out of it."""
        return self in (Standing.UNCHECKED, Standing.UNVERIFIED)


_MEANING = {
    Standing.ASKED: "the checksum database is asked at the first download",
    Standing.RECORDED: "go.sum has the hashes",
    Standing.UNCHECKED: "go.sum has the hashes; nobody checks them again",
    Standing.UNVERIFIED: "the first download is unverified",
    Standing.REFUSED: "go stops, for nobody can be asked",
    Standing.FOLDER: "read from a folder, never hashed",
    Standing.VENDORED: "read from vendor, never hashed",
}


@dataclass(frozen=True, slots=True)
class Vouched:
    """One module of the build list."""

    path: str
    version: str
    standing: Standing
    setting: str = ""
    """What decides it: "GOSUMDB=off"; "" where nothing does."""
    where: str = ""
    """Where that stands."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Narrower:
    """Settings under which more is verified."""

    settings: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    before: int
    after: int
    """Modules that the database is shut out of, now and then."""
    still: tuple[str, ...]
    """Those that stay so: taken for private."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What is lost in a project."""

    modules: tuple[Vouched, ...]
    notes: tuple[str, ...]
    narrower: Narrower | None = None

    def count(self, *standings: Standing) -> int:
        """How many modules stand so."""
        return sum(one.standing in standings for one in self.modules)

    @property
    def lost(self) -> int:
        """How many modules the database is shut out of."""
        return sum(one.standing.is_lost for one in self.modules)

    def by_setting(self) -> dict[str, int]:
        """How many are lost by which setting, the gravest first."""
        found: dict[str, int] = {}
        for one in self.modules:
            if one.standing.is_lost:
                found[one.setting] = found.get(one.setting, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def what_is_lost(examined: Examination, environment: Environment, is_public: IsPublic) -> Lost:
    """Who vouches for each module of a project's build list. Pure."""
    modules = _standings(examined, environment)
    narrower = _narrower(examined, environment, modules, is_public)
    return Lost(tuple(modules), tuple(_notes(examined, environment)), narrower)


def _standings(examined: Examination, environment: Environment) -> list[Vouched]:
    project, needed, go_sum = examined.project, examined.needed, examined.go_sum
    is_vendored = needed.mode is Mode.VENDOR
    found = [
        Vouched(path, version, Standing.VENDORED, "vendor", words="go reads vendor, and hashes nothing.")
        if is_vendored
        else _standing(environment, go_sum, path, version)
        for path, version in _hashed(examined)
    ]  # fmt: skip
    found += [
        Vouched(
            path,
            version,
            Standing.FOLDER,
            "replace",
            words=f"{folder} stands in for it; go hashes no folder.",
        )
        for (path, version), folder in needed.local
    ]
    return [*found, *_toolchain(project, environment)]


def _hashed(examined: Examination) -> list[tuple[str, str]]:
    """The build list, replacements in place; where the graph is not whole, go.sum's zips besides."""
    needed = examined.needed
    found = dict.fromkeys(needed.zips)
    if not needed.is_whole:
        paths = {path for path, _ in found} | {version[0] for version, _ in needed.local}
        found |= dict.fromkeys(key for key in examined.go_sum.zips() if key[0] not in paths)
    return [key for key in found if key[0] != TOOLCHAIN]


def _standing(environment: Environment, go_sum: GoSum, path: str, version: str) -> Vouched:
    """One module that is downloaded."""
    has_hash = all(
        any(total.startswith("h1:") for total in go_sum.hashes.get((path, one), ()))
        for one in (version, version + GO_MOD_SUFFIX)
    )
    shut_out = shut_out_by(environment, path)
    if shut_out is not None:
        setting, where = shut_out
        if has_hash:
            words = (
                "go.sum has its hashes, and every download is compared with them; who wrote them down did "
            )
            words += "not ask the database either, if these settings held then."
            return Vouched(path, version, Standing.UNCHECKED, setting, where, words)
        words = "go.sum lacks a hash of it, and the first download is taken as it comes."
        return Vouched(path, version, Standing.UNVERIFIED, setting, where, words)
    if has_hash:
        return Vouched(path, version, Standing.RECORDED, words="go compares every download with go.sum.")
    try:
        name = dial(environment.get("GOSUMDB")).name
    except GoError as error:
        return Vouched(
            path, version, Standing.REFUSED, "GOSUMDB", words=f"{error}: go stops at its download."
        )
    words = f"go.sum lacks a hash of it: {name} is asked at its first download."
    return Vouched(path, version, Standing.ASKED, words=words)


def shut_out_by(environment: Environment, path: str) -> tuple[str, str] | None:
    """The setting that keeps the database from being asked about a path, and where it stands."""
    gosumdb, gonosumdb = environment.setting("GOSUMDB"), environment.setting("GONOSUMDB")
    if use_sum_db(
        path, "", gosumdb=gosumdb.value, gonosumdb=gonosumdb.value, goproxy=environment.get("GOPROXY"),
        process_env=environment.process,
    ):  # fmt: skip
        return None
    if gosumdb.value == "off":
        return "GOSUMDB=off", _where(gosumdb)
    matched = explain_prefix_patterns(gonosumdb.value, path)
    pattern = "" if matched is None else matched.pattern
    if gonosumdb.source is Source.DERIVED:
        return f"GOPRIVATE={pattern}", _where(environment.setting("GOPRIVATE"))
    return f"GONOSUMDB={pattern}", _where(gonosumdb)


def _where(setting: Setting) -> str:
    if setting.where:
        return setting.where
    return "the environment" if setting.source in (Source.PROCESS, Source.OVERLAY) else str(setting.source)


def _toolchain(project: Project, environment: Environment) -> list[Vouched]:
    """The toolchain that go would switch to for this project: always looked up."""
    wanted, local = project.toolchain.removeprefix("go"), (environment.go_version or "").removeprefix("go")
    may_download = environment.get("GOTOOLCHAIN").rpartition("+")[2] not in ("local", "path")
    if not wanted or not local or not may_download or gover.compare(wanted, local) <= 0:
        return []
    version = f"go{wanted}"
    if environment.get("GOSUMDB") == "off":
        words = "A toolchain is never run unverified: checksum database disabled by GOSUMDB=off."
        where = _where(environment.setting("GOSUMDB"))
        return [Vouched(TOOLCHAIN, version, Standing.REFUSED, "GOSUMDB=off", where, words)]
    return [
        Vouched(TOOLCHAIN, version, Standing.ASKED, words="A toolchain is looked up whatever go.sum has.")
    ]


def _notes(examined: Examination, environment: Environment) -> Iterable[str]:
    """What else of the settings decides what is verified."""
    needed = examined.needed
    if needed.mode is Mode.VENDOR:
        yield (
            "go builds from the vendor folder and looks at no hash: whoever can change that folder changes "
            "the build. go mod verify looks at the module cache, not at vendor; go mod vendor makes it anew."
        )
    if needed.mode is Mode.MOD:
        yield (
            "GOFLAGS=-mod=mod: go does not stop where go.sum lacks a line, it downloads and writes down what "
            "came."
        )
    if needed.mode is Mode.WORKSPACE:
        yield "In a workspace go does not stop where a line is missing: it writes it into go.work.sum."
    if named := goflag(environment.get("GOFLAGS"), "modfile"):
        yield f"GOFLAGS=-modfile={named}: another go.mod counts, and the go.sum beside it."
    if not needed.is_whole:
        yield (
            "The module graph is not known to its end: counted are the requirements, and what go.sum has of "
            "zips."
        )


# -- what would do better ----------------------------------------------------------------------------


def _narrower(
    examined: Examination, environment: Environment, modules: list[Vouched], is_public: IsPublic
) -> Narrower | None:
    """The same with the database shut out only of what looks private; None where that is no better."""
    lost = [one for one in modules if one.standing.is_lost]
    if not lost:
        return None
    private = [one.path for one in lost if not _is_public(examined, one, is_public)]
    patterns = _patterns(environment, [one.path for one in lost], private, is_public)
    settings: dict[str, str] = {}
    if environment.get("GOSUMDB") == "off":
        settings["GOSUMDB"] = DEFAULT_DATABASE
    name = _variable(environment, is_public)
    if environment.get(name) != ",".join(patterns):
        settings[name] = ",".join(patterns)
    if not settings:
        return None
    after = _standings(examined, environment.with_overlay(settings))
    still = tuple(one.path for one in after if one.standing.is_lost)
    if len(still) >= len(lost):
        return None
    return Narrower(tuple(settings.items()), _commands(environment, settings), len(lost), len(still), still)


def _is_public(examined: Examination, one: Vouched, is_public: IsPublic) -> bool:
    """Whether everybody can read it: the database knows it, or it is at a public host and not beside us."""
    database = examined.witnesses.of_kind((one.path, one.version), VoterKind.DATABASE)
    if database is not None and database.sum:
        return True
    if not is_public(_host(one.path)):
        return False
    own = [prefix_of(main.parsed.module_path, is_public) for main in examined.project.modules]
    return not any(one.path == prefix or one.path.startswith(f"{prefix}/") for prefix in own if prefix)


def prefix_of(path: str, is_public: IsPublic) -> str:
    """The part of a path that is one owner's: a host, or at a public one the first folder as well."""
    host, _, rest = path.partition("/")
    return f"{host}/{rest.partition('/')[0]}" if is_public(host) and rest else host


def _patterns(
    environment: Environment, lost: list[str], private: list[str], is_public: IsPublic
) -> list[str]:
    """Patterns that match all that is private and nothing else of the project; those in use where they do."""
    public = [path for path in lost if path not in private]
    in_use = [one for one in environment.get("GONOSUMDB").split(",") if one]
    kept = [one for one in in_use if not any(match_prefix_patterns(one, path) for path in public)]
    new = [prefix_of(path, is_public) for path in private if not match_prefix_patterns(",".join(kept), path)]
    return list(dict.fromkeys([*kept, *new]))


def _variable(environment: Environment, is_public: IsPublic) -> str:
    """GOPRIVATE keeps a path from proxies too, so GONOSUMDB where a proxy of one's own may have it."""
    if environment.setting("GONOSUMDB").source is Source.DERIVED:
        return "GOPRIVATE"
    if environment.get("GONOSUMDB"):
        return "GONOSUMDB"
    for entry in entries(environment.get("GOPROXY")):
        if entry in ("direct", "off"):
            continue
        try:
            if not is_public(parse_url(entry).host):
                return "GONOSUMDB"
        except GoError:
            return "GONOSUMDB"
    return "GOPRIVATE"


def _commands(environment: Environment, settings: dict[str, str]) -> tuple[str, ...]:
    """How to set them: where a process variable stands, go env -w is not heard."""
    commands: list[str] = []
    written = []
    for name, value in settings.items():
        words = f"{name}={shlex.quote(value)}"
        if environment.process.get(name, ""):
            commands.append(f"export {words}" if value else f"unset {name}")
        else:
            written.append(words)
    return (*commands, *([f"go env -w {' '.join(written)}"] if written else ()))


def _host(path: str) -> str:
    return path.partition("/")[0]
