"""What `go env -w NAME=VALUE…` and `go env -u NAME…` would do to the GOENV file: its new bytes, or a refusal.

Source: cmd/go/internal/envcmd/env.go (runEnvW, runEnvU, checkEnvWrite, checkBuildConfig, readEnvFileLines,
updateEnvFile, lineToKey, sortKeyValues), and what stops every go command before that: cmd/go main.go (GOROOT,
GOPATH) and toolchain/select.go (GOTOOLCHAIN). In short: of several lines with one key the last is kept and
rewritten in its place, new ones go to the end, and then each run of NAME=VALUE lines is sorted by name, runs
being parted by comments, by blank lines and, for a moment, by the lines that were just taken out. What
precedes the first "=" is the key here, whatever it begins with, while the reader (readEnvFile) wants A to Z.

With GOENV=off go still writes: MkEnv puts the empty result into its own environment, so that the second look
finds the default place. What it writes there is not read as long as GOENV=off stands; planning that needs the
file from the caller (``unread``), and without it NeverRead says so.

Pure: the file comes in as the bytes that the environment was read from. The process variables are the real
ones, for that is what go will meet; what-if values count for nothing here. Which experiments and platforms
exist, and which names are known, is Go 1.27's opinion.
"""

from __future__ import annotations

import difflib
import os.path
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.golang import mode
from probes.golang.env_file import EnvFile
from probes.golang.environment import Environment, default_goenv_path, layer_environment, shown_value
from probes.golang.errors import GoError
from probes.golang.host import host_platform
from probes.golang.quote import quote
from probes.golang.safetext import safe_text
from probes.golang.toolchain_name import check_gotoolchain
from probes.golang.urls import clean
from probes.golang.variables import KNOWN_ENV
from probes.settings.build_config import check_goexperiment, check_platform

Changes = Mapping[str, str | None]
"""New values by name; None takes a setting out of the file."""


class Refused(GoError):
    """go refuses: ``str(error)`` is its last words to the letter."""

    def __init__(self, text: str, *, warnings: Sequence[str] = (), exit_code: int = 1) -> None:
        super().__init__(text)
        self.warnings = tuple(warnings)
        """What it had said on stderr before."""
        self.exit_code = exit_code

    @property
    def stderr(self) -> str:
        """All that go prints."""
        return "".join(line + "\n" for line in (*self.warnings, self.text))


class NeverRead(GoError):
    """GOENV=off: go would write a file that it does not read."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"GOENV=off: go env -w would write {path}, which go does not read while GOENV is off"
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of the difference, safe to show."""

    sign: str
    """"+" added, "-" taken out, " " kept, "@" where lines are left out."""
    text: str


@dataclass(frozen=True, slots=True)
class EnvChange:
    """What writing would do to the file."""

    path: str
    """The file, absolute where the working directory is known; a link is not followed yet."""
    before: bytes | None = field(repr=False)
    """What it held when the environment was read; None when there was none."""
    after: bytes = field(repr=False)
    warnings: tuple[str, ...] = ()
    """What go prints on stderr although it writes, without the final line feed."""

    @property
    def is_needed(self) -> bool:
        """Whether the bytes change at all."""
        return self.before != self.after

    @property
    def diff(self) -> tuple[DiffLine, ...]:
        """The difference with two lines around it; secrets masked."""
        old, new = (_texts(data) for data in (self.before or b"", self.after))
        lines = list(difflib.unified_diff(old, new, lineterm="", n=2))
        # The first header says nothing where the difference begins with the file.
        start = 3 if lines[2:] and lines[2].startswith(("@@ -1 ", "@@ -1,", "@@ -0")) else 2
        return tuple(_diff_line(line) for line in lines[start:])


