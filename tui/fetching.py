"""The part of the app that fetches files: which, from whom, into which folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from textual import on
from textual.timer import Timer

from probes.browse.table import Wanted
from probes.golang.protocol import Op
from probes.golang.safetext import safe_text
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.prompt_screen import PromptScreen
from tui.screens.workbench import Workbench
from tui.session import Session
from tui.symbols import Symbols
from tui.terminal_output import FrugalApp
from tui.widgets.modules_pane import ModulesPane

EAGER_S, EAGER_TICKS = 0.01, 1000
"""How often somebody looks for the first versions, and how many times at most."""


class FetchingApp(FrugalApp):
    """An app with a session and a workbench that can fetch the files of a version."""

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__()
        self.session = session
        self.symbols = symbols
        self.workbench = Workbench(session, symbols)
        self.folder: Path | None = None
        """Where files go; asked for once."""
        self._eager: Timer | None = None
        """Looks after the first versions sooner than after anything else."""

    def wake(self) -> None:
        """Something was asked of the engine: look after what it says."""
        raise NotImplementedError

    def tick(self) -> None:
        """Show what the engine has said since the last time."""
        raise NotImplementedError

    def expect_versions(self) -> None:
        """Show the first versions as soon as they are there: whoever opens the browser waits for them."""
        if self._eager is not None:
            self._eager.stop()
        self._eager = self.set_interval(EAGER_S, self._look_for_versions, repeat=EAGER_TICKS)

    def _look_for_versions(self) -> None:
        self.tick()
        if self._eager is not None and not self.session.awaits_versions:
            self._eager.stop()
            self._eager = None

    def trace_target(self, text: str | None) -> None:
        """Trace PATH@QUERY; None for nothing."""
        raise NotImplementedError

    def tell(self, words: str) -> None:
        """Say something for a moment."""
        self.notify_shown(self.workbench.shown.text(words))

    def notify_shown(self, words: str) -> None:
        """Say something that was read off the screen."""
        self.notify(self.symbols.show(safe_text(words, limit=600)), markup=False, timeout=4)

    def version_at_hand(self) -> tuple[str, str] | None:
        """The module path and version that a key means: under the cursor of the module browser, else what go
        chose, else the exact version that was asked for, as go may have failed; None where there is none."""
        target, trace = self.session.target, self.session.trace
        if target is None:
            return None
        modules = self.workbench.modules
        version = modules.version() if self.workbench.active_pane is modules else None
        if version is None and trace.chosen is not None:
            version = trace.chosen.version
        if version is None and _is_exact(target[1]):
            version = target[1]
        return None if version is None else (target[0], version)

    def why_no_version(self) -> str:
        """What to do where no version is at hand; the end of a sentence."""
        if self.session.target is None:
            return "press t and type a module path"
        modules, table = self.workbench.modules, self.session.table
        if self.workbench.active_pane is modules and table.columns and not table.versions():
            return "nobody names one; t with PATH@VERSION asks for one by its name"
        return "3 shows those of the module"

    @on(ModulesPane.AskAll)
    def _ask_all(self) -> None:
        self.session.browse(ask_all=True)
        self.wake()
        self.expect_versions()

    @on(ModulesPane.Refused)
    def _refused(self, event: ModulesPane.Refused) -> None:
        self.tell(event.words)

    @on(ModulesPane.Fetch)
    def _fetch(self, event: ModulesPane.Fetch) -> None:
        self._with_folder(lambda folder: self._fetch_into(event.wanted, folder), "fetch it into this folder")

    def _fetch_into(self, wanted: Wanted, folder: Path) -> None:
        self.session.fetch(wanted, folder)
        self.wake()

    @on(ModulesPane.ChooseFolder)
    def _choose_folder(self) -> None:
        self.folder = None
        self._with_folder(lambda folder: self.tell(f"files go to {folder}"), "put files here from now on")

    def _with_folder(self, go_on: Callable[[Path], None], verb: str) -> None:
        """Ask once where files go."""
        if self.folder is not None:
            go_on(self.folder)
            return

        def chosen(text: str | None) -> None:
            if text:
                self.folder = Path(text).expanduser().absolute()
                go_on(self.folder)

        note = "the folder becomes a tree that GOPROXY=file://… can serve; f chooses another one"
        self.push_screen(PromptScreen("Folder for files", "modtrace-files", note=note, verb=verb), chosen)

    @on(ModulesPane.ColumnOpened)
    def _column_opened(self) -> None:
        self.workbench.open_details(self.workbench.modules.details)

    @on(ModulesPane.Menu)
    async def _menu(self, event: ModulesPane.Menu) -> None:
        """What can be done with a version, each with its key for the next time."""

        async def chosen(what: object) -> None:
            modules = self.workbench.modules
            if what == "details":
                self.workbench.open_details(modules.details)
            elif what == "column":
                self.workbench.open_details(modules.column_details)
            elif what == "trace" and self.session.target is not None:
                self.trace_target(f"{self.session.target[0]}@{event.version}")
            elif what in FILES:
                modules.action_fetch(str(what))
            elif what is not None:
                await self.run_action(f"app.{what}")

        self.push_screen(ChoiceScreen(event.version, list(_choices(event))), chosen)


def _is_exact(query: str) -> bool:
    """Whether a query is one version and no other."""
    from probes.golang import module, semver

    return semver.is_valid(query) and module.canonical_version(query) == query


FILES = {Op.INFO.value: "i", Op.MOD.value: "m", Op.ZIP.value: "Z"}
"""The single files and their keys."""
_ACTIONS = (
    ("read_go_mod", "go.mod", "M", "what it requires, line by line"),
    ("list_files", "files", "F", "the files in its zip, and any of them"),
    ("compare_versions", "compare", "d", "what differs from another version, or at another proxy"),
    ("save_version", "save", "S", "its .info, .mod and .zip, as a tree that GOPROXY can serve"),
    ("hash_quorum", "hashes", "Q", "of everybody who has it, and the odd one out"),
    ("ask_version", "ask by name", "I", "every column: is it there, its date and origin"),
)
"""What the app does with the version under the cursor: the action, its name, its key, what it brings."""


def _choices(event: ModulesPane.Menu) -> Iterator[Choice]:
    yield Choice("details", "details", "   everything that is known of it")
    yield Choice("trace", "trace", f"   how go would download {event.version}")
    for action, name, pressed, words in _ACTIONS:
        yield Choice(action, name, f"{pressed}  {words}")
    for op, pressed in FILES.items() if event.has_files else ():
        yield Choice(op, f".{op}", f"{pressed}  fetch it from {event.proxy}")
    yield Choice("column", "column", f"   everything about {event.proxy}")
