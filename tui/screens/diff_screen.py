"""What differs between two versions, or between one version at two proxies: the files, then their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui.drawing.diff_rows import changed_rows, patch_role, summary_lines
from tui.drawing.text_rows import TextRows
from tui.inspecting_jobs import Compared, CompareJob, TextJob, Unified
from tui.lines import Line, Role, Row, line
from tui.screens.inspect_screen import Desk, InspectScreen
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.browse.differences import Difference, FileChange


class DiffScreen(InspectScreen):
    """The files that differ."""

    HINT: ClassVar[str] = "enter the lines   / find   y copy the name   esc back"

    def __init__(self, desk: Desk, job: CompareJob) -> None:
        (old_path, old, old_who), (path, new, who) = job.old, job.new
        if (old_path, old) == (path, new):
            title = f"{path}@{new}: {old_who.name} and {who.name}"
        elif old_path == path:
            title = f"{path}: {old} and {new}"
        else:
            title = f"{old_path}@{old} and {path}@{new}"
        super().__init__(title, desk)
        self._job = job
        self._found: Difference | None = None

    def on_mount(self) -> None:
        """Bring both."""
        self.begin(self._job)

    def take(self, said: object) -> None:
        """They were compared."""
        if isinstance(said, Compared):
            self._found = said.difference

    def head_lines(self, width: int) -> list[Line]:
        """What it comes to."""
        found = self._found
        if found is None:
            return []
        lines: list[Line] = []
        for label, text, role in summary_lines(found, self.symbols):
            lines += self.labelled(label, text, width, role)
        return lines

    def rows_for(self, width: int) -> Sequence[Row]:
        """The files."""
        if self._found is None:
            return []
        return changed_rows(self._found, width, self.symbols, self.desk.text, self.needle)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        if self._found is not None and isinstance(event.key, int):
            self.app.push_screen(PatchScreen(self.desk, self._found, self._found.files[event.key]))


class PatchScreen(InspectScreen):
    """The lines of one file that changed; n and N go from change to change."""

    HINT: ClassVar[str] = "n N next change, the one before   / find   y copy the line   esc back"

    def __init__(self, desk: Desk, found: Difference, change: FileChange) -> None:
        super().__init__(change.name, desk)
        self._job = TextJob(change, (found.old, found.new))
        self._change = change
        self._text: Unified | None = None

    def on_mount(self) -> None:
        """Compare."""
        self.begin(self._job)

    def take(self, said: object) -> None:
        """It was compared."""
        if isinstance(said, Unified):
            self._text = said

    def head_lines(self, width: int) -> list[Line]:
        """How much changed, or why that is not told."""
        if self._text is None:
            return []
        text, change = self._text.text, self._change
        if text.why_not is None:
            words = f"{change.change.value}: {text.added}+ {text.removed}- lines"
            if not text.is_shortest:
                words += "; too much has changed to tell the fewest lines"
            return [line((f" {words}", Role.FAINT))]
        lines = [line((f" {change.change.value}: {text.why_not.value}", Role.WARN))]
        for label, side in (("before", change.old), ("after", change.new)):
            if side is not None:
                words = f"{side.size:,} bytes, {side.problem or f'sha256 {side.sha256}'}"
                lines += self.labelled(label, words, width)
        return lines

    def rows_for(self, width: int) -> Sequence[Row]:
        """The unified text, every line in the role of its sign."""
        if self._text is None:
            return []
        mask = self.desk.text if self.desk.is_private() else None
        lines = (*self._text.head, *self._text.text.lines)
        return TextRows(lines, role=patch_role, numbered=False, mask=mask).rows(width, self.needle)

    async def action_find_next(self, direction: int) -> None:
        """To the next match, or without anything to find to the next change."""
        if self.needle or self._text is None:
            await super().action_find_next(direction)
            return
        lines = (*self._text.head, *self._text.text.lines)
        row = self.list.cursor_row
        at = row.key[0] if row is not None and isinstance(row.key, tuple) else -1
        changes = [number for number, text in enumerate(lines) if text.startswith("@@ ")]
        further = [number for number in changes if (number - at) * direction > 0]
        if further:
            self._go_to_line(further[0] if direction > 0 else further[-1])

    def _go_to_line(self, number: int) -> None:
        for row in self.list.rows:
            if isinstance(row.key, tuple) and row.key[0] == number:
                self.list.select(row.key)
                return
