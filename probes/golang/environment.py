"""The environment as the go command sees it: each value, where it comes from, what it hides.

Source: cmd/go/internal/cfg (EnvFile, initEnvCache, readEnvFile, Getenv, EnvOrAndChanged, gopath, findGOROOT),
cmd/go/internal/envcmd MkEnv and ExtraEnvVars, cmd/go main.go. In short:

    value(X) :=  process variable X     when set and not empty
              |  GOENV file             when it has a line for X, even an empty one
              |  $GOROOT/go.env         when it has a line for X
              |  what is compiled in    when the result so far is empty

Everything here is pure: files arrive as bytes, what is on the disk as facts, both collected by
probes.sources.environment_reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from probes.golang.env_file import EnvFile
from probes.golang.redact import Redacted, redacted, words_of_commands
from probes.golang.urls import clean
from probes.golang.variables import STOCK_GO_ENV, VARIABLE, VARIABLES, Group, Variable

__all__ = [
    "STOCK_WHERE",
    "VARIABLE",
    "VARIABLES",
    "Environment",
    "Facts",
    "Group",
    "Setting",
    "Shadowed",
    "Source",
    "Variable",
    "default_goenv_path",
    "goenv_path",
    "layer_environment",
]

STOCK_WHERE = "built into modtrace: the go.env of a stock Go"
"""``where`` of the defaults that are used when there is no Go tree to read them from."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Source(StrEnum):
    """Which layer a value comes from."""

    OVERLAY = "overlay"
    """A what-if value that stands for the process variable."""
    PROCESS = "process"
    GOENV = "goenv"
    """The user's go/env file."""
    GOROOT = "goroot"
    """The Go tree's go.env."""
    DERIVED = "derived"
    """Computed from another variable or from where things are."""
    DEFAULT = "default"
    """Compiled into go, or not set at all."""


def shown_value(name: str, value: str, *others: str) -> Redacted:
    """The value of a variable for showing, secrets masked. ``others``: what it hides, or hid before."""
    return _about(name, value, (value, *others))


