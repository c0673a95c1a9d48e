"""The doctor: what broke in a trace, how that is known, and what to type. Pure.

The verdict is go's and stays go's; a diagnosis says what is behind it. One failure has one diagnosis of level
error, the first in the list. What else was seen (an entry that is passed over each time, a list that stops, a
dead address family) is of level warning: it costs, and it is not why go fails.

What is known of a failure, in the order in which it is believed: a setting that lint finds wrong; a rung that
broke when it was climbed by itself; the status of the answer; go's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from probes.diagnosis.case_evidence import broken_program, evidence_of, ruled_out
from probes.diagnosis.catalogue import Diagnosis, Remedy, Scope, Shell, Transience, rule
from probes.diagnosis.cures import case_facts, for_this_machine, has_other_proxy, worth_typing
from probes.diagnosis.error_facts import sentence
from probes.diagnosis.explain import explain
from probes.diagnosis.fault_rules import fault_rules
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.meaning import Meaning, of_fault
from probes.diagnosis.origin_meaning import origin_meaning, without_other_proxies
from probes.diagnosis.symptoms import Symptom, passed_symptoms, primary_symptom
from probes.diagnosis.wanted_toolchain import private_toolchain, wanted_toolchain
from probes.golang.goproxy import HopKind
from probes.ladder.faults import Fault, Judgement, Rung
from probes.net.limits import FOR_EVER
from probes.trace.climb_events import RungClimbed
from probes.trace.events import Bend, SettingView, Turning
from probes.trace.fold import Trace


@dataclass(frozen=True, slots=True)
class Case:
    """One diagnosis of one trace."""

    level: Level
    diagnosis: Diagnosis
    hop: int | None = None
    """The entry of GOPROXY that it is about: its id in the route."""
    request: int | None = None
    """The request that shows it."""
    rung: str | None = None
    """The rung that broke, where a ladder was climbed."""

    def to_json(self) -> dict[str, Any]:
        """The case as one JSON object."""
        return {
            "level": self.level.value,
            "hop": self.hop,
            "request": self.request,
            "rung": self.rung,
            **self.diagnosis.to_json(),
        }


def diagnose(trace: Trace, *, shell: Shell = Shell.POSIX) -> tuple[Case, ...]:
    """The diagnoses of a trace that has ended, the likeliest cause first; () where all is well."""
    if trace.started is None or trace.finished is None:
        return ()
    cases: list[Case] = []
    primary = primary_symptom(trace)
    if primary is not None:
        cases.append(_primary(trace, primary, shell))
        if cases[0].diagnosis.rule.id != "R01" and _list_stops(trace, primary):
            cases.append(_stopped_list(trace, primary, Level.WARNING, shell))
    elif found := private_toolchain(trace):
        meaning = Meaning(rule("R06"), *found, Transience.NO)
        cases.append(_case(trace, Symptom(None, None, None, (), ""), meaning, Level.WARNING, shell))
    cases += (_passed(trace, symptom, shell) for symptom in passed_symptoms(trace))
    cases += _rung_warnings(trace, shell)
    return tuple(_without_repeats(cases))


def _without_repeats(cases: list[Case]) -> Iterator[Case]:
    told: set[tuple[str, int | None]] = set()
    for case in cases:
        key = (case.diagnosis.rule.id, case.hop)
        if key not in told:
            told.add(key)
            yield case


# -- the one that go reports --------------------------------------------------------------------------------


def _primary(trace: Trace, symptom: Symptom, shell: Shell) -> Case:
    meaning = _of_toolchain(trace) or _by_lint(trace, symptom) or _meaning(trace, symptom)
    meaning = _of_the_cache(trace, _of_own_database(trace, meaning))
    return _case(trace, symptom, meaning, Level.ERROR, shell)


def _of_own_database(trace: Trace, meaning: Meaning) -> Meaning:
    """The public database is no way to one of your own: its key is asked for, or its own address."""
    is_public = trace.route is None or trace.route.checksum in PUBLIC_DATABASES
    if is_public or meaning.rule.id != "R04" or not {"alias", "default"} & set(meaning.remedies):
        return meaning
    is_key = "default" in meaning.remedies[:1]
    own = ("own-key", "own-way") if is_key else ("own-way",)
    kept = [name for name in meaning.remedies if name not in ("alias", "default", "serving-proxy")]
    return replace(meaning, remedies=(*kept, *own))


def _of_the_cache(trace: Trace, meaning: Meaning) -> Meaning:
    """A file that the module cache answered with: no proxy is at fault."""
    spared = any(one.turning is Turning.CACHE and one.bend is Bend.ANSWERS for one in trace.turnings)
    if not spared or meaning.rule.id not in ("R12", "R13"):
        return meaning
    rest = [name for name in meaning.remedies if name != "evict"]
    return replace(meaning, remedies=("evict", *rest))


def _of_toolchain(trace: Trace) -> Meaning | None:
    """Another go is wanted, and nobody has it: whatever the entries said, the module is not at fault."""
    found = wanted_toolchain(trace)
    return None if found is None else Meaning(rule("R06"), *found, Transience.NO)


def _meaning(trace: Trace, symptom: Symptom) -> Meaning:
    if symptom.is_checksum:
        return _checksum_meaning(trace, symptom)
    if found := origin_meaning(trace, symptom):
        return found
    return without_other_proxies(trace, symptom, _meaning_of_answer(trace, symptom))


def _meaning_of_answer(trace: Trace, symptom: Symptom) -> Meaning:
    """What the answer of a proxy, or of a host, comes to; where none came, go's words."""
    fault = symptom.fault
    if fault is not None and symptom.passed_when_climbed:
        return Meaning(
            rule("R03"),
            "The same request was answered well when it was made again: {host} failed for a moment.",
            ("loop", "pipe", "elsewhere"),
            Transience.YES,
        )
    if symptom.leads_nowhere:
        words = "{host} redirects to something that go has no way to ask."
        return Meaning(rule("R13"), words, ("elsewhere", "look"), Transience.NO)
    special = None if fault is None else _special(trace, symptom, fault)
    if special is not None:
        return special
    if fault in _CHAIN_FAULTS and _list_stops(trace, symptom):
        return Meaning(rule("R01"), _stop_sentence(trace, symptom), transience=_transience(fault))
    if fault is not None:
        return of_fault(fault)
    if FOR_EVER in (symptom.decision.because if symptom.decision is not None else ""):
        return of_fault(Fault.HTTP_STALL)
    return _settled_mode(symptom, _by_words(symptom.words))


