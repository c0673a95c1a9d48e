"""The part of the app that belongs to the worlds of the demo: which one, its faults, and the real go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from probes.trace.events import Outcome
from probes.trace.fold import Trace
from tui.aside import Aside
from tui.drawing.beside import asking_line, beside_fields, beside_lines, fault_fields, fault_story
from tui.drawing.fields import Field
from tui.keys import key
from tui.lines import Line
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.menu_screen import MenuScreen
from tui.session import Session
from tui.stage import DemoWorld, Stage
from tui.symbols import Symbols
from tui.trying import TryingApp

if TYPE_CHECKING:
    from probes.demo.faults import DemoFault
    from probes.demo.go_answer import Comparison, GoRun
    from probes.demo.worlds import WorldPlan

_AS_PLANNED = "as the world has it"


class WorldsApp(TryingApp):
    """An app whose proxies can be broken on purpose, in the demo."""

    HELP_TITLE = "Demo"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f", "fault", "demo.fault", "Break a proxy of this world, or mend it; not in the module browser"),
    ]

    _plan: WorldPlan | None = None
    """The world that one is in; None outside of the demo."""
    _make_stage: Callable[[WorldPlan], Stage] | None = None

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__(session, symbols)
        self._beside = DemoAside(self)
        self.workbench.set_aside(self._beside)

    @property
    def demo_world(self) -> DemoWorld | None:
        """The world with its servers; None outside of the demo and in recordings."""
        stage = None if self.session.IS_REPLAY else self.session.stage
        return stage if isinstance(stage, DemoWorld) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Worlds and their faults are only in the demo."""
        if action in ("worlds", "fault"):
            return self._plan is not None
        return super().check_action(action, parameters)

    # -- worlds --------------------------------------------------------------------------------------

    def set_demo_place(self) -> None:
        """Say which world this is, and what is broken in it."""
        if self._plan is None:
            return
        from probes.demo.worlds import names

        number = names().index(self._plan.name) + 1
        place = f"world {number}/{len(names())} {self._plan.name}"
        world = self.demo_world
        title, story = self._plan.title, self._plan.story
        if world is not None and world.faults:
            title, story = "as you have it", fault_story(world.proxies, world.faults)
            story = self.workbench.shown.text(story)
        self.workbench.set_place(place, title, story)

    def action_privacy(self) -> None:
        """The story of what was broken names the proxies, too."""
        super().action_privacy()
        self.set_demo_place()

    def action_worlds(self) -> None:
        """Choose a world."""
        from probes.demo.worlds import WORLDS

        groups: dict[str, list[Choice]] = {}
        for plan in WORLDS:
            groups.setdefault(plan.group, []).append(Choice(plan.name, plan.name, plan.title, plan.story))
        chosen = None if self._plan is None else self._plan.name
        self.push_screen(MenuScreen("Worlds", groups, chosen, verb="go there"), self._world_chosen)

    def _world_chosen(self, name: object) -> None:
        from probes.demo.worlds import world_plan

        if name is not None:
            self.go_to_world(world_plan(str(name)))

    def go_to_world(self, plan: WorldPlan) -> None:
        """Go to a world and trace what it is about."""
        if self._make_stage is None:
            return
        self._plan = plan
        self.session.play(self._make_stage(plan)).close()
        self.set_demo_place()
        self.trace_target(f"{plan.path}@{plan.query}")

    # -- faults --------------------------------------------------------------------------------------

    def action_fault(self) -> None:
        """Choose a fault for the proxy of the row, or first the proxy."""
        world = self.demo_world
        if world is None:
            self.tell("nothing can be broken here: this world is a recording")
            return
        number = self._proxy_here(world)
        if number is not None:
            self._choose_fault(number)
            return
        choices = [
            Choice(at, f"proxy {at + 1}", self._name_of(at), self._fault_words(at))
            for at in range(len(world.proxies))
        ]
        self.push_screen(ChoiceScreen("Which proxy shall be broken?", choices, 0), self._choose_fault)

    def _proxy_here(self, world: DemoWorld) -> int | None:
        """The proxy that the row is about; where there is only one, that one."""
        if len(world.proxies) == 1:
            return 0
        pane = self.workbench.tree_pane
        hop = self.session.trace.hop(pane.hop_here()) if self.workbench.active_pane is pane else None
        return None if hop is None else world.number_of(hop.name)

    def _name_of(self, number: int) -> str:
        world = self.demo_world
        return "" if world is None else self.workbench.shown.text(world.proxies[number])

    def _fault_words(self, number: int) -> str:
        """What is the matter with a proxy now."""
        world = self.demo_world
        fault = None if world is None else world.faults.get(number)
        return _AS_PLANNED if fault is None else f"fault: {fault.name} ({fault.title})"

    def _choose_fault(self, number: object) -> None:
        world = self.demo_world
        if world is None or not isinstance(number, int):
            return
        from probes.demo.faults import FAULTS, HONEST

        present = world.faults.get(number)
        groups: dict[str, list[Choice]] = {}
        for fault in FAULTS:
            choice = Choice(fault.name, fault.name, fault.title, fault.sentence)
            groups.setdefault(fault.group, []).append(choice)
        planned = world.plan.places[number].behaviours
        if planned:
            words = "The proxy is broken in this world by itself; this brings that back."
            groups[HONEST.group].append(Choice("", "as planned", _AS_PLANNED, words))
        chosen = ("" if planned else HONEST.name) if present is None else present.name
        title = f"Proxy {number + 1}, {self._name_of(number)}: what shall it do?"
        screen = MenuScreen(title, groups, chosen)
        self.push_screen(screen, lambda name: self._inject(number, name))

    def _inject(self, number: int, name: object) -> None:
        """Break or mend a proxy of the running world, and trace again at once."""
        world = self.demo_world
        if world is None or name is None:
            return
        from probes.demo.faults import HONEST, fault_named

        fault: DemoFault | None = fault_named(str(name)) if name else None
        if fault is HONEST and not world.plan.places[number].behaviours:
            fault = None
        world.inject(number, fault)
        self.set_demo_place()
        self.session.again()
        self.wake()

    # -- the real go ---------------------------------------------------------------------------------

    def hear_go(self) -> None:
        """Ask the real go once a trace is over, so that it disturbs nobody; show what it says."""
        world = self.demo_world
        if world is None:
            return
        if self._beside.is_due():
            self._beside.ask(world)
            self.wake()
        elif self._beside.has_news():
            self.workbench.show_aside()


