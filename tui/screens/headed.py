"""What stands around the panes: the title with the tabs, the story of a world, the verdict, the keys."""

from __future__ import annotations

from rich.console import RenderableType
from textual import on
from textual.app import ComposeResult

from tui.aside import Aside
from tui.drawing.head_lines import story_lines, title_line
from tui.drawing.key_wishes import Where, key_wishes
from tui.drawing.package_hint import is_no_module
from tui.drawing.verdict import MAX_LINES, verdict_lines
from tui.drawing.whatif_marks import verdict_line
from tui.lines import Line, Role, line
from tui.screens.arranged import LOW, LOWEST, Arranged
from tui.screens.ground import stand_on_the_one_below
from tui.session import Session
from tui.shown import Shown
from tui.symbols import Symbols
from tui.widgets.filter_bar import FilterBar
from tui.widgets.findable import Findable
from tui.widgets.key_bar import KeyBar, chosen_keys
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane
from tui.widgets.rule import Rule


class Headed(Arranged):
    """Panes of a session, with what is said of all of it above them."""

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__()
        self._session = session
        self.shown = Shown(session)
        self._symbols = symbols
        self._active = "tree"
        self._story: tuple[str, str, str] = ("", "", "")
        """The name of the place, its title, its story; of this machine only the name."""
        self.aside = Aside()
        """What else is said beside the trace."""
        self.key_bar = KeyBar(id="key-bar")
        self.title_bar = LinesView(self._title_bar, id="title-bar")
        self.story = LinesView(self._story_lines, id="story")
        self.verdict = LinesView(self._verdict_lines, id="verdict")

    def render(self) -> RenderableType:
        """The ground: there is no screen under this one."""
        stand_on_the_one_below(self)
        return super().render()

    def compose(self) -> ComposeResult:
        """The verdict first, then the panes."""
        yield self.title_bar
        yield self.story
        yield self.verdict
        yield Rule(id="rule-top")
        yield from self.compose_panes()
        yield self.key_bar
        yield LinesView(self._too_small, id="too-small")

    @property
    def active_pane(self) -> Pane:
        """The pane that the keys go to; with the details it is the one they belong to."""
        return next(pane for pane in self._panes() if pane.id == self._active)

    @property
    def keyed_pane(self) -> Pane:
        """The pane that the keys go to, be it the details."""
        return self.detail if self.detail.has_focus_within else self.active_pane

    def set_place(self, name: str, title: str = "", story: str = "") -> None:
        """Say where the trace takes place."""
        self._story = (name, title, story)
        if self.is_mounted:
            self.story.show(self._story_lines)
            self.title_bar.show(self._title_bar)

    def show_head(self) -> None:
        """Show all of it anew."""
        self.title_bar.show(self._title_bar)
        self.story.show(self._story_lines)
        self.verdict.show(self._verdict_lines)
        self.show_keys()

    # -- the lines at the top ------------------------------------------------------------------------

    def _title_bar(self, width: int) -> list[Line]:
        active = self._active if self.is_narrow else None
        name, _, story = self._story
        return [
            title_line(self.shown.target, "" if story else name, active, width, self._symbols, self._marks())
        ]

    def _marks(self) -> list[str]:
        marks = ["what if"] if self._session.IS_REPLAY and self._session.trial.values else []
        marks += [self._session.mark] if self._session.mark else []
        marks += ["private"] if self.shown.private else []
        if self._zoomed is not None:
            title = next(pane.TITLE for pane in self._panes() if pane.id == self._zoomed)
            marks.append("zoom" if self.is_narrow else f"zoom: {title}")
        return marks

    def _story_lines(self, width: int) -> list[Line]:
        name, title, story = self._story
        if not story or self.app.size.height < LOW:
            return []
        return list(story_lines(name, title, story, width))

    def set_aside(self, aside: Aside) -> None:
        """Have somebody say something beside the trace."""
        self.aside = self.tree_pane.aside = aside

    def _verdict_lines(self, width: int) -> list[Line]:
        session = self._session
        lines = verdict_lines(
            self.shown.trace,
            session.now,
            width - 1,
            self._symbols,
            failure=self.shown.failure,
            cases=self.shown.cases,
            looking=session.looking,
            most=self._most_verdict_lines,
        )
        if tried := session.trial.values:
            lines.insert(0, verdict_line(tried, self._symbols, width - 1, played=session.IS_REPLAY))
        return [*lines, *self.aside.lines(width - 1)][: self._most_verdict_lines + 2]

    @property
    def _most_verdict_lines(self) -> int:
        """On low screens the panes need the room more; ``v`` shows all of it."""
        height = self.app.size.height
        return MAX_LINES if height >= LOW else 3 if height >= LOWEST else 1

    def _too_small(self, width: int) -> list[Line]:
        return [line(("modtrace: too small", Role.WARN)), line("enlarge the window"), line("q quits")]

    def show_keys(self) -> None:
        """The keys that matter where one is."""
        if self.app.screen is not self:
            return
        bindings = self.active_bindings
        displays = {name: self.app.get_key_display(bound.binding) for name, bound in bindings.items()}
        typing, session = isinstance(self.focused, FilterBar), self._session
        where = Where(
            str(self.keyed_pane.id),
            typing=typing,
            finding=self.keyed_pane.is_finding,
            zoomed=self._zoomed is not None,
            tracing=session.tracing,
            traced=session.target is not None,
            demo="W" in bindings,
            replaying=session.IS_REPLAY,
            tape=getattr(session, "tape_word", "pause"),
            what_if=bool(session.trial.values),
            may_be_package=is_no_module(session.trace),
            held=bool(session.trace.origin.held) and session.stage.STARTS_PROGRAMS and not session.may_run,
        )
        self.key_bar.show(chosen_keys(key_wishes(where), bindings, displays, self.app.size.width))

    @on(Findable.Searched)
    def _searched(self) -> None:
        self.show_keys()
