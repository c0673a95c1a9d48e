"""What go prints when it cannot find or download a module, as a table: words, rule, node, cause.

Source of the words: the error catalogue of the specification (strings as Go 1.27 prints them), net, net/http,
crypto/x509 and crypto/tls for the transport, git's own for direct fetches, and what Windows and macOS print in
their place (connectex, wsarecv, getaddrinfow, "operation timed out"). Within one message the first row that
fits wins, so rows stand in causal order: a setting before the name that it broke, the HTTP proxy before the
server behind it, the checksum database before the status it answered with.

Words that only go prints (``GO``) are believed anywhere. Words that any program prints (``NET``: "i/o timeout",
"x509: …") count only in a message that shows by something else that go wrote it; see ``is_from_go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from probes.diagnosis.catalogue import Transience
from probes.diagnosis.log_text import Block


class Layer(StrEnum):
    """The rung that broke."""

    SETTING = "setting"
    MODE = "mode"
    STORE = "store"
    HTTP_PROXY = "http proxy"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    CONTENT = "content"
    CHECKSUM = "checksum"
    ORIGIN = "origin"
    PROJECT = "project"


class Printed(StrEnum):
    """Who prints such words."""

    GO = "go"
    NET = "net"


YES, NO, UNKNOWN = Transience.YES, Transience.NO, Transience.UNKNOWN
GO, NET = Printed.GO, Printed.NET


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row."""

    id: str
    rule: str
    layer: Layer
    words: re.Pattern[str]
    """Searched in what go itself says; its named groups are facts."""
    transience: Transience | None = None
    """None: what the rule says."""
    node: str = ""
    """"" : the rule's node."""
    printed: Printed = GO
    remedies: tuple[str, ...] = ()
    """Names of the rule's remedies, the best first; () for all as listed."""
    cause: str = ""
    """One sentence with {facts} in it; "" for the rule's own."""
    answer: re.Pattern[str] | None = None
    """Searched in what the server answered; None when that does not matter."""
    about_sumdb: bool | None = None
    """Whether the message has to be about the checksum database; None when that does not matter."""
    origin_only: bool = False
    """The error is one of a direct fetch, which hides what proxies before it answered."""

    def search(self, block: Block) -> re.Match[str] | None:
        """The place of its words in a message; None when the row does not fit."""
        own = block.own
        if self.about_sumdb is not None and self.about_sumdb is not concerns_sumdb(own):
            return None
        if self.answer is not None and not self.answer.search(block.said):
            return None
        return self.words.search(own)


_SUMDB_URL = re.compile(r"https?://(?:sum\.golang\.(?:org|google\.cn)\b|[^\s\"]*/sumdb/)")


def concerns_sumdb(own: str) -> bool:
    """Whether a message names a URL of a checksum database."""
    return _SUMDB_URL.search(own) is not None


_SIGNS_OF_GO = re.compile(
    r"(?m)^(?:go|vgo)(?: (?:get|install|list|build|run|test|generate|work|mod \w+))?: (?!command not found)"
    r"|(?<![\w/@.%-])[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?:/[\w.~!%+-]+)*@v\d"
    r"|/@v/|/@latest\b|[?&]go-get=1|/sumdb/|/lookup/\S+@v\d"
    r"|\b(?:sum|proxy)\.golang\.(?:org|com\.cn|google\.cn)\b|\bgoproxy\.(?:cn|io)\b"
    r"|\bunrecognized import path\b|\bmodule [\w.-]+\.[\w./~-]+: |^verifying \S+@"
    r"|\bConfirm the import path was entered correctly|/pkg/mod/cache/vcs/|[\\/]cache[\\/]vcs[\\/]"
    r"|\bGO(?:PROXY|SUMDB|PRIVATE|NOPROXY|NOSUMDB|FLAGS|111MODULE|TOOLCHAIN)\b"
)


def is_from_go(block: Block) -> bool:
    """Whether something in a message shows that the go command wrote it."""
    return _SIGNS_OF_GO.search(block.text) is not None


def _row(
    id: str, rule: str, layer: Layer, words: str, transience: Transience | None = None, *,
    node: str = "", printed: Printed = GO, remedies: str = "", cause: str = "", answer: str | None = None,
    about_sumdb: bool | None = None, origin_only: bool = False,
) -> Pattern:  # fmt: skip
    return Pattern(
        id=id, rule=rule, layer=layer, words=re.compile(words), transience=transience, node=node,
        printed=printed, remedies=tuple(remedies.split()), cause=cause,
        answer=None if answer is None else re.compile(answer, re.IGNORECASE), about_sumdb=about_sumdb,
        origin_only=origin_only,
    )  # fmt: skip


_L = Layer

