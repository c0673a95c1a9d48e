"""A draft of other settings: what is wrong with the new value, whom Enter would ask, and the comparison."""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment
from probes.settings.reprobe import Probing
from probes.trace.events import Outcome
from tui.drawing.environment_rows import excerpt
from tui.drawing.fields import level_mark
from tui.drawing.whatif_table import (
    Look,
    Side,
    comparison_lines,
    finding_lines,
    probing_lines,
    setting_lines,
)
from tui.lines import Line, Role, line, wrap_pieces
from tui.trial import Draft


def draft_lines(draft: Draft, before: Side, look: Look, *, edited: str = "") -> Iterator[Line]:
    """Everything that is known of a draft; ``edited`` is the variable that is being typed."""
    if draft.comparison is None or draft.after is None:
        yield from wrap_pieces((" ",), look.text(draft.problem), look.width - 1, Role.WARN)
        return
    if edited:
        yield from value_lines(draft.after, edited, draft.findings, look)
    else:
        yield from setting_lines(draft.comparison.settings, look)
    if draft.refusal:
        head = (" ", (look.symbols.warn, Role.WARN), " ")
        yield from wrap_pieces(head, look.text(draft.refusal), look.width - 1, Role.WARN)
    else:
        yield from probing_lines(draft.probing, draft.comparison, look)
    yield Line()
    after = Side("what if", missing="never asked here") if draft.refusal else _side(draft.probing, before)
    if draft.comparison.is_same:
        after = Side("what if", before.trace, before.missing)
    yield from comparison_lines(draft.comparison, before, after, look)
    yield from finding_lines(draft.comparison, look, but=edited)


def _side(probing: Probing | None, before: Side) -> Side:
    """What is known of the new settings before anybody is asked."""
    if probing is None or probing or probing.outcome is None:
        asks = probing is None or bool(probing)
        missing = "not asked yet: Enter asks" if asks else "not known yet: Enter shows it, nobody is asked"
        return Side("what if", missing=missing)
    words, finished = probing.outcome_words, None if before.trace is None else before.trace.finished
    match probing.outcome:
        case Outcome.OK:
            version = "" if finished is None or finished.version is None else f" {finished.version}"
            said = f"go would download{version or ' it'}"
        case Outcome.FAILS:
            said = f"go would fail: {words}" if words else "go would fail, by answers that are known"
        case _:
            said = f"could not tell: {words}" if words else "could not tell, as before"
    return Side("what if", predicted=(probing.outcome, said))


def value_lines(
    environment: Environment, name: str, findings: tuple[Finding, ...], look: Look
) -> Iterator[Line]:
    """The findings about a value, with carets under the characters concerned."""
    setting = environment.setting(name)
    own = [finding for finding in findings if finding.variable == name]
    if any(finding.position is not None for finding in own):
        # The same place as in the line above it, which begins in the second cell.
        text, carets = excerpt(setting, own, look.width - 2, look.symbols)
        gravest = min((finding.level for finding in own), key=list(Level)[::-1].index)
        yield line(" ", text)
        yield line(" ", (carets, level_mark(gravest, look.symbols)[1]))
    for finding in own:
        symbol, role = level_mark(finding.level, look.symbols)
        yield from wrap_pieces((" ", (symbol, role), " "), look.text(finding.message), look.width - 1, role)
