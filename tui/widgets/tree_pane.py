"""The tree pane: the way go walks."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message

from probes.trace.fold import Trace
from tui.aside import Aside
from tui.drawing.fields import Details
from tui.drawing.trace_details import body_details, trace_details
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import first_hop, tree_rows
from tui.drawing.tree_view import TreeView, guilty_layer, guilty_row, open_by_themselves
from tui.drawing.turning_questions import folded_into
from tui.lines import Role, Row, line
from tui.trial import Unreal
from tui.widgets.line_list import LineList
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case


FOLDS = (
    Part.HOP, Part.REQUEST, Part.LADDER, Part.LAYER, Part.EDGE, Part.PRIVATE, Part.CHECKSUMS, Part.VERSION,
    Part.PROJECT, Part.TURNING, Part.CACHE, Part.SWORN, Part.ORIGIN, Part.PROGRAM, Part.CREDENTIALS,
)  # fmt: skip
"""The rows that unfold."""


_OF_AN_ORIGIN = (Part.ORIGIN, Part.PROGRAM, Part.HELD, Part.CREDENTIAL, Part.CREDENTIALS)
"""The rows of a direct branch."""

PINNED = TreeKey(Part.HINT, -1)
"""No row: stands for a place where the cursor was put by the user."""


class TreePane(Pane):
    """The decision tree of one trace; before there is one, what to do."""

    NUMBER: ClassVar[str] = "2"
    TITLE: ClassVar[str] = "Tree"

    @dataclass
    class Suggested(Message):
        """The user wants one of the suggested modules traced."""

        path: str

    def __init__(self) -> None:
        super().__init__(id="tree")
        self._trace = Trace()
        self._about: Trace | None = None
        self.unreal = Unreal()
        """What of the route is there only because of what-if values."""
        self._now = 0.0
        self._folds: dict[TreeKey, bool] = {}
        self._suggestions: tuple[str, ...] = ()
        self._cases: tuple[Case, ...] = ()
        self._climbing: int | None = None
        self._pinned: TreeKey | None = None
        """Where the cursor stays when the next trace begins, with the folds as they are."""
        self._led: TreeKey | None = None
        """Where the cursor was put by itself."""
        self.aside = Aside()
        """What else is said of a hop."""

    def show(
        self,
        trace: Trace,
        now: float,
        cases: tuple[Case, ...] = (),
        climbing: int | None = None,
        *,
        about: Trace | None = None,
    ) -> None:
        """Show a trace at a time, in seconds since its beginning, with what it comes to.

        ``about`` is the trace that this one is a copy of: folds are kept as long as it stays the same.
        """
        about = about or trace
        if about is not self._about:
            self._led, self._about = self._pinned, about
            if self._pinned is None:
                self._folds = {}
            self._pinned = None
        self._trace, self._now, self._cases, self._climbing = trace, now, cases, climbing
        self.redraw()
        self.redraw_title()
        self._lead()

    def pin(self, key: TreeKey) -> None:
        """Go to a row, and have the cursor and the folds stay there when the next trace begins."""
        self.list.select(key)
        self._pinned = PINNED

    def _lead(self) -> None:
        """Put the cursor where the story is, unless the user has moved it: hop, first cause, its rung."""
        row = self.list.cursor_row
        if row is None or (self._led is not None and row.key != self._led):
            return
        if self.app.screen is not self.screen:
            return  # the details of this row are being read
        trace = self._trace
        self._led = guilty_layer(trace) or guilty_row(trace) or first_hop(trace) or self._led
        if self._led is not None:
            self.list.select(self._led)

    def suggest(self, paths: tuple[str, ...]) -> None:
        """Modules to offer as long as nothing is traced."""
        self._suggestions = paths
        self.redraw()

    def remark(self) -> str:
        """How many requests there were."""
        count = len(self._trace.requests)
        return f"{count} request{'' if count == 1 else 's'}" if count else ""

    def redraw(self) -> None:
        """Make the rows anew."""
        view = TreeView(
            self._trace, self._now, self.width, self.symbols, self._folds, self._cases, self._climbing,
            all_open=bool(self.needle), unreal=self.unreal,
        )  # fmt: skip
        self.show_rows(tree_rows(view) if self._trace.started is not None else self._hints())

    def _hints(self) -> list[Row]:
        words = "  press t and type a module path, for example rsc.io/quote@latest"
        rows = [Row(TreeKey(Part.HINT), line(words), selectable=False)]
        if self._suggestions:
            head = line(("  or choose one of your go.mod:", Role.FAINT))
            rows += [
                Row(TreeKey(Part.HINT, 1), line(""), selectable=False),
                Row(TreeKey(Part.HINT, 2), head, selectable=False),
            ]
        for number, path in enumerate(self._suggestions):
            rows.append(Row(TreeKey(Part.SUGGESTION, number, path), line(f"    {path}")))
        return rows

    def details(self) -> Details | None:
        """The row under the cursor."""
        row = self.list.cursor_row
        if row is None or not isinstance(row.key, TreeKey):
            return None
        details = trace_details(self._trace, row.key, self._now, self.symbols, self._cases)
        return None if details is None else details.with_more(self.aside.of_hop(self._hop_of(row.key)))

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, TreeKey) and event.key.part is Part.SUGGESTION:
            event.stop()
            self.post_message(self.Suggested(event.key.name))

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        """Unfold or fold; a fold on a row inside goes to what it is inside of."""
        event.stop()
        key = event.key
        if not isinstance(key, TreeKey):
            return
        by_itself = open_by_themselves(self._trace, self._now)
        if self._unfolds(key):
            is_open = self._folds.get(key, key in by_itself)
            if event.direction == 0 or (event.direction > 0) is not is_open:
                self._folds[key] = not is_open
                self.redraw()
                return
        parent = self.inside_of(key)
        if event.direction < 0 and parent is not None:
            self.list.select(parent)

    def _unfolds(self, key: TreeKey) -> bool:
        """Whether there is anything inside of a row: not of a step of a hash, nor of what changes nothing."""
        plain_turning = key.part is Part.TURNING and self.inside_of(key) is not None
        return key.part in FOLDS and not plain_turning and not (key.part is Part.SWORN and key.name)

    def unfold(self, request: int) -> None:
        """Unfold a request, and the hop that it belongs to."""
        hop = self._trace.requests[request].started.hop
        for key in (TreeKey(Part.REQUEST, request), TreeKey(Part.HOP, hop or 0)):
            self._folds[key] = True
        self.redraw()

    def unfold_hops(self) -> None:
        """Unfold every hop."""
        for hop in self._trace.route.hops if self._trace.route is not None else ():
            self._folds[TreeKey(Part.HOP, hop.id)] = True
        self.redraw()

    def fold_hops(self) -> None:
        """Fold every hop."""
        for hop in self._trace.route.hops if self._trace.route is not None else ():
            self._folds[TreeKey(Part.HOP, hop.id)] = False
        self.redraw()

    def wire_details(self, request: int) -> Details | None:
        """The exchange of a request, as far as it has come."""
        return body_details(self._trace, request)

    def request_here(self) -> int | None:
        """The request that the row under the cursor is about: its own, or the last one of its hop."""
        key = None if self.list.cursor_row is None else self.list.cursor_row.key
        if not isinstance(key, TreeKey):
            return None
        if key.part in (Part.REQUEST, Part.RUNG):
            return key.number
        if key.part in _OF_AN_ORIGIN:
            from tui.drawing.origin_story import request_of

            return request_of(self._trace, key)
        if key.part in (Part.LAYER, Part.LADDER, Part.COMPARISON):
            rungs = self._trace.climbs.get(key.number)
            own = rungs[0].request if rungs else None
            if own is not None:
                return own
        hop = self.hop_here()
        asked = [number for number, request in self._trace.requests.items() if request.started.hop == hop]
        return asked[-1] if asked and hop is not None else None

    def hop_here(self) -> int | None:
        """The hop that the row under the cursor belongs to."""
        key = None if self.list.cursor_row is None else self.list.cursor_row.key
        return self._hop_of(key) if isinstance(key, TreeKey) else None

    def program_here(self) -> str:
        """The command line of the program that the row under the cursor is about; "" for none."""
        key = None if self.list.cursor_row is None else self.list.cursor_row.key
        if not isinstance(key, TreeKey) or key.part not in _OF_AN_ORIGIN:
            return ""
        from tui.drawing.origin_story import program_of

        return program_of(self._trace, key)

    def _hop_of(self, key: TreeKey) -> int | None:
        match key.part:
            case _ if key.part in _OF_AN_ORIGIN:
                from tui.drawing.origin_story import hop_of

                return hop_of(self._trace, key)
            case Part.HOP | Part.EDGE | Part.CAPABILITY:
                return key.number
            case Part.CASE:
                return self._cases[key.number].hop if key.number < len(self._cases) else None
            case Part.FINDING:
                return self._trace.findings[key.number].hop
            case Part.REQUEST | Part.RUNG:
                return self._trace.requests[key.number].started.hop
            case Part.LAYER | Part.LADDER | Part.COMPARISON:
                rungs = self._trace.climbs.get(key.number)
                return rungs[0].hop if rungs else None
        return None

    def inside_of(self, key: Hashable) -> TreeKey | None:
        """The row that another unfolds from."""
        if not isinstance(key, TreeKey):
            return None
        hop = self._hop_of(key)
        match key.part:
            case _ if key.part in _OF_AN_ORIGIN or (key.part is Part.REQUEST and self._trace.origin.decided):
                from tui.drawing.origin_story import outside_of

                return outside_of(self._trace, key) or (None if hop is None else TreeKey(Part.HOP, hop))
            case Part.RUNG:
                return TreeKey(Part.REQUEST, key.number)
            case Part.LAYER | Part.COMPARISON:
                rungs = self._trace.climbs.get(key.number)
                own = rungs[0].request if rungs and rungs[0].hop is not None else None
                return TreeKey(Part.LADDER, key.number) if own is None else TreeKey(Part.REQUEST, own)
            case Part.REQUEST | Part.FINDING | Part.LADDER | Part.CAPABILITY | Part.CASE:
                return None if hop is None else TreeKey(Part.HOP, hop)
            case Part.SUM_WAY | Part.HEAD | Part.SWORN:
                is_step = key.part is Part.SWORN and bool(key.name)
                return TreeKey(Part.SWORN, key.number) if is_step else TreeKey(Part.CHECKSUMS)
            case Part.TURNING if key.number < len(self._trace.turnings):
                return folded_into(self._trace.turnings[key.number])
        return None

    def reveal(self, key: Hashable) -> None:
        """Unfold what a row is inside of."""
        while (outside := self.inside_of(key)) is not None:
            self._folds[outside] = True
            key = outside
