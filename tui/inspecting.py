"""The part of the app that looks into a version: its go.mod, its files, what differs from another.

Nothing is fetched before a key asks for it: from the proxy of the column that the cursor is on, else as go
would, from the module cache or along the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from probes.browse.table import Cell, ColumnKind, ColumnState
from tui.bridge import Job
from tui.drawing.matrix_cells import which_error
from tui.keys import key
from tui.saving import SavingApp
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.prompt_screen import PromptScreen
from tui.session import Listener, Session
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.browse.archive import Shelf, Supplier
    from probes.golang.environment import Environment
    from tui.inspecting_jobs import Look
    from tui.screens.inspect_screen import Desk

OTHER_VERSION = "an exact version, listed or not: v1.2.3, or that of a commit"


class InspectingApp(SavingApp):
    """An app that shows what is in a version."""

    HELP_TITLE = "Inside a version"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("M", "read_go_mod", "inspect.go_mod", "The go.mod of the version, line by line"),
        key("F", "list_files", "inspect.files", "The files in the zip of the version, and any of them"),
        key("d", "compare_versions", "inspect.diff", "What differs from another version, or elsewhere"),
    ]

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__(session, symbols)
        self._inspector_shelf: tuple[Environment, Shelf] | None = None
        """The zips that were fetched to look into, and the settings that they were fetched with: with others
        the chain is another. They are nowhere else, and end with the app."""

    def action_read_go_mod(self) -> None:
        """Show the go.mod."""
        at_hand = self._inspected()
        if at_hand is not None:
            self._show_go_mod(*at_hand)

    def action_list_files(self) -> None:
        """Show the files."""
        at_hand = self._inspected()
        if at_hand is not None:
            self._show_files(*at_hand)

    def action_compare_versions(self) -> None:
        """Choose what to compare with."""
        at_hand = self._inspected()
        if at_hand is None:
            return
        from probes.browse.archive import Supplier

        path, version, who = at_hand
        choices = [
            *self._other_versions(version),
            *self._other_places(path, version, who),
            Choice("another", "another", "any other version: type it"),
        ]

        def chosen(what: object) -> None:
            if what == "another":
                self._ask_other_version(path, version, who)
            elif isinstance(what, tuple) and what[0] == "version":
                # The older one first: what came since is added.
                self._show_difference((path, str(what[1]), who), (path, version, who), sort=True)
            elif isinstance(what, Supplier):
                self._show_difference((path, version, who), (path, version, what))

        title = self.workbench.shown.text(f"Compare {path}@{version} with")
        self.push_screen(ChoiceScreen(title, choices), chosen)

    # -- what is meant -------------------------------------------------------------------------------

    def _inspected(self) -> tuple[str, str, Supplier] | None:
        """The version that is meant, and from whom it is taken; None after telling why there is none."""
        at_hand = self.version_at_hand()
        if self.session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and no file of a version was saved with it")
        elif at_hand is None:
            self.tell(f"no version is chosen yet: {self.why_no_version()}")
        elif self.session.scene is None:
            self.tell("the settings are still being read")
        else:
            who = self._inspected_from(*at_hand)
            return None if who is None else (*at_hand, who)
        return None

    def _inspected_from(self, path: str, version: str) -> Supplier | None:
        """The column under the cursor, or as go would; None after telling why that one is not asked."""
        from probes.browse.archive import AS_GO

        modules, table = self.workbench.modules, self.session.table
        if self.workbench.active_pane is not modules or modules.column >= len(table.columns):
            return AS_GO
        state = table.columns[modules.column]
        if state.column.kind not in (ColumnKind.PROXY, ColumnKind.CACHE):
            return AS_GO  # go.sum has no files, and from a repository modtrace takes none
        if table.cell(version, modules.column) is Cell.NOT_ASKED and not state.column.private:
            name = state.column.name
            self.tell(f"go would not come to {name}; press a to ask it all the same, or d to compare with it")
            return None
        return AS_GO if state.column.private else self._supplier_of(modules.column)

    def _supplier_of(self, column: int) -> Supplier:
        from probes.browse.archive import CACHE, supplier

        of = self.session.table.columns[column].column
        if of.kind is ColumnKind.CACHE:
            return CACHE
        return supplier(self._inspected_environment, str(of.index + 1))

    @property
    def _inspected_environment(self) -> Environment:
        assert self.session.scene is not None
        return self.session.scene.environment

    # -- what to compare with ------------------------------------------------------------------------

    def _other_versions(self, version: str) -> list[Choice]:
        """The neighbours in the list, and the newest one."""
        versions = self.session.table.versions()
        choices: dict[str, Choice] = {}
        at = versions.index(version) if version in versions else -1
        if 0 <= at < len(versions) - 1:
            older = versions[at + 1]
            choices[older] = Choice(("version", older), older, "the version before it")
        if at > 0:
            newer = versions[at - 1]
            choices[newer] = Choice(("version", newer), newer, "the version after it")
        if versions and versions[0] != version and versions[0] not in choices:
            choices[versions[0]] = Choice(("version", versions[0]), versions[0], "the newest one")
        return list(choices.values())

    def _other_places(self, path: str, version: str, who: Supplier) -> list[Choice]:
        """The same version elsewhere. To choose one is to ask it, whether go would or not."""
        from probes.browse.archive import CACHE, Supplier, is_cached
        from probes.browse.proxies import proxies_of
        from probes.golang.protocol import Op

        states = {state.column.index: state for state in self.session.table.columns}
        choices: list[Choice] = []
        for column, hop in proxies_of(self._inspected_environment, path)[1]:
            if column.private or (who.hop is not None and who.hop.index == hop.index):
                continue
            state = states.get(column.index)
            standing = "not asked yet" if state is None else _standing(state, version)
            name = self.workbench.shown.text(column.name)
            choices.append(Choice(Supplier(hop.name, hop), name, f"the same version there ({standing})"))
        if not who.cache and is_cached(self._inspected_environment, path, version, Op.ZIP):
            choices.append(Choice(CACHE, CACHE.name, "the same version there"))
        return choices

    def _ask_other_version(
        self, path: str, version: str, who: Supplier, typed: str = "", note: str = OTHER_VERSION
    ) -> None:
        """Ask for a version; once more, with what was typed, where that is none."""
        from probes.golang import module

        def chosen(text: str | None) -> None:
            if text is None:
                return
            other = text.strip().rpartition("@")[2]
            if not other or other != module.canonical_version(other):
                why = f"{text} is no exact version, such as v1.2.3; tab goes through those in the list"
                self._ask_other_version(path, version, who, text, why)
            else:
                self._show_difference((path, other, who), (path, version, who), sort=True)

        versions = [one for one in self.session.table.versions() if one != version]
        title = f"Compare {version} with which version?"
        screen = PromptScreen(title, typed, suggestions=versions, note=note, verb="compare")
        self.push_screen(screen, chosen)

    # -- showing -------------------------------------------------------------------------------------

    def _show_go_mod(self, path: str, version: str, who: Supplier) -> None:
        from tui.inspecting_jobs import GoModJob
        from tui.screens.gomod_screen import GoModScreen

        job = GoModJob(self._inspector_look(), path, version, who)
        self.push_screen(GoModScreen(self._inspector_desk(), job))

    def _show_files(self, path: str, version: str, who: Supplier) -> None:
        from tui.inspecting_jobs import ListJob
        from tui.screens.files_screen import FilesScreen

        job = ListJob(self._inspector_look(), path, version, who)
        self.push_screen(FilesScreen(self._inspector_desk(), job))

    def _show_difference(
        self, old: tuple[str, str, Supplier], new: tuple[str, str, Supplier], *, sort: bool = False
    ) -> None:
        from probes.golang import semver
        from tui.inspecting_jobs import CompareJob
        from tui.screens.diff_screen import DiffScreen

        if sort and semver.compare(old[1], new[1]) > 0:
            old, new = new, old
        job = CompareJob(self._inspector_look(), old, new)
        self.push_screen(DiffScreen(self._inspector_desk(), job))

    def _inspector_look(self) -> Look:
        from probes.browse.archive import Shelf
        from tui.inspecting_jobs import Look

        environment, kept = self._inspected_environment, self._inspector_shelf
        if kept is None or kept[0] is not environment:
            kept = self._inspector_shelf = environment, Shelf()
        return Look(environment, self.session.limits, kept[1])

    def _inspector_desk(self) -> Desk:
        from tui.screens.inspect_screen import Desk

        shown = self.workbench.shown
        return Desk(
            ask=self._inspector_asks,
            end=self.session.end_errand,
            text=shown.text,
            is_private=lambda: shown.private,
            trace=self._inspector_traces,
            go_mod=self._show_go_mod,
            files=self._show_files,
            look=self._inspector_look(),
        )

    def _inspector_asks(self, job: Job, listener: Listener) -> int:
        ticket = self.session.errand(job, listener)
        self.wake()
        return ticket

    def _inspector_traces(self, target: str) -> None:
        """Trace something else; the screens over the workbench go."""
        while self.screen is not self.workbench:
            self.pop_screen()
        self.trace_target(target)


def _standing(state: ColumnState, version: str) -> str:
    """What a column says of a version, in a word or two."""
    if version in state.listed:
        return "listed"
    known = state.known.get(version)
    if known is not None:
        return "served" if known.served else "missing" if known.missing else "error"
    if state.answered is None:
        return "not asked yet"
    return "not listed" if state.answered.error is None else f"its list: {which_error(state)}"
