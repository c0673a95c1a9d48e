"""The catalogue of diagnoses: what can be wrong on the way to a module, and what to type.

The data stand in catalogue.toml: R01 to R19 are the rules of the field study (150 threads), R20 to R22 causes
that go prints in the same breath and that no route can mend. A rule is what is true of every case; a
``Diagnosis`` is one case, with its evidence and with the remedies' gaps filled. The detectors (over an event
stream: the doctor; over pasted text: explain) make diagnoses; this module holds and prints them.

One law binds the data, and it is checked when they are loaded: a remedy that weakens security is never the
first, is marked, and names its risk.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from probes.diagnosis.catalogue_shells import (
    Shell,
    fill_command,
    fill_foreign,
    fill_words,
    shell_of,
    translate,
)
from probes.diagnosis.columns import columns, cut, wrapped
from probes.golang.redact import redact
from probes.golang.safetext import safe_text

__all__ = [
    "MAX_LINES", "WIDTH", "Diagnosis", "Remedy", "Rule", "Scope", "Shell", "Transience", "catalogue",
    "check_order", "render", "rule", "shell_of", "weakens_security",
]  # fmt: skip

MAX_LINES = 12
"""A diagnosis never takes more lines, at WIDTH columns."""
WIDTH = 80


class Scope(StrEnum):
    """Where a remedy's change lives."""

    SHELL = "this shell"
    USER = "user"
    PROJECT = "project"
    CI = "CI"
    MACHINE = "machine"


