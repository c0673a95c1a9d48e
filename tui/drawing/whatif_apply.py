"""What writing settings would do: the difference in the file, what still wins over it, what go refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from probes.diagnosis.findings import Finding, Level
from probes.settings.env_apply import Applied
from probes.settings.env_write import DiffLine, EnvChange
from tui.drawing.fields import level_mark
from tui.drawing.whatif_table import Look
from tui.lines import Line, Role, line, wrap_pieces


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What would be written, or why nothing is."""

    change: EnvChange | None
    """None where go refuses, or would write what it does not read."""
    refusal: tuple[str, ...] = ()
    """go's words, or ours about a file that go does not read."""
    still_wins: tuple[str, ...] = ()
    """What beats the file all the same, in whole sentences."""
    shell_lines: tuple[str, ...] = ()
    """What to type so that the file counts, or in its place."""
    gained: tuple[Finding, ...] = ()
    """What the lint says once it is written."""
    why_not: str = ""
    """Why it is only shown, and never written here."""

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return self.change is not None and self.change.is_needed


def write_lines(plan: WritePlan, look: Look) -> Iterator[Line]:
    """Everything there is to know before writing."""
    if plan.why_not:
        yield from wrap_pieces((" ", (look.symbols.warn, Role.WARN), " "), plan.why_not, look.width - 1)
        yield Line()
    for words in plan.refusal:
        yield from wrap_pieces((" ", (look.symbols.fail, Role.FAIL), " "), look.text(words), look.width - 1)
    if plan.change is not None:
        yield from _file(plan.change, look, is_written=not plan.why_not)
    if plan.still_wins:
        yield Line()
    for words in plan.still_wins:
        head = (" ", (look.symbols.warn, Role.WARN), (" still wins: ", Role.WARN))
        yield from wrap_pieces(head, look.text(words), look.width - 1)
    if plan.shell_lines:
        words = "to make the file count, type:" if plan.change is not None else "type this instead:"
        yield line("   ", (words, Role.FAINT))
    for text in plan.shell_lines:
        yield line("     ", (look.text(text), Role.NAME))
    for finding in plan.gained:
        if finding.level is not Level.INFO:
            symbol, role = level_mark(finding.level, look.symbols)
            about = f"{finding.variable}: " if finding.variable else ""
            text = look.text(about + finding.message)
            yield from wrap_pieces((" ", (symbol, role), " "), text, look.width - 1, role)


def _file(change: EnvChange, look: Look, *, is_written: bool) -> Iterator[Line]:
    if not change.is_needed:
        words = f"{change.path} says so already: there is nothing to write"
        yield from wrap_pieces((" ", (look.symbols.ok, Role.OK), " "), look.text(words), look.width - 1)
        return
    new = "" if change.before is not None else "  (a new file)"
    yield from wrap_pieces((" ",), look.text(change.path) + new, look.width - 1, Role.STRONG)
    yield from diff_lines(change.diff, look)
    for words in change.warnings:
        yield from wrap_pieces((" ", ("go says: ", Role.FAINT)), look.text(words), look.width - 1, Role.WARN)
    after = "; the old file is kept, u takes it back" if is_written else ""
    yield line(" ", (f"the same bytes as go env -w leaves{after}", Role.FAINT))


def undo_lines(applied: Applied, diff: Iterable[DiffLine], look: Look) -> Iterator[Line]:
    """What taking a change back does."""
    gone = "" if applied.existed else "  (it was not there before, and goes away)"
    yield from wrap_pieces((" ",), look.text(applied.path) + gone, look.width - 1, Role.STRONG)
    yield from diff_lines(diff, look)


def diff_lines(diff: Iterable[DiffLine], look: Look) -> Iterator[Line]:
    """A difference; the signs say what the colours say."""
    roles = {"+": Role.OK, "-": Role.FAIL}
    for one in diff:
        role = roles.get(one.sign, Role.FAINT)
        yield from wrap_pieces((f"   {one.sign} ",), look.text(one.text), look.width - 1, role)
