"""Many modules at origins of their own, asked for by one go command and by a trace each.

Every module has a host of its own, so that what was asked about it stands apart from the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.events import Event, Outcome, TraceFinished
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.golang import go_binary
from tests.origins import Commit, Origin, Page, meta, serving

HELPED = "code-p11.corp.test"
"""A host whose password git's credential helper knows."""
AT_ONCE = 3
"""Traces that are made at a time."""


@dataclass(frozen=True)
class Target:
    """What is asked for, and the world that it is in."""

    path: str
    query: str
    build: Callable[[Origin], None] = lambda origin: None
    shares: bool = False
    """Whether another target asks the same host: then go asks it once for both."""

    @property
    def text(self) -> str:
        return f"{self.path}@{self.query}"


@dataclass(frozen=True)
class Said:
    """What must be equal."""

    ok: bool
    version: str | None
    sum: str | None
    go_mod_sum: str | None
    error: str | None


@dataclass
class Run:
    """One trace."""

    said: Said
    trace: Trace
    events: list[Event] = field(repr=False)
    pages: list[str] = field(default_factory=list)
    git: list[str] = field(default_factory=list)


def go_mod(path: str, *more: str) -> dict[str, str | bytes]:
    return {"go.mod": "\n".join([f"module {path}", "", "go 1.20", *more, ""]), "x.go": "package x\n"}


def module(host: str, *commits: Commit, pages: Sequence[str] = (), subdirectory: str = "") -> Callable[[Origin], None]:  # fmt: skip
    """A repository at code-HOST/x, to which the pages of HOST/x and of all below it lead."""

    def build(origin: Origin) -> None:
        root = f"{host}/x"
        origin.add(f"code-{host}", "x", commits)
        for path in (root, *(f"{root}/{page}" for page in pages)):
            origin.pages[path] = Page(meta(root, "git", f"https://code-{host}/x", subdirectory))

    return build


@contextmanager
def world(home: Path, targets: Sequence[Target], variables: Mapping[str, str], *, local: bool) -> Iterator[tuple[Origin, dict[str, str]]]:  # fmt: skip
    """Everything is served; the environment. ``local``: git reads the repositories from the disk."""
    origin = Origin(home / "origin")
    origin.folder.mkdir(parents=True)
    for target in targets:
        target.build(origin)
    work = home / "work"
    work.mkdir()
    with ExitStack() as stack:
        network = stack.enter_context(serving(origin))
        (work / "store").write_text(f"https://me:hunter2@{HELPED}\n")
        helper = f"[credential]\n\thelper = store --file={work}/store\n"
        (work / ".gitconfig").write_text(rewriting(origin) if local else helper)
        found = {
            "HOME": str(work),
            "PATH": f"{recording_git(home)}:{os.environ['PATH']}",
            "GOROOT": str(go_binary().parent.parent),
            "GOPROXY": "direct",
            "GOSUMDB": "off",
            "GOMODCACHE": str(work / "cache"),
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
            "GIT_TEMPLATE_DIR": "",  # no samples of hooks in each repository: much faster
            **network,
            **{name: value.replace("{origin}", str(origin.folder)) for name, value in variables.items()},
        }
        yield origin, {name: value for name, value in found.items() if value != "{unset}"}


def rewriting(origin: Origin) -> str:
    """url.*.insteadOf for every host: the same repositories without a network, which is much faster."""
    hosts = sorted(path.name for path in origin.folder.iterdir() if path.is_dir())
    return "".join(f'[url "file://{origin.folder}/{host}/"]\n\tinsteadOf = https://{host}/\n' for host in hosts)