class Transience(StrEnum):
    """Whether the same command may work later, with nothing changed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        """The answer for people."""
        return {
            Transience.YES: "A retry may work.",
            Transience.NO: "A retry will not help.",
            Transience.UNKNOWN: "Whether a retry helps cannot be told from this.",
        }[self]

    @property
    def as_bool(self) -> bool | None:
        """The answer for programs: None when it cannot be told."""
        return {Transience.YES: True, Transience.NO: False, Transience.UNKNOWN: None}[self]


_WEAKENING = re.compile(
    r"GOSUMDB=['\"]?off"
    r"|GONOSUM(?:DB|CHECK)=['\"]?(?:\*|1\b)"
    r"|GOPRIVATE=['\"]?\*(?:['\"\s,]|$)"
    r"|GOINSECURE="
    r"|(?<!\w)-insecure\b"
    r"|GIT_SSL_NO_VERIFY|sslVerify[= ]+['\"]?(?:false|0)"
    r"|curl\s+(?:\S+\s+)*(?:(?-i:-[a-zA-Z]*k)|--insecure)"
    r"|StrictHostKeyChecking[= ]+no"
    r"|NODE_TLS_REJECT_UNAUTHORIZED"
    r"|(?:rm|del)\s+(?:-\w+\s+)*(?:\S*/)?go\.sum\b"
    r"|delete\b.*\bgo\.sum",
    re.IGNORECASE,
)


def weakens_security(line: str) -> bool:
    """Whether a line turns a check off that protects from altered modules or wrong servers."""
    return _WEAKENING.search(line) is not None


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to type, or to do."""

    id: str
    """Its name within the rule."""
    lines: tuple[str, ...]
    shell: Shell
    scope: Scope
    risk: str
    """What it costs, in whole sentences."""
    weakens_security: bool = False

    def filled(self, facts: Mapping[str, str], shell: Shell = Shell.POSIX) -> Remedy:
        """The remedy for one case, in a shell's own words; a gap without a fact gets its stand-in.

        A remedy that is more than simple commands stays POSIX whatever ``shell`` is; ``shell`` of what comes
        out says which it is.
        """
        filled = replace(self, risk=fill_words(self.risk, facts))
        is_command = self.shell in (Shell.POSIX, Shell.ANY)
        if not is_command or shell is Shell.POSIX:
            lines = tuple(fill_command(line, facts, self.shell) for line in self.lines)
            # A quoted fact is quoted as POSIX shells do it.
            shell = Shell.POSIX if self.shell is Shell.ANY and "'" in "".join(lines) else self.shell
            return replace(filled, lines=lines, shell=shell)
        translated = [translate(line, facts, shell) for line in self.lines]
        if None in translated:
            return replace(filled, lines=tuple(fill_foreign(line, facts) for line in self.lines))
        return replace(filled, lines=tuple(line for line in translated if line is not None), shell=shell)

    def to_json(self) -> dict[str, Any]:
        """The remedy as one JSON object."""
        return {
            "id": self.id,
            "lines": list(self.lines),
            "shell": self.shell.value,
            "scope": self.scope.value,
            "risk": self.risk,
            "weakens_security": self.weakens_security,
        }


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the catalogue."""

    id: str
    """R01 to R22."""
    name: str
    """One word, upper case."""
    node: str
    """Where on the way it bites: N0 (mode) to N9 (verdict), N5a to N5f inside one module proxy."""
    title: str
    cause: str
    """One sentence."""
    prints: tuple[str, ...]
    """What go prints, with M for the module path, V for the version, A for a proxy, H for a host."""
    transience: Transience
    remedies: tuple[Remedy, ...]
    rules_out: Mapping[str, str]
    """Rule ids that it excludes, each with the reason."""
    references: tuple[str, ...]
    """Files and functions of Go's source, threads as owner/repo#N."""
    beyond_field_study: bool = False

    @property
    def tag(self) -> str:
        """The rule's name for people: "R04 SUMDB"."""
        return f"{self.id} {self.name}"

    def remedy(self, remedy_id: str) -> Remedy:
        """One remedy by its name. Raises KeyError when there is none."""
        for remedy in self.remedies:
            if remedy.id == remedy_id:
                return remedy
        raise KeyError(f"{self.id} has no remedy {remedy_id}")

    def choose(self, ids: tuple[str, ...]) -> tuple[Remedy, ...]:
        """The named remedies in that order; all of them, as listed, when none is named."""
        return tuple(self.remedy(name) for name in ids) if ids else self.remedies


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One case of a rule. ``of`` masks secrets; ``render`` makes what servers said safe for a terminal."""

    rule: Rule
    cause: str
    """One sentence about this case."""
    node: str
    evidence: tuple[str, ...] = ()
    """What was measured or read, the most telling first."""
    go_prints: str = ""
    """Go's own words in this case."""
    remedies: tuple[Remedy, ...] = ()
    """Filled; the first is the best."""
    transience: Transience = Transience.UNKNOWN
    ruled_out: tuple[str, ...] = ()
    """Sentences such as "R07: the entry answered"."""
    check: str = ""
    """The command that shows whether the remedy worked."""
    shell: Shell = Shell.POSIX
    """What the remedies are written for, where they could be."""

    @classmethod
    def of(
        cls,
        rule: Rule,
        facts: Mapping[str, str],
        *,
        cause: str = "",
        node: str = "",
        evidence: tuple[str, ...] = (),
        go_prints: str = "",
        remedies: tuple[str, ...] = (),
        transience: Transience | None = None,
        ruled_out: tuple[str, ...] | None = None,
        shell: Shell = Shell.POSIX,
        runs: bool = False,
    ) -> Diagnosis:
        """A case of ``rule``; what is not given comes from the rule. ``remedies`` names some of its own.

        ``facts`` fill the gaps of the remedies: proxies, piped, other, host, module, version, private, url,
        declared. ``runs``: the check has to start git. Raises KeyError for a remedy that the rule does not
        have.
        """
        if ruled_out is None:
            ruled_out = tuple(f"{other}: {why}" for other, why in rule.rules_out.items())
        check = ""
        if facts.get("module"):
            command = "modtrace trace --run {module}" if runs else "modtrace trace {module}"
            line = f"{command}@{{version}}" if facts.get("version") else command
            check = fill_words(line, facts) if shell is Shell.POSIX else translate(line, facts, shell) or ""
        return cls(
            rule=rule,
            cause=redact(cause or rule.cause),
            node=node or rule.node,
            evidence=tuple(redact(seen) for seen in evidence),
            go_prints=redact(go_prints),
            remedies=tuple(remedy.filled(facts, shell) for remedy in rule.choose(remedies)),
            transience=rule.transience if transience is None else transience,
            ruled_out=tuple(redact(other) for other in ruled_out),
            check=check,
            shell=shell,
        )

    def to_json(self) -> dict[str, Any]:
        """The diagnosis as one JSON object."""
        return {
            "rule": self.rule.id,
            "name": self.rule.name,
            "node": self.node,
            "title": self.rule.title,
            "cause": self.cause,
            "evidence": list(self.evidence),
            "go_prints": self.go_prints,
            "transient": self.transience.as_bool,
            "remedies": [remedy.to_json() for remedy in self.remedies],
            "ruled_out": list(self.ruled_out),
            "references": list(self.rule.references),
            "check": self.check,
        }


