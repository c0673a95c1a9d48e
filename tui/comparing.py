"""The part of the app that compares: presets and remedies before they are tried, what is with what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.applying import ApplyingApp
from tui.drawing.case_details import primary
from tui.keys import footer_key, key
from tui.lines import Line
from tui.remedies import settings_of
from tui.screens.choice_screen import Choice
from tui.screens.prompt_screen import PromptScreen
from tui.trial import Draft, draft_of

if TYPE_CHECKING:
    from probes.settings.presets import Preset
    from tui.drawing.whatif_table import Side
    from tui.stage import Scene

_HINT = "e edit  E presets  u undo  A write  C lines  p privacy  esc back"


class ComparingApp(ApplyingApp):
    """An app that shows what other settings would change."""

    HELP_TITLE = "What if: before and after"
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("w", "what_if", "try.compare", "what-if", "What if: before and after; remedies to try"),
        key("E", "presets", "try.presets", "Presets: mirrors and other settings that belong together"),
    ]

    def try_values(self, values: Mapping[str, str], label: str) -> None:
        """Take values in one step."""
        raise NotImplementedError

    def why_not_tried(self, values: Mapping[str, str]) -> str:
        """Why values are not taken here, in a whole sentence; "" where they are."""
        raise NotImplementedError

    def _scene(self) -> Scene | None:
        """The settings, where something can be tried; None after telling why not."""
        if self.session.IS_REPLAY:
            self.tell("this is a replay: its settings are those of another day, and nothing can be tried")
            return None
        if self.session.scene is None:
            self.tell("the settings are being read")
        return self.session.scene

    def _now(self) -> Side:
        """What is on the screen, as one side of a table."""
        from tui.drawing.whatif_table import Side

        trace = self.session.trace
        title = "what if, as now" if self.session.trial.values else "now"
        if trace.finished is None:
            return Side(title, missing="not traced to its end" if trace.started else "not traced yet")
        return Side(title, trace)

    def _draft(self, values: Mapping[str, str]) -> Draft:
        session = self.session
        assert session.scene is not None
        draft = draft_of(session.scene.environment, values, session.trace, session.target)
        return replace(draft, refusal=self.why_not_tried(values))

    # -- presets and remedies ------------------------------------------------------------------------

    def action_presets(self) -> None:
        """Offer the presets; the chosen one is shown before anybody is asked."""
        if self._scene() is None:
            return
        from probes.settings.presets import preset, presets
        from tui.screens.preset_screen import PresetScreen

        screen = PresetScreen(presets())
        self.push_screen(screen, lambda chosen: self._fill(preset(chosen), {}) if chosen else None)

    def _fill(self, preset: Preset, answers: Mapping[str, str], at: int = 0) -> None:
        """Ask for what only the user knows, one thing after the other; then show what the preset changes.

        What will not do is asked for again, with the answers as they were.
        """
        from probes.settings.presets import PresetError

        if at < len(preset.gaps):
            gap = preset.gaps[at]
            note = f"for example {gap.example}"
            title, answer = f"{preset.id}: {gap.question}", answers.get(gap.name, "")
            screen = PromptScreen(title, answer, note=note, verb="go on; nothing is written yet")

            def answered(text: str | None) -> None:
                if text:
                    self._fill(preset, {**answers, gap.name: text}, at + 1)

            self.push_screen(screen, answered)
            return
        try:
            values = preset.filled(answers)
        except PresetError as error:
            self.tell(str(error))
            self._fill(preset, answers)
            return
        self._show_draft(values, f"preset {preset.id}")

    def _show_draft(self, values: Mapping[str, str], label: str) -> None:
        """What values would change; Enter takes them."""
        from tui.screens.try_screen import TryScreen

        draft, before = self._draft(values), self._now()

        def draw(width: int) -> list[Line]:
            from tui.drawing.whatif_draft import draft_lines

            return list(draft_lines(draft, before, self.draw_look(width)))

        def taken(what: object) -> None:
            if what is not None:
                self.try_values(values, label)

        if draft.refusal:
            title, hint = f"Not tried here: {label}", "p privacy   esc back"
            self.push_screen(TryScreen(title, tuple, draw, hint=hint), taken)
            return
        hint = "enter try it: ask what is not known   p privacy   esc back"
        choices = (Choice("try", "try it"),)
        self.push_screen(TryScreen(f"What if: {label}", lambda: choices, draw, hint=hint), taken)

    def _remedies(self) -> list[tuple[str, dict[str, str]]]:
        """What the diagnosis of the row, or else of the failure, says to set; each with its line."""
        cases, scene = self.session.cases, self.session.scene
        if scene is None:
            return []
        hop = self.workbench.tree_pane.hop_here()
        own = [case for case in cases if hop is not None and case.hop == hop]
        found: list[tuple[str, dict[str, str]]] = []
        for case in own or filter(None, [primary(cases)]):
            for remedy in case.diagnosis.remedies:
                values = settings_of(remedy.lines, scene.environment)
                if values and values not in [other for _, other in found]:
                    found.append(("; ".join(remedy.lines), values))
        return found

    def action_what_if(self) -> None:
        """Before and after; with nothing tried, what could be."""
        scene = self._scene()
        if scene is None:
            return
        from tui.screens.try_screen import CompareScreen

        title = "What if: before and after" if self.session.trial.values else "What if: nothing is tried yet"
        self.push_screen(CompareScreen(title, self._ways_on, self._draw_trial, hint=_HINT), self._go_on)

    def _ways_on(self) -> list[Choice]:
        """What Enter can do from there: remedies, and the way back or, with nothing tried, the ways on."""
        text = self.workbench.shown.text
        choices = [
            Choice(("try", number), "try", text(words)) for number, (words, _) in enumerate(self._remedies())
        ]
        if self.session.trial.values:
            return [*choices, Choice("back", "back", "to the real settings, all of them")]
        return [
            *choices,
            Choice("edit", "edit", "a variable, and see what would change"),
            Choice("presets", "presets", "mirrors and other settings that belong together"),
        ]

    async def _go_on(self, what: object) -> None:
        if isinstance(what, tuple):
            words, values = self._remedies()[what[1]]
            self._show_draft(values, words)
        elif what == "back":
            self.try_overlay(self.session.trial.overlay.clear())
        elif what in ("edit", "presets", "write", "lines"):
            await self.run_action(f"app.{what}")

    def _draw_trial(self, width: int) -> list[Line]:
        """The present overlay against the real settings."""
        session, trial = self.session, self.session.trial
        if session.scene is None or not trial.values:
            return []
        from tui.drawing.whatif_trial import trial_lines

        shown, look = self.workbench.shown, self.draw_look(width)
        target, unreal = session.target, session.unreal
        return list(trial_lines(session.scene, target, shown.real_trace, shown.trace, unreal, look))
