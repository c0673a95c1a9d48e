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


def release_of_go(name: str | None) -> str | None:
    """The release of a running go from its version, "1.27.3" of "go1.27.3"; None where there is no Go."""
    return None if name is None else version_of_toolchain(name) or name.removeprefix("go")


def split_gotoolchain(gotoolchain: str) -> tuple[str, str]:
    """The toolchain that a GOTOOLCHAIN names, "local" where it names none, and "auto", "path" or "".

    Raises GoError with what every go command prints when it cannot make sense of it.
    """
    if gotoolchain in ("auto", "path"):
        return "local", gotoolchain
    complaint = f"go: invalid GOTOOLCHAIN {quote(gotoolchain)}"
    least, plus, suffix = gotoolchain.partition("+")
    if least != "local" and not version_of_toolchain(least):
        raise GoError(f"{complaint}: invalid minimum toolchain {quote(least)}" if plus else complaint)
    if plus and suffix not in ("auto", "path"):
        raise GoError(f"{complaint}: only version suffixes are +auto and +path")
    return least, suffix


def check_selected(name: str) -> None:
    """Raise GoError for a name that is no toolchain of Go 1, and may be anything in PATH."""
    if name != "local" and not name.startswith("go1") and "-go1" not in name:
        raise GoError(f"go: invalid GOTOOLCHAIN {quote(name)}")  # found last, and named without a suffix


def check_gotoolchain(gotoolchain: str) -> None:
    """Raise GoError with what every go command prints when it cannot make sense of GOTOOLCHAIN.

    An empty value is fine: no toolchain is selected.
    """
    if gotoolchain:
        check_selected(split_gotoolchain(gotoolchain)[0])
