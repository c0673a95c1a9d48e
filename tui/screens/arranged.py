"""How the panes stand on the screen: side by side or as tabs, in sizes that the user chose, or one alone.

By default the style sheet says where the panes are; sizes that the user has changed are laid over it, in
cells that are reckoned anew for every size of the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from tui.keys import key
from tui.messages import Say
from tui.sizes import Room, Sizes
from tui.widgets.detail_pane import DetailPane
from tui.widgets.environment_pane import EnvironmentPane
from tui.widgets.modules_pane import ModulesPane
from tui.widgets.pane import Pane
from tui.widgets.rule import Rule
from tui.widgets.tree_pane import TreePane

WIDE, BROAD = 120, 180
"""Columns from which the panes stand side by side, and from which the details stand beside them."""
TINY_WIDTH, TINY_HEIGHT = 30, 8
"""Columns and rows below which nothing is shown but that there is no room."""
LOW, LOWEST = 20, 14
"""Rows below which the story and most of the verdict give way to the panes."""

_WIDER, _HIGHER = 2, 1
"""Cells by which a key changes a size."""


ARRANGED_CSS = """
    #panes { height: 1fr; }
    #environment { width: 35%; min-width: 46; }
    #right { width: 1fr; height: 1fr; }
    #tree { height: 3fr; }
    #modules { height: 2fr; }
    #detail { display: none; }
    #rule-right { display: none; }
    #too-small { display: none; height: 1fr; }
    Workbench.-broad #environment { width: 26%; }
    Workbench.-broad #detail { display: block; width: 30%; }
    Workbench.-broad #rule-right { display: block; }
    Workbench.-narrow #environment, Workbench.-narrow #tree, Workbench.-narrow #modules { display: none; }
    Workbench.-narrow #right, Workbench.-narrow #panes Rule, Workbench.-narrow .pane-title { display: none; }
    Workbench.-narrow.show-environment #environment { display: block; width: 1fr; }
    Workbench.-narrow.show-tree #right, Workbench.-narrow.show-modules #right { display: block; }
    Workbench.-narrow.show-tree #tree, Workbench.-narrow.show-modules #modules { display: block; }
    Workbench.zoomed .unzoomed { display: none !important; }
    Workbench.zoomed .in-zoom { display: block !important; width: 1fr !important; height: 1fr !important; }
    Workbench.low #modules, Workbench.low #rule-middle, Workbench.low.show-modules #tree { display: none; }
    Workbench.low.show-modules #modules { display: block; }
    Workbench.tiny > * { display: none !important; }
    Workbench.tiny > #too-small { display: block !important; }
