"""Names that everybody may read in a report: public proxies, code hosts, and what only looks like a name."""

from __future__ import annotations

import ipaddress
import re

from probes.diagnosis.goproxy_hosts import PUBLIC
from probes.ladder.faults import Fault
from probes.ladder.public_resolvers import PUBLIC_RESOLVERS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHECKSUM_DATABASES = _words("sum.golang.org sum.golang.google.cn")

PUBLIC_HOSTS = (
    PUBLIC
    | CHECKSUM_DATABASES
    | _words(
        """
        github.com codeload.github.com raw.githubusercontent.com objects.githubusercontent.com gitlab.com
        bitbucket.org codeberg.org gitee.com git.sr.ht go.googlesource.com storage.googleapis.com
        golang.org go.dev pkg.go.dev dl.google.com golang.google.cn google.golang.org cloud.google.com
        gopkg.in k8s.io sigs.k8s.io rsc.io go.uber.org go.etcd.io go.opentelemetry.io go.mongodb.org
        go.starlark.net go.opencensus.io go.yaml.in gorm.io honnef.co modernc.org gonum.org istio.io helm.sh
        knative.dev cuelang.org dario.cat filippo.io mvdan.cc gocloud.dev gotest.tools gioui.org nhooyr.io
        tailscale.com go4.org inet.af lukechampine.com goproxy.golang.org.cn cloudflare-dns.com dns.google
        dns.alidns.com
        """
    )
)
"""Hosts, exactly: a name below one of them may be anybody's."""

PUBLIC_ADDRESSES = frozenset(
    one.address for one in PUBLIC_RESOLVERS if one.address.replace(".", "").isdigit()
)

PUBLIC_FILES = _words(
    """
    /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /dev/null /etc/ssl/cert.pem /etc/ssl/certs /etc/ssl
    /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/pki/tls/certs
    /etc/ssl/ca-bundle.pem
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /usr/local/go /usr/lib/go /usr/bin/git /usr/bin/go
    /usr/bin/hg /usr/bin/svn /usr/bin/fossil /usr/bin/bzr /usr/bin/ssh /etc/gitconfig /etc/ssh/ssh_config
    /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
    """
)
"""Files that stand in the same place on many machines."""

HOME_TAILS = _words(
    """
    go go/pkg/mod go/bin .config/go/env .config/go .netrc _netrc .gitconfig .cache/go-build .git-credentials
    .config/git/config .config/git/credentials .config/git/attributes .ssh .ssh/config .ssh/known_hosts
    .ssh/known_hosts2 .ssh/id_rsa .ssh/id_dsa .ssh/id_ecdsa .ssh/id_ecdsa_sk .ssh/id_ed25519
    .ssh/id_ed25519_sk .ssh/id_xmss
    """
)
"""What stands in anybody's home."""

PROTOCOL_ROOTS = _words("@v sumdb lookup tile latest supported")
"""How a path of the module proxy protocol or of a checksum database begins, where its host is cut off."""

COMMON_WORDS = _words(
    """
    go mod sum zip info list latest proxy proxies direct off on auto local private public noproxy
    query http https ssh git hg svn fossil file tcp udp tls dns get head connect post ok served
    next stop unknown fails cancelled warning error info module modules version names content rung host user
    path paths localhost process goenv goroot derived default overlay first_byte body other broken skipped
    verified failed the a an and or of to in is it not no by for with from at was none yes example
    server client test
    """
)
"""Words of which any text is full: a host with such a name is only masked where it stands as a host."""

VIA_PRODUCTS = _words("varnish google squid nginx envoy vegur caddy haproxy traefik apache cloudfront kong")
"""Single words in a Via header that name software and no machine."""

_NO_HOST = re.compile(
    r"go\.(?:mod|sum|work|env)|go\.work\.sum|[\w-]+\.go|e\.g|i\.e"
    r"|v\d+(?:\.\d+)*(?:[-+.][\w.+-]*)?"
    r"|go\d+(?:\.\w+)*"
    r"|(?:http|net|tls|x509|url|os|exec|fs|io|json|errors|context|syscall|proxyconnect|modfetch|web)"
    r"\.[A-Z]\w*"
    r"|\.(?:info|mod|zip|ziphash)|yaml\.v\d|[\w-]+\.(?:pem|crt|toml|conf)"
)
_FAULTS = frozenset(fault.value for fault in Fault)


def is_no_host(name: str) -> bool:
    """Whether a text with dots in it is a file, a version, an identifier: anything but a host."""
    return name in _FAULTS or _NO_HOST.fullmatch(name) is not None


def is_public_host(host: str) -> bool:
    """Whether a host is one that everybody knows."""
    host = host.lower().rstrip(".")
    return host in PUBLIC_HOSTS or host == "localhost"


def is_public_address(text: str) -> bool:
    """Whether an IP address says nothing about anybody: loopback, unspecified, kept for documentation."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if address.is_loopback or address.is_unspecified or text in PUBLIC_ADDRESSES:
        return True
    return any(address.version == net.version and address in net for net in DOCUMENTATION)


DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""RFC 5737 and RFC 3849: what masked addresses are taken from."""
