"""Before the packages: which -mod it is, and whether vendor folder and requirements hold together.

Source: cmd/go/internal/modload/init.go (setDefaultBuildMod, loadModFile, goModDirtyError), work/init.go
BuildInit, modload/vendor.go, modload/buildlist.go (initVendor, updateRoots).
"""

from __future__ import annotations

import shutil

from probes.golang import gover
from probes.golang.build_constraints import Tags, tags_for
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.host import host_platform
from probes.golang.mode import goflag
from probes.golang.os_errors import errno_words
from probes.golang.patterns import match_prefix_patterns
from probes.project.build_answers import Answer, Stopped
from probes.project.build_settings import BuildSettings
from probes.project.graph import GoModDirty, GraphLoader, GraphWaits
from probes.project.import_errors import ImportFault, Off
from probes.project.importing import Build
from probes.project.project import Project
from probes.project.requirements import Pruning, Requirements, Summaries, requirements_of, roots_of
from probes.project.selection import Graph, shown
from probes.project.stored import Stored
from probes.project.vendored import inconsistencies, is_for_workspace, read_vendored, vendor_folder

_INIT = "cmd/go/internal/modload/init.go"


class BuildRequirements(BuildSettings):
    """The questions about -mod, the vendor folder and the requirements."""

    def _mod(self, project: Project) -> Build:
        question, rule = "Which -mod is it?", f"{_INIT} setDefaultBuildMod"
        given = goflag(self._environment.get("GOFLAGS"), "mod")
        if goflag(self._environment.get("GOFLAGS"), "overlay"):
            self.say("overlay", "Are files taken from somewhere else?", Answer.UNKNOWN,
                     "GOFLAGS has -overlay: what it puts in the place of files is not looked at.",
                     "cmd/go/internal/fsys/fsys.go Init", where="GOFLAGS",
                     remedy=self._unset("GOFLAGS"))  # fmt: skip
        remedy = self._unset("GOFLAGS")
        if given not in ("", "mod", "readonly", "vendor"):
            words = f"-mod={given} not supported (can be '', 'mod', 'readonly', or 'vendor')"
            raise self.stop("mod", question, "GOFLAGS has a -mod that go does not know.",
                             "cmd/go/internal/work/init.go BuildInit", words,
                             where="GOFLAGS", remedy=remedy)  # fmt: skip
        if given == "mod" and project.work is not None:
            words = (
                "go: -mod may only be set to readonly or vendor when in workspace mode, "
                'but it is set to "mod"\n'
                "\tRemove the -mod flag to use the default readonly value, \n"
                "\tor set GOWORK=off to disable workspace mode."
            )
            raise self.stop("mod", question, "A workspace cannot be built with -mod=mod.", rule, words,
                             where="GOFLAGS", remedy=remedy)  # fmt: skip
        try:
            mod, reason = (given, "") if given else self._automatic_mod(project)
        except OSError as error:
            name = f"{vendor_folder(project)}/modules.txt"
            words = f"go: reading modules.txt for vendor directory: open {name}: {errno_words(error)}"
            raise self.stop("mod", question, "vendor/modules.txt cannot be read.", rule, words,
                             where=name) from None  # fmt: skip
        self.result.mod, self.result.reason = mod, reason
        why = "GOFLAGS says so." if given else reason or "That is what go takes by itself."
        self.say("mod", question, Answer.GOES_ON, f"-mod={mod}. {why}", rule,
                  where="GOFLAGS" if given else "")  # fmt: skip
        return self._build(project, mod, reason, is_explicit=bool(given))

    def _automatic_mod(self, project: Project) -> tuple[str, str]:
        """The -mod that go takes by itself, and BuildModReason. Raises OSError."""
        folder = vendor_folder(project)
        if not folder.is_dir():
            return "readonly", ""
        source = "go.work" if project.work else "go.mod"
        version = project.work_go if project.work else project.modules[0].parsed.go_version
        if not version:
            return "readonly", f"Go version in {source} is unspecified, so vendor directory was not used."
        if gover.compare(version, "1.14") < 0:
            return "readonly", f"Go version in {source} is {version}, so vendor directory was not used."
        has_work = is_for_workspace(folder)
        if has_work and project.work is None:
            return "readonly", "Outside workspace mode, but vendor directory is for a workspace."
        if not has_work and project.work is not None:
            return "readonly", "In workspace mode, but vendor directory is not for a workspace"
        return "vendor", f"Go version in {source} is at least 1.14 and vendor directory exists."

    def _build(self, project: Project, mod: str, reason: str, *, is_explicit: bool) -> Build:
        needs_sums = mod == "readonly" and project.work is None
        stored = Stored(self._environment.get("GOMODCACHE"), project.go_sum, self._is_off)
        summaries = Summaries(project, stored.go_mod, needs_sums, self._local, self._short)
        graphs = GraphLoader(summaries, may_write=mod == "mod" or project.work is not None)
        graphs.dirty = lambda: GoModDirty(dirty_words(mod, reason, is_explicit=is_explicit))
        return Build(
            project, stored, graphs, tags_of(self._environment), self._environment.goroot, mod, is_explicit,
            reason, self._here,
        )  # fmt: skip

    # -- vendor --------------------------------------------------------------------------------------

    def _vendor(self, build: Build) -> None:
        if build.mod != "vendor":
            return
        question = "Does vendor/modules.txt agree with go.mod?"
        rule = "cmd/go/internal/modload/vendor.go checkVendorConsistency"
        folder = vendor_folder(build.project)
        try:
            build.vendored = read_vendored(folder, self._local, self._short)
            words = inconsistencies(build.project, build.vendored, self._short)
        except GoError as error:
            words = str(error)
        command = f"go {'work' if build.project.work else 'mod'} vendor"
        if words:
            raise self.stop("vendor", question, "It does not.", rule, words,
                             where=str(folder / "modules.txt"), remedy=command)  # fmt: skip
        self.say("vendor", question, Answer.GOES_ON, "It does.", rule, where=str(folder / "modules.txt"))

    # -- roots and graph -----------------------------------------------------------------------------

    def _roots(self, build: Build) -> Requirements:
        question, project = "Do the requirements of go.mod agree with each other?", build.project
        rule = "cmd/go/internal/modload/buildlist.go updateRoots"
        self._warn_of_excluded(build)
        requirements = requirements_of(project)
        if build.mod == "vendor":
            return self._vendor_graph(build, requirements)
        try:
            requirements = build.graphs.without_redundant(requirements)
            if requirements.pruning is Pruning.UNPRUNED:
                requirements, _ = build.graphs.expanded(requirements)
                build.graphs.whole(requirements)
        except GraphWaits as waits:
            raise self._waits(waits, question, rule) from None
        except Fatal as error:
            raise self._mismatch(question, str(error)) from None
        except GoError as error:
            raise self._graph_fault(question, rule, error, build) from None
        finding = "They do."
        if requirements.pruning is Pruning.UNPRUNED:
            finding = "They do, and so does the whole module graph, which a go line below 1.17 has go read."
        self.say("roots", question, Answer.GOES_ON, finding, rule, where=str(project.file or ""))
        return requirements

    def _warn_of_excluded(self, build: Build) -> None:
        verb = "dropping" if build.mod == "mod" else "ignoring"
        mains = build.project.modules if build.project.work is None or build.mod == "vendor" else []
        for main in mains:
            excluded = {(one.path, one.version) for one in main.parsed.excludes}
            self.result.warnings += [
                f"go: {verb} requirement on excluded version {one.path} {one.version}"
                for one in main.parsed.requires if (one.path, one.version) in excluded
            ]  # fmt: skip

    def _vendor_graph(self, build: Build, requirements: Requirements) -> Requirements:
        """initVendor: the vendor folder is the graph."""
        question, project = "Do the requirements of go.mod agree with each other?", build.project
        rule = "cmd/go/internal/modload/buildlist.go initVendor"
        mains = [(one.parsed.module_path, "") for one in project.modules]
        is_pruned = requirements.pruning is Pruning.PRUNED
        graph = Graph(list(requirements.roots) if project.work else mains)
        known = frozenset(path for path, _ in mains)
        if is_pruned:
            wrong = [one for one in build.vendored.listed if requirements.selected(one[0], known) != one[1]]
            if wrong:
                words = [
                    f"go: vendored module {shown(one)} should be required explicitly in go.mod"
                    for one in wrong
                ]
                dirty = dirty_words(build.mod, build.reason, is_explicit=build.is_explicit)
                raise self.stop("roots", question, "Vendored modules are missing in go.mod.", rule,
                                 "\n".join([*words, f"go: {dirty}"]),
                                 remedy="go mod tidy && go mod vendor")  # fmt: skip
            graph.require(mains[0], requirements.roots)
        else:
            listing = "vendor/modules.txt", ""
            for main in project.modules:
                roots = requirements.roots if project.work is None else roots_of(main, with_toolchain=False)
                graph.require((main.parsed.module_path, ""), [*roots, listing])
            graph.require(listing, build.vendored.listed)
        build.graphs.keep(requirements, graph)
        try:
            requirements = build.graphs.without_redundant(requirements)
            if requirements.pruning is Pruning.UNPRUNED:
                requirements, _ = build.graphs.expanded(requirements)
        except GoError as error:
            raise self._graph_fault(question, rule, error, build) from None
        self.say("roots", question, Answer.GOES_ON, "They do.", rule, where=str(project.file or ""))
        return requirements

    def _waits(self, waits: GraphWaits, question: str, rule: str) -> Stopped:
        self.result.go_mods = list(waits.versions)
        count = len(waits.versions)
        finding = (
            f"The module cache lacks {count} go.mod file{'s' if count != 1 else ''}: go fetches them."
        )
        self.say("roots", question, Answer.FETCHES, finding, rule)
        return Stopped()

    def _remedy(self, error: GoError) -> str:
        if Off.WORDS in str(error):
            return self._unset("GOPROXY")
        return error.remedy if isinstance(error, ImportFault) else graph_remedy(str(error))

    def _is_off(self, path: str) -> bool:
        """Whether GOPROXY=off keeps a module from being fetched; what GONOPROXY names is fetched anyway."""
        first = self._environment.get("GOPROXY").replace("|", ",").split(",")[0].strip()
        return first == "off" and not match_prefix_patterns(self._environment.get("GONOPROXY"), path)

    def _graph_fault(self, question: str, rule: str, error: GoError, build: Build) -> Stopped:
        words = str(error)
        if isinstance(error, GoModDirty):
            finding = "They do not: go.mod would have to be written, and -mod does not let it."
            remedy = "go mod tidy"
        else:
            finding, remedy = "A requirement cannot be loaded.", self._remedy(error)
        return self.stop("roots", question, finding, rule, f"go: {words}",
                          where=str(build.project.file or ""), remedy=remedy)  # fmt: skip

    def _mismatch(self, question: str, words: str) -> Stopped:
        what = words.removeprefix("verifying ").partition(": ")[0]
        finding = f"go.sum has another hash for {what} than the module cache."
        if words.startswith("malformed"):
            finding = "go.sum has a line that go cannot read."
        return self.stop(
            "sums", question, finding,
            "cmd/go/internal/modfetch/fetch.go checkModSum", words, where="go.sum",
        )  # fmt: skip


