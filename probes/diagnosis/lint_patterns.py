"""Findings about GOPRIVATE, GONOPROXY, GONOSUMDB and GOINSECURE: patterns that match nothing, or too much.

Source: golang.org/x/mod/module MatchPrefixPatterns. The list is cut at commas and nothing is trimmed; each
pattern is a path.Match glob over the first elements of a module path, which has no scheme, no port, no "@"
and a lower-case host. A pattern that cannot match is not reported by go: the private path it was meant for
goes to the proxies or the checksum database without a word. That makes it an error here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.lookalikes import describe, lookalikes, plain
from probes.diagnosis.remedies import set_line
from probes.golang.environment import Environment, Source
from probes.golang.patterns import BadPattern, path_match

MATCH = "golang.org/x/mod/module MatchPrefixPatterns"

LISTS = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")

_NOTHING = frozenset({"none", "off", "direct", "no", "false", "-"})
"""Words that people write for "no pattern"; all of them do match nothing."""

_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_EVERYTHING = re.compile(r"\*+(\.\*+)?(/\*+)*/?")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one pattern never matches."""

    kind: str
    words: str
    span: Span


def lint_patterns(environment: Environment) -> Iterator[Finding]:
    """All findings about the lists of patterns."""
    for name in LISTS:
        setting = environment.setting(name)
        if setting.value and setting.source is not Source.DERIVED:
            yield from _lint_list(About(environment, name))


def mended(patterns: str) -> str:
    """The list that was probably meant."""
    kept = (_mended_pattern(word) for word in re.split(r"[,;|\s]+", plain(patterns)))
    return ",".join(dict.fromkeys(filter(None, kept)))


def never_matches(pattern: str) -> bool:
    """Whether there is a fault in a pattern that keeps it from matching any module path."""
    return next(_faults(pattern, 0), None) is not None


def _mended_pattern(word: str) -> str:
    if word.startswith("!"):
        # There is no negation, and without it the pattern would mean the opposite.
        return ""
    word, schemes = re.subn(r"^[A-Za-z][\w+.-]*:+/+", "", word)
    # git@host:path and user@host name a host behind the "@"; module@version has the version there.
    before, at, behind = word.partition("@")
    if at:
        # Behind a scheme the colon begins a port, else, as git writes it, the path.
        word = before if "/" in before else behind if schemes else behind.replace(":", "/")
    if "..." in word:
        word = word[: word.index("...")]
    host, slash, path = word.strip("/").partition("/")
    host = re.sub(r":\d*$", "", host)
    if host.startswith("."):
        host = "*" + host
    if "[" not in host:
        host = host.lower()
    return re.sub("/+", "/", host + slash + path) if host else ""


def _lint_list(about: About) -> Iterator[Finding]:
    position = 0
    pieces = about.value.split(",")
    for piece in pieces:
        if piece:
            yield from _lint_pattern(about, piece, position, pieces)
        position += len(piece) + 1


def _lint_pattern(about: About, pattern: str, start: int, pieces: list[str]) -> Iterator[Finding]:
    faults = list(_faults(pattern, start))
    better = mended(about.setting.shown.text)
    remedy = [set_line(about.environment, about.name, better)] if better not in ("", about.value) else []
    for fault in faults:
        words = f"{fault.words} {_consequence(about)}"
        yield about.find(f"pattern.{fault.kind}", _level(about), words, fault.span, remedy=remedy, rule=MATCH)
    if faults:
        return
    glob = pattern.removesuffix("/")
    span = Span.of(pattern, start)
    if _EVERYTHING.fullmatch(glob):
        words = f'"{pattern}" matches every module: {_EVERYTHING_MEANS[about.name]}.'
        yield about.find("pattern.everything", Level.WARNING, words, span, rule=MATCH)
    elif glob not in _NOTHING and not re.search(r"[.*?\[]", glob.split("/")[0]):
        words = f'"{pattern}" matches no module that can be downloaded: those begin with a host name.'
        yield about.find("pattern.no-host", Level.WARNING, words, span, rule=MATCH)
    elif re.fullmatch(r"\*\.[\w.-]+", glob) and glob[2:] not in (p.removesuffix("/") for p in pieces):
        words = (
            f'"{pattern}" matches every host below {glob[2:]}, but not {glob[2:]} itself; '
            f"add {glob[2:]} if modules live there."
        )
        yield about.find("pattern.subdomains-only", Level.INFO, words, span, rule=MATCH)
    elif re.match(r"\*[\w-]", glob):
        words = f'"{pattern}" also matches hosts that merely end so, such as evil{glob.split("/")[0][1:]}.'
        yield about.find("pattern.star-without-dot", Level.INFO, words, span, rule=MATCH)


_EVERYTHING_MEANS = {
    "GOPRIVATE": "no proxy and no checksum database is ever asked",
    "GONOPROXY": "GOPROXY is never used",
    "GONOSUMDB": "no module is verified by the checksum database",
    "GOINSECURE": "every direct fetch may go without TLS",
}


