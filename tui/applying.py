"""The part of the app that takes settings out of it: as lines to copy, or written as `go env -w` would."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from probes.golang.safetext import safe_text
from tui.keys import key
from tui.lines import Line
from tui.messages import Copy
from tui.screens.choice_screen import Choice
from tui.sharing import SharingApp
from tui.stage import DemoWorld

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.settings.env_apply import Applied
    from probes.settings.env_write import DiffLine
    from probes.settings.overlay import Overlay
    from tui.drawing.whatif_apply import WritePlan
    from tui.drawing.whatif_table import Look

NOT_HERE = "these settings are not those of this machine: nothing is written into your go env file"


class ApplyingApp(SharingApp):
    """An app that can make settings real."""

    HELP_TITLE = "Settings to take along, or to write"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("C", "lines", "try.lines", "Settings as lines: export, go env -w, PowerShell, Dockerfile, CI …"),
        key(
            "A", "write", "try.write", "Write what is tried into the go env file, after showing what changes"
        ),
    ]
    _applied: Applied | None = None
    """What was written last, as long as `u` takes it back."""

    def try_overlay(self, overlay: Overlay) -> None:
        """Take other what-if values."""
        raise NotImplementedError

    def draw_look(self, width: int) -> Look:
        """How lines are drawn now."""
        from tui.drawing.whatif_table import Look

        return Look(width, self.symbols, self.workbench.shown.text)

    # -- lines ---------------------------------------------------------------------------------------

    def action_lines(self) -> None:
        """Offer the settings in twelve forms."""
        from tui.screens.try_lines_screen import TryLinesScreen

        changes, heading = self._changes(), "What is tried, as lines (Enter copies, nothing is run)"
        if not changes:
            changes, heading = self._real_settings(), "Your settings as lines (Enter copies, nothing is run)"
        if not changes:
            self.tell("nothing is set and nothing is tried: there are no lines to copy")
            return
        screen = TryLinesScreen(heading, changes, self.workbench.shown.text, risks=self._risks(changes))
        self.push_screen(screen, self._copy_lines)

    def _risks(self, names: Iterable[str]) -> list[str]:
        """What the lint warns of in these variables: whoever takes them along takes it along."""
        from probes.diagnosis.findings import Level

        wanted, scene = set(names), self.session.scene
        return [
            f"{finding.variable}: {finding.message}"
            for finding in (() if scene is None else scene.findings)
            if finding.variable in wanted and finding.level is not Level.INFO
        ]

    def _copy_lines(self, text: object) -> None:
        if text:
            self.post_message(Copy(str(text)))

    def _changes(self) -> dict[str, str | None]:
        """Everything that is not real, as changes; a variable that is taken away is None."""
        scene = self.session.scene
        return (
            {}
            if scene is None
            else {name: value or None for name, value in scene.environment.overlay.items()}
        )

    def _real_settings(self) -> dict[str, str | None]:
        """What somebody has set, but for the places where things are."""
        from probes.golang.environment import Source
        from probes.golang.variables import VARIABLE, Group

        scene = self.session.scene
        settings = {} if scene is None else scene.environment.settings
        return {
            name: setting.value
            for name, setting in settings.items()
            if setting.source in (Source.PROCESS, Source.GOENV)
            and setting.value
            and name in VARIABLE  # a session may hold settings that nobody knows
            and VARIABLE[name].group is not Group.PLACES
        }

    # -- writing -------------------------------------------------------------------------------------

    async def action_write(self) -> None:
        """Show what writing would do; Enter writes. With nothing tried, offer to take the last one back."""
        if refusal := self._why_not():
            if not self._show_only(refusal):
                self.tell(refusal)
            return
        changes = self._changes()
        try:
            plan = await asyncio.to_thread(plan_write_of, changes) if changes else None
            last = await asyncio.to_thread(last_written)
            back = [] if last is None else await asyncio.to_thread(way_back, last)
        except ValueError as error:
            self.tell(f"nothing was written: {error}")
            return
        if plan is None and last is None:
            self.tell("nothing is tried, so there is nothing to write: e edits a variable, E lists presets")
            return
        self._offer(plan, last, back)

    def _why_not(self) -> str:
        """Why nothing is ever written here; "" on this machine."""
        if self.session.IS_REPLAY:
            return f"this is a replay: {NOT_HERE}"
        return str(getattr(self.session.stage, "WHY_NOT_WRITTEN", NOT_HERE))

    def _show_only(self, refusal: str) -> bool:
        """In the demo, what would be written into a file with nothing in it; False where there is no such."""
        from dataclasses import replace

        from probes.golang.env_file import EnvFile
        from tui.screens.apply_screen import ApplyScreen

        changes, scene = self._changes(), self.session.scene
        if not isinstance(self.session.stage, DemoWorld) or scene is None or not changes:
            return False
        environment = replace(scene.without_trial, user_file=EnvFile("~/.config/go/env", None))
        try:
            plan = replace(plan_from(environment, changes), why_not=refusal)
        except ValueError:
            return False

        def draw(width: int) -> list[Line]:
            from tui.drawing.whatif_apply import write_lines

            return list(write_lines(plan, self.draw_look(width)))

        self.push_screen(ApplyScreen("What A would write, for show", tuple, draw, can_write=False))
        return True

    def _offer(self, plan: WritePlan | None, last: Applied | None, back: Sequence[DiffLine]) -> None:
        from tui.screens.apply_screen import ApplyScreen

        choices: list[Choice] = []
        if plan is not None and plan.writes:
            choices.append(Choice("write", "write", "into the go env file, as go env -w does"))
        if last is not None:
            path = self.workbench.shown.text(last.path)
            choices.append(Choice("undo", "take back", f"what was written into {path} at {_when(last.at)}"))

        def draw(width: int) -> list[Line]:
            from tui.drawing.whatif_apply import undo_lines, write_lines

            look = self.draw_look(width)
            if plan is not None:
                return list(write_lines(plan, look))
            return [] if last is None else list(undo_lines(last, back, look))

        async def chosen(what: object) -> None:
            if what == "write" and plan is not None:
                await self._write(plan)
            elif what == "undo" and last is not None:
                await self.take_back(last)

        title = "Take back what was written?" if plan is None else "Write this?"
        self.push_screen(
            ApplyScreen(title, lambda: choices, draw, can_write=plan is not None and plan.writes), chosen
        )

    async def _write(self, plan: WritePlan) -> None:
        from probes.settings.env_apply import CannotApply, apply, backup_folder

        folder = backup_folder(os.environ)
        assert plan.change is not None
        if folder is None:
            self.tell("nothing was written: neither XDG_STATE_HOME nor HOME says where a copy could be kept")
            return
        try:
            applied = await asyncio.to_thread(apply, plan.change, folder)
        except CannotApply as error:
            self.tell(_once("nothing was written", error))
            return
        self.try_overlay(self.session.trial.overlay.clear())
        self._applied = applied
        wins = " Something still wins over it: see the environment." if plan.still_wins else ""
        self.tell(f"written into {applied.path}; u takes it back.{wins}")

    async def take_back(self, applied: Applied) -> None:
        """Put the file back as it was; what was in it is what-if again, if it was just written."""
        from probes.settings.env_apply import CannotApply, undo

        was_just_written, self._applied = self._applied is not None, None
        try:
            await asyncio.to_thread(undo, applied)
        except CannotApply as error:
            self.tell(_once("nothing was taken back", error))
            return
        overlay = self.session.trial.overlay
        self.session.trial.pending = True
        if was_just_written and overlay.undo_label is not None:
            self.session.trial.overlay = overlay.undo()
        self.session.read()
        self.wake()
        self.tell(f"taken back: {applied.path} is as it was")


def _once(words: str, error: Exception) -> str:
    """What did not happen, and why; many an error says the first of it itself."""
    said = str(error)
    return said if words in said else f"{words}: {said}"


def _when(stamp: str) -> str:
    """A time stamp of a backup for people."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]} UTC"


