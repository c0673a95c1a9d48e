"""Which keys matter where one is: for somebody in trouble, the next thing to try first."""

from __future__ import annotations

from dataclasses import dataclass

from tui.widgets.key_bar import Wish

_HELP, _QUIT, _FIND = Wish("question_mark", "help"), Wish("q", "quit"), Wish("slash", "find")
_AGAIN, _TRACE, _STOP = Wish("r", "again", "again"), Wish("t", "trace"), Wish("s", "stop", "stop")
_OPEN, _COPY, _TRY = Wish("enter", "open"), Wish("y", "copy"), Wish("w", "what-if")
_WORLDS, _BACK = Wish("W", "worlds", "worlds"), Wish("escape", "back")
_MORE = (
    _TRACE, _AGAIN, _TRY, _OPEN, _COPY, _FIND, Wish("Y", "copy as"), Wish("v", "verdict"), Wish("z", "zoom"),
    Wish("tab", "next pane"), Wish("H", "history"), Wish("R", "sessions"), Wish("X", "report"),
    Wish("p", "privacy"),
)  # fmt: skip
"""For broad screens."""

_OF_PANE = {
    "environment": (Wish("e", "edit"), _TRY, _OPEN, _COPY, _FIND, _AGAIN, Wish("E", "presets")),
    "tree": (_AGAIN, _TRY, _OPEN, _COPY, _FIND, Wish("x", "look closer", "look")),
    "modules": (
        Wish("enter", "menu"),
        Wish("a", "ask all"),
        Wish("I", "by name"),
        Wish("S", "save"),
        _FIND,
        _COPY,
        Wish("J", "beside"),
        Wish("M", "go.mod"),
        Wish("F", "files"),
    ),
    "detail": (_BACK, _COPY, Wish("Y", "copy as"), _FIND, Wish("z", "zoom")),
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where one is."""

    pane: str
    typing: bool = False
    """In the line to find things in."""
    finding: bool = False
    zoomed: bool = False
    tracing: bool = False
    traced: bool = False
    demo: bool = False
    replaying: bool = False
    tape: str = "pause"
    """What the key of the tape does now."""
    what_if: bool = False
    """Whether values are tried that are not real."""
    may_be_package: bool = False
    """Whether what was traced is no module, and may be a package."""
    held: bool = False
    """Whether a program would have been started that nobody agreed to."""


def key_wishes(where: Where) -> list[Wish]:
    """The keys, the most important first; help and quit end the line in any case."""
    if where.typing:
        return [
            Wish("enter", "to the list"), Wish("down", "next"), Wish("up", "before"), Wish("escape", "all"),
        ]  # fmt: skip
    wishes: list[Wish] = []
    if where.finding:
        wishes += [Wish("n", "next"), Wish("N", "before"), Wish("escape", "all")]
    elif where.zoomed and where.pane != "detail":
        wishes += [Wish("z", "all panes")]
    if where.tracing and not where.replaying:
        wishes += [_STOP]
    if where.demo and where.pane == "tree":
        wishes += [_WORLDS, Wish("f", "fault", "fault"), Wish("T", "tour", "tour"), _OPEN, _TRY]
    elif where.demo and where.pane != "detail":
        wishes += [_WORLDS]
    if where.replaying:
        wishes += [Wish("full_stop", where.tape, "tape"), Wish("right_curly_bracket", "faster", "tape")]
        wishes += [Wish("R", "live")]
    elif not where.traced and not where.tracing:
        wishes += [_TRACE]
    if where.held and not where.replaying and where.pane != "detail":
        wishes += [Wish("exclamation_mark", "let run")]
    if where.may_be_package and not where.replaying and where.pane != "detail":
        wishes += [Wish("O", "as go get", "as_get")]
    if where.what_if and not where.replaying and where.pane != "detail":
        wishes += [Wish("u", "undo"), Wish("A", "apply"), Wish("C", "copy settings")]
    return [*wishes, *_OF_PANE[where.pane], *_MORE, _HELP, _QUIT]