def _about(name: str, text: str, values: Iterable[str]) -> Redacted:
    """A text about a variable that has, or had, these values."""
    variable = VARIABLE.get(name)
    known = [words for one in values for words in words_of_commands(one)] if name == "GOAUTH" else []
    return redacted(text, is_address=variable is not None and variable.is_address, known=known)


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A value that is set and does not count."""

    value: str = field(repr=False)
    source: Source
    where: str | None
    """``path:line`` in a file; None in the process."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: what go uses and why."""

    name: str
    value: str = field(repr=False)
    """As go has it, with whatever secrets it carries; bytes that are not UTF-8 as surrogates."""
    source: Source
    where: str | None
    """``path:line`` in a file; for a derived value, what it is derived from; else None."""
    shadowed: tuple[Shadowed, ...] = field(default=(), repr=False)
    """What it hides, the strongest first."""

    @property
    def shown(self) -> Redacted:
        """The value for showing: secrets masked."""
        return self.show(self.value)

    def show(self, value: str) -> Redacted:
        """A value of this variable, secrets masked."""
        return shown_value(self.name, value, *self._values())

    def mask(self, text: str) -> str:
        """A text about this variable, such as a command that sets it: without the secrets in its values."""
        return _about(self.name, text, self._values()).text

    def _values(self) -> tuple[str, ...]:
        return (self.value, *(one.value for one in self.shadowed))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reader found on the disk; the defaults describe a machine without Go."""

    goroot: str | None = None
    """The tree whose go.env is read (findGOROOT), clean; None when there is no Go."""
    goroot_where: str | None = None
    """How the tree was found: the go command it belongs to."""
    forced_goroot: str | None = None
    """The go command is a wrapper that sets GOROOT to this: the process variable does not count."""
    go_command: str | None = None
    """The go on PATH."""
    go_version: str | None = None
    """The release of the go command, from the VERSION file of its own tree, such as "go1.27.3"."""
    go_version_where: str | None = None
    """That file."""
    work_file: str = ""
    """The go.work found upward from the working directory."""
    working_directory: str = ""
    missing_paths: frozenset[str] = frozenset()
    """Paths named by variables where nothing is."""
    platform: str = "linux"
    """As sys.platform."""


@dataclass(frozen=True, slots=True)
class Environment:
    """All variables of the table, and what they were read from."""

    settings: Mapping[str, Setting]
    process: Mapping[str, str] = field(repr=False)
    """The process variables, what-if values included."""
    real_process: Mapping[str, str] = field(repr=False)
    """The process variables without the what-if values."""
    user_file: EnvFile | None
    """The GOENV file; None with GOENV=off or when no place for it is known."""
    goroot_file: EnvFile | None
    """The Go tree's go.env; None when there is no Go."""
    facts: Facts
    overlay: Mapping[str, str] = field(repr=False)
    """The what-if values."""

    def setting(self, name: str) -> Setting:
        """The setting of a variable of the table. Raises KeyError for any other name."""
        return self.settings[name]

    def get(self, name: str) -> str:
        """The value of a variable of the table, "" when it is not set. Raises KeyError for any other name."""
        return self.settings[name].value

    @property
    def files(self) -> tuple[EnvFile, ...]:
        """The settings files, the stronger first, raw bytes included."""
        return tuple(file for file in (self.user_file, self.goroot_file) if file is not None)

    @property
    def goroot(self) -> str:
        """The value of GOROOT; "" when there is no Go."""
        return self.get("GOROOT")

    @property
    def go_version(self) -> str | None:
        """The Go release, such as "go1.27.3"; None when there is no Go."""
        return self.facts.go_version

    def with_overlay(self, overlay: Mapping[str, str]) -> Environment:
        """The same machine with other process variables; "" unsets one. Adds to an overlay already there.

        Raises ValueError for a variable that decides which files are read (GOENV, GOROOT and the places of
        the home folder): these bytes are not here. Read the environment anew with the overlay instead.
        """
        for name in overlay:
            if name in _DECIDE_FILES and overlay[name] != self.process.get(name, ""):
                raise ValueError(f"{name} decides which files are read: read the environment anew")
        return _layer(
            self.real_process, self.user_file, self.goroot_file, {**self.overlay, **overlay}, self.facts
        )


_DECIDE_FILES = frozenset({"GOENV", "GOROOT", "HOME", "XDG_CONFIG_HOME", "AppData"})


def default_goenv_path(process: Mapping[str, str], platform: str) -> str:
    """Where the GOENV file is when GOENV is not set: os.UserConfigDir and "go/env"; "" when unknown."""
    if platform == "darwin":
        home = process.get("HOME", "")
        folder = home and home + "/Library/Application Support"
    elif folder := process.get("XDG_CONFIG_HOME", ""):
        if not folder.startswith("/"):
            return ""
    else:
        home = process.get("HOME", "")
        folder = home and home + "/.config"
    return clean(folder + "/go/env") if folder else ""


def goenv_path(process: Mapping[str, str], platform: str = "linux") -> str:
    """What ``go env GOENV`` prints: the file's path, "" for GOENV=off. Source: cfg.EnvFile."""
    named = process.get("GOENV", "")
    if named == "off":
        return ""
    return named or default_goenv_path(process, platform)


def layer_environment(
    process: Mapping[str, str],
    goenv_bytes: bytes | None,
    goroot_env_bytes: bytes | None,
    *,
    overlay: Mapping[str, str] = _NOTHING,
    facts: Facts | None = None,
    goenv_problem: str | None = None,
    goroot_env_problem: str | None = None,
) -> Environment:
    """Layer the settings exactly as go does.

    ``process`` is the process environment; ``goenv_bytes`` what the file at ``goenv_path`` (of process and
    overlay) holds, None when there is none; ``goroot_env_bytes`` the same for ``facts.goroot``/go.env. When
    ``facts.goroot`` is None the settings of a stock go.env stand in, marked as DEFAULT with STOCK_WHERE.
    ``overlay`` holds what-if values for process variables; "" unsets one.
    """
    facts = facts or Facts()
    path = goenv_path({**process, **overlay}, facts.platform)
    user_file = EnvFile(path, goenv_bytes, goenv_problem) if path else None
    goroot_file = None
    if facts.goroot is not None:
        path = facts.goroot.rstrip("/") + "/go.env"
        goroot_file = EnvFile(path, goroot_env_bytes, goroot_env_problem, first_wins=True)
    return _layer(process, user_file, goroot_file, overlay, facts)


