"""How go tells a path: relative to where it runs, if that is shorter and leads to the same file.

Source: cmd/go/internal/base/path.go ShortPath, sameFile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def short_path(path: str, here: str) -> str:
    """base.ShortPath in a working directory."""
    relative = os.path.relpath(path, here) if here.startswith("/") else path
    return relative if len(relative) < len(path) and _is_same(Path(here, relative), Path(path)) else path


def shortener(here: str) -> Callable[[str], str]:
    """short_path of one working directory."""
    return lambda path: short_path(path, here)


def _is_same(one: Path, other: Path) -> bool:
    try:
        found = one.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError) and not other.exists()
    try:
        return os.path.samestat(found, other.stat())
    except OSError:
        return False
