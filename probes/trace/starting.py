"""How a go command starts: what stops it before it begins, and which go it is that runs.

Source: cmd/go/main.go main, toolchain/select.go Select, base/goflags.go, modload/init.go. The order matters:
a go that is to be another one is looked for before anything else is judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.golang import gover, mode, toolchain_select
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.toolchain_name import check_selected, version_of_toolchain
from probes.golang.toolchain_select import GoLines, Selection, explained, select
from probes.net.limits import Stalled
from probes.project.loading import load_project
from probes.project.project import Project
from probes.sources.programs import NotRun
from probes.sources.toolchains_in_path import find_toolchain
from probes.trace import toolchains
from probes.trace.engine import Download
from probes.trace.events import Bend, Outcome, Turning, TurningTaken
from probes.trace.narrator import Narrator, words_told
from probes.trace.repositories import Repositories
from probes.trace.route import Route
from probes.trace.toolchain_finder import EXEC, NotHad, ToolchainFinder
from probes.trace.walk import Walker

if TYPE_CHECKING:
    from probes.sources.direct import OpenOrigins

Check = tuple[str, Callable[[], None]]
"""Where a rule stands, and what raises GoError with what go prints."""

OwnCheck = Callable[[Project | None], Download | None]
"""What stops the command itself, by the project as the go that runs reads it."""

SELECT = toolchain_select.RULE
TARGET = "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"
OLDEST_RULES = "1.21"
"""The first release that selects toolchains: what came before fetches modules by other rules."""


def refused(environment: Environment, own: Check) -> Download | None:
    """What becomes of a go command outside of any module that does not even start as itself, or None.

    ``own`` is the last check, of the command's own argument. Another toolchain is looked for in PATH only.
    """
    if stopped := _first_of(_before(environment)):
        return stopped
    try:
        selected = _selected(environment, None)
    except GoError as error:
        return _failed(error, SELECT)
    if selected is not None and not selected.is_local:
        here = environment.facts.working_directory or "/"
        if find_toolchain(selected.name, environment.process, here) is None:
            return Download(
                None,
                outcome=Outcome.UNKNOWN,
                detail=f"{selected.because} asks for {selected.name}, which go would first download: a trace "
                "as go mod download shows whether it can be had; GOTOOLCHAIN=local shows what this go does",
            )
    return _first_of((*_behind(environment), own))


def _before(environment: Environment) -> tuple[Check, ...]:
    """What any Go program checks first."""
    godebug = environment.process.get("GODEBUG", "")
    return (("runtime/runtime1.go parsegodebug", lambda: mode.check_godebug(godebug)),)


def _behind(environment: Environment) -> tuple[Check, ...]:
    """What the selected go checks."""
    return (
        ("cmd/go/main.go main", lambda: mode.check_gopath(environment.get("GOPATH"))),
        ("cmd/go/internal/base/goflags.go InitGOFLAGS",
         lambda: mode.check_goflags(environment.get("GOFLAGS"))),
        ("cmd/go/internal/modload/init.go FindGoWork",
         lambda: mode.check_gowork(environment.process.get("GOWORK", ""))),
        ("cmd/go/internal/modload/init.go Init",
         lambda: mode.check_go111module(environment.get("GO111MODULE"))),
    )  # fmt: skip


def _first_of(checks: tuple[Check, ...]) -> Download | None:
    for rule, check in checks:
        try:
            check()
        except GoError as error:
            return _failed(error, rule)
    return None


def _failed(error: GoError, rule: str) -> Download:
    return Download(None, error=str(error), outcome=Outcome.FAILS, rule=rule)


def _selected(environment: Environment, project: Project | None) -> Selection | None:
    """Which go is selected; None where none is, for modules are off or there is no go. Raises GoError."""
    local, name = environment.go_version, environment.get("GOTOOLCHAIN")
    if not _is_enabled(environment, project is not None):
        return None
    selection = select(name, local or "", None if project is None else project.lines)
    target = environment.process.get(TARGET, "")
    if local is not None and target:
        if target != local:
            raise GoError(f"go: toolchain {local} invoked to provide {target}")
        return replace(selection, name=local, is_local=True, because="another go has started this one")
    if not selection.is_local:
        check_selected(selection.name)
    return selection if local is not None else None


def _is_enabled(environment: Environment, in_module: bool = True) -> bool:
    """modload WillBeEnabled."""
    value = environment.get("GO111MODULE")
    return value in ("", "on") or (value == "auto" and in_module)


@dataclass(slots=True)
class Started:
    """A go that has started, or has not."""

    environment: Environment
    """With the release that runs."""
    project: Project | None
    """As that release reads it."""
    explained: str = ""
    """What its words "requires go >=" add in brackets."""
    toolchain: str = ""
    """The other go that would run, "" where it is this one."""
    download: Download | None = None
    """Why nothing begins."""
    is_told: bool = False
    """Whether a turning has said so already."""

    @property
    def detail(self) -> str:
        """Why the verdict cannot be told although the toolchain was found; "" where it can."""
        release = version_of_toolchain(self.toolchain)
        if not self.toolchain or gover.compare(release, OLDEST_RULES) >= 0:
            return ""
        return f"{self.toolchain} would run from here, which fetches modules by older rules than are traced"


class Starter:
    """One start of the go command, retold."""

    def __init__(
        self,
        environment: Environment,
        route: Route,
        narrator: Narrator,
        *,
        warm: bool,
        origins: OpenOrigins | None = None,
    ) -> None:
        self._origins = origins
        self._environment = environment
        self._route = route
        self._narrator = narrator
        self._warm = warm

    async def start(self, project: Project | None, own: OwnCheck) -> Started:
        """Select the go that runs, find it, and check what stops it. Raises nothing of what go prints."""
        started = Started(self._environment, project)
        started.download = _first_of(_before(self._environment))
        if started.download is None:
            await self._select(started)
        if started.download is None:
            started.download = _first_of(_behind(self._environment)) or own(started.project)
        return started

    async def _select(self, started: Started) -> None:
        """toolchain Select: what is looked for is told, and stands in ``started`` where it was found."""
        lines = None if started.project is None else started.project.lines
        try:
            self._check_gowork()
            selection = _selected(self._environment, started.project)
        except GoError as error:
            self._tell(Bend.STOPS, "", "go cannot tell which go is to run", error=str(error))
            started.download, started.is_told = _failed(error, SELECT), True
            return
        if selection is None:
            self._tell_nothing_selected(lines)
            return
        started.explained = selection.explained
        if selection.is_local:
            if selection.because:
                self._tell(Bend.STRAIGHT, selection.name, selection.because, where=selection.where)
            return
        because = f"{selection.because} asks for another go than {self._environment.go_version}"
        local = self._environment.go_version or ""
        self._tell(Bend.LEADS, local, because, where=selection.where, to=selection.name)
        started.download = await self._find(selection.name, selection.explained)
        started.is_told = started.download is not None
        if started.download is None:
            self._run_as(started, selection.name, lines)

    def _check_gowork(self) -> None:
        """FindGoWork, where Select looks for a file. Raises GoError; without Select it is said once."""
        gowork = self._environment.process.get("GOWORK", "")
        looks = _is_enabled(self._environment) and toolchains.may_switch(self._environment)
        if looks and gowork not in ("", "auto", "off") and not gowork.startswith("/"):
            raise GoError("go: go: invalid GOWORK: not an absolute path")

    def _run_as(self, started: Started, name: str, lines: GoLines | None) -> None:
        facts = replace(self._environment.facts, go_version=name)
        started.environment = replace(self._environment, facts=facts)
        started.toolchain = name
        started.explained = explained(self._environment.get("GOTOOLCHAIN"), name, lines)
        if started.project is not None:
            started.project = load_project(started.environment)

    async def _find(self, name: str, explained: str) -> Download | None:
        """Look for a toolchain; why it is not to be had, None where it is."""
        walker = Walker(self._route, self._narrator)
        repositories = Repositories(
            self._environment, self._narrator, walker, warm=self._warm, origins=self._origins
        )
        finder = ToolchainFinder(self._environment, repositories, walker, self._narrator, explained)
        try:
            await finder.find(name)
        except NotHad as error:
            walk = walker.failures.get(id(error.cause))
            rule = "" if walk is not None else EXEC
            return Download(None, error=str(error), outcome=Outcome.FAILS, rule=rule, failed_walk=walk)
        except (Stalled, NotRun) as unknown:
            return Download(None, outcome=Outcome.UNKNOWN, detail=f"{name} is wanted: {unknown}")
        return None

    def _tell_nothing_selected(self, lines: GoLines | None) -> None:
        names_one = version_of_toolchain(self._environment.get("GOTOOLCHAIN").partition("+")[0]) != ""
        if self._environment.go_version is None and (lines is not None or names_one):
            words = "there is no go on this machine: which one would be selected cannot be told"
            self._tell(Bend.STRAIGHT, "", words)

    def _tell(
        self, bend: Bend, name: str, because: str, *, where: str = "", to: str = "", error: str | None = None
    ) -> None:
        self._narrator.emit_now(
            TurningTaken, turning=Turning.TOOLCHAIN, bend=bend, path="toolchain", version=words_told(name),
            because=words_told(because), rule=SELECT, where=where, to=words_told(to),
            error=None if error is None else words_told(error),
        )  # fmt: skip