_SETTINGS = (
    _row("env-w-conflict", "R02", _L.SETTING, r"go env -w (?P<variable>\w+)=\.\.\. does not override conflicting OS",
         node="N1", remedies="show unset-goproxy",
         cause="The process variable {variable} wins over what `go env -w` wrote into the go/env file."),
    _row("unknown-variable", "R02", _L.SETTING, r"unknown go command variable (?P<variable>\w+)", node="N1",
         remedies="show", cause="go knows no variable {variable}, so setting it does nothing."),
    _row("proxy-scheme", "R02", _L.SETTING, r"invalid (?:file:// )?proxy URL ", node="N4",
         remedies="stock-goproxy show", cause="An entry of GOPROXY is no URL, and one bad entry spoils the list."),
    _row("no-entries", "R02", _L.SETTING, r"GOPROXY list is not the empty string, but contains no entries",
         node="N4", remedies="stock-goproxy show", cause="GOPROXY holds separators or blanks and no entry."),
    _row("proxy-quotes", "R02", _L.SETTING, r"\bparse \".*?(?:first path segment in URL cannot contain colon"
         r"|missing protocol scheme|invalid character .{1,12} in host name)", node="N4",
         remedies="stock-goproxy show", cause="Quotes or blanks became part of GOPROXY, so its URL cannot be read."),
    _row("proxy-lookalike", "R02", _L.SETTING,
         r"lookup [^\s:]*?[^\x00-\x7f][^\s]*?(?: on \S+)?: |\"https?://[^/\"]*%[A-F0-9]{2}%[A-F0-9]{2}", NO, node="N4",
         remedies="stock-goproxy show",
         cause="A full-width or typographic character in GOPROXY became part of a host name."),
    _row("proxy-keyword-host", "R02", _L.SETTING,
         r"lookup (?:direct|off|https?|file|goproxy|none)\.?(?: on \S+)?: |\"https?://(?:direct|off|https?)/", NO,
         node="N4", remedies="stock-goproxy show",
         cause="A keyword or a scheme in GOPROXY is spelt so that go takes it for a host."),
    _row("gosumdb", "R02", _L.SETTING, r"missing GOSUMDB|invalid GOSUMDB\b|invalid sumdb name", node="N1",
         remedies="stock-gosumdb show", cause="GOSUMDB is neither a known name nor a valid verifier key."),
    _row("goflags", "R02", _L.SETTING, r"parsing \$GOFLAGS: ", node="N0", remedies="goflags unset-goflags",
         cause="GOFLAGS holds something that is no flag of go, so no command starts."),
    _row("gotoolchain", "R02", _L.SETTING, r"invalid GOTOOLCHAIN \"", node="N0", remedies="toolchain-auto show",
         cause="GOTOOLCHAIN is local, auto, path or a name such as go1.22.0, with +auto or +path at most."),
    _row("goauth", "R02", _L.SETTING, r"GOAUTH=off cannot be combined|GOAUTH encountered an empty command"
         r"|GOAUTH=git dir method", node="N5e", remedies="goauth show", cause="GOAUTH is not written as go reads it."),
    _row("other-setting", "R02", _L.SETTING, r"unknown environment setting GO111MODULE|GOPATH entry (?:is relative"
         r"|cannot start)|GOMODCACHE entry is relative|cannot find GOROOT directory|malformed entry in GOVCS"
         r"|empty entry in GOVCS|arguments must be KEY=VALUE|invalid GOWORK: |cannot be modified$", node="N1",
         remedies="show", cause="go cannot use a setting as it stands."),
    _row("http-answered-https", "R02", _L.TLS, r"(?<!proxyconnect tcp: )http: server gave HTTP response to HTTPS client",
         NO, node="N4", printed=NET, remedies="http-scheme show",
         cause="GOPROXY says https (or nothing, which means https), and {host} speaks plain HTTP."),
    _row("no-tls-there", "R02", _L.TLS, r"^(?!.*proxyconnect).*tls: first record does not look like a TLS handshake", NO,
         node="N4", printed=NET, remedies="http-scheme show",
         cause="GOPROXY says https, and what listens at {host} does not speak TLS: wrong port or scheme."),
)  # fmt: skip