def plan_write(
    environment: Environment, changes: Changes, *, host: tuple[str, str] | None = None
) -> EnvChange:
    """What `go env -w` of the new values and then `go env -u` of the names that go would do.

    Raises Refused with go's words where either of them refuses; then nothing at all is planned. Raises
    NeverRead with GOENV=off. ``host`` is GOHOSTOS and GOHOSTARCH, by default those of this machine.
    """
    values = [f"{name}={value}" for name, value in changes.items() if value is not None]
    names = [name for name, value in changes.items() if value is None]
    if not names:
        return plan_set(environment, values, host=host)
    if not values:
        return plan_unset(environment, names, host=host)
    first = plan_set(environment, values, host=host)
    between = _real(environment)
    assert between.user_file is not None
    between = replace(between, user_file=replace(between.user_file, data=first.after))
    second = plan_unset(between, names, host=host)
    return replace(second, before=first.before, warnings=(*first.warnings, *second.warnings))


def plan_set(
    environment: Environment,
    arguments: Sequence[str],
    *,
    host: tuple[str, str] | None = None,
    unread: EnvFile | None = None,
) -> EnvChange:
    """`go env -w -- ARGUMENTS`, each NAME=VALUE. Raises Refused, NeverRead.

    ``unread`` is the file at the default place, for GOENV=off.
    """
    command = _Command(_real(environment), host or host_platform(), unread)
    lonely = len(arguments) == 1 and arguments[0].startswith("GOTOOLCHAIN=")
    command.start(mends_gotoolchain=lonely)
    return command.set(arguments)


def plan_unset(
    environment: Environment,
    names: Sequence[str],
    *,
    host: tuple[str, str] | None = None,
    unread: EnvFile | None = None,
) -> EnvChange:
    """`go env -u -- NAMES`. Raises Refused, NeverRead."""
    command = _Command(_real(environment), host or host_platform(), unread)
    command.start()
    return command.unset(names)


@dataclass(frozen=True, slots=True)
class Shadow:
    """Something that makes a written setting count for less than it seems."""

    name: str
    """The variable that is written."""
    by: str
    """What it gives way to: itself in the process, or another variable."""
    value: str
    """The value that wins, secrets masked and safe to show."""
    words: str
    """One whole sentence."""


def shadowed(environment: Environment, changes: Changes) -> tuple[Shadow, ...]:
    """What would still win over these changes once they stand in the file."""
    real = _real(environment)
    found: list[Shadow] = []
    for name, value in changes.items():
        winner = real.process.get(name, "")
        if winner and winner != value:
            shown = _shown(name, winner)
            rest = "what is written there counts for nothing while it is set."
            words = f"The process sets {name}={shown}, which beats the file: {rest}"
            found.append(Shadow(name, name, shown, words))
        if name == "GOPRIVATE":
            found += _own_patterns(real, changes)
    return tuple(found)


def _own_patterns(real: Environment, changes: Changes) -> Iterable[Shadow]:
    """GONOPROXY and GONOSUMDB take their value from GOPRIVATE only while nothing sets them."""
    for name, use in (("GONOPROXY", "which paths the proxies see"), ("GONOSUMDB", "which are verified")):
        own = real.process.get(name, "") or _from_files(real, name)
        if name in changes and not real.process.get(name, ""):
            own = changes[name] or ""
        if own and own != changes.get("GOPRIVATE"):
            shown = _shown(name, own)
            words = f"{name}={shown} is set, so GOPRIVATE does not decide {use}."
            yield Shadow("GOPRIVATE", name, shown, words)


def _shown(name: str, value: str) -> str:
    return safe_text(shown_value(name, value).text, limit=300)


# -- the two commands ---------------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READ_ONLY = _words(
    """
    GOEXE GOGCCFLAGS GOHOSTARCH GOHOSTOS GOMOD GOROOT GOTELEMETRY GOTELEMETRYDIR GOTOOLDIR GOVERSION
    GOWORK
    """
)
_PROCESS_ONLY = frozenset({"GOENV", "GODEBUG"})
_KNOWN = "".join(f"\t{name}\n" for name in sorted(KNOWN_ENV))
"""As cfg.KnownEnv spells it: a name is looked for in this text, so two names with what parts them pass."""

