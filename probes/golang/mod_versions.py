"""Versions of a module path: semantic versions, but Go's own for the two names that stand for Go itself.

Source: cmd/go/internal/gover/mod.go and toolchain.go (maybeToolchainVersion). The paths "go" and "toolchain"
name no module that could be downloaded; their versions are "1.28.1" and "go1.28.1".
"""

from __future__ import annotations

from probes.golang import gover, semver
from probes.golang.toolchain_name import version_of_toolchain

GO = "go"
TOOLCHAIN = "toolchain"


def _release(path: str, version: str) -> str:
    """The Go version that a version of "toolchain" carries; a version of "go" is one."""
    return version if path == GO else version_of_toolchain(version)


def compare(path: str, x: str, y: str) -> int:
    """-1, 0 or +1 (ModCompare); of toolchains "1.28.1" may stand for "go1.28.1"."""
    if path == TOOLCHAIN:
        x, y = (one if gover.is_valid(one) else version_of_toolchain(one) for one in (x, y))
    return gover.compare(x, y) if path in (GO, TOOLCHAIN) else semver.compare(x, y)


def is_valid(path: str, version: str) -> bool:
    """Whether this is a version of that path, "v1.2" included (ModIsValid)."""
    if path in (GO, TOOLCHAIN):
        return gover.is_valid(_release(path, version))
    return semver.is_valid(version)


def is_prefix(path: str, version: str) -> bool:
    """Whether a valid version stands for all that begin with it: "v1.2", "1.28", "go1.28" (ModIsPrefix)."""
    if path in (GO, TOOLCHAIN):
        return gover.is_lang(_release(path, version))
    return semver.is_prefix(version)


def is_prerelease(path: str, version: str) -> bool:
    """Whether a valid version comes before its release (ModIsPrerelease)."""
    if path in (GO, TOOLCHAIN):
        return gover.is_prerelease(_release(path, version))
    return semver.prerelease(version) != ""


def major_minor(path: str, version: str) -> str:
    """The prefix that "patch" stays within (ModMajorMinor)."""
    if path == TOOLCHAIN:
        return "go" + gover.lang(version_of_toolchain(version))
    return gover.lang(version) if path == GO else semver.major_minor(version)