_MODES = (
    _row("gosumdb-off-toolchain", "R04", _L.CHECKSUM, r"checksum database disabled by GOSUMDB=off", NO,
         remedies="default", cause="A toolchain is always verified, and GOSUMDB=off forbids it."),
    _row("goproxy-off", "R06", _L.MODE, r"(?:module )?lookup disabled by GOPROXY=off", node="N4",
         remedies="goproxy goproxy-here show", cause="The walk reached `off` in GOPROXY, which forbids every download."),
    _row("mod-vendor", "R06", _L.MODE, r"disabled by -mod=vendor|due to -mod=vendor|lookup disabled by -mod=\w+",
         remedies="no-vendor vendor-sync show", cause="-mod=vendor, said or implied by a vendor folder, forbids lookups."),
    _row("inconsistent-vendoring", "R06", _L.MODE, r"inconsistent vendoring in ",
         remedies="vendor-sync no-vendor", cause="vendor/modules.txt does not agree with go.mod."),
    _row("workspace-mod", "R06", _L.MODE, r"-mod may only be set to readonly or vendor when in workspace mode",
         remedies="workspace show", cause="Inside a go.work workspace -mod=mod is refused."),
    _row("modules-off", "R06", _L.MODE, r"disabled by GO111MODULE=off|cannot be used with GO111MODULE=off"
         r"|cannot use path@version syntax in GOPATH mode", remedies="module-mode show",
         cause="GO111MODULE=off turns modules off, and with them GOPROXY."),
    _row("gopath-mode", "R06", _L.MODE, r"cannot find package \"[^\"]+\" in any of:|\(from \$GOPATH\)",
         remedies="module-mode init", cause="go works in GOPATH mode, where GOPROXY plays no part."),
    _row("netlimit", "R06", _L.MODE, r"network disabled by cmdgonetlimit=0", remedies="godebug",
         cause="GODEBUG=cmdgonetlimit=0 forbids every request."),
    _row("insecure-flag", "R06", _L.MODE, r"-insecure flag is no longer supported", remedies="show",
         cause="The -insecure flag is gone since Go 1.17; the GOINSECURE variable is for direct fetches only."),
    _row("toolchain-requires", "R06", _L.MODE, r"requires go >= (?P<go>[\w.]+) \(running go (?P<running>[\w.]+)",
         remedies="toolchain newer-go", cause="go {go} is asked for, go {running} runs, and no other may be fetched."),
    _row("toolchain-missing", "R06", _L.MODE, r"toolchain not available|is a language version but not a toolchain version"
         r"|invalid toolchain: |cannot find \"go[\w.]+\" in PATH|no releases found for go", node="N0",
         remedies="toolchain-patch toolchain newer-go",
         cause="No toolchain of that name could be had; the text does not say who refused it."),
    _row("new-go-mod", "R06", _L.MODE, r"invalid go version '[^']*': must match format|unknown directive: "
         r"(?:toolchain|tool|ignore|godebug)\b|module requires Go 1\.\d+|note: module requires Go",
         remedies="newer-go toolchain-patch", cause="This go is older than the go.mod it reads."),
    _row("outside-module", "R06", _L.MODE, r"go\.mod file not found in current directory|cannot find main module"
         r"|no longer supported outside a module|outside a module: ", remedies="init install",
         cause="There is no go.mod here or above, and the command needs one."),
)  # fmt: skip

_LATE_MODES = (
    _row("missing-go-sum", "R06", _L.MODE, r"missing go\.sum entry|updates to go\.(?:mod|sum) needed"
         r"|requires? .{0,200}?; to add it:|not explicitly required in go\.mod|go: updating go\.(?:mod|sum): ",
         remedies="tidy download", cause="go.mod and go.sum lack an entry, and go may not add it by itself."),
    _row("no-required-module", "R06", _L.MODE, r"no required module provides package (?P<package>\S+?)[;:]?(?:\s|$|\")"
         r"|is replaced but not required; to add it", remedies="get tidy",
         cause="go.mod does not require the module of this package, and go may not add it by itself."),
)  # fmt: skip

_MACHINE = (
    _row("cache-nowhere", "R20", _L.STORE, r"module cache not found: neither GOMODCACHE nor GOPATH is set"
         r"|GOPATH is not defined", remedies="own", cause="go does not know where to keep modules: HOME is not set."),
    _row("disk-full", "R20", _L.STORE, r"no space left on device|There is not enough space on the disk", printed=NET,
         remedies="space own", cause="The disk with the module cache or the temporary folder is full."),
    _row("cache-denied", "R20", _L.STORE, r"could not create module cache|(?:mkdir|open|unlinkat|rename|lock(?:ing)?|RLock"
         r"|Lock|stat|chmod|remove|write) \S*?(?:[\\/]pkg[\\/](?:mod|sumdb)|[\\/]cache[\\/]download|GOMODCACHE)\S*: "
         r"(?:permission denied|read-only file system|Access is denied|operation not permitted)",
         remedies="chown own", cause="The module cache belongs to somebody else or cannot be written."),
    _row("git-missing", "R21", _L.ORIGIN, r"exec: \"(?P<tool>git|hg|svn|bzr|fossil)(?:\.exe)?\": executable file not "
         r"found", remedies="git proxy", cause="A direct fetch has to run {tool}, which is not installed.",
         origin_only=True),
    _row("govcs", "R21", _L.ORIGIN, r"GOVCS disallows using ", remedies="proxy govcs",
         cause="GOVCS does not allow this version control system for this path.", origin_only=True),
    _row("git-ownership", "R21", _L.ORIGIN, r"detected dubious ownership in repository|cannot use bare repository",
         printed=NET, remedies="owner", cause="git refuses a cache folder that belongs to another user.",
         origin_only=True),
)  # fmt: skip

_HASHES = (
    _row("mismatch", "R12", _L.CHECKSUM, r"checksum mismatch\b|checksum missing from sumdb response|does NOT match "
         r"(?:an earlier download|the one reported)", node="N8", remedies="compare newer forget"),
    _row("modified", "R12", _L.CHECKSUM, r"(?:zip|dir) has been modified \(|missing ziphash: ", node="N2",
         remedies="evict", cause="Files in the module cache were changed after they had been downloaded."),
)  # fmt: skip

