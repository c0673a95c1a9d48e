"""Which HTTP proxy a request goes through.

Source: golang.org/x/net/http/httpproxy (FromEnvironment, config.useProxy, config.init), which net/http's
ProxyFromEnvironment reads once per process. Not to be mixed up with the module proxies of GOPROXY.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.urls import GoURL, parse_url

CGI_REFUSAL = "refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy"


def _either(environment: Mapping[str, str], upper: str) -> str:
    return environment.get(upper) or environment.get(upper.lower()) or ""


@dataclass(frozen=True, slots=True)
class HTTPProxyRules:
    """The variables, read once."""

    http: GoURL | None
    https: GoURL | None
    no_proxy: tuple[str, ...]
    cgi: bool
    """REQUEST_METHOD is set, so HTTP_PROXY must not be trusted."""
    http_from_environment: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> HTTPProxyRules:
        """Read the variables; an unusable proxy URL is silently ignored, as Go does."""
        http = _either(environment, "HTTP_PROXY")
        entries = tuple(
            entry.strip().lower() for entry in _either(environment, "NO_PROXY").split(",") if entry.strip()
        )
        return cls(
            http=_parse(http),
            https=_parse(_either(environment, "HTTPS_PROXY")),
            no_proxy=entries,
            cgi=bool(environment.get("REQUEST_METHOD")),
            http_from_environment=bool(http),
        )

    def proxy_for(self, url: GoURL) -> GoURL | None:
        """The proxy for a request, or None for a direct connection.

        Raises GoError where Go refuses (HTTP_PROXY in a CGI environment).
        """
        proxy = self.https if url.scheme == "https" else self.http
        if url.scheme == "http" and proxy is not None and self.cgi:
            raise GoError(CGI_REFUSAL)
        if proxy is None or not self._applies(url):
            return None
        return proxy

    def _applies(self, url: GoURL) -> bool:
        host = url.hostname().lower().rstrip(".")
        port = url.port() or ("443" if url.scheme == "https" else "80")
        if host == "localhost":
            return False
        try:
            address = ipaddress.ip_address(host.split("%")[0])
        except ValueError:
            address = None
        if address is not None and address.is_loopback:
            return False
        return not any(_exempts(entry, host, port, address) for entry in self.no_proxy)


def _parse(value: str) -> GoURL | None:
    if not value:
        return None
    try:
        parsed = parse_url(value)
    except GoError:
        parsed = None
    if parsed is not None and parsed.scheme and parsed.host:
        return parsed
    try:
        return parse_url("http://" + value)
    except GoError:
        return None


def _exempts(
    entry: str, host: str, port: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    """Whether one NO_PROXY entry lets this host be reached without a proxy."""
    if entry == "*":
        return True
    try:
        network = ipaddress.ip_network(entry, strict=False) if "/" in entry else None
    except ValueError:
        network = None
    if network is not None:
        return address is not None and address.version == network.version and address in network
    name, wanted_port = _split_port(entry)
    if wanted_port and wanted_port != port:
        return False
    try:
        literal = ipaddress.ip_address(name)
    except ValueError:
        literal = None
    if literal is not None:
        return address == literal
    if not name:
        return False
    name = name.removeprefix("*")
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith("." + name)


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("[") and "]" in entry:
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, port
    return entry, ""