def last_written() -> Applied | None:
    """The last change that was not taken back; None where a record cannot be read. Blocks."""
    from probes.settings.env_apply import CannotApply, backup_folder, latest

    folder = backup_folder(os.environ)
    try:
        return None if folder is None else latest(folder)
    except CannotApply:
        return None


def way_back(applied: Applied) -> Sequence[DiffLine]:
    """What taking a change back does to the file as it is now; nothing where that cannot be read. Blocks."""
    from probes.settings.env_write import EnvChange

    try:
        now = Path(applied.target).read_bytes()
    except OSError:
        return ()
    return EnvChange(applied.path, now, applied.before).diff


def plan_write_of(changes: Mapping[str, str | None], cwd: Path | None = None) -> WritePlan:
    """What writing would do, from the settings as they are at this moment. Blocks for the files.

    Raises ValueError where a value that is not real has chosen the file.
    """
    from probes.sources.environment_reader import read_environment

    return plan_from(read_environment(cwd=None if cwd is None else str(cwd)), changes)


def plan_from(environment: Environment, changes: Mapping[str, str | None]) -> WritePlan:
    """What writing would do with these settings. Reads nothing."""
    from probes.golang.redact import redact
    from probes.settings.env_write import NeverRead, Refused, plan_write, shadowed
    from probes.settings.whatif import as_written, lint_changes
    from tui.drawing.whatif_apply import WritePlan

    try:
        change = plan_write(environment, changes)
    except Refused as refused:
        words = (f"go refuses: {safe_text(redact(text), limit=1000)}" for text in refused.stderr.splitlines())
        return WritePlan(None, tuple(words), shell_lines=_shell_lines(environment, changes))
    except NeverRead as error:
        return WritePlan(
            None, (safe_text(str(error), limit=1000),), shell_lines=_shell_lines(environment, changes)
        )
    found = shadowed(environment, changes)
    in_process = dict.fromkeys(shadow.name for shadow in found if shadow.by == shadow.name)
    return WritePlan(
        change,
        still_wins=tuple(shadow.words for shadow in found),
        shell_lines=_shell_lines(environment, in_process),
        gained=lint_changes(environment, as_written(environment, change))[0],
    )


def _shell_lines(environment: Environment, changes: Mapping[str, str | None]) -> tuple[str, ...]:
    """The changes in the user's own shell."""
    from probes.diagnosis.catalogue_shells import Shell, shell_of
    from probes.settings.lines import Form, snippet

    forms = {Shell.FISH: Form.FISH, Shell.POWERSHELL: Form.POWERSHELL}
    return snippet(changes, forms.get(shell_of(environment.process), Form.SH)).lines
