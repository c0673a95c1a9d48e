"""The files of a version as they are in its zip, with sizes; any of them can be looked at."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui.drawing.figures import size
from tui.drawing.file_rows import FileTree, file_rows
from tui.drawing.text_rows import TextRows
from tui.inspecting_jobs import Listed, ListJob, Read
from tui.lines import Line, Role, Row, line
from tui.screens.inspect_screen import Desk, InspectScreen
from tui.screens.preview_screen import PreviewScreen
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.browse.archive import Archive, Checked


class FilesScreen(InspectScreen):
    """A tree of files."""

    HINT: ClassVar[str] = "enter open   / find   left, right fold   y copy the name   esc back"

    def __init__(self, desk: Desk, job: ListJob) -> None:
        super().__init__(f"Files of {job.path}@{job.version}", desk)
        self._job = job
        self._archive: Archive | None = None
        self._tree: FileTree | None = None
        self._checked: Checked | None = None

    def on_mount(self) -> None:
        """Bring the zip."""
        self.begin(self._job)

    def take(self, said: object) -> None:
        """First the list, then what go says of all of it."""
        if isinstance(said, Listed):
            self._archive, self._tree = said.archive, FileTree(said.contents)
        elif isinstance(said, Read):
            self._checked = said.checked

    def head_lines(self, width: int) -> list[Line]:
        """How much it is, whether go would unpack it, the licence."""
        archive, tree = self._archive, self._tree
        if archive is None or tree is None:
            return []
        if tree.contents.instead is not None:
            lines = self.labelled("zip", f"{size(archive.size)} from {archive.source}", width)
            return [*lines, *self._verdict(archive, width)]
        count = tree.contents.files
        files = f"{count:,} file{'' if count == 1 else 's'}, {size(tree.contents.size)}"
        lines = self.labelled(
            "zip", f"{files} unpacked, {size(archive.size)} packed, from {archive.source}", width
        )
        return [*lines, *self._verdict(archive, width), *self._licence(tree, width)]

    def _verdict(self, archive: Archive, width: int) -> list[Line]:
        checked, symbols = self._checked, self.symbols
        problem = archive.problem if checked is None else checked.problem
        if problem is not None:
            return self.labelled("go says", f"{symbols.fail} {problem}", width, Role.FAIL, most=5)
        if checked is None:
            words = f"{symbols.busy} reading all of it {symbols.cut}"
            return self.labelled("go says", words, width, Role.BUSY)
        return self.labelled(
            "go says",
            f"{symbols.ok} names and contents are sound; {checked.h1 or 'no hash'}",
            width,
            Role.OK,
            most=2,
        )

    def _licence(self, tree: FileTree, width: int) -> list[Line]:
        found = tree.contents.licences
        if not tree.contents.files:
            return []
        words = ", ".join(f"{one.name} ({one.file})" for one in found) or "no file names one"
        return self.labelled("licence", words, width, Role.PLAIN if found else Role.WARN, most=2)

    def rows_for(self, width: int) -> Sequence[Row]:
        """The tree."""
        if self._tree is None:
            return []
        instead = self._tree.contents.instead
        if instead is not None:
            title = Row("instead", line((" what was sent instead begins so", Role.STRONG)), selectable=False)
            mask = self.desk.text if self.desk.is_private() else None
            return [title, *TextRows(instead.lines, mask=mask).rows(width)]
        if not self._tree.contents.items:
            return [Row("none", line(("  there are no files in it", Role.FAINT)), selectable=False)]
        return file_rows(self._tree, width, self.symbols, self.desk.text, self.needle)

    def reveal(self, key: Hashable) -> None:
        """A file that was found is in sight when all are shown again."""
        if self._tree is not None and isinstance(key, int):
            self._tree.reveal(key)
            self._rows = None

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if self._tree is None or not isinstance(event.key, int) or self.needle:
            return
        goes_to = self._tree.fold(event.key, event.direction)
        if goes_to is not None:
            self.change_rows()
            self.list.select(goes_to)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        if self._tree is None or self._archive is None or not isinstance(event.key, int):
            return
        item = self._tree.contents.items[event.key]
        if item.entry is None:
            self._tree.fold(event.key, 0)
            self.change_rows()
        else:
            self.app.push_screen(PreviewScreen(self.desk, self._archive, item.path))