"""
"""Textual reads the style sheet of the screen itself alone, not that of a class behind it."""


class Arranged(Screen[None]):
    """Three panes and the details."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("z", "zoom", "zoom", "Give the pane the whole screen, and take it back; so does Esc"),
        key("less_than_sign", "resize('left', -1)", "size.narrower", "The left pane narrower"),
        key("greater_than_sign", "resize('left', 1)", "size.wider", "The left pane wider"),
        key("plus", "resize('own', 1)", "size.more", "The lower pane higher; in the details, wider"),
        key("minus", "resize('own', -1)", "size.less", "The lower pane lower; in the details, narrower"),
        key("equals_sign", "default_sizes", "size.default", "The panes in their sizes by default"),
    ]

    def __init__(self) -> None:
        super().__init__(classes="show-tree")
        self.sizes = Sizes()
        """As the user wants them; kept between runs by whoever opens the app."""
        self._zoomed: str | None = None
        """The pane that has the screen to itself."""
        self._laid_out: tuple[int | None, int | None, int | None] = (None, None, None)
        """The cells of the left pane, the details and the lower pane; None where the style sheet says it."""
        self.environment = EnvironmentPane()
        self.tree_pane = TreePane()
        self.modules = ModulesPane()
        self.detail = DetailPane()

    def compose_panes(self) -> ComposeResult:
        """The panes with the rules between them."""
        with Horizontal(id="panes"):
            yield self.environment
            yield Rule(upright=True, id="rule-left")
            with Vertical(id="right"):
                yield self.tree_pane
                yield Rule(id="rule-middle")
                yield self.modules
            yield Rule(upright=True, id="rule-right")
            yield self.detail

    def _panes(self) -> list[Pane]:
        """The panes by their numbers, then the details."""
        return [self.environment, self.tree_pane, self.modules, self.detail]

    @property
    def is_narrow(self) -> bool:
        """Whether the panes are tabs."""
        return self.app.size.width < WIDE

    @property
    def is_broad(self) -> bool:
        """Whether the details stand beside the panes."""
        return self.app.size.width >= BROAD

    @property
    def keyed_pane(self) -> Pane:
        """The pane that the keys go to, be it the details."""
        raise NotImplementedError

    # -- sizes ---------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Give the panes the sizes that the user wants, where they stand side by side."""
        width, height = self.app.size
        self.set_class(width < TINY_WIDTH or height < TINY_HEIGHT, "tiny")
        self.set_class(height < LOWEST, "low")
        sizes, beside = self.sizes, not self.is_narrow and self._zoomed is None
        has_columns = beside and (sizes.left, sizes.detail) != (None, None)
        left = self._room.left(sizes) if has_columns else None
        detail = self._room.detail(sizes) if has_columns and self.is_broad else None
        lower = self._room.lower(sizes) if beside and sizes.lower is not None else None
        if self._laid_out == (left, detail, lower):
            return
        self._laid_out = left, detail, lower
        self.environment.styles.width = self.environment.styles.min_width = left
        self.detail.styles.width = detail
        self.modules.styles.height = lower

    @property
    def _room(self) -> Room:
        panes = self.query_one("#panes").size
        width, height = self.app.size
        return Room(panes.width or width, panes.height or height - 10, self.is_broad)

    def action_resize(self, which: str, direction: int) -> None:
        """Another size for a pane, by a step."""
        if self.is_narrow or self._zoomed is not None:
            narrow = f"that is for panes side by side, which takes {WIDE} columns"
            self.post_message(Say("z takes the zoom back; then it has a size" if self._zoomed else narrow))
            return
        room, sizes = self._room, self.sizes
        if which == "left":
            self._set_size("left", room.left(sizes) + _WIDER * direction, room.width)
        elif self.keyed_pane is self.detail:
            self._set_size("detail", room.detail(sizes) + _WIDER * direction, room.width)
        else:
            self._set_size("lower", room.lower(sizes) + _HIGHER * direction, room.height)

    def _set_size(self, name: str, cells: int, whole: int) -> None:
        """Cells that a pane cannot have are not remembered: the way back is as short as the way there."""
        room, wanted = self._room, self.sizes.with_size(name, cells, whole)
        possible: int = getattr(room, name)(wanted)
        self.sizes = self.sizes.with_size(name, possible, whole)
        self.lay_out()

    def action_default_sizes(self) -> None:
        """As in the beginning."""
        self.sizes = Sizes()
        self.lay_out()

    @on(Rule.Dragged)
    def _dragged(self, event: Rule.Dragged) -> None:
        """The mouse has hold of a line between panes."""
        room, panes = self._room, self.query_one("#panes").region
        match event.rule.id:
            case "rule-left":
                self._set_size("left", event.x - panes.x, room.width)
            case "rule-middle":
                self._set_size("lower", panes.bottom - event.y - 1, room.height)
            case "rule-right":
                self._set_size("detail", panes.right - event.x - 1, room.width)

    # -- zoom ----------------------------------------------------------------------------------------

    def action_zoom(self) -> None:
        """Give the pane with the keys the whole screen, or take it back."""
        self.zoom(str(self.keyed_pane.id) if self._zoomed is None else None)

    def zoom(self, name: str | None) -> None:
        """Only this pane under the title; None for all of them."""
        self._zoomed = name
        self.set_class(name is not None, "zoomed")
        for pane in self._panes():
            pane.set_class(pane.id != name, "unzoomed")
            pane.set_class(pane.id == name, "in-zoom")
        for part in self.beside_zoom():
            part.add_class("unzoomed")
        right = self.query_one("#right")
        right.set_class(name not in ("tree", "modules"), "unzoomed")
        right.set_class(name in ("tree", "modules"), "in-zoom")
        self.lay_out()

    def beside_zoom(self) -> Iterator[Widget]:
        """What gives way to a zoomed pane."""
        yield from self.query(Rule)

    def on_resize(self, event: events.Resize) -> None:
        """Sizes are shares of the screen."""
        self.lay_out()