def _level(about: About) -> Level:
    if about.name == "GOINSECURE":
        return Level.WARNING
    explicit = {
        name: about.environment.setting(name).source is not Source.DERIVED
        for name in ("GONOPROXY", "GONOSUMDB")
    }
    if about.name == "GOPRIVATE" and all(explicit.values()):
        return Level.WARNING
    return Level.ERROR


def _consequence(about: About) -> str:
    if _level(about) is Level.WARNING:
        return "go ignores it without a word."
    if about.name == "GONOSUMDB":
        return "go ignores it without a word, and private paths are sent to the checksum database."
    if about.name == "GONOPROXY":
        return "go ignores it without a word, and private paths are sent to the proxies."
    return (
        "go ignores it without a word, and private paths are sent to the proxies and the checksum database."
    )


def _faults(pattern: str, start: int) -> Iterator[Fault]:
    """What keeps a pattern from matching: every strange character, else the most telling fault."""
    # What stands in brackets is a choice of characters: one that cannot match spoils nothing.
    outside = _CLASS.sub(lambda match: "?" * len(match[0]), pattern)
    strange = list(_strange_characters(outside, start))
    if strange:
        yield from strange
        return
    for find in (_blank, _separator, _address, _slashes, _host):
        if fault := find(outside, start):
            yield replace(fault, words=fault.words.replace(outside, pattern))
            return
    try:
        path_match(pattern.removesuffix("/"), "x")
    except BadPattern as error:
        words = f'"{pattern}" is malformed ({error}): it never matches.'
        yield Fault("malformed", words, Span.of(pattern, start))


def _strange_characters(pattern: str, start: int) -> Iterator[Fault]:
    words = {
        "full-width": "is not what go looks for: the pattern never matches.",
        "quote": "is a quote that became part of the pattern: it never matches.",
        "invisible": "cannot be seen and is part of the pattern: it never matches.",
        "semicolon": "does not separate patterns, only a comma does: this never matches.",
    }
    for found in lookalikes(pattern, start):
        yield Fault(found.kind, f"{found.what} {words[found.kind]}", found.span)


def _blank(pattern: str, start: int) -> Fault | None:
    match = re.search(r"\s+", pattern)
    if not match:
        return None
    what = "The blank" if set(match[0]) == {" "} else describe(match[0][0])
    words = f'{what} is part of the pattern "{pattern}": nothing is trimmed, so it never matches.'
    return Fault("space", words, Span.of(match[0], start + match.start()))


def _separator(pattern: str, start: int) -> Fault | None:
    at = pattern.find("|")
    if at < 0:
        return None
    return Fault(
        "pipe",
        '"|" separates module proxies, not patterns: this never matches.',
        Span(start + at, start + at + 1),
    )


def _address(pattern: str, start: int) -> Fault | None:
    """A URL, a host with a port, an address with "@": things that are no module path."""
    if match := re.match(r"[A-Za-z][\w+.-]*:/+", pattern):
        words = f'"{match[0]}" is part of a URL, and module paths have none: the pattern never matches.'
        return Fault("scheme", words, Span.of(match[0], start))
    at = pattern.find("@")
    if at >= 0:
        words = "No module path holds an @, neither before a host nor before a version: it never matches."
        return Fault("at", words, Span(start + at, start + at + 1))
    if match := re.match(r"[^/]*?(:\d*)(?=/|$)", pattern):
        words = f'"{match[1]}" is a port, and module paths have none: the pattern never matches.'
        return Fault("port", words, Span.of(match[1], start + match.start(1)))
    if ":" in pattern:
        where = start + pattern.index(":")
        return Fault(
            "colon", "No module path holds a colon: the pattern never matches.", Span(where, where + 1)
        )
    return None


def _slashes(pattern: str, start: int) -> Fault | None:
    if "..." in pattern:
        where = start + pattern.index("...")
        words = '"..." is for packages on the command line. Here it means three dots, and never matches.'
        return Fault("ellipsis", words, Span(where, where + 3))
    if match := re.search(r"^/+|(?<=.)//+", pattern):
        words = "No module path has an empty element: the pattern never matches."
        return Fault("slash", words, Span.of(match[0], start + match.start()))
    return None


def _host(pattern: str, start: int) -> Fault | None:
    host = pattern.split("/")[0]
    if host.startswith("!"):
        words = f'"!" does not negate: no module path begins with it, and "{pattern}" never matches.'
        return Fault("negation", words, Span(start, start + 1))
    if host.startswith("."):
        words = (
            f'No host begins with a dot: "{pattern}" never matches. For every host below it write *{host}.'
        )
        return Fault("leading-dot", words, Span(start, start + 1))
    if match := re.search("[A-Z]+", host):
        words = f'The host of a module path is all lower case: "{pattern}" never matches.'
        return Fault("upper-case-host", words, Span.of(match[0], start + match.start()))
    return None
