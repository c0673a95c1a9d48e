"""The part of the app that saves whole versions and projects: through the chain or from one proxy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.bridge import Ended
from tui.fetching import FetchingApp
from tui.keys import key
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.prompt_screen import PromptScreen
from tui.session import Changed, Session
from tui.stage import ThisMachine
from tui.symbols import Symbols

if TYPE_CHECKING:
    from tui.bridge import Job
    from tui.drawing.saving_rows import SavingView, Undertaking

# The rest is imported where it is needed: it costs the first frame some ten milliseconds.

KIT_FOLDER = "modtrace-kit"
REPLAY = "this is a replay: nobody is asked, so nothing can be saved"


class SavingApp(FetchingApp):
    """See the module."""

    HELP_TITLE = "Files of versions"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("S", "save_version", "save", "Save the version: .info, .mod and .zip"),
        key("D", "show_downloads", "downloads", "What is being saved, how far it is; stop it there"),
        key("B", "bundle", "bundle", "Save all that this project needs: an air-gap kit"),
    ]

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__(session, symbols)
        self.undertakings: list[Undertaking] = []
        """Everything that was to be saved, the latest last."""
        self._is_savings_redraw_due = False

    # -- a version -----------------------------------------------------------------------------------

    def action_save_version(self) -> None:
        """Save the version under the cursor."""
        if self.session.IS_REPLAY:
            self.tell(REPLAY)
            return
        at_hand = self.version_at_hand()
        if at_hand is None:
            self.tell(f"there is no version to save: {self.why_no_version()}")
            return
        if self.session.scene is None:
            self.tell("the settings are still being read")
            return
        verb = "save into this folder"
        self._with_folder(lambda folder: self._choose_saving_source(*at_hand, folder), verb)

    def _choose_saving_source(self, path: str, version: str, folder: Path) -> None:
        """Ask whether the chain or one proxy is to be asked, where there is a choice."""
        columns = [
            state.column
            for state in self.session.table.columns
            if state.column.kind.value == "proxy" and not state.column.private
        ]

        def chosen(what: object) -> None:
            if what is not None:
                self._save_version(path, version, folder, what if isinstance(what, int) else None)

        if len(columns) < 2:
            self._save_version(path, version, folder, None)
            return
        shown = self.workbench.shown.text
        choices = [Choice("chain", "the chain", "whoever go would ask, with its fallbacks and its checks")]
        choices += [
            Choice(column.index, shown(column.name), "this proxy alone, with the same checks")
            for column in columns
        ]
        self.push_screen(ChoiceScreen(shown(f"Save {path}@{version}: from whom?"), choices), chosen)

    def _save_version(self, path: str, version: str, folder: Path, entry: int | None) -> None:
        from probes.browse.saved import Want
        from tui.saving_jobs import SaveJob

        scene, stage = self.session.scene, self.session.stage
        assert scene is not None
        place = stage.folder if isinstance(stage, ThisMachine) else None
        want = Want(path, version)
        limits, runs = self.session.limits, self.session.runs
        job = SaveJob(scene.environment, (want,), entry, folder, limits, place, runs)
        self._begin_saving(f"{path}@{version}", folder, job)

    # -- a project -----------------------------------------------------------------------------------

    def action_bundle(self) -> None:
        """Make a kit of the project."""
        stage = self.session.stage
        if self.session.IS_REPLAY:
            self.tell(REPLAY)
        elif not isinstance(stage, ThisMachine):
            self.tell("there is no project in the demo; S saves a version of it")
        elif self.session.scene is None:
            self.tell("the settings are still being read")
        else:
            self._ask_kit(stage.folder.absolute())

    def _ask_kit(self, place: Path) -> None:
        def chosen(text: str | None) -> None:
            scene = self.session.scene
            if text and scene is not None:
                from tui.saving_jobs import BundleJob

                folder = Path(text).expanduser().absolute()
                job = BundleJob(scene.environment, place, folder, self.session.limits, self.session.runs)
                self._begin_saving(f"the project in {place}", folder, job)

        note = (
            "all that go.sum names, or the requirement graph leads to, with a README.txt: on another machine "
            "go builds with GOPROXY=file://… and no network"
        )
        self.push_screen(PromptScreen("Folder for the kit", KIT_FOLDER, note=note, verb="make it"), chosen)

    # -- under way -----------------------------------------------------------------------------------

    def _begin_saving(self, name: str, folder: Path, job: Job) -> None:
        from tui.drawing.saving_rows import Undertaking

        one = Undertaking(len(self.undertakings), name, folder)
        self.undertakings.append(one)
        session = self.session  # by the time that something is said, a replay may be shown instead
        ticket = session.errand(job, lambda said: self._hear_saving(one, said, session), lasting=True)
        one.stop = lambda: session.end_errand(ticket)
        self.tell(f"saving {name} into {folder}; D shows how far it is")
        self.wake()

    def _hear_saving(self, one: Undertaking, said: object, session: Session) -> None:
        from probes.browse.saved import SaveFinished
        from tui.drawing.saving_table import table_events
        from tui.saving_jobs import KitMade, NotBegun

        match said:
            case Ended():
                one.is_over = True
                if said.error is not None:
                    one.problem = said.failure
                self._tell_saving_end(one)
            case NotBegun():
                one.problem = said.words
            case KitMade():
                one.kit = said.kit
            case _:
                if isinstance(said, SaveFinished) and said.error is not None:
                    one.problem = said.error
                one.saving.apply(said)  # type: ignore[arg-type]
                for event in table_events(session.table, one.saving, said):
                    session.note_in_table(event)
        self._redraw_savings_soon()

    def _tell_saving_end(self, one: Undertaking) -> None:
        from probes.browse.saved import State

        saved, failed = one.saving.of(State.SAVED), one.saving.of(State.FAILED)
        if one.problem:
            self.tell(f"{one.name} was not saved: {one.problem}")
        elif failed:
            first = failed[0].failed
            reason = "" if first is None else f": {first.words}"
            rest = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            self.tell(f"{failed[0].words} was not saved{reason}{rest}; D shows all")
        elif one.saving.finished is not None and one.saving.finished.cancelled:
            has_come = "what has come is kept, and gone on with next time"
            self.tell(f"{one.name}: stopped; {has_come if one.saving.bytes else 'nothing had come yet'}")
        else:
            count = f"{len(saved)} version{'' if len(saved) == 1 else 's'}"
            self.tell(f"saved: {count} in {one.folder}; D shows it, y there copies the GOPROXY line")

    def _redraw_savings_soon(self) -> None:
        """Once for all that was said at a time."""
        if not self._is_savings_redraw_due:
            self._is_savings_redraw_due = True
            self.call_later(self._redraw_savings)

    def _redraw_savings(self) -> None:
        self._is_savings_redraw_due = False
        if self.workbench.is_mounted:
            self.workbench.show(Changed.TABLE)
        from tui.screens.downloads_screen import DownloadsScreen

        if isinstance(self.screen, DownloadsScreen):
            self.screen.redraw()

    # -- the list ------------------------------------------------------------------------------------

    def action_show_downloads(self) -> None:
        """Show the downloads."""
        from tui.screens.downloads_screen import DownloadsScreen

        self.push_screen(DownloadsScreen(self._savings_view, self._stop_saving))

    def _savings_view(self, width: int) -> SavingView:
        from tui.drawing.saving_rows import SavingView

        table = self.workbench.shown.table
        singles = [one for one in table.downloads.values() if one.file]
        return SavingView(
            self.undertakings, width, self.symbols, self.workbench.shown.text, table.path, singles
        )

    def _stop_saving(self, which: int | str) -> None:
        if isinstance(which, str):
            if not self.session.cancel_download(which):
                self.tell("it is over already")
            return
        one = self.undertakings[which]
        if one.is_over:
            self.tell("it is over already")
        else:
            one.stop()
