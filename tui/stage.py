"""Where a trace takes place: this machine with its own settings, or a world of the demo.

A world brings all of its settings with it: no file and no variable of the user is read, and nothing but its
own servers on loopback is ever asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from probes.diagnosis.findings import Finding
from probes.golang.environment import Environment

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan

MAX_SUGGESTIONS = 200


@dataclass(frozen=True)
class Scene:
    """What was found on a stage before anything is traced."""

    environment: Environment = field(repr=False)
    findings: tuple[Finding, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Modules that the user may want traced."""


@dataclass(frozen=True)
class SecondOpinion:
    """What the go command itself says where it differs, as findings."""

    findings: tuple[Finding, ...] = ()


class Stage(Protocol):
    """Where a trace takes place."""

    def read(self) -> Scene:
        """Read the settings; blocks, raises nothing for what it finds."""

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """Ask the go command, if there is one; blocks, for seconds at worst."""

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Module paths that the user may mean, the likeliest first; blocks, for half a second at worst."""

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """Note for another day what was traced; blocks. Returns why that could not be, or ""."""

    def close(self) -> None:
        """Take the stage down."""


@dataclass
class ThisMachine:
    """The settings as they are, with the values of --set over them."""

    overlay: Mapping[str, str]
    folder: Path = field(default_factory=Path)
    """The folder whose go.mod is looked at for suggestions."""

    def read(self) -> Scene:
        """Read process variables and files."""
        from probes.sources.environment_reader import read_environment

        environment = read_environment(overlay=self.overlay)
        return Scene(environment, _findings(environment), required_modules(self.folder / "go.mod"))

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """Compare with `go env`."""
        from probes.commands.env import inspect

        if environment.overlay:
            return SecondOpinion()  # go does not know of the values of --set
        findings = inspect(environment, ask=True).findings
        return SecondOpinion(tuple(finding for finding in findings if finding.id.startswith("go.")))

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Of go.mod, what was traced here before, go.sum, and the module cache."""
        from probes.share.history import History, known_paths

        history = History.in_state_folder(environment.real_process)
        return tuple(known_paths(self.folder.absolute(), environment.get("GOMODCACHE"), history))

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
class DemoWorld:
    """A world of the demo, with real servers on loopback."""

    plan: WorldPlan
    overlay: Mapping[str, str]
    _variables: dict[str, str] = field(default_factory=dict, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        from probes.demo.worlds import running

        _, variables = self._open.enter_context(running(self.plan))
        # A module cache must have a name, for go refuses to work without one; modtrace never writes there.
        self._variables = {"GOMODCACHE": "/demo/pkg/mod", **variables}

    def read(self) -> Scene:
        """The world's variables and nothing else."""
        return scene_of(self._variables, overlay=self.overlay)

    def ask_go(self, environment: Environment) -> SecondOpinion:
        """No go command belongs to the world."""
        return SecondOpinion()

    def known_paths(self, environment: Environment) -> tuple[str, ...]:
        """Nothing of the user's is read."""
        return ()

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """Nothing is written."""
        return ""

    def close(self) -> None:
        """Stop the servers."""
        self._open.close()


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

    try:
        parsed = parse_lax(go_mod.read_bytes())
    except (OSError, GoError):
        return ()
    required = [f"{line.path}@{line.version}" for line in parsed.requires if not line.indirect]
    return tuple(required[:MAX_SUGGESTIONS])