# --- Reading the data


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Rule]:
    """All rules by id, in the order of the file. Raises ValueError when the data break the law above."""
    text = files("probes.diagnosis").joinpath("catalogue.toml").read_text(encoding="utf-8")
    rules = {row["id"]: _rule(row) for row in tomllib.loads(text)["rule"]}
    return MappingProxyType(rules)


def rule(rule_id: str) -> Rule:
    """One rule. Raises KeyError for an id that is not in the catalogue."""
    return catalogue()[rule_id]


def _rule(row: Mapping[str, Any]) -> Rule:
    remedies = tuple(_remedy(remedy) for remedy in row["remedy"])
    check_order(remedies)
    return Rule(
        id=row["id"],
        name=row["name"],
        node=row["node"],
        title=row["title"],
        cause=row["cause"],
        prints=tuple(row["prints"]),
        transience=Transience(row["transient"]),
        remedies=remedies,
        rules_out=MappingProxyType(dict(row["rules_out"])),
        references=tuple(row["reference"]),
        beyond_field_study=row.get("beyond_field_study", False),
    )


def _remedy(row: Mapping[str, Any]) -> Remedy:
    return Remedy(
        id=row["id"],
        lines=tuple(row["lines"]),
        shell=Shell(row.get("shell", "posix")),
        scope=Scope(row["scope"]),
        risk=row["risk"],
        weakens_security=row.get("weakens_security", False),
    )


def check_order(remedies: tuple[Remedy, ...]) -> None:
    """Raise ValueError when a remedy that weakens security is first, is not marked or names no risk."""
    for position, remedy in enumerate(remedies):
        weakens = any(weakens_security(line) for line in remedy.lines)
        if weakens and not remedy.weakens_security:
            raise ValueError(f"remedy {remedy.id} weakens security and is not marked")
        if remedy.weakens_security and position == 0:
            raise ValueError(f"remedy {remedy.id} weakens security and is the first")
        if not remedy.risk:
            raise ValueError(f"remedy {remedy.id} names no risk")


# --- Printing


def render(diagnosis: Diagnosis, width: int = WIDTH) -> list[str]:
    """A diagnosis in at most MAX_LINES lines of ``width`` cells, without colours, safe for a terminal.

    What must be there: title, cause, the first remedy whole with its scope and risk. The rest takes the room
    that is left, in the order of its worth.
    """
    rule = diagnosis.rule
    head = [cut(safe_text(f"[{rule.tag}] {diagnosis.node} · {rule.title}"), width)]
    head += wrapped(safe_text(f"{diagnosis.cause} {diagnosis.transience.sentence}"), width, 2)
    first = _first_remedy(diagnosis, width)
    room = MAX_LINES - len(head) - len(first)
    seen = [_labelled("seen", text, width) for text in diagnosis.evidence[:2]]
    said = [_labelled("go", diagnosis.go_prints, width)] if diagnosis.go_prints else []
    excluded = [_labelled("not", "; ".join(diagnosis.ruled_out), width)] if diagnosis.ruled_out else []
    check = [_labelled("check", diagnosis.check, width)] if diagnosis.check else []
    see = [_labelled("see", "; ".join(rule.references), width)] if rule.references else []
    parts = [seen[:1], said, excluded, check, seen[1:], see]
    room = _keep(parts[:4], room)
    others = _other_remedies(diagnosis, room, width)
    _keep(parts[4:], room - len(others))
    seen_first, said, excluded, check, seen_second, see = parts
    return [*head, *seen_first, *seen_second, *said, *first, *others, *excluded, *check, *see]


def _keep(parts: list[list[str]], room: int) -> int:
    """Empty the parts for which there is no room; returns what is left of it."""
    for part in parts:
        if len(part) > room:
            part.clear()
        room -= len(part)
    return room


_LABEL = 7


