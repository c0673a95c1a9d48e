"""What the name of a host tells: a public forge, a name that only exists inside of some network, or neither.

Which names and addresses are not public is probes.net.addresses' to say. Which hosts have everybody's modules
is a list, and a list ends somewhere: a host that is not in it is "not known", never "private".
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from probes.net.addresses import Space, is_public_name, space_of
from probes.share.public_names import CHECKSUM_DATABASES, PUBLIC_HOSTS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORGES = _words(
    """
    github.com gitlab.com bitbucket.org codeberg.org gitee.com gitea.com git.sr.ht hub.jazz.net chiselapp.com
    gitcode.com sourceforge.net git.launchpad.net launchpad.net
    """
)
"""Where anybody may have modules, below a name of their own; some of them private."""
NESTED_FORGES = _words("gitlab.com")
"""Those whose owners have groups in groups."""
VANITY = _words(
    """
    9fans.net blitiri.com.ar buf.build c2sp.org charm.land connectrpc.com cosmossdk.io deps.dev
    dmitri.shuralyov.com eliasnaur.com entgo.io fyne.io git.apache.org git.openstack.org go.bug.st go.dedis.ch
    go.lsp.dev go.mau.fi go.mozilla.org go.pact.im go.temporal.io goa.design gobot.io golang.zx2c4.com
    layeh.com moul.io oras.land pault.ag perkeep.org periph.io pgregory.net resty.dev rogpeppe.org
    software.sslmate.com src.elv.sh storj.io tinygo.org upper.io vitess.io willnorris.com xorm.io
    zombiezen.com
    """
)
"""More vanity hosts of public modules."""
PUBLIC = (PUBLIC_HOSTS | FORGES | VANITY) - CHECKSUM_DATABASES

_SECOND_LEVEL = _words("co com net org ac gov edu gob gouv or ne go")


@lru_cache(maxsize=4096)
def is_public(host: str) -> bool:
    """Whether everybody's modules are there."""
    return bare(host) in PUBLIC


@lru_cache(maxsize=4096)
def why_inner(host: str) -> str:
    """Why a host can only be inside of some network, in words; "" where it may be public."""
    host = bare(host)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        space = space_of(host)
        return "" if space is Space.PUBLIC else f"{host} is an address that is not public ({space})"
    labels = host.split(".")
    if len(labels) == 1:
        return f"{host} has no dot: only resolvers of one's own know it" if host else ""
    if not is_public_name(host) or not labels[-1] or labels[-1].isdigit():
        return f".{labels[-1]} is no public suffix"
    return ""


@lru_cache(maxsize=4096)
def domain_of(host: str) -> str:
    """The part of a host that somebody has registered, roughly; "" for an address or a single label."""
    labels = bare(host).split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return ""
    takes_three = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if takes_three else -2 :])


def bare(host: str) -> str:
    """A host without its port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() and ":" not in name else host).lower().rstrip(".")


def host_of(path: str) -> str:
    """The first element of a module path."""
    return path.partition("/")[0]


def has_prefix(path: str, prefix: str) -> bool:
    """Whether a path is this one or below it."""
    return path == prefix or path.startswith(f"{prefix}/")