_HTTP_PROXY = (
    _row("proxy-scheme-https", "R19", _L.HTTP_PROXY, r"proxyconnect tcp: (?:tls: first record|http: server gave HTTP|EOF"
         r"|tls: )", remedies="scheme unset", cause="HTTPS_PROXY says https://, and the proxy speaks plain HTTP."),
    _row("proxy-unreachable", "R19", _L.HTTP_PROXY, r"proxyconnect tcp: |socks connect tcp \S+:? ?",
         remedies="unset container no-proxy", cause="The HTTP proxy that the environment names cannot be reached."),
    _row("proxy-auth", "R19", _L.HTTP_PROXY, r"\bProxy Authentication Required\b|: 407\b|authenticationrequired",
         printed=NET, remedies="credentials unset", cause="The HTTP proxy wants credentials that the variable lacks."),
    _row("proxy-connect-status", "R19", _L.HTTP_PROXY, r"Get \"?https://\S+\"?: (?:Forbidden|Bad Gateway|Service Unavailable"
         r"|Method Not Allowed|Gateway Timeout|Bad Request)$", remedies="no-proxy unset",
         cause="The HTTP proxy refused to open a tunnel (CONNECT) to {host}."),
    _row("proxy-cgi", "R19", _L.HTTP_PROXY, r"refusing to use HTTP_PROXY value in CGI environment", remedies="cgi",
         cause="REQUEST_METHOD is set, so Go takes HTTP_PROXY for a request header and refuses it."),
    _row("git-proxy", "R19", _L.HTTP_PROXY, r"unable to access '[^']*': (?:Received HTTP code 407|CONNECT tunnel failed"
         r"|Could not resolve proxy|Failed to connect to \S+ port \d+ via proxy|Proxy CONNECT aborted)", printed=NET,
         remedies="credentials unset", cause="git could not get through the HTTP proxy."),
)  # fmt: skip

_TRANSIENT_STATUS = r"(?:408|425|429|500|502|503|504|52\d)"

_SUMDB = (
    _row("sumdb-signature", "R04", _L.CHECKSUM, r"note has no verifiable signatures|malformed note|reading tree note: ", NO,
         remedies="default alias", cause="What answered is not the database whose key go has: a log-in page or another database."),
    _row("sumdb-fork", "R04", _L.CHECKSUM, r"database server misbehavior detected|downloaded inconsistent tile", NO,
         remedies="alias default", cause="The tree of this database does not continue the one that go saw before."),
    _row("sumdb-private-name", "R08", _L.CHECKSUM, r"/lookup/\S+?: (?:404|410)\b", NO, about_sumdb=True,
         remedies="goprivate gonosumdb ci",
         answer=r"could not read Username|Authentication failed|Repository not found|no such host|terminal prompts disabled"
         r"|could not be found or you don't have permission|Permission denied|unrecognized import path",
         cause="The checksum database cannot see {module}, and nothing told go not to ask it."),
    _row("sumdb-slow", "R04", _L.CHECKSUM, r"/lookup/\S+?: (?:404|410|5\d\d)\b", YES, about_sumdb=True, remedies="wait alias",
         answer=r"fetch timed out|timed? ?out|Failed to connect to (?:github|gitlab|bitbucket)|unexpected EOF|connection re",
         cause="The database did not get {module} from its origin in time: it did not say that there is none."),
    _row("sumdb-new", "R05", _L.CHECKSUM, r"/lookup/\S+?: (?:404|410)\b", YES, node="N8", about_sumdb=True, remedies="exact origin",
         answer=r"unknown revision",
         cause="The database sees the repository and not this version yet: it was published a moment ago."),
    _row("sumdb-private", "R08", _L.CHECKSUM, r"https?://sum\.golang\S*/lookup/\S+?: (?:404|410)\b", NO, about_sumdb=True,
         remedies="goprivate gonosumdb ci",
         cause="The checksum database cannot see {module}, and nothing told go not to ask it."),
    _row("sumdb-mirror-says-no", "R08", _L.CHECKSUM, r"/sumdb/\S+?/lookup/\S+?: (?:404|410)\b", UNKNOWN, about_sumdb=True,
         remedies="official goprivate gonosumdb",
         cause="A mirror's checksum database does not know {module}: private, or the mirror's fault."),
    _row("sumdb-supported", "R04", _L.CHECKSUM, r"/supported: (?P<status>4\d\d)\b", NO, about_sumdb=True,
         remedies="operator alias serving-proxy",
         cause="{host} answered {status} to the question whether it passes the database on: only 404 and 410 mean no."),
    _row("sumdb-overload", "R04", _L.CHECKSUM, rf": (?P<status>{_TRANSIENT_STATUS})\b", YES, about_sumdb=True,
         remedies="wait alias serving-proxy", cause="The checksum database at {host} answered {status}."),
    _row("sumdb-broken-line", "R04", _L.CHECKSUM, r"stream error: |unexpected EOF|: EOF$|connection reset by peer|forcibly closed"
         r"|client connection lost|GOAWAY", YES, about_sumdb=True, remedies="wait alias",
         cause="The line to the checksum database at {host} broke."),
    _row("sumdb-status", "R04", _L.CHECKSUM, r": (?P<status>[345]\d\d)\b", UNKNOWN, about_sumdb=True,
         remedies="alias serving-proxy", cause="The checksum database at {host} answered {status}."),
    _row("sumdb-unreachable", "R04", _L.CHECKSUM, r"dial tcp|i/o timeout|no such host|x509: |tls: |TLS handshake|server "
         r"misbehaving|connection refused|timed out|failed to respond", UNKNOWN, about_sumdb=True, remedies="alias serving-proxy"),
    _row("sumdb-start", "R04", _L.CHECKSUM, r"initializing sumdb\.Client: ", UNKNOWN, remedies="alias serving-proxy"),
)  # fmt: skip

