"""The one reader of the environment: process variables, settings files, the Go tree, go itself.

Everything that layer_environment needs to know about this machine is collected here, and nothing is decided.
A Go tree is found the way cmd/go finds its own (cfg.findGOROOT), without running anything; only when the go
on PATH turns out to be a wrapper script is it asked, with a time limit. Works with no Go installed.

``ask_go`` and ``compare_with_go`` run the go command as a second opinion. They cannot make it download
anything: GOTOOLCHAIN=local forbids a switch, and ``go env`` opens no connection.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from probes.golang.environment import (
    VARIABLES,
    Environment,
    Facts,
    goenv_path,
    layer_environment,
)
from probes.golang.urls import clean

TIME_LIMIT = 10.0
"""Seconds that go may take to answer; it needs some 20 ms."""


def read_environment(
    process: Mapping[str, str] | None = None,
    *,
    cwd: str | None = None,
    overlay: Mapping[str, str] | None = None,
) -> Environment:
    """Read what go would see.

    ``process`` is the process environment (default: this process's), ``cwd`` the working directory (default:
    this process's, spelt as PWD spells it), ``overlay`` what-if values for process variables, "" to unset
    one. Never raises for what it finds: a file that cannot be read is kept with its ``problem``.
    """
    process = dict(os.environ if process is None else process)
    overlay = dict(overlay or {})
    merged = {**process, **overlay}
    cwd = working_directory(merged) if cwd is None else cwd

    goenv = goenv_path(merged, sys.platform)
    goenv_bytes, goenv_problem = _read(goenv, cwd)
    tree = _find_tree(merged, _last_value(goenv_bytes, "GOROOT"), cwd)
    goroot_env_bytes, goroot_env_problem = _read(f"{tree.goroot}/go.env" if tree.goroot else "", cwd)

    def layer(facts: Facts) -> Environment:
        return layer_environment(
            process,
            goenv_bytes,
            goroot_env_bytes,
            overlay=overlay,
            facts=facts,
            goenv_problem=goenv_problem,
            goroot_env_problem=goroot_env_problem,
        )

    first = layer(tree)
    return layer(
        replace(
            tree,
            work_file=find_work_file(cwd, first.goroot),
            working_directory=cwd,
            missing_paths=_missing(_named_paths(first), cwd),
        )
    )


def working_directory(process: Mapping[str, str]) -> str:
    """os.Getwd: the PWD variable where it names this folder, else the folder's real name; "" when gone."""
    pwd = process.get("PWD", "")
    try:
        if pwd.startswith("/") and Path(pwd).samefile("."):
            return pwd
        return str(Path.cwd())
    except OSError:
        return ""


def find_work_file(cwd: str, goroot: str) -> str:
    """The go.work that encloses ``cwd``, "" when there is none. Source: modload findWorkspaceFile."""
    if not cwd:
        return ""
    folder = clean(cwd)
    while True:
        candidate = clean(folder + "/go.work")
        # A file or a device, anything but a folder.
        if os.path.exists(candidate) and not os.path.isdir(candidate):  # noqa: PTH110, PTH112
            return candidate
        above = os.path.dirname(folder) or "."  # noqa: PTH120
        if above in (folder, goroot):
            return ""
        folder = above


def _read(path: str, cwd: str) -> tuple[bytes | None, str | None]:
    """The bytes of a file, and why a file that is there could not be read."""
    if not path:
        return None, None
    try:
        return (Path(cwd) / path).read_bytes(), None
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name. go ignores any error here.
        return None, getattr(error, "strerror", None) or str(error)


def _last_value(data: bytes | None, key: str) -> str:
    from probes.golang.env_file import EnvFile

    found = EnvFile("", data).entries(key)
    return found[0].value if found else ""


# --- The Go tree.


def _find_tree(process: Mapping[str, str], goroot_of_file: str, cwd: str) -> Facts:
    """cfg.findGOROOT, seen from outside: which tree the go on PATH would take for its own."""
    command = find_go(process)
    own, is_forced = (None, False) if command is None else _own_tree(command, process, cwd)
    facts = Facts(go_command=command, goroot_where=command, platform=sys.platform)
    # The user's file beats the process here, though not in the value of GOROOT itself.
    named = goroot_of_file or ("" if is_forced else process.get("GOROOT", ""))
    if named and (own is not None or (Path(cwd) / named).is_dir()):
        facts = replace(facts, goroot=clean(named))
    elif own is not None:
        facts = replace(facts, goroot=own)
    # runtime.Version() is compiled in: the command's own tree knows it, whatever GOROOT says.
    versioned = own or facts.goroot
    if versioned is not None and (version := _version_of(versioned, cwd)):
        facts = replace(facts, go_version=version, go_version_where=f"{versioned}/VERSION")
    return replace(facts, forced_goroot=own if is_forced else None)


def _own_tree(command: str, process: Mapping[str, str], cwd: str) -> tuple[str | None, bool]:
    """The tree that a go command belongs to, and whether it is a wrapper that sets GOROOT by itself."""
    tree = _tree_of(command)
    if tree is not None:
        return tree, False
    # A wrapper script. Asked with GOROOT=/, one that sets GOROOT itself names its own tree all the same.
    answer = _ask_for_tree(command, process, cwd, {"GOROOT": "/"})
    if answer != "/":
        return answer, answer is not None
    return _ask_for_tree(command, process, cwd, {}), False


def find_go(process: Mapping[str, str]) -> str | None:
    """The go command on PATH, None when there is none; relative entries of PATH do not count."""
    entries = [entry for entry in process.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    return shutil.which("go", path=os.pathsep.join(entries)) if entries else None


def _tree_of(command: str) -> str | None:
    """The tree that holds this executable, as os.Executable and isGOROOT find it; None for a wrapper."""
    executable = Path(os.path.realpath(command))
    for folder in executable.parents[1:3]:
        if (folder / "pkg" / "tool").is_dir():
            return str(folder)
    return None


def _ask_for_tree(command: str, process: Mapping[str, str], cwd: str, extra: Mapping[str, str]) -> str | None:
    # Without the user's settings: some make every go command fail, and none may start a download.
    bare = {name: value for name, value in process.items() if not name.startswith("GO")}
    bare |= {"GOENV": "off", "GOTOOLCHAIN": "local", **extra}
    answer = _run([command, "env", "GOROOT"], bare, cwd)
    root = answer.stdout.strip("\n") if answer is not None and answer.returncode == 0 else ""
    return root if root and (Path(cwd) / root).is_dir() else None


def _version_of(tree: str, cwd: str) -> str | None:
    data, _ = _read(f"{tree}/VERSION", cwd)
    first = (data or b"").decode("utf-8", "surrogateescape").split("\n")[0].strip()
    return first or None


# --- Paths that variables name.


def _named_paths(environment: Environment) -> Iterable[str]:
    for name in ("NETRC", "SSL_CERT_FILE", "GOROOT"):
        yield environment.get(name)
    yield from environment.get("SSL_CERT_DIR").split(":")
    if environment.setting("GOENV").source.value in ("process", "overlay"):
        yield environment.get("GOENV")
    if environment.get("GOWORK") != "off":
        yield environment.get("GOWORK")


def _missing(paths: Iterable[str], cwd: str) -> frozenset[str]:
    return frozenset(path for path in paths if path and not os.path.exists(Path(cwd) / path))  # noqa: PTH110


# --- go's own answer.


@dataclass(frozen=True, slots=True)
class GoAnswer:
    """What ``go env`` says."""

    values: Mapping[str, str]
    """By name; empty when go failed."""
    failure: str | None = None
    """What go printed on stderr when it failed, or why it could not be run."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A variable about which modtrace and go disagree."""

    name: str
    ours: str
    go: str


def ask_go(
    names: Iterable[str], process: Mapping[str, str] | None = None, cwd: str | None = None
) -> GoAnswer | None:
    """Run ``go env -json NAMES``; None when no go is on PATH.

    GOTOOLCHAIN=local keeps it from running, or downloading, another toolchain. GOTOOLCHAIN itself is asked
    with a command of its own, which the local toolchain always answers (toolchain.Select). A go that refuses
    to run, as it does with GO111MODULE=bogus, gives an answer with ``failure``.
    """
    process = dict(os.environ if process is None else process)
    command = find_go(process)
    if command is None:
        return None
    wanted = list(dict.fromkeys(names))
    values: dict[str, str] = {}
    others = [name for name in wanted if name != "GOTOOLCHAIN"]
    if others:
        answer = _run([command, "env", "-json", *others], {**process, "GOTOOLCHAIN": "local"}, cwd)
        if answer is None or answer.returncode != 0:
            return GoAnswer(MappingProxyType({}), _failure(answer))
        try:
            values |= json.loads(answer.stdout)
        except ValueError:
            return GoAnswer(MappingProxyType({}), "go env -json printed no JSON")
    if "GOTOOLCHAIN" in wanted:
        answer = _run([command, "env", "GOTOOLCHAIN"], process, cwd)
        if answer is None or answer.returncode != 0:
            return GoAnswer(MappingProxyType({}), _failure(answer))
        values["GOTOOLCHAIN"] = answer.stdout.removesuffix("\n")
    return GoAnswer(MappingProxyType({name: values.get(name, "") for name in wanted}))


def compare_with_go(environment: Environment, answer: GoAnswer | None = None) -> list[Difference]:
    """Where go's own answer differs from ``environment``; empty when there is no go or it fails.

    ``answer`` is one that was asked for before; otherwise go is asked now, as this process would run it in
    the environment's working directory.
    """
    if answer is None:
        answer = ask_go(ASKED, environment.process, environment.facts.working_directory or None)
    if answer is None:
        return []
    return [
        Difference(name, environment.get(name), value)
        for name, value in answer.values.items()
        if _as_json(environment.get(name)) != _as_json(value)
    ]


ASKED = tuple(variable.name for variable in VARIABLES if variable.is_known_to_go_env)
"""The variables that go env knows: those that can be compared."""

_NOT_UTF8 = re.compile("[\ud800-\udfff\ufffd]")


def _as_json(value: str) -> str:
    """A value as encoding/json writes it: U+FFFD for every byte that is not UTF-8."""
    return _NOT_UTF8.sub("\ufffd", value)


def _run(
    argv: list[str], process: Mapping[str, str], cwd: str | None
) -> subprocess.CompletedProcess[str] | None:
    try:
        done = subprocess.run(
            argv,
            env={**process, **({"PWD": cwd} if cwd else {})},
            cwd=cwd or None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    # Decoded here: text mode would turn the carriage return at the end of a value into a line feed.
    out, err = (part.decode("utf-8", "surrogateescape") for part in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(argv, done.returncode, out, err)


def _failure(answer: subprocess.CompletedProcess[str] | None) -> str:
    if answer is None:
        return f"go could not be run, or did not answer within {TIME_LIMIT:.0f} s"
    return answer.stderr.strip() or f"go env ended with exit status {answer.returncode}"
