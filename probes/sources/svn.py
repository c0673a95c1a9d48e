"""Subversion as go runs it: no copy, the server is asked each time.

Source: cmd/go/internal/modfetch/codehost/vcs.go (vcsCmds["svn"]) and svn.go (svnParseStat, svnReadZip) of Go
1.27. ``svn list`` ends the names of tags with a slash, so none of them is a version for go: "latest" and
pseudo-versions are all that there is, the revision number in them with zeros before it.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from probes.golang.code_host import Revision
from probes.golang.errors import GoError
from probes.golang.gotime import parse_rfc3339
from probes.golang.urls import join
from probes.sources.programs import NotRun, text_of
from probes.sources.vcs_repo import MOST_SHOWN, VCSHost


@dataclass(frozen=True, slots=True)
class _Listed:
    """One file of ``svn list``."""

    name: str
    size: int


class SubversionHost(VCSHost):
    """A Subversion repository."""

    program = "svn"
    latest_name = "latest"

    def tags_arguments(self) -> tuple[str, ...]:
        return ("list", "--", self._remote.removesuffix("/trunk") + "/tags")

    def tags_in(self, printed: str) -> list[str]:
        return printed.split("\n")

    def stat_arguments(self, revision: str) -> tuple[str, ...]:
        suffix = "" if revision == "latest" else f"@{revision}"
        return ("log", "-l1", "--xml", "--", self._remote + suffix)

    def parse_stat(self, revision: str, printed: str) -> Revision:
        number, date = 0, ""
        try:
            entry = _document(printed).find("logentry")
            if entry is not None:
                number, date = _number(entry.get("revision")), entry.findtext("date", "")
            time = parse_rfc3339(date.encode()).datetime()
        except GoError as error:
            raise GoError(
                f"unexpected response from svn log --xml: {error}\n{printed[:MOST_SHOWN]}"
            ) from error
        assert time is not None, "svn's years have four digits"
        return Revision(str(number), f"{number:012d}", revision, time)

    def file_arguments(self, revision: str, file: str) -> tuple[str, ...]:
        return ("cat", "--", f"{self._remote}/{file}@{revision}")

    async def archive(self, revision: str, folder: str, target: Path) -> None:
        """svnReadZip: the files that ``svn list`` names, out of what ``svn export`` has written."""
        place = f"{self._remote}/{folder}" if folder else self._remote
        printed = text_of(
            await self._run(
                "list", "--non-interactive", "--xml", "--incremental", "--recursive", "--revision", revision,
                "--", place,
            )
        )  # fmt: skip
        try:
            files = _files(printed)
        except GoError as error:
            shown = printed[:MOST_SHOWN]
            raise GoError(f"unexpected response from svn list --xml: {error}\n{shown}") from error
        export = self._folder / "export"
        await self._run(
            "export", "--non-interactive", "--quiet", "--native-eol", "LF", "--ignore-externals",
            "--ignore-keywords", "--revision", revision, "--", place, str(export),
        )  # fmt: skip
        try:
            base = join(PurePosixPath(self._remote).name, folder)
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    _add(archive, f"{base}/{file.name}", file, export)
        finally:
            shutil.rmtree(export, ignore_errors=True)


def _add(archive: zipfile.ZipFile, name: str, file: _Listed, export: Path) -> None:
    inside = os.path.realpath(export) + "/"
    source = os.path.realpath(export / file.name)
    if not source.startswith(inside):
        raise NotRun(f"go would put a file from outside of the repository into the module: {file.name}")
    if not os.path.lexists(export / file.name) or not Path(source).exists():
        raise GoError(f"file reported by 'svn list', but not written by 'svn export': {file.name}")
    size = Path(source).stat().st_size
    if size != file.size:
        raise GoError(
            "file size differs between 'svn list' and 'svn export': "
            f"file {file.name} listed as {file.size} bytes, but exported as {size} bytes"
        )
    archive.write(source, name)


def _document(printed: str) -> ET.Element:
    """xml.Unmarshal, as far as its words can be told beforehand; expat bounds what entities grow to."""
    if not printed:
        raise GoError("EOF")
    try:
        return ET.fromstring(printed.encode("utf-8", "surrogateescape"))
    except ET.ParseError as error:
        raise GoError(str(error)) from error


def _files(printed: str) -> list[_Listed]:
    """What ``svn list --incremental`` names, which has a list as its root."""
    found = []
    for entry in _document(printed).findall("entry"):
        if entry.get("kind") == "file":
            found.append(_Listed(entry.findtext("name", ""), _number(entry.findtext("size", "0"))))
    return found


def _number(text: str | None) -> int:
    """strconv.ParseInt as encoding/xml calls it."""
    try:
        return int((text or "0").strip())
    except ValueError as error:
        raise GoError(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error
