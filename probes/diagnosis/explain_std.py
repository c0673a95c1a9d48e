"""Packages that the standard library got late, and the release that brought each.

Source: the release notes; for 1.26 and 1.27 the api directory of Go's repository, which the toolchain does
not ship. encoding/json/v2 and jsontext are behind GOEXPERIMENT=jsonv2. A go that is older takes the import
path, which has no dot, for a package of its own that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_RELEASES = {
    "1.16": "embed go/build/constraint io/fs runtime/metrics testing/fstest",
    "1.18": "debug/buildinfo net/netip",
    "1.19": "go/doc/comment",
    "1.20": "crypto/ecdh runtime/coverage",
    "1.21": "cmp log/slog maps slices testing/slogtest",
    "1.22": "go/version math/rand/v2",
    "1.23": "iter structs unique",
    "1.24": "crypto/fips140 crypto/hkdf crypto/mlkem crypto/pbkdf2 crypto/sha3 weak",
    "1.25": "encoding/json/jsontext encoding/json/v2 testing/synctest",
    "1.26": "crypto/hpke crypto/mlkem/mlkemtest testing/cryptotest",
    "1.27": "crypto/mldsa uuid",
}

SINCE: Mapping[str, str] = MappingProxyType(
    {package: release for release, packages in _RELEASES.items() for package in packages.split()}
)
"""A package, and the first release that has it."""
