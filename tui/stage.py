"""Where a trace takes place: this machine with its own settings, or a world of the demo.

A world brings all of its settings with it: no file and no variable of the user is read, and nothing but its
own servers on loopback is ever asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Protocol

from probes.diagnosis.findings import Finding
from probes.golang.environment import Environment
from probes.golang.goproxy import Access

if TYPE_CHECKING:
    from probes.demo.faults import DemoFault
    from probes.demo.go_answer import GoRun
    from probes.demo.worlds import WorldPlan
    from probes.project.project import Project
    from probes.share.history import Visit
    from probes.trace.fold import Trace
    from probes.trace.route import RouteView

MAX_SUGGESTIONS = 200
_MOST_BYTES = 8_000_000
NOTHING: Mapping[str, str] = MappingProxyType({})
GO_OF_WORLDS = "go1.27.3"
"""The go that stands in a world where its version matters."""
GO_PATIENCE_S = 2.0
"""How long taking a world down waits until nothing is left of a go that was killed."""


@dataclass(frozen=True)
class Scene:
    """What was found on a stage before anything is traced."""

    environment: Environment = field(repr=False)
    findings: tuple[Finding, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Modules that the user may want traced."""
    real: Environment | None = field(default=None, repr=False)
    """The same without what is tried at the moment; None where nothing is."""
    project: Project | None = field(default=None, repr=False)
    """The project that has its say in a trace; None outside of any module."""
    warm: bool = False
    """Whether the module cache has its say in a trace."""

    @property
    def without_trial(self) -> Environment:
        """The settings without what is tried at the moment."""
        return self.environment if self.real is None else self.real


@dataclass(frozen=True)
class SecondOpinion:
    """What the go command itself says where it differs, as findings."""

    findings: tuple[Finding, ...] = ()


class Stage(Protocol):
    """Where a trace takes place."""

    WHY_NOT_WRITTEN: ClassVar[str]
    """Why settings that were tried here are never written; "" where they are."""
    STARTS_PROGRAMS: ClassVar[bool]
    """Whether the programs may be started here that go would start, once somebody agrees."""

    def read(self, values: Mapping[str, str] = NOTHING, /) -> Scene:
        """Read the settings, with what-if values over them; blocks, raises nothing for what it finds."""

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """Ask the go command, if there is one; blocks, for seconds at worst."""

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Module paths that the user may mean, the likeliest first; blocks, for half a second at worst."""

    def visits(self, environment: Environment) -> list[Visit] | None:
        """What was traced before, the latest first; None where nothing of the user's is read. Blocks."""

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """Note for another day what was traced; blocks. Returns why that could not be, or ""."""

    def close(self) -> None:
        """Take the stage down."""


class Secluded:
    """What a stage answers that knows nothing of this machine, and leaves nothing on it."""

    STARTS_PROGRAMS: ClassVar[bool] = False

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """No go command is asked about its settings."""
        return SecondOpinion()

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Nothing of the user's is read."""
        return ()

    def visits(self, environment: Environment) -> list[Visit] | None:
        """Nothing of the user's is read."""
        return None

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """Nothing is written."""
        return ""

    def close(self) -> None:
        """There is nothing to take down."""