_NAMES = (
    _row("dns-timeout", "R17", _L.DNS, r"lookup \S+(?: on \S+)?: (?:read udp|read tcp|dial udp|dial tcp|write udp)[^\n]*?(?:i/o timeout"
         r"|connection refused|timed out)|lookup \S+(?: on \S+)?: (?:i/o timeout|operation timed out|dnsquery: .*timeout)", UNKNOWN,
         printed=NET, remedies="resolver docker retry", cause="The resolver {resolver} did not answer when go asked for {host}."),
    _row("dns-unreachable", "R17", _L.DNS, r"lookup \S+(?: on \S+)?: (?:read|write|dial) udp[^\n]*?(?:no route to host|unreachable"
         r"|not permitted)", UNKNOWN, printed=NET, remedies="docker resolver", cause="The resolver {resolver} cannot be reached."),
    _row("dns-servfail", "R17", _L.DNS, r"lookup \S+(?: on \S+)?: (?:server misbehaving|Temporary failure in name resolution|no answer "
         r"from DNS server|try again|getaddrinfow: This is usually a temporary)", YES, printed=NET, remedies="retry resolver docker",
         cause="The resolver failed to answer for {host}: it did not say that there is no such host."),
    _row("dns-no-host", "R17", _L.DNS, r"lookup \S+(?: on \S+)?: (?:no such host|getaddrinfow: |Name or service not known|nodename nor "
         r"servname|No address associated|dnsquery: |no DNS servers)|\blookup \S+: no such host", NO, printed=NET,
         remedies="resolver internal docker cgo", cause="The resolver says that there is no host {host}."),
    _row("dns-git", "R17", _L.DNS, r"Could not resolve host(?:name)?:? \S+|Could not resolve hostname \S+|Temporary failure in name resolution",
         NO, printed=NET, remedies="resolver docker internal", cause="git could not resolve the name of {host}.", origin_only=True),
)  # fmt: skip

_TLS = (
    _row("x509-clock", "R10", _L.TLS, r"certificate has expired|not yet valid|certificate is expired|certificate has been revoked", NO,
         printed=NET, remedies="clock server", cause="The certificate of {host} is out of its time, or this machine's clock is."),
    _row("x509-name", "R10", _L.TLS, r"x509: certificate is (?:valid for|not valid for any)|doesn't contain any (?:IP )?SANs|legacy Common Name"
         r"|no alternative certificate subject name|does not match target host", NO, printed=NET, remedies="server",
         cause="The certificate that came is not for {host}."),
    _row("x509-no-roots", "R10", _L.TLS, r"no roots provided|failed to load system roots", NO, printed=NET, remedies="image-roots ca-file",
         cause="This machine or image has no root certificates at all."),
    _row("x509-git", "R10", _L.TLS, r"SSL certificate problem|server certificate verification failed|SSL: no alternative|schannel: \S*CERT"
         r"|SSL_ERROR_BAD_CERT|unable to get (?:local )?issuer", NO, printed=NET, remedies="git-ca ca-install",
         cause="git does not trust the certificate of {host}; git has roots of its own.", origin_only=True),
    _row("x509", "R10", _L.TLS, r"x509: |tls: failed to verify certificate|certificate signed by unknown authority|certificate is not trusted"
         r"|certificate is not standards compliant", NO, printed=NET, remedies="ca-file ca-install image-roots goinsecure",
         cause="Go does not know the root that signed the certificate of {host}: a company's TLS inspection, or no roots here."),
    _row("tls-timeout", "R14", _L.TLS, r"TLS handshake timeout", UNKNOWN, printed=NET, remedies="mlkem mirror loop",
         cause="{host} accepted the connection and the TLS handshake did not end within ten seconds."),
    _row("tls-alert", "R14", _L.TLS, r"remote error: tls: |tls: (?:handshake failure|server selected unsupported|no supported versions|protocol "
         r"version not supported|unsupported|unexpected message|server chose|internal error|received unexpected)|gnutls_handshake\(\) failed"
         r"|SSL_connect: |error:[0-9A-F]{8}:SSL", NO, printed=NET, remedies="server mlkem", cause="{host} and Go agree on no form of TLS."),
)  # fmt: skip