def dirty_words(mod: str, reason: str, *, is_explicit: bool) -> str:
    """goModDirtyError."""
    if is_explicit:
        return f"updates to go.mod needed, disabled by -mod={mod}; to update it:\n\tgo mod tidy"
    if reason:
        return (
            f"updates to go.mod needed, disabled by -mod={mod}\n\t({reason})\n\tto update it:\n\tgo mod tidy"
        )
    return "updates to go.mod needed; to update it:\n\tgo mod tidy"


def graph_remedy(words: str) -> str:
    """The command that go itself names, after "to add it:"; or the one that takes a dead replacement out."""
    if "to add it:\n\t" in words:
        return words.rpartition("to add it:\n\t")[2].partition("\n")[0]
    if "does not exist" in words and "replacement directory" in words:
        path = words.partition(": replacement directory")[0].rpartition(" ")[2].partition("@")[0]
        return f"go mod edit -dropreplace={path}"
    return ""


def _value(environment: Environment, name: str) -> str:
    """cfg.Getenv of a variable outside of our table."""
    value = environment.process.get(name, "")
    for file in environment.files if not value else ():
        value = next((line.value for line in file.entries(name)), "")
        if value:
            break
    return value


def tags_of(environment: Environment) -> Tags:
    """What build constraints are held against: GOOS, GOARCH, cgo, -tags, and the releases up to this go."""
    here = host_platform() or (environment.facts.platform, "amd64")
    goos, goarch = _value(environment, "GOOS") or here[0], _value(environment, "GOARCH") or here[1]
    setting = _value(environment, "CGO_ENABLED")
    has_compiler = bool(_value(environment, "CC")) or shutil.which(
        "gcc" if goos == "linux" else "clang", path=environment.process.get("PATH", "")
    )
    cgo = setting == "1" or (setting != "0" and (goos, goarch) == here and bool(has_compiler))
    more = tuple(one for one in goflag(environment.get("GOFLAGS"), "tags").replace(",", " ").split() if one)
    release = (environment.go_version or "go1.27").removeprefix("go")
    return tags_for(goos, goarch, release, cgo=cgo, more=more)
