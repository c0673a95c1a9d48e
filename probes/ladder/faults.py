"""What can be wrong on each rung of one hop, and how bad it is.

The rungs are the layers that a request of the go command climbs, in its order (net/http transport.go
dialConn, cmd/go/internal/web): HTTP proxy, names, TCP, TLS, HTTP, content. Where an HTTP proxy stands in
the way, it is the proxy that looks up the name and connects: those rungs are skipped then, and the proxy's
own name and connection belong to the first rung.
"""

from __future__ import annotations

from enum import StrEnum


class Rung(StrEnum):
    """A layer of a hop, in the order in which go climbs."""

    PROXY = "http proxy"
    NAMES = "names"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    CONTENT = "content"


class Judgement(StrEnum):
    """What a rung comes to, as go would experience it."""

    OK = "ok"
    WARNING = "warning"
    """go gets past, but slower, or somewhere else than the user thinks."""
    BROKEN = "broken"
    """go does not get past."""
    SKIPPED = "skipped"
    """Not climbed: an earlier rung is broken, or somebody else does this step."""


class Fault(StrEnum):
    """Everything that goes wrong; the part before the dot is the rung's."""

    PROXY_CGI = "proxy.cgi"
    """HTTP_PROXY in a CGI environment, which Go refuses."""
    PROXY_IGNORED = "proxy.ignored"
    """A variable holds what is no URL: Go silently connects without a proxy."""
    PROXY_NAME = "proxy.name"
    """The name of the proxy cannot be looked up."""
    PROXY_UNREACHABLE = "proxy.unreachable"
    """No connection to the proxy."""
    PROXY_NOT_TLS = "proxy.not-tls"
    """https:// in front of a proxy that does not speak TLS."""
    PROXY_TLS = "proxy.tls"
    """The proxy's own certificate or handshake."""
    PROXY_AUTH = "proxy.auth"
    """The proxy wants credentials: 407, or a SOCKS method that go does not have."""
    PROXY_REFUSED = "proxy.refused"
    """The proxy is asked for a tunnel and refuses."""
    PROXY_CLOSED = "proxy.closed"
    """The proxy hangs up instead of an answer."""
    PROXY_STALL = "proxy.stall"
    """The proxy does not answer."""
    PROXY_PROTOCOL = "proxy.protocol"
    """The proxy answers something else than the protocol wants."""

    DNS_NXDOMAIN = "names.nxdomain"
    DNS_NO_ADDRESS = "names.no-address"
    """The name exists, without an address."""
    DNS_SERVFAIL = "names.servfail"
    DNS_REFUSED = "names.refused"
    """The nameserver refuses to answer (or says anything else that is no answer)."""
    DNS_TIMEOUT = "names.timeout"
    DNS_UNREACHABLE = "names.unreachable"
    """No packet reaches the nameserver: connection refused, no route."""
    DNS_NAMESERVER_DEAD = "names.nameserver-dead"
    """One nameserver of several does not answer: each look-up waits for it first."""
    DNS_FAMILY_TIMEOUT = "names.family-timeout"
    """A is answered and AAAA is not, or the other way round: each look-up waits."""
    DNS_TCP_BLOCKED = "names.tcp-blocked"
    """The answer is too long for UDP, and the nameserver does not answer over TCP."""
    DNS_DISAGREE = "names.disagree"
    """One nameserver knows the name and another says that it does not exist."""
    DNS_SPLIT_HORIZON = "names.split-horizon"
    """A private address here, a public one elsewhere."""
    DNS_POLLUTED = "names.polluted"
    """An address where no server can be, or one that others contradict: a lie on the way."""
    DNS_FAKE_ADDRESS = "names.fake-address"
    """198.18.0.0/15: the made-up address of a transparent proxy on this machine or network."""
    DNS_RESERVED = "names.reserved"
    """A public name with an address that is not public, and nobody to compare with."""
    DNS_HOSTS_SHADOW = "names.hosts-shadow"
    """A line of the hosts file stands in front of the DNS."""
    DNS_SEARCH_DOMAIN = "names.search-domain"
    """The answer is for the name with a search domain behind it."""
    DNS_LIBC_DIFFERS = "names.libc-differs"
    """The C library (curl, ping) finds the name, go's own resolver does not, or the other way round."""
    DNS_NOT_A_NAME = "names.not-a-name"
    """No domain name at all; nobody is asked."""

    TCP_REFUSED = "tcp.refused"
    TCP_TIMEOUT = "tcp.timeout"
    TCP_RESET = "tcp.reset"
    TCP_NO_ROUTE = "tcp.no-route"
    """No route to the host, or to its network."""
    TCP_DENIED = "tcp.denied"
    """This machine forbids it: permission denied, operation not permitted."""
    TCP_ERROR = "tcp.error"
    """Any other error of the operating system."""
    TCP_V6_DEAD = "tcp.v6-dead"
    """IPv4 connects and IPv6 does not."""
    TCP_V4_DEAD = "tcp.v4-dead"
    """IPv6 connects and IPv4 does not."""
    TCP_SOME_DEAD = "tcp.some-dead"
    """Some addresses of a family connect and others do not."""
    TCP_BAD_PORT = "tcp.bad-port"

    TLS_EXPIRED = "tls.expired"
    TLS_NOT_YET_VALID = "tls.not-yet-valid"
    TLS_CLOCK = "tls.clock"
    """Several certificates of the chain are out of their time on the same side: our clock is wrong."""
    TLS_WRONG_NAME = "tls.wrong-name"
    TLS_NO_ALTERNATIVE_NAMES = "tls.common-name-only"
    TLS_UNKNOWN_AUTHORITY = "tls.unknown-authority"
    TLS_MISSING_INTERMEDIATE = "tls.missing-intermediate"
    TLS_SELF_SIGNED = "tls.self-signed"
    TLS_INTERCEPTED = "tls.intercepted"
    """A certificate for a public host that no public authority issued."""
    TLS_NO_ROOTS = "tls.no-roots"
    """No root certificate is found on this machine."""
    TLS_BAD_CHAIN = "tls.bad-chain"
    """The chain leads to a root and is refused all the same: wrong key usage, no authority, bad signature."""
    TLS_PROTOCOL_VERSION = "tls.protocol-version"
    TLS_ALERT = "tls.alert"
    """The server sends a fatal alert."""
    TLS_NOT_TLS = "tls.not-tls"
    """The server speaks something else."""
    TLS_TIMEOUT = "tls.timeout"
    TLS_RESET = "tls.reset"
    TLS_CLOSED = "tls.closed"
    TLS_ERROR = "tls.error"
    TLS_HELLO_SIZE = "tls.hello-size"
    """Only a small ClientHello is answered: something on the way drops Go's large one."""
    TLS_SNI_FILTERED = "tls.sni-filtered"
    """Only another server name (or none) is answered on the same address."""
    TLS_13_FILTERED = "tls.tls13-filtered"
    """Only a ClientHello without TLS 1.3 is answered."""
    TLS_FAMILY = "tls.family"
    """The handshake works over one address family and not over the other."""

    HTTP_STALL = "http.stall"
    """Connected, asked, no answer."""
    HTTP_CLOSED = "http.closed"
    HTTP_RESET = "http.reset"
    HTTP_MALFORMED = "http.malformed"
    HTTP_H2 = "http.h2"
    """HTTP/2 fails where HTTP/1.1 works, or a stream error."""
    HTTP_REDIRECT = "http.redirect"
    """Too many redirects, one to plain http, or one that cannot be read."""
    HTTP_REDIRECT_HOST = "http.redirect-host"
    """A host that the server redirects to cannot be reached."""
    HTTP_CREDENTIALS = "http.credentials"
    """User and password for a plain http URL, which go refuses to send."""
    HTTP_UNAUTHORIZED = "http.401"
    HTTP_FORBIDDEN = "http.403"
    HTTP_NOT_FOUND = "http.404"
    """404 or 410: the class of errors that lets the next hop be asked."""
    HTTP_PROXY_AUTH = "http.407"
    HTTP_TEAPOT = "http.418"
    HTTP_THROTTLED = "http.429"
    HTTP_LEGAL = "http.451"
    HTTP_SERVER = "http.5xx"
    HTTP_STATUS = "http.status"
    """Any other answer that is not 200."""
    HTTP_CLOCK = "http.clock"
    """The server's clock and ours are more than a day apart."""
    HTTP_ERROR = "http.error"

    CONTENT_PORTAL = "content.portal"
    """The page of a captive portal."""
    CONTENT_LOGIN = "content.login"
    CONTENT_WAF = "content.waf"
    """The block page of a firewall in front of the server, or on the way."""
    CONTENT_POLICY = "content.policy"
    """A repository manager's policy withholds the module."""
    CONTENT_REGION = "content.region"
    """Not served to this country or network."""
    CONTENT_HTML = "content.html"
    CONTENT_HTML_LIST = "content.html-list"
    """HTML with 200 on a list: go reads an empty list."""
    CONTENT_EMPTY_LIST = "content.empty-list"
    """200 and no version: go says "no matching versions" and does not fall back."""
    CONTENT_BAD_UPSTREAM = "content.bad-upstream"
    CONTENT_UNKNOWN_REVISION = "content.unknown-revision"
    CONTENT_FETCH_TIMED_OUT = "content.fetch-timed-out"
    CONTENT_UPSTREAM_AUTH = "content.upstream-auth"
    """The module proxy could not log in where the module comes from."""
    CONTENT_UPSTREAM_TLS = "content.upstream-tls"
    """The module proxy itself does not trust where the module comes from."""
    CONTENT_UPSTREAM_IMPORT = "content.upstream-import"
    """The module proxy found no repository behind the path."""
    CONTENT_NOT_CACHED = "content.not-cached"
    """The module proxy was told not to fetch, and has no copy."""
    CONTENT_TRUNCATED = "content.truncated"
    CONTENT_STALL = "content.stall"
    """The body stops coming."""
    CONTENT_SLOW = "content.slow"
    """The body comes drop by drop."""
    CONTENT_GZIP = "content.gzip"
    """Compression that Go does not undo, or cannot."""
    CONTENT_NOT_JSON = "content.not-json"
    CONTENT_NOT_ZIP = "content.not-zip"
    CONTENT_STALE = "content.stale"
    """The answer has lain in a cache for more than a day."""

    @property
    def rung(self) -> Rung:
        """Where it happens."""
        return _RUNG_OF[self.value.partition(".")[0]]


_RUNG_OF = {
    "proxy": Rung.PROXY,
    "names": Rung.NAMES,
    "tcp": Rung.TCP,
    "tls": Rung.TLS,
    "http": Rung.HTTP,
    "content": Rung.CONTENT,
}

FAULT_OF_STATUS = {
    401: Fault.HTTP_UNAUTHORIZED,
    403: Fault.HTTP_FORBIDDEN,
    404: Fault.HTTP_NOT_FOUND,
    407: Fault.HTTP_PROXY_AUTH,
    410: Fault.HTTP_NOT_FOUND,
    418: Fault.HTTP_TEAPOT,
    429: Fault.HTTP_THROTTLED,
    451: Fault.HTTP_LEGAL,
}


def fault_of_status(status: int) -> Fault:
    """The fault of an answer that is not 200."""
    if 500 <= status <= 599:
        return Fault.HTTP_SERVER
    return FAULT_OF_STATUS.get(status, Fault.HTTP_STATUS)
