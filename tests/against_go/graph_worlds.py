"""Projects made up at random: modules that require each other, old and new go lines, replacements."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.module import escape_path

GO_LINES = ("", "1.13", "1.16", "1.17", "1.20", "1.21", "1.21.5", "1.22.0", "1.23")
NUMBERS = ("v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.2.0")


@dataclass
class Universe:
    """Modules that a file:// proxy serves."""

    folder: Path
    mods: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def versions(self) -> list[tuple[str, str]]:
        return list(self.mods)

    def add(self, path: str, number: str, text: str) -> None:
        self.mods[path, number] = text
        place = self.folder / escape_path(path) / "@v"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.mod").write_text(text)
        (place / f"{number}.info").write_text(f'{{"Version":"{number}"}}')
        with (place / "list").open("a") as file:
            file.write(number + "\n")


def go_line(chance: random.Random) -> str:
    number = chance.choice(GO_LINES)
    return f"go {number}\n" if number else ""


def requires(chance: random.Random, known: list[tuple[str, str]], most: int) -> str:
    chosen = chance.sample(known, min(chance.randint(0, most), len(known)))
    return "".join(
        f"require {path} {number}{' // indirect' if chance.random() < 0.3 else ''}\n"
        for path, number in chosen
    )


def make_universe(folder: Path, seed: int, paths: int = 10) -> Universe:
    chance = random.Random(seed)
    universe = Universe(folder)
    known = [(f"m{one}.test/x", number) for one in range(paths) for number in NUMBERS]
    lost = set(chance.sample(known, 1))
    for path, number in known:
        if (path, number) in lost:
            continue
        declared = path if chance.random() < 0.97 else "renamed.test/x"
        others = [one for one in known if one[0] != path or chance.random() < 0.1]
        universe.add(path, number, f"module {declared}\n{go_line(chance)}{requires(chance, others, 3)}")
    return universe


def make_module(folder: Path, path: str, universe: Universe, chance: random.Random) -> None:
    """A main module with replacements, exclusions, requirements of itself and of folders."""
    folder.mkdir(parents=True)
    known = universe.versions
    text = f"module {path}\n{go_line(chance)}{requires(chance, known, 5)}"
    if chance.random() < 0.1:
        text += "toolchain go1.22.3\n"
    if chance.random() < 0.1:
        text += f"require {path} v1.0.0\n"
    if chance.random() < 0.2:
        twice = chance.choice(known)[0]
        text += f"require {twice} v1.0.0\nrequire {twice} v1.1.0\n"
    for old, number in chance.sample(known, 3 if chance.random() < 0.4 else 0):
        text += f"exclude {old} {number}\n"
    replaced: set[str] = set()
    for old, number in chance.sample(known, 3 if chance.random() < 0.4 else 0):
        if old in replaced:
            continue
        replaced.add(old)
        left = f"{old} {number}" if chance.random() < 0.5 else old
        if chance.random() < 0.3:
            local = folder / "local" / old
            local.mkdir(parents=True, exist_ok=True)
            if chance.random() < 0.8:
                name = chance.choice(("module anything.test/at/all\n", f"module {old}\n", ""))
                (local / "go.mod").write_text(f"{name}{go_line(chance)}{requires(chance, known, 2)}")
            text += f"replace {left} => ./local/{old}\n"
        else:
            new, other = chance.choice(known)
            text += f"replace {left} => {new} {other}\n"
    (folder / "go.mod").write_text(text)


def make_project(folder: Path, universe: Universe, seed: int) -> Path:
    """A module, or a workspace of up to three."""
    chance = random.Random(seed)
    if chance.random() < 0.7:
        make_module(folder, "main.test/m", universe, chance)
        return folder
    count = chance.randint(1, 3)
    for one in range(count):
        make_module(folder / f"w{one}", f"w{one}.test/m", universe, chance)
    uses = "".join(f"use ./w{one}\n" for one in range(count))
    line = chance.choice(("go 1.23\n", "go 1.24.1\n", "go 1.23.0\ntoolchain go1.25.1\n"))
    text = line + uses
    if chance.random() < 0.3:
        old = chance.choice(universe.versions)[0]
        new, other = chance.choice(universe.versions)
        text += f"replace {old} => {new} {other}\n"
    (folder / "go.work").write_text(text)
    return folder
