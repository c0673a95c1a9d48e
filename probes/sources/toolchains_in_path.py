"""Toolchains that are installed by name: executables called "go1.28.1" in the folders of PATH.

Source: os/exec lp_unix.go lookPath and findExecutable, cmd/go/internal/toolchain/path_unix.go (pathVersion)
and switch.go (pathToolchains). They are looked for, and never run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from probes.golang import gover
from probes.golang.mode import godebug
from probes.golang.toolchain_name import version_of_toolchain


def find_toolchain(name: str, process: Mapping[str, str], here: str) -> str | None:
    """The file that go would run for this name, None where there is none.

    The first in PATH counts. One that PATH finds in a relative folder is refused, and ends the search.
    """
    for folder in _folders(process):
        file = os.path.normpath(f"{folder or '.'}/{name}")
        if not _is_executable(Path(here, file)):
            continue
        refused = not file.startswith("/") and godebug(process).get("execerrdot") != "0"
        return None if refused else file
    return None


def releases_in_path(process: Mapping[str, str]) -> list[str]:
    """The releases of all toolchains in the absolute folders of PATH, from old to new."""
    found: dict[str, None] = {}
    for folder in filter(os.path.isabs, _folders(process)):
        try:
            entries = [entry for entry in Path(folder).iterdir() if entry.name.startswith("go1.")]
        except (OSError, ValueError):
            continue
        for entry in entries:
            release = version_of_toolchain(entry.name)
            # A link to a folder is no folder to go here, and an executable.
            is_folder = entry.is_dir() and not entry.is_symlink()
            if release and not is_folder and _may_execute(entry):
                found[release] = None
    return sorted(found, key=gover.order)


def _folders(process: Mapping[str, str]) -> list[str]:
    path = process.get("PATH", "")
    return path.split(os.pathsep) if path else []


def _is_executable(file: Path) -> bool:
    try:
        return not file.is_dir() and file.exists() and _may_execute(file)
    except (OSError, ValueError):  # a name that no file can have
        return False


def _may_execute(file: Path) -> bool:
    return os.access(file, os.X_OK, effective_ids=os.access in os.supports_effective_ids)
