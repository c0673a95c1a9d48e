"""What to put into a remedy's gaps, and where the line has to be typed to count.

A catalogue line such as ``go env -w GOPROXY={piped}`` is right for most people and wrong for the one whose
shell exports GOPROXY: the process variable would go on winning. So each line that sets a variable is written
for the layer that the variable comes from now. A value that would show a secret is never written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from probes.diagnosis.catalogue import Diagnosis, Remedy, Rule, Scope, Shell
from probes.diagnosis.error_facts import private_pattern
from probes.diagnosis.symptoms import Symptom, failed_hops
from probes.golang.environment import Source
from probes.golang.goproxy import HopKind, Separator
from probes.golang.redact import MASK
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
        "host": symptom.host or _hop_host(trace, symptom),
        "name": symptom.host.rpartition(":")[0].strip("[]") or symptom.host,
        "place": symptom.place,
        "url": symptom.url,
        "status": _status_words(symptom),
        "private": private_pattern(started.path),
        "proxy": _http_proxy(trace, symptom),
        "proxies": _without(trace, symptom.hop),
        "piped": _piped(trace, symptom.hop),
        "other": _other(trace, symptom.hop),
        "as_http": _respelt(trace, symptom.hop, "http"),
        "as_https": _respelt(trace, symptom.hop, "https"),
        "database": "" if trace.route is None else trace.route.checksum,
    }
    version = trace.chosen.version if trace.chosen is not None else started.query
    if version and version != "latest":
        facts["version"] = version
    return {name: value for name, value in facts.items() if value}


def _hop_host(trace: Trace, symptom: Symptom) -> str:
    """The server of an entry; of direct the one that the path begins with."""
    if symptom.hop is None:
        return ""
    assert trace.started is not None
    return trace.started.path.partition("/")[0] if symptom.is_direct else symptom.hop.name


def _status_words(symptom: Symptom) -> str:
    finished = None if symptom.request is None else symptom.request.finished
    return "" if finished is None else finished.reason or str(finished.status or "")


def _http_proxy(trace: Trace, symptom: Symptom) -> str:
    settings = trace.settings
    name = "HTTP_PROXY" if symptom.url.startswith("http://") else "HTTPS_PROXY"
    value = settings[name].value if name in settings else ""
    return value.partition("://")[2].rpartition("@")[2].strip("/") or value.rpartition("@")[2]


# -- the GOPROXY list, changed ------------------------------------------------------------------------------


def _hops(trace: Trace) -> tuple[HopView, ...]:
    return () if trace.route is None else trace.route.hops


def _working(trace: Trace, hop: HopView | None) -> list[HopView]:
    """The entries that have not failed, this one left out, nor any that is spelt like one that has."""
    failing = failed_hops(trace) | ({hop.id} if hop is not None else set())
    specs = {other.spec for other in _hops(trace) if other.id in failing}
    return [one for one in _hops(trace) if one.kind is not HopKind.NOPROXY and one.spec not in specs]


def _without(trace: Trace, hop: HopView | None) -> str:
    """The list without the entries that fail; where no proxy is left, public mirrors before the rest."""
    kept = _working(trace, hop)
    if any(other.kind is HopKind.PROXY for other in kept):
        return _written(kept)
    failed = {other.spec.rstrip("/") for other in _hops(trace) if other not in kept}
    mirrors = [mirror for mirror in PUBLIC_MIRRORS if mirror not in failed][:2]
    last = kept[-1].spec if kept else "direct"
    return "|".join([*mirrors, last])


def has_other_proxy(trace: Trace, hop: HopView | None) -> bool:
    """Whether the list holds a proxy that has not failed."""
    return any(other.kind is HopKind.PROXY for other in _working(trace, hop))


def _piped(trace: Trace, hop: HopView | None) -> str:
    """The list with "|" behind an entry, wherever it stands."""
    hops = [other for other in _hops(trace) if other.kind is not HopKind.NOPROXY]
    if hop is None or not hops:
        return ""
    if hops[-1].id == hop.id:
        return _written(hops) + "|direct" if hop.kind is HopKind.PROXY else ""
    return _written([replace(one, separator=Separator.PIPE) if one.spec == hop.spec else one for one in hops])


def _respelt(trace: Trace, hop: HopView | None, scheme: str) -> str:
    """The list with another scheme in front of one entry."""
    hops = [other for other in _hops(trace) if other.kind is not HopKind.NOPROXY]
    if hop is None or hop.kind is not HopKind.PROXY:
        return ""
    rest = hop.spec.partition("://")[2] or hop.spec
    return _written([replace(one, spec=f"{scheme}://{rest}") if one.id == hop.id else one for one in hops])


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


def for_this_machine(trace: Trace, rule: Rule, symptom: Symptom) -> Rule:
    """The rule with remedies that have an effect here; their gaps are still open."""
    remedies = [_for_layer(trace, remedy) for remedy in rule.remedies]
    if symptom.url.startswith("http://"):
        remedies = [_for_plain_http(remedy) for remedy in remedies]
    return replace(rule, remedies=tuple(remedies))


def _for_plain_http(remedy: Remedy) -> Remedy:
    """go reads HTTP_PROXY for http URLs; a line that unsets both stays."""
    lines = tuple(
        line if line.startswith("unset ") else line.replace("HTTPS_PROXY=", "HTTP_PROXY=")
        for line in remedy.lines
    )
    return replace(remedy, lines=lines)


def worth_typing(trace: Trace, diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis without remedies that change nothing, without masks, and with none twice."""
    remedies = [
        _without_mask(remedy)
        for remedy in diagnosis.remedies
        if not (_is_set_already(trace, remedy) or _has_just_failed(trace, remedy))
    ]
    # What only looks is not first where something else mends: the list that failed would fail again.
    if len(remedies) > 1 and remedies[0].id == "versions" and _asked_for_latest(trace):
        remedies.sort(key=lambda remedy: remedy.id != "elsewhere")
    return replace(diagnosis, remedies=tuple(_distinct(remedies)))


