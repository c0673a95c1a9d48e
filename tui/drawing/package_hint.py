"""Whether a path that nobody knows as a module may be a package inside of one."""

from __future__ import annotations

from probes.browse.related import may_be_package
from probes.golang.protocol import Op
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from tui.lines import Line, Role, fit, line
from tui.symbols import Symbols

HINT = "Is it a package inside of a module? O looks at all prefixes of the path, as go get does."
_SHORT = "a package, no module? O asks all prefixes, as go get does"


def is_no_module(trace: Trace) -> bool:
    """Whether the trace has ended without a version, all who were asked said "not found", and a prefix of the
    path could be a module."""
    started, finished = trace.started, trace.finished
    if started is None or finished is None or finished.outcome not in (Outcome.FAILS, Outcome.UNKNOWN):
        return False
    asked = [one.finished for one in trace.requests.values() if one.started.op is not Op.SUM]
    missing = [one is not None and one.status in (404, 410) for one in asked]
    return bool(missing) and all(missing) and may_be_package(started.path)


def package_hint(trace: Trace, width: int, symbols: Symbols) -> list[Line]:
    """The line for the verdict, or none."""
    if not is_no_module(trace):
        return []
    return [fit(line("  ", (symbols.warn, Role.WARN), f" {_SHORT}"), width, cut=symbols.cut)]
