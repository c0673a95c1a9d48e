"""Where the project turns `go mod download` off the way that it has outside of any module.

What is named with a version on the command line is downloaded as it is named: a replacement does not count
for it (moduleInfo without requirements), and neither do -mod, the vendor folder and an exclusion of that very
version. What does count: replaced versions are offered beside those of the proxies, excluded ones are not
chosen, retractions are read from the replacement of the newest version, and `upgrade` and `patch` start from
the version that is required, or that the module graph has.

Source: cmd/go/internal/modload/query.go (queryProxy, lookupRepo, replacementRepo), modfile.go (Replacement,
CheckExclusions, CheckRetractions, queryLatestVersionIgnoringRetractions), list.go (listModules), build.go
(moduleInfo), init.go (makeMainModules, setDefaultBuildMod).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from probes.golang import module, queries, semver
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.gojson import RevInfo
from probes.golang.gomod_full import Replaced
from probes.golang.mode import goflag
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.project.project import Project
from probes.project.requirements import Pruning, go_version_of, has_sum, pruning_for
from probes.share.state import read_regular
from probes.trace.events import Bend, Turning, TurningTaken

QUERY = "cmd/go/internal/modload/query.go queryProxy"
REPLACEMENT = "cmd/go/internal/modload/query.go replacementRepo"
MODULE_INFO = "cmd/go/internal/modload/build.go moduleInfo"
EXCLUSIONS = "cmd/go/internal/modload/modfile.go CheckExclusions"
RETRACTIONS = "cmd/go/internal/modload/modfile.go queryLatestVersionIgnoringRetractions"
BUILD_MOD = "cmd/go/internal/modload/init.go setDefaultBuildMod"
WORK_FILE = "cmd/go/internal/modload/init.go FindGoWork"
WRITE_SUMS = "cmd/go/internal/modfetch/fetch.go WriteGoSum"
NO_VERSION = "00010101000000-000000000000"
"""The time and commit of what is replaced at all versions."""


class Offers(Protocol):
    """modload versionRepo: what a hop offers of a module."""

    async def versions(self, prefix: str) -> list[str]: ...
    async def stat(self, revision: str) -> RevInfo: ...
    async def latest(self) -> RevInfo: ...


class Turnings:
    """What the project decides about one module path, told as it does."""

    def __init__(self, project: Project | None, path: str, emit_now: Callable[..., None]) -> None:
        self.project = project
        self._path = path
        self._emit_now = emit_now
        self._mains = [] if project is None else project.modules
        self._told: set[tuple[Any, ...]] = set()
        self.excluded = frozenset(
            one.version for main in self._mains for one in main.parsed.excludes if one.path == path
        )

    @property
    def is_main(self) -> bool:
        """MainModules.Contains."""
        return any(main.parsed.module_path == self._path for main in self._mains)

    def tell(self, turning: Turning, bend: Bend, because: str, rule: str, **fields: Any) -> None:
        """Emit a turning; the same one only once."""
        key = turning, bend, because, fields.get("version")
        if key in self._told:
            return
        self._told.add(key)
        given = {"path": self._path, "version": "", **fields}
        self._emit_now(TurningTaken, turning=turning, bend=bend, because=because, rule=rule, **given)

    # -- before anything is asked ----------------------------------------------------------------------

    def tell_settings(self, environment: Environment) -> None:
        """What looks as if it counted here, and does not; and which files do."""
        project = self.project
        if project is None:
            return
        if project.work is not None:
            count = len(project.modules)
            whose = "the one module" if count == 1 else f"the {count} modules"
            because = f"the workspace counts: go.mod and go.sum of {whose} that it uses"
            self.tell(Turning.WORKSPACE, Bend.STRAIGHT, because, WORK_FILE, where=project.work.name)
        if value := goflag(environment.get("GOFLAGS"), "mod"):
            because = f"GOFLAGS has -mod={value}, which go mod download does not take: it counts for builds"
            self.tell(Turning.MOD_FLAG, Bend.STRAIGHT, because, BUILD_MOD)
        if project.has_vendor:
            because = "the vendor folder answers go build, but never go mod download"
            self.tell(Turning.VENDOR, Bend.STRAIGHT, because, BUILD_MOD, where="vendor/modules.txt")

    # -- replacements ----------------------------------------------------------------------------------

    def replacement(self, version: str) -> Replaced | None:
        """modload Replacement."""
        if self.project is None or (self.is_main and not version):
            return None
        return self.project.replacement(self._path, version)

    def where(self, line: object) -> str:
        """The file and line of a replacement or exclusion, behind its folder's name in a workspace."""
        assert self.project is not None
        for main in self.project.modules:
            if any(line is one for one in (*main.parsed.replaces, *main.parsed.excludes)):
                file = self.project.file
                alone = self.project.work is None
                name = file.name if alone and file is not None else f"{main.folder.name}/go.mod"
                return f"{name}:{getattr(line, 'line', 0)}"
        return f"go.work:{getattr(line, 'line', 0)}"

    @property
    def highest_replaced(self) -> str | None:
        """MainModules.HighestReplaced: the newest version that is replaced, "" for all, None for none."""
        if self.project is None:
            return None
        work = [one for one in self.project.work_replaces if one.path == self._path]
        own = [] if work else self._own_replaces()
        versions = [one.version for one in (*work, *own)]
        if not versions:
            return None
        named = [version for version in versions if version]
        return semver.sort(named)[-1] if named else ""

    def _own_replaces(self) -> list[Replaced]:
        return [one for main in self._mains for one in main.parsed.replaces if one.path == self._path]

    def offered(self, repo: Offers) -> Offers:
        """lookupRepo: the hop's versions, with the replaced ones where there are any."""
        highest = self.highest_replaced
        return repo if highest is None else _WithReplaced(repo, self, self._path, highest)

    def replaced_versions(self, prefix: str) -> list[str]:
        """Those that are offered beside the list: of the go.mod files, for go does not look into go.work."""
        versions = [one.version for one in self._own_replaces() if one.version.startswith(prefix)]
        return [one for one in versions if one and not module.is_pseudo_version(one)]

    @property
    def has_replaces(self) -> bool:
        """Whether any go.mod of the project replaces anything."""
        return any(main.parsed.replaces for main in self._mains)

    def tell_offered(self, version: str) -> None:
        """A version was taken that no list needs to have."""
        line = self.replacement(version)
        if line is None:
            return
        because = "it is replaced, which is enough for go to take it for a version that there is"
        self.tell(
            Turning.REPLACE, Bend.LEADS, because, REPLACEMENT, version=version, where=self.where(line),
            to=f"{self._path}@{version}",
        )  # fmt: skip

    def newest_go_mod(self, version: str) -> bytes | tuple[str, str] | None:
        """Where the retractions are read instead of in the newest version: a folder's go.mod, or a module and
        version to fetch; None for no replacement. Raises GoError for a folder without one."""
        line = self.replacement(version)
        if line is None or self.project is None:
            return None
        target = self.project.effective(self._path, version)
        to = str(target) if isinstance(target, Path) else "@".join(target)
        bend = Bend.ANSWERS if isinstance(target, Path) else Bend.LEADS
        because = "the newest version is replaced: what is retracted is read from its replacement"
        fields = {"version": version, "where": self.where(line), "to": to}
        self.tell(Turning.REPLACE, bend, because, RETRACTIONS, **fields)
        return _read_folder(target) if isinstance(target, Path) else target

    @property
    def is_replaced_whole(self) -> bool:
        """Whether all versions are replaced: go looks for no retractions then."""
        return self.replacement("") is not None

    # -- the version -----------------------------------------------------------------------------------

    def tell_chosen(self, query: str, version: str) -> None:
        """What go would have made of the version in a build, and does not here."""
        if self.project is None:
            return
        if not version and self.is_main:
            because = "it is the main module: there is nothing to download"
            self.tell(Turning.MODE, Bend.ANSWERS, because, QUERY, version=query, to=self._folder_of_main())
            return
        line = self.replacement(version)
        if line is not None:
            what = f"{line.new_path}@{line.new_version}" if line.new_version else "a folder"
            because = f"a build would take {what} instead; go mod download fetches what is named"
            fields = {"version": version, "where": self.where(line)}
            self.tell(Turning.REPLACE, Bend.STRAIGHT, because, MODULE_INFO, **fields)
        else:
            self._tell_other_replacement(version)
        if version in self.excluded and queries.is_revision_query(query):
            because = f"{version} is excluded, which does not matter for a version that is named"
            self.tell(Turning.EXCLUDE, Bend.STRAIGHT, because, EXCLUSIONS, version=version,
                      where=self._exclusion(version))  # fmt: skip

    def _tell_other_replacement(self, version: str) -> None:
        assert self.project is not None
        others = [one for one in self.project.work_replaces if one.path == self._path]
        others += self._own_replaces()
        if others:
            named = ", ".join(dict.fromkeys(one.version for one in others))
            because = f"only {named} is replaced, not {version}"
            self.tell(Turning.REPLACE, Bend.STRAIGHT, because, MODULE_INFO, version=version,
                      where=self.where(others[0]))  # fmt: skip

    def tell_readonly(self, query: str, version: str, environment: Environment) -> None:
        """ErrGoSumDirty: go list -m reads the go.mod of a required version, and may not keep its hash.

        A build that lacks the hash does not come so far ("missing go.sum entry"), and other commands write
        it. Not told with a vendor folder.
        """
        project = self.project
        if project is None or project.work is not None or project.has_vendor or len(self._mains) != 1:
            return
        (main,) = self._mains
        required = {(one.path, one.version) for one in main.parsed.requires} - project.excluded()
        if (self._path, version) not in required or self.replacement(version) is not None:
            return
        if query in ("upgrade", "patch") and pruning_for(go_version_of(main.parsed)) is Pruning.UNPRUNED:
            return  # the module graph is read first, which ends with "missing go.sum entry"
        key = self._path, version + GO_MOD_SUFFIX
        if project.go_sum.malformed or has_sum(project.go_sum, *key):
            return
        if goflag(environment.get("GOFLAGS"), "mod") not in ("", "readonly"):
            return
        because = (
            f"go mod download adds the hash of its go.mod; go list -m {self._path}@{query} may not, "
            "and says: updates to go.sum needed, disabled by -mod=readonly"
        )
        where = "" if project.file is None else project.file.with_suffix(".sum").name
        self.tell(Turning.READONLY, Bend.STRAIGHT, because, WRITE_SUMS, version=version, where=where)

    def tell_excluded(self, version: str) -> None:
        """A version that fits was passed over."""
        because = f"{version} is excluded: no query chooses it"
        self.tell(Turning.EXCLUDE, Bend.LEADS, because, EXCLUSIONS, version=version,
                  where=self._exclusion(version))  # fmt: skip

    def _exclusion(self, version: str) -> str:
        found = [
            one for main in self._mains for one in main.parsed.excludes
            if (one.path, one.version) == (self._path, version)
        ]  # fmt: skip
        return self.where(found[0]) if found else ""

    def _folder_of_main(self) -> str:
        return next((str(one.folder) for one in self._mains if one.parsed.module_path == self._path), "")


