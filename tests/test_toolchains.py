"""Another go that is wanted: what modtrace says of it, where go says too little."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from probes.commands.plain import report
from probes.demo.server import World
from probes.diagnosis.diagnose import diagnose
from probes.golang.errors import GoError
from probes.golang.host import host_platform
from probes.golang.mod_versions import compare, is_prefix, is_valid
from probes.golang.protocol import Op
from probes.golang.toolchain_select import read_go_lines, select
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.share.privacy import Mask
from probes.sources.environment_reader import read_environment
from probes.sources.toolchains_in_path import find_toolchain, releases_in_path
from probes.trace.events import Bend, Event, Outcome, Purpose, Turning
from probes.trace.fold import Trace
from probes.trace.recording import read_recording, write_recording
from probes.trace.run import trace
from tests.against_go.golang import goroot
from tests.against_go.toolchain_worlds import PATH, Proxy

NEWER = {"go.mod": "module x.test/x\n\ngo 1.28.1\n"}


@dataclass
class Told:
    """What one trace said."""

    events: list[Event] = field(default_factory=list)
    fold: Trace = field(default_factory=Trace)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.fold.apply(event)

    @property
    def report(self) -> str:
        """The text."""
        return report(self.fold)

    @property
    def all_bends(self) -> list[tuple[str, str]]:
        """What became of anything, the module cache among it."""
        return [(one.bend.value, one.to) for one in self.fold.turnings]

    @property
    def bends(self) -> list[tuple[str, str]]:
        """What became of the toolchain: each turning and where it leads."""
        turnings = [one for one in self.fold.turnings if one.turning is Turning.TOOLCHAIN]
        return [(one.bend.value, one.to) for one in turnings]


@contextmanager
def proxies(*behaviours: str) -> Iterator[World]:
    """Proxies that serve toolchains as they are told to."""
    with World([Proxy(how=how) for how in behaviours]) as world:
        yield world


def traced(
    home: Path, goproxy: str, files: dict[str, str] | None = None, query: str = "v1.0.0", **variables: str
) -> Told:
    """Trace in a project with these files."""
    here = home / "project"
    here.mkdir(exist_ok=True)
    for name, text in (files or {}).items():
        (here / name).write_text(text)
    process = {
        "HOME": str(home), "PATH": "/usr/bin:/bin", "GOROOT": str(goroot()), "GOENV": "off", "GOPROXY": goproxy,
        "GOMODCACHE": str(home / "cache"), "GOSUMDB": "off", "GOTOOLCHAIN": "auto", **variables,
    }  # fmt: skip
    process = {name: value for name, value in process.items() if value}
    environment = read_environment(process=process, cwd=str(here))
    told = Told()
    asyncio.run(
        trace(environment, PATH, query, told, limits=Limits(answer_s=20, stall_s=20),
              project=load_project(environment))
    )  # fmt: skip
    return told


# -- the rules by themselves --------------------------------------------------------------------------------


def test_the_lines_are_read_as_text() -> None:
    lines = read_go_lines("go.mod", b"module x\nnonsense (\n\tgo 1.28 // newer\ntoolchain\tgo1.29.0\n")
    assert (lines.go, lines.go_at, lines.toolchain, lines.toolchain_at) == ("1.28", 3, "go1.29.0", 4)
    selected = select("auto", "go1.27.3", lines)
    assert (selected.name, selected.where) == ("go1.29.0", "go.mod:4")


def test_the_first_release_of_a_language() -> None:
    lines = read_go_lines("go.mod", b"go 1.28\n")
    assert select("auto", "go1.27.3", lines).name == "go1.28.0"
    assert select("local+path", "go1.27.3", lines).may_download is False
    old = select("go1.19+auto", "go1.20.5", read_go_lines("go.mod", b"go 1.20\n"))
    assert (old.name, old.explained) == ("go1.20", "; GOTOOLCHAIN=go1.19+auto; go.mod sets go 1.20")


def test_what_is_no_toolchain() -> None:
    for line in (b"toolchain local\n", b"toolchain go1.28/../x\n", b"toolchain go1.28\x1b[31m\n"):
        with pytest.raises(GoError, match="invalid toolchain"):
            select("auto", "go1.27.3", read_go_lines("go.mod", line))


def test_versions_of_go_itself() -> None:
    assert is_valid("go", "1.28.1")
    assert is_valid("toolchain", "go1.28.1-corp")
    assert not is_valid("go", "v1.28.1")
    assert is_prefix("go", "1.28")
    assert not is_prefix("toolchain", "go1.28.1")
    assert compare("toolchain", "1.28rc1", "go1.28.0") == -1


def test_path_is_looked_at_and_nothing_is_run(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second, tmp_path / "bin"):
        folder.mkdir()
    (first / "go1.28.1").mkdir()
    (first / "go1.29.0").write_text("")
    for name in ("go1.28.1", "go1.29.0", "go1.30rc1", "go1.x", "gofmt"):
        (second / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
        (second / name).chmod(0o755)
    (second / "go1.31.0").symlink_to(first)
    process = {"PATH": f"{first}:{second}"}
    here = str(tmp_path)
    assert find_toolchain("go1.28.1", process, here) == str(second / "go1.28.1")
    assert find_toolchain("go1.29.0", process, here) == str(second / "go1.29.0")
    assert find_toolchain("go1.31.0", process, here) is None
    assert find_toolchain("go1.28.1", {"PATH": f"second:{second}"}, here) is None
    allowed = {"PATH": "second", "GODEBUG": "execerrdot=0"}
    assert find_toolchain("go1.28.1", allowed, here) == "second/go1.28.1"
    assert find_toolchain("go1.28.1", {}, here) is None
    assert releases_in_path({"PATH": f"second:{first}:{second}:{tmp_path}/none"}) == [
        "1.28.1", "1.29.0", "1.30rc1", "1.31.0",
    ]  # fmt: skip
    assert not (tmp_path / "was-run").exists()


# -- what a trace says --------------------------------------------------------------------------------------


def test_which_entry_has_no_toolchains(tmp_path: Path) -> None:
    with proxies("404", "410") as world:
        told = traced(tmp_path, f"{world.urls[0]},{world.urls[1]},off", NEWER)
    finished = told.fold.finished
    assert finished is not None
    assert finished.error is not None
    assert finished.error.endswith("toolchain not available")
    first, second = (url.removeprefix("http://") for url in world.urls)
    assert f"toolchain? stops: {first} answered 404; {second} answered 410; off asks nobody" in told.report
    assert f"first cause: for the toolchain that go wants, {first} answered 404" in told.report
    cases = diagnose(told.fold)
    assert cases[0].diagnosis.rule.id == "R06"
    assert f"{second} answered 410" in cases[0].diagnosis.cause
    assert "`go 1.28.1`, go.mod:3" in cases[0].diagnosis.cause
    # GOTOOLCHAIN=local would help nobody: "go.mod requires go >= 1.28.1".
    assert [one.id for one in cases[0].diagnosis.remedies][:2] == ["toolchain-in-path", "real-release"]


def test_what_to_do_about_it(tmp_path: Path) -> None:
    cases = {
        ("off", "go1.28.1"): "goproxy",
        ("off", "go1.28"): "toolchain-patch",
        ("off", "go1.28.1+path"): "toolchain-in-path",
    }
    for (goproxy, gotoolchain), remedy in cases.items():
        told = traced(tmp_path, goproxy, GOTOOLCHAIN=gotoolchain)
        found = diagnose(told.fold)
        remedies = [one.id for one in found[0].diagnosis.remedies]
        assert (remedies[0], "local-toolchain" in remedies) == (remedy, True), gotoolchain


def test_a_toolchain_that_no_proxy_may_be_asked_for(tmp_path: Path) -> None:
    """Its host is asked where it lives, and here nobody can get there."""
    with proxies("good") as world:
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
        told = traced(tmp_path, f"{world.urls[0]},off", NEWER, GONOPROXY="*", **nowhere)
        assert world.log == []
    assert told.fold.finished is not None
    assert told.fold.finished.outcome is Outcome.FAILS
    assert [one.started.url for one in told.fold.requests.values() if one.started.op is Op.PAGE] == [
        "https://golang.org/toolchain?go-get=1"
    ]
    assert "GONOPROXY=* matches golang.org/toolchain" in told.report
    assert diagnose(told.fold)[0].diagnosis.remedies[0].id == "toolchain-not-private"


def test_the_trace_goes_on_as_the_other_go(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "go1.28.1").write_text("#!/bin/false\n")
    (programs / "go1.28.1").chmod(0o755)
    with proxies("404") as world:
        told = traced(tmp_path, world.urls[0], NEWER, "v1.3.0", PATH=str(programs))
        assert not [one for one in world.log if one.request.path == "golang.org/toolchain"]
    finished = told.fold.finished
    assert finished is not None
    assert (finished.outcome, finished.toolchain, finished.version) == (Outcome.OK, "go1.28.1", "v1.3.0")
    assert told.bends == [("leads", "go1.28.1"), ("answers", "")]
    assert str(programs / "go1.28.1") in told.report
    assert told.fold.to_json()["toolchain"] == "go1.28.1"
    assert [one["bend"] for one in told.fold.to_json()["turnings"][:2]] == ["leads", "answers"]
    masked = Mask.of(told.events).trace(told.events)
    assert str(tmp_path) not in report(masked)


def test_a_toolchain_that_is_here_is_not_downloaded_for_a_cold_trace(tmp_path: Path) -> None:
    version = f"v0.0.1-go1.28.1.{'-'.join(host_platform() or ())}"
    for name in ("bin/go", "pkg/tool/asm"):
        file = tmp_path / "cache/golang.org" / f"toolchain@{version}" / name
        file.parent.mkdir(parents=True)
        file.write_text("")
    downloads = tmp_path / "cache/cache/download/golang.org/toolchain/@v"
    downloads.mkdir(parents=True)
    (downloads / f"{version}.ziphash").write_text(f"h1:{'A' * 43}=")
    with proxies("good") as world:
        # The database would still have to vouch for it: that there is none is what go stops at.
        told = traced(tmp_path, world.urls[0], NEWER)
        assert not [one for one in world.log if "toolchain" in one.request.path]
    finished = told.fold.finished
    assert finished is not None
    assert "checksum database disabled by GOSUMDB=off" in (finished.error or "")
    assert ("answers", "") in told.all_bends


def test_a_go_of_old_fetches_by_other_rules(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "go1.20.5").write_text("")
    (programs / "go1.20.5").chmod(0o755)
    with proxies("good") as world:
        told = traced(tmp_path, world.urls[0], GOTOOLCHAIN="go1.20.5", PATH=str(programs))
    assert told.fold.finished is not None
    assert told.fold.finished.outcome is Outcome.UNKNOWN
    assert "go1.20.5 would run from here" in told.fold.finished.detail


def test_without_a_go_nothing_is_selected(tmp_path: Path) -> None:
    with proxies("good") as world:
        told = traced(tmp_path, world.urls[0], NEWER, "v1.2.0", GOROOT="", PATH="/nonexistent")
    assert told.fold.finished is not None
    assert told.fold.finished.outcome is Outcome.OK
    assert "there is no go on this machine" in told.report
    assert told.bends == [("straight", "")]


def test_a_newer_go_for_a_module_is_really_looked_for(tmp_path: Path) -> None:
    with proxies("good") as world:
        told = traced(tmp_path, world.urls[0], {}, "v1.1.0", GOSUMDB="off")
    finished = told.fold.finished
    assert finished is not None
    assert finished.error is not None
    assert finished.error.startswith("go: download go1.28.9: ")
    assert "checksum database disabled by GOSUMDB=off" in finished.error
    purposes = [walk.started.purpose for walk in told.fold.walks.values()]
    assert purposes[-2:] == [Purpose.TOOLCHAINS, Purpose.TOOLCHAIN]
    assert told.bends == [("leads", "go1.28.9"), ("straight", ""), ("stops", "")]


def test_its_recording_is_read_back(tmp_path: Path) -> None:
    with proxies("404") as world:
        told = traced(tmp_path, world.urls[0], NEWER)
    file = io.StringIO()
    write_recording(told.events, file)
    file.seek(0)
    replayed = Trace()
    for event in read_recording(file):
        replayed.apply(event)
    assert replayed.to_json() == told.fold.to_json()
    assert [one.bend for one in replayed.turnings] == [Bend.LEADS, Bend.STRAIGHT, Bend.STOPS]


def test_what_a_setting_or_a_file_names_is_kept_short_and_without_secrets(tmp_path: Path) -> None:
    told = traced(tmp_path, "off", GOTOOLCHAIN="go1.28.1-https://me:hunter2@x.test/")
    assert told.bends == [("stops", "")]
    assert "hunter2" not in repr(told.events) + told.report
    long = {"go.mod": f"module x.test/x\n\ngo 1.21\ntoolchain go1.28.1-{'x' * 1_000_000}\n"}
    told = traced(tmp_path, "off", long)
    assert told.bends[0][0] == "leads"
    assert [event.kind for event in told.events if len(repr(event)) > 300_000] == []


def test_a_name_of_releases_is_no_module(tmp_path: Path) -> None:
    environment = read_environment(
        process={"GOROOT": str(goroot()), "GOENV": "off", "GOPROXY": "off", "GOMODCACHE": str(tmp_path)},
        cwd="",
    )
    told = Told()
    asyncio.run(trace(environment, "go", "1.21.0", told))
    assert told.fold.finished is not None
    assert told.fold.finished.error == "internal error: invalid operation on toolchain module"
    assert "golang.org/toolchain@v0.0.1-go1.21.0.linux-amd64" in told.report
