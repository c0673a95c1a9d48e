"""GOSUMDB and GONOSUMDB: whether a checksum database is asked about a module, and which one.

Source: cmd/go/internal/modfetch/sumdb.go (useSumDB, dbDial) and key.go. Everything here is known before any
packet, so that it can be asked "what if".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.note import Verifier, new_verifier
from probes.golang.patterns import match_prefix_patterns
from probes.golang.quote import fields
from probes.golang.urls import GoURL, parse_url

KNOWN_KEYS = {"sum.golang.org": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}
"""Databases whose name in GOSUMDB stands for their key (modfetch/key.go knownGOSUMDB)."""

ALIASES = {"sum.golang.google.cn": "sum.golang.org https://sum.golang.google.cn"}
"""Values of GOSUMDB that stand for another value: the second address of the same database."""

TOOLCHAIN = "golang.org/toolchain"


def use_sum_db(
    path: str,
    version: str,
    *,
    gosumdb: str,
    gonosumdb: str,
    goproxy: str,
    process_env: Mapping[str, str],
) -> bool:
    """Whether a hash that go.sum does not vouch for is looked up (modfetch.useSumDB).

    The three settings are effective values. The version plays no part. Toolchains are always looked up,
    even with GOSUMDB=off (the lookup then fails), but for a single file:// proxy and for the module mirror
    fetching for itself, which it shows in the process environment's GIT_HTTP_USER_AGENT.
    """
    if path == TOOLCHAIN:
        own_files = goproxy.startswith("file://") and not any(c in goproxy for c in ",|")
        is_the_mirror = "proxy.golang.org" in process_env.get("GIT_HTTP_USER_AGENT", "")
        if not own_files and not is_the_mirror:
            return True
    return gosumdb != "off" and not match_prefix_patterns(gonosumdb, path)


@dataclass(frozen=True, slots=True)
class Database:
    """A checksum database as GOSUMDB names it."""

    name: str
    verifier: Verifier
    direct: GoURL
    """``https://NAME``, which is asked when no proxy offers to pass requests on."""
    explicit: GoURL | None
    """The URL in GOSUMDB: asked directly, past all proxies."""


def dial(gosumdb: str) -> Database:
    """Read GOSUMDB: ``NAME``, ``KEY``, ``NAME URL``, ``KEY URL`` (modfetch.dbDial).

    Raises GoError in Go's words: ``checksum database disabled by GOSUMDB=off``, ``missing GOSUMDB``,
    ``invalid GOSUMDB: …``, ``invalid sumdb name …``. Aliases and ``off`` count only when they are the whole
    value, to the byte.
    """
    gosumdb = ALIASES.get(gosumdb, gosumdb)
    if gosumdb == "off":
        raise GoError("checksum database disabled by GOSUMDB=off")
    key = fields(gosumdb)
    if not key:
        raise GoError("missing GOSUMDB")
    if len(key) > 2:
        raise GoError("invalid GOSUMDB: too many fields")
    try:
        verifier = new_verifier(KNOWN_KEYS.get(key[0], key[0]))
    except GoError as error:
        raise GoError(f"invalid GOSUMDB: {error}") from error
    direct = _direct_url(verifier.name)
    explicit = None
    if len(key) == 2:
        try:
            explicit = parse_url(key[1])
        except GoError as error:
            raise GoError(f"invalid GOSUMDB URL: {error}") from error
    return Database(verifier.name, verifier, direct, explicit)


def _direct_url(name: str) -> GoURL:
    """``https://NAME``, provided that the name is nothing but host and path."""
    try:
        direct = parse_url("https://" + name)
    except GoError as error:
        # Go formats the URL that it failed to parse, and dies of the nil pointer.
        raise GoError("panic: runtime error: invalid memory address or nil pointer dereference") from error
    plain = GoURL(scheme="https", host=direct.host, path=direct.path)
    if direct != plain or name.endswith("/") or not direct.host:
        raise GoError(f"invalid sumdb name (must be host[/path]): {name} {_struct_text(direct)}")
    return direct


def _struct_text(url: GoURL) -> str:
    """What ``%+v`` prints for a url.URL that is no pointer: the fields of the struct."""
    user = "" if url.user is None else GoURL(user=url.user, password=url.password).string()[2:-1]
    values = {
        "Scheme": url.scheme,
        "Opaque": url.opaque,
        "User": user,
        "Host": url.host,
        "Path": url.path,
        "Fragment": url.fragment,
        "RawQuery": url.raw_query,
        "RawPath": url.raw_path,
        "RawFragment": url.raw_fragment,
        "ForceQuery": str(url.force_query).lower(),
        "OmitHost": str(url.omit_host).lower(),
    }
    return "{" + " ".join(f"{name}:{value}" for name, value in values.items()) + "}"