def _special(trace: Trace, symptom: Symptom, fault: Fault) -> Meaning | None:
    """What a fault comes to where more is known than the rung: the settings, the headers, the scheme."""
    row = fault_rules()[fault]
    settings = trace.settings
    if symptom.url.startswith("file:"):
        return Meaning(
            rule("R11"), "The folder of the file:// proxy does not hold this file.", ("folder", "elsewhere")
        )
    if "x-squid-error" in symptom.headers or (fault is Fault.HTTP_PROXY_AUTH and _has_http_proxy(symptom)):
        auth = fault is Fault.HTTP_PROXY_AUTH
        remedies = ("credentials", "no-proxy") if auth else ("no-proxy", "allow", "unset")
        return Meaning(rule("R19"), "The HTTP proxy itself answered {status}, not {host}.", remedies)
    if fault is Fault.HTTP_PROXY_AUTH:
        words = "{host} answers 407 as an HTTP proxy would, and no HTTP proxy is set."
        return Meaning(rule("R19"), words, ("not-a-proxy", "no-proxy"))
    if fault is Fault.HTTP_UNAUTHORIZED:
        return Meaning(row.rule, row.cause, _login_remedies(trace, symptom, settings), row.transience)
    if fault is Fault.TLS_NO_ROOTS:
        named = [
            name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in settings and settings[name].value
        ]
        if named:
            verb = "leads" if len(named) == 1 else "lead"
            words = f"{' and '.join(named)} {verb} to no root certificate, in place of the system's."
            return Meaning(row.rule, words, ("unset-roots", "ca-file"), row.transience)
    if fault is Fault.HTTP_H2 and not (symptom.broken and symptom.broken.godebug):
        return Meaning(
            row.rule, "The stream of {host}'s answer broke, over HTTP/1.1 as well.", ("loop", "elsewhere")
        )
    if fault is Fault.DNS_UNREACHABLE and "network is unreachable" in symptom.words:
        words = "This machine has no way out: not even the nameserver for {name} can be reached."
        return Meaning(row.rule, words, ("network", "docker", "resolver"), row.transience)
    if fault in _NO_TLS and _assumed_https(trace, symptom):
        words = (
            "{host} stands in GOPROXY without a scheme, so go speaks TLS to it; what listens there does not."
        )
        return Meaning(rule("R02"), words, ("http-scheme", "show"), Transience.NO)
    return None


