"""The catalogue of diagnoses: what can be wrong on the way to a module, and what to type.

The data stand in catalogue.toml: R01 to R19 are the rules of the field study (150 threads), R20 to R22 causes
that go prints in the same breath and that no route can mend. A rule is what is true of every case; a
``Diagnosis`` is one case, with its evidence and with the remedies' gaps filled. The detectors (over an event
stream: the doctor; over pasted text: explain) make diagnoses; this module holds and prints them.

One law binds the data, and it is checked when they are loaded: a remedy that weakens security is never the
first, is marked, and names its risk.
"""

from __future__ import annotations

import json
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

from probes.diagnosis.columns import columns, cut, wrapped
from probes.golang.safetext import safe_text

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


class Shell(StrEnum):
    """What a remedy's lines are written for."""

    POSIX = "posix"
    FISH = "fish"
    POWERSHELL = "powershell"
    CMD = "cmd"
    ANY = "any"
    """The same line works in each of them."""
    DOCKERFILE = "dockerfile"
    YAML = "yaml"
    WORDS = "words"
    """No command: something for a person to do."""


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
    r"|curl\s+(?:\S+\s+)*(?:-k\b|--insecure)"
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

    def filled(self, facts: Mapping[str, str]) -> Remedy:
        """The remedy with its gaps filled, quoted for the shell; a gap without a fact gets its stand-in."""
        return replace(
            self,
            lines=tuple(_fill(line, facts, self.shell) for line in self.lines),
            risk=_fill(self.risk, facts, Shell.WORDS),
        )

    def for_shell(self, shell: Shell) -> Remedy:
        """The remedy in another shell's words where it only sets or unsets variables; else as it is."""
        if self.shell is not Shell.POSIX or shell not in _SETTERS:
            return self
        lines = [_translated(line, shell) for line in self.lines]
        if any(line is None for line in lines):
            return self
        return replace(self, lines=tuple(line for line in lines if line is not None), shell=shell)

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
    """One case of a rule. Its texts may hold what a server said: whoever makes it masks secrets."""

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
    ) -> Diagnosis:
        """A case of ``rule``; what is not given comes from the rule. ``remedies`` names some of its own.

        ``facts`` fill the gaps of the remedies: proxies, piped, other, host, module, version, private, url,
        declared. Raises KeyError for a remedy that the rule does not have.
        """
        if ruled_out is None:
            ruled_out = tuple(f"{other}: {why}" for other, why in rule.rules_out.items())
        check = _fill("modtrace trace {module}", facts, Shell.POSIX) if "module" in facts else ""
        return cls(
            rule=rule,
            cause=cause or rule.cause,
            node=node or rule.node,
            evidence=evidence,
            go_prints=go_prints,
            remedies=tuple(remedy.filled(facts) for remedy in rule.choose(remedies)),
            transience=rule.transience if transience is None else transience,
            ruled_out=ruled_out,
            check=check,
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


# --- Filling the gaps

STAND_INS: Mapping[str, str] = MappingProxyType(
    {
        "proxies": "https://goproxy.cn|https://proxy.golang.org|direct",
        "piped": "https://proxy.golang.org|direct",
        "other": "https://proxy.golang.org",
        "host": "git.example.org",
        "module": "MODULE",
        "version": "VERSION",
        "private": "git.example.org/team",
        "url": "URL",
        "declared": "DECLARED",
    }
)
"""What stands in a gap when no fact fills it."""

_GAP = re.compile(r"\{(" + "|".join(STAND_INS) + r")\}")


def _fill(line: str, facts: Mapping[str, str], shell: Shell) -> str:
    def value(match: re.Match[str]) -> str:
        text = safe_text(facts.get(match[1]) or STAND_INS[match[1]], limit=300)
        if shell is Shell.WORDS:
            return text
        return json.dumps(text, ensure_ascii=False) if shell is Shell.YAML else shlex.quote(text)

    return _GAP.sub(value, line)


# --- Other shells

_SETTERS = {
    Shell.FISH: ("set -gx {name} {value}", "set -e {name}"),
    Shell.POWERSHELL: ("$env:{name} = {value}", "Remove-Item Env:{name}"),
    Shell.CMD: ('set "{name}={value}"', 'set "{name}="'),
}


def _translated(line: str, shell: Shell) -> str | None:
    """An `export`, `unset` or `go env -w` line for another shell; None for any other line."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    set_form, unset_form = _SETTERS[shell]
    if words[:1] == ["export"] and len(words) == 2 and "$" not in line:
        name, equals, value = words[1].partition("=")
        return set_form.format(name=name, value=quoted_for(shell, value)) if equals else None
    if words[:1] == ["unset"] and len(words) > 1:
        separator = " & " if shell is Shell.CMD else "; "
        return separator.join(unset_form.format(name=name) for name in words[1:])
    if words[:3] in (["go", "env", "-w"], ["go", "env", "-u"]) and len(words) == 4:
        word = words[3]
        if shell is Shell.CMD:
            return " ".join([*words[:3], f'"{word}"' if re.search(r"[|&<>^ ]", word) else word])
        return " ".join([*words[:3], quoted_for(shell, word)])
    return None


def quoted_for(shell: Shell, value: str) -> str:
    """``value`` as one word of a shell; cmd has no quoting of its own inside ``set "NAME=VALUE"``."""
    match shell:
        case Shell.POWERSHELL:
            return "'" + value.replace("'", "''") + "'"
        case Shell.FISH:
            plain = re.fullmatch(r"[\w./:@%+,=-]+", value)
            return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case Shell.CMD:
            return value
        case _:
            return shlex.quote(value)


# --- Printing


def render(diagnosis: Diagnosis, width: int = WIDTH) -> list[str]:
    """A diagnosis in at most MAX_LINES lines of ``width`` cells, without colours, safe for a terminal."""
    rule = diagnosis.rule
    lines = [cut(safe_text(f"[{rule.tag}] {diagnosis.node} · {rule.title}"), width)]
    lines += wrapped(safe_text(f"{diagnosis.cause} {diagnosis.transience.sentence}"), width, 2)
    for seen in diagnosis.evidence[:2]:
        lines.append(_labelled("seen", seen, width))
    if diagnosis.go_prints:
        lines.append(_labelled("go", diagnosis.go_prints, width))
    closing = []
    if diagnosis.ruled_out:
        closing.append(_labelled("not", "; ".join(diagnosis.ruled_out), width))
    if diagnosis.check:
        closing.append(_labelled("check", diagnosis.check, width))
    room = MAX_LINES - len(lines) - len(closing)
    return [*lines, *_remedy_lines(diagnosis.remedies, room, width), *closing]


_LABEL = 7


def _labelled(label: str, text: str, width: int) -> str:
    return cut(f"{label:<{_LABEL}}{safe_text(text)}", width)


def _remedy_lines(remedies: tuple[Remedy, ...], room: int, width: int) -> list[str]:
    """The first remedy with its scope and risk, then the lines of others while there is room."""
    lines: list[str] = []
    for number, remedy in enumerate(remedies):
        block = _command_lines("try" if number == 0 else "or", remedy, width)
        warning = "WEAKENS SECURITY. " if remedy.weakens_security else ""
        if number == 0 or remedy.weakens_security:
            note = f"({remedy.scope}) {warning}{remedy.risk}"
            block += _labelled_lines("", note, width, max(1, min(2, room - len(lines) - len(block))))
        elif len(block) == 1:
            with_scope = f"{block[0]}  ({remedy.scope})"
            block = [with_scope] if columns(with_scope) <= width else block
        if len(lines) + len(block) > room:
            break
        lines += block
    return lines or _command_lines("try", remedies[0], width)[:room] if remedies else lines


def _command_lines(label: str, remedy: Remedy, width: int) -> list[str]:
    """The lines to type. One that is too long goes on behind a backslash, so that it can still be copied."""
    lines: list[str] = []
    for line in remedy.lines:
        text = safe_text(line)
        if remedy.shell is Shell.WORDS:
            lines += wrapped(text, width - _LABEL, 2)
        else:
            lines += _continued(text, width - _LABEL)
    return [f"{label if number == 0 else '':<{_LABEL}}{line}" for number, line in enumerate(lines)]


_WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|\S)+")


def _continued(command: str, width: int) -> list[str]:
    """A command in at most three lines, broken between words of the shell; a longer one is cut."""
    if columns(command) <= width:
        return [command]
    lines = [""]
    for word in _WORD.findall(command):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and columns(longer) > width - 2:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > 3:
        lines[2:] = [" ".join(lines[2:])]
    return [*(f"{cut(line, width - 2)} \\" for line in lines[:-1]), cut(lines[-1], width)]


def _labelled_lines(label: str, text: str, width: int, most: int) -> list[str]:
    lines = wrapped(safe_text(text), width - _LABEL, most)
    return [f"{label if number == 0 else '':<{_LABEL}}{line}" for number, line in enumerate(lines)]
