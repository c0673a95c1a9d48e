"""The caption of the tour: where one is in it, whether it goes on by itself, and what there is to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.lines import Line, Role, line, spread, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.demo.tour import Step

KEYS = ". pause  ] next  [ before  Esc end"
KEYS_PAUSED = ". go on  ] next  [ before  Esc end"


@dataclass(frozen=True, slots=True)
class TourView:
    """What the caption is drawn from."""

    steps: Sequence[Step]
    at: int
    playing: bool

    @property
    def step(self) -> Step:
        """The step."""
        return self.steps[self.at]


def caption_lines(view: TourView, width: int, symbols: Symbols) -> list[Line]:
    """The caption, as high as the longest of the tour is in this width, so that nothing jumps."""
    step, count = view.step, len(view.steps)
    state = "playing" if view.playing else "paused"
    head = line(("  Tour", Role.STRONG), f", step {view.at + 1} of {count}, ", (state, Role.WARN))
    keys = line(((KEYS if view.playing else KEYS_PAUSED) + " ", Role.FAINT))
    lines = [spread(head, keys, width, cut=symbols.cut)]
    lines.append(line((f"  {step.title}", Role.STRONG)))
    lines += [line(f"  {part}") for part in wrap(step.caption, width - 3)]
    most = 2 + max(len(wrap(one.caption, width - 3)) for one in view.steps)
    return [*lines, *([Line()] * (most - len(lines)))]


def caption_text(view: TourView, width: int | None = None) -> str:
    """The caption as it is read aloud; in lines of at most ``width`` cells where somebody reads it."""
    step = view.step
    head = f"Step {view.at + 1} of {len(view.steps)}: {step.title}."
    texts = (head, step.caption)
    lines = [part for text in texts for part in ([text] if width is None else wrap(text, width))]
    return "".join(f"{part}\n" for part in lines)
