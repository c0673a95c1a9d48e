"""The names that GODEBUG knows, so that one which never existed can be told.

Source: Go 1.27, internal/godebugs All and Removed, runtime dbgvars, the unregistered settings of cmd/go and
internal/poll ("#name" in internal/godebug New), and "cpu.*" of internal/cpu. An unknown name is no error for
go: it says nothing, and nothing happens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from probes.diagnosis.nearest import nearest


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REGISTERED = _words(
    """
    allowmultiplevcs containermaxprocs cryptocustomrand dataindependenttiming decoratemappings
    embedfollowsymlinks execerrdot fips140 fips140ems gocachehash gocachetest gocacheverify
    gotestjsonbuildtext htmlmetacontenturlescape http2client http2debug http2server httpcookiemaxnum
    httplaxcontentlength httpmuxgo121 httpservecontentkeepheaders httpservecontentmaxranges installgoroot
    jstmpllitinterp multipartfiles multipartmaxheaders multipartmaxparts multipathtcp netdns netedns0
    panicnil randautoseed randseednop rsa1024min tarinsecurepath tlsmaxrsasize tlsmlkem tlssecpmlkem tlssha1
    tracebacklabels updatemaxprocs urlmaxqueryparams urlstrictcolons winreadlinkvolume winsymlink
    x509negativeserial x509rsacrt x509sha256skid x509sslcertoverrideplatform x509usefallbackroots
    x509usepolicies zipinsecurepath
    """
)
RUNTIME = _words(
    """
    adaptivestackstart asyncpreemptoff cgocheck clobberfree disablethp dontfreezetheworld checkfinalizers
    efence gccheckmark gcpacertrace gcshrinkstackoff gcstoptheworld gctrace harddecommit inittrace invalidptr
    madvdontneed profstackdepth sbrk scavtrace scheddetail schedtrace traceadvanceperiod traceallocfree
    tracecheckstackownership tracebackancestors tracefpunwindoff
    """
)
UNREGISTERED = _words(
    """
    cmdgonetlimit execwait fuzzdebug gofsystrace gofsystracelog gofsystracestack goindex gotoolchainexec
    simd toolchaintrace
    """
)
REMOVED: Mapping[str, str] = MappingProxyType(
    {
        "x509sha1": "1.24",
        "tlskyber": "1.24",
        "gotypesalias": "1.27",
        "tlsunsafeekm": "1.27",
        "tlsrsakex": "1.27",
        "tls3des": "1.27",
        "tls10server": "1.27",
        "x509keypairleaf": "1.27",
        "asynctimerchan": "1.27",
    }
)
"""Names that a release took away, and which one."""

KNOWN = REGISTERED | RUNTIME | UNREGISTERED


def complaint(name: str) -> str | None:
    """What is wrong with a name in GODEBUG, as a sentence; None when nothing is."""
    if name in KNOWN or re.fullmatch(r"cpu\.\w+", name):
        return None
    if name in REMOVED:
        return f"GODEBUG={name} is gone since Go {REMOVED[name]}: it switches nothing."
    near = nearest(name, KNOWN | REMOVED.keys(), most=2)
    hint = f" Did you mean {near}?" if near else ""
    return f"There is no GODEBUG setting {name}: go says nothing, and nothing happens.{hint}"