def _layer(
    process: Mapping[str, str],
    user_file: EnvFile | None,
    goroot_file: EnvFile | None,
    overlay: Mapping[str, str],
    facts: Facts,
) -> Environment:
    layers = _Layers(dict(process), user_file, goroot_file, dict(overlay), facts)
    settings = {variable.name: layers.resolve(variable.name) for variable in VARIABLES}
    merged = {name: value for name, value in {**process, **overlay}.items() if value or name not in overlay}
    return Environment(
        settings=MappingProxyType(settings),
        process=MappingProxyType(merged),
        real_process=MappingProxyType(dict(process)),
        user_file=user_file,
        goroot_file=goroot_file,
        facts=facts,
        overlay=MappingProxyType(dict(overlay)),
    )


@dataclass(frozen=True, slots=True)
class _Layers:
    """The layers before they are laid over each other."""

    process: Mapping[str, str]
    user_file: EnvFile | None
    goroot_file: EnvFile | None
    overlay: Mapping[str, str]
    facts: Facts

    def resolve(self, name: str) -> Setting:
        """The setting of one variable."""
        match name:
            case "GOENV":
                return self._goenv()
            case "GOROOT":
                return self._goroot()
            case "GOVERSION":
                return self._goversion()
            case "GOWORK":
                return self._gowork()
            case _:
                return self._or_default(name)

    def _values(self, name: str) -> Iterator[Shadowed]:
        """All values of a variable, the strongest first; an empty process variable counts as none."""
        if value := self.overlay.get(name, ""):
            yield Shadowed(value, Source.OVERLAY, None)
        if value := self.process.get(name, ""):
            yield Shadowed(value, Source.PROCESS, None)
        if self.user_file is not None:
            for line in self.user_file.entries(name):
                yield Shadowed(line.value, Source.GOENV, self.user_file.where(line))
        if self.goroot_file is not None:
            for line in self.goroot_file.entries(name):
                yield Shadowed(line.value, Source.GOROOT, self.goroot_file.where(line))
        elif name in VARIABLE:
            for line in _STOCK.entries(name):
                yield Shadowed(line.value, Source.DEFAULT, STOCK_WHERE)

    def _process_value(self, name: str) -> str:
        return self.overlay.get(name, self.process.get(name, ""))

    def _getenv(self, name: str) -> tuple[Shadowed | None, tuple[Shadowed, ...]]:
        """cfg.Getenv: the value that counts, and the others."""
        values = list(self._values(name))
        if name in self.overlay and not self.overlay[name]:
            unset, values = _split(values, {Source.PROCESS})
        else:
            unset = []
        ineffective: list[Shadowed] = []
        if not VARIABLE[name].files_allowed:
            ineffective, values = _split(values, {Source.GOENV, Source.GOROOT})
        if not values:
            return None, (*unset, *ineffective)
        return values[0], (*unset, *values[1:], *ineffective)

    def _or_default(self, name: str) -> Setting:
        """cfg.EnvOrAndChanged: an empty result gives way to what is compiled in."""
        found, others = self._getenv(name)
        if found is not None and found.value:
            return Setting(name, found.value, found.source, found.where, others)
        if found is not None:
            others = (found, *others)
        default = self._default(name)
        if default.value or found is None:
            return replace(default, shadowed=others)
        return Setting(name, "", found.source, found.where, others[1:])

    def _default(self, name: str) -> Setting:
        match name:
            case "GOAUTH":
                return Setting(name, "netrc", Source.DEFAULT, None)
            case "GOPATH":
                return Setting(name, self._default_gopath(as_printed=True), Source.DEFAULT, None)
            case "GOMODCACHE":
                return Setting(name, self._default_gomodcache(), Source.DEFAULT, None)
            case "GONOPROXY" | "GONOSUMDB":
                private = self._or_default("GOPRIVATE").value
                if private:
                    return Setting(name, private, Source.DERIVED, "GOPRIVATE")
                return Setting(name, "", Source.DEFAULT, None)
            case _:
                return Setting(name, "", Source.DEFAULT, None)

    def _default_gopath(self, *, as_printed: bool) -> str:
        """go/build defaultGOPATH; main.go takes a relative one back, but after GOMODCACHE was made of it."""
        home = self._process_value("HOME")
        if not home:
            return ""
        default = clean(home + "/go")
        if default == clean(self._runtime_goroot()):
            return ""
        if as_printed and any(entry and entry[0] not in "/~" for entry in default.split(":")):
            return ""
        return default

    def _default_gomodcache(self) -> str:
        """cfg.gopathDir: under the first entry of GOPATH."""
        found, _ = self._getenv("GOPATH")
        gopath = found.value if found is not None and found.value else self._default_gopath(as_printed=False)
        first = gopath.split(":")[0]
        return clean(first + "/pkg/mod") if first else ""

    def _runtime_goroot(self) -> str:
        """runtime.GOROOT() of a go command built with -trimpath, as releases are."""
        return self.facts.forced_goroot or self._process_value("GOROOT")

    def _goenv(self) -> Setting:
        found, others = self._getenv("GOENV")
        path = "" if self.user_file is None else self.user_file.path
        if found is None:
            return Setting("GOENV", path, Source.DEFAULT, None, others)
        return Setting("GOENV", path, found.source, None, others)

    def _goroot(self) -> Setting:
        """The process variable as it stands, else the tree that findGOROOT finds."""
        values = list(self._values("GOROOT"))
        found, others = self._getenv("GOROOT")
        if self.facts.forced_goroot is not None:
            forced = self.facts.forced_goroot
            return Setting("GOROOT", forced, Source.DERIVED, self.facts.goroot_where, tuple(values))
        if found is not None and found.source in (Source.OVERLAY, Source.PROCESS):
            return Setting("GOROOT", found.value, found.source, None, others)
        if found is not None and found.source is Source.GOENV and found.value:
            return Setting("GOROOT", clean(found.value), Source.GOENV, found.where, others)
        ignored = others if found is None else (found, *others)
        if self.facts.goroot is None:
            return Setting("GOROOT", "", Source.DEFAULT, None, ignored)
        return Setting("GOROOT", self.facts.goroot, Source.DERIVED, self.facts.goroot_where, ignored)

    def _goversion(self) -> Setting:
        values = tuple(self._values("GOVERSION"))
        if self.facts.go_version is None:
            return Setting("GOVERSION", "", Source.DEFAULT, None, values)
        where = self.facts.go_version_where
        return Setting("GOVERSION", self.facts.go_version, Source.DERIVED, where, values)

    def _gowork(self) -> Setting:
        """modload FindGoWork: "" and "auto" search upward, anything else stands as it is."""
        found, others = self._getenv("GOWORK")
        if found is not None and found.value not in ("", "auto"):
            return Setting("GOWORK", found.value, found.source, found.where, others)
        ignored = others if found is None else (found, *others)
        if self.facts.work_file:
            where = f"found upward from {self.facts.working_directory or 'the working directory'}"
            return Setting("GOWORK", self.facts.work_file, Source.DERIVED, where, ignored)
        return Setting("GOWORK", "", Source.DEFAULT, None, ignored)


_STOCK = EnvFile("", STOCK_GO_ENV, first_wins=True)


def _split(values: list[Shadowed], sources: set[Source]) -> tuple[list[Shadowed], list[Shadowed]]:
    """The values from these sources, and the others."""
    return (
        [value for value in values if value.source in sources],
        [value for value in values if value.source not in sources],
    )
