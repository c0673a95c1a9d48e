"""The part of the app that shows the tour of the demo: captions over worlds that change by themselves.

While the tour is paused there is no timer, and between two steps nothing is written to the terminal. A key
that does something else in the app pauses it, so nobody is torn away from what he looks at.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.timer import Timer

from tui.drawing.tour_lines import TourView, caption_lines
from tui.drawing.tree_keys import Part, TreeKey
from tui.keys import key
from tui.lines import Line
from tui.messages import Back
from tui.stage import DemoWorld
from tui.widgets.lines_view import LinesView
from tui.worlds import WorldsApp

if TYPE_CHECKING:
    from probes.demo.tour import Step
    from probes.demo.worlds import WorldPlan

_TOUR_KEYS = frozenset({"full_stop", "right_square_bracket", "left_square_bracket", "escape", "T"})
"""The keys that do not pause the tour by the way."""
_ROWS = {
    "hop": Part.HOP,
    "edge": Part.EDGE,
    "private": Part.PRIVATE,
    "checksums": Part.CHECKSUMS,
    "content": Part.CONTENT,
}
POINT_S = 1.0
"""A trace that takes longer than this is pointed into before its end."""


class PlayingApp(WorldsApp):
    """An app with a tour of its demo."""

    HELP_TITLE = "Tour of the demo"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("T", "tour", "tour", "The tour: five minutes on how go falls back; any other key pauses it"),
        key("full_stop", "tour_pause", "tour.pause", "Tour: pause, go on"),
        key("right_square_bracket", "tour_step(1)", "tour.next", "Tour: the next step"),
        key("left_square_bracket", "tour_step(-1)", "tour.before", "Tour: the step before; Esc ends it"),
    ]

    _tour: TourView | None = None
    """Where one is in the tour; None outside of it."""
    _caption: LinesView | None = None
    _step_timer: Timer | None = None
    _step_ends = 0.0
    _left_s = 0.0
    """Seconds that the step has left, while the tour is paused."""
    _is_pointed = False
    """Whether the cursor was put where there is something to see."""

    @property
    def touring(self) -> bool:
        """Whether the tour is on the screen."""
        return self._tour is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The tour is only in the demo, and its keys only in the tour."""
        if action == "tour":
            return self._plan is not None
        if action in ("tour_pause", "tour_step"):
            return self.touring and self.screen is self.workbench
        return super().check_action(action, parameters)

    # -- beginning and ending ------------------------------------------------------------------------

    def action_tour(self) -> None:
        """Begin the tour, or begin it anew."""
        if self.demo_world is None or self._make_stage is None:
            self.tell("there is no tour here: this world is a recording")
            return
        from probes.demo.tour import steps

        self._tour = TourView(steps(), 0, playing=True)
        if self._caption is None:
            self._caption = LinesView(self._caption_lines, id="tour-caption")
            self.workbench.mount(self._caption, after=self.workbench.story)
        self._show_step()
        self.workbench.refresh_bindings()

    @on(Back)
    def _end_by_escape(self) -> None:
        if self._tour is not None:
            self.go_to_world(self._tour.step.plan)

    def go_to_world(self, plan: WorldPlan) -> None:
        """Going to a world ends the tour: the world is as its story tells it."""
        if self._tour is not None:
            self._stop_timer()
            self._tour = None
            if self._caption is not None:
                self._caption.remove()
                self._caption = None
            self.workbench.refresh_bindings()
        super().go_to_world(plan)

    # -- steps ---------------------------------------------------------------------------------------

    def action_tour_step(self, direction: int) -> None:
        """To another step; the tour goes on from there as it was, playing or paused."""
        assert self._tour is not None
        at = self._tour.at + direction
        if not 0 <= at < len(self._tour.steps):
            self.tell("this is the last step" if direction > 0 else "this is the first step")
            return
        self._tour = TourView(self._tour.steps, at, self._tour.playing)
        self._show_step()

    def action_tour_pause(self) -> None:
        """Pause, or go on: with the step as it was if it has been changed meanwhile."""
        assert self._tour is not None
        if self._tour.playing:
            self._pause()
            return
        at = self._tour.at
        self._tour = TourView(self._tour.steps, at, playing=True)
        if self._left_s <= 0 and at == len(self._tour.steps) - 1:
            self.action_tour()
        elif self._left_s <= 0 or not self._is_arranged(self._tour.step):
            self._show_step()
        else:
            self._start_timer(self._left_s)
            self._show_caption()

    def _pause(self) -> None:
        if self._tour is not None and self._tour.playing:
            self._left_s = max(0.0, self._step_ends - monotonic())
            self._stop_timer()
            self._tour = TourView(self._tour.steps, self._tour.at, playing=False)
            self._show_caption()

    def _step_is_over(self) -> None:
        self._step_timer = None
        if self._tour is None:
            return
        if self._tour.at == len(self._tour.steps) - 1:
            self._left_s = 0.0
            self._tour = TourView(self._tour.steps, self._tour.at, playing=False)
            self._show_caption()
            return
        self.action_tour_step(1)

    def _show_step(self) -> None:
        """Arrange the world of the step and trace in it."""
        assert self._tour is not None
        step = self._tour.step
        self._arrange(step)
        self._is_pointed = False
        self._left_s = step.seconds
        if self._tour.playing:
            self._start_timer(step.seconds)
        self._show_caption()

    def _is_arranged(self, step: Step) -> bool:
        """Whether the world still is as the step has it, and what it is about is on the screen."""
        world = self.demo_world
        return (
            world is not None
            and world.plan.name == step.world
            and world.is_arranged(step.goproxy, step.broken, step.settings)
            and not self.session.trial.values
            and self.session.target == (step.plan.path, step.plan.query)
        )

    def _arrange(self, step: Step) -> None:
        world = self.demo_world
        if world is None or world.plan.name != step.world:
            assert self._make_stage is not None
            stage = self._make_stage(step.plan)
            assert isinstance(stage, DemoWorld)
            world = stage
        world.arrange(step.goproxy, step.broken, step.settings)
        before = self.session.play(world)  # what was tried is over, and the settings are read anew
        if before is not world:
            before.close()
        self._plan = step.plan
        self.set_demo_place()
        self.trace_target(f"{step.plan.path}@{step.plan.query}")

    def set_demo_place(self) -> None:
        """In the tour the caption tells the story."""
        super().set_demo_place()
        if self._tour is not None and self._plan is not None:
            self.workbench.set_place(f"tour: {self._plan.name}")

    # -- time ----------------------------------------------------------------------------------------

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._step_ends = monotonic() + seconds
        self._step_timer = self.set_timer(seconds, self._step_is_over)

    def _stop_timer(self) -> None:
        if self._step_timer is not None:
            self._step_timer.stop()
            self._step_timer = None

    async def on_event(self, event: events.Event) -> None:
        """Whatever the user does pauses the tour, but for the tour's own keys."""
        if self._tour is not None:
            pressed = isinstance(event, events.Key) and event.key not in _TOUR_KEYS
            if pressed or isinstance(event, events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
                self._pause()
        await super().on_event(event)

    # -- what is shown -------------------------------------------------------------------------------

    def _caption_lines(self, width: int) -> list[Line]:
        return [] if self._tour is None else caption_lines(self._tour, width, self.symbols)

    def _show_caption(self) -> None:
        if self._caption is not None:
            self._caption.show(self._caption_lines)

    def hear_go(self) -> None:
        """Point at what the caption speaks of, once it is there."""
        super().hear_go()
        session = self.session
        if self._tour is None or self._is_pointed or session.looking:
            return
        if session.outcome is not None or (session.trace.requests and session.now >= POINT_S):
            self._is_pointed = True
            pane, row = self.workbench.tree_pane, row_of(self._tour.step.row)
            if row.part is Part.EDGE:
                pane.fold_hops()  # an edge is to be seen between its hops
            self.workbench.show_pane("tree")
            pane.list.select(row)


def row_of(text: str) -> TreeKey:
    """The row of the tree that a step names; hops and edges are counted from 1 there."""
    part, _, number = text.partition(" ")
    return TreeKey(_ROWS[part], int(number) - 1 if number else 0)
