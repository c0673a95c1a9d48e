"""What a report says of values that are not those of the machine, and of what really stands there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probes.golang.environment import Source
from probes.share.report_blocks import Block, flowing, text_block
from probes.share.tried import Tried, marks, really_set, set_for_the_run, tried
from probes.trace.events import SettingView, TraceStarted


def what_if_json(started: TraceStarted | None) -> list[dict[str, Any]]:
    """The what-if values of a trace, each with what it stood for."""
    return [
        {"name": one.name, "value": one.value, "real": one.real.value, "real_source": one.real.source}
        for one in tried(started)
    ]


def what_if_lines(started: TraceStarted | None) -> Iterator[str]:
    """The first lines of what is told of a trace with what-if values; nothing for any other."""
    found = tried(started)
    if not found:
        return
    yield from flowing(str(marks(started)[0]))
    for one in found:
        yield from _value(one)
    yield ""


def tried_blocks(started: TraceStarted | None) -> Iterator[Block]:
    """What stands below the output of `go env`: the values that are not in it and counted all the same."""
    lines = [line for one in tried(started) for line in _value(one)]
    if lines:
        head = "What if, not real: this trace was made with other values than those above."
        yield from text_block([*flowing(head), *lines])
    lines = [
        line
        for view in set_for_the_run(started)
        for line in flowing(view.value or '""', head=f"  {view.name}=", indent="    ")
    ]
    if lines:
        head = "Set with --set, for this run only; what go env says of it was not recorded."
        yield from text_block([*flowing(head), *lines])


def _value(one: Tried) -> Iterator[str]:
    words = "as if the process did not set it" if one.value is None else one.value or '""'
    yield from flowing(words, head=f"  {one.name}, what if: ", indent="    ")
    yield from flowing(_really(one.real), head=f"  {one.name}, really:  ", indent="    ")


def _really(view: SettingView) -> str:
    where = "from --set, for this run" if view.source == Source.OVERLAY else view.source
    return f"{view.value or 'not set'} ({where})"


def really(started: TraceStarted | None, views: tuple[SettingView, ...]) -> Iterator[SettingView]:
    """The settings as `go env` says them: the real values, and nothing that is only known from --set."""
    for view in really_set(started, views):
        if view.source != Source.OVERLAY:
            yield view
