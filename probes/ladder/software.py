"""Which software answers: by headers, by the shape of URLs, by the words of bodies; never by a guess.

Every conclusion carries what it was drawn from, whether others could show the same, and whether the sign was
checked against a recorded answer or the software's source (software.toml says which). Where nothing speaks,
the answer is "unknown". A module proxy usually stands behind others: a cache, a balancer, a filter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from probes.ladder.model import shown

UNKNOWN = "unknown"
_BODY_CHARACTERS = 16 << 10


class Kind(StrEnum):
    """What a piece of software does on the way of a request."""

    MODULE_PROXY = "module proxy"
    REPOSITORY = "repository manager"
    STORAGE = "storage"
    FRONT = "front"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One piece of software, and how it gave itself away."""

    name: str
    kind: Kind
    evidence: tuple[str, ...]
    """Every sign that was seen, safe to show."""
    certain: bool
    """Whether at least one of the signs is nobody else's."""
    confirmed: bool
    """Whether at least one of them was checked against the real thing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What software is concluded from."""

    headers: Sequence[tuple[str, str]] = ()
    """Names in lower case; of every answer on the way, redirects too."""
    body: str = ""
    places: Sequence[tuple[str, str]] = ()
    """Host name and path of each URL that was asked."""


@dataclass(frozen=True, slots=True)
class _Sign:
    name: str
    kind: Kind
    place: str
    """"header", "host", "path" or "body"."""
    header: str
    pattern: re.Pattern[str]
    certain: bool
    confirmed: bool

    def found(self, seen: Seen) -> str:
        """The evidence, or ""."""
        if self.place == "header":
            for name, value in seen.headers:
                if name == self.header and self.pattern.search(value):
                    return f"{name}: {value}"
            return ""
        if self.place == "body":
            match = self.pattern.search(seen.body[:_BODY_CHARACTERS])
            return "" if match is None else f'the body says "{" ".join(match[0].split())}"'
        for host, path in seen.places:
            if self.pattern.search(host if self.place == "host" else path):
                return f"the host {host}" if self.place == "host" else f"the path {path}"
        return ""


@cache
def _signs() -> tuple[_Sign, ...]:
    text = files("probes.ladder").joinpath("software.toml").read_text(encoding="utf-8")
    return tuple(_sign(row) for row in tomllib.loads(text)["sign"])


def _sign(row: dict[str, object]) -> _Sign:
    places = [place for place in ("header", "host", "path", "body") if place in row]
    assert len(places) == 1, row
    words = row.get("matches", "") if places[0] == "header" else row[places[0]]
    return _Sign(
        name=str(row["name"]),
        kind=Kind(str(row["kind"])),
        place=places[0],
        header=str(row.get("header", "")),
        pattern=re.compile(str(words), re.IGNORECASE | re.MULTILINE),
        certain=bool(row.get("certain", True)),
        confirmed="confirmed" in row,
    )


def identify(seen: Seen) -> tuple[Conclusion, ...]:
    """Everything that gives itself away: what serves modules first, then what stands before it.

    A sign that others may show as well gives way to one that is certain.
    """
    found: dict[tuple[str, Kind], list[tuple[_Sign, str]]] = {}
    for sign in _signs():
        evidence = sign.found(seen)
        if evidence:
            found.setdefault((sign.name, sign.kind), []).append((sign, evidence))
    order = list(Kind)
    conclusions = [
        Conclusion(
            name,
            kind,
            tuple(dict.fromkeys(shown(evidence, limit=200) for _, evidence in signs)),
            certain=any(sign.certain for sign, _ in signs),
            confirmed=any(sign.confirmed for sign, _ in signs),
        )
        for (name, kind), signs in found.items()
    ]
    return tuple(sorted(_without_doubts(conclusions), key=lambda one: order.index(one.kind)))


_SERVES = (Kind.MODULE_PROXY, Kind.REPOSITORY)


def _without_doubts(conclusions: list[Conclusion]) -> Iterable[Conclusion]:
    """A guess at who serves the modules is left out where somebody is known to."""
    known = any(one.certain for one in conclusions if one.kind in _SERVES)
    return (one for one in conclusions if one.certain or not (known and one.kind in _SERVES))


def serves_modules(conclusions: Sequence[Conclusion]) -> str:
    """The name of the software that serves the modules, or "unknown"."""
    names = [
        one.name if one.certain else f"{one.name}, perhaps" for one in conclusions if one.kind in _SERVES
    ]
    return names[0] if names else UNKNOWN