_NO_TLS = frozenset(
    {Fault.TLS_CLOSED, Fault.TLS_RESET, Fault.TLS_NOT_TLS, Fault.TLS_TIMEOUT, Fault.TLS_ERROR}
)


def _assumed_https(trace: Trace, symptom: Symptom) -> bool:
    if symptom.hop is None or "://" in symptom.hop.spec:
        return False
    return trace.started is not None and any(
        finding.id == "goproxy.assumed-https" for finding in trace.started.findings
    )


def _has_http_proxy(symptom: Symptom) -> bool:
    return any(rung.rung == Rung.PROXY and rung.judgement != Judgement.SKIPPED for rung in symptom.rungs)


def _login_remedies(trace: Trace, symptom: Symptom, settings: Mapping[str, SettingView]) -> tuple[str, ...]:
    """Where the credentials would have to stand to be sent at all."""
    if symptom.url.startswith("http://"):
        return ("no-plain-http", "goprivate")
    if "xxxxx@" in symptom.url or (symptom.hop is not None and "@" in symptom.hop.spec):
        return ("correct-url", "netrc")
    if settings.get("GOAUTH") is not None and settings["GOAUTH"].value == "off":
        return ("goauth-on", "netrc")
    return ("correct-netrc", "goprivate") if symptom.sent_credentials else ("netrc", "goprivate")


_MODE_REMEDIES = (
    ("GO111MODULE", ("module-mode", "show")), ("-mod=", ("goflags", "show")),
    ("GOPROXY=off", ("goproxy", "show")),
    ("GOTOOLCHAIN", ("toolchain", "show")), ("toolchain", ("toolchain", "show")),
)  # fmt: skip
"""What stands in the words of go about a mode, and the remedies for it outside of any project."""


def _settled_mode(symptom: Symptom, meaning: Meaning) -> Meaning:
    """A trace asks outside of any project: only a setting can have told go not to look."""
    if meaning.rule.id == "R12":
        return replace(meaning, remedies=("elsewhere", "newer", "odd", "evict"))
    if meaning.rule.id != "R06":
        return meaning
    for words, remedies in _MODE_REMEDIES:
        if words in symptom.words:
            return replace(meaning, remedies=remedies)
    return meaning


_CHAIN_FAULTS = frozenset({
    Fault.HTTP_SERVER, Fault.HTTP_STATUS, Fault.HTTP_THROTTLED, Fault.HTTP_CLOSED, Fault.HTTP_RESET,
    Fault.CONTENT_TRUNCATED,
})  # fmt: skip
"""What another entry would make good, if the list let it."""


def _transience(fault: Fault | None) -> Transience:
    return Transience.UNKNOWN if fault is None else fault_rules()[fault].transience


def _by_words(words: str) -> Meaning:
    """What go's own words give away, by the table that `modtrace explain` uses."""
    # A trace asks outside of any project: words that any program prints are go's here.
    found = explain("go: " + words).explanations
    if not found:
        return Meaning(rule("R13") if "zip" in words else rule("R22"))
    first = found[0]
    told = {name: fact for name, fact in first.facts.items() if name in _ONLY_IN_WORDS}
    return Meaning(first.rule, first.cause, first.remedies, first.transience, facts=told)


_ONLY_IN_WORDS = ("declared", "revision", "root", "tool", "package")
"""Facts that the trace itself does not have."""


# -- a setting that lint finds wrong ------------------------------------------------------------------------

_LINTED = {"GOPROXY": "R02", "GOSUMDB": "R02", "GOFLAGS": "R02", "GO111MODULE": "R02", "GOTOOLCHAIN": "R02"}
_BEFORE_PACKETS = frozenset({
    Fault.DNS_NXDOMAIN, Fault.DNS_NOT_A_NAME, Fault.DNS_SERVFAIL, Fault.DNS_NO_ADDRESS, Fault.TCP_BAD_PORT,
    Fault.DNS_TIMEOUT, Fault.DNS_REFUSED, Fault.DNS_SEARCH_DOMAIN, None,
})  # fmt: skip
"""Faults behind which a broken setting may stand; a server that answered has been asked rightly."""


