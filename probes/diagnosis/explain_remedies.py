"""The catalogue's remedies, for what a pasted text tells and for the system that it comes from.

A remedy of the catalogue stands for a POSIX shell, and its gaps have stand-ins. A text may come from Windows,
where `sudo` and `for n in` mean nothing, and it may not name the host or the list that a line needs: a
stand-in that looks like a real host, behind `ssh-keyscan`, would make somebody trust a stranger. So a line
for Windows stands in the POSIX line's place (explain_remedies.toml), words in the place of a line whose fact
is missing, and every other gap shows a word in capitals that nobody takes for a value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from probes.diagnosis.catalogue import Remedy, Rule, Scope, Shell
from probes.diagnosis.catalogue_shells import translate

PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("host", "place", "name", "known"), "HOST")
    | dict.fromkeys(("private", "privates"), "PATTERN")
    | {"proxy": "PROXY:PORT", "port": "PORT"}
)
"""What a gap shows where the text does not tell; the catalogue has the others."""

_SPELT_LIKE_A_HOST = re.compile(r"[A-Za-z0-9_./:@*~\[\]-]+")

WINDOWS = (Shell.POWERSHELL, Shell.CMD)


@dataclass(frozen=True, slots=True)
class _Replacement:
    """A remedy in the place of another one."""

    remedy: Remedy | None
    """None: the other one is left out."""
    gap: str = ""
    """The fact whose absence it is for."""


_Key = tuple[str, str]
_Table = Mapping[_Key, _Replacement]


@lru_cache(maxsize=1)
def _tables() -> tuple[_Table, _Table]:
    """The replacements for Windows, and those for want of a fact, by rule and remedy."""
    text = files("probes.diagnosis").joinpath("explain_remedies.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return _table(data["windows"]), _table(data["without"])


def _table(rows: Iterable[Mapping[str, Any]]) -> _Table:
    return {(row["rule"], row["id"]): _row(row) for row in rows}


def _row(row: Mapping[str, Any]) -> _Replacement:
    if "lines" not in row:
        return _Replacement(None, row["gap"])
    remedy = Remedy(row["id"], tuple(row["lines"]), Shell(row["shell"]), Scope(row["scope"]), row["risk"])
    return _Replacement(remedy, row.get("gap", ""))


def usable(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts without those that are spelt like nothing that belongs into their gap."""
    return {
        name: fact
        for name, fact in facts.items()
        if name not in PLACEHOLDERS or _SPELT_LIKE_A_HOST.fullmatch(fact)
    }


def fitting(rule: Rule, ids: tuple[str, ...], facts: Mapping[str, str], shell: Shell) -> tuple[Remedy, ...]:
    """The named remedies of a rule (all when none is named) as they suit facts and shell; gaps are open."""
    remedies = list(_with_facts(rule, rule.choose(ids), facts))
    if shell not in WINDOWS:
        return tuple(remedies)
    windows = _tables()[0]
    placed = [_placed(windows, rule, remedy) for remedy in remedies]
    # Stable: what works stays in the catalogue's order, and a weakening never comes to stand first.
    placed.sort(key=lambda remedy: not works_in(remedy, facts, shell) or remedy.weakens_security)
    working = [remedy for remedy in placed if works_in(remedy, facts, shell)]
    return tuple(working or placed)


def _with_facts(rule: Rule, remedies: Iterable[Remedy], facts: Mapping[str, str]) -> Iterator[Remedy]:
    without = _tables()[1]
    for remedy in remedies:
        other = without.get((rule.id, remedy.id))
        if other is None or facts.get(other.gap):
            yield remedy
        elif other.remedy is not None:
            yield other.remedy


def _placed(windows: _Table, rule: Rule, remedy: Remedy) -> Remedy:
    other = windows.get((rule.id, remedy.id))
    # Words for want of a fact stay: the line for Windows wants the same one.
    is_own = remedy in rule.remedies
    return other.remedy if is_own and other is not None and other.remedy is not None else remedy


def works_in(remedy: Remedy, facts: Mapping[str, str], shell: Shell) -> bool:
    """Whether a remedy can be done on Windows: words, a file, its own shell, or a line with a translation."""
    if remedy.shell in (Shell.WORDS, Shell.YAML, Shell.POWERSHELL):
        return True
    if remedy.shell not in (Shell.POSIX, Shell.ANY):
        return False
    return all("sudo" not in line and translate(line, facts, shell) is not None for line in remedy.lines)
