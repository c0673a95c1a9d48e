"""The modules pane: versions per proxy, and their files on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from probes.browse.table import Cell, VersionTable, Wanted
from probes.golang.protocol import Op
from tui.drawing.fields import Details
from tui.drawing.module_rows import (
    ModulesView,
    column_name,
    failures,
    first_with,
    module_details,
    module_head,
    module_rows,
)
from tui.keys import key
from tui.lines import Line
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane


class ModulesPane(Pane):
    """The versions of the module by proxy."""

    NUMBER: ClassVar[str] = "3"
    TITLE: ClassVar[str] = "Modules"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("i", "fetch('info')", "modules.info", "Fetch the .info of the version"),
        key("m", "fetch('mod')", "modules.mod", "Fetch the go.mod of the version"),
        key("Z", "fetch('zip')", "modules.zip", "Fetch the zip of the version"),
        key("a", "ask_all", "modules.ask_all", "Ask also the proxies that go would not come to"),
        key("f", "folder", "modules.folder", "Choose the folder for files"),
    ]

    @dataclass
    class Fetch(Message):
        """The user wants a file."""

        wanted: Wanted

    @dataclass
    class AskAll(Message):
        """The user wants every proxy asked."""

    @dataclass
    class ChooseFolder(Message):
        """The user wants files elsewhere."""

    @dataclass
    class Refused(Message):
        """What cannot be fetched, and why."""

        words: str

    @dataclass
    class Menu(Message):
        """The user wants to choose what to do with a version."""

        version: str
        proxy: str

    def __init__(self) -> None:
        super().__init__(id="modules")
        self._table = VersionTable()
        self._about: VersionTable | None = None
        self._chosen: str | None = None
        self._hint = ""
        self._column = 0
        self._has_chosen = False
        """Whether the proxy was chosen by the user; until then it is the first one that has something."""
        self._told: set[Wanted] = set()
        """The failed downloads whose reason was told."""
        self._measured: list[str] | None = None
        self._longest = 0
        """Of the versions that were measured."""
        self._led: str | None = None
        """The version that the cursor was put on by itself."""
        self.head = LinesView(self._head, id="modules-head")

    def compose_head(self) -> ComposeResult:
        """The names of the proxies."""
        yield self.head

    def show(
        self, table: VersionTable, chosen: str | None, hint: str, *, about: VersionTable | None = None
    ) -> None:
        """Show a table; ``chosen`` is go's version, ``about`` the table that this is a copy of."""
        about = about or table
        if about is not self._about:
            self._column, self._led, self._about, self._has_chosen = 0, None, about, False
        self._table, self._chosen, self._hint = table, chosen, hint
        if not self._has_chosen:
            self._column = first_with(table, chosen)
        self._tell_failures()
        self.redraw()
        self.redraw_title()
        if self._led is None and chosen in table.versions():
            self._led = chosen
            self.list.select(("version", chosen))

    def _tell_failures(self) -> None:
        """Say why a download failed, once it has."""
        failed = dict(failures(self._table))
        for wanted, words in failed.items():
            if wanted not in self._told:
                self.post_message(self.Refused(words))
        self._told = set(failed)

    def remark(self) -> str:
        """How many versions there are."""
        count = len(self._table.versions())
        return f"{count} version{'' if count == 1 else 's'}" if count else ""

    def _view(self, width: int) -> ModulesView:
        versions = self._table.versions()
        if versions is not self._measured:
            self._measured, self._longest = versions, max(map(len, versions), default=0)
        return ModulesView(
            self._table, self._column, width, self.symbols, self._chosen, self._hint,
            longest=self._longest, in_full=self.in_full,
        )  # fmt: skip

    def _head(self, width: int) -> list[Line]:
        return module_head(self._view(width))

    def redraw(self) -> None:
        """Make the rows anew."""
        self.head.show(self._head)
        self.show_rows(module_rows(self._view(self.width), self.needle), narrowed=True)

    def version(self) -> str | None:
        """The version under the cursor."""
        row = self.list.cursor_row
        return row.key[1] if row is not None and isinstance(row.key, tuple) else None

    def details(self) -> Details | None:
        """The version under the cursor."""
        version = self.version()
        return None if version is None else module_details(self._view(self.width), version)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        last = max(0, len(self._table.columns) - 1)
        self._column = max(0, min(last, self._column + event.direction))
        self._has_chosen = True
        self.redraw()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        version = self.version()
        self._has_chosen = True
        if version is not None:
            proxy = column_name(self._table, Wanted(version, Op.ZIP, self._column))
            self.post_message(self.Menu(version, proxy))

    # -- actions -------------------------------------------------------------------------------------

    def action_fetch(self, kind: str) -> None:
        """Have a file of the version under the cursor fetched from the selected proxy.

        Behind the keys from before, which may choose another proxy: over a slow line they come in one piece.
        """
        self.list.call_later(self.call_later, self._fetch, kind)

    def _fetch(self, kind: str) -> None:
        version = self.version()
        if version is None:
            self.post_message(self.Refused("no version is selected"))
            return
        self._has_chosen = True
        wanted = Wanted(version, Op(kind), self._column)
        cell = self._table.cell(version, self._column)
        name = column_name(self._table, wanted)
        if cell is Cell.PRIVATE:
            self.post_message(self.Refused("the path is private: no proxy is ever asked"))
        elif cell is Cell.NOT_ASKED:
            self.post_message(self.Refused(f"go would not come to {name}; press a to ask it all the same"))
        else:
            self.post_message(self.Fetch(wanted))

    def action_ask_all(self) -> None:
        """Have every proxy asked, also those that have answered."""
        columns = self._table.columns
        if columns and all(state.column.private for state in columns):
            self.post_message(self.Refused("the path is private: no proxy is ever asked"))
            return
        if columns and all(state.answered or state.column.private for state in columns):
            self.post_message(self.Refused("every proxy has answered already; all are asked once more"))
        self.post_message(self.AskAll())

    def action_folder(self) -> None:
        """Have another folder chosen."""
        self.post_message(self.ChooseFolder())
