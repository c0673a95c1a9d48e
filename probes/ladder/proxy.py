"""The rung of the HTTP proxy: which setting decides, and whether the proxy lets go through.

Not to be mixed up with the module proxies of GOPROXY. Source: golang.org/x/net/http/httpproxy (which proxy,
and when none), net/http transport.go dialConn (CONNECT, SOCKS, https:// proxies) for what goes wrong and in
which words. The proxy's own name, connection and TLS belong to this rung: the rungs above are the server's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from probes.golang.errors import GoError
from probes.golang.urls import GoURL
from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.model import Observation, shown
from probes.ladder.names import NamesReport, NamesWorld, look_up
from probes.ladder.names_judgement import judge_names
from probes.ladder.tcp import TCPReport, connect_each, judge_tcp
from probes.ladder.tunnel import Way, WayFailed, opened, port_of
from probes.net.host_names import ascii_host
from probes.net.httpproxy import HTTPProxyRules
from probes.net.roots import client_context, find_roots
from probes.net.tunnel import ConnectAnswer, is_socks, proxy_port


@dataclass(frozen=True, slots=True)
class ProxyChoice:
    """Which HTTP proxy a URL goes through, and why."""

    variable: str = ""
    """The variable that decides, as it is written: "HTTPS_PROXY", "http_proxy", "NO_PROXY"; "" for none."""
    value: str = ""
    """Its value, or the entry of NO_PROXY that matches; safe to show."""
    proxy: GoURL | None = field(default=None, repr=False)
    """The proxy, with its secrets; None for a straight connection."""
    because: str = ""
    """Why there is a proxy or none, in a sentence."""
    ignored: bool = False
    """Whether the variable holds what is no URL, so that go goes without it."""
    refusal: str = ""
    """Go's words when it refuses to choose (CGI)."""


def choose_proxy(url: GoURL, variables: Mapping[str, str]) -> ProxyChoice:
    """Apply Go's rules and find the setting that decided."""
    upper = "HTTPS_PROXY" if url.scheme == "https" else "HTTP_PROXY"
    variable = _named(variables, upper)
    if not variable:
        return ProxyChoice(because=f"Neither {upper} nor {upper.lower()} is set.")
    value = shown_proxy(variables[variable])
    rules = HTTPProxyRules.from_environment(variables)
    if (rules.https if url.scheme == "https" else rules.http) is None:
        because = f"{variable} holds what is no URL ({value}): go ignores it without a word."
        return ProxyChoice(variable, value, because=because, ignored=True)
    try:
        proxy = rules.proxy_for(url)
    except GoError as error:
        because = "REQUEST_METHOD is set, as in a CGI program: whoever sends a request could set HTTP_PROXY."
        return ProxyChoice(variable, value, because=because, refusal=str(error))
    if proxy is not None:
        return ProxyChoice(variable, value, proxy, f"{variable} names it.")
    host = shown(url.hostname())
    if replace(rules, no_proxy=()).proxy_for(url) is None:
        because = f"{host} is this machine itself, for which go never uses a proxy."
        return ProxyChoice(variable, value, because=because)
    entry = next(entry for entry in rules.no_proxy if _exempts(rules, entry, url))
    decides = _named(variables, "NO_PROXY")
    because = f"The entry {shown(entry)} of {decides} spares {host} the proxy of {variable}."
    return ProxyChoice(decides, shown(entry), because=because)


def _named(variables: Mapping[str, str], upper: str) -> str:
    """The one of the two spellings that counts: the upper one when it is not empty."""
    return next((name for name in (upper, upper.lower()) if variables.get(name)), "")


def _exempts(rules: HTTPProxyRules, entry: str, url: GoURL) -> bool:
    return replace(rules, no_proxy=(entry,)).proxy_for(url) is None


def shown_proxy(value: str) -> str:
    """A proxy's address, without user and password, safe to show."""
    before, at, after = value.rpartition("@")
    if at and "/" not in after.rstrip("/"):
        scheme, slashes, _ = before.partition("://")
        value = (scheme + slashes if slashes else "") + "xxxxx@" + after
    return shown(value)


@dataclass(frozen=True, slots=True)
class ProxyReport:
    """What was measured of an HTTP proxy."""

    choice: ProxyChoice
    address: str = ""
    """The address that go is connected to."""
    names: NamesReport | None = None
    """The proxy's own name; None without a proxy."""
    tcp: TCPReport | None = None
    answer: ConnectAnswer | None = None
    """What it said to CONNECT or SOCKS, safe to show; None when it was not asked."""
    fault: Fault | None = None
    words: str = ""
    """Go's, from the inside of its error."""
    evidence: str = ""