def _labelled(label: str, text: str, width: int) -> str:
    return cut(f"{label:<{_LABEL}}{safe_text(text)}", width)


def _first_remedy(diagnosis: Diagnosis, width: int) -> list[str]:
    """The lines to type, then where they act and what they cost."""
    if not diagnosis.remedies:
        return []
    return [
        *_command_lines("try", diagnosis.remedies[0], width),
        *_note(diagnosis.remedies[0], diagnosis.shell, width, 2),
    ]


def _other_remedies(diagnosis: Diagnosis, room: int, width: int) -> list[str]:
    """The next remedies while there is room; one that weakens security never without its risk."""
    lines: list[str] = []
    for remedy in diagnosis.remedies[1:]:
        block = _command_lines("or", remedy, width)
        if remedy.weakens_security:
            block += _note(remedy, diagnosis.shell, width, 2)
        elif len(block) == 1:
            with_scope = f"{block[0]}  ({remedy.scope})"
            block = [with_scope] if columns(with_scope) <= width else block
        if len(lines) + len(block) > room:
            break
        lines += block
    return lines


def _note(remedy: Remedy, shell: Shell, width: int, most: int) -> list[str]:
    """Scope and risk: "(user) The mirror learns the paths."."""
    scope = remedy.scope.value
    if remedy.shell is Shell.POSIX and shell not in (Shell.POSIX, Shell.ANY):
        scope += ", in sh"
    warning = "WEAKENS SECURITY. " if remedy.weakens_security else ""
    lines = wrapped(safe_text(f"({scope}) {warning}{remedy.risk}"), width - _LABEL, most)
    return [" " * _LABEL + line for line in lines]


def _command_lines(label: str, remedy: Remedy, width: int) -> list[str]:
    """The lines to type. One that is too long goes on in the next, so that it can still be copied."""
    lines: list[str] = []
    mark = {Shell.POWERSHELL: "`", Shell.CMD: "^"}.get(remedy.shell, "\\")
    for line in remedy.lines:
        text = safe_text(line)
        if remedy.shell in (Shell.WORDS, Shell.YAML):
            lines += wrapped(text, width - _LABEL, 2)
        else:
            lines += _continued(text, width - _LABEL, mark)
    return [
        line[1:] if line.startswith(_FLUSH) else f"{label if number == 0 else '':<{_LABEL}}{line}"
        for number, line in enumerate(lines)
    ]


_WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|\S)+")
_FLUSH = "\f"
"""Begins a line that stands at the left edge: a blank before it would break a word in two."""
_MOST_PIECES = 4
"""A word that takes more lines than these is cut: nobody types it."""


def _continued(command: str, width: int, mark: str) -> list[str]:
    """A command on as few lines as it takes, broken between words of the shell; it stays whole.

    A word that is too long by itself goes on at the left edge of the next line: the shell joins what stands
    on both sides of a backslash and a line feed, and a quoted word may end and begin anew there.
    """
    if columns(command) <= width:
        return [command]
    lines = [""]
    for word in _WORD.findall(command):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and columns(longer) > width - 2:
            lines.append(word)
        else:
            lines[-1] = longer
    whole: list[str] = []
    for number, line in enumerate(lines):
        pieces = _pieces(line, width) if mark == "\\" else [cut(line, width - 2)]
        behind = f" {mark}" if number < len(lines) - 1 else ""
        whole += [*(f"{piece}{mark}" for piece in pieces[:-1]), pieces[-1] + behind]
    return whole


def _pieces(line: str, width: int) -> list[str]:
    """A line that is one long word, in pieces that a shell joins again; any other line as it is."""
    if columns(line) <= width - 2:
        return [line]
    try:
        (value,) = shlex.split(line)
    except ValueError:  # no word of its own, or none that a shell could read
        return [cut(line, width - 2)]
    step = width - 8
    chunks = [value[at : at + step] for at in range(0, len(value), step)]
    if len(chunks) > _MOST_PIECES or not value.isascii():
        return [cut(line, width - 2)]
    name, equals, rest = chunks[0].partition("=")
    first = f"{name}={shlex.quote(rest)}" if equals else shlex.quote(chunks[0])
    return [first, *(_FLUSH + shlex.quote(chunk) for chunk in chunks[1:])]
