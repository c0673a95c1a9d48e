"""A toolchain that go wanted and could not have: what go's few words hide, and what to do about it.

Source: cmd/go/internal/toolchain/select.go Exec prints "toolchain not available" for every answer of the
class "not found": GOPROXY=off, a proxy without toolchains, a release that does not exist. The turning of the
trace knows which entry said what.
"""

from __future__ import annotations

from probes.trace.events import Bend, Outcome, Turning, TurningTaken
from probes.trace.fold import Trace

EXEC = "cmd/go/internal/toolchain/select.go Exec"
_NOT_AVAILABLE = "toolchain not available"
_LANGUAGE = "is a language version but not a toolchain version"
_NOT_IN_PATH = "cannot find "


def wanted_toolchain(trace: Trace) -> tuple[str, tuple[str, ...]] | None:
    """The cause in a sentence and the names of remedies of R06; None where it was another failure."""
    stop = _stop(trace)
    if stop is None or stop.error is None:
        return None
    asked = _asked(trace)
    if _LANGUAGE in stop.error:
        cause = f"{stop.version} is the name of a language, and the first release is {stop.version}.0{asked}."
        return cause, ("toolchain-patch", *_local(trace))
    if stop.error.removeprefix("go: ").startswith(_NOT_IN_PATH):
        cause = f"{stop.version} is wanted{asked}, and GOTOOLCHAIN lets go look in PATH only."
        return cause, ("toolchain-in-path", "toolchain", *_local(trace))
    if not stop.error.endswith(_NOT_AVAILABLE):
        return None
    cause = f"{stop.version} is wanted{asked}, and go hides who does not have it: {stop.because}."
    if _kept_from_proxies(trace) is not None:
        return cause, ("toolchain-not-private", "toolchain-in-path", *_local(trace))
    if "answered" not in stop.because and "off asks nobody" in stop.because:
        return cause, ("goproxy", "toolchain-in-path", *_local(trace))
    return cause, ("toolchain-in-path", *_local(trace), "real-release", "newer-go")


def private_toolchain(trace: Trace) -> tuple[str, tuple[str, ...]] | None:
    """The same for one that every proxy is kept from, where what becomes of it is not told."""
    if trace.finished is None or trace.finished.outcome is not Outcome.UNKNOWN:
        return None
    kept = _kept_from_proxies(trace)
    if kept is None:
        return None
    cause = f"{kept.version} is wanted{_asked(trace)}, and {kept.because}; go goes to golang.org itself."
    return cause, ("toolchain-not-private", "toolchain-in-path", *_local(trace))


def _kept_from_proxies(trace: Trace) -> TurningTaken | None:
    """The turning by which no proxy may be asked for toolchains."""
    turned = (one for one in trace.turnings if one.turning is Turning.TOOLCHAIN)
    return next((one for one in turned if one.because.startswith("GONOPROXY=")), None)


def _stop(trace: Trace) -> TurningTaken | None:
    """The turning at which go stopped; None where it went on, or stopped for something else."""
    finished = trace.finished
    if finished is None or finished.outcome is not Outcome.FAILS:
        return None
    stops = [one for one in trace.turnings if one.bend is Bend.STOPS]
    if not stops or stops[-1].turning is not Turning.TOOLCHAIN or stops[-1].rule != EXEC:
        return None
    return stops[-1]


def _local(trace: Trace) -> tuple[str, ...]:
    """The remedy that keeps to the installed go; none where a go line asks for a newer one.

    With GOTOOLCHAIN=local go stops at such a line: "go.mod requires go >= 1.28.1".
    """
    turned = [one for one in trace.turnings if one.turning is Turning.TOOLCHAIN and one.bend is Bend.LEADS]
    words = [one.because for one in turned]
    needs_newer = any(one.startswith("the line `go ") or " requires go >= " in one for one in words)
    return () if needs_newer else ("local-toolchain",)


def _asked(trace: Trace) -> str:
    """Who wants it, in brackets."""
    for one in trace.turnings:
        if one.turning is Turning.TOOLCHAIN and one.bend is Bend.LEADS:
            where = f", {one.where}" if ":" in one.where else ""
            return f" ({one.because.removesuffix(f' asks for another go than {one.version}')}{where})"
    return ""