def _read_folder(folder: Path) -> bytes:
    """The go.mod of a folder. Raises GoError."""
    try:
        return read_regular(folder / "go.mod", MAX_GO_MOD)
    except OSError as error:
        raise GoError(f"reading {folder}/go.mod: {errno_words(error)}") from None


class _WithReplaced:
    """modload replacementRepo."""

    def __init__(self, repo: Offers, turnings: Turnings, path: str, highest: str) -> None:
        self._repo = repo
        self._turnings = turnings
        self._path = path
        self._highest = highest

    async def versions(self, prefix: str) -> list[str]:
        """The list, and the replaced versions; a module that is not found has these alone."""
        try:
            listed = await self._repo.versions(prefix)
        except GoError as error:
            if not error.not_exist:
                raise
            listed = []
        more = self._turnings.replaced_versions(prefix)
        return semver.sort(dict.fromkeys([*listed, *more])) if more else listed

    async def stat(self, revision: str) -> RevInfo:
        """What the hop says, or the bare version where it is replaced."""
        try:
            return await self._repo.stat(revision)
        except GoError:
            version = module.canonical_version(revision) if semver.is_valid(revision) else ""
            if not self._turnings.has_replaces or version != revision:
                raise
            _, major, ok = module.split_path_version(self._path)
            if ok and not major and not module.matches_path_major(version, "") and not semver.build(version):
                version += "+incompatible"
            if self._turnings.replacement(version) is None:
                raise
            return self._replaced(version)

    async def latest(self) -> RevInfo:
        """What the hop says, or the newest replaced version where that is newer."""
        failure: GoError | None = None
        info = RevInfo()
        try:
            info = await self._repo.latest()
        except GoError as error:
            failure = error
        version = self._highest
        if not version:
            _, major, ok = module.split_path_version(self._path)
            version = f"{major[1:].removesuffix('-unstable') if ok and major else 'v0'}.0.0-{NO_VERSION}"
        if failure is not None or semver.compare(version, info.version) > 0:
            return self._replaced(version)
        return info

    def _replaced(self, version: str) -> RevInfo:
        """replacementStat."""
        self._turnings.tell_offered(version)
        is_pseudo = module.is_pseudo_version(version)
        return RevInfo(version, module.pseudo_version_time(version) if is_pseudo else None)


class NoOffers:
    """modload emptyRepo: a path that cannot be asked for, and yet is replaced."""

    def __init__(self, error: GoError) -> None:
        self._error = error

    async def versions(self, prefix: str) -> list[str]:
        """None."""
        return []

    async def stat(self, revision: str) -> RevInfo:
        """Raises why it cannot be asked for."""
        raise self._error

    async def latest(self) -> RevInfo:
        """Raises the same."""
        raise self._error