_CONNECTION = (
    _row("dial-timeout", "R07", _L.TCP, r"dial tcp[^\n]*?(?:i/o timeout|operation timed out|connection timed out|connectex: A connection attempt "
         r"failed|connectex: 连接尝试失败|connectex: 由于连接方|failed to respond|context deadline exceeded)|connectex: A connection attempt failed",
         UNKNOWN, printed=NET, remedies="mirror http-proxy allow", cause="Nothing answers at {address}: packets are dropped on the way."),
    _row("dial-reset", "R07", _L.TCP, r"dial tcp[^\n]*?connection reset by peer", UNKNOWN, printed=NET, remedies="mirror http-proxy allow",
         cause="The connection to {address} was torn down before it began."),
    _row("dial-refused-here", "R07", _L.TCP, r"dial tcp (?:127\.|\[::1\]|localhost)[^\n]*?(?:connection refused|actively refused|积极拒绝)", NO,
         printed=NET, remedies="listening mirror", cause="Nothing listens at {address} on this machine."),
    _row("dial-refused", "R07", _L.TCP, r"dial tcp[^\n]*?(?:connection refused|actively refused|积极拒绝)", NO, printed=NET,
         remedies="mirror http-proxy allow", cause="{address} refuses the connection: nothing listens there, or a firewall says no."),
    _row("dial-unreachable", "R07", _L.TCP, r"dial tcp[^\n]*?(?:unreachable|no route to host|host is down|cannot assign requested address|operation not "
         r"permitted|permission denied|forbidden by its access permissions)", NO, printed=NET, remedies="mirror http-proxy allow",
         cause="There is no way to {address} from here."),
    _row("git-connect", "R07", _L.TCP, r"Failed to connect to \S+ port \d+|Connection timed out|port 22: (?:Connection|Operation) (?:timed out|refused)"
         r"|Couldn't connect to server|Could not connect to server|Network is unreachable", UNKNOWN, printed=NET, remedies="mirror http-proxy allow",
         cause="git, which direct has to run, cannot connect to {host}.", origin_only=True),
    _row("reset", "R03", _L.TCP, r"connection reset by peer|forcibly closed by the remote host|强迫关闭|broken pipe|connection was aborted|wsarecv: |wsasend: "
         r"|use of closed network connection|Connection reset|The remote end hung up|RPC failed; |early EOF", YES, node="N5e", printed=NET, remedies="loop pipe http1",
         cause="The connection to {host} was cut while it was in use; if that happens each time, something on the way filters."),
    _row("http2", "R03", _L.HTTP, r"stream error: |GOAWAY|http2: |PROTOCOL_ERROR|connection error: ", YES, printed=NET, remedies="loop pipe http1",
         cause="The server broke the HTTP/2 stream off."),
    _row("cut-short", "R03", _L.HTTP, r"unexpected EOF|: EOF(?:$|\n)|server closed idle connection|Client\.Timeout|context deadline exceeded|i/o timeout"
         r"|malformed chunked|transport connection broken", YES, printed=NET, remedies="loop pipe http1", cause="The answer of {host} ended too early."),
)  # fmt: skip

_STATUS_AT = r"(?:reading |get )https?://\S+?: "

