"""The part of the app that tries other settings: an overlay over what go would see, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from probes.golang.goproxy import HopKind, Separator, with_separator
from probes.golang.variables import VARIABLES
from probes.trace.route import plan
from tui.comparing import ComparingApp
from tui.drawing.tree_keys import Part, TreeKey
from tui.keys import key
from tui.lines import Line
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.stage import DemoWorld

if TYPE_CHECKING:
    from probes.settings.overlay import Overlay
    from probes.trace.route import HopView
    from tui.stage import Scene

_ROWS = {Part.PRIVATE: "GOPRIVATE", Part.CHECKSUMS: "GOSUMDB"}
"""Rows of the tree that another variable than GOPROXY decides."""


class TryingApp(ComparingApp):
    """An app in which settings can be tried before anything is written."""

    HELP_TITLE = "Trying settings: nothing is written but by A"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("e", "edit", "try.edit", "Edit a variable and see at once what would change; nothing is written"),
        key("u", "untry", "try.undo", "Take the last what-if step back; right after A, what it wrote"),
        key("U,ctrl+r", "retry", "try.redo", "The what-if step that was taken back, once more"),
        key("comma", "separator(',')", "try.comma", "A comma behind the row's hop: next only after 404, 410"),
        key("vertical_line", "separator('|')", "try.pipe", "A | behind the row's hop: next after any error"),
    ]

    @property
    def is_what_if(self) -> bool:
        """Whether what is shown rests on values that are not real."""
        return bool(self.session.trial.values)

    def try_overlay(self, overlay: Overlay) -> None:
        """Take other what-if values."""
        self._applied = None
        self.session.try_overlay(overlay)
        self.wake()

    def try_values(self, values: Mapping[str, str], label: str) -> None:
        """Take values in one step; one that is the real value is no what-if value any more."""
        scene = self.session.scene
        assert scene is not None
        real, overlay = scene.without_trial, self.session.trial.overlay
        wanted = {**overlay.values, **values}
        for name, value in values.items():
            if not value and name not in real.process and real.get(name):
                self.tell(f"the process does not set {name}, so there is nothing to take away from it")
            if (value and value == real.get(name)) or (not value and name not in real.process):
                del wanted[name]
        if refusal := self.why_not_tried(values):
            self.tell(refusal)
            return
        self.try_overlay(overlay.clear_to(wanted, label))

    def why_not_tried(self, values: Mapping[str, str]) -> str:
        """Why values are not taken here, in a whole sentence; "" where they are."""
        scene = self.session.scene
        if scene is None:
            return ""
        real = scene.without_trial
        wanted = {**self.session.trial.overlay.values, **values}
        unset = [name for name in wanted if not wanted[name] and name not in real.process]
        stranger = self._stranger(scene, {name: wanted[name] for name in wanted if name not in unset})
        if not stranger:
            return ""
        return f"the demo asks nobody but its own proxies, and {stranger} is none of them, so it is not tried"

    def _stranger(self, scene: Scene, values: Mapping[str, str]) -> str:
        """Somebody outside of the world of the demo who would be asked; "" for nobody."""
        stage, target = self.session.stage, self.session.target
        if not isinstance(stage, DemoWorld) or target is None:
            return ""
        try:
            environment = scene.without_trial.with_overlay(values)
        except ValueError:
            return ", ".join(values)
        return stage.stranger(environment, plan(environment, *target).view())

    # -- one variable --------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edit the variable of the row."""
        if self._scene() is None:
            return
        if self.is_private:
            self.tell("what is edited stands under its own name: p ends privacy first")
            return
        name = self._variable_here()
        if name is not None:
            self._edit(name)
            return
        choices = [Choice(one.name, one.name, one.summary) for one in VARIABLES]
        self.push_screen(ChoiceScreen("Which variable?", choices), self._edit)

    def _variable_here(self) -> str | None:
        """The variable that the row is about; None where there is none."""
        pane = self.workbench.active_pane
        row = pane.list.cursor_row
        if pane is self.workbench.tree_pane:
            part = row.key.part if row is not None and isinstance(row.key, TreeKey) else None
            return _ROWS.get(part, "GOPROXY") if part is not None else "GOPROXY"
        if pane is self.workbench.environment and row is not None and isinstance(row.key, tuple):
            return str(row.key[1]) if row.key[0] == "variable" else None
        return None

    def _edit(self, name: object) -> None:
        from tui.screens.edit_screen import EditScreen

        scene = self.session.scene
        if name is None or scene is None:
            return
        variable, before = str(name), self._now()

        def draw(value: str, width: int) -> list[Line]:
            from tui.drawing.whatif_draft import draft_lines

            look = self.draw_look(width)
            return list(draft_lines(self._draft({variable: value}), before, look, edited=variable))

        def taken(value: str | None) -> None:
            if value is not None:
                self.try_values({variable: value}, variable)

        def refuse(value: str) -> str:
            return self.why_not_tried({variable: value})

        self.push_screen(EditScreen(variable, scene.environment.get(variable), draw, refuse), taken)

    # -- back and forth ------------------------------------------------------------------------------

    async def action_untry(self) -> None:
        """One step back; right after writing, the file back to what it was."""
        overlay = self.session.trial.overlay
        if self._scene() is None:
            return
        if self._applied is not None:
            await self.take_back(self._applied)
            return
        if overlay.undo_label is None:
            self.tell("nothing was tried, so there is nothing to take back")
            return
        self.try_overlay(overlay.undo())

    def action_retry(self) -> None:
        """One step forward."""
        overlay = self.session.trial.overlay
        if self._scene() is None:
            return
        if overlay.redo_label is None:
            self.tell("nothing was taken back, so there is nothing to do again")
            return
        self.try_overlay(overlay.redo())

    # -- the separator behind a hop ------------------------------------------------------------------

    def action_separator(self, sign: str) -> None:
        """Have this stand behind the hop of the row."""
        scene = self._scene()
        if scene is None:
            return
        found = self._hop_with_next()
        if isinstance(found, str):
            self.tell(found)
            return
        hop, name = found, self.workbench.shown.text(found.name)
        if hop.separator.value == sign:
            self.tell(f"a {sign} stands behind {name} already")
            return
        assert hop.index is not None
        goproxy = with_separator(scene.environment.get("GOPROXY"), hop.index, Separator(sign))
        self.workbench.tree_pane.pin(TreeKey(Part.EDGE, hop.id))
        self.try_values({"GOPROXY": goproxy}, f"{sign} behind entry {hop.index + 1}")

    def _hop_with_next(self) -> HopView | str:
        """The hop of the row, which another one follows; or what to do instead."""
        pane, trace = self.workbench.tree_pane, self.session.trace
        if self.workbench.active_pane is not pane or trace.route is None:
            return "go to a hop of the tree first (2): , and | set what stands behind it"
        hop = trace.hop(pane.hop_here())
        if hop is None or hop.index is None or hop.kind is HopKind.NOPROXY:
            return "choose the row of a hop, or of the separator behind it: , and | set that separator"
        if hop.id == len(trace.route.hops) - 1:
            return f"nothing is asked after {hop.name}: there is no separator to set"
        return hop
