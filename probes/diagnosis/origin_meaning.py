"""The cause of a failure in direct mode, and the names of what mends it. Pure.

Each kind of complaint has its own row here; the remedies' lines stand in catalogue.toml, rules R09
(credentials and keys), R10 (git's roots), R07 and R17 (no way to the host), R18 (the page of the path) and
R21 (programs).
A path that a public proxy could not see, and whose repository is there but closed, is private: then the line
for GOPRIVATE comes first, since each further try would tell that proxy again (golang/go#35164).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from probes.auth.remote import known_hosts_name
from probes.diagnosis.catalogue import Transience, rule
from probes.diagnosis.error_facts import private_pattern
from probes.diagnosis.meaning import Meaning
from probes.diagnosis.origin_failure import LOG_INS, OriginFailure, Place, origin_failure
from probes.diagnosis.symptoms import Symptom
from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.protocol import Op
from probes.golang.vcs_words import Complaint, telling_line, what_it_leaves_open
from probes.ladder.faults import Fault
from probes.trace.fold import Trace
from probes.trace.origin_events import OriginStep

_NO_PROGRAM = "not found in PATH"


def origin_meaning(trace: Trace, symptom: Symptom) -> Meaning | None:
    """What a failure of direct mode comes to; None where its request, or go's words, tell it better."""
    failure = origin_failure(trace, symptom)
    if failure is None:
        return None
    found = _found(trace, symptom, failure)
    if found is None:
        return None
    facts = _facts(trace, failure) | dict(found.facts)
    return replace(found, facts=facts, evidence=(*_evidence(failure), *found.evidence))


def _found(trace: Trace, symptom: Symptom, failure: OriginFailure) -> Meaning | None:
    step = None if failure.step is None else failure.step.step
    if step is OriginStep.GOVCS:
        return _govcs(trace, failure)
    if _lacks_program(failure):
        return _missing(failure)
    if failure.is_page:
        return _page(symptom, failure)
    if failure.run is None or failure.complaint is None:
        return None
    if failure.is_rewritten and failure.complaint is not Complaint.NO_CREDENTIALS:
        return _rewritten(failure)
    return _BY_COMPLAINT[failure.complaint](trace, failure)


# -- before any program, or without it ----------------------------------------------------------------------


def _govcs(trace: Trace, failure: OriginFailure) -> Meaning:
    set_now = trace.settings.get("GOVCS")
    current = "" if set_now is None else set_now.value
    entry = f"{failure.root}:{failure.vcs}"
    facts = {"govcs": f"{entry},{current}" if current else entry}
    cause = f"GOVCS does not let go run {failure.vcs} for {failure.root}."
    return Meaning(rule("R21"), cause, ("govcs-add", "proxy"), Transience.NO, facts=facts)


def _lacks_program(failure: OriginFailure) -> bool:
    if failure.run is not None:
        return failure.run.outcome == _NO_PROGRAM
    error = "" if failure.step is None else failure.step.error or ""
    return "executable file not found in $PATH" in error


def _missing(failure: OriginFailure) -> Meaning:
    tool = failure.run.command.split(" ", 1)[0] if failure.run is not None else failure.vcs
    cause = f"A direct fetch has to run {tool}, and there is none in PATH."
    remedies = ("git-here", "git", "proxy") if tool == "git" else ("tool-here", "proxy")
    return Meaning(rule("R21"), cause, remedies, Transience.NO, facts={"tool": tool})