async def try_proxy(
    url: GoURL,
    host: str,
    choice: ProxyChoice,
    variables: Mapping[str, str],
    world: NamesWorld,
    limits: ClimbLimits,
) -> tuple[ProxyReport, Way | None]:
    """Go to the proxy and have it open a tunnel; the way through it when that works.

    ``host``: the server's, in ASCII. Raises nothing for what networks and proxies do.
    """
    proxy = choice.proxy
    assert proxy is not None, "there is a proxy to try"
    report = ProxyReport(choice)
    name = ascii_host(proxy.hostname())
    if name is None:
        words = f"proxyconnect tcp: dial tcp: lookup {proxy.hostname()}: no such host"
        evidence = f"The host of {choice.variable} ({choice.value}) is no domain name."
        return replace(report, fault=Fault.PROXY_NAME, words=words, evidence=evidence), None
    names = await look_up(name, proxy_port(proxy), world, limits)
    report = replace(report, names=names)
    if not names.addresses:
        words = f"proxyconnect tcp: dial tcp: {names.go.words}"
        evidence = f"The name of the HTTP proxy {choice.value} has no address: {names.go.words}."
        return replace(report, fault=Fault.PROXY_NAME, words=words, evidence=evidence), None
    tcp = await connect_each(names.addresses, proxy_port(proxy), limits)
    report = replace(report, tcp=tcp, address=tcp.go.winner or "")
    if tcp.go.winner is None:
        words = f"proxyconnect tcp: {tcp.go.words}"
        evidence = (
            f"The HTTP proxy {choice.value}, which {choice.variable} names, is not reached: {tcp.go.words}."
        )
        return replace(report, fault=Fault.PROXY_UNREACHABLE, words=words, evidence=evidence), None
    tls = await _roots_for(proxy, variables)
    tunnelled = url.scheme == "https" or is_socks(proxy)
    way = Way(host, port_of(url), tcp.go.winner, proxy, tls, tunnelled=tunnelled)
    try:
        async with opened(way, limits) as found:
            return replace(report, answer=found.answer), way
    except WayFailed as error:
        evidence = _refusal(choice, error)
        failed = replace(report, answer=error.answer, fault=error.fault, words=str(error), evidence=evidence)
        return failed, None


async def _roots_for(proxy: GoURL, variables: Mapping[str, str]) -> ssl.SSLContext | None:
    if proxy.scheme != "https":
        return None
    return await asyncio.to_thread(lambda: client_context(find_roots(variables)))


def _refusal(choice: ProxyChoice, error: WayFailed) -> str:
    """What the proxy did instead of opening a tunnel."""
    who = f"The HTTP proxy {choice.value}"
    answer = error.answer
    status = "" if answer is None else answer.status_line
    match error.fault:
        case Fault.PROXY_AUTH:
            schemes = ", ".join(answer.schemes) if answer is not None else ""
            wants = f" It takes {schemes}; go has Basic only." if schemes else ""
            return f"{who} wants a user name and a password: {status or error}.{wants}"
        case Fault.PROXY_REFUSED:
            named = f" It calls itself {answer.server}." if answer is not None and answer.server else ""
            return f"{who} refuses the tunnel: {status or error}.{named}"
        case Fault.PROXY_NOT_TLS:
            return f"{who} does not speak TLS: https:// stands in {choice.variable} in place of http://."
        case Fault.PROXY_TLS:
            return f"{who} speaks TLS, and go does not trust it or it does not trust go: {error}."
        case Fault.PROXY_STALL:
            return f"{who} takes the connection and does not answer."
        case Fault.PROXY_CLOSED:
            return f"{who} hangs up instead of an answer: {error}."
        case Fault.PROXY_PROTOCOL:
            return f"{who} answers something that is no answer of a proxy: {error}."
        case _:
            return f"{who}: {error}."


def judge_proxy(report: ProxyReport) -> tuple[Observation, ...]:
    """What is not as it should be on the way to the proxy and in its answer."""
    choice = report.choice
    if choice.refusal:
        return (Observation(Fault.PROXY_CGI, Judgement.BROKEN, shown(choice.because)),)
    if choice.ignored:
        return (Observation(Fault.PROXY_IGNORED, Judgement.WARNING, shown(choice.because)),)
    if report.fault is not None:
        return (Observation(report.fault, Judgement.BROKEN, shown(report.evidence)),)
    seen: list[Observation] = []
    if report.names is not None:
        seen += [one for one in judge_names(report.names) if one.judgement is Judgement.WARNING]
    if report.tcp is not None:
        seen += judge_tcp(report.tcp)
    return tuple(seen)
