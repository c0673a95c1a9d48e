"""What the answers about a name come to: pollution, split horizon, dead nameservers, shadows.

Only what changes the way of go, or contradicts itself, is an observation. Different public addresses from
different resolvers are none: content networks answer that way everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.ladder.faults import Fault, Judgement
from probes.ladder.model import Observation, shown
from probes.ladder.names import NamesReport
from probes.net.addresses import Space, is_public_name, network_of, space_of
from probes.net.questions import Answered, Record, Reply
from probes.net.resolve import is_domain_name
from probes.net.resolver_files import Nameserver

_FAULT_OF = {
    Reply.NXDOMAIN: Fault.DNS_NXDOMAIN,
    Reply.NO_DATA: Fault.DNS_NO_ADDRESS,
    Reply.SERVFAIL: Fault.DNS_SERVFAIL,
    Reply.REFUSED: Fault.DNS_REFUSED,
    Reply.LAME: Fault.DNS_REFUSED,
    Reply.OTHER: Fault.DNS_REFUSED,
    Reply.GARBLED: Fault.DNS_REFUSED,
    Reply.TIMEOUT: Fault.DNS_TIMEOUT,
    Reply.UNREACHABLE: Fault.DNS_UNREACHABLE,
}
_SILENT = frozenset({Reply.TIMEOUT, Reply.UNREACHABLE})


def judge_names(report: NamesReport) -> tuple[Observation, ...]:
    """Everything that is not as it should be, in no particular order."""
    if report.settings is None:
        return ()
    if not report.addresses:
        return tuple(_no_address(report))
    return (*_shadow(report), *_waits(report), *_detour(report), *_lies(report))


def _warning(fault: Fault, evidence: str) -> Observation:
    return Observation(fault, Judgement.WARNING, shown(evidence))


def _broken(fault: Fault, evidence: str) -> Observation:
    return Observation(fault, Judgement.BROKEN, shown(evidence))


# -- no address ---------------------------------------------------------------------------------------------


def _no_address(report: NamesReport) -> Iterator[Observation]:
    blame = report.go.blame
    if not is_domain_name(report.host):
        yield _broken(Fault.DNS_NOT_A_NAME, f"{report.host} is no domain name: nobody is asked about it.")
    elif blame is None:
        evidence = f"Nobody is asked about {report.host}, and the hosts file has no line for it."
        yield _broken(Fault.DNS_NXDOMAIN, evidence)
    elif blame.truncated and blame.reply not in (Reply.NXDOMAIN, Reply.NO_DATA):
        evidence = f"{blame.server} has an answer too long for UDP and keeps it over TCP: {blame.detail}."
        yield _broken(Fault.DNS_TCP_BLOCKED, evidence)
    else:
        yield _broken(_FAULT_OF[blame.reply], _what_each_said(report))
    if report.system is not None and report.system.addresses:
        yield _libc_knows(report, report.system.addresses)
    known = [answer for answer in report.public if answer.addresses]
    if known:
        addresses = ", ".join(known[0].addresses)
        evidence = f"{known[0].server} knows {report.host} as {addresses}; the nameservers here do not."
        yield _warning(Fault.DNS_DISAGREE, evidence)


def _what_each_said(report: NamesReport) -> str:
    said = (
        f"{answer.server} says {answer.reply.value} for {answer.name.rstrip('.')}" for answer in report.asked
    )
    return "; ".join(dict.fromkeys(said)) + "."


def _libc_knows(report: NamesReport, addresses: tuple[str, ...]) -> Observation:
    assert report.settings is not None
    strangers = report.settings.order.strangers
    how = f" (nsswitch.conf has {', '.join(strangers)}, which go does not ask)" if strangers else ""
    return _warning(
        Fault.DNS_LIBC_DIFFERS,
        f"curl and ping find {report.host} at {', '.join(addresses)}{how}; go's own resolver does not.",
    )


# -- an address, but ----------------------------------------------------------------------------------------


def _shadow(report: NamesReport) -> Iterator[Observation]:
    assert report.settings is not None
    if report.go.source == "files" and is_public_name(report.host):
        for line in report.settings.hosts:
            where = f"Line {line.line} of {report.settings.hosts_path}"
            evidence = f"{where} gives {report.host} the address {line.address}; the DNS does not count."
            yield _warning(Fault.DNS_HOSTS_SHADOW, evidence)


def _waits(report: NamesReport) -> Iterator[Observation]:
    """Nameservers that are asked before the one that answers, and do not answer."""
    assert report.settings is not None
    if report.go.source != "dns":
        return
    conf = report.settings.conf
    for server in conf.nameservers:
        answers = [a for a in report.asked if a.server == server.shown and a.name == report.go.name]
        if not all(answer.reply in _SILENT for answer in answers):
            break
        waits = any(answer.reply is Reply.TIMEOUT for answer in answers)
        cost = f": each look-up waits {conf.timeout_s:g} s for it" if waits else ""
        evidence = f"The nameserver {_where(server, conf.path)} does not answer{cost}."
        yield _warning(Fault.DNS_NAMESERVER_DEAD, evidence)
    silent = [record for record in Record if _all_silent(report, record)]
    if len(silent) == 1:
        seconds = conf.timeout_s * conf.attempts * len(conf.nameservers)
        evidence = (
            f"{silent[0]} questions are not answered, the other kind is: each look-up waits {seconds:g} s."
        )
        yield _warning(Fault.DNS_FAMILY_TIMEOUT, evidence)


def _where(server: Nameserver, path: str) -> str:
    return server.shown if server.line is None else f"{server.shown} (line {server.line} of {path})"


def _all_silent(report: NamesReport, record: Record) -> bool:
    replies = [a.reply for a in report.asked if a.name == report.go.name and a.record is record]
    return bool(replies) and all(reply is Reply.TIMEOUT for reply in replies)


def _detour(report: NamesReport) -> Iterator[Observation]:
    assert report.settings is not None
    if report.go.source == "dns" and report.go.name.rstrip(".") != report.host.rstrip("."):
        conf = report.settings.conf
        evidence = (
            f"The address belongs to {report.go.name}, not to {report.host}: {conf.path} has "
            f"search {' '.join(conf.search)} and ndots:{conf.ndots}."
        )
        yield _warning(Fault.DNS_SEARCH_DOMAIN, evidence)
    if report.system is not None and report.system.error:
        error = report.system.error
        evidence = f"The C library does not find {report.host} ({error}); go's own resolver does."
        yield _warning(Fault.DNS_LIBC_DIFFERS, evidence)


def _lies(report: NamesReport) -> Iterator[Observation]:
    """Answers that contradict each other, or name an address where no such server is."""
    everybody = [a for a in (*report.asked, *report.public) if a.name.rstrip(".") == report.host.rstrip(".")]
    known = [answer for answer in everybody if answer.reply is Reply.ADDRESSES]
    unknown = [answer for answer in everybody if answer.reply is Reply.NXDOMAIN]
    if known and unknown:
        evidence = (
            f"{known[0].server} knows {report.host}, {unknown[0].server} says that there is no such name."
        )
        yield _warning(Fault.DNS_DISAGREE, evidence)
    elsewhere = _first_public(known)
    for address in report.addresses:
        found = _misplaced(report, address, elsewhere)
        if found is not None:
            yield found


def _first_public(known: list[Answered]) -> str:
    """ "192.0.2.1 by SERVER": the first public address that anybody gives."""
    for answer in known:
        for address in answer.addresses:
            if space_of(address) is Space.PUBLIC:
                return f"{answer.server} gives {address}"
    return ""


def _misplaced(report: NamesReport, address: str, elsewhere: str) -> Observation | None:
    """What an address of go's says about the answer it came with; ``elsewhere``: who knows a public one."""
    space = space_of(address)
    if space is Space.PUBLIC:
        return None
    where = f"{report.host} is {address} here, in {network_of(address)}"
    other = f"; {elsewhere}" if elsewhere else ""
    if space is Space.BOGON:
        evidence = f"{where}, where no server can be{other}: the answer is a lie."
        way_left = any(space_of(one) is not Space.BOGON for one in report.addresses)
        return (_warning if way_left else _broken)(Fault.DNS_POLLUTED, evidence)
    if space is Space.FAKE:
        evidence = f"{where}: made up by a transparent proxy (Clash, Surge …), which must be running"
        return _warning(Fault.DNS_FAKE_ADDRESS, f"{evidence}{other}.")
    if not is_public_name(report.host) or report.go.source == "files":
        return None
    if space is Space.LOOPBACK and elsewhere:
        return _broken(Fault.DNS_POLLUTED, f"{where}, this machine itself{other}: a block list or a lie.")
    if elsewhere:
        evidence = f"{where}{other}: inside and outside are told different things."
        return _warning(Fault.DNS_SPLIT_HORIZON, evidence)
    return _warning(Fault.DNS_RESERVED, f"{where}, which is not a public address.")