def _page(symptom: Symptom, failure: OriginFailure) -> Meaning | None:
    """The page of the path, where it came; why none came is a matter of its ladder."""
    assert failure.step is not None
    status = symptom.status
    if symptom.request is None or symptom.request.started.op is not Op.PAGE or status is None:
        return None
    if "disagree about go-import" in (failure.step.error or ""):
        cause = (
            "The page of {module} and that of its root name different repositories, and go believes neither."
        )
        return Meaning(rule("R18"), cause, ("page-owner", "netrc", "page"), Transience.NO)
    if status == 200 and ": unknown vcs " in (failure.step.error or ""):
        cause = f"The page of {{module}} names {failure.vcs}, a version control system that go does not know."
        return Meaning(rule("R18"), cause, ("page-owner", "proxy-first", "page"), Transience.NO)
    if status == 401 or (status == 403 and _shown_by_go(failure)):
        return _closed_page(
            failure, "{host} wants to know who asks before it shows the page of {module}.", "R09"
        )
    if status == 403:
        return Meaning(rule("R15"), "{host} refuses the page of {module}.", ("owner",), Transience.NO)
    if status in (404, 410):
        cause = "{host} has no page for {module}: it is misspelt, or hidden from who is not logged in."
        return _closed_page(failure, cause, "R18")
    if status == 200 and "no go-import meta tag" in (failure.step.error or ""):
        cause = (
            "{host} answered without a go-import tag for {module}: with a log-in page, or there is no module."
        )
        return _closed_page(failure, cause, "R18")
    return None


def _shown_by_go(failure: OriginFailure) -> bool:
    return failure.credential(Whom.GO, Standing.USED) is not None


def _closed_page(failure: OriginFailure, cause: str, rule_id: str) -> Meaning:
    """A page that is shown to who is logged in; go shows nothing but what GOAUTH and netrc have."""
    if failure.goauth_failed:
        cause = f"{cause[:-1]}; the command in GOAUTH gives go nothing: {failure.goauth_failed}."
        return Meaning(rule("R09"), cause, ("goauth-by-hand", "netrc", "show-auth"), Transience.NO)
    if rule_id == "R09" and (used := failure.credential(Whom.GO, Standing.USED)) is not None:
        return Meaning(rule("R09"), "{host} did not take what go showed it.", ("correct-where", "show-auth"),
                       Transience.NO, facts=_where(failure, used))  # fmt: skip
    passed = failure.credential(Whom.GO, Standing.IGNORED)
    if passed is not None:
        cause = f"{cause[:-1]}; the {passed.named} is passed over, {_because(passed)}."
    first = ("private-netrc",) if failure.learnt else ("netrc",)
    rest = ("goprivate",) if rule_id == "R09" else ("dot-git", "page")
    return Meaning(rule(rule_id), _told(failure, cause), (*first, *rest, "show-auth"), Transience.NO)


# -- a program failed ---------------------------------------------------------------------------------------


def _no_credentials(trace: Trace, failure: OriginFailure) -> Meaning:
    """git asks a person when it has nothing to show, and as well when what it showed was not taken."""
    used = failure.credential(Whom.GIT, Standing.USED)
    if used is not None:
        return _not_taken(failure, used)
    passed = failure.credential(Whom.GIT, Standing.IGNORED)
    cause = f"git has no log-in for {failure.place.host}, and go lets it ask nobody."
    if passed is not None:
        over = f"the {passed.named} is passed over, {_because(passed)}"
        cause = f"git has no log-in for {failure.place.host}: {over}."
    if stand_in := _stand_in(trace, failure):
        cause = f"{cause[:-1]}; {stand_in}."
    if passed is not None and passed.kind == "netrc":
        is_elsewhere = "NETRC" in f"{passed.where} {passed.because}"
        first = "netrc-place" if is_elsewhere else "correct-where"
        facts = {} if is_elsewhere else _where(failure, passed)
        return Meaning(rule("R09"), cause, (first, "ssh", "show-auth"), Transience.NO, facts=facts)
    return Meaning(rule("R09"), _told(failure, cause), _log_in(failure), Transience.NO)


def _not_taken(failure: OriginFailure, used: CredentialUse) -> Meaning:
    """A line more would be no help: the first one for a host wins."""
    facts = _where(failure, used)
    where = f" ({facts['where']})" if facts else ""
    cause = f"{failure.place.host} did not take git's log-in, which is from the {used.kind}{where}."
    remedies = ("correct-where", *(("goprivate",) if failure.learnt else ()), "ssh", "show-auth")
    if used.kind == "helper":
        remedies = ("forget", *remedies[1:])
    return Meaning(rule("R09"), _told(failure, cause), remedies, Transience.NO, facts=facts)


