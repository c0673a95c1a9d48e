"""What stops `go build` before, or without, any network: the questions that go answers on its way, in order.

Each question is a ``Check`` with an answer of its own, go's words where go stops there, the rule in go's
source, and the command that mends it. Tests of packages, and whether the code compiles, are not looked at.

Source: cmd/go/internal/modload/load.go, modload/init.go (modFileIsDirty, commitRequirements), load/pkg.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.os_errors import errno_words
from probes.golang.toolchain_name import version_of_toolchain
from probes.project.build_answers import Answer, AsBuild, Check, Stopped
from probes.project.build_requirements import BuildRequirements, dirty_words
from probes.project.graph import GraphWaits
from probes.project.import_errors import ImportFault, ImportMissing
from probes.project.importing import Build
from probes.project.loading_packages import Loader, Package
from probes.project.package_errors import PackageFault, faults
from probes.project.patterns import match
from probes.project.project import Project
from probes.project.requirements import Requirements
from probes.project.selection import TOOLCHAINS, shown

__all__ = ["Answer", "AsBuild", "Check", "look_at_build"]

_INIT = "cmd/go/internal/modload/init.go"
_LOAD = "cmd/go/internal/modload/load.go"


def look_at_build(environment: Environment, patterns: Iterable[str] = ()) -> AsBuild:
    """Ask all questions of `go build PATTERNS`, or of ./... Blocks; raises nothing of its own."""
    looking = _Looking(environment, list(patterns))
    try:
        with suppress(Stopped):
            looking.look()
    except (OSError, ValueError) as error:
        words = errno_words(error) if isinstance(error, OSError) else str(error)
        file = getattr(error, "filename", None) or ""
        question, rule = "Can the project be read?", f"{_INIT} loadModFile"
        looking.say("reading", question, Answer.UNKNOWN, f"It cannot: {words}.", rule, where=str(file))
    return looking.result


class _Looking(BuildRequirements):
    """All the questions."""

    def look(self) -> None:
        """Ask them. Raises Stopped where nothing more is asked."""
        self._settings()
        project = self._project()
        build = self._mod(project)
        self._vendor(build)
        requirements = self._roots(build)
        self._packages(build, requirements)

    def _packages(self, build: Build, requirements: Requirements) -> None:
        question, rule = "Which packages are built?", f"{_LOAD} LoadPackages"
        try:
            matched = match(self._patterns or ["./..."], build)
        except OSError as unreadable:
            words = errno_words(unreadable)
            self.say("packages", question, Answer.UNKNOWN, f"The folders cannot be read: {words}.", rule)
            return
        except GoError as fault:
            raise self._graph_fault(question, rule, fault, build) from None
        self.result.packages = matched.paths
        self.result.warnings += [f'go: warning: "{one}" matched no packages' for one in matched.unmatched]
        for error in matched.errors:
            self.say("packages", question, Answer.STOPS, "A package that was asked for is not there.", rule,
                      go_says=str(error))  # fmt: skip
        count = len(matched.paths)
        if not matched.errors:
            finding = f"{', '.join(self._patterns) or './...'}: {count} package{'s' if count != 1 else ''}."
            self.say("packages", question, Answer.GOES_ON, finding, rule)
        self._imports(build, Loader(build, requirements), matched.paths)

    def _imports(self, build: Build, loader: Loader, paths: list[str]) -> None:
        question, rule = "Does a module provide each import?", f"{_LOAD} loadFromRoots"
        try:
            loader.load(paths)
        except GraphWaits as waits:
            raise self._waits(waits, question, rule) from None
        except Fatal as error:
            raise self._mismatch(question, str(error)) from None
        except GoError as error:
            raise self._graph_fault(question, rule, error, build) from None
        self.result.warnings += build.notes
        if loader.twice:
            raise self.stop("imports", question, "One module stands in for two.",
                             f"{_LOAD} checkMultiplePaths", "\n".join(f"go: {one}" for one in loader.twice),
                             where=str(build.project.file or ""))  # fmt: skip
        if not any(one.needs for one in loader.packages):
            self._commit(build, loader)
        found = faults(loader.roots)
        looked_for = [one for one in found if isinstance(one.error, ImportMissing) and one.error.may_query]
        for one in found:
            if one not in looked_for:
                self._fault(question, one)
        unread = [
            self._short(str(one.folder / name))
            for one in loader.packages if one.folder is not None for name in one.scan.unreadable
        ]  # fmt: skip
        for name in unread:
            self.say("imports", question, Answer.UNKNOWN,
                     "The beginning of a Go file cannot be read: there the compiler has the word.",
                     "cmd/go/internal/imports/read.go ReadImports", where=name)  # fmt: skip
        self._waiting(loader.packages, [one.package.path for one in looked_for])
        if not found and not unread and not self.result.fetches:
            self.say("imports", question, Answer.GOES_ON,
                      f"Yes: {len(loader.packages)} packages were looked through.", rule)  # fmt: skip

    def _fault(self, question: str, fault: PackageFault) -> None:
        error, place = fault.error, fault.place
        where = f"{self._short(str(place.file))}:{place.line}:{place.column}" if place is not None else ""
        rule = error.rule if isinstance(error, ImportFault) else f"{_LOAD} load"
        remedy = self._remedy(error)
        sentence = error.finding if isinstance(error, ImportFault) else _sentence(str(error))
        finding = sentence.replace("{}", fault.package.path)
        self.say("imports", question, Answer.STOPS, finding, rule, where=where,
                  go_says=fault.told(self._short), remedy=remedy)  # fmt: skip

    def _waiting(self, packages: list[Package], looked_for: list[str]) -> None:
        question, rule = "What does go fetch next?", "cmd/go/internal/modload/import.go fetch"
        needs = dict.fromkeys(one.needs for one in packages if one.needs is not None)
        self.result.fetches = list(needs)
        for path in looked_for:
            self.say("fetch", question, Answer.FETCHES,
                      f"Go looks for a module that provides {path}; modtrace trace --as get shows how.",
                      "cmd/go/internal/modload/import.go queryImport", remedy=f"go get {path}")  # fmt: skip
        if not needs:
            return
        for version in needs:
            self.say("fetch", question, Answer.FETCHES,
                      f"{shown(version)} is not in the module cache: modtrace trace {shown(version)} shows "
                      "how go fetches it.", rule, remedy=f"modtrace trace {shown(version)}")  # fmt: skip

    def _commit(self, build: Build, loader: Loader) -> None:
        """commitRequirements: go.mod would have to say something else."""
        if build.project.work is not None or build.mod == "mod":
            return
        question, rule = "Can go.mod stay as it is?", f"{_INIT} commitRequirements"
        why = _why_dirty(build.project, loader.requirements)
        if why:
            words = dirty_words(build.mod, build.reason, is_explicit=build.is_explicit)
            raise self.stop("commit", question, f"No: {why}", rule, f"go: {words}",
                             where=str(build.project.file or ""), remedy="go mod tidy")  # fmt: skip
        self.say("commit", question, Answer.GOES_ON, "Yes.", rule, where=str(build.project.file or ""))


def _sentence(words: str) -> str:
    if "missing go.sum entry for go.mod file" in words:
        return "go.sum lacks the hash of a go.mod that is read on the way to {}."
    if "replacement directory" in words and "does not exist" in words:
        return "The folder that stands in for the module of {} is not there."
    return ImportFault.finding


def _why_dirty(project: Project, requirements: Requirements) -> str:
    """modFileIsDirty, in one sentence; "" where go.mod may stay."""
    (main,) = project.modules
    parsed = main.parsed
    have = {(one.path, one.version) for one in parsed.requires}
    want = [one for one in requirements.roots if one[0] not in TOOLCHAINS]
    if have != set(want):
        odd = next(iter(have - set(want)), None) or next(iter(set(want) - have))
        return f"{shown(odd)} is required and cannot be, or is not and has to be."
    toolchain = parsed.toolchain
    go_version = parsed.go_version or "1.16"
    if toolchain and (
        toolchain == f"go{go_version}" or gover.compare(version_of_toolchain(toolchain), "1.21") < 0
    ):
        return f"the toolchain line {toolchain} says nothing beside the go line."
    return ""
