"""Which form a report is to have, and whether what is private in it stands under other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.keys import key
from tui.lines import Role, Row, line, pad, wrap
from tui.messages import Say
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList

FORMS = (
    ("markdown", "Markdown", "for an issue: the questions of the Go project's template, answered"),
    ("clipboard", "clipboard", "the same Markdown, to paste into an issue"),
    ("html", "HTML", "one file, without scripts, with the picture in it"),
    ("text", "text", "80 columns, for a mail or a terminal"),
    ("json", "JSON", "everything, for a program"),
    ("svg", "SVG", "a picture of the tree and of the waterfall"),
)
"""The name of each form, its label, and what it is good for."""


@dataclass(frozen=True, slots=True)
class ReportWish:
    """What somebody chose."""

    form: str
    """One of FORMS."""
    private: bool
    """Whether what is private stands under other names."""


class ReportScreen(Overlay[ReportWish]):
    """The result is what was chosen, or None."""

    HINT: ClassVar[str] = "enter choose   p names under other names, or real   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("p", "other_names", "report.other_names", "Other names for what is private, or the real ones"),
    ]

    def __init__(self, *, must_be_private: bool) -> None:
        super().__init__("Write a report")
        self._must = must_be_private
        """Whether privacy is on for all of the app."""
        self._private = True

    def on_mount(self) -> None:
        """Begin at the first form."""
        self.redraw()
        self.list.select(FORMS[0][0])

    def make_rows(self, width: int) -> list[Row]:
        """How names stand in it, then the forms."""
        if self._private:
            head, role = "Names: others", Role.OK
            words = (
                "Hosts, users, addresses and private paths stand under other names; p shows the real ones."
            )
        else:
            head, role = "Names: real", Role.WARN
            words = "Hosts, users and private paths stand in it as they are; p puts others in their place."
        if self._must:
            words = "Privacy is on in the whole app (p), so private names are hidden in reports, too."
        rows = [Row("names", line("  ", (head, role)), selectable=False)]
        rows += [
            Row(("words", at), line("    ", (part, Role.FAINT)), selectable=False)
            for at, part in enumerate(wrap(words, width - 6))
        ]
        rows.append(Row("gap", line(""), selectable=False))
        for name, label, what in FORMS:
            rows.append(Row(name, line("  ", (pad(label, 11), Role.STRONG), what)))
        note = "Passwords and tokens are in no report. Look it over before you send it."
        rows.append(Row("gap 2", line(""), selectable=False))
        rows += [
            Row(("note", at), line("  ", (part, Role.FAINT)), selectable=False)
            for at, part in enumerate(wrap(note, width - 4))
        ]
        return rows

    def action_other_names(self) -> None:
        """Other names, or the real ones."""
        if not self._must:
            self._private = not self._private
            self.redraw()
        else:
            self.post_message(Say("privacy is on in the whole app; Esc and then p end it"))

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        self.dismiss(ReportWish(str(event.key), self._private))