def _log_in(failure: OriginFailure) -> tuple[str, ...]:
    """How to have credentials: by the way that is there already."""
    has_key = failure.credential(Whom.SSH, Standing.USED, Standing.ASKED) is not None
    token = "git-netrc" if failure.place.port else "netrc"
    if failure.learnt:
        ways: tuple[str, ...] = (
            ("private-ssh", "private-netrc") if has_key else ("private-netrc", "private-ssh")
        )
    else:
        ways = ("ssh", token) if has_key else (token, "ssh")
    return (*ways, *(() if failure.learnt else ("goprivate",)), "ci-token", "show-auth")


def _refused(trace: Trace, failure: OriginFailure) -> Meaning:
    used = failure.credential(Whom.GIT, Standing.USED, Standing.ASKED)
    if used is not None:
        return _not_taken(failure, used)
    cause = f"{failure.place.host} did not take git's log-in, or does not let it read this repository."
    remedies = ("show-auth", "forget", "correct-netrc", "ssh")
    return Meaning(rule("R09"), _told(failure, cause), remedies, Transience.NO)


def _hidden(trace: Trace, failure: OriginFailure) -> Meaning:
    host = failure.place.host
    if failure.place.is_ssh:
        cause = f"{host} shows no such repository to this key: it is misspelt, or the key may not read it."
        remedies = ("private-ssh", "ssh-key") if failure.learnt else ("ssh-key",)
        return Meaning(rule("R09"), _told(failure, cause), (*remedies, "show-auth"), Transience.NO)
    if _stand_in(trace, failure):
        cause = (
            f"{host} named {failure.root} as the repository, and there is none: GitLab does so for subgroups "
            "of whoever is not logged in."
        )
        first = ("private-netrc",) if failure.learnt else ("netrc",)
        return Meaning(rule("R18"), cause, (*first, "dot-git", "show-auth"), Transience.NO)
    cause = f"{host} shows no such repository: it is misspelt, or hidden from who is not logged in."
    return Meaning(rule("R09"), _told(failure, cause), _log_in(failure), Transience.NO)


def _stand_in(trace: Trace, failure: OriginFailure) -> str:
    """What a page may have named in the place of a repository that it hides (golang/go#34094)."""
    steps = {one.step for one in trace.origin.decided if one.to or one.request is not None}
    module = "" if trace.started is None else trace.started.path
    if (
        OriginStep.GO_IMPORT not in steps
        or not module.startswith(f"{failure.root}/")
        or failure.root.count("/") < 2
    ):
        return ""
    return f"{failure.root} may be GitLab's stand-in for a hidden subgroup"


def _host_key_unknown(trace: Trace, failure: OriginFailure) -> Meaning:
    place = _ssh_place(failure)
    cause = f"ssh does not know the host key of {place.authority}, and may not ask whether to trust it."
    if failure.real.host and failure.real.authority != place.authority:
        # Its settings name another host or port, and perhaps another file: ssh itself knows what to write.
        cause = f"{cause[:-1]} (its settings lead to {failure.real.authority})."
        facts = _place_facts(failure.real) | {"host": place.authority}
        return Meaning(rule("R09"), cause, ("known-hosts-ssh", "fingerprint"), Transience.NO, facts=facts)
    line = "known-hosts-port" if place.port else "known-hosts"
    facts = _place_facts(place)
    return Meaning(rule("R09"), cause, (line, "fingerprint"), Transience.NO, facts=facts)


def _host_key_changed(trace: Trace, failure: OriginFailure) -> Meaning:
    place = _ssh_place(failure)
    cause = f"The ssh host key of {place.authority} is not the known one: renewed, or somebody is in between."
    facts = _place_facts(failure.real if failure.real.host else place)
    if failure.said.host:
        facts["known"] = _place_facts(failure.said)["known"]
    return Meaning(rule("R09"), cause, ("fingerprint", "forget-key"), Transience.NO, facts=facts)


