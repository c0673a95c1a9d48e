"""What go prints when it cannot find or download a module, as a table: words, rule, node, cause.

The rows stand in error_patterns.toml. Source of the words: the error catalogue of the specification (strings
as Go 1.27 prints them), net, net/http, crypto/x509 and crypto/tls for the transport, git's own for direct
fetches, and what Windows and macOS print in their place (connectex, wsarecv, getaddrinfow, "operation timed
out"). Within one message the first row that fits wins, so rows stand in causal order: a setting before the
name that it broke, the HTTP proxy before the server behind it, the checksum database before the status it
answered with.

Words that only go prints (``GO``) are believed anywhere. Words that any program prints (``NET``: "i/o
timeout", "x509: …") count only in a message that shows by something else that go wrote it; see
``is_from_go``. Between them stand words that a few other tools print too (``NEAR``: "checksum mismatch").
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from probes.diagnosis.catalogue import Transience
from probes.diagnosis.explain_std import SINCE
from probes.diagnosis.log_text import Block


class Layer(StrEnum):
    """The rung that broke."""

    SETTING = "setting"
    MODE = "mode"
    STORE = "store"
    HTTP_PROXY = "http proxy"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    CONTENT = "content"
    CHECKSUM = "checksum"
    ORIGIN = "origin"
    PROJECT = "project"


class Printed(StrEnum):
    """Who prints such words."""

    GO = "go"
    """Only go: believed anywhere."""
    NEAR = "near"
    """Other tools too: believed where go wrote the message, or right behind a command of go."""
    NET = "net"
    """Any program: believed where something else in the message shows that go wrote it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row."""

    id: str
    rule: str
    layer: Layer
    rank: int
    """How causal it is: of several messages in one log, the lower comes first."""
    words: re.Pattern[str]
    """Searched in what go itself says; its named groups are facts."""
    transience: Transience | None = None
    """None: what the rule says."""
    node: str = ""
    """"" : the rule's node."""
    printed: Printed = Printed.GO
    remedies: tuple[str, ...] = ()
    """Names of the rule's remedies, the best first; () for all as listed."""
    cause: str = ""
    """One sentence with {facts} in it; "" for the rule's own."""
    answer: re.Pattern[str] | None = None
    """Searched in what the server answered; None when that does not matter."""
    about_sumdb: bool | None = None
    """Whether the message has to be about the checksum database; None when that does not matter."""
    origin_only: bool = False
    """The error is one of a direct fetch, which hides what proxies before it answered."""

    def search(self, block: Block) -> re.Match[str] | None:
        """The place of its words in a message; None when the row does not fit."""
        own = block.own
        if self.about_sumdb is not None and self.about_sumdb is not concerns_sumdb(own):
            return None
        if self.answer is not None and not self.answer.search(block.said):
            return None
        return self.words.search(own)


_SUMDB_URL = re.compile(r"https?://(?:sum\.golang\.(?:org|google\.cn)\b|[^\s\"]*/sumdb/)")


def concerns_sumdb(own: str) -> bool:
    """Whether a message names a URL of a checksum database."""
    return _SUMDB_URL.search(own) is not None


_SIGNS_OF_GO = re.compile(
    r"(?m)^(?:go|vgo)(?: (?:get|install|list|build|run|test|generate|work|mod \w+))?: (?!command not found)"
    r"|(?<![\w/@.%-])[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?:/[\w.~!%+-]+)*@v\d"
    r"|/@v/|/@latest\b|[?&]go-get=1|/sumdb/|/lookup/\S+@v\d"
    r"|\b(?:sum|proxy)\.golang\.(?:org|com\.cn|google\.cn)\b|\bgoproxy\.(?:cn|io)\b"
    r"|\bunrecognized import path\b|\bmodule [\w.-]+\.[\w./~-]+: |^verifying (?:\S+@|go\.mod:|module:)"
    r"|\bConfirm the import path was entered correctly|/pkg/mod/cache/vcs/|[\\/]cache[\\/]vcs[\\/]"
    r"|\binvalid version: (?:unknown revision|git |hg |module contains a go\.mod|version \")"
    r"|(?<![\w/@.%-])[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w./~!%+-]+@[\w.<>=][\w./<>=+-]*: "
    r"|\bgo\.sum(?: database)?:|\berrors parsing go\.mod\b"
    r"|\bGO(?:PROXY|SUMDB|PRIVATE|NOPROXY|NOSUMDB|FLAGS|111MODULE|TOOLCHAIN)\b"
)


def is_from_go(block: Block) -> bool:
    """Whether something in a message shows that the go command wrote it."""
    return _SIGNS_OF_GO.search(block.text) is not None


# --- Reading the rows

_SHORT = {
    "STATUS": r"(?:408|425|429|500|502|503|504|52\d)",
    "READING": r"(?:(?:reading |get )https?://\S+?|unexpected status \(https?://[^)\s]+\)):",
    "NEWSTD": "(?:" + "|".join(re.escape(package) for package in SINCE) + ")",
}
"""What the rows abbreviate: statuses that a retry may mend, go's ways to name the URL that it read (the
second is that of Go 1.12), and the packages that came to the standard library late."""


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """All rows, the most causal first."""
    text = files("probes.diagnosis").joinpath("error_patterns.toml").read_text(encoding="utf-8")
    return tuple(_pattern(row, rank) for rank, row in enumerate(tomllib.loads(text)["pattern"]))


@lru_cache(maxsize=1)
def by_id() -> Mapping[str, Pattern]:
    """The rows by name."""
    return MappingProxyType({pattern.id: pattern for pattern in patterns()})


def _pattern(row: Mapping[str, Any], rank: int) -> Pattern:
    answer = row.get("answer")
    return Pattern(
        id=row["id"],
        rule=row["rule"],
        layer=Layer(row["layer"]),
        rank=rank,
        words=_compiled(row["words"]),
        transience=Transience(row["transient"]) if "transient" in row else None,
        node=row.get("node", ""),
        printed=Printed(row.get("printed", "go")),
        remedies=tuple(row.get("remedies", ())),
        cause=row.get("cause", ""),
        answer=None if answer is None else _compiled(answer, re.IGNORECASE),
        about_sumdb=row.get("about_sumdb"),
        origin_only=row.get("origin_only", False),
    )


def _compiled(alternatives: list[str], flags: int = 0) -> re.Pattern[str]:
    joined = "|".join(alternatives)
    for short, long in _SHORT.items():
        joined = joined.replace(short, long)
    return re.compile(joined, flags)