@dataclass
class ThisMachine:
    """The settings as they are, with the values of --set over them."""

    WHY_NOT_WRITTEN: ClassVar[str] = ""
    STARTS_PROGRAMS: ClassVar[bool] = True

    overlay: Mapping[str, str]
    folder: Path = field(default_factory=Path)
    """The folder whose go.mod is looked at for suggestions."""

    def read(self, values: Mapping[str, str] = NOTHING, /) -> Scene:
        """Read process variables and files."""
        from probes.sources.environment_reader import read_environment

        environment = read_environment(overlay={**self.overlay, **values})
        from probes.project.loading import load_project

        return Scene(
            environment,
            _findings(environment),
            required_modules(self.folder / "go.mod"),
            project=load_project(environment),
        )

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """Compare with `go env`."""
        from probes.commands.env import inspect

        if environment.overlay:
            return SecondOpinion()  # go does not know of the values of --set
        findings = inspect(environment, ask=True).findings
        told = ("go.", "project.")
        return SecondOpinion(tuple(finding for finding in findings if finding.id.startswith(told)))

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Of go.mod, what was traced here before, go.sum, and the module cache."""
        from probes.share.history import History, known_paths

        history = History.in_state_folder(environment.real_process)
        return tuple(known_paths(self.folder.absolute(), environment.get("GOMODCACHE"), history))

    def visits(self, environment: Environment) -> list[Visit] | None:
        """The history of this user."""
        from probes.share.history import History

        return History.in_state_folder(environment.real_process).visits()

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """In the history of this user."""
        from datetime import datetime, timezone

        from probes.share.history import History

        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017
        history = History.in_state_folder(environment.real_process)
        return history.remember(path, query, time=now, outcome=outcome)

    def close(self) -> None:
        """There is nothing to take down."""


@dataclass
class DemoWorld(Secluded):
    """A world of the demo, with real servers on loopback, which can be broken while they run."""

    WHY_NOT_WRITTEN: ClassVar[str] = (
        "this is the demo: what is tried here is never written into your go env file"
    )

    plan: WorldPlan
    overlay: Mapping[str, str]
    faults: dict[int, DemoFault] = field(default_factory=dict)
    """The proxies that somebody has broken or mended, by number; see ``inject``."""
    goproxy: str = ""
    """GOPROXY with {0}, {1}, … for the proxies; "" for the one of the plan."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the world has besides, or instead."""
    _given: dict[str, str] = field(default_factory=dict, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)
    _runs: list[GoRun] = field(default_factory=list, init=False)
    """The real go, as often as it may still be under way."""

    def __post_init__(self) -> None:
        from probes.demo.worlds import running

        self._world, variables = self._open.enter_context(running(self.plan))
        # A module cache must have a name, for go refuses to work without one; modtrace never writes there.
        # A module of the world has no origin: nobody outside is asked for one (probes.sources.direct).
        self._given = {"GOMODCACHE": "/demo/pkg/mod", "MODTRACE_SECLUDED": "1", **variables}
        for number, fault in list(self.faults.items()):
            self.inject(number, fault)

    # -- the proxies ---------------------------------------------------------------------------------

    @property
    def proxies(self) -> tuple[str, ...]:
        """Host and port of each proxy, in the order of the plan; they stay whatever happens."""
        urls = self._world.urls[: len(self.plan.places)]
        return tuple(url.partition("://")[2] for url in urls)

    def number_of(self, name: str) -> int | None:
        """Which proxy a hop is, by its name; None when it is none of this world."""
        return self.proxies.index(name) if name in self.proxies else None

    def inject(self, number: int, fault: DemoFault | None) -> None:
        """Have a proxy behave like this from the next request on; None as the world has it."""
        place = self.plan.places[number]
        self.faults.pop(number, None)
        if fault is not None:
            self.faults[number] = fault
        self._world.handlers[number] = (place.script() if fault is None else fault.script(place)).answer
        self._world.certificates.pop(number, None)
        if fault is not None and fault.tls:
            from probes.demo.certificate import untrusted_tls

            self._world.certificates[number] = untrusted_tls()

    def arrange(self, goproxy: str, faults: Mapping[int, DemoFault], variables: Mapping[str, str]) -> None:
        """Have the whole world like this, and nothing left of what was before."""
        self.goproxy, self.variables, self.overlay = goproxy, dict(variables), {}
        for number in range(len(self.plan.places)):
            self.inject(number, faults.get(number))

    def is_arranged(
        self, goproxy: str, faults: Mapping[int, DemoFault], variables: Mapping[str, str]
    ) -> bool:
        """Whether it is still as it was arranged."""
        return (self.goproxy, self.faults, self.variables) == (goproxy, dict(faults), dict(variables))

    def spoken(self, text: str) -> str:
        """A text with the URLs of the proxies as they are just now: https for those that speak TLS."""
        for number, name in enumerate(self.proxies):
            scheme = "https" if number in self._world.certificates else "http"
            # Not the beginning of a longer port.
            text = re.sub(rf"https?://{re.escape(name)}(?![0-9])", f"{scheme}://{name}", text)
        return text

    def stranger(self, environment: Environment, route: RouteView) -> str:
        """Somebody along a route who is not of this world; "" where nobody outside would be asked."""
        for hop in route.hops:
            if hop.access is Access.ASK and self.number_of(hop.name) is None:
                return hop.name
        return "" if self._vouched_here(environment, route.checksum) else route.checksum

    # -- the stage -----------------------------------------------------------------------------------

    def read(self, tried: Mapping[str, str] = NOTHING, /) -> Scene:
        """The world's variables and nothing else."""
        import probes.demo.speaking  # noqa: F401, else the time of the first request would tell of it

        goproxy = (self.goproxy or self.plan.goproxy).format(*self._world.urls)
        values = {**self._given, "GOPROXY": goproxy, **self.variables}
        overlay = {name: self.spoken(value) for name, value in {**self.overlay, **tried}.items()}
        scene = scene_of({**values, "GOPROXY": self.spoken(values["GOPROXY"])}, overlay=overlay)
        if self.plan.files is None and not self.plan.settings:
            return scene
        # Which go it is decides here, and a world has none of its own: it is the one that is spoken of.
        facts = replace(scene.environment.facts, go_version=GO_OF_WORLDS)
        scene = replace(scene, environment=replace(scene.environment, facts=facts))
        return replace(scene, project=self._project(scene.environment), warm=self.plan.warm)

    def _project(self, environment: Environment) -> Project | None:
        """The module of the world that go stands in."""
        from probes.demo.plans import DISK

        folder = Path(self._given.get(DISK, ""), "project")
        if DISK not in self._given or not folder.is_dir():
            return None
        from probes.project.loading import load_project

        return load_project(environment, folder)

    @property
    def has_go(self) -> bool:
        """Whether there is a real go to ask."""
        from probes.demo.go_answer import find_go

        return find_go() is not None

    def go_run(self, environment: Environment, trace: Trace) -> GoRun | None:
        """The real go for what was traced, to be called in a thread; None where there is none to ask.

        A go that is still under way is stopped. It is never asked where it would leave this world.
        """
        from probes.demo.go_answer import GoRun, find_go, patience_for

        self.stop_go()
        command = find_go()
        if command is None or trace.started is None or not self._stays_here(environment, trace):
            return None
        target = f"{trace.started.path}@{trace.started.query}"
        run = GoRun(command, dict(environment.process), target, patience_for(trace))
        self._runs.append(run)
        return run

    def _stays_here(self, environment: Environment, trace: Trace) -> bool:
        """Whether everybody that go would ask is of this world."""
        route = trace.route
        if route is None:
            return False
        asked = all(self.number_of(hop.name) is not None for hop in route.hops if hop.access is Access.ASK)
        left = any(
            True
            for hop in route.hops if hop.access is Access.DIRECT
            for walk in trace.walks.values()
            for decision in walk.decisions if decision.hop == hop.id
        )  # fmt: skip
        return asked and not left and self._vouched_here(environment, route.checksum)

    def _vouched_here(self, environment: Environment, checksum: str) -> bool:
        """Whether nobody is asked for checksums, or only the world's own database."""
        return checksum in ("", "off", "private") or environment.get("GOSUMDB") == self._given["GOSUMDB"]

    def stop_go(self, patience_s: float = 0.0) -> None:
        """Have the real go stopped, if it is under way."""
        for run in self._runs:
            run.stop(patience_s)
        self._runs = [run for run in self._runs if not run.ended]

    def close(self) -> None:
        """Stop the real go and the servers."""
        self.stop_go(GO_PATIENCE_S)
        self._open.close()