def _no_key(trace: Trace, failure: OriginFailure) -> Meaning:
    place = _ssh_place(failure)
    passed = failure.credential(Whom.SSH, Standing.IGNORED, Standing.MISSING)
    cause = f"{place.host} takes none of the keys that ssh offers it."
    if passed is not None:
        cause = f"{cause[:-1]}; the {passed.kind} is no help: {_because(passed)}."
    first = ("private-ssh",) if failure.learnt and not failure.place.is_ssh else ()
    remedies = (*first, "ssh-key", _past_ssh(failure), "show-auth")
    return Meaning(rule("R09"), cause, remedies, Transience.NO, facts=_place_facts(place))


def _past_ssh(failure: OriginFailure) -> str:
    """The remedy by which git takes another way; where its own settings led to ssh, no more of them."""
    return "over-https" if failure.place.is_ssh else "rewrites"


def _certificate(trace: Trace, failure: OriginFailure) -> Meaning:
    roots = trace.settings.get("SSL_CERT_FILE")
    host = failure.place.authority
    if roots is not None and roots.value:
        cause = f"git does not trust the certificate of {host}: SSL_CERT_FILE is go's, git does not read it."
        return Meaning(
            rule("R10"), cause, ("git-ca-same", "ca-install"), Transience.NO, facts={"roots": roots.value}
        )
    cause = f"git does not trust the certificate of {host}; git has roots of its own, which are not go's."
    return Meaning(rule("R10"), cause, ("git-ca", "ca-install"), Transience.NO)


def _name(trace: Trace, failure: OriginFailure) -> Meaning:
    place = failure.asked if failure.asked.host else failure.place
    cause = f"{_tool(failure)} cannot look up {place.host}: misspelt, or known inside another network only."
    if _goes_alone(trace, failure):
        cause = f"{_tool(failure)} looks {place.host} up by itself: no HTTP proxy counts for ssh."
        return Meaning(rule("R17"), cause, ("over-https", "inside"), Transience.NO)
    if lower := _lacks_lower_case(trace, failure):
        return lower
    return Meaning(rule("R17"), cause, ("inside", "resolver"), Transience.UNKNOWN)


def _unreachable(trace: Trace, failure: OriginFailure) -> Meaning:
    place = failure.asked if failure.asked.host else failure.place
    is_late = failure.complaint is Complaint.TIMEOUT
    what = "gets no answer from" if is_late else "finds nobody at"
    cause = f"{_tool(failure)} {what} {place.authority}."
    if failure.place.is_ssh or place.is_ssh:
        cause = f"{cause[:-1]}: ssh goes there by itself, past every HTTP proxy."
        remedies = (_past_ssh(failure), "allow")
        return Meaning(rule("R07"), cause, remedies, Transience.UNKNOWN, facts=_place_facts(place))
    if lower := _lacks_lower_case(trace, failure):
        return lower
    return Meaning(rule("R07"), cause, ("http-proxy", "allow"), Transience.UNKNOWN)


def _goes_alone(trace: Trace, failure: OriginFailure) -> bool:
    proxy = trace.settings.get("HTTPS_PROXY")
    return (failure.place.is_ssh or failure.asked.is_ssh) and proxy is not None and bool(proxy.value)


def _lacks_lower_case(trace: Trace, failure: OriginFailure) -> Meaning | None:
    """curl(1), ENVIRONMENT: http_proxy is read in small letters only; HTTP_PROXY may be a CGI client's."""
    proxy = trace.settings.get("HTTP_PROXY")
    if failure.place.scheme != "http" or proxy is None or not proxy.value:
        return None
    cause = f"git does not read HTTP_PROXY, only http_proxy, so it went to {failure.place.host} by itself."
    return Meaning(rule("R19"), cause, ("git-http-proxy",), Transience.NO)


def _not_allowed(trace: Trace, failure: OriginFailure) -> Meaning:
    if re.search("not a git command|remote helper", failure.told):
        cause = "This git was installed without its part for https."
        return Meaning(rule("R21"), cause, ("git-here", "proxy"), Transience.NO)
    scheme = failure.asked.scheme or failure.place.scheme or "this way"
    cause = f"git was told not to use {scheme}: GIT_ALLOW_PROTOCOL, or protocol.allow in its settings."
    return Meaning(rule("R21"), cause, ("protocol", "protocol-config"), Transience.NO)