def _by_lint(trace: Trace, symptom: Symptom) -> Meaning | None:
    """A finding of level error about the setting that the failure comes from explains it better."""
    assert trace.started is not None
    if symptom.is_checksum and symptom.status in (404, 410):
        return _by_pattern(trace.started.findings)
    if symptom.fault not in _BEFORE_PACKETS or symptom.status is not None or symptom.is_direct:
        return None
    wanted = "GOSUMDB" if symptom.is_checksum else None
    for finding in trace.started.findings:
        if finding.level is not Level.ERROR or finding.variable not in _LINTED:
            continue
        if wanted is not None and finding.variable != wanted:
            continue
        by_words = _by_words(symptom.words)
        if by_words.rule.id == "R06":
            return None
        return Meaning(
            rule(_LINTED[finding.variable]),
            finding.message,
            ("show",),
            Transience.NO,
            first=_lint_remedy(finding),
        )
    return None


_PRIVACY = frozenset({"GOPRIVATE", "GONOSUMDB", "GONOPROXY"})


def _by_pattern(findings: Iterable[Finding]) -> Meaning | None:
    """A pattern that matches nothing, where the checksum database was asked about what it cannot know."""
    for finding in findings:
        if finding.level is Level.ERROR and finding.variable in _PRIVACY:
            first = _lint_remedy(finding)
            return Meaning(rule("R16"), finding.message, ("show",), Transience.NO, first=first)
    return None


def _lint_remedy(finding: Finding) -> Remedy | None:
    if not finding.remedy:
        return None
    line = finding.remedy[0]
    is_command = line.startswith(("go env", "export ", "unset "))
    shell = Shell.POSIX if is_command else Shell.WORDS
    scope = Scope.USER if line.startswith("go env") else Scope.SHELL
    return Remedy("setting", (line,), shell, scope, "None: it says what was meant.")


# -- a list that stops --------------------------------------------------------------------------------------


def _list_stops(trace: Trace, symptom: Symptom) -> bool:
    """Whether a comma ended the walk although entries were left that might have served."""
    if not symptom.stops or symptom.hop is None or symptom.hop.separator != "," or symptom.not_exist:
        return False
    if symptom.is_checksum and symptom.request is not None and symptom.request.started.hop is None:
        return False  # the database itself failed: it would for the next entry, too
    if symptom.hop.kind is HopKind.NOPROXY:
        return False  # no entry of the list may learn of a private path
    assert trace.route is not None
    later = trace.route.hops[symptom.hop.id + 1 :]
    return any(hop.kind in (HopKind.PROXY, HopKind.DIRECT) for hop in later)


def _stop_sentence(trace: Trace, symptom: Symptom) -> str:
    assert trace.route is not None
    assert symptom.hop is not None
    later = [hop.name for hop in trace.route.hops[symptom.hop.id + 1 :]]
    names = " and ".join(later) if len(later) < 3 else f"{len(later)} more entries"
    said = "{status}" if symptom.status is not None else "a failure"
    if symptom.status == 200:
        said = "something that go cannot use"
    verb = "was" if len(later) == 1 else "were"
    return f"{{host}} answered {said}, which a comma does not pass on: {names} {verb} never asked."


def _stopped_list(trace: Trace, symptom: Symptom, level: Level, shell: Shell) -> Case:
    meaning = Meaning(rule("R01"), _stop_sentence(trace, symptom).replace("answered a failure", "failed"))
    return _case(trace, symptom, meaning, level, shell)


# -- the checksum database ----------------------------------------------------------------------------------


PUBLIC_DATABASES = ("sum.golang.org", "sum.golang.google.cn")


