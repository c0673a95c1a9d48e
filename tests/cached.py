"""A module cache as go would have filled it from the proxy of project_worlds."""

from __future__ import annotations

from pathlib import Path

from tests.against_go.project_worlds import MODULES, sums_of


def filled_cache(cache: Path, path: str, version: str) -> Path:
    """Write one version's .info, .mod, .zip and .ziphash; returns the folder they are in."""
    folder = cache / "cache/download" / path / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    held = next(one for one in MODULES[path].versions if one.version == version)
    for suffix, data in (("info", held.info), ("mod", held.mod), ("zip", held.zip)):
        (folder / f"{version}.{suffix}").write_bytes(data)
    (folder / f"{version}.ziphash").write_text(sums_of(path, version)[0])
    return folder
