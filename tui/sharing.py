"""The part of the app that hands things on: a row as commands, and all of it without what is private."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.drawing.tree_keys import Part, TreeKey
from tui.keys import key
from tui.looking import LookingApp
from tui.messages import Copy
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.detail_screen import DetailScreen
from tui.session import Changed

if TYPE_CHECKING:
    from probes.share.copy_as import Command


class SharingApp(LookingApp):
    """An app from which something can be taken along."""

    HELP_TITLE = "To take along"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "Y",
            "copy_as",
            "copy_as",
            "Copy the row's request or program as a command: curl, dig, openssl, git, go, modtrace",
        ),
        key("b", "wire", "wire", "What went over the wire: headers there and back, and the raw body"),
        key("p", "privacy", "privacy", "Privacy: hosts, users and private paths under other names, and back"),
    ]

    @property
    def is_private(self) -> bool:
        """Whether everything private stands under other names."""
        return self.workbench.shown.private

    def action_privacy(self) -> None:
        """Hide everything private, or show it again; what is copied meanwhile is masked too."""
        shown = self.workbench.shown
        shown.private = not shown.private
        self.clear_notifications()
        self.workbench.show(Changed.ENVIRONMENT | Changed.TRACE | Changed.TABLE)
        if isinstance(self.screen, DetailScreen):
            self.screen.refresh_details()
        self.tell(
            "hosts, users and private paths stand under other names, in copies too; p shows them again"
            if shown.private
            else "everything stands under its own name again"
        )

    def action_saved(self) -> None:
        """Say where the session is saved, or why it is not."""
        recorder = self.session.said.recorder
        if recorder is None or (recorder.path is None and not recorder.problem):
            self.tell(
                "no session is saved: nothing was traced yet, or this is the demo, or it was switched off"
            )
        else:
            self.tell(recorder.problem or f"the session is saved in {recorder.path}")

    def action_wire(self) -> None:
        """Show the exchange of the row's request: headers, and how the body begins."""
        pane = self.workbench.tree_pane
        request = pane.request_here()
        if request is None or pane.wire_details(request) is None:
            self.tell("nothing went over the wire for this row: choose a hop or a request of the tree")
        else:
            self.workbench.open_details(lambda: pane.wire_details(request))

    def action_copy_as(self) -> None:
        """Offer the commands that ask what the row asked; choosing one copies it."""
        commands = self._commands()
        if not commands:
            return
        choices = [
            Choice(
                one.line, one.tool.value, one.title, "\n".join(filter(None, (one.line, one.note))), one.line
            )
            for one in commands
        ]
        screen = ChoiceScreen("Copy as (nothing is run)", choices)
        screen.HINT = "enter copy   esc back"  # type: ignore[misc]
        self.push_screen(screen, self._copy_command)

    def _copy_command(self, line: object) -> None:
        if line is not None:
            self.post_message(Copy(str(line)))

    def _commands(self) -> tuple[Command, ...]:
        """The commands of the row of the tree; none after telling why."""
        from probes.share.copy_as import program_commands, request_commands, rung_commands, trace_commands

        pane, trace = self.workbench.tree_pane, self.workbench.shown.trace
        if self.workbench.active_pane is not pane:
            self.tell("choose a row of the tree first: press 2")
            return ()
        row = pane.list.cursor_row
        rung = None if row is None else _rung_of(row.key)
        scene = self.session.scene
        # What the process knows is not masked, and what a trace keeps is enough for a masked command.
        process = None if scene is None or self.workbench.shown.private else scene.environment.process
        climbed = [one for one in trace.climbs.get(rung[0], []) if one.rung == rung[1]] if rung else []
        request = pane.request_here()
        program = pane.program_here()
        if program:
            commands = program_commands(trace, program)
        elif climbed:
            commands = rung_commands(trace, climbed[-1], process=process)
        elif request is not None:
            commands = request_commands(trace, request, process=process)
        else:
            self.tell("no request was made for this row and no program run, so there is none to copy")
            return ()
        lines = dict.fromkeys(one.line for one in commands)
        return (*commands, *(one for one in trace_commands(trace) if one.line not in lines))


def _rung_of(row: object) -> tuple[int, str] | None:
    """The ladder and the layer that a row of the tree is about."""
    return (row.number, row.name) if isinstance(row, TreeKey) and row.part is Part.LAYER else None
