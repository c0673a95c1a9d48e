"""The modules pane: versions per proxy, and their files on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from probes.browse.table import Cell, ColumnKind, VersionTable, Wanted
from probes.golang.protocol import Op
from tui.drawing.column_details import column_details
from tui.drawing.fields import Details
from tui.drawing.matrix_cells import cell_words
from tui.drawing.matrix_head import module_head
from tui.drawing.matrix_view import ModulesView, name_of
from tui.drawing.module_rows import failures, first_with, module_rows
from tui.drawing.version_details import module_details
from tui.drawing.version_marks import marks_width
from tui.drawing.version_search import VersionSearch
from tui.drawing.version_words import widest
from tui.keys import key
from tui.lines import Line
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane

_UNCACHED = "missing from its cache"


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
        has_files: bool
        """Whether single files can be fetched from there."""

    @dataclass
    class ColumnOpened(Message):
        """The user wants to see everything about the selected column."""

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
        self._widest = (0, 0)
        """Of the versions that were measured."""
        self._has_kinds = False
        """Whether some of them are more than releases."""
        self._search = VersionSearch()
        self._is_no_module = False
        self.asked_for: frozenset[str] = frozenset()
        """The versions that the user had asked for by name."""
        self._told_nowhere: frozenset[str] = frozenset()
        """Those of which it was told that nobody has them."""
        self._led: str | None = None
        """The version that the cursor was put on by itself."""
        self._had_versions = False
        """Whether there were versions the last time: before them the cursor is on the columns."""
        self.head = LinesView(self._head, id="modules-head")

    def compose_head(self) -> ComposeResult:
        """The names of the proxies."""
        yield self.head

    def show(
        self,
        table: VersionTable,
        chosen: str | None,
        hint: str,
        *,
        about: VersionTable | None = None,
        is_no_module: bool = False,
    ) -> None:
        """Show a table; ``chosen`` is go's version, ``about`` the table that this is a copy of."""
        self._is_no_module = is_no_module
        about = about or table
        if about is not self._about:
            self._column, self._led, self._about, self._has_chosen = 0, None, about, False
            self.asked_for = self._told_nowhere = frozenset()
        self._table, self._chosen, self._hint = table, chosen, hint
        if not self._has_chosen:
            self._column = first_with(table, chosen)
        self._tell_failures()
        self._tell_who_has_not()
        self.redraw()
        self.redraw_title()
        self._lead(chosen)

    def _lead(self, chosen: str | None) -> None:
        """Put the cursor on go's version once it is there; without one on the first, when there are any."""
        versions = self._table.versions()
        if self._led is None and chosen in versions:
            self._led = chosen
            self.list.select(chosen)
        had_versions, self._had_versions = self._had_versions, bool(versions)
        if self._led is None and versions and not had_versions:
            self.list.select(versions[0])

    def _tell_failures(self) -> None:
        """Say why a download failed, once it has."""
        failed = dict(failures(self._table))
        for wanted, words in failed.items():
            if wanted not in self._told:
                self.post_message(self.Refused(words))
        self._told = set(failed)

    def _tell_who_has_not(self) -> None:
        """Say of a version that was asked for by name and is nowhere what everybody said: it has no row."""
        columns, named = self._table.columns, set(self._table.versions())
        for version in self.asked_for - named - self._told_nowhere:
            if any(version in state.asked for state in columns):
                continue
            words = {
                state.column.name: cell_words(self._table, version, state, self.symbols).word
                for state in columns
                if version in state.known
            }
            said = [f"{name} {_UNCACHED if word == 'uncached' else word}" for name, word in words.items()]
            if said:
                self._told_nowhere |= {version}
                self.post_message(self.Refused(f"{version} was found nowhere: {', '.join(said)}"))

    def remark(self) -> str:
        """How many versions there are, and whether their module is still recommended."""
        count = len(self._table.versions())
        module = self._table.module
        words = [f"{count} version{'' if count == 1 else 's'}"] if count else []
        words += ["deprecated"] if module is not None and module.deprecated else []
        return ", ".join(words)

    def _view(self, width: int) -> ModulesView:
        versions = self._table.versions()
        if versions is not self._measured:
            self._measured, self._widest = versions, widest(versions)
            self._has_kinds = any("-" in version or "+" in version for version in versions)
        longest, longest_short = self._widest
        view = ModulesView(
            self._table, self._column, width, self.symbols, self._chosen, self._hint,
            longest=longest, longest_short=longest_short, in_full=self.in_full, height=self.size.height,
            asked_for=self.asked_for, is_no_module=self._is_no_module,
        )  # fmt: skip
        module = self._table.module
        has_kinds = self._has_kinds or (module is not None and bool(module.retracted))
        return replace(view, marks=marks_width(view, has_kinds=has_kinds)) if versions else view

    def _head(self, width: int) -> list[Line]:
        return module_head(self._view(width))

    def redraw(self) -> None:
        """Make the rows anew."""
        self.head.show(self._head)
        rows = module_rows(self._view(self.width), self.needle, self._search)
        self.show_rows(rows, narrowed=True)

    def on_resize(self) -> None:
        """A higher pane has room for more lines above the list."""
        self.head.show(self._head)

    def version(self) -> str | None:
        """The version under the cursor."""
        row = self.list.cursor_row
        return row.key if row is not None and isinstance(row.key, str) else None

    def _under(self) -> int | None:
        """The column that the row under the cursor is about, where there are no versions."""
        row = self.list.cursor_row
        key = None if row is None else row.key
        return key[1] if isinstance(key, tuple) and key[0] == "column" else None

    def details(self) -> Details | None:
        """The version under the cursor, or the column."""
        version, column = self.version(), self._under()
        if column is not None and column < len(self._table.columns):
            return column_details(self._view(self.width), column)
        return None if version is None else module_details(self._view(self.width), version)

    def column_details(self) -> Details | None:
        """The selected column."""
        if self._column >= len(self._table.columns):
            return None
        return column_details(self._view(self.width), self._column)

    @property
    def column(self) -> int:
        """The selected column."""
        return self._column

    @property
    def column_name(self) -> str:
        """What the selected column is called."""
        return name_of(self._table, self._column)

    @property
    def _kind(self) -> ColumnKind:
        """What the selected column is."""
        columns = self._table.columns
        return columns[self._column].column.kind if columns else ColumnKind.PROXY

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
            has_files = self._kind is ColumnKind.PROXY
            self.post_message(self.Menu(version, self.column_name, has_files))
        elif self._under() is not None:
            self.post_message(self.ColumnOpened())

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
        name = self.column_name
        if self._kind is not ColumnKind.PROXY:
            self.post_message(self.Refused(f"single files come from a proxy, and {name} is none"))
        elif cell is Cell.PRIVATE:
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
