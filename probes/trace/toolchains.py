"""A module that wants a newer Go: which toolchain would go switch to?

Source: cmd/go/internal/toolchain/switch.go (NewerToolchain, autoToolchains, pathToolchains, newerToolchain),
modfetch/toolchain.go (toolchainRepo, dlToGo), gover/toolchain.go (TooNewError).
"""

from __future__ import annotations

import os
from functools import cmp_to_key
from pathlib import Path

from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.trace.events import Purpose
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker

TOOLCHAIN_PATH = "golang.org/toolchain"
RULE = "cmd/go/internal/toolchain/switch.go Switcher.Switch"


class TooNew(GoError):
    """gover TooNewError: a module's go line asks for a newer Go than the one that runs."""

    def __init__(self, what: str, wanted: str, running: str, gotoolchain: str) -> None:
        explained = f"; GOTOOLCHAIN={gotoolchain}" if gotoolchain not in ("", "auto") else ""
        super().__init__(f"{what} requires go >= {wanted} (running go {running}{explained})")
        self.wanted = wanted


def local_version(environment: Environment) -> str | None:
    """The running Go's version such as "1.27.3"; None where there is no Go."""
    name = environment.go_version
    return None if name is None else name.removeprefix("go")


def check_go_line(what: str, wanted: str, environment: Environment) -> None:
    """Raise TooNew where the running Go is older than a module's go line. Without a Go nothing is too new."""
    running = local_version(environment)
    if running is not None and gover.compare(wanted, running) > 0:
        raise TooNew(what, wanted, running, environment.get("GOTOOLCHAIN"))


def may_switch(environment: Environment) -> bool:
    """Switcher.NeedSwitch: whether GOTOOLCHAIN lets go switch to another toolchain."""
    return environment.get("GOTOOLCHAIN").rpartition("+")[2] in ("auto", "path")


def other_toolchain(environment: Environment) -> str | None:
    """The toolchain that GOTOOLCHAIN names and that is not the one at hand (toolchain Select); else None."""
    least = environment.get("GOTOOLCHAIN").partition("+")[0]
    if least in ("", "auto", "path", "local") or local_version(environment) is None:
        return None
    return None if least == environment.go_version else least


async def newer_toolchain(
    wanted: str, environment: Environment, repositories: Repositories, walker: Walker
) -> str:
    """The toolchain that go would switch to, such as "go1.28.1". Raises GoError where there is none."""
    if environment.get("GOTOOLCHAIN").rpartition("+")[2] == "auto":
        listed = await walker.walk(
            Purpose.TOOLCHAINS,
            "",
            lambda hop: repositories.lookup(hop, TOOLCHAIN_PATH).versions(""),
            path=TOOLCHAIN_PATH,
        )
        known = {version for name in listed if (version := _released_version(name))}
    else:
        known = set(_versions_on_path(environment.process.get("PATH", "")))
    known.add(local_version(environment) or "")
    known.discard("")
    return "go" + _choose(wanted, sorted(known, key=cmp_to_key(gover.compare)))


def _released_version(name: str) -> str | None:
    """dlToGo: "v0.0.1-go1.28.0.linux-amd64" is the release 1.28.0."""
    _, dash, rest = name.partition("-")
    version, dot, platform = rest.rpartition(".")
    return version.removeprefix("go") if dash and dot and "-" in platform else None


def _versions_on_path(path: str) -> list[str]:
    """pathToolchains: executables called go1.… in absolute folders of PATH."""
    found = []
    for folder in filter(os.path.isabs, path.split(os.pathsep)):
        try:
            entries = [entry for entry in Path(folder).iterdir() if entry.name.startswith("go1.")]
        except OSError:
            continue
        found += [
            entry.name.removeprefix("go")
            for entry in entries
            if entry.is_file() and os.access(entry, os.X_OK) and gover.is_valid(entry.name.removeprefix("go"))
        ]
    return found


def _choose(wanted: str, versions: list[str]) -> str:
    """newerToolchain: the newest patch of the newest family but one, if that will do; else the newest.

    ``versions`` from oldest to newest.
    """
    newest_of_family: list[str] = []
    for version in reversed(versions):
        if gover.compare(version, wanted) < 0:
            break
        if newest_of_family and gover.lang(newest_of_family[-1]) == gover.lang(version):
            continue
        newest_of_family.append(version)
        if len(newest_of_family) > 1 and not gover.is_prerelease(newest_of_family[-2]):
            break
    if not newest_of_family:
        raise GoError(f"no releases found for go >= {wanted}")
    return newest_of_family[-1]
