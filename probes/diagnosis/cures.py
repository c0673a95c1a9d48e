"""What to put into a remedy's gaps, and where the line has to be typed to count.

A catalogue line such as ``go env -w GOPROXY={piped}`` is right for most people and wrong for the one whose
shell exports GOPROXY: the process variable would go on winning. So each line that sets a variable is written
for the layer that the variable comes from now. A value that would show a secret is never written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from probes.diagnosis.catalogue import Diagnosis, Remedy, Rule, Scope, Shell
from probes.diagnosis.error_facts import private_pattern
from probes.diagnosis.symptoms import Symptom
from probes.golang.environment import Source
from probes.golang.goproxy import HopKind
from probes.golang.redact import MASK
from probes.trace.events import SettingView
from probes.trace.fold import Trace
from probes.trace.route import HopView

PUBLIC_MIRRORS = ("https://goproxy.cn", "https://proxy.golang.org", "https://goproxy.io")
"""What to try where the list holds no other proxy."""


def case_facts(trace: Trace, symptom: Symptom) -> dict[str, str]:
    """The facts of one symptom, for the gaps of causes and remedies; all are safe to show."""
    started = trace.started
    assert started is not None
    facts = {
        "module": started.path,
        "host": symptom.host or (symptom.hop.name if symptom.hop is not None else ""),
        "name": symptom.host.rpartition(":")[0].strip("[]") or symptom.host,
        "place": symptom.place,
        "url": symptom.url,
        "status": _status_words(symptom),
        "private": private_pattern(started.path),
        "proxy": _http_proxy(trace, symptom),
        "proxies": _without(trace, symptom.hop),
        "piped": _piped(trace, symptom.hop),
        "other": _other(trace, symptom.hop),
    }
    version = trace.chosen.version if trace.chosen is not None else started.query
    if version and version != "latest":
        facts["version"] = version
    return {name: value for name, value in facts.items() if value}


def _status_words(symptom: Symptom) -> str:
    finished = None if symptom.request is None else symptom.request.finished
    return "" if finished is None else finished.reason or str(finished.status or "")


def _http_proxy(trace: Trace, symptom: Symptom) -> str:
    settings = _settings(trace)
    name = "HTTP_PROXY" if symptom.url.startswith("http://") else "HTTPS_PROXY"
    value = settings[name].value if name in settings else ""
    return value.partition("://")[2].rpartition("@")[2].strip("/") or value.rpartition("@")[2]


def _settings(trace: Trace) -> Mapping[str, SettingView]:
    views = () if trace.started is None else trace.started.settings
    return {view.name: view for view in views}


# -- the GOPROXY list, changed ------------------------------------------------------------------------------


def _hops(trace: Trace) -> tuple[HopView, ...]:
    return () if trace.route is None else trace.route.hops


def _without(trace: Trace, hop: HopView | None) -> str:
    """The list without one entry; where that leaves no proxy, the public mirrors before the rest."""
    kept = [other for other in _hops(trace) if hop is None or other.id != hop.id]
    kept = [other for other in kept if other.kind is not HopKind.NOPROXY]
    if any(other.kind is HopKind.PROXY for other in kept):
        return _written(kept)
    mine = hop.spec.rstrip("/") if hop is not None else ""
    mirrors = [mirror for mirror in PUBLIC_MIRRORS if mirror != mine][:2]
    last = kept[-1].spec if kept else "direct"
    return "|".join([*mirrors, last])


def _piped(trace: Trace, hop: HopView | None) -> str:
    """The list with "|" behind one entry."""
    hops = [other for other in _hops(trace) if other.kind is not HopKind.NOPROXY]
    if hop is None or not hops:
        return ""
    if hops[-1].id == hop.id:
        return _written(hops) + "|direct" if hop.kind is HopKind.PROXY else ""
    return _written([replace(other, separator="|") if other.id == hop.id else other for other in hops])  # type: ignore[arg-type]


def _written(hops: Iterable[HopView]) -> str:
    """A GOPROXY value of these entries; the separator behind the last one is left out."""
    text = "".join(f"{hop.spec}{hop.separator or ','}" for hop in hops)
    return text[:-1]


def _other(trace: Trace, hop: HopView | None) -> str:
    """Another proxy: one of the list, else a public one."""
    others = [h.spec for h in _hops(trace) if h.kind is HopKind.PROXY and (hop is None or h.id != hop.id)]
    public = [mirror for mirror in PUBLIC_MIRRORS if hop is None or mirror != hop.spec.rstrip("/")]
    return (others or public)[0]


# -- the line, for the layer that counts --------------------------------------------------------------------

_WRITES = re.compile(r"go env -w (?P<name>\w+)=(?P<value>.*)")
_FORGETS = re.compile(r"go env -u (?P<name>\w+)")


def for_this_machine(trace: Trace, rule: Rule) -> Rule:
    """The rule with remedies that have an effect here; their gaps are still open."""
    return replace(rule, remedies=tuple(_for_layer(trace, remedy) for remedy in rule.remedies))


def without_masks(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis with words for a remedy that would show, or lose, a secret; no remedy twice."""
    remedies = (_without_mask(remedy) for remedy in diagnosis.remedies)
    return replace(diagnosis, remedies=tuple(_distinct(remedies)))


def _distinct(remedies: Iterable[Remedy]) -> Iterator[Remedy]:
    told: set[tuple[str, ...]] = set()
    for remedy in remedies:
        if remedy.lines not in told:
            told.add(remedy.lines)
            yield remedy


def _for_layer(trace: Trace, remedy: Remedy) -> Remedy:
    if remedy.shell not in (Shell.POSIX, Shell.ANY):
        return remedy
    lines = tuple(_line_for_layer(trace, line) for line in remedy.lines)
    if lines == remedy.lines:
        return remedy
    return replace(remedy, lines=lines, shell=Shell.POSIX, scope=Scope.SHELL)


def _line_for_layer(trace: Trace, line: str) -> str:
    match = _WRITES.fullmatch(line) or _FORGETS.fullmatch(line)
    if match is None or not _needs_shell(trace, match["name"]):
        return line
    if match.re is _FORGETS:
        return f"unset {match['name']}"
    return f"export {match['name']}={match['value']}"


def _needs_shell(trace: Trace, name: str) -> bool:
    """Whether what `go env -w` writes would not count: a process variable wins, or no file is read."""
    settings = _settings(trace)
    setting = settings.get(name)
    if setting is not None and setting.source in (Source.PROCESS, Source.OVERLAY):
        return True
    goenv = settings.get("GOENV")
    no_go = trace.started is not None and trace.started.go_version is None
    return no_go or (goenv is not None and goenv.value == "off")


def _without_mask(remedy: Remedy) -> Remedy:
    if not any(MASK in line for line in remedy.lines):
        return remedy
    is_pipe = remedy.id.startswith("pipe")
    change = "put | behind the entry that failed" if is_pipe else "take out the entry that failed"
    words = f"edit GOPROXY by hand, since it holds a password: {change}"
    return replace(remedy, lines=(words,), shell=Shell.WORDS)