def _empty(trace: Trace, failure: OriginFailure) -> Meaning:
    cause = "The repository of {module} is there, and has no commit yet."
    return Meaning(rule("R11"), cause, ("origin",), Transience.NO)


def _not_known(trace: Trace, failure: OriginFailure) -> Meaning | None:
    """Words that are not known: go's own, with these in them, may be; a git that speaks no English is not."""
    assert failure.run is not None
    if failure.run.outcome.startswith("exit status") and failure.run.complaint.strip():
        from probes.diagnosis.explain import explain

        error = "" if failure.step is None else failure.step.error or ""
        told = explain("go: " + error).explanations
        if not told or told[0].pattern in _FALLBACKS:
            cause = (
                f"{_tool(failure)} failed with words that are not known here: no English ones, or rare ones."
            )
            return Meaning(rule("R21"), cause, ("own-words",), Transience.UNKNOWN)
    return None


_FALLBACKS = ("git-failed", "ssh-key")
"""Rows of explain that take words for which there is no other; a key that was not taken is known by now."""


def _rewritten(failure: OriginFailure) -> Meaning:
    """A setting of git's leads to another server than the one that go named."""
    used = next((use for use in failure.credentials if use.kind == "insteadOf"), None)
    where = f" ({used.where})" if used is not None and used.where else ""
    whose = "The settings of git or ssh" if used is None and failure.asked.is_ssh else "git's settings"
    cause = (
        f"{whose} lead from {failure.place.host} to {failure.asked.authority}{where}, and it failed "
        f"there: {failure.complaint}."
    )
    place = failure.asked
    if failure.complaint in (
        Complaint.HOST_KEY_UNKNOWN,
        Complaint.HOST_KEY_CHANGED,
        Complaint.NO_KEY_ACCEPTED,
    ):
        told = _BY_KEY[failure.complaint]
        return Meaning(
            rule("R09"), cause, (*told(place), "rewrites"), Transience.NO, facts=_place_facts(place)
        )
    rule_id = {Complaint.NAME: "R17", Complaint.TIMEOUT: "R07", Complaint.REFUSED_CONNECTION: "R07"}
    return Meaning(
        rule(rule_id.get(failure.complaint or Complaint.UNKNOWN, "R09")), cause, ("rewrites",), Transience.NO
    )


_BY_KEY: dict[Complaint, Callable[[Place], tuple[str, ...]]] = {
    Complaint.HOST_KEY_UNKNOWN: lambda place: (
        "known-hosts-port" if place.port else "known-hosts",
        "fingerprint",
    ),
    Complaint.HOST_KEY_CHANGED: lambda place: ("fingerprint", "forget-key"),
    Complaint.NO_KEY_ACCEPTED: lambda place: ("ssh-key", "show-auth"),
}

_BY_COMPLAINT: dict[Complaint, Callable[[Trace, OriginFailure], Meaning | None]] = {
    Complaint.NO_CREDENTIALS: _no_credentials,
    Complaint.REFUSED: _refused,
    Complaint.NOT_FOUND_OR_REFUSED: _hidden,
    Complaint.HOST_KEY_UNKNOWN: _host_key_unknown,
    Complaint.HOST_KEY_CHANGED: _host_key_changed,
    Complaint.NO_KEY_ACCEPTED: _no_key,
    Complaint.CERTIFICATE: _certificate,
    Complaint.NAME: _name,
    Complaint.TIMEOUT: _unreachable,
    Complaint.REFUSED_CONNECTION: _unreachable,
    Complaint.PROTOCOL_NOT_ALLOWED: _not_allowed,
    Complaint.EMPTY: _empty,
    Complaint.UNKNOWN: _not_known,
}


# -- what is said -------------------------------------------------------------------------------------------


def _told(failure: OriginFailure, cause: str) -> str:
    """The cause, behind what a public proxy has learnt already."""
    if not failure.learnt:
        return cause
    return f"{failure.learnt[0]} was asked first and knows the path now; {_lowered(cause)}"