def recording_git(home: Path) -> Path:
    """A folder with a git that writes down what it asks the network, and for which repository."""
    folder, real = home / "tools", shutil.which("git")
    folder.mkdir()
    (folder / "git").write_text(
        "#!/bin/sh\n"
        'case "$*" in *--get-url*) ;; *ls-remote*|*fetch*) printf \'%s %s\\n\' "${GIT_DIR##*/}" "$*" >> "${0%/*}/log";; esac\n'
        f'exec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    return folder


def operations(home: Path) -> dict[str, list[str]]:
    """What git asked the network since the last time, by the URL of the repository."""
    log = home / "tools" / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    urls: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for line in lines:
        folder, _, words = line.partition(" ")
        if "ls-remote" in words:
            urls[folder] = words.rpartition(" ")[2]
        found.setdefault(urls.get(folder, folder), []).append(words)
    return found


def as_json(text: str | None) -> str | None:
    """As encoding/json writes it: bytes that are no UTF-8 become U+FFFD."""
    return None if text is None else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def ask_go(targets: Sequence[Target], variables: Mapping[str, str], folder: Path) -> list[Said]:
    """One `go mod download -json` for all; a Fatal of one of them is the only word on all."""
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", *(target.text for target in targets)],
        env=dict(variables), cwd=folder, text=True, capture_output=True, timeout=300,
    )  # fmt: skip
    decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    if not found:
        lines = done.stderr.rstrip("\n").split("\n")
        error = "\n".join(line for line in lines if not line.startswith("go: downloading "))
        return [Said(not error, None, None, None, redact(error) or None) for _ in targets]
    assert len(found) == len(targets), done.stdout + done.stderr
    return [
        Said(
            "Error" not in one, one.get("Version"), one.get("Sum"), one.get("GoModSum"),
            redact(one["Error"]) if "Error" in one else None,
        )
        for one in found
    ]  # fmt: skip


async def trace_all(
    targets: Sequence[Target], variables: Mapping[str, str], folder: Path, *, run: bool = True
) -> list[Run]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> Run:
        events: list[Event] = []
        told = Trace()

        def emit(event: Event) -> None:
            events.append(event)
            told.apply(event)

        async with gate:
            environment = read_environment(process=dict(variables), cwd=str(folder))
            limits = Limits(answer_s=60, stall_s=60)
            await trace(environment, target.path, target.query, emit, limits=limits, run=run)
        end = events[-1]
        assert isinstance(end, TraceFinished)
        assert end.outcome in (Outcome.OK, Outcome.FAILS) or not run, f"{target.text}: {end}"
        return Run(
            Said(end.outcome is Outcome.OK, end.version, end.sum, end.go_mod_sum, as_json(end.error)), told, events
        )

    return list(await asyncio.gather(*map(one, targets)))


@dataclass
class Compared:
    """Both, side by side."""

    differing: dict[str, object]
    runs: dict[str, Run]
    cases: int = 0


def compare(
    home: Path, targets: Sequence[Target], variables: Mapping[str, str] | None = None, *, local: bool = True
) -> Compared:
    """Ask go once for all targets and trace each of them; what differs, by target."""
    with world(home, targets, variables or {}, local=local) as (origin, environment):
        work = home / "work"
        theirs = ask_go(targets, environment, work)
        pages, git = _by_host(origin.log), operations(home)
        credentials = sorted(origin.credentials)
        origin.log.clear()
        origin.git_log.clear()
        origin.credentials.clear()
        cache = environment.get("GOMODCACHE", "")
        if cache:
            shutil.rmtree(work / cache, ignore_errors=True)
        runs = asyncio.run(trace_all(targets, environment, work))
        assert not cache or not (work / cache).exists()
        our_pages, our_git = _by_host(origin.log), operations(home)
    differing: dict[str, object] = {}
    for target, said, run in zip(targets, theirs, runs, strict=True):
        if said != run.said:
            differing[target.text] = (said, run.said)
    shared = {_host(target.path) for target in targets if target.shares}
    for what, go, ours in (("pages", pages, our_pages), ("git", git, our_git)):
        for host in sorted(go.keys() | ours.keys()):
            if _host(host) not in shared and go.get(host) != ours.get(host):
                differing[f"{what} {host}"] = (go.get(host), ours.get(host))
    if credentials != sorted(origin.credentials):
        differing["credentials"] = (credentials, sorted(origin.credentials))
    return Compared(differing, {target.text: run for target, run in zip(targets, runs, strict=True)}, len(targets))


def _host(text: str) -> str:
    """c12.corp.test of any name at that host, and of what a module proxy is asked about it."""
    found = re.search(r"corp\.test/[mp]/([\w.-]+)", text) or re.search(r"(?:[a-z]+://)?(?:code-|www-)?([\w.-]+)", text)
    return found[1] if found else text


def _by_host(log: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in log:
        found.setdefault(_host(line.partition(" ")[2]), []).append(line)
    return found