_BAD_GOWORK = "go: invalid GOWORK: not an absolute path"
"""Said twice with "go: " where the toolchain is being selected, as all is that is said there."""


class _Command:
    """One run of `go env -w` or `go env -u`."""

    def __init__(
        self, environment: Environment, host: tuple[str, str] | None, unread: EnvFile | None
    ) -> None:
        self._environment = environment
        self._process = environment.process
        self._host = host
        self._unread = unread
        self._warnings: list[str] = []

    def start(self, *, mends_gotoolchain: bool = False) -> None:
        """What every go command checks first. Raises Refused.

        With GO111MODULE=auto only a workspace counts: whether there is a go.mod is not known here.
        """
        environment = self._environment
        gowork = self._getenv("GOWORK")
        is_bad_work = gowork not in ("", "off", "auto") and not gowork.startswith("/")
        module_mode = self._getenv("GO111MODULE")
        if module_mode == "auto" and is_bad_work:
            raise self._refusal(f"go: {_BAD_GOWORK}")
        is_in_work = environment.get("GOWORK") not in ("", "off")
        is_enabled = module_mode in ("", "on") or (module_mode == "auto" and is_in_work)
        if is_enabled and not mends_gotoolchain:
            gotoolchain = self._getenv("GOTOOLCHAIN")
            self._check(check_gotoolchain, gotoolchain)
            if is_bad_work and gotoolchain.rpartition("+")[2] in ("auto", "path"):
                raise self._refusal(f"go: {_BAD_GOWORK}")
        goroot, gopath = environment.goroot, environment.get("GOPATH")
        if goroot and goroot in environment.facts.missing_paths:
            raise self._refusal(f"go: cannot find GOROOT directory: {goroot}", exit_code=2)
        if goroot and gopath and clean(gopath) == clean(goroot):
            self._warnings.append(
                f"warning: both GOPATH and GOROOT are the same directory ({gopath}); "
                "see https://go.dev/wiki/InstallTroubleshooting"
            )
        else:
            self._check(mode.check_gopath, gopath, exit_code=2)
        if is_enabled and is_bad_work:
            # Asked for by the counters of cmd/go/internal/telemetrystats.
            raise self._refusal(_BAD_GOWORK)

    def set(self, arguments: Sequence[str]) -> EnvChange:
        """runEnvW."""
        if not arguments:
            raise self._refusal("go: no KEY=VALUE arguments given")
        add: dict[str, str] = {}
        for argument in arguments:
            name, equals, value = argument.partition("=")
            if not equals:
                raise self._refusal(f"go: arguments must be KEY=VALUE: invalid argument: {argument}")
            self._check_write(name, value)
            if name in add:
                raise self._refusal(f"go: multiple values for key: {name}")
            add[name] = value
            if self._process.get(name, "") not in ("", value):
                self._warnings.append(
                    f"warning: go env -w {name}=... does not override conflicting OS environment variable"
                )
        self._check_build(add, frozenset())
        folder = add.get("GOTMPDIR", "")
        if folder and not folder.startswith("/"):
            raise self._refusal("go: GOTMPDIR must be an absolute path")
        return self._change(add, frozenset())

    def unset(self, names: Sequence[str]) -> EnvChange:
        """runEnvU."""
        if not names:
            raise self._refusal("go: 'go env -u' requires an argument")
        for name in names:
            self._check_write(name, "")
        self._check_build({}, frozenset(names))
        return self._change({}, frozenset(names))

    def _change(self, add: Mapping[str, str], drop: frozenset[str]) -> EnvChange:
        """readEnvFileLines and the pure part of updateEnvFile."""
        file = self._environment.user_file or self._unread
        if file is None:
            unread = default_goenv_path(self._process, self._environment.facts.platform)
            if unread:
                raise NeverRead(unread)
            raise self._refusal(f"go: cannot find go env config: {self._why_no_file()}")
        if file.problem is not None:
            words = file.problem[:1].lower() + file.problem[1:]
            verb = "read" if words == "is a directory" else "open"
            raise self._refusal(f"go: reading go env config: {verb} {file.path}: {words}")
        if file.data is None and not add:
            missing = f"open {file.path}: no such file or directory"
            raise self._refusal(f"go: reading go env config: {missing}")
        folder = self._environment.facts.working_directory
        path = os.path.join(folder, file.path)  # noqa: PTH118
        return EnvChange(path, file.data, updated(file.data or b"", add, drop), tuple(self._warnings))

    def _why_no_file(self) -> str:
        """cfg.EnvFile, os.UserConfigDir."""
        if self._environment.facts.platform == "darwin":
            return "$HOME is not defined"
        if self._process.get("XDG_CONFIG_HOME"):
            return "path in $XDG_CONFIG_HOME is relative"
        return "neither $XDG_CONFIG_HOME nor $HOME are defined"

    def _check_write(self, name: str, value: str) -> None:
        """checkEnvWrite."""
        complaint = refusal_of(name, value, is_known=self._is_known(name))
        if complaint:
            raise self._refusal(f"go: {complaint}")

    def _is_known(self, name: str) -> bool:
        """cfg.CanGetenv: what already stands in a file is known."""
        return is_known(name) or any(file.entries(name) for file in self._environment.files)

    def _check_build(self, add: Mapping[str, str], drop: frozenset[str]) -> None:
        """checkBuildConfig: the platform and the experiments as they will be."""
        default = dict(zip(("GOOS", "GOARCH"), self._host or ("", ""), strict=True))

        def get(name: str) -> tuple[str, bool]:
            if name in add:
                return add[name], True
            compiled_in = self._process.get(name, "") or default.get(name, "")
            if name in drop:
                return compiled_in, True
            return self._getenv(name) or compiled_in, False

        (goos, is_new_system), (goarch, is_new_architecture) = get("GOOS"), get("GOARCH")
        # On a machine without a known name the half that is not set is not known either.
        is_told = self._host is not None or (goos and goarch)
        if (is_new_system or is_new_architecture) and is_told:
            self._check(check_platform, goos, goarch, prefix="go: ")
        goexperiment, is_new = get("GOEXPERIMENT")
        if is_new:
            self._check(check_goexperiment, goexperiment, prefix="go: ")

    def _getenv(self, name: str) -> str:
        return self._process.get(name, "") or _from_files(self._environment, name)

    def _check(
        self, rule: Callable[..., None], *arguments: str, prefix: str = "", exit_code: int = 1
    ) -> None:
        """A rule of Go, its refusal with what was said before it."""
        try:
            rule(*arguments)
        except GoError as error:
            raise self._refusal(f"{prefix}{error}", exit_code=exit_code) from error

    def _refusal(self, text: str, *, exit_code: int = 1) -> Refused:
        return Refused(text, warnings=self._warnings, exit_code=exit_code)


