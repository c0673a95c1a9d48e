"""The workbench: the verdict, and under it the panes; side by side where there is room, as tabs elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from tui.drawing.fields import Details
from tui.drawing.head_lines import story_lines, title_line
from tui.drawing.trace_details import verdict_details
from tui.drawing.verdict import verdict_lines
from tui.keys import footer_key, key
from tui.lines import Line
from tui.messages import Copy, ShowModules
from tui.screens.detail_screen import DetailScreen
from tui.session import Changed, Session
from tui.shown import Shown
from tui.symbols import Symbols
from tui.widgets.detail_pane import DetailPane
from tui.widgets.environment_pane import EnvironmentPane
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView
from tui.widgets.modules_pane import ModulesPane
from tui.widgets.pane import Pane
from tui.widgets.rule import Rule
from tui.widgets.tree_pane import TreePane

WIDE, BROAD = 120, 180
"""Columns from which the panes stand side by side, and from which the details stand beside them."""


class Workbench(Screen[None]):
    """Shows a session; what is to be done goes up to the app."""

    AUTO_FOCUS = ""
    CSS = """
    Workbench { layout: vertical; }
    #verdict { min-height: 2; max-height: 5; }
    #panes { height: 1fr; }
    #environment { width: 35%; min-width: 46; }
    #right { width: 1fr; height: 1fr; }
    #tree { height: 3fr; }
    #modules { height: 2fr; }
    #detail { display: none; }
    #rule-right { display: none; }
    Workbench.-broad #environment { width: 52; }
    Workbench.-broad #detail { display: block; width: 60; }
    Workbench.-broad #rule-right { display: block; }
    Workbench.-narrow #environment, Workbench.-narrow #tree, Workbench.-narrow #modules { display: none; }
    Workbench.-narrow #right, Workbench.-narrow #panes Rule, Workbench.-narrow .pane-title { display: none; }
    Workbench.-narrow.show-environment #environment { display: block; width: 1fr; }
    Workbench.-narrow.show-tree #right, Workbench.-narrow.show-modules #right { display: block; }
    Workbench.-narrow.show-tree #tree, Workbench.-narrow.show-modules #modules { display: block; }
    Workbench.zoomed .unzoomed { display: none !important; }
    Workbench.zoomed .in-zoom { display: block !important; width: 1fr; height: 1fr; }
    Footer { background: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("slash", "find", "find", "find", "Look for something in this pane; Esc ends it"),
        key("n", "find_next(1)", "find.next", "The next match"),
        key("N", "find_next(-1)", "find.before", "The match before"),
        key("1", "pane('environment')", "pane.environment", "The environment: what go sees of its settings"),
        key("2", "pane('tree')", "pane.tree", "The tree: the way go walks"),
        key("3", "pane('modules')", "pane.modules", "The module browser: versions per proxy"),
        key("tab", "next_pane(1)", "pane.next", "The next pane"),
        key("shift+tab", "next_pane(-1)", "pane.before", "The pane before"),
        key("z", "zoom", "zoom", "Give the pane the whole screen, and take it back; so does Esc"),
        key("v", "verdict", "verdict", "The verdict in full: go's own words, the first cause, the hashes"),
        key("y", "copy", "copy", "Copy the remedy of the row, or the row"),
        key("escape", "back", "back", "End the search or the zoom; in the module browser, stop the download"),
    ]

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__()
        self._session = session
        self.shown = Shown(session)
        self._symbols = symbols
        self._active = "tree"
        self._zoomed: str | None = None
        """The pane that has the screen to itself."""
        self._story: tuple[str, str, str] = ("", "", "")
        """The name of the place, its title, its story; of this machine only the name."""
        self.environment = EnvironmentPane()
        self.tree_pane = TreePane()
        self.modules = ModulesPane()
        self.detail = DetailPane()
        self.title_bar = LinesView(self._title_bar, id="title-bar")
        self.story = LinesView(self._story_lines, id="story")
        self.verdict = LinesView(self._verdict_lines, id="verdict")

    def compose(self) -> ComposeResult:
        """The verdict first, then the panes."""
        yield self.title_bar
        yield self.story
        yield self.verdict
        yield Rule(id="rule-top")
        with Horizontal(id="panes"):
            yield self.environment
            yield Rule(upright=True, id="rule-left")
            with Vertical(id="right"):
                yield self.tree_pane
                yield Rule(id="rule-middle")
                yield self.modules
            yield Rule(upright=True, id="rule-right")
            yield self.detail
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with the tree."""
        self.show_pane("tree")
        self.show(Changed.ENVIRONMENT | Changed.TRACE | Changed.TABLE)

    def on_resize(self, event: events.Resize) -> None:
        """The tabs come and go with the width, and so does the place of the details."""
        if self._zoomed == "detail" and event.size.width < BROAD:
            self._zoom(None)
            self.show_pane(self._active)
        self.call_after_refresh(self.title_bar.show, self._title_bar)

    # -- set from above ------------------------------------------------------------------------------

    def set_place(self, name: str, title: str = "", story: str = "") -> None:
        """Say where the trace takes place."""
        self._story = (name, title, story)
        if self.is_mounted:
            self.story.show(self._story_lines)
            self.title_bar.show(self._title_bar)

    def show(self, changed: Changed) -> None:
        """Show what has changed in the session."""
        session = self._session
        if Changed.ENVIRONMENT in changed:
            view = self.shown.environment_view
            if view is not None:
                self.environment.show(view)
            self.tree_pane.suggest(self.shown.suggestions)
        if Changed.TRACE in changed:
            self.title_bar.show(self._title_bar)
            self.verdict.show(self._verdict_lines)
            self.tree_pane.show(
                self.shown.trace, session.now, self.shown.cases, session.climbing, about=session.trace
            )
        if changed & (Changed.TABLE | Changed.TRACE):
            hint = self._modules_hint()
            self.modules.show(self.shown.table, self._chosen(), hint, about=session.table)
        self.refresh_details()

    def _chosen(self) -> str | None:
        chosen = self.shown.trace.chosen
        return None if chosen is None else chosen.version

    def _modules_hint(self) -> str:
        if self._session.target is None:
            return "press t and type a module path"
        return "the proxies are asked when the trace is over; 3 asks them now"

    @property
    def is_narrow(self) -> bool:
        """Whether the panes are tabs."""
        return self.size.width < WIDE

    @property
    def modules_in_sight(self) -> bool:
        """Whether the module browser is on the screen."""
        return self._active == "modules" or not (self.is_narrow or self._zoomed)

    # -- the lines at the top ------------------------------------------------------------------------

    def _title_bar(self, width: int) -> list[Line]:
        active = self._active if self.is_narrow else None
        name, _, story = self._story
        return [
            title_line(self.shown.target, "" if story else name, active, width, self._symbols, self._marks())
        ]

    def _marks(self) -> list[str]:
        marks = ["private"] if self.shown.private else []
        if self._zoomed is not None:
            title = next(pane.TITLE for pane in self._panes() if pane.id == self._zoomed)
            marks.append("zoom" if self.is_narrow else f"zoom: {title}")
        return marks

    def _story_lines(self, width: int) -> list[Line]:
        name, title, story = self._story
        return list(story_lines(name, title, story, width)) if story else []

    def _verdict_lines(self, width: int) -> list[Line]:
        session = self._session
        return verdict_lines(
            self.shown.trace,
            session.now,
            width - 1,
            self._symbols,
            failure=self.shown.failure,
            cases=self.shown.cases,
            looking=session.looking,
        )

    # -- panes ---------------------------------------------------------------------------------------

    def _panes(self) -> list[Pane]:
        return [self.environment, self.tree_pane, self.modules, self.detail]

    @property
    def active_pane(self) -> Pane:
        """The pane that the keys go to; with the details it is the one they belong to."""
        return next(pane for pane in self._panes() if pane.id == self._active)

    def show_pane(self, name: str) -> None:
        """Bring a pane to the front and give it the keys."""
        self._set_active(name)
        self.call_after_refresh(self.active_pane.list.focus)

    def _set_active(self, name: str) -> None:
        self._active = name
        if self._zoomed is not None:
            self._zoom(name)
        for pane in self._panes():
            pane.set_active(pane.id == name)
            self.set_class(pane.id == name, f"show-{pane.id}")
        self.title_bar.show(self._title_bar)
        self.refresh_details()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click or a key has gone to another pane; the details belong to the one before."""
        within = [pane for pane in self._panes() if pane in event.widget.ancestors]
        self.detail.set_active(within == [self.detail])
        if within and within != [self.detail] and within[0].id != self._active:
            self._set_active(str(within[0].id))

    def action_pane(self, name: str) -> None:
        """To a pane by its number."""
        self.show_pane(name)
        if name == "modules":
            self.post_message(ShowModules())

    def action_next_pane(self, direction: int) -> None:
        """To the pane beside."""
        names = [str(pane.id) for pane in self._panes()[:3]]
        self.action_pane(names[(names.index(self._active) + direction) % len(names)])

    # -- zoom ----------------------------------------------------------------------------------------

    def action_zoom(self) -> None:
        """Give the pane with the keys the whole screen, or take it back."""
        within = "detail" if self.detail.has_focus_within else self._active
        self._zoom(within if self._zoomed is None else None)

    def _zoom(self, name: str | None) -> None:
        """Only this pane under the title; None for all of them."""
        self._zoomed = name
        self.set_class(name is not None, "zoomed")
        for pane in self._panes():
            pane.set_class(pane.id != name, "unzoomed")
            pane.set_class(pane.id == name, "in-zoom")
        for part in (self.story, self.verdict, *self.query(Rule)):
            part.add_class("unzoomed")
        right = self.query_one("#right")
        right.set_class(name not in ("tree", "modules"), "unzoomed")
        right.set_class(name in ("tree", "modules"), "in-zoom")
        self.title_bar.show(self._title_bar)

    # -- details -------------------------------------------------------------------------------------

    def refresh_details(self) -> None:
        """Show the details of the row under the cursor where there is room for them."""
        if self.size.width >= BROAD:
            self.detail.show(self.active_pane.details())

    @on(LineList.Highlighted)
    def _highlighted(self) -> None:
        self.refresh_details()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if self.detail.list is event.list:
            return
        if self.size.width >= BROAD and self._zoomed is None:
            self.detail.list.focus()
        else:
            self.open_details(self.active_pane.details)

    def open_details(self, make: Callable[[], Details | None]) -> None:
        """Show details over the whole screen."""
        if make() is not None:
            self.app.push_screen(DetailScreen(make))

    def action_verdict(self) -> None:
        """The verdict in full."""
        shown = self.shown
        self.open_details(lambda: verdict_details(shown.trace, self._symbols, shown.cases))

    # -- the row under the cursor --------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the line to find things in."""
        self.active_pane.find()

    def action_find_next(self, direction: int) -> None:
        """To the next match."""
        if not self.active_pane.find_next(direction):
            self.active_pane.find()

    def action_copy(self) -> None:
        """Copy the first remedy, or else the row."""
        pane = self.detail if self.detail.has_focus_within else self.active_pane
        details = pane.details()
        row = pane.list.cursor_row
        text = None if details is None else details.first_remedy()
        if text is None and row is not None:
            text = row.line.text.strip() if row.copy is None else row.copy
        if text:
            self.post_message(Copy(text))

    def action_back(self) -> None:
        """Leave the zoom or the details, end the search, or stop the download."""
        if self.detail.has_focus_within:
            if self._zoomed is None:
                self.active_pane.list.focus()
            self._zoom(None)
        elif self.active_pane.clear_filter():
            return
        elif self._zoomed is not None:
            self._zoom(None)
        elif self.active_pane is self.modules:
            version = self.modules.version()
            if version is not None:
                self._session.cancel_download(version)
