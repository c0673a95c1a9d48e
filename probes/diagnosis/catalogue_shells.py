"""Remedies written for the shell that will read them: gaps filled, every fact one word of that shell.

A remedy stands in catalogue.toml for a POSIX shell. What fills its gaps comes from a log or a server and is
hostile: "x; rm -rf ~" in the place of a module path must stay one argument. Sources of the quoting rules:
POSIX.1 XCU 2.2 (shlex.quote), fish "Quotes" (only \\ and ' are special between single quotes), PowerShell
about_Quoting_Rules (between single quotes only ' is special), and cmd.exe, where double quotes protect
everything but %, ! and the quote itself, and nothing protects these: a fact that holds one is not shown.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from probes.golang.redact import redact
from probes.golang.safetext import safe_text


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


STAND_INS: Mapping[str, str] = MappingProxyType(
    {
        "proxies": "https://goproxy.cn|https://proxy.golang.org|direct",
        "piped": "https://proxy.golang.org|direct",
        "other": "https://proxy.golang.org",
        "host": "HOST",
        "module": "MODULE",
        "version": "VERSION",
        "private": "PATTERN",
        "url": "URL",
        "declared": "DECLARED",
        "proxy": "PROXY:PORT",
        "place": "storage.googleapis.com",
        "as_http": "http://HOST,direct",
        "as_https": "https://HOST,direct",
        "database": "sum.golang.org",
        "name": "HOST",
        "port": "PORT",
        "known": "HOST",
        "where": "the place that it stands in",
        "privates": "PATTERN",
        "roots": "/path/to/corporate-ca-bundle.pem",
        "govcs": "PATTERN:git",
        "repository": "URL",
        "tool": "git",
    }
)
"""What stands in a gap when no fact fills it."""

_GAP = re.compile(r"\{(" + "|".join(STAND_INS) + r")\}")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@+=,-]+")
"""Means itself in every shell; a tilde does not everywhere."""
_SPOILS_CMD = re.compile(r"[\"%!]|[^ -~]")
_LONGEST_FACT = 300


def shell_of(variables: Mapping[str, str]) -> Shell:
    """The shell of a process environment, by $SHELL; POSIX when that says nothing."""
    return Shell.FISH if variables.get("SHELL", "").rpartition("/")[2] == "fish" else Shell.POSIX


def fill_words(text: str, facts: Mapping[str, str]) -> str:
    """A sentence with its gaps filled; a fact that is no plain word is quoted."""
    return _GAP.sub(lambda match: shlex.quote(_fact(match[1], facts)), text)


def fill_command(line: str, facts: Mapping[str, str], shell: Shell) -> str:
    """A line with its gaps filled, still in the language that it is written in."""
    if shell is Shell.YAML:
        return _GAP.sub(lambda match: json.dumps(_fact(match[1], facts), ensure_ascii=False), line)
    return fill_words(line, facts)


def translate(line: str, facts: Mapping[str, str], shell: Shell) -> str | None:
    """A line of a POSIX shell for another one, gaps filled; None when it is more than a simple command.

    A simple command: `export`, `unset`, or a program with words, perhaps with NAME=value in front.
    """
    if re.search(r"[$;&|<>`()\\]|(?<!\{)[*?](?!\})", _GAP.sub("", line)):
        return None
    words = [_GAP.sub(lambda match: _fact(match[1], facts, shell), word) for word in shlex.split(line)]
    if words[0] == "unset":
        return _separator(shell).join(_unset(name, shell) for name in words[1:])
    if words[0] == "export":
        return _separator(shell).join(_set(word, shell) for word in words[1:])
    assigned = 0
    while assigned < len(words) and re.match(r"[A-Za-z_]\w*=", words[assigned]):
        assigned += 1
    if shell is Shell.FISH:
        parts = [f"{name}={quoted_for(shell, value)}" for name, _, value in _pairs(words[:assigned])]
        return " ".join([*parts, *(quoted_for(shell, word) for word in words[assigned:])])
    settings = [_set(word, shell) for word in words[:assigned]]
    command = " ".join(quoted_for(shell, word) for word in words[assigned:])
    return _separator(shell).join([*settings, command])


def fill_foreign(line: str, facts: Mapping[str, str]) -> str:
    """A POSIX line that another shell's user sees because it has no translation: only plain facts."""
    plain = {name: fact for name, fact in facts.items() if _PLAIN.fullmatch(fact)}
    return fill_words(line, plain)


def quoted_for(shell: Shell, value: str) -> str:
    """``value`` as one word of a shell. For cmd it must hold none of ``"%!``."""
    if _PLAIN.fullmatch(value):
        return value if shell is not Shell.POWERSHELL or not re.search("[@,]", value) else f"'{value}'"
    match shell:
        case Shell.POWERSHELL:
            # The typographic quotes U+2018 to U+201B end a string there too.
            return "'" + re.sub("(['‘’‚‛])", r"\1\1", value) + "'"
        case Shell.FISH:
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case Shell.CMD:
            return f'"{value}"'
        case _:
            return shlex.quote(value)


def _fact(name: str, facts: Mapping[str, str], shell: Shell = Shell.POSIX) -> str:
    """What fills a gap: safe for a terminal, without secrets."""
    text = safe_text(redact(facts.get(name, "")), limit=_LONGEST_FACT)
    if not text or (shell is Shell.CMD and _SPOILS_CMD.search(text)):
        return STAND_INS[name]
    # A word that begins with a dash would be taken for an option.
    return text if not text.startswith("-") else f"./{text}"


def _pairs(words: list[str]) -> list[tuple[str, str, str]]:
    return [word.partition("=") for word in words]


def _separator(shell: Shell) -> str:
    return " & " if shell is Shell.CMD else "; "


def _set(word: str, shell: Shell) -> str:
    name, _, value = word.partition("=")
    match shell:
        case Shell.FISH:
            return f"set -gx {name} {quoted_for(shell, value)}"
        case Shell.POWERSHELL:
            quoted = quoted_for(shell, value)
            return f"$env:{name} = {quoted}" if quoted[:1] == "'" else f"$env:{name} = '{quoted}'"
        case _:
            return f'set "{name}={value}"'


def _unset(name: str, shell: Shell) -> str:
    match shell:
        case Shell.FISH:
            return f"set -e {name}"
        case Shell.POWERSHELL:
            return f"Remove-Item Env:{name}"
        case _:
            return f'set "{name}="'