def _lowered(cause: str) -> str:
    """A sentence that goes on: names keep their first letter."""
    return cause if cause[:1] in "{G" or "." in cause.split(" ", 1)[0] else cause[:1].lower() + cause[1:]


def _tool(failure: OriginFailure) -> str:
    return "ssh" if failure.asked.is_ssh or failure.place.is_ssh else failure.vcs or "git"


def _because(use: CredentialUse) -> str:
    return use.because.rstrip(". ")


def _where(failure: OriginFailure, use: CredentialUse) -> dict[str, str]:
    """Where it stands; what stands in a URL that git made itself stands where the rewriting does."""
    rewriting = next((one for one in failure.credentials if one.kind == "insteadOf"), None)
    place = rewriting.where if use.kind == "URL" and rewriting is not None else use.where
    return {"where": place} if place else {}


def _ssh_place(failure: OriginFailure) -> Place:
    """Where ssh went: what it says itself comes before what go named."""
    return failure.asked if failure.asked.is_ssh and failure.asked.host else failure.place


def _place_facts(place: Place) -> dict[str, str]:
    port = place.port or ("22" if place.is_ssh else "")
    known = known_hosts_name(place.host, place.port)
    return {"host": place.authority, "name": place.host, "known": known, "port": port}


def _facts(trace: Trace, failure: OriginFailure) -> dict[str, str]:
    """The facts of the place that failed, in the place of those of a request."""
    assert trace.started is not None
    facts = {"private": private_pattern(trace.started.path), "repository": failure.repository}
    if failure.place.host:
        facts |= _place_facts(failure.place)
    set_now = trace.settings.get("GOPRIVATE")
    current = "" if set_now is None else set_now.value
    facts["privates"] = f"{current},{facts['private']}" if current else facts["private"]
    return {name: fact for name, fact in facts.items() if fact}


_MOST_QUOTED = 160


def _evidence(failure: OriginFailure) -> list[str]:
    """What the program said, and what is known of credentials."""
    seen: list[str] = []
    if failure.run is not None:
        words = telling_line(failure.run.complaint)[:_MOST_QUOTED] or failure.run.outcome
        command = failure.run.command[:_MOST_QUOTED]
        seen.append(f"{words} (from `{command}`)")
    if failure.complaint is not None and (open_end := what_it_leaves_open(failure.complaint)):
        seen.append(open_end)
    for use in failure.credentials:
        is_telling = use.whom is not Whom.GIT or use.kind in (*LOG_INS, "insteadOf")
        if is_telling and use.standing in (Standing.IGNORED, Standing.USED):
            seen.append(f"{use.whom}: {use.named} {use.standing}, {_because(use)}")
    return seen[:4]


# -- the answers of hosts, where a proxy's remedies would not help -------------------------------------------

_OF_THE_LIST = frozenset(
    {"elsewhere", "pipe", "pipe-here", "pipe-wait", "mirror", "redirect", "https", "http-scheme"}
)


_FOR_A_HOST = {"listening": "host-up"}
"""Remedies that speak of an entry of the list, and the same for a host."""


def without_other_proxies(trace: Trace, symptom: Symptom, meaning: Meaning) -> Meaning:
    """The same without remedies about the list of proxies, where the module's own host failed.

    Other proxies may know a public module, and never may learn of a private one.
    """
    if not symptom.is_direct:
        return meaning
    if symptom.fault is Fault.TLS_NOT_TLS:
        cause = "go asks {host} over https, and what listens there does not speak TLS."
        return Meaning(rule("R10"), cause, ("server", "goinsecure"), Transience.NO)
    is_private = trace.route is not None and trace.route.private_pattern is not None
    names = meaning.remedies or tuple(remedy.id for remedy in meaning.rule.remedies)
    kept = tuple(_FOR_A_HOST.get(name, name) for name in names if name not in _OF_THE_LIST)
    if meaning.rule.id == "R17":
        kept = ("inside", *(name for name in kept if name != "show"))
    if not is_private and "elsewhere" in names:
        kept = (*kept, "elsewhere")
    return replace(meaning, remedies=kept or names)
