"""Generated modules in file:// proxies: lists with everything that may stand in one, and files that are not there.

A module is made from a number alone, so that a difference can be looked at again by its number.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from probes.golang import module, semver
from probes.golang.errors import GoError

JUNK = (
    "", "foo", "v1", "v1.2", "v01.2.3", "v1.2.3.4", "1.0.0", "<html>", "\tv1.9.9", "v1.0.0\r",
    "v1.3.0 2021-01-01T00:00:00Z", "v0.9.0 yesterday", "v1.2.3+meta", "v2.0.0+incompatible+x", "\x1b[31mred",
    "v1.0.0-\xff", "v1.0.0-01",
)  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """One module: where it is, and what the project requires of it."""

    path: str
    required: str
    excluded: str
    """"" for none."""


def fill(tree: Path, path: str, chance: random.Random) -> list[str]:
    """Put one module into a tree; returns its versions."""
    folder = tree / module.escape_path(path) / "@v"
    folder.mkdir(parents=True)
    versions = _versions(path, chance)
    lines = [version for version in versions if chance.random() < 0.95]
    lines += chance.sample(JUNK, chance.choice((0, 0, 1, 3)))
    chance.shuffle(lines)
    if chance.random() < 0.03:
        lines = []
    if chance.random() < 0.97:
        (folder / "list").write_bytes("\n".join(lines).encode("latin-1") + b"\n" * chance.randrange(2))
    for version in dict.fromkeys(
        (*versions, *(line.split()[0] for line in lines if semver.is_valid(line.strip())))
    ):
        _write_version(folder, path, version, versions, chance)
    _write_latest(folder.parent / "@latest", versions, chance)
    return versions


def _versions(path: str, chance: random.Random) -> list[str]:
    major = int(path.rpartition("/v")[2]) if "/v" in path else chance.choice((0, 1, 1))
    found = []
    for _ in range(chance.randrange(9)):
        version = f"v{major}.{chance.randrange(3)}.{chance.randrange(4)}"
        if chance.random() < 0.3:
            version += chance.choice(("-rc.1", "-rc.10", "-beta", "-0", "-alpha.beta"))
        found.append(version)
    if "/v" not in path and chance.random() < 0.25:
        found += [f"v{2 + chance.randrange(3)}.{chance.randrange(3)}.0+incompatible" for _ in range(2)]
    if not found or chance.random() < 0.2:
        stamp = f"20{chance.randrange(10, 24)}0102030405"
        base = f"v{major}.0.0-" if chance.random() < 0.5 else f"v{major}.1.1-0."
        found.append(f"{base}{stamp}-{chance.randrange(16**12):012x}")
    return list(dict.fromkeys(found))


def _write_version(folder: Path, path: str, version: str, versions: list[str], chance: random.Random) -> None:
    try:
        name = module.escape_version(version)
    except GoError:
        return
    if chance.random() < 0.96:
        told = version if chance.random() < 0.98 else chance.choice(versions)
        year = chance.randrange(2010, 2024)
        info = json.dumps({"Version": told, "Time": f"{year}-06-01T00:00:00Z"})
        (folder / f"{name}.info").write_text(info if chance.random() < 0.99 else "<html>")
    if chance.random() < 0.96:
        (folder / f"{name}.mod").write_text(_go_mod(path, versions, chance))


def _go_mod(path: str, versions: list[str], chance: random.Random) -> str:
    if chance.random() < 0.25:
        return f"module {path}\n"
    lines = [f"module {path}", "", "go 1.20", ""]
    if chance.random() < 0.1:
        lines[0] = f"// Deprecated: use another.\n{lines[0]}"
    for _ in range(chance.choice((0, 0, 1, 2))):
        low, high = chance.choice(versions), chance.choice(versions)
        if chance.random() < 0.2:
            low, high = "v0.0.0", "v9.9.9"
        interval = low if chance.random() < 0.5 else f"[{low}, {high}]"
        lines.append(f"retract {interval}" + chance.choice(("", " // a mistake", " // \u2028")))
    if chance.random() < 0.03:
        lines.append("this is no go.mod (")
    return "\n".join(lines) + "\n"


def _write_latest(file: Path, versions: list[str], chance: random.Random) -> None:
    if chance.random() < 0.3:
        return
    version = chance.choice([*versions, "v1.99.0", "v0.0.0-20200101000000-abcdefabcdef"])
    text = json.dumps({"Version": version, "Time": "2020-01-01T00:00:00Z"})
    file.write_text(text if chance.random() < 0.95 else chance.choice(("", "null", "{", "[]")))


def generate(trees: list[Path], count: int, seed: int) -> list[Listed]:
    """So many modules, each in some of the trees."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        path = f"m.test/m{number}" + chance.choice(("", "", "", "/v2", "/v3"))
        named: list[str] = []
        for tree in chance.sample(trees, chance.choice((1, 1, 2))):
            named += fill(tree, path, chance)
        required, excluded = chance.choice(named), chance.choice(named)
        excludes = chance.random() < 0.2 and excluded != required
        found.append(Listed(path, required, excluded if excludes else ""))
    return found
