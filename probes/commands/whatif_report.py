"""The report of `modtrace whatif`: now on the left, what if on the right, in at most 80 columns.

A cell that is too long is continued below itself, so that nothing is cut off. "+" stands before what is new,
"-" before what goes, "~" before what is changed or moved; the words say the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from probes.commands.setting_options import WIDTH, about_preset, wrapped
from probes.golang.goproxy import Access, HopKind
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.settings.whatif import Comparison, HopChange, HopFate, Learner, Role, change_words
from probes.trace.events import Outcome

if TYPE_CHECKING:
    from probes.golang.goproxy import Hop
    from probes.settings.lines import Snippet
    from probes.settings.presets import Preset
    from probes.trace.fold import Trace
    from probes.trace.route import Route

_CELL = (WIDTH - 3) // 2
"""Two cells and what parts them."""


def report(
    comparison: Comparison, traces: Sequence[Trace], preset: Preset | None, snippet: Snippet | None
) -> str:
    """The whole report, ending in a line feed."""
    lines = [*wrapped("", f"{comparison.path}@{comparison.query}, with settings that are not real:")]
    if preset is not None:
        lines += about_preset(preset)
    lines += ["", *_settings(comparison), *_routes(comparison, traces), *_privacy(comparison)]
    lines += [*_findings(comparison), *_snippet(snippet)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _settings(comparison: Comparison) -> Iterator[str]:
    if not comparison.settings:
        yield "No setting that modtrace knows is changed by this."
    for change in comparison.settings:
        unreal = "unreal" if change.source_after == "overlay" else change.source_after
        yield change.name
        yield from wrapped("  now      ", f"{change.before or '(empty)'}  [{change.source_before}]")
        yield from wrapped("  what if  ", f"{change.after or '(empty)'}  [{unreal}]")


# -- side by side -------------------------------------------------------------------------------------------


def _routes(comparison: Comparison, traces: Sequence[Trace]) -> Iterator[str]:
    before, after = (traces[0], traces[1]) if len(traces) == 2 else (None, None)
    yield ""
    yield from _beside("now", "what if")
    yield from _beside("-" * _CELL, "-" * _CELL)
    for row in comparison.hops:
        if HopKind.NOPROXY in {hop.kind for hop in (row.before, row.after) if hop is not None}:
            continue
        left = _hop("-" if row.fate is HopFate.REMOVED else " ", row.before, row.access_before, before)
        right = _hop(_mark(row), row.after, row.access_after, after)
        yield from _beside(left, right)
        for words in change_words(row, moved="moved", edge="{} now"):
            yield from _beside("", f"    {words}")
    for facts in zip(_about(comparison.before), _about(comparison.after), strict=True):
        if any(facts):
            yield from _beside(*facts)
    if before is not None and after is not None:
        yield from _beside(_verdict(before), _verdict(after))


def _hop(mark: str, hop: Hop | None, access: Access | None, trace: Trace | None) -> str:
    if hop is None or access is None:
        return ""
    text = f"{mark} {hop.index} {hop.name} {hop.separator.value}"
    if trace is None:
        return text + _ACCESS.get(access, "")
    from probes.commands.plain import hop_summary

    views = {} if trace.route is None else {view.id: view for view in trace.route.hops}
    return f"{text}  {hop_summary(trace, views[hop.id])}" if hop.id in views else text


_ACCESS = {
    Access.PRIVATE: "  not asked: the path is private",
    Access.OFF: "  nothing after this",
}


def _mark(row: HopChange) -> str:
    if row.fate is HopFate.ADDED:
        return "+"
    return " " if row.is_same else "~"


def _about(route: Route) -> Iterator[str]:
    """The same questions for both routes; "" where there is nothing to say."""
    yield f"  list     cannot be used: {redact(str(route.error))}" if route.error else ""
    yield "  private  " + (f"yes, by {route.private.pattern}" if route.private else "no")
    yield f"  sums     {_SUMS.get(route.checksum, route.checksum)}"
    dead = ", ".join(route.proxies.dead)
    yield f"  dead     {dead}, behind the end of the list" if dead else ""


_SUMS = {"off": "verified by nobody", "private": "verified by nobody: private"}


def _verdict(trace: Trace) -> str:
    finished = trace.finished
    if finished is None or finished.outcome is Outcome.CANCELLED:
        return "  verdict  stopped before the end"
    if finished.outcome is Outcome.OK:
        return f"  verdict  ok, {finished.version}"
    if finished.outcome is Outcome.UNKNOWN:
        return f"  verdict  could not tell: {finished.detail}"
    return f"  verdict  go would fail: {finished.error or ''}"


def _beside(left: str, right: str) -> Iterator[str]:
    lefts, rights = _cell(left), _cell(right)
    for index in range(max(len(lefts), len(rights))):
        first = lefts[index] if index < len(lefts) else ""
        second = rights[index] if index < len(rights) else ""
        yield f"{first:<{_CELL}} : {second}"


def _cell(text: str) -> list[str]:
    """A text in lines of a cell, those below the first one indented."""
    text = safe_text(text.replace("\n", " ").replace("\t", " "), limit=1000)
    if len(text) <= _CELL:
        return [text]
    indent = " " * 11 if text.startswith("  ") and text[2:3].isalpha() else "    "
    lead = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.lstrip(), _CELL, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False
    )


# -- below --------------------------------------------------------------------------------------------------


def _privacy(comparison: Comparison) -> Iterator[str]:
    groups = (
        ("would newly learn", comparison.newly_learns),
        ("no longer learns", comparison.no_longer_learns),
    )
    for words, group in groups:
        if group:
            yield ""
            yield from wrapped("", f"Who {words} the path {comparison.path}:")
            yield from _learners(group)


def _learners(group: Iterable[Learner]) -> Iterator[str]:
    for learner in group:
        sure = "" if learner.surely else ", if it comes to it"
        known = "" if learner.role is not Role.ORIGIN else " (asked with git or https)"
        yield from wrapped("  ", f"{learner.host}: {learner.role}{known}{sure}")


def _findings(comparison: Comparison) -> Iterator[str]:
    for words, findings in (("new", comparison.gained), ("gone", comparison.lost)):
        if findings:
            yield ""
        for finding in findings:
            where = f"{finding.variable}: " if finding.variable else ""
            yield from wrapped(f"{words} {finding.level}  ", f"{where}{finding.message}")


def _snippet(snippet: Snippet | None) -> Iterator[str]:
    if snippet is None:
        return
    yield ""
    yield f"# {snippet.title}"
    # As they are: a broken line would not be the same line.
    yield from snippet.lines
    for words in (*snippet.notes, *snippet.problems):
        yield from wrapped("# ", words)
