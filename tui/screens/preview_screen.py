"""One file of a version, as far as it is text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from tui.drawing.figures import size
from tui.drawing.text_rows import TextRows
from tui.inspecting_jobs import Coloured, Previewed, PreviewJob
from tui.lines import Line, Role, Row, line
from tui.screens.inspect_screen import Desk, InspectScreen

if TYPE_CHECKING:
    from probes.browse.archive import Archive
    from probes.browse.contents import Preview


class PreviewScreen(InspectScreen):
    """Lines with their numbers, in colours where the language is known."""

    HINT: ClassVar[str] = "/ find   n N next, before   y copy the line   esc back"

    def __init__(self, desk: Desk, archive: Archive, path: str) -> None:
        super().__init__(path, desk)
        self._job = PreviewJob(archive, path)
        self._shown: Preview | None = None
        self._colours: tuple[Line, ...] | None = None

    def on_mount(self) -> None:
        """Unpack it."""
        self.begin(self._job)

    def take(self, said: object) -> None:
        """The text, then the same in colours."""
        if isinstance(said, Previewed):
            self._shown = said.preview
        elif isinstance(said, Coloured):
            self._colours = said.lines

    def head_lines(self, width: int) -> list[Line]:
        """How large it is, and what is odd about it."""
        shown = self._shown
        if shown is None:
            return []
        about = [size(shown.size)]
        if not shown.binary:
            count = len(shown.lines)
            about.append(f"{count:,} line{'' if count == 1 else 's'}")
        about += ["lines end with CR LF"] if shown.crlf else []
        about += ["what is not UTF-8 is shown as \ufffd"] if shown.replaced else []
        lines = [line((" " + ", ".join(about), Role.FAINT))]
        if shown.cut:
            lines.append(line(" ", (f"{self.symbols.warn} only {shown.cut}", Role.WARN)))
        if shown.problem is not None:
            words = f"{self.symbols.fail} it ends here, as go says: {shown.problem}"
            lines.append(line(" ", (words, Role.FAIL)))
        return lines

    def rows_for(self, width: int) -> Sequence[Row]:
        """The lines."""
        shown = self._shown
        if shown is None:
            return []
        mask = self.desk.text if self.desk.is_private() else None
        rows = TextRows(shown.lines, self._colours, numbered=not shown.binary, mask=mask)
        if not shown.lines:
            return [Row("empty", line(("  the file is empty", Role.FAINT)), selectable=False)]
        return rows.rows(width, self.needle)
