"""What is tried, against the real settings: the settings, the table, both trees."""

from __future__ import annotations

from collections.abc import Iterator

from probes.settings.whatif import compare
from probes.trace.fold import Trace
from tui.drawing.whatif_table import Look, Side, comparison_lines, finding_lines, setting_lines
from tui.drawing.whatif_trees import tree_lines
from tui.lines import Line
from tui.stage import Scene
from tui.trial import Unreal


def trial_lines(
    scene: Scene,
    target: tuple[str, str] | None,
    before: Trace | None,
    after: Trace,
    unreal: Unreal,
    look: Look,
) -> Iterator[Line]:
    """Everything that is known of both. The traces come masked while privacy is on."""
    comparison = compare(scene.without_trial, scene.environment, *(target or ("", "latest")))
    yield from setting_lines(comparison.settings, look)
    yield Line()
    left = Side("now, the real settings", before, "not traced with the real settings yet: u, and w again")
    right = Side("with what is tried", after if after.started is not None else None)
    yield from comparison_lines(comparison, left, right, look)
    yield from finding_lines(comparison, look)
    if after.started is not None:
        yield Line()
        yield from tree_lines(before, after, unreal, look)
