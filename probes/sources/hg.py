"""Mercurial as go runs it: a whole copy of the repository, asked by ``hg log`` and ``hg cat``.

Source: cmd/go/internal/modfetch/codehost/vcs.go (vcsCmds["hg"], hgAddRemote, hgParseStat) of Go 1.27. The
user's own hgrc counts, as it does for go, which sets nothing in the environment for these commands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from probes.golang.code_host import Revision
from probes.golang.errors import GoError
from probes.golang.os_errors import errno_words
from probes.golang.quote import quote
from probes.sources.programs import text_of
from probes.sources.vcs_repo import MOST_SHOWN, VCSHost, highest_tag, shorten, unexpected, words_of

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_TIP = re.compile(r"^tip$", re.MULTILINE)


class MercurialHost(VCSHost):
    """A Mercurial repository."""

    program = "hg"
    latest_name = "tip"
    fetch_arguments = ("pull", "-f")
    fetch_before_lists = True

    async def prepare(self) -> None:
        await self._run("init", ".")
        try:
            with (self._folder / ".hg/hgrc").open("w", errors="surrogateescape") as settings:
                settings.write(f"[paths]\ndefault = {self._remote}\n")
        except OSError as error:
            raise GoError(f"open {self._shown_folder}/.hg/hgrc: {errno_words(error)}") from error

    def tags_arguments(self) -> tuple[str, ...]:
        return ("tags", "-q")

    def branches_arguments(self) -> tuple[str, ...]:
        return ("branches", "-c", "-q")

    def may_move(self, name: str) -> bool:
        return _TIP.search(name) is not None

    def stat_arguments(self, revision: str) -> tuple[str, ...]:
        return ("log", "-l1", f"--rev={revision}", "--template", "{node} {date|hgdate} {tags}")

    def parse_stat(self, revision: str, printed: str) -> Revision:
        words = words_of(printed)
        if len(words) < 3:
            raise unexpected("hg log", printed)
        name = words[0]
        try:
            if not _INTEGER.fullmatch(words[1]):
                raise ValueError
            time = datetime.fromtimestamp(int(words[1]), UTC)
        except (ValueError, OverflowError, OSError):
            raise GoError(f"invalid time from hg log: {quote(printed[:MOST_SHOWN])}") from None
        version = name if name.startswith(revision) else revision
        tags = tuple(sorted(tag for tag in words[3:] if tag != "tip"))
        return Revision(name, shorten(name), version, time, tags, {"Hash": name})

    def file_arguments(self, revision: str, file: str) -> tuple[str, ...]:
        return ("cat", f"--rev={revision}", "--", file)

    async def archive(self, revision: str, folder: str, target: Path) -> None:
        only = [f"--include={folder}/**"] if folder else []
        await self._run(
            "archive", "-t", "zip", "--no-decode", f"--rev={revision}", "--prefix=prefix/", *only, "--",
            str(target),
        )  # fmt: skip

    async def recent_tag(self, revision: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        printed = await self._run("log", f"--rev=ancestors({revision}) and tag()", "--template", "{tags}\n")
        return highest_tag(words_of(text_of(printed)), prefix, allowed)

    async def descends_from(self, revision: str, tag: str) -> bool:
        return bool((await self._run("log", f"--rev=ancestors({revision}) and {tag}")).strip())
