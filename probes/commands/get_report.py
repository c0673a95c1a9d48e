"""The search of `go get` in plain text: both verdicts first, then one line a module path."""

from __future__ import annotations

from collections.abc import Iterator

from probes.commands.plain import report
from probes.golang.safetext import safe_text
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from probes.trace.got import NEW_PROJECT, GetSearch


def both(trace: Trace) -> str:
    """What `go get` does, beside what `go mod download` does with the same words; ends in a newline."""
    lines = [*_verdicts(trace), "", *_paths(trace.get), "", "As `go mod download` would fetch it:", ""]
    return "\n".join(safe_text(line, limit=2000).rstrip() for line in lines) + "\n" + report(trace)


def download_verdict(trace: Trace) -> str:
    """What `go mod download` would do, in one line."""
    finished = trace.finished
    if finished is None or finished.outcome is Outcome.CANCELLED:
        return "go mod download: stopped before the end"
    match finished.outcome:
        case Outcome.OK:
            return f"go mod download: ok, {finished.version}"
        case Outcome.FAILS:
            return "go mod download: would fail"
        case _:
            return f"go mod download: could not tell: {finished.detail}"


def _verdicts(trace: Trace) -> Iterator[str]:
    get = trace.get
    yield get.started.argument if get.started else ""
    yield f"  {get.verdict()}"
    finished = get.finished
    if finished is not None:
        printed = [finished.error, *finished.warnings]
        for line in "\n".join(filter(None, printed)).split("\n"):
            if line:
                yield "    " + line.replace("\t", "    ")
        if finished.outcome is Outcome.OK and finished.module and finished.detail:
            yield f"    {finished.detail}"
        if finished.rule:
            yield f"    rule: {finished.rule}"
    if trace.started is not None and trace.started.project:
        yield f"    {NEW_PROJECT}"
    yield f"  {download_verdict(trace)}"


def _paths(get: GetSearch) -> Iterator[str]:
    if not get.rows:
        yield "No module path was asked for."
        return
    yield "Module paths that go get asks for, all at once, the longest first:"
    width = max(len(prefix) for prefix in get.rows)
    words = max(len(row.words) for row in get.rows.values())
    for row in get.rows.values():
        private = "private  " if row.is_private else ""
        yield f"  {row.prefix:<{width}}  {row.words or 'not asked':<{words}}  {private}{row.answers}"
        if row.why:
            yield f"  {'':<{width}}  {row.why}"
    for one in get.ranked:
        yield f"at {one.name}: {one.verdict}, {one.because}"