def _checksum_meaning(trace: Trace, symptom: Symptom) -> Meaning:
    """The database cannot be reached (R04), or does not know the module (R08)."""
    if symptom.status in (404, 410) and "/lookup/" in symptom.url:
        served_by_proxy = bool(trace.served())
        order = ("gonosumdb", "goprivate", "ci") if served_by_proxy else ("goprivate", "gonosumdb", "ci")
        return Meaning(
            rule("R08"),
            "The checksum database does not know {module}: it is private, or not there yet. The path has "
            "been sent to it already.",
            order,
            Transience.NO,
        )
    if symptom.status == 200:  # the answer came, and it is what it says that go refuses
        told = _by_words(symptom.words)
        if told.rule.id in ("R04", "R12"):
            return told
    row = None if symptom.fault is None else fault_rules()[symptom.fault]
    through = symptom.hop is not None and "/sumdb/" in symptom.url
    is_public = trace.route is not None and trace.route.checksum in PUBLIC_DATABASES
    order = ("operator", "serving-proxy", "alias") if through else ("alias", "serving-proxy", "wait")
    remedies = tuple(name for name in order if is_public or name not in ("alias", "serving-proxy"))
    if has_other_proxy(trace, symptom.hop) and through:
        remedies = ("elsewhere", *remedies)
    cause = "The module came, but not the word of the checksum database"
    if through and symptom.status:
        asked = symptom.url.endswith("/supported")
        says = "was asked whether it passes it on" if asked else "says that it passes it on"
        cause += f": {{host}} {says}, and answered {{status}}."
    elif through:
        cause += ": {host} fails."
    elif row is not None:
        cause += ": " + row.cause[:1].lower() + row.cause[1:]
    else:
        cause += "."
    words = _by_words(symptom.words)
    if symptom.fault is None and symptom.status is None and words.rule.id in ("R12", "R02", "R08"):
        return words
    transience = Transience.YES if row is not None and row.transience is Transience.YES else None
    return Meaning(rule("R04"), cause, remedies, transience)


# -- what costs, without being the cause --------------------------------------------------------------------


def _passed(trace: Trace, symptom: Symptom, shell: Shell) -> Case:
    meaning = _meaning(trace, symptom)
    count = len([r for r in trace.requests_at(symptom.hop.id) if r.finished]) if symptom.hop else 0
    tax = f" It is asked first for every file: {count} requests here." if count > 1 else ""
    return _case(trace, symptom, replace(meaning, cause=meaning.cause + tax), Level.WARNING, shell)


def _rung_warnings(trace: Trace, shell: Shell) -> Iterator[Case]:
    """Rungs that go gets past, but slower or elsewhere than one thinks."""
    for rungs in trace.climbs.values():
        for rung in rungs:
            if rung.judgement != Judgement.WARNING or not rung.faults:
                continue
            request = None if rung.request is None else trace.requests.get(rung.request)
            symptom = Symptom(trace.hop(rung.hop), request, None, tuple(rungs), "")
            meaning = of_fault(Fault(rung.faults[0]))
            case = _case(trace, symptom, meaning, Level.WARNING, shell, seen=rung)
            yield replace(case, rung=rung.rung)


# -- writing it out -----------------------------------------------------------------------------------------


def _case(
    trace: Trace,
    symptom: Symptom,
    meaning: Meaning,
    level: Level,
    shell: Shell,
    *,
    seen: RungClimbed | None = None,
) -> Case:
    facts = case_facts(trace, symptom) | dict(meaning.facts)
    words = symptom.words if level is Level.ERROR else ""
    diagnosis = Diagnosis.of(
        for_this_machine(trace, meaning.rule, symptom),
        facts,
        cause=sentence(meaning.cause or meaning.rule.cause, facts),
        evidence=(*meaning.evidence, *evidence_of(trace, symptom, seen)),
        go_prints=(trace.finished.error or words).split("\n", 1)[0] if words and trace.finished else "",
        remedies=meaning.remedies,
        transience=meaning.transience,
        ruled_out=tuple(ruled_out(symptom, meaning.rule)),
        shell=shell,
        runs=symptom.is_direct,
    )
    if meaning.first is not None:
        diagnosis = replace(diagnosis, remedies=(meaning.first, *diagnosis.remedies))
    broken = seen or symptom.broken or broken_program(trace, symptom)
    return Case(
        level=level,
        diagnosis=worth_typing(trace, diagnosis),
        hop=None if symptom.hop is None else symptom.hop.id,
        request=None if symptom.request is None else symptom.request.started.request,
        rung=None if broken is None else broken.rung,
    )
