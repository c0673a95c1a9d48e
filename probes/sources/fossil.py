"""Fossil as go runs it: a clone in one file, asked by ``fossil info`` and ``fossil cat``.

Source: cmd/go/internal/modfetch/codehost/vcs.go (vcsCmds["fossil"], fossilParseStat) of Go 1.27, which finds
no tags at all, and no commit whose name is not a SHA-1 of 40 digits: Fossil has made others since 2017.

Fossil writes the name of every repository into the user's configuration. So it is given a copy of that.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from probes.golang.code_host import Revision
from probes.sources.vcs_repo import ARCHIVE, VCSHost, shorten, unexpected, words_of

_CLONE = ".fossil"
_HASH_DIGITS = 40
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


class FossilHost(VCSHost):
    """A Fossil repository."""

    program = "fossil"
    latest_name = "trunk"
    fetch_arguments = ("pull", "-R", _CLONE)

    async def prepare(self) -> None:
        self._copy_configuration()
        await self._run("clone", "--", self._remote, _CLONE)

    async def _run(self, *arguments: str, beside: bool = False, **variables: str) -> bytes:
        settings = str(self._folder.parent / "settings")
        return await super()._run(*arguments, beside=beside, FOSSIL_HOME=settings, **variables)

    def _copy_configuration(self) -> None:
        """db_configdb_name: where Fossil looks for its settings, in this order."""
        settings = self._folder.parent / "settings"
        settings.mkdir()
        process = self._programs.process
        home = process.get("FOSSIL_HOME") or process.get("HOME") or "/"
        xdg = process.get("XDG_CONFIG_HOME") or f"{process.get('HOME', '')}/.config"
        for file in (Path(home) / ".fossil", Path(xdg) / "fossil.db"):
            if file.is_file():
                with suppress(OSError):
                    shutil.copyfile(file, settings / ".fossil")
                return

    def tags_arguments(self) -> tuple[str, ...]:
        return ("tag", "-R", _CLONE, "list")

    def tags_in(self, printed: str) -> list[str]:
        return []  # tagRE is "XXXTODO"

    def stat_arguments(self, revision: str) -> tuple[str, ...]:
        return ("info", "-R", _CLONE, "--", revision)

    def parse_stat(self, revision: str, printed: str) -> Revision:
        for line in printed.split("\n"):
            if not line.startswith(("uuid:", "hash:")):
                continue
            words = words_of(line)
            if len(words) != 5 or len(words[1].encode("utf-8", "surrogateescape")) != _HASH_DIGITS:
                raise unexpected("fossil info", line)
            name, stamp = words[1], f"{words[2]} {words[3]}"
            if words[4] != "UTC" or not _TIME.fullmatch(stamp):
                raise unexpected("fossil info", line)
            try:
                time = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
            except ValueError:
                raise unexpected("fossil info", line) from None
            version = name if name.startswith(revision) else revision
            return Revision(name, shorten(name), version, time, (), {"Hash": name})
        raise unexpected("fossil info", printed)

    def file_arguments(self, revision: str, file: str) -> tuple[str, ...]:
        return ("cat", "-R", _CLONE, f"-r={revision}", "--", file)

    async def archive(self, revision: str, folder: str, target: Path) -> None:
        """Where the archive is put is where it is run, for Fossil makes no absolute names."""
        only = [f"--include={folder}"] if folder and not set(folder) & set("*?[],") else []
        await self._run(
            "zip", "-R", str(self._folder / _CLONE), "--name", "prefix", *only, "--", revision, ARCHIVE,
            beside=True,
        )  # fmt: skip
