"""Mercurial, Subversion and Fossil in direct mode: versions, sums and errors as the real go finds them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.against_go.downloading import go_downloads, our_downloads, our_traces
from tests.against_go.golang import go_binary
from tests.origins import Origin, Page, meta, serving
from tests.vcs_worlds import (
    build_fossil,
    build_hg,
    build_svn,
    hg_commit,
    hg_tag,
    serving_fossil,
    serving_hg,
    serving_svn,
)

HG, SVN, FOSSIL = "hg.corp.test/m", "svn.corp.test/m", "fossil.corp.test/m"


@dataclass(frozen=True)
class VCSWorld:
    """Hosts and repositories that are served."""

    home: Path
    variables: Mapping[str, str]


def _go_mod(path: str) -> str:
    return f"module {path}\n\ngo 1.20\n"


def _build(folder: Path, home: Path) -> None:
    build_hg(folder / "hg/m", home, [
        ["write", "go.mod", _go_mod(HG)], ["write", "x.go", "package x\n"], hg_commit("a", 1),
        hg_tag("v1.0.0", 2),
        ["write", "sub/go.mod", _go_mod(f"{HG}/sub")], ["write", "sub/s.go", "package s\n"],
        ["write", "LICENSE", "do\n"], hg_commit("b", 3), hg_tag("sub/v0.1.0", 4),
        ["branch", "-q", "dev"], ["write", "y.go", "package x\n"], hg_commit("c", 5),
        ["update", "-q", "default"], ["write", "z.go", "package x\n"], hg_commit("d", 6),
    ])  # fmt: skip
    build_svn(folder / "svn/m", home, [
        ["mkdir", "trunk", "mkdir", "tags", "put", "@" + _go_mod(SVN), "trunk/go.mod"],
        ["cp", "HEAD", "trunk", "tags/v1.0.0"],
        ["mkdir", "trunk/a", "put", "@package x // $Id$\n", "trunk/a/x.go", "put", "@x\n", "trunk/LICENSE"],
    ])  # fmt: skip
    build_svn(folder / "svn/empty", home, [["mkdir", "trunk"]])
    files = [{"go.mod": _go_mod(FOSSIL), "x.go": "package x\n"}, {"sub/go.mod": _go_mod(f"{FOSSIL}/sub")}]
    build_fossil(folder / "fossil/m.fossil", home, files)
    build_fossil(folder / "fossil/modern.fossil", home, [{"go.mod": _go_mod("fossil.corp.test/modern")}], sha1=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCSWorld]:
    folder = tmp_path_factory.mktemp("vcs")
    home = folder / "home"
    home.mkdir()
    _build(folder, home)
    origin = Origin(folder / "origin")
    (folder / "tools").mkdir()
    (folder / "tools/ssh").symlink_to("/bin/false")  # no host is looked for in the DNS
    with ExitStack() as stack:
        urls = {
            "hg": stack.enter_context(serving_hg(folder / "hg", home)),
            "svn": stack.enter_context(serving_svn(folder / "svn", home)),
            "fossil": stack.enter_context(serving_fossil(folder / "fossil", home)),
        }
        for path, system, name in (
            (HG, "hg", "m"), (f"{HG}/sub", "hg", "m"), ("hg.corp.test/none", "hg", "none"),
            (SVN, "svn", "m/trunk"), ("svn.corp.test/none", "svn", "none/trunk"),
            ("svn.corp.test/empty", "svn", "empty/trunk"), (f"{SVN}/a", "svn", "m/trunk"),
            (FOSSIL, "fossil", "m"), (f"{FOSSIL}/sub", "fossil", "m"), ("fossil.corp.test/modern", "fossil", "modern"),
            ("fossil.corp.test/none", "fossil", "none"),
            ("off.corp.test/m", "svn", "m/trunk"), ("off.corp.test/f", "fossil", "m"),
            ("mine.corp.test/f", "fossil", "m"), ("none.corp.test/h", "hg", "m"),
        ):  # fmt: skip
            root = path.removesuffix("/sub").removesuffix("/a")
            origin.pages[path] = Page(meta(root, system, f"{urls[system]}/{name}"))
        origin.pages["bzr.corp.test/m"] = Page(meta("bzr.corp.test/m", "bzr", "https://code.corp.test/m"))
        network = stack.enter_context(serving(origin))
        yield VCSWorld(home, {
            "HOME": str(home), "USER": "tester", "LC_ALL": "C.UTF-8", "HGRCPATH": "", "PATH": f"{folder}/tools:{os.environ['PATH']}",
            "GOROOT": str(go_binary().parent.parent), "GOPROXY": "direct", "GOSUMDB": "off", "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local", "GOENV": "off", "GOMODCACHE": str(home / "cache"),
            "GOVCS": "hg.corp.test:hg,svn.corp.test:svn,fossil.corp.test:fossil,none.corp.test:off,suffix.corp.test:all",
            "GOPRIVATE": "mine.corp.test", **network, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1",
        })  # fmt: skip


def _hashes(world: VCSWorld, folder: Path) -> list[str]:
    printed = subprocess.run(
        ["hg", "log", "--template", "{node}\n"], cwd=folder, env=dict(world.variables), capture_output=True, text=True
    ).stdout
    return printed.split()[::-1]


def test_versions_sums_and_errors_are_those_of_go(world: VCSWorld, tmp_path: Path) -> None:
    """One go for all of them, for it keeps each repository for the next version."""
    tips = _hashes(world, world.home.parent / "hg/m")
    b, tip = tips[2], tips[5]
    targets = [
        f"{HG}@v1.0.0", f"{HG}@dev", f"{HG}@v9.9.9", f"{HG}@v1.0.1-0.20231117221320-{b[:12]}",
        f"{HG}/sub@{tip[:12]}", "hg.corp.test/none@v1.0.0",
        f"{SVN}@latest", f"{SVN}@v1.0.0", f"{SVN}@1", f"{SVN}@000000000003", f"{SVN}@v0.0.0-20231115221320-000000000001",
        f"{SVN}@v0.0.0-20231115221320-000000000002", f"{SVN}@99", f"{SVN}/a@latest", f"{SVN}@0",
        "svn.corp.test/none@latest", "svn.corp.test/empty@latest", "off.corp.test/m@latest",
        f"{FOSSIL}@latest", f"{FOSSIL}@v1.1.0", f"{FOSSIL}@v1.9.0", f"{FOSSIL}/sub@latest", f"{FOSSIL}@trunk",
        "fossil.corp.test/modern@latest", "fossil.corp.test/none@latest", "off.corp.test/f@latest",
        "mine.corp.test/f@v1.1.0", "none.corp.test/h@v1.0.0", "bzr.corp.test/m@latest",
        "suffix.corp.test/x.hg@latest", "suffix.corp.test/x.svn/y@latest", "suffix.corp.test/x.fossil@latest",
    ]  # fmt: skip
    theirs = go_downloads(world.variables, tmp_path, targets)
    ours = asyncio.run(our_downloads(world.variables, targets))
    assert len(theirs) == len(targets)
    differing = {
        target: (go, mine) for target, go, mine in zip(targets, theirs, ours, strict=True) if go != mine
    }
    assert not differing
    traced = [f"{SVN}@latest", f"{FOSSIL}@v1.1.0", f"{FOSSIL}@v1.9.0", "hg.corp.test/none@v1.0.0",
              "fossil.corp.test/none@latest", "off.corp.test/f@latest", "bzr.corp.test/m@latest"]  # fmt: skip
    said = dict(zip(targets, theirs, strict=True))
    assert asyncio.run(our_traces(world.variables, traced)) == [replace(said[one], time="") for one in traced]


def _recording(tools: Path, *names: str) -> Path:
    """Programs of these names that fail, and write down how they were called."""
    log = tools / "log"
    tools.mkdir()
    for name in names:
        (tools / name).write_text(f'#!/bin/sh\nprintf "%s|%s|%s\\n" {name} "$HGPLAIN" "$*" >> {log}\nexit 1\n')
        (tools / name).chmod(0o755)
    return log


def test_programs_that_are_not_there_or_fail_are_told_of_as_go_does(world: VCSWorld, tmp_path: Path) -> None:
    targets = [
        f"{HG}@v1.0.0", f"{SVN}@v1.0.0", f"{FOSSIL}@v1.1.0", "suffix.corp.test/x.hg@v1.0.0",
        "suffix.corp.test/x.svn@v1.0.0", "suffix.corp.test/x.fossil@v1.0.0",
    ]  # fmt: skip
    log = _recording(tmp_path / "failing", "hg", "svn", "fossil")
    (tmp_path / "relative").mkdir()
    (tmp_path / "relative" / "hg").symlink_to("/bin/true")
    for tools, insecure in ((tmp_path / "none", ""), (tmp_path / "failing", "*.corp.test"), (Path("relative"), "")):
        variables = {
            **world.variables, "PATH": str(tools), "GOINSECURE": insecure, "GOMODCACHE": str(tmp_path / "cache"),
        }  # fmt: skip
        theirs = go_downloads(variables, tmp_path, targets)
        called = _calls(log)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            ours = asyncio.run(our_downloads(variables, targets))
        assert ours == theirs
        assert _calls(log) == called
        assert bool(called) == (tools.name == "failing")
        shutil.rmtree(tmp_path / "cache")
    assert 'exec: "hg": cannot run executable found relative to current directory' in theirs[0].error


def _calls(log: Path) -> list[str]:
    """How programs were called since the last time, in order for each; goreposum is left out by us."""
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return sorted(line for line in lines if "goreposum" not in line)