class DemoAside(Aside):
    """What is said beside a trace in the demo: what was broken, and what the real go says."""

    def __init__(self, app: WorldsApp) -> None:
        self._app = app
        self._trace: Trace | None = None
        """The trace that go was asked about."""
        self._run: GoRun | None = None
        self._comparison: Comparison | None = None

    # -- asking --------------------------------------------------------------------------------------

    def is_due(self) -> bool:
        """Whether a trace is over that go was not asked about, and its second looks too."""
        session = self._app.session
        outcome = session.outcome
        over = outcome is not None and outcome is not Outcome.CANCELLED and not session.tracing
        return over and not session.looking and session.trace is not self._trace

    def ask(self, world: DemoWorld) -> None:
        """Have go asked in a thread of its own; what it was asked before is forgotten."""
        session = self._app.session
        self._trace, self._comparison = session.trace, None
        assert session.scene is not None
        self._run = world.go_run(session.scene.environment, session.trace)
        if self._run is not None:
            session.bridge.call(self._run)

    def has_news(self) -> bool:
        """Whether go has answered since the last time."""
        run = self._run
        if run is None or not run.ended:
            return False
        self._run = None
        if run.answer is not None and self._is_current():
            from probes.demo.go_answer import compare

            self._comparison = compare(self._app.session.trace, run.answer)
        return True

    def _is_current(self) -> bool:
        return self._trace is not None and self._trace is self._app.session.trace

    @property
    def comparison(self) -> Comparison | None:
        """go's answer beside that of the trace on the screen; None before there is one."""
        return self._comparison if self._is_current() else None

    # -- what is said --------------------------------------------------------------------------------

    def lines(self, width: int) -> Sequence[Line]:
        """go's answer, or its place from the end of the trace on, so that nothing jumps."""
        shown = self._app.workbench.shown
        if self.comparison is not None:
            return beside_lines(self.comparison, width, self._app.symbols, shown.text)
        world = self._app.demo_world
        waits = self._run is not None and self._is_current()
        if world is not None and (waits or (self.is_due() and world.has_go)):
            return [asking_line(self._app.symbols)]
        return ()

    def of_verdict(self) -> Sequence[Field]:
        """The same in full."""
        shown = self._app.workbench.shown
        return () if self.comparison is None else beside_fields(self.comparison, shown.text)

    def of_hop(self, hop: int | None) -> Sequence[Field]:
        """What the hop's proxy was made to do."""
        world, found = self._app.demo_world, self._app.session.trace.hop(hop)
        number = None if world is None or found is None else world.number_of(found.name)
        fault = None if world is None or number is None else world.faults.get(number)
        return () if fault is None else fault_fields(fault)