_STATUS = (
    _row("go-import-overload", "R18", _L.ORIGIN, rf"reading https?://\S+go-get=1: (?P<status>{_TRANSIENT_STATUS})\b", YES, remedies="proxy-first see-first",
         cause="The web page of the import path answered {status}; only direct needs it, a proxy does not.", origin_only=True),
    _row("go-import-auth", "R09", _L.ORIGIN, r"reading https?://\S+go-get=1: (?P<status>401)\b", NO, remedies="netrc goprivate",
         cause="{host} wants credentials before it shows the page of the import path.", origin_only=True),
    _row("go-import-forbidden", "R15", _L.ORIGIN, r"reading https?://\S+go-get=1: (?P<status>403|451)\b", NO, remedies="owner mirror",
         cause="{host} refuses the page of the import path.", origin_only=True),
    _row("go-import-missing", "R18", _L.ORIGIN, r"reading https?://\S+go-get=1: (?P<status>404|410)\b", NO, remedies="netrc dot-git see-first",
         cause="{host} shows no page for this import path: misspelt, or hidden from who is not logged in.", origin_only=True),
    _row("unauthorized", "R09", _L.HTTP, rf"{_STATUS_AT}(?P<status>401)\b", NO, node="N5e", remedies="netrc",
         cause="{host} wants credentials, and go found none for it in GOAUTH or .netrc."),
    _row("proxy-status-407", "R19", _L.HTTP_PROXY, rf"{_STATUS_AT}(?P<status>407)\b", NO, remedies="credentials unset"),
    _row("forbidden", "R15", _L.HTTP, rf"{_STATUS_AT}(?P<status>403|405|406|418|421|451)\b", NO, remedies="mirror redirect owner",
         cause="{host} answered {status}, or a host that it redirected to did: a policy, a country or a filter."),
    _row("proxy-fetch-timed-out", "R05", _L.HTTP, rf"{_STATUS_AT}(?P<status>404|410)\b", YES, node="N5e", remedies="exact origin", about_sumdb=False,
         answer=r"fetch timed out|timed out", cause="The proxy gave up fetching {module} in time and kept that as not found."),
    _row("bad-upstream", "R11", _L.HTTP, rf"{_STATUS_AT}(?P<status>404|410)\b", UNKNOWN, node="N5e", remedies="mirror body origin", about_sumdb=False,
         answer=r"bad upstream|dial tcp|no such host|i/o timeout|x509|connection re|no secure protocol|TLS handshake",
         cause="The proxy could not reach the origin itself and says 404 for it: that is no proof of absence."),
    _row("hidden-from-proxy", "R11", _L.HTTP, rf"{_STATUS_AT}(?P<status>404|410)\b", NO, node="N5e", remedies="goprivate versions body", about_sumdb=False,
         answer=r"could not read Username|Authentication failed|Repository not found|terminal prompts|don't have permission",
         cause="The proxy was asked for a log-in by the origin: {module} is private, or does not exist."),
    _row("not-found", "R11", _L.HTTP, rf"{_STATUS_AT}(?P<status>404|410)\b", NO, node="N5e", remedies="versions body origin goprivate", about_sumdb=False,
         cause="{host} has no such module or version under this spelling."),
    _row("overload", "R03", _L.HTTP, rf"(?:{_STATUS_AT}|/@latest: |/@v/\S+: )(?P<status>{_TRANSIENT_STATUS})\b", YES, remedies="loop pipe",
         cause="{host} answered {status}, and go never asks a second time."),
    _row("redirect-loop", "R09", _L.HTTP, r"stopped after 10 redirects", NO, node="N5e", printed=NET, remedies="netrc",
         cause="{host} sends go round in circles, as a log-in page does with who is not logged in."),
    _row("redirect-insecure", "R15", _L.HTTP, r"redirected from secure URL .+ to insecure URL", NO, remedies="owner mirror",
         cause="{host} redirects from https to http, which go refuses: its X-Forwarded-Proto is probably wrong."),
    _row("insecure-credentials", "R09", _L.HTTP, r"refusing to pass credentials to insecure URL", NO, node="N5e", remedies="https",
         cause="The URL carries credentials and says http://: go does not send them without TLS."),
)  # fmt: skip

_CONTENT = (
    _row("not-json", "R13", _L.CONTENT, r"invalid response from proxy|invalid character .{1,12} (?:looking for beginning of value|in literal|after)", NO,
         remedies="portal look other", cause="The proxy answered 200 with something that is no version information, such as a web page."),
    _row("wrong-version", "R13", _L.CONTENT, r"proxy returned info for version", NO, remedies="other", cause="The proxy sent another version than asked for."),
    _row("bad-zip", "R13", _L.CONTENT, r"zip: not a valid zip file|zip for \S+ has unexpected file|zip: unsupported|zip: checksum error|flate: corrupt"
         r"|missing \S+@\S+ prefix|malformed file path|case-insensitive file name collision|module source tree too large|zip file too large", NO,
         remedies="other look evict", cause="The zip that came is not the zip of a module."),
    _row("bad-gzip", "R13", _L.CONTENT, r"gzip: invalid header", NO, printed=NET, remedies="other look", cause="The server says gzip and sends something else."),
    _row("bad-go-mod", "R13", _L.CONTENT, r"parsing go\.mod: [^\n]*(?:unknown block type|unexpected|missing module|invalid module)|unexpected input character '<'"
         r"|missing module (?:line|declaration)", NO, remedies="evict look other", cause="What came as go.mod is none: most likely a web page."),
)  # fmt: skip

