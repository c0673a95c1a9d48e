"""The go.sum of a project held against itself, the module graph, the module cache, and whoever is asked.

Everything is read again whenever it is looked at; nothing here writes. What blocks (`examine`) belongs into a
thread; asking is probes.sums.asking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.browse.votes import VoterKind
from probes.diagnosis.findings import Level
from probes.golang.environment import Environment
from probes.golang.go_sum import GoSum
from probes.project.project import Project, read_project
from probes.sums.needed_sums import Needed, extra_lines, graph_findings, missing_lines, needed_by
from probes.sums.own_faults import own_faults
from probes.sums.sum_findings import Fault, SumFinding, mending
from probes.sums.sum_lines import NO_FILE, Key, SumBook
from probes.sums.witnesses import Witnesses, differing_lines, look_in_cache

if TYPE_CHECKING:
    from probes.sums.asking import Asked

_GRAVITY = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}
_ORDER = {fault: number for number, fault in enumerate(Fault)}


@dataclass(slots=True)
class Examination:
    """A project's go.sum, and all that is known of it."""

    environment: Environment
    project: Project
    book: SumBook
    needed: Needed
    witnesses: Witnesses = field(default_factory=Witnesses)
    not_asked: Counter[str] = field(default_factory=Counter)
    """Why versions were told to nobody, or not to the database, with their numbers."""
    asked: int = 0
    to_ask: int = 0

    @property
    def go_sum(self) -> GoSum:
        """What go heeds of the files."""
        return self.project.go_sum

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return sum(len(file.lines) for file in self.book.files)

    def keys(self) -> list[Key]:
        """What there are hashes of."""
        return list(self.go_sum.hashes)

    def hear(self, asked: Asked) -> None:
        """Take in what was said of one version."""
        self.asked, self.to_ask = asked.done, asked.total
        if asked.not_asked:
            self.not_asked[asked.not_asked] += 1
        for key, witness in asked.witnesses:
            self.witnesses.add(key, witness)

    def _fitted(self, finding: SumFinding) -> SumFinding:
        """A finding as the graph has it: go downloads only what it knows, and compares only what it needs."""
        if finding.fault in (Fault.MISSING_GO_MOD, Fault.MISSING_ZIP):
            own = self.book.files[-1]
            is_shut = own.problem not in ("", NO_FILE)  # what is in it is not known, and go adds nothing
            return replace(finding, file=own.name, download=() if is_shut else finding.download)
        if not finding.path:
            return finding
        level = finding.level
        if level is Level.ERROR and not self.needed.is_needed((finding.path, finding.version)):
            level = Level.WARNING
        named = tuple(name for path in finding.download for name in self.needed.named(path))
        return replace(finding, level=level, download=named)

    def findings(self) -> list[SumFinding]:
        """All of them, the gravest first, then as they stand in the files."""
        order = {file.name: number for number, file in enumerate(self.book.files)}
        return sorted(
            map(self._fitted, self._findings()),
            key=lambda one: (
                _GRAVITY[one.level], order.get(one.file, -1), one.line, _ORDER[one.fault], one.path,
                one.version,
            ),
        )  # fmt: skip

    def _findings(self) -> Iterator[SumFinding]:
        yield from own_faults(self.book)
        yield from graph_findings(self.needed)
        yield from missing_lines(self.project, self.needed, self.go_sum)
        yield from extra_lines(self.project, self.needed, self.book)
        yield from differing_lines(self.book, self.witnesses, self.environment.get("GOMODCACHE"))

    def mending(self, findings: list[SumFinding]) -> tuple[str, ...]:
        """What mends all that has to be mended, in one go; what is only untidy is left alone."""
        return mending(one for one in findings if one.level is not Level.INFO)

    def counts(self) -> dict[VoterKind, int]:
        """How many lines were held against whom."""
        kinds = (VoterKind.CACHE, VoterKind.PROXY, VoterKind.DATABASE)
        found = dict.fromkeys(kinds, 0)
        for said in self.witnesses.said.values():
            have = {
                VoterKind.CACHE if one.kind is VoterKind.ZIP_HASH else one.kind for one in said if one.sum
            }
            for kind in have:
                found[kind] += 1
        return found


def examine(place: Path, environment: Environment) -> Examination:
    """Look at the project of a folder. Blocks; asks nobody. Raises GoError and OSError as read_project."""
    book = SumBook()
    project = read_project(place, environment, book)
    for file in book.files:
        file.name = _seen_from(project.folder, file.path)
    found = Examination(environment, project, book, needed_by(project, environment))
    look_in_cache(environment, found.keys(), found.witnesses)
    return found


def _seen_from(folder: Path, file: Path) -> str:
    try:
        return str(file.relative_to(folder))
    except ValueError:
        return str(file)
