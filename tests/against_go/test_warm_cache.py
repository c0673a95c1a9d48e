"""A module cache that go filled and somebody damaged: what go still asks for, and says, is what modtrace says."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.server import World
from tests.against_go.golang import go_binary
from tests.against_go.project_worlds import (
    LATER,
    MODULES,
    OTHER_HASH,
    PSEUDO,
    SCRIPT,
    A,
    B,
    P,
    ProjectWorld,
    sums_of,
)
from tests.against_go.test_projects import ask_go, ask_modtrace, difference, variables_of

SEEDS = (*range(130), 1101)
HTML = b"<!DOCTYPE html><html><body>Sign in</body></html>\n"
FILLED = [f"{A}@v1.1.0", f"{A}@v1.3.0", f"{B}@v1.0.0", f"{P}@{PSEUDO}", f"{P}@{LATER}"]
TARGETS = [
    *[f"{A}@v1.1.0"] * 6, f"{A}@v1.3.0", f"{A}@latest", f"{A}@v1", f"{A}@main", f"{A}@<v1.3.0", f"{A}@v1.1",
    f"{B}@v1.0.0", f"{P}@abcdefabcdef", f"{P}@abcdefabcdef0123", f"{P}@abcdef", f"{P}@{PSEUDO}", f"{A}@v1.0.0",
]  # fmt: skip


class Damage:
    """Does something to the cached files of one version."""

    def __init__(self, cache: Path, path: str, version: str, draw: random.Random) -> None:
        self.files = cache / "cache/download" / path / "@v"
        self.folder = cache / f"{path}@{version}"
        self.version = version
        self.draw = draw

    def file(self, suffix: str) -> Path:
        return self.files / f"{self.version}.{suffix}"

    def lose(self) -> None:
        self.file(self.draw.choice(["info", "mod", "zip", "ziphash", "lock"])).unlink(missing_ok=True)

    def lose_folder(self) -> None:
        if self.folder.is_dir():
            shutil.rmtree(self.folder)

    def spoil_info(self) -> None:
        texts = [b"", b"{", b"null", b"{}", b'{"Version":"v1.3.0"}', HTML, b'{"Version":7}', b'{"Time":"x"}']
        self.file("info").write_bytes(self.draw.choice(texts))

    def spoil_mod(self) -> None:
        texts = [b"", HTML, b"//vgo 0.0.3\n", b"module other.test/x\n", b"module m.test/a\n\ngo 1.99\n"]
        self.file("mod").write_bytes(self.draw.choice(texts))

    def spoil_zip(self) -> None:
        zip_file = self.file("zip")
        data = zip_file.read_bytes() if zip_file.exists() else b""
        zip_file.write_bytes(self.draw.choice([b"", HTML, data[: len(data) // 2], data + b"x"]))

    def spoil_hash(self) -> None:
        texts = ["", "x", OTHER_HASH, "h2:" + "A" * 44, "h1:short", " ", "\0" * 47]
        before = self.file("ziphash").read_text() if self.file("ziphash").exists() else ""
        self.file("ziphash").write_text(self.draw.choice([*texts, f"  {before}\n"]))

    def leave_partial(self) -> None:
        self.file("partial").touch()

    def change_folder(self) -> None:
        if not self.folder.is_dir() or (self.folder / "go.mod").is_dir():
            return
        match self.draw.choice(["file", "no go.mod", "too new", "go.mod is a folder"]):
            case "file":
                shutil.rmtree(self.folder)
                self.folder.touch()
            case "no go.mod":
                (self.folder / "go.mod").unlink(missing_ok=True)
            case "too new":
                (self.folder / "go.mod").write_text("module m.test/a\n\ngo 1.99\n")
            case _:
                (self.folder / "go.mod").unlink(missing_ok=True)
                (self.folder / "go.mod").mkdir()

    def any(self) -> None:
        kinds: list[Callable[[], None]] = [
            self.lose, self.lose, self.lose, self.lose_folder, self.spoil_info, self.spoil_mod, self.spoil_mod,
            self.spoil_zip, self.spoil_hash, self.spoil_hash, self.leave_partial, self.change_folder,
        ]  # fmt: skip
        self.draw.choice(kinds)()


def _damaged(cache: Path, seed: int) -> None:
    draw = random.Random(seed)
    for filled in [*draw.sample(FILLED, draw.choice([1, 2, len(FILLED)])), FILLED[0]]:
        for _ in range(draw.choice([0, 1, 1, 2, 3])):
            Damage(cache, *filled.split("@"), draw).any()


def _world(seed: int) -> ProjectWorld:
    draw = random.Random(-seed - 1)
    target = draw.choice(TARGETS)
    files: dict[str, str] = {}
    if draw.random() < 0.5:
        files["go.mod"] = "module main.test/m\n\ngo 1.21\n"
    if files and draw.random() < 0.7:
        lines = []
        for one in MODULES[A].versions:
            zipped, mod = sums_of(A, one.version)
            for what, total in ((one.version, zipped), (f"{one.version}/go.mod", mod)):
                said = draw.choice([[total], [total], [], [OTHER_HASH], ["h2:x"]])
                lines += [f"{A} {what} {one}\n" for one in said]
        files["go.sum"] = "".join(lines)
    variables = {"GOPROXY": draw.choice(["{url}", "{url}", "off", "{url}/nothing|{url}"])}
    if draw.random() < 0.4:
        variables["GOSUMDB"] = f"{VERIFIER_KEY} {{database}}"
    if draw.random() < 0.1:
        variables["GONOSUMDB"] = "m.test/*"
    return ProjectWorld(seed, files, target, variables=variables)


def _fill(running: World, home: Path) -> Path:
    """A cache that the real go has filled."""
    cache, here = home / "filled", home / "nowhere"
    here.mkdir(parents=True)
    variables = variables_of(ProjectWorld(0, {}, ""), home, home, running.urls, cache)
    command = [str(go_binary()), "mod", "download", *FILLED]
    subprocess.run(command, env=variables, cwd=here, check=True, capture_output=True)
    return cache


def compare_caches(seeds: Iterable[int], folder: Path) -> list[str]:
    wrong: list[str] = []
    database = ChecksumDatabase(MODULES.values())
    with World([SCRIPT.answer, database.answer]) as running:
        filled = _fill(running, folder / "home")
        for seed in seeds:
            world, answers = _world(seed), []
            root, cache = folder / f"{seed}" / "p", folder / f"{seed}" / "cache"
            for who in ("go", "ours"):
                root.mkdir(parents=True)
                for name, text in world.files.items():
                    (root / name).write_text(text)
                home = folder / f"{seed}" / who
                shutil.copytree(filled, cache)
                _damaged(cache, seed)
                variables = variables_of(world, root, home, running.urls, cache)
                if who == "go":
                    answers.append(ask_go(running, variables, world.target, root))
                else:
                    answers.append(ask_modtrace(running, variables, world.target, root, warm=True)[0])
                shutil.rmtree(root)
                shutil.rmtree(cache)
            wrong += difference(f"{seed} {world.target} {world.variables}", *answers)
    return wrong


def test_what_go_still_asks_for_with_a_damaged_cache_is_what_modtrace_says(tmp_path: Path) -> None:
    assert compare_caches(SEEDS, tmp_path) == []
