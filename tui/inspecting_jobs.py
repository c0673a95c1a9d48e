"""What the screens that look into a version ask of the engine. The engine is imported in its own thread.

What takes the processor for longer than a moment is done in yet another thread: the engine's own loop is
where a trace measures its times.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.browse.archive import Archive, Checked, Shelf, Supplier
    from probes.browse.contents import Contents, Preview
    from probes.browse.differences import Difference, FileChange, TextChange
    from probes.golang.environment import Environment
    from probes.golang.gojson import RevInfo
    from probes.golang.gomod_full import FullGoMod
    from probes.net.limits import Limits
    from tui.lines import Line

MOST_GO_MOD_BYTES = 1_000_000
"""A go.mod with ten thousand requirements has less; go has a limit of 16 MiB for those in zips."""
PROGRESS_S = 0.2
"""How often the progress of a zip is told."""


@dataclass(frozen=True, slots=True)
class Come:
    """So much of a zip has come."""

    what: str
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be looked at, and why."""

    words: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A zip is there, and its directory was read."""

    archive: Archive
    contents: Contents


@dataclass(frozen=True, slots=True)
class Read:
    """All of a zip was read."""

    checked: Checked


@dataclass(frozen=True, slots=True)
class GoModShown:
    """A go.mod, and what the .info says."""

    source: str
    text: bytes
    parsed: FullGoMod
    lax_error: str
    """What go says of it where it is the go.mod of a dependency; "" where it takes it."""
    lines: tuple[str, ...]
    colours: tuple[Line, ...] | None
    info: RevInfo | None
    info_source: str
    info_error: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """A file is there to be shown."""

    preview: Preview


@dataclass(frozen=True, slots=True)
class Coloured:
    """Its lines in roles."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two zips were compared."""

    difference: Difference


@dataclass(frozen=True, slots=True)
class Unified:
    """The changes of one file, line by line."""

    change: FileChange
    head: tuple[str, ...]
    text: TextChange


@dataclass(frozen=True)
class Look:
    """What all of these jobs need."""

    environment: Environment = field(repr=False)
    limits: Limits
    shelf: Shelf = field(repr=False)


async def _bring(look: Look, path: str, version: str, who: Supplier, emit: Emit) -> Archive:
    from probes.browse.archive import bring_zip

    told = 0.0

    def progress(received: int, total: int | None) -> None:
        nonlocal told
        if monotonic() - told >= PROGRESS_S:
            told = monotonic()
            emit(Come(f"{path}@{version}", received, total))

    return await bring_zip(
        look.environment, path, version, who, look.shelf, limits=look.limits, progress=progress
    )


def _words(error: Exception) -> str:
    from probes.golang.redact import redact

    return redact(str(error))


@dataclass(frozen=True)
class ListJob:
    """Bring a zip and list it; says Come, Listed and Read, or Failed."""

    look: Look
    path: str
    version: str
    who: Supplier

    async def run(self, emit: Emit) -> None:
        """List."""
        from probes.browse.archive import check
        from probes.browse.aside import aside
        from probes.browse.contents import contents_of
        from probes.golang.errors import GoError

        try:
            archive = await _bring(self.look, self.path, self.version, self.who, emit)
        except GoError as error:
            emit(Failed(_words(error)))
            return
        emit(Listed(archive, await aside(contents_of, archive)))
        emit(Read(await aside(check, archive)))


@dataclass(frozen=True)
class GoModJob:
    """Bring a go.mod and its .info; says GoModShown, or Failed."""

    look: Look
    path: str
    version: str
    who: Supplier

    async def run(self, emit: Emit) -> None:
        """Read."""
        from probes.browse.archive import bring_info, bring_text
        from probes.browse.aside import aside
        from probes.golang.errors import GoError
        from probes.golang.protocol import Op

        where = self.look.environment, self.path, self.version
        texts = bring_text(*where, Op.MOD, self.who, limits=self.look.limits)
        infos = bring_info(*where, self.who, limits=self.look.limits)
        mod, info = await asyncio.gather(texts, infos, return_exceptions=True)
        for one in (mod, info):
            if isinstance(one, BaseException) and not isinstance(one, GoError):
                raise one
        if isinstance(mod, BaseException):
            emit(Failed(_words(mod) if isinstance(mod, Exception) else "stopped"))
            return
        text, source = mod
        if len(text) > MOST_GO_MOD_BYTES:
            words = f"the go.mod from {source} has {len(text):,} bytes, and no more than"
            emit(Failed(f"{words} {MOST_GO_MOD_BYTES:,} are read here"))
            return
        parsed, lax_error, lines, colours = await aside(_read_go_mod, text)
        if isinstance(info, BaseException):
            known, who, error = None, "", _words(info) if isinstance(info, Exception) else "stopped"
        else:
            (known, who), error = info, ""
        emit(GoModShown(source, text, parsed, lax_error, lines, colours, known, who, error))


