"""Module paths beside a module path: other major versions, modules around it, modules inside of it.

Pure: nobody is asked whether they exist. The major versions are those of semantic import versioning
(golang.org/x/mod/module SplitPathVersion): none and /v2, /v3 …, under gopkg.in .v0, .v1 …. Paths around it
are prefixes, as cmd/go/internal/modload/query.go modulePrefixesExcludingTarget takes them, without those that
the host keeps for users (cmd/go/internal/vcs vcsPaths).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from probes.golang.errors import GoError
from probes.golang.module import check_path, split_path_version

_ELEMENTS = {"github.com": 3, "bitbucket.org": 3, "gitlab.com": 3, "gitee.com": 3, "codeberg.org": 3}
"""Path elements of a repository at hosts where all have as many: what is shorter is a user."""
_MOST_INSIDE = 200
"""More modules than anybody reads."""


class Relation(StrEnum):
    """What one module path is to another."""

    MAJOR = "major version"
    AROUND = "around it"
    INSIDE = "inside of it"


@dataclass(frozen=True, slots=True)
class Related:
    """A module path beside another."""

    path: str
    relation: Relation
    because: str
    """In a few words."""
    is_known: bool = False
    """Whether it stands in a go.mod, a go.sum or the module cache; others may not exist."""


def related_paths(path: str, known: Iterable[str] = ()) -> list[Related]:
    """The paths beside ``path``: majors in order, prefixes from the longest, then what is inside of it."""
    names = dict.fromkeys(_module_path(one) for one in known)
    found = [*_majors(path, names), *_around(path, names), *_inside(path, names)]
    unique: dict[str, Related] = {}
    for one in found:
        if one.path != path and _is_path(one.path):
            unique.setdefault(one.path, one)
    return list(unique.values())


def may_be_package(path: str) -> bool:
    """Whether a prefix of the path could be a module that has it as a package."""
    return _is_path(path) and next(_prefixes(path), None) is not None


def _module_path(text: str) -> str:
    return text.partition("@")[0]


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except GoError:
        return False
    return True


def _majors(path: str, known: Iterable[str]) -> Iterator[Related]:
    prefix, suffix, good = split_path_version(path)
    if not good:
        return
    numbers: dict[int, bool] = {}
    gopkg = path.startswith("gopkg.in/")
    lowest = 0 if gopkg else 1
    for one in known:
        other, major, ok = split_path_version(one)
        if ok and other == prefix and one.startswith("gopkg.in/") == gopkg and _number(major) is not None:
            numbers[_number(major) or 0] = True
    mine = _number(suffix)
    if mine is not None:
        for near in (mine - 1, mine + 1):
            if near >= lowest:
                numbers.setdefault(near, False)
        if mine > 1:
            numbers.setdefault(lowest if not gopkg else 1, False)
    for number in sorted(numbers):
        if number == mine:
            continue
        tail = f".v{number}" if gopkg else f"/v{number}" if number > 1 else ""
        which = "v0 and v1" if number == 1 and not gopkg else f"v{number}"
        side = "" if mine is None else ", the next one" if number == mine + 1 else ""
        side = ", the one before" if mine is not None and number == mine - 1 else side
        yield Related(prefix + tail, Relation.MAJOR, which + side, numbers[number])


def _number(suffix: str) -> int | None:
    """The number of a major version suffix; 1 for none, None for an unstable one."""
    found = re.fullmatch(r"(?:[/.]v([0-9]{1,9}))?", suffix)
    return None if found is None else int(found[1] or 1)


def _prefixes(path: str) -> Iterator[str]:
    """The prefixes that can be modules of their own, the longest first; a major suffix is no element."""
    base, _, good = split_path_version(path)
    elements = (base if good else path).split("/")
    least = _ELEMENTS.get(elements[0], 2)
    if path.startswith("gopkg.in/"):
        return
    for count in range(len(elements) - 1, least - 1, -1):
        yield "/".join(elements[:count])


def _around(path: str, known: dict[str, None]) -> Iterator[Related]:
    for prefix in _prefixes(path):
        majors = [one for one in known if split_path_version(one)[0] == prefix and one != prefix]
        yield Related(prefix, Relation.AROUND, "may hold it as a package", prefix in known)
        for one in majors:
            yield Related(one, Relation.AROUND, "another major version", is_known=True)


def _inside(path: str, known: Iterable[str]) -> Iterator[Related]:
    base, _, good = split_path_version(path)
    inside = [one for one in known if one.startswith((f"{path}/", f"{base if good else path}/"))]
    for one in sorted(inside)[:_MOST_INSIDE]:
        yield Related(one, Relation.INSIDE, "a module of its own inside", is_known=True)