def read_stage(stage: Stage, values: Mapping[str, str]) -> Scene:
    """Read a stage with what-if values, and without them for a comparison; blocks."""
    real = stage.read()
    return replace(stage.read(values), real=real.environment) if values else real


def scene_of(
    variables: Mapping[str, str],
    *,
    overlay: Mapping[str, str] | None = None,
    suggestions: tuple[str, ...] = (),
) -> Scene:
    """The scene that these process variables make where there are no files and no Go."""
    from probes.sources.environment_reader import read_environment

    environment = read_environment(process=variables, cwd="", overlay=overlay)
    return Scene(environment, _findings(environment), suggestions)


def _findings(environment: Environment) -> tuple[Finding, ...]:
    """What is worth saying of the settings."""
    from probes.diagnosis.environment_lint import lint_as_shown

    return lint_as_shown(environment)


def required_modules(go_mod: Path) -> tuple[str, ...]:
    """The modules that a go.mod requires directly, each PATH@VERSION; nothing when it cannot be read."""
    from probes.golang.errors import GoError
    from probes.golang.gomod import parse_lax
    from probes.share.state import read_regular

    try:
        parsed = parse_lax(read_regular(go_mod, _MOST_BYTES))
    except (OSError, GoError):
        return ()
    required = [f"{line.path}@{line.version}" for line in parsed.requires if not line.indirect]
    return tuple(required[:MAX_SUGGESTIONS])
