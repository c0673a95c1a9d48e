"""Worlds of direct mode that stand side by side, so that one go command is asked for all their modules."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.sources.direct import DirectAnswer, direct_versions
from probes.sources.environment_reader import read_environment
from tests.against_go.direct_world import AT_ONCE, operations, recording_git, rewriting
from tests.against_go.golang import go_binary
from tests.origins import Commit, Origin, Page, serving


@dataclass(frozen=True)
class Case:
    """A world and a module in it."""

    path: str
    build: Callable[[Origin], None]
    variables: Mapping[str, str] = field(default_factory=dict)


def variables_of(home: Path, network: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The environment of both."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "GOROOT": str(go_binary().parent.parent),
        "GOPROXY": "direct",
        "GOSUMDB": "off",
        "GOMODCACHE": str(home / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "GIT_TEMPLATE_DIR": "",
        **network,
        **more,
    }


def ask_go(
    variables: Mapping[str, str], home: Path, *targets: str, flags: Sequence[str] = ("-versions", "-retracted")
) -> list[dict[str, Any]]:
    """What go list says of each target."""
    done = subprocess.run(
        [str(go_binary()), "list", "-m", "-e", *flags, "-json", *targets],
        env=dict(variables), cwd=home, text=True, capture_output=True, timeout=120,
    )  # fmt: skip
    decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    assert found, done.stderr
    return found


async def ask_modtrace(variables: Mapping[str, str], paths: Sequence[str]) -> list[DirectAnswer]:
    environment = read_environment(process=dict(variables))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> DirectAnswer:
        async with gate:
            return await direct_versions(environment, path, Limits(answer_s=30, stall_s=30), run=True)

    return list(await asyncio.gather(*map(one, paths)))


# -- many worlds in one: one go command for all cases that need the same environment ------------------------

_OWN = re.compile(r"\b(git|code|www|proxy)\.corp\.test")


@dataclass
class Sketch(Origin):
    """A world that is written down, to be made under names of its own."""

    added: list[tuple[str, str, tuple[Commit, ...]]] = field(default_factory=list)
    number: int = 0

    def add(self, host: str, name: str, commits: tuple[Commit, ...]) -> None:
        self.added.append((host, name, commits))

    def named(self, text: str) -> str:
        """The same of this world: git.corp.test is git-7.corp.test there."""
        return _OWN.sub(rf"\1-{self.number}.corp.test", text)

    def places(self) -> set[str]:
        """What no other world may have beside it."""
        hosts = {f"{host}/{name}" for host, name, _ in self.added}
        return {self.named(place) for place in (*hosts, *self.pages, *self.files)}

    def make(self, origin: Origin) -> None:
        """Make it, as a part of a world."""
        for host, name, commits in self.added:
            origin.add(self.named(host), name, tuple(replace(one, files=self._texts(one.files)) for one in commits))
            if self.refuse_git:
                origin.refused[self.named(host)] = self.refuse_git
        for url, page in self.pages.items():
            headers = {name: self.named(value) for name, value in page.headers.items()}
            origin.pages[self.named(url)] = Page(self._data(page.body), page.status, headers)
        for url, data in self.files.items():
            origin.files[self.named(url)] = self._data(data)
        if (self.folder / "netrc").exists():
            with (origin.folder / "netrc").open("a") as netrc:
                netrc.write(self.named((self.folder / "netrc").read_text()))

    def _texts(self, files: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
        return {name: self.named(text) if isinstance(text, str) else text for name, text in files.items()}

    def _data(self, data: str | bytes) -> bytes:
        raw = data.encode() if isinstance(data, str) else data
        return self.named(raw.decode("latin-1")).encode("latin-1")


@dataclass
class Batch:
    """Cases that can be asked for together."""

    variables: Mapping[str, str]
    sketches: dict[str, Sketch] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    def takes(self, case: Case, sketch: Sketch) -> bool:
        mine = {*sketch.places(), sketch.named(case.path)}
        return self.variables == case.variables and not mine & {*self.places, *self.paths.values()}


def batches(cases: Mapping[str, Case], home: Path) -> list[Batch]:
    """All cases, in as few batches as may be."""
    found: list[Batch] = []
    for number, (name, case) in enumerate(cases.items()):
        sketch = Sketch(home / f"sketch-{number}", number=number)
        case.build(sketch)
        batch = next((one for one in found if one.takes(case, sketch)), None)
        if batch is None:
            batch = Batch(case.variables)
            found.append(batch)
        batch.sketches[name], batch.paths[name] = sketch, sketch.named(case.path)
        batch.places |= sketch.places()
    return found


def whose(line: str) -> str:
    """The world of a question: its number, else its host."""
    found = re.search(r"-(\d+)\.corp\.test", line) or re.search(r"(?:https?[ :/]+)([\w.-]+)", line)
    return found[1] if found else line


def by_world(lines: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(whose(line), []).append(line)
    return found


def check(cases: Mapping[str, Case], home: Path, *, local: bool = False) -> dict[str, DirectAnswer]:
    """Both say the same of every case, and ask hosts and repositories the same; modtrace's answers.

    ``local``: git reads the repositories from the disk.
    """
    answers: dict[str, DirectAnswer] = {}
    for number, batch in enumerate(batches(cases, home)):
        answers |= check_batch(batch, home / str(number), local=local)
    return answers


def check_batch(batch: Batch, home: Path, *, local: bool) -> dict[str, DirectAnswer]:
    origin = Origin(home / "origin")
    origin.folder.mkdir(parents=True)
    for sketch in batch.sketches.values():
        sketch.make(origin)
    work = home / "work"
    work.mkdir()
    tools = recording_git(home)
    if local:
        (work / ".gitconfig").write_text(rewriting(origin))
    paths = list(batch.paths.values())
    with serving(origin) as network:
        more = {name: value.replace("{origin}", str(origin.folder)) for name, value in batch.variables.items()}
        variables = variables_of(work, network, more)
        if "PATH" not in batch.variables:
            variables["PATH"] = f"{tools}:{variables['PATH']}"
        said = ask_go(variables, work, *(f"{path}{query}" for path in paths for query in ("", "@latest")))
        # go list also shows the go line of the go.mod, for which it asks a module proxy.
        asked = [by_world(line for line in origin.log if not line.endswith(".mod")), operations(home)]
        shown = sorted(origin.credentials)
        origin.log.clear()
        origin.credentials.clear()
        cache = sorted((work / "cache").rglob("*"))
        ours = asyncio.run(ask_modtrace(variables, paths))
        assert sorted((work / "cache").rglob("*")) == cache
        assert [by_world(origin.log), operations(home)] == asked
        assert sorted(origin.credentials) == shown
    wrong = {
        name: (mine, listed, latest)
        for name, mine, listed, latest in zip(batch.paths, ours, said[::2], said[1::2], strict=True)
        if not is_same(mine, listed, latest)
    }
    assert not wrong
    return dict(zip(batch.paths, ours, strict=True))


def is_same(ours: DirectAnswer, listed: Mapping[str, Any], latest: Mapping[str, Any]) -> bool:
    """Whether modtrace's answer says what go list says of PATH and of PATH@latest."""
    error = listed.get("Error", {}).get("Err")
    same = (ours.unknown, ours.error) == (None, None if error is None else redact(error))
    same = same and list(ours.versions) == (listed.get("Versions") or []) and ours.path == listed["Path"]
    if error is not None or not same:
        return same
    if ours.latest is not None:
        return (ours.latest, ours.latest_time) == (latest["Version"], latest["Time"])
    words = ours.latest_error
    return latest.get("Error", {}).get("Err") in (
        words, f"module {ours.path}: {words}", f"{ours.path}@latest: {words}"
    )  # fmt: skip
