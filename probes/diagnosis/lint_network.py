"""Findings about HTTP proxies, certificates and credentials, which go reads only from its process.

Source: golang.org/x/net/http/httpproxy (FromEnvironment, parseProxy, config.init), crypto/x509
loadSystemRoots, cmd/go/internal/auth readNetrc. None of them reports a value that it cannot use.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.lookalikes import lookalikes, plain
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import parse_goproxy
from probes.golang.quote import trim_space
from probes.golang.redact import MASK
from probes.golang.urls import GoURL, parse_url

PROXY_RULES = "golang.org/x/net/http/httpproxy"

_PAIRS = (("HTTP_PROXY", "http_proxy"), ("HTTPS_PROXY", "https_proxy"), ("NO_PROXY", "no_proxy"))


def lint_network(environment: Environment) -> Iterator[Finding]:
    """All findings about these variables."""
    for upper, lower in _PAIRS:
        name = upper if environment.get(upper) else lower
        about = About(environment, name)
        if environment.get(upper) and environment.get(lower) not in ("", environment.get(upper)):
            yield About(environment, lower).find(
                "http-proxy.two-spellings", Level.WARNING,
                f"{lower} differs from {upper}, and go uses {upper}. git and curl may use {lower}.",
                remedy=[f"unset {lower}"], rule=PROXY_RULES,
            )  # fmt: skip
        if about.value:
            yield from _no_proxy(about) if upper == "NO_PROXY" else _http_proxy(about, upper)
    for name in ("ALL_PROXY", "all_proxy"):
        if environment.get(name):
            yield About(environment, name).find(
                "http-proxy.all-proxy", Level.WARNING,
                f"go ignores {name}; git and curl honour it, so that the two halves of a direct fetch take "
                "different ways.",
                remedy=[f'export HTTPS_PROXY="${name}" HTTP_PROXY="${name}"'], rule=PROXY_RULES,
            )  # fmt: skip
    yield from _cgi(environment)
    yield from _missing_files(environment)


def _http_proxy(about: About, upper: str) -> Iterator[Finding]:
    value = about.value
    strange = lookalikes(value, 0)
    for found in strange:
        yield about.find(
            f"http-proxy.{found.kind}", Level.WARNING,
            f"{found.what} is part of the value, which go cannot use.", found.span,
            remedy=[f"export {about.name}={shlex.quote(plain(value))}"], rule=PROXY_RULES,
        )  # fmt: skip
    if strange:
        return
    try:
        url = parse_proxy(value)
    except GoError as error:
        yield about.find(
            "http-proxy.unusable", Level.WARNING,
            f"go cannot use this value ({error}), says nothing and connects directly.",
            Span.of(value), remedy=[f"unset {about.name}"], rule=f"{PROXY_RULES} parseProxy",
        )  # fmt: skip
        return
    if not url.hostname() or (url.host.endswith(":") and "://" in value):
        host = f'the host "{url.hostname()}"' if url.hostname() else "no host"
        yield about.find(
            "http-proxy.no-host", Level.ERROR,
            f"go cannot read a host out of this value and says nothing: it uses {host}, and every "
            f"{upper[: -len('_PROXY')].lower()}:// request fails.",
            Span.of(value), remedy=[f"unset {about.name}"], rule=f"{PROXY_RULES} parseProxy",
        )  # fmt: skip
    elif url.scheme not in ("http", "https", "socks5", "socks5h"):
        yield about.find(
            "http-proxy.scheme", Level.WARNING,
            f'"{url.scheme}" is no scheme of an HTTP proxy: http, https, socks5 and socks5h are.',
            Span.of(url.scheme), rule="net/http/transport.go dialConn",
        )  # fmt: skip
    elif url.scheme == "https" and upper == "HTTPS_PROXY":
        yield about.find(
            "http-proxy.tls-to-proxy", Level.INFO,
            "The scheme says how to talk to the proxy itself. Most proxies speak plain HTTP there: write "
            "http:// unless this one does not.",
            Span.of(url.scheme), rule=PROXY_RULES,
        )  # fmt: skip
    if url.user is not None:
        yield about.find(
            "http-proxy.credentials", Level.INFO, f"This value carries credentials, shown as {MASK}.",
            rule=PROXY_RULES,
        )  # fmt: skip


def parse_proxy(value: str) -> GoURL:
    """httpproxy parseProxy: a value that is no URL with a host is read again with "http://" before it.

    So even a broken "http://…" is taken for a URL whose host is "http". Raises GoError where go gives up.
    """
    failure: GoError | None = None
    url = GoURL()
    try:
        url = parse_url(value)
    except GoError as error:
        failure = error
    if failure is None and url.scheme and url.host:
        return url
    try:
        return parse_url("http://" + value)
    except GoError:
        if failure is not None:
            raise failure from None
        return url


def _no_proxy(about: About) -> Iterator[Finding]:
    position = 0
    for piece in about.value.split(","):
        entry = trim_space(piece)
        if entry and (fault := _no_proxy_fault(entry)):
            start = position + piece.index(entry)
            yield about.find(
                "no-proxy.matches-nothing", Level.WARNING, f'"{entry}" matches no host: {fault}.',
                Span.of(entry, start),
                remedy=[f"export {about.name}={shlex.quote(_mended_no_proxy(about.value))}"],
                rule=f"{PROXY_RULES} config.init",
            )  # fmt: skip
        position += len(piece) + 1


def _no_proxy_fault(entry: str) -> str | None:
    if lookalikes(entry, 0):
        return f"{lookalikes(entry, 0)[0].what} is part of it"
    if re.match(r"[A-Za-z][\w+.-]*://", entry):
        return "write the host without a scheme"
    if re.search(r"\s", entry):
        return "entries are separated by commas, not by blanks"
    if "/" in entry and not re.fullmatch(r"[0-9a-fA-F.:]+/\d+", entry):
        return "a host has no path"
    if "*" in entry.removeprefix("*.") and entry != "*":
        return 'a "*" works alone or as "*." in front'
    return None


def _mended_no_proxy(value: str) -> str:
    words = re.split(r"[,;\s]+", plain(value))
    hosts = (re.sub(r"^[A-Za-z][\w+.-]*://|(?<![\d:])/.*$", "", word) for word in words)
    return ",".join(filter(None, hosts))


def _cgi(environment: Environment) -> Iterator[Finding]:
    """REQUEST_METHOD makes Go think that HTTP_PROXY came from a request header."""
    name = "HTTP_PROXY" if environment.get("HTTP_PROXY") else "http_proxy"
    if not environment.process.get("REQUEST_METHOD") or not environment.get(name):
        return
    hops = parse_goproxy(environment.get("GOPROXY")).hops
    is_needed = any(hop.url is not None and hop.url.scheme == "http" for hop in hops)
    yield About(environment, name).find(
        "http-proxy.cgi", Level.ERROR if is_needed else Level.WARNING,
        "REQUEST_METHOD is set, as in a CGI program, so every http:// request fails: refusing to use "
        "HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy.",
        remedy=["unset REQUEST_METHOD"], rule=f"{PROXY_RULES} proxyForURL",
    )  # fmt: skip


def _missing_files(environment: Environment) -> Iterator[Finding]:
    missing = environment.facts.missing_paths
    rules = {
        "NETRC": ("credentials", "cmd/go/internal/auth/netrc.go readNetrc"),
        "SSL_CERT_FILE": ("certificates", "crypto/x509/root_unix.go loadSystemRoots"),
    }
    for name, (what, rule) in rules.items():
        about = About(environment, name)
        if about.value in missing:
            yield about.find(
                "file.missing", Level.WARNING,
                f"There is no file {about.value}. go says nothing and goes on without these {what}.",
                Span.of(about.value), remedy=[f"unset {name}"], rule=rule,
            )  # fmt: skip
    about = About(environment, "SSL_CERT_DIR")
    position = 0
    for folder in about.value.split(":"):
        if folder in missing:
            yield about.find(
                "file.missing", Level.WARNING,
                f"There is no folder {folder}. go says nothing and goes on without its certificates.",
                Span.of(folder, position), rule="crypto/x509/root_unix.go loadSystemRoots",
            )  # fmt: skip
        position += len(folder) + 1