_ORIGIN = (
    _row("gitlab-hidden", "R18", _L.ORIGIN, r"The project you were looking for could not be found", NO, remedies="netrc dot-git", printed=NET,
         cause="GitLab shows private projects and subgroups only to who is logged in, and named a repository that is none.", origin_only=True),
    _row("git-auth", "R09", _L.ORIGIN, r"could not read (?:Username|Password) for|terminal prompts (?:disabled|have been disabled)|user interactivity has been disabled"
         r"|Authentication failed for|Invalid username or (?:token|password)|HTTP Basic: Access denied|Password authentication is not supported"
         r"|Support for password authentication was removed|Logon failed|The requested URL returned error: 40[13]", NO, printed=NET,
         remedies="ssh netrc goprivate ci-token", cause="git asks for a log-in at {host}, and go does not let it ask a person.", origin_only=True),
    _row("ssh-host-key", "R09", _L.ORIGIN, r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known", NO, printed=NET,
         remedies="known-hosts", cause="ssh does not know the host key of {host} and may not ask.", origin_only=True),
    _row("ssh-key", "R09", _L.ORIGIN, r"Permission denied \(publickey|Could not read from remote repository", NO, printed=NET, remedies="ssh-key netrc",
         cause="{host} takes none of the ssh keys that are offered.", origin_only=True),
    _row("git-no-repository", "R09", _L.ORIGIN, r"Repository not found|fatal: repository '[^']+' not found|does not appear to be a git repository", NO, printed=NET,
         remedies="ssh netrc goprivate", cause="{host} shows no such repository: misspelt, or hidden from who is not logged in.", origin_only=True),
    _row("no-meta", "R18", _L.ORIGIN, r"no go-import meta tags?|did not match import path|unable to deduce|go-import meta tag", NO, remedies="netrc dot-git see-first",
         cause="The web page of the import path carries no go-import tag for it: a log-in page, or no such project.", origin_only=True),
    _row("no-secure-protocol", "R18", _L.ORIGIN, r"no secure protocol found for repository", NO, remedies="netrc see-first",
         cause="No way to read the repository worked; go does not say which way failed how.", origin_only=True),
    _row("noproxy", "R16", _L.ORIGIN, r"disabled by GOPRIVATE/GONOPROXY|path does not match GOPRIVATE/GONOPROXY", NO,
         cause="GONOPROXY (or GOPRIVATE) matches {module}, so no proxy may be asked for it."),
)  # fmt: skip

_SPELLING = (
    _row("declares-path", "R11", _L.CONTENT, r"(?s)module declares its path as: (?P<declared>\S+).*?but was required as: (?P<module>\S+)|has (?:post-v\d+|non-\.\.\.) "
         r"module path", NO, remedies="declared", cause="The go.mod at that version declares another path than the one that was asked for."),
    _row("major", "R11", _L.CONTENT, r"must match major version \(\"(?P<declared>[^\"]+)\"\)|invalid: should be v\d(?: or v\d)?, not v\d|should be v\d+, not v\d+", NO,
         remedies="major versions", cause="From v2 on the module path ends in the major version, such as /v2."),
    _row("pseudo-version", "R11", _L.CONTENT, r"invalid pseudo-version: ", NO, remedies="hash", cause="The pseudo-version was edited by hand, or its commit was replaced."),
    _row("unknown-revision", "R11", _L.ORIGIN, r"unknown revision (?P<revision>\S+)", NO, remedies="versions hash", cause="The repository has no such tag, branch or commit."),
    _row("no-matching", "R11", _L.CONTENT, r"no matching versions for query \"(?P<query>[^\"]*)\"", NO, remedies="versions origin", cause="No version fits the query {query}."),
    _row("bad-version", "R11", _L.CONTENT, r"disallowed version string|can't query version|is not a valid semantic version|invalid version: ", NO, remedies="hash versions",
         cause="Such a version cannot be asked for from a proxy."),
    _row("no-package", "R11", _L.CONTENT, r"found(?: \([^)]*\))?, but does not contain package|cannot find module providing package", NO,
         remedies="other-version versions", cause="The module is there, the package in it is not."),
    _row("not-std", "R11", _L.PROJECT, r"package (?P<package>\S+) is not in (?:std|GOROOT)|malformed (?:module|import) path|missing dot in first path element", NO,
         node="N2", remedies="import", cause="An import path without a dot in its first part is taken for the standard library."),
    _row("bad-retract", "R05", _L.CONTENT, r"retracted by module author", NO, remedies="unretracted", cause="The author has withdrawn this version."),
)  # fmt: skip

_PROJECT = (
    _row("replacement", "R22", _L.PROJECT, r"replacement directory \S+ does not exist|\(replaced by [^)]*\): (?:reading|open|version)", NO, remedies="replace",
         cause="A replace line in go.mod or go.work points to a folder that is not here."),
    _row("ambiguous", "R22", _L.PROJECT, r"ambiguous import: found package", NO, remedies="ambiguous tidy", cause="Two modules of the build provide the same package."),
    _row("go-sum-broken", "R22", _L.PROJECT, r"malformed go\.sum|wrong number of fields \d", NO, remedies="conflict", cause="go.sum was damaged, most likely by a merge."),
    _row("go-mod-broken", "R22", _L.PROJECT, r"errors parsing (?:go\.mod|\.\./\S*go\.mod|go\.work)", NO, remedies="tidy", cause="go.mod cannot be read as it stands."),
)  # fmt: skip

PATTERNS: tuple[Pattern, ...] = (
    *_SETTINGS, *_MODES, *_MACHINE, *_HASHES, *_HTTP_PROXY, *_SUMDB, *_NAMES, *_TLS, *_CONNECTION,
    *_STATUS, *_CONTENT, *_ORIGIN, *_SPELLING, *_PROJECT, *_LATE_MODES,
)  # fmt: skip
"""All rows, the most causal first."""

RANK = {pattern.id: rank for rank, pattern in enumerate(PATTERNS)}
"""How causal a row is: of several messages in one log, the lower comes first."""
