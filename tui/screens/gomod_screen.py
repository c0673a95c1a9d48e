"""The go.mod of a version: read line by line, each module that it names one key away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui.drawing.gomod_rows import GoModView, Target, gomod_rows
from tui.inspecting_jobs import GoModJob, GoModShown
from tui.lines import Row
from tui.messages import Say
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.inspect_screen import Desk, InspectScreen
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.browse.archive import Supplier


class GoModScreen(InspectScreen):
    """Sections, and the file itself."""

    HINT: ClassVar[str] = "enter open a module that it names   / find   y copy   esc back"

    def __init__(self, desk: Desk, job: GoModJob) -> None:
        super().__init__(f"go.mod of {job.path}@{job.version}", desk)
        self._job = job
        self._shown: GoModShown | None = None

    def on_mount(self) -> None:
        """Bring it."""
        self.begin(self._job)

    def take(self, said: object) -> None:
        """It is there."""
        if isinstance(said, GoModShown):
            self._shown = said

    def rows_for(self, width: int) -> Sequence[Row]:
        """The sections."""
        if self._shown is None:
            return []
        desk = self.desk
        view = GoModView(
            self._shown, width, self.symbols, desk.text, desk.is_private(), self._job.version
        )
        return gomod_rows(view)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        target = event.key
        if not isinstance(target, Target):
            self.post_message(Say("this line names no other module; enter on a requirement opens that"))
            return
        if not target.version:
            self.post_message(Say("go.mod names no version of it here"))
            return
        shown = self.desk.text(f"{target.path}@{target.version}")

        def chosen(what: object) -> None:
            # A dependency need not be in the same place: it is taken as go would.
            who: Supplier = self._job.who if self._job.who.cache else _as_go()
            if what == "go.mod":
                self.desk.go_mod(target.path, target.version, who)
            elif what == "files":
                self.desk.files(target.path, target.version, who)
            elif what == "trace":
                self.desk.trace(f"{target.path}@{target.version}")

        choices = [
            Choice("go.mod", "go.mod", "what it requires in turn; Esc comes back here"),
            Choice("files", "files", "its zip is fetched and listed"),
            Choice("trace", "trace", "how go would download it; leaves this screen"),
        ]
        self.app.push_screen(ChoiceScreen(shown, choices), chosen)


def _as_go() -> Supplier:
    from probes.browse.archive import AS_GO

    return AS_GO
