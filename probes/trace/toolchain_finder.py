"""Finding another toolchain, and never running it: PATH first, then the download of one zip.

Source: cmd/go/internal/toolchain/select.go (Exec) and switch.go (Switch), modfetch/fetch.go (Download). Where
go would start what it found, the trace says so and goes on as that release, by the rules that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, NoReturn

from probes.golang import gomod, gover
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError, unwrap
from probes.golang.goproxy import Access, Hop, access, is_private
from probes.golang.gozip import read_directory
from probes.golang.host import host_platform
from probes.golang.quote import quote
from probes.golang.toolchain_name import version_of_toolchain
from probes.golang.toolchain_select import may_download
from probes.sources.module_proxy import HTTPError
from probes.sources.toolchain_repo import TOOLCHAIN_PATH, download_version
from probes.sources.toolchains_in_path import find_toolchain
from probes.trace import toolchains
from probes.trace.events import Bend, Purpose, Turning, TurningTaken
from probes.trace.kept import unpacked_go_mod, zip_and_go_mod
from probes.trace.narrator import Narrator, words_told
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker

EXEC = "cmd/go/internal/toolchain/select.go Exec"
LOOKUP = "cmd/go/internal/modfetch/repo.go lookup"
COUNT = "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT"
ANY_VERSION = "v0.0.0"
"""One that any module cache can hold."""
MOST_SWITCHES = 100
"""How often one go may start another."""
_MARKED = ("pkg/tool", "lib", "bin/gofmt", "bin")
"""What Exec marks as executable, in this order, after it has found bin/go."""


class NotHad(Fatal):
    """go ends, for the toolchain that it wants cannot be had."""

    def __init__(self, text: str, cause: GoError | None = None) -> None:
        super().__init__(text)
        self.cause = cause
        """What a walk ended with, where one failed."""


class ToolchainFinder:
    """toolchain Exec, but for running what it finds."""

    def __init__(
        self,
        environment: Environment,
        repositories: Repositories,
        walker: Walker,
        narrator: Narrator,
        explained: str | None = None,
    ) -> None:
        """``explained`` is what the selection adds to the words of a go that is too old."""
        self._explained = explained
        self._environment = environment
        self._repositories = repositories
        self._walker = walker
        self._narrator = narrator

    async def newer(self, error: toolchains.TooNew) -> str:
        """The toolchain that a module which wants a newer go makes go switch to. Raises GoError for none."""
        try:
            name = await toolchains.newer_toolchain(
                error.wanted, self._environment, self._repositories, self._walker
            )
        except GoError as failure:
            words = f"go: switching to go >= {error.wanted}: {failure}"
            self._take("", Bend.STOPS, "nobody has a newer go", rule=toolchains.RULE, error=words)
            raise
        because = f"{error.what} requires go >= {error.wanted}"
        local = self._environment.go_version or ""
        self._take(local, Bend.LEADS, because, rule=toolchains.RULE, to=name)
        return name

    async def find(self, name: str) -> None:
        """Find the toolchain ``name`` as go does, and tell where.

        Raises NotHad with what go prints, and what a walk raises where it cannot be told.
        """
        if _number(self._environment.process.get(COUNT, "")) >= MOST_SWITCHES:
            self._stop(name, "go has started another go a hundred times", "go: too many toolchain switches")
        here = self._environment.facts.working_directory or "/"
        file = find_toolchain(name, self._environment.process, here)
        if file is not None:
            self._take(name, Bend.ANSWERS, f"{name} is in PATH, and would run from here", where=file)
            return
        if not may_download(self._environment.get("GOTOOLCHAIN")):
            setting = f"GOTOOLCHAIN={self._environment.get('GOTOOLCHAIN')}"
            because = f"it is not in PATH, and {setting} keeps to that"
            self._stop(name, because, f"go: cannot find {quote(name)} in PATH")
        self._take(name, Bend.STRAIGHT, "it is not in PATH")
        pattern = is_private(TOOLCHAIN_PATH, self._environment.get("GONOPROXY"))
        if pattern is not None:
            because = f"GONOPROXY={pattern.pattern} matches {TOOLCHAIN_PATH}: no proxy is asked for it"
            self._take(name, Bend.LEADS, because, rule=LOOKUP, to="its origin")
        await self._download(name)

    def _take(
        self,
        name: str,
        bend: Bend,
        because: str,
        *,
        rule: str = EXEC,
        where: str = "",
        to: str = "",
        error: str | None = None,
    ) -> None:
        self._narrator.emit_now(
            TurningTaken, turning=Turning.TOOLCHAIN, bend=bend, path="toolchain", version=words_told(name),
            because=words_told(because), rule=rule, where=words_told(where), to=words_told(to),
            error=None if error is None else words_told(error),
        )  # fmt: skip

    def _stop(self, name: str, because: str, error: str, cause: GoError | None = None) -> NoReturn:
        self._take(name, Bend.STOPS, because, error=error)
        raise NotHad(error, cause)

    async def _download(self, name: str) -> None:
        """modfetch Download of golang.org/toolchain, and what Exec does with the files."""
        platform = host_platform() or ("linux", "amd64")
        version = download_version(name, platform)
        try:
            self._repositories.require_cacheable(ANY_VERSION)
        except GoError as error:
            self._stop(name, "the module cache cannot be used", f"go: go: {error}")
        try:
            self._repositories.require_cacheable(version)
            await self._fetch(version)
        except Fatal as error:
            self._stop(name, "nobody vouches for it", f"go: {error}")
        except GoError as error:
            self._stop(name, self._reasons(error), _words(name, "/".join(platform), error), error)
        self._take(name, Bend.LEADS, f"{name} can be had, and would run from here")

    async def _fetch(self, version: str) -> None:
        """modfetch Download, and the files that Exec needs. Raises GoError, Fatal, and what a walk raises."""
        # Also in a trace with a cold cache, which is about the module: a toolchain has some 75 MB, and each
        # go command of the project has long found it there.
        kept = self._repositories.kept_zip(TOOLCHAIN_PATH, version, always=True)
        if kept is not None and kept.has_hash and kept.is_unpacked():
            text = await unpacked_go_mod(self._repositories, kept, TOOLCHAIN_PATH, version)
            self._check_go_line(version, text)
            _check_files(str(kept.folder), lambda name: (kept.folder / name).exists())
            return

        def look(file: BinaryIO) -> None:
            start = len(f"{TOOLCHAIN_PATH}@{version}/")
            names = [entry.name[start:] for entry in read_directory(file, file.seek(0, 2))]
            _check_files(folder, lambda name: any(f"{one}/".startswith(f"{name}/") for one in names))

        folder = self._repositories.folder_name(TOOLCHAIN_PATH, version)
        text = await zip_and_go_mod(
            self._repositories, self._walker, TOOLCHAIN_PATH, version, purpose=Purpose.TOOLCHAIN, look=look
        )
        self._check_go_line(version, text)

    def _check_go_line(self, version: str, text: bytes | None) -> None:
        if text is not None:
            wanted = gomod.go_mod_lookup(text, "go")
            what = f"{TOOLCHAIN_PATH}@{version}"
            toolchains.check_go_line(what, wanted, self._environment, self._explained)

    def _reasons(self, error: GoError) -> str:
        """What each entry of GOPROXY said, which go does not tell."""
        if id(error) not in self._walker.failures:
            return str(error).split("\n", 1)[0]
        told = []
        private = is_private(TOOLCHAIN_PATH, self._environment.get("GONOPROXY")) is not None
        for hop, said in self._walker.met:
            match access(hop, private=private):
                case Access.OFF:
                    told.append("off asks nobody")
                case Access.NOT_PRIVATE | Access.PRIVATE:
                    continue
                case _:
                    told.append(_said(hop, said))
        return "; ".join(told) or "nobody was asked"


def _said(hop: Hop, error: GoError) -> str:
    answer = unwrap(error, HTTPError)
    if isinstance(answer, HTTPError):
        return f"{hop.name} answered {answer.status}"
    words = str(error).split("\n", 1)[0]
    return f"{hop.name}: {words}"


def _words(name: str, platform: str, error: GoError) -> str:
    """What Exec prints when the download fails: of "not found" it does not say who said so."""
    release = version_of_toolchain(name)
    if not error.not_exist:
        return f"go: download {name}: {error}"
    if gover.is_lang(release) and gover.compare(release, "1.21") >= 0:
        words = f"go: invalid toolchain: {name} is a language version but not a toolchain version"
        return f"{words} ({name}.x)"
    return f"go: download {name} for {platform}: toolchain not available"


def _check_files(folder: str, has: Callable[[str], bool]) -> None:
    """What Exec misses in what is no toolchain. Raises GoError."""
    for verb, wanted in (("stat", "bin/go"), *(("lstat", one) for one in _MARKED)):
        if not has(wanted):
            raise GoError(f"{verb} {folder}/{wanted}: no such file or directory")


def _number(text: str) -> int:
    """strconv.Atoi, 0 for what is none."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else 0