def _from_files(environment: Environment, name: str) -> str:
    """What the first settings file with a line for this name says, "" when none has one."""
    for file in environment.files:
        if found := file.entries(name):
            return found[0].value
    return ""


def is_known(name: str) -> bool:
    """Whether `go env -w` takes this name even when no file has it yet."""
    return f"\t{name}\n" in _KNOWN


def refusal_of(name: str, value: str, *, is_known: bool = True) -> str | None:
    """checkEnvWrite's words about one setting; None when it may be written."""
    if name in _READ_ONLY:
        return f"{name} cannot be modified"
    if name in _PROCESS_ONLY:
        return f"{name} can only be set using the OS environment"
    if not is_known:
        return f"unknown go command variable {name}"
    return _bad_value(name, value) or _bad_text(name, value)


def _bad_value(name: str, value: str) -> str | None:
    match name:
        case "GO111MODULE" if value not in ("", "auto", "on", "off"):
            return f"invalid {name} value {quote(value)}"
        case "GOPATH" if value.startswith("~"):
            return f"GOPATH entry cannot start with shell metacharacter '~': {quote(value)}"
        case "GOPATH" | "GOMODCACHE" if value and not value.startswith("/"):
            return f"{name} entry is relative; must be absolute path: {quote(value)}"
        case "CC" | "CXX" if value:
            return _bad_compiler(name, value)
    return None


