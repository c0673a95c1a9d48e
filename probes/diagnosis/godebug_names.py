"""The names that GODEBUG knows, so that one which never existed can be told.

Source: Go 1.27, internal/godebugs All and Removed, runtime dbgvars, the unregistered settings of cmd/go and
internal/poll ("#name" in internal/godebug New), and "cpu.*" of internal/cpu. An unknown name in the
environment is no error for go: it says nothing, and nothing happens. A removed one is none either, unless it
has one of the values that asked for the old behaviour: then no program that Go 1.27 built starts
(runtime/runtime1.go).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from probes.diagnosis.nearest import nearest
from probes.golang.mode import OLD_GODEBUG


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
OLD_VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(old) for name, (_, old) in OLD_GODEBUG.items()}
)
"""The values of removed names over which a program ends at its start."""

KNOWN = REGISTERED | RUNTIME | UNREGISTERED


def complaint(name: str, value: str = "") -> str | None:
    """What is wrong with a setting in GODEBUG, as a sentence; None when nothing is."""
    if name in REMOVED:
        if value in OLD_VALUES[name]:
            return refusal(name, value)
        return f"GODEBUG={name} is gone since Go {REMOVED[name]}: it switches nothing."
    if name in KNOWN or re.fullmatch(r"cpu\.\w+", name):
        return None
    return f"There is no GODEBUG setting {name}: go says nothing, and nothing happens.{_hint(name)}"


def refusal(name: str, value: str = "", since: str = "", *, in_environment: bool = True) -> str:
    """Why go ends over a setting, as a sentence: one of the environment, or a godebug line of a module.

    ``since``: the release that took the name away, where go itself says so.
    """
    since = since or REMOVED.get(name, "")
    if not since:
        return f"There is no setting {name}, and go refuses a godebug line for it.{_hint(name)}"
    effect = "no program that Go 1.27 built starts with it" if in_environment else "no build takes it"
    return f"The GODEBUG setting {name}={value} is gone since Go {since}, and {effect}."


def _hint(name: str) -> str:
    near = nearest(name, KNOWN | REMOVED.keys(), most=2)
    return f" Did you mean {near}?" if near else ""
