"""What the screen says that asks whether programs may be started: which ones, and what that means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.golang.redact import MASK
from tui.lines import Role, Row, line, wrap
from tui.symbols import Symbols

PROGRAMS = (
    ("git", "asks a repository for its tags and fetches a commit, into a throw-away folder"),
    ("ssh", "is started by git for ssh:// and git@ addresses; it may use your agent and your keys"),
    ("hg", "the same for Mercurial"),
    ("svn", "the same for Subversion"),
    ("fossil", "the same for Fossil"),
    ("bzr", "the same for Bazaar"),
)
"""What go starts, and for what."""

MEANS = (
    "They run as you, with your settings and your credentials, as they would for go: git may ask credential "
    "helpers, which are programs of your own configuration.",
    "None can ask you anything: there is no terminal for them, and no window for a password.",
    "They are limited in time and output. Nothing is written into the module cache or into a repository of "
    "yours.",
    "The answer is kept for this session only, and ! takes it back.",
)


AFTER = "and what follows from it: a commit fetched, its log, its files packed"
"""Only the first command is known before it was run."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be started."""

    held: Sequence[str]
    """What this trace would have run, secrets masked."""
    places: Mapping[str, str]
    """The programs that are in PATH, and where."""
    goauth: Sequence[str] = ()
    """What GOAUTH has started, secrets masked."""


def goauth_programs(value: str) -> list[str]:
    """The programs that a value of GOAUTH names, their arguments masked (cmd/go/internal/auth runGoAuth)."""
    found = []
    for entry in value.split(";"):
        words = entry.split()
        if not words or words[0] in ("off", "netrc"):
            continue
        shown = "git credential fill" if words[0] == "git" else words[0]
        found.append(f"{shown} {MASK}" if len(words) > 1 else shown)
    return found


def running_rows(offer: Offer, width: int, symbols: Symbols) -> list[Row]:
    """The rows: what would be run for this trace, else what go may run at all, and what that means."""
    return list(_rows(offer, width, symbols))


def _rows(offer: Offer, width: int, symbols: Symbols) -> Iterator[Row]:
    head = "For this trace go would run:" if offer.held else "Where go comes to a module's own repository:"
    yield Row(("head", 0), line((f" {head}", Role.STRONG)), selectable=False)
    for number, command in enumerate(offer.held):
        for part, text in enumerate(wrap(command, width - 6)):
            sign = symbols.unknown if part == 0 else " "
            yield Row(("held", number, part), line(f"   {sign} ", (text, Role.NAME)), copy=command)
    for name, what in () if offer.held else PROGRAMS:
        where = offer.places.get(name, "")
        if not where and name not in ("git", "ssh"):
            continue  # of no interest where it is not
        role = Role.NAME if where else Role.FAINT
        there = where or "is not in PATH"
        for part, text in enumerate(wrap(f"{there}: {what}", width - 14)):
            label = name if part == 0 else ""
            yield Row(("program", name, part), line(f"   {label:8} ", (text, role)))
    for command in offer.goauth:
        yield Row(("goauth", command), line("   GOAUTH   ", (command, Role.NAME)))
    if offer.held:
        yield Row(("after", 0), line(f"     {AFTER}"), selectable=False)
    yield Row(("head", 1), line(""), selectable=False)
    for at, sentence in enumerate(MEANS):
        for part, text in enumerate(wrap(sentence, width - 4)):
            yield Row(
                ("means", at, part), line(f" {'  ' if part else '- '}", (text, Role.FAINT)), selectable=False
            )
