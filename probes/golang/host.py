"""The platform of a Go that is made for this machine: GOHOSTOS and GOHOSTARCH."""

from __future__ import annotations

import platform
import sys

_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "i386": "386",
    "i686": "386",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "loongarch64": "loong64",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}


def host_platform() -> tuple[str, str] | None:
    """GOHOSTOS and GOHOSTARCH of a Go made for this machine; None on a machine without a known name."""
    architecture = _ARCHITECTURES.get(platform.machine().lower())
    return None if architecture is None else (sys.platform, architecture)
