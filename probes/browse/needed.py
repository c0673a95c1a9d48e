"""Which versions a project needs: by its go.sum; where that is missing or lacks lines, by its graph too.

A go.sum names all that `go build`, `go vet` and `go test` ever read in a tidy project: `M V h1:` a zip, and
`M V/go.mod h1:` only a go.mod, which the graph is loaded from. Else the graph is walked as go walks it
(cmd/go/internal/modload/buildlist.go readModGraph, with its pruning; mvs), and the zips are those of the
build list: the highest version of each path. replace and exclude of the main module, or of the workspace,
count as they do for go (modload/modfile.go goModSummary, Replacement).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from probes.browse.saved import Want
from probes.golang import gover, semver
from probes.golang.errors import GoError
from probes.golang.gomod import parse_lax
from probes.golang.modzip import MAX_GO_MOD
from probes.project.project import Project, Version
from probes.share.state import read_regular
from probes.trace.toolchains import TOOLCHAIN_PATH

PRUNED_SINCE = "1.17"
"""gover.ExplicitIndirectVersion: from here on a go.mod names all that its packages need."""


class Needs:
    """What to save for a project; more turns up while go.mod files come in."""

    def __init__(self, project: Project, toolchains: Iterable[str] = ()) -> None:
        self._project = project
        self._extra = [Want(TOOLCHAIN_PATH, version) for version in toolchains]
        self._has_sums = project.has_sums
        self._excluded = project.excluded()
        self._mains = {one.parsed.module_path for one in project.modules}
        self._selected: dict[str, str] = {}
        self._seen: set[tuple[Version, bool]] = set()
        self._waiting: dict[Version, list[tuple[Version, bool]]] = {}
        """By what is fetched: the versions of the graph that wait for its go.mod, and how."""
        self._mods: dict[Version, bytes] = {}
        self._failed: set[Version] = set()
        self.unreadable: dict[Version, str] = {}
        """Versions whose go.mod makes no sense."""

    def first(self) -> list[Want]:
        """What is known to be needed before anything is fetched."""
        if self._has_sums:
            return [*self._by_sums(), *self._extra]
        wants = self._by_sums()
        for main in self._project.modules:
            prunes = _prunes(main.parsed.go_version)
            for one in main.parsed.requires:
                if (one.path, one.version) in self._excluded:
                    continue
                self._select(one.path, one.version)
                wants += self._enqueue((one.path, one.version), prunes)
        return [*dict.fromkeys(wants), *self._extra]

    def _by_sums(self) -> list[Want]:
        go_sum = self._project.go_sum
        zips = [key for key in go_sum.zips() if key[0] != TOOLCHAIN_PATH]
        wants = [Want(path, version) for path, version in zips]
        known = set(zips)
        mods = [key for key in go_sum.mods() if key[0] != TOOLCHAIN_PATH]
        wants += [Want(*key, only_mod=True) for key in mods if key not in known]
        return list(dict.fromkeys(wants))

    def more(self, want: Want, version: str, mod: bytes | None) -> list[Want]:
        """What the go.mod of a version makes needed besides."""
        if self._has_sums or not want.only_mod:
            return []
        if mod is None:
            self._failed.add((want.path, want.query))
            return []
        fetched = want.path, version
        self._mods[fetched] = mod
        wants: list[Want] = []
        for one, prunes in self._waiting.pop(fetched, []):
            wants += self._expand(one, prunes, mod)
        return list(dict.fromkeys(wants))

    def rest(self) -> list[Want]:
        """What is needed once the whole graph is known: the zips of the build list."""
        if self._has_sums:
            return []
        wants = []
        for path, version in self._selected.items():
            what = self._project.effective(path, version)
            if isinstance(what, tuple) and what not in self._failed:
                wants.append(Want(*what))
        return list(dict.fromkeys(wants))

    # -- the graph -----------------------------------------------------------------------------------

    def _select(self, path: str, version: str) -> None:
        if path in self._mains:
            return
        known = self._selected.get(path)
        if known is None or semver.compare(version, known) > 0:
            self._selected[path] = version

    def _enqueue(self, one: Version, prunes: bool) -> list[Want]:
        """readModGraph's enqueue: load a go.mod, and what it leads to."""
        if (one, prunes) in self._seen or one[0] in self._mains:
            return []
        self._seen.add((one, prunes))
        what = self._project.effective(*one)
        if isinstance(what, Path):
            try:
                return self._expand(one, prunes, read_regular(what / "go.mod", MAX_GO_MOD))
            except OSError as error:
                self.unreadable[one] = f"{what / 'go.mod'}: {error.strerror}"
                return []
        if what in self._mods:
            return self._expand(one, prunes, self._mods[what])
        self._waiting.setdefault(what, []).append((one, prunes))
        return [Want(*what, only_mod=True)]

    def _expand(self, one: Version, prunes: bool, mod: bytes) -> list[Want]:
        try:
            parsed = parse_lax(mod, file=f"{one[0]}@{one[1]}: go.mod")
        except GoError as error:
            self.unreadable[one] = str(error)
            return []
        own = _prunes(parsed.go_version)
        wants: list[Want] = []
        for required in parsed.requires:
            version = required.path, required.version
            if version in self._excluded:
                continue
            self._select(*version)
            if not prunes or not own:
                wants += self._enqueue(version, own and prunes)
        return wants


def _prunes(go_version: str) -> bool:
    """Whether a go.mod with this go line names all that its packages need; without a line it is go 1.16."""
    return bool(go_version) and gover.compare(go_version, PRUNED_SINCE) >= 0