def _read_go_mod(text: bytes) -> tuple[FullGoMod, str, tuple[str, ...], tuple[Line, ...] | None]:
    from probes.browse.contents import preview_of
    from probes.golang.errors import GoError
    from probes.golang.gomod import parse_lax
    from probes.golang.gomod_full import read_full
    from tui.drawing.highlighting import highlighted

    lax_error = ""
    try:
        parse_lax(text)
    except GoError as error:
        lax_error = str(error)
    lines = preview_of("go.mod", text, len(text)).lines
    colours = highlighted("go.mod", lines)
    return read_full(text), lax_error, lines, None if colours is None else tuple(colours)


@dataclass(frozen=True)
class PreviewJob:
    """Unpack the beginning of a file, into memory; says Previewed, then Coloured where there is more."""

    archive: Archive = field(repr=False)
    path: str

    async def run(self, emit: Emit) -> None:
        """Unpack."""
        from probes.browse.aside import aside
        from probes.browse.contents import preview
        from tui.drawing.highlighting import highlighted

        prefixed = {self.archive.prefix + self.path, self.path}
        entries = [entry for entry in self.archive.entries if entry.name in prefixed]
        if not entries:
            emit(Failed("the zip has no such file"))
            return
        shown = await aside(preview, self.path, entries[-1])
        emit(Previewed(shown))
        if not shown.binary:
            colours = await aside(highlighted, self.path, shown.lines)
            if colours is not None:
                emit(Coloured(tuple(colours)))


@dataclass(frozen=True)
class CompareJob:
    """Bring two zips and compare them; says Come and Compared, or Failed."""

    look: Look
    old: tuple[str, str, Supplier]
    new: tuple[str, str, Supplier]

    async def run(self, emit: Emit) -> None:
        """Compare."""
        from probes.browse.aside import aside
        from probes.browse.differences import compare, served_go_mods
        from probes.golang.errors import GoError

        sides = (self.old, self.new)
        found = await asyncio.gather(
            *(_bring(self.look, *one, emit) for one in sides), return_exceptions=True
        )
        failed = []
        for (path, version, who), one in zip(sides, found, strict=True):
            if isinstance(one, GoError):
                words = _words(one).removeprefix(f"{path}@{version}: ")
                failed.append(f"{path}@{version} from {who.name}: {words}")
            elif isinstance(one, BaseException):
                raise one
        if failed:
            emit(Failed("\n".join(failed)))
            return
        old, new = (one for one in found if not isinstance(one, BaseException))
        go_mods = ("", "")
        if self.old[:2] == self.new[:2]:
            whos = (self.old[2], self.new[2])
            go_mods = await served_go_mods(self.look.environment, *self.old[:2], whos, self.look.limits)
        try:
            emit(Compared(await aside(compare, old, new, go_mods)))
        except GoError as error:
            emit(Failed(_words(error)))


@dataclass(frozen=True)
class TextJob:
    """Compare one file line by line; says Unified."""

    change: FileChange = field(repr=False)
    keeps: tuple[Archive, Archive] = field(repr=False)
    """The zips that the file is in stay open meanwhile."""

    async def run(self, emit: Emit) -> None:
        """Compare."""
        from probes.browse.aside import aside
        from probes.browse.differences import patch_head, text_of

        text = await aside(text_of, self.change)
        emit(Unified(self.change, tuple(patch_head(self.change)), text))
