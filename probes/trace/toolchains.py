"""A module or a project that wants a newer Go: what go says, and which toolchain it would switch to.

Source: cmd/go/internal/toolchain/switch.go (NewerToolchain, newerToolchain), gover/toolchain.go
(TooNewError).
"""

from __future__ import annotations

from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.toolchain_name import release_of_go
from probes.golang.toolchain_select import explained
from probes.sources.toolchain_repo import TOOLCHAIN_PATH as TOOLCHAIN_PATH
from probes.sources.toolchains_in_path import releases_in_path
from probes.trace.events import Purpose
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker

RULE = "cmd/go/internal/toolchain/switch.go Switcher.Switch"


class TooNew(GoError):
    """gover TooNewError: a module's go line asks for a newer Go than the one that runs."""

    def __init__(self, what: str, wanted: str, running: str, explained: str) -> None:
        super().__init__(f"{what} requires go >= {wanted} (running go {running}{explained})")
        self.what = what
        self.wanted = wanted


def local_version(environment: Environment) -> str | None:
    """The running Go's version such as "1.27.3"; None where there is no Go."""
    return release_of_go(environment.go_version)


def check_go_line(what: str, wanted: str, environment: Environment, words: str | None = None) -> None:
    """Raise TooNew where the running Go is older than a module's go line. Without a Go nothing is too new.

    ``words`` are what the selection at the start has to say about it.
    """
    running = local_version(environment)
    if running is None or gover.compare(wanted, running) <= 0:
        return
    if words is None:
        words = explained(environment.get("GOTOOLCHAIN"), environment.go_version or "", None)
    raise TooNew(what, wanted, running, words)


def may_switch(environment: Environment) -> bool:
    """Switcher.NeedSwitch: whether GOTOOLCHAIN lets go switch to another toolchain."""
    return environment.get("GOTOOLCHAIN").rpartition("+")[2] in ("auto", "path")


async def newer_toolchain(
    wanted: str, environment: Environment, repositories: Repositories, walker: Walker
) -> str:
    """The toolchain that go would switch to, such as "go1.28.1". Raises GoError where there is none."""
    if environment.get("GOTOOLCHAIN").rpartition("+")[2] == "auto":
        known = await walker.walk(
            Purpose.TOOLCHAINS, "", lambda hop: repositories.lookup(hop, "go").versions(""),
            path=TOOLCHAIN_PATH,
        )  # fmt: skip
    else:
        known = releases_in_path(environment.process)
    return "go" + _choose(wanted, known)


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
