"""Finding versions: the texts that are looked through, kept from one letter to the next.

Of twenty thousand versions nearly all are told apart by their names alone; only those that something more is
said of cost more than a look at their characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cmp_to_key

from probes.browse.table import VersionTable
from probes.golang import semver
from tui.drawing.matrix_view import ModulesView
from tui.drawing.version_marks import search_words


class VersionSearch:
    """The searched texts of a table, made anew when there is something new in it."""

    def __init__(self) -> None:
        self._made_of: tuple[object, ...] = ()
        self._texts: list[str] | None = None
        self._lower: list[str] = []
        self._last: tuple[str, list[str], list[str]] = ("", [], [])
        """What was looked for last, the versions that were found, and their texts."""

    def versions(self, view: ModulesView, needle: str) -> list[str]:
        """The versions that hold ``needle``, or all."""
        versions = view.table.versions()
        if not needle:
            return versions
        self._renew(view, versions)
        before, found, texts = self._last
        minds_case = needle != needle.lower()
        if not before or before not in needle or minds_case is not (before != before.lower()):
            assert self._texts is not None
            found, texts = versions, self._texts if minds_case else self._lower
        # Two passes that make nothing but strings: a list of pairs would wake the garbage collector.
        hits = [version for version, text in zip(found, texts, strict=True) if needle in text]
        self._last = (needle, hits, [text for text in texts if needle in text])
        return hits

    def _renew(self, view: ModulesView, versions: list[str]) -> None:
        table = view.table
        known = sum(len(state.known) for state in table.columns)
        latest = [(state.answered.latest if state.answered else None) for state in table.columns]
        made_of = (id(versions), view.chosen, table.module, dict(table.choices), known, latest)
        if made_of != self._made_of or self._texts is None:
            self._made_of, self._last = made_of, ("", [], [])
            self._texts = _texts(view, versions)
            self._lower = [text.lower() for text in self._texts]


def _texts(view: ModulesView, versions: list[str]) -> list[str]:
    special = _special(view, versions)
    return [
        version if "-" not in version and "+" not in version and version not in special
        else _plain(version) if version not in special and version.count("-") == 1
        else f"{version}  {search_words(view, version)}"
        for version in versions
    ]  # fmt: skip


def _plain(version: str) -> str:
    """What is looked through of a version of which nothing is said but its name."""
    return f"{version}  incompat" if version.endswith("+incompatible") else f"{version}  pre-release"


def _special(view: ModulesView, versions: list[str]) -> set[str | None]:
    """The versions that more is said of."""
    table = view.table
    found: set[str | None] = {view.chosen, *(choice.version for choice in table.choices.values())}
    found |= {state.answered.latest for state in table.columns if state.answered is not None}
    for state in table.columns:
        found |= state.known.keys()
    return found | _retracted(table, versions)


def _newest_first(one: str, other: str) -> int:
    return semver.compare(other, one)


_ORDER = cmp_to_key(_newest_first)
"""As the versions stand."""


def _retracted(table: VersionTable, versions: list[str]) -> set[str | None]:
    found: set[str | None] = set()
    for one in table.module.retracted if table.module is not None else ():
        first = bisect_left(versions, _ORDER(one.high), key=_ORDER)
        last = bisect_right(versions, _ORDER(one.low), key=_ORDER)
        found.update(versions[first:last])
    return found
