"""Which versions a project needs: by its go.sum; where that is missing or lacks lines, by its graph too.

A go.sum names all that `go build`, `go vet` and `go test` ever read in a tidy project: `M V h1:` a zip, and
`M V/go.mod h1:` only a go.mod, which the graph is loaded from. Else the graph is walked as go walks it
(cmd/go/internal/modload/buildlist.go readModGraph, with its pruning; mvs), and the zips are those of the
build list: the highest version of each path. replace and exclude of the main module, or of the workspace,
count as they do for go: probes.project.requirements walks it.
"""

from __future__ import annotations

from collections.abc import Iterable

from probes.browse.saved import Want
from probes.golang.errors import GoError
from probes.project.project import Project, Version
from probes.project.requirements import NotYet, Summaries, Walk, requirements_of
from probes.project.selection import TOOLCHAINS
from probes.trace.toolchains import TOOLCHAIN_PATH


class Needs:
    """What to save for a project; more turns up while go.mod files come in."""

    def __init__(self, project: Project, toolchains: Iterable[str] = ()) -> None:
        self._project = project
        self._extra = [Want(TOOLCHAIN_PATH, version) for version in toolchains]
        self._has_sums = project.has_sums
        self._mods: dict[Version, bytes] = {}
        self._failed: set[Version] = set()
        self._asked: set[Version] = set()
        self._summaries = Summaries(project, self._read)
        self._walk = Walk(self._summaries, requirements_of(project))

    def _read(self, path: str, number: str) -> bytes:
        """A go.mod as far as it has come in."""
        version = path, number
        if version in self._failed:
            raise GoError(f"the go.mod of {path}@{number} could not be fetched")
        if version not in self._mods:
            raise NotYet(path, number)
        return self._mods[version]

    def first(self) -> list[Want]:
        """What is known to be needed before anything is fetched."""
        if self._has_sums:
            return [*self._by_sums(), *self._extra]
        return [*dict.fromkeys([*self._by_sums(), *self._go_on()]), *self._extra]

    def _go_on(self) -> list[Want]:
        """Walk the graph as far as it goes; the go.mod files that are waited for now."""
        self._walk.go_on()
        new = [one for one in self._walk.waiting if one not in self._asked]
        self._asked.update(new)
        return [Want(*one, only_mod=True) for one in new]

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
        fetched = want.path, version
        if mod is None:
            fetched = want.path, want.query
            self._failed.add(fetched)
        else:
            self._mods[fetched] = mod
        self._walk.fed(fetched)
        return self._go_on()

    def rest(self) -> list[Want]:
        """What is needed once the whole graph is known: the zips of the build list."""
        if self._has_sums:
            return []
        wants = []
        for path, version in self._walk.graph.build_list():
            if not version or path in TOOLCHAINS:
                continue
            what = self._project.effective(path, version)
            if isinstance(what, tuple) and what not in self._failed:
                wants.append(Want(*what))
        return list(dict.fromkeys(wants))
