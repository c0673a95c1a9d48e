"""The workbench: the verdict, and under it the panes; side by side where there is room, as tabs elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from tui.drawing.fields import Details, Field
from tui.drawing.package_hint import is_no_module
from tui.drawing.trace_details import verdict_details
from tui.keys import footer_key, key
from tui.lines import Role
from tui.messages import Back, Copy, Say, ShowModules
from tui.screens.arranged import ARRANGED_CSS, BROAD
from tui.screens.detail_screen import DetailScreen
from tui.screens.headed import Headed
from tui.session import Changed, Session
from tui.shown import Shown
from tui.widgets.line_list import LineList


class Workbench(Headed):
    """Shows a session; what is to be done goes up to the app."""

    AUTO_FOCUS = ""
    CSS = f"""
    {ARRANGED_CSS}
    Workbench {{ layout: vertical; }}
    #verdict {{ min-height: 2; max-height: 7; }}
    Workbench.low #verdict {{ min-height: 1; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("slash", "find", "find", "find", "Look for something in this pane; Esc ends it"),
        key("n", "find_next(1)", "find.next", "The next match"),
        key("N", "find_next(-1)", "find.before", "The match before"),
        key("1", "pane('environment')", "pane.environment", "The environment: what go sees of its settings"),
        key("2", "pane('tree')", "pane.tree", "The tree: the way go walks"),
        key("3", "pane('modules')", "pane.modules", "The module browser: versions per proxy"),
        key("4", "details", "pane.details", "The details, where they stand beside the panes"),
        key("tab", "next_pane(1)", "pane.next", "The next pane"),
        key("shift+tab", "next_pane(-1)", "pane.before", "The pane before"),
        key("L", "long_lines", "long_lines", "Long lines of the pane in full, or cut at the edge"),
        key("v", "verdict", "verdict", "The verdict in full: go's own words, the first cause, the hashes"),
        key("y", "copy", "copy", "Copy the remedy of the row, or the row"),
        key("escape", "back", "back", "End the search or the zoom; in the module browser, stop the download"),
    ]

    def on_mount(self) -> None:
        """Begin with the tree."""
        for pane in self._panes():
            if pane is not self.detail:
                pane.list.follower = self.refresh_details
        self.show_pane("tree")
        self.show(Changed.ENVIRONMENT | Changed.TRACE | Changed.TABLE)

    def on_resize(self, event: events.Resize) -> None:
        """The tabs come and go with the width, and so does the place of the details."""
        if self._zoomed == "detail" and not self.is_broad:
            self.zoom(None)
            self.show_pane(self._active)
        self.call_after_refresh(self.show_head)

    # -- set from above ------------------------------------------------------------------------------

    def follow(self, session: Session) -> None:
        """Show another session from now on; privacy stays as it is."""
        private = self.shown.private
        self._session, self.shown = session, Shown(session)
        self.shown.private = private

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
            self.tree_pane.unreal = session.unreal
            self.tree_pane.show(
                self.shown.trace, session.now, self.shown.cases, session.climbing, about=session.trace
            )
        if changed & (Changed.TABLE | Changed.TRACE):
            hint = self._modules_hint()
            self.modules.show(
                self.shown.table, self._chosen(), hint, about=session.table,
                is_no_module=is_no_module(session.trace),
            )  # fmt: skip
        self.refresh_details()
        self.show_keys()

    def show_aside(self) -> None:
        """Show what is said beside the trace, when that alone has changed."""
        self.verdict.show(self._verdict_lines)
        self.refresh_details()

    def _chosen(self) -> str | None:
        chosen = self.shown.trace.chosen
        return None if chosen is None else chosen.version

    def _modules_hint(self) -> str:
        if self._session.IS_REPLAY:
            return "no versions were asked for up to here"
        if self._session.target is None:
            return "press t and type a module path"
        return "the proxies are asked when the trace is over; 3 asks them now"

    @property
    def modules_in_sight(self) -> bool:
        """Whether the module browser is on the screen."""
        return self._active == "modules" or not (self.is_narrow or self._zoomed or self.has_class("low"))

    # -- panes ---------------------------------------------------------------------------------------

    def show_pane(self, name: str) -> None:
        """Bring a pane to the front and give it the keys."""
        self._set_active(name)
        self.set_focus(self.active_pane.list)  # at once: the next key may be there already
        self.call_after_refresh(self._focus_active)

    def _focus_active(self) -> None:
        # Asked for only now: another key may have brought another pane to the front since.
        self.active_pane.list.focus()

    def _set_active(self, name: str) -> None:
        self._active = name
        if self._zoomed is not None:
            self.zoom(name)
        for pane in self._panes():
            pane.set_active(pane.id == name)
            self.set_class(pane.id == name, f"show-{pane.id}")
        self.title_bar.show(self._title_bar)
        self.refresh_details()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click or a key has gone to another pane; the details belong to the one before."""
        self.call_later(self.show_keys)
        if event.widget is not self.focused:
            return  # told late: another key has gone on since
        within = [pane for pane in self._panes() if pane in event.widget.ancestors]
        self.detail.set_active(within == [self.detail])
        if within and within != [self.detail] and within[0].id != self._active:
            self._set_active(str(within[0].id))

    def action_pane(self, name: str) -> None:
        """To a pane by its number."""
        self.show_pane(name)
        if name == "modules":
            self.post_message(ShowModules())

    def action_details(self) -> None:
        """To the details, where there is room for them."""
        if not self.is_broad:
            words = f"the details stand beside the panes from {BROAD} columns on; here Enter opens them"
            self.post_message(Say(words))
            return
        if self._zoomed is not None:
            self.zoom("detail")
        self.detail.list.focus()

    def action_next_pane(self, direction: int) -> None:
        """To the pane beside."""
        names = [str(pane.id) for pane in self._panes()[:3]]
        self.action_pane(names[(names.index(self._active) + direction) % len(names)])

    def zoom(self, name: str | None) -> None:
        """Only this pane under the title; None for all of them."""
        super().zoom(name)
        self.title_bar.show(self._title_bar)
        self.show_keys()

    def beside_zoom(self) -> Iterator[Widget]:
        """The story and the verdict give way, too."""
        yield from super().beside_zoom()
        yield from (self.story, self.verdict)

    # -- details -------------------------------------------------------------------------------------

    def refresh_details(self) -> None:
        """Show the details of the row under the cursor where there is room for them."""
        if self.is_broad:
            self.detail.show(self.active_pane.details())

    @on(LineList.Highlighted)
    def _highlighted(self, event: LineList.Highlighted) -> None:
        if not event.is_followed:
            self.refresh_details()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if self.detail.list is event.list:
            return
        if self.is_broad and self._zoomed is None:
            self.detail.list.focus()
        else:
            self.open_details(self.active_pane.details)

    def open_details(self, make: Callable[[], Details | None]) -> None:
        """Show details over the whole screen."""
        if make() is not None:
            self.app.push_screen(DetailScreen(make))

    def action_verdict(self) -> None:
        """The verdict in full."""
        if self._verdict_details() is None:
            self.post_message(Say("nothing is traced yet: press t and type a module path"))
        self.open_details(self._verdict_details)

    def _verdict_details(self) -> Details | None:
        shown = self.shown
        details = verdict_details(shown.trace, self._symbols, shown.cases)
        if details is None and shown.target:
            undecided = Field("result", f"{self._symbols.busy} nothing is decided yet", Role.BUSY)
            details = Details("the verdict", (Field("asked", shown.target), undecided))
        return None if details is None else details.with_more(self.aside.of_verdict())

    # -- the row under the cursor --------------------------------------------------------------------

    async def action_find(self) -> None:
        """Open the line to find things in."""
        await self.keyed_pane.find()

    async def action_find_next(self, direction: int) -> None:
        """To the next match."""
        if not self.keyed_pane.find_next(direction):
            await self.keyed_pane.find()

    def action_long_lines(self) -> None:
        """Long lines in full, or cut at the edge."""
        pane = self.keyed_pane
        pane.in_full = not pane.in_full
        pane.redraw()

    def action_copy(self) -> None:
        """Copy the first remedy, or else the row."""
        pane = self.keyed_pane
        details = pane.details()
        row = pane.list.cursor_row
        text = None if details is None else details.first_remedy()
        if text is None and row is not None:
            text = row.to_copy if row.copy is not None else self._symbols.words(row.text)
        if text:
            self.post_message(Copy(text))

    def action_back(self) -> None:
        """Leave the zoom or the details, end the search, or stop the download."""
        if self.keyed_pane.clear_filter():
            return
        if self.detail.has_focus_within:
            if self._zoomed is None:
                self.active_pane.list.focus()
            self.zoom(None)
        elif self._zoomed is not None:
            self.zoom(None)
        elif self.active_pane is self.modules:
            version = self.modules.version()
            if version is not None and self._session.cancel_download(version):
                return
            self.post_message(Back())
        else:
            self.post_message(Back())
