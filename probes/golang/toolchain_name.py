"""The name of a Go toolchain, and the forms that GOTOOLCHAIN may take.

Source: cmd/go/internal/gover FromToolchain, cmd/go/internal/toolchain Select.
"""

from __future__ import annotations

import re

from probes.golang import gover
from probes.golang.errors import GoError
from probes.golang.quote import quote

_SUFFIX = re.compile(r"[ \t-]")


def version_of_toolchain(name: str) -> str:
    """The Go version that a toolchain's name carries ("go1.2.3-corp" gives "1.2.3"), "" when it has none."""
    if not name.startswith("go") or "/" in name or "\\" in name:
        return ""
    version = _SUFFIX.split(name[2:], maxsplit=1)[0]
    return version if gover.is_valid(version) else ""


def check_gotoolchain(gotoolchain: str) -> None:
    """Raise GoError with what every go command prints when it cannot make sense of GOTOOLCHAIN.

    An empty value is fine: no toolchain is selected.
    """
    if gotoolchain in ("", "auto", "path"):
        return
    complaint = f"go: invalid GOTOOLCHAIN {quote(gotoolchain)}"
    least, plus, suffix = gotoolchain.partition("+")
    if least != "local" and not version_of_toolchain(least):
        raise GoError(f"{complaint}: invalid minimum toolchain {quote(least)}" if plus else complaint)
    if plus and suffix not in ("auto", "path"):
        raise GoError(f"{complaint}: only version suffixes are +auto and +path")
    if least != "local" and not least.startswith("go1") and "-go1" not in least:
        # Found last, and named without the suffix.
        raise GoError(f"go: invalid GOTOOLCHAIN {quote(least)}")