def _bad_compiler(name: str, value: str) -> str | None:
    try:
        words = mode.split_quoted(value)
    except GoError as error:
        return f"invalid {name}: {error}"
    if not words:
        return f"{name} entry cannot contain only space"
    if words[0].startswith("/") or words[0] == _base(words[0]):
        return None
    return f"{name} entry is relative; must be absolute path: {quote(words[0])}"


def _base(path: str) -> str:
    """filepath.Base."""
    return path.rstrip("/").rpartition("/")[2] if path.rstrip("/") else "/" if path else "."


def _bad_text(name: str, value: str) -> str | None:
    if any("\ud800" <= character <= "\udfff" for character in value):
        return f"invalid UTF-8 in {name}=... value"
    if "\x00" in value:
        return f"invalid NUL in {name}=... value"
    if any(character in value for character in "\v\r\n"):
        return f"invalid newline in {name}=... value"
    return None


# -- the bytes ----------------------------------------------------------------------------------------------


def updated(data: bytes, add: Mapping[str, str], drop: frozenset[str] = frozenset()) -> bytes:
    """The file after these settings were written and those names taken out."""
    lines = _lines(data)
    last: dict[bytes, int] = {}
    for index, line in enumerate(lines):
        key = line_key(line)
        if key:
            if key in last:
                lines[last[key]] = b""
            last[key] = index
    for name, value in add.items():
        line = f"{name}={value}\n".encode("utf-8", "surrogateescape")
        place = last.get(name.encode("utf-8", "surrogateescape"))
        if place is None:
            lines.append(line)
        else:
            lines[place] = line
    for name in drop:
        place = last.get(name.encode("utf-8", "surrogateescape"))
        if place is not None:
            lines[place] = b""
    return b"".join(_sorted_runs(lines))


def line_key(line: bytes) -> bytes:
    """lineToKey: what stands before "=", b"" for a comment and for a line without one."""
    key, equals, _ = line.partition(b"=")
    return key if equals and b"#" not in key else b""


def _sorted_runs(lines: list[bytes]) -> list[bytes]:
    """Each run of settings sorted by name; a name comes up once in a run, so that ties cannot be."""
    result: list[bytes] = []
    run: list[bytes] = []
    for line in lines:
        if line_key(line):
            run.append(line)
            continue
        result += [*sorted(run, key=line_key), line]
        run = []
    return [*result, *sorted(run, key=line_key)]


def _lines(data: bytes) -> list[bytes]:
    """The lines with their line feeds; the last one gets one if it has none."""
    parts = _ended(data).split(b"\n")
    return [part + b"\n" for part in parts[:-1]]


def _ended(data: bytes) -> bytes:
    return data + b"\n" if data and not data.endswith(b"\n") else data


def _diff_line(line: str) -> DiffLine:
    sign, text = line[:1], line[1:]
    if sign == "@":
        return DiffLine("@", "…")
    name, equals, value = text.partition("=")
    return DiffLine(sign, safe_text(name + equals, limit=200) + _shown(name.strip(), value))


def _texts(data: bytes) -> list[str]:
    return _ended(data).decode("utf-8", "surrogateescape").split("\n")[:-1]


def _real(environment: Environment) -> Environment:
    """The environment without its what-if values. Raises ValueError where these chose the files."""
    if not environment.overlay:
        return environment
    user, goroot = environment.user_file, environment.goroot_file
    real = layer_environment(
        environment.real_process,
        user.data if user is not None else None,
        goroot.data if goroot is not None else None,
        facts=environment.facts,
        goenv_problem=user.problem if user is not None else None,
    )
    if (real.user_file and real.user_file.path) != (user and user.path):
        raise ValueError("a what-if value chose the settings file: read the environment without it")
    return real
