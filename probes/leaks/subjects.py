"""The paths of a project that somebody may be told of, and what go does with each.

Requirements, what stands in for them (``replace``), packages of ``tool`` lines that no requirement has, and
the rest of the module graph as far as go.sum names it. A requirement that a folder stands in for is not
fetched; ``go list -m -u all`` and ``go get -u`` ask for it all the same (modload/build.go addUpdate).

Source: cmd/go/internal/modload/modfile.go Replacement; modfetch/fetch.go checkModSum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.goproxy import check_query_path
from probes.project.project import Project


class Part(StrEnum):
    """What a path is in the project."""

    REQUIRED = "required"
    REPLACEMENT = "stands in"
    """It is fetched in place of another one."""
    REPLACED = "replaced"
    """Another one is fetched in its place, or a folder is taken."""
    TOOL = "tool"
    GRAPH = "go.sum"
    """Only go.sum names it: the module graph has it, or had."""
    TRACED = "traced"


@dataclass(frozen=True, slots=True)
class Subject:
    """One path."""

    path: str
    part: Part
    versions: tuple[str, ...] = ()
    vouched: bool = False
    """Whether go.sum has the hashes of what is fetched of it, so that no database is asked about those."""
    is_fetched: bool = True
    """Whether go asks for it to build; else only to look for updates."""
    note: str = ""
    refused: str = ""
    """What go says of such a path instead of asking anybody."""


def subjects_of(project: Project) -> tuple[Subject, ...]:
    """Every path once, in the order of the files."""
    found: dict[str, Subject] = {}
    mains = {main.parsed.module_path for main in project.modules}
    for one in _requirements(project):
        _add(found, one)
    for main in project.modules:
        for tool in main.parsed.tools:
            if not _is_within(tool.text, found, mains):
                _add(found, Subject(tool.text, Part.TOOL, note="no requirement has this package"))
    versions: dict[str, dict[str, None]] = {}
    for path, version in project.go_sum.hashes:
        versions.setdefault(path, {})[version.removesuffix(GO_MOD_SUFFIX)] = None
    for path, some in versions.items():
        if path not in found and path not in mains:
            _add(found, Subject(path, Part.GRAPH, tuple(some), vouched=True))
    return tuple(checked(one) for one in found.values() if one.path not in mains)


def _add(found: dict[str, Subject], one: Subject) -> None:
    """Take it in; one that is there already is fetched if either is, and vouched for if both are."""
    before = found.get(one.path)
    if before is None:
        found[one.path] = one
        return
    if before.is_fetched and one.is_fetched:
        found[one.path] = replace(
            before,
            versions=tuple(dict.fromkeys((*before.versions, *one.versions))),
            vouched=before.vouched and one.vouched,
        )
    elif one.is_fetched:
        found[one.path] = one


def _requirements(project: Project) -> Iterator[Subject]:
    for main in project.modules:
        for one in main.parsed.requires:
            what = project.effective(one.path, one.version)
            if what == (one.path, one.version):
                yield Subject(
                    one.path,
                    Part.REQUIRED,
                    (one.version,),
                    _is_vouched(project.go_sum, one.path, one.version),
                )
                continue
            yield Subject(one.path, Part.REPLACED, (one.version,), is_fetched=False, note=_in_place(what))
            if not isinstance(what, Path):
                path, version = what
                note = f"in place of {one.path}"
                vouched = _is_vouched(project.go_sum, path, version)
                yield Subject(path, Part.REPLACEMENT, (version,), vouched, note=note)


def _in_place(what: tuple[str, str] | Path) -> str:
    return "a folder stands in for it" if isinstance(what, Path) else f"{what[0]} stands in for it"


def _is_vouched(sums: GoSum, path: str, version: str) -> bool:
    return all(
        any(total.startswith("h1:") for total in sums.hashes.get((path, one), ()))
        for one in (version, version + GO_MOD_SUFFIX)
    )


def _is_within(package: str, found: dict[str, Subject], mains: set[str]) -> bool:
    """Whether some module of the project may have this package."""
    ends = [at for at, letter in enumerate(package) if letter == "/"] + [len(package)]
    return any(package[:end] in found or package[:end] in mains for end in ends)


def checked(one: Subject) -> Subject:
    """The same, with what go says of such a path instead of asking anybody."""
    try:
        check_query_path(one.path)
    except GoError as error:
        return replace(one, refused=str(error))
    return one