def _asked_for_latest(trace: Trace) -> bool:
    return trace.started is not None and trace.started.query == "latest"


def _has_just_failed(trace: Trace, remedy: Remedy) -> bool:
    """Whether it asks once more for the very thing that was traced."""
    started = trace.started
    return started is not None and remedy.lines == (f"go get {started.path}@{started.query}",)


_SETS = re.compile(r"(?:export|go env -w|set -gx) ['\"]?(?P<name>\w+)[= ](?P<value>.*)")


def _is_set_already(trace: Trace, remedy: Remedy) -> bool:
    """Whether every line gives a variable the value that it has."""
    settings = trace.settings
    for line in remedy.lines:
        match = _SETS.fullmatch(line)
        setting = None if match is None else settings.get(match["name"])
        if match is None or setting is None or match["value"].strip("'\"") != setting.value:
            return False
    return True


def _distinct(remedies: Iterable[Remedy]) -> Iterator[Remedy]:
    told: set[tuple[str, ...]] = set()
    for remedy in remedies:
        if remedy.lines not in told:
            told.add(remedy.lines)
            yield remedy


def _for_layer(trace: Trace, remedy: Remedy) -> Remedy:
    if remedy.shell not in (Shell.POSIX, Shell.ANY):
        return remedy
    lines = tuple(dict.fromkeys(_line_for_layer(trace, line) for line in remedy.lines))
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
    settings = trace.settings
    setting = settings.get(name)
    if setting is not None and setting.source in (Source.PROCESS, Source.OVERLAY):
        return True
    goenv = settings.get("GOENV")
    no_go = trace.started is not None and trace.started.go_version is None
    return no_go or (goenv is not None and goenv.value == "off")


_BY_HAND = {
    "pipe": "put | behind the entry that failed", "pipe-here": "put | behind the entry that failed",
    "https": "write https:// in front of that entry", "http-scheme": "write http:// in front of that entry",
}  # fmt: skip


def _without_mask(remedy: Remedy) -> Remedy:
    if not any(MASK in line for line in remedy.lines):
        return remedy
    change = _BY_HAND.get(remedy.id, "take out the entry that failed")
    words = f"edit GOPROXY by hand, since it holds a password: {change}"
    return replace(remedy, lines=(words,), shell=Shell.WORDS)
