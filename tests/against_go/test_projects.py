"""What `go mod download -json M@Q` asks, prints and exits with inside of a project: as modtrace says it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from probes.demo.server import World
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.sources.environment_reader import read_environment
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.golang import go_binary
from tests.against_go.project_worlds import SCRIPT, ProjectWorld, made

SEEDS = range(140)


@dataclass(frozen=True)
class Told:
    """What must be equal."""

    ok: bool
    version: str | None
    sum: str | None
    go_mod_sum: str | None
    error: str | None
    requests: frozenset[tuple[str, str]]


def _write(world: ProjectWorld, root: Path) -> Path:
    for name, text in world.files.items():
        file = root / name
        (file if name.endswith("/") else file.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            file.write_text(text)
    here = root / world.here
    here.mkdir(parents=True, exist_ok=True)
    return here


def variables_of(
    world: ProjectWorld, root: Path, home: Path, urls: list[str], cache: Path | None = None
) -> dict[str, str]:
    """The process environment that both run in."""
    url = urls[0]
    own = {
        name: value.format(root=root, url=url, database=urls[-1]) for name, value in world.variables.items()
    }
    return {
        "HOME": str(home), "GOPATH": str(home / "path"), "PATH": os.environ["PATH"], "GOROOT": str(go_binary().parent.parent),
        "GOPROXY": url, "GOSUMDB": "off", "GOMODCACHE": str(cache or home / "cache"), "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local", "GOENV": "off", **own,
    }  # fmt: skip


def _requests(running: World) -> frozenset[tuple[str, str]]:
    return frozenset((logged.request.path, logged.request.target) for logged in running.log)


def ask_go(running: World, variables: dict[str, str], target: str, here: Path) -> Told:
    running.log.clear()
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", target],
        env={**variables, "PWD": str(here)}, cwd=here, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout) if done.stdout.strip() else {}
    error = said.get("Error")
    if not error and done.returncode:
        error = _fatal(done.stderr)
    found = (said.get(name) for name in ("Version", "Sum", "GoModSum"))
    return Told(done.returncode == 0, *found, error and error.strip(), _requests(running))


def _fatal(text: str) -> str:
    """What go printed and exited with, without what it only remarks on the way."""
    remarks = ("go: dropping requirement", "go: skipping download", "go: warning:", "-> ")
    lines = [line for line in text.split("\n") if not line.startswith(remarks)]
    text = "\n".join(lines)
    text = re.sub(r"warning: verifying .*?SECURITY WARNING.*?module-auth'\.\n", "", text, flags=re.DOTALL)
    lines = list(dict.fromkeys(text.split("\n"))) if "conflicting replacements" in text else text.split("\n")
    return "\n".join(lines).replace("go: go: ", "go: ")


def ask_modtrace(
    running: World, variables: dict[str, str], target: str, here: Path, *, warm: bool = False
) -> tuple[Told, Trace]:
    running.log.clear()
    environment = read_environment(process=variables, cwd=str(here))
    result = Trace()
    path, _, query = target.partition("@")
    asyncio.run(
        trace(
            environment, path, query, result.apply, limits=Limits(answer_s=20, stall_s=20),
            project=load_project(environment), warm=warm,
        )
    )  # fmt: skip
    said = result.to_json()
    error = said["error"] and said["error"].strip()
    ours = Told(
        said["ok"], said["version"] or None, said["sum"], said["go_mod_sum"], error, _requests(running)
    )
    return ours, result


def difference(seed: object, go: Told, ours: Told) -> list[str]:
    names = [name for name in Told.__dataclass_fields__ if getattr(go, name) != getattr(ours, name)]
    return [
        f"{seed} {name}:\n  go       {_shown(getattr(go, name))}\n  modtrace {_shown(getattr(ours, name))}"
        for name in names
    ]


def _shown(value: object) -> str:
    return repr(sorted(value)) if isinstance(value, frozenset) else repr(value)


def _is_race(query: str, go: Told) -> bool:
    """go reads the module graph with many requests at once, and exits at the first hash that is wrong."""
    exits = ("SECURITY ERROR", "malformed go.sum")
    return query in ("upgrade", "patch") and any(words in (go.error or "") for words in exits)


def compare_projects(seeds: range, folder: Path) -> list[str]:
    wrong: list[str] = []
    unsaid = 0
    with World([SCRIPT.answer]) as running:
        for seed in seeds:
            world = made(seed)
            answers: list[Told] = []
            said = Trace()
            for who in ("go", "ours"):
                root, home = folder / f"{seed}" / "p", folder / f"{seed}-{who}"
                here = _write(world, root)
                home.mkdir()
                variables = variables_of(world, root, home, running.urls)
                if who == "go":
                    answers.append(ask_go(running, variables, world.target, here))
                    root.rename(root.with_name("gone"))  # go writes into go.mod and go.sum
                else:
                    ours, said = ask_modtrace(running, variables, world.target, here)
                    answers.append(ours)
            if said.finished is not None and "is not canonical" in said.finished.detail:
                unsaid += 1
                continue
            if _is_race(world.target.partition("@")[2], answers[0]):
                answers = [replace(told, requests=frozenset()) for told in answers]
            wrong += difference(f"{seed} {world.target} in {world.here} {world.variables}", *answers)
    assert unsaid <= len(seeds) // 25, unsaid
    return wrong


def test_what_go_does_inside_of_a_project_is_what_modtrace_says(tmp_path: Path) -> None:
    assert compare_projects(SEEDS, tmp_path) == []
