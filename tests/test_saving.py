"""Files of versions, saved: resumed where that can be, whole or not at all, and never elsewhere."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probes.browse.fetching import download
from probes.browse.manifest import came, check, read_manifest
from probes.browse.named import proxy_named
from probes.browse.partial import Part, validator
from probes.browse.resuming import Got
from probes.browse.saved import FileSaved, SaveEvent, Saving, State, Want
from probes.browse.saving import Plan, save
from probes.browse.table import BrowseEvent, DownloadFinished, Wanted
from probes.browse.tree import Tree
from probes.demo.behaviour import Answer, Request, Script
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import World
from probes.demo.worlds import names as names_of_worlds
from probes.demo.worlds import world_plan
from probes.golang.errors import GoError
from probes.golang.go_sum import GoSum
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.golang.urls import parse_url
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.events import Outcome
from tests.demo_support import traced_in
from tests.kit_support import script
from tests.modtrace import clean_environment, modtrace, start
from tests.range_server import Manner, Ranges, RangeServer
from tui.stage import DemoWorld

PATH, VERSION = "big.test/Mod", "v1.2.3"
MEGA = 1 << 20


def big(seed: int = 0, megabytes: int = 6) -> Module:
    """A module whose zip has this size: bytes that cannot be compressed."""
    content = random.Random(seed).randbytes(megabytes * MEGA)
    files = (("big.bin", content), ("doc.go", b"package big\n"))
    return Module(PATH, (ModuleVersion(PATH, VERSION, files=files),), latest=VERSION)


BIG = big()
ZIP = BIG.versions[0].zip


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({PATH: BIG}) as running:
        yield running


def saved(
    folder: Path, goproxy: str, *wants: Want, stall_s: float = 20, source: str | None = None,
    go_sum: GoSum | None = None, jobs: int = 4, **variables: str,
) -> tuple[Saving, list[SaveEvent]]:
    """Save in this process."""
    process = {**clean_environment(folder), "GOPROXY": goproxy, **variables}
    environment = read_environment(process=process, cwd="")
    plan = Plan(
        environment, folder / "files", source, jobs, Limits(answer_s=stall_s, stall_s=stall_s),
        go_sum or GoSum(),
    )
    saving, events = Saving(), []

    def emit(event: SaveEvent) -> None:
        saving.apply(event)
        events.append(event)

    asyncio.run(save(plan, wants or (Want(PATH, VERSION),), emit))
    return saving, events


def zip_of(folder: Path) -> Path:
    return folder / "files" / "big.test/!mod/@v/v1.2.3.zip"


def part_of(folder: Path) -> Path:
    return zip_of(folder).with_name(".v1.2.3.zip.part")


def half_done(folder: Path, server: RangeServer, manner: Manner | None = None) -> None:
    """A run that gives up in the middle of the zip."""
    usual = server.manner
    server.manner = manner or Manner(stall_at=3 * MEGA)
    saving, _ = saved(folder, server.url, stall_s=0.3)
    assert saving.of(State.FAILED)
    assert not zip_of(folder).exists()
    server.manner = usual
    server.asked.clear()


def names(folder: Path) -> list[str]:
    files = folder / "files"
    return sorted(path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file())


WHOLE = [
    *(f"big.test/!mod/@v/{name}" for name in ("list", "v1.2.3.info", "v1.2.3.mod", "v1.2.3.zip")),
    "modtrace-manifest.json",
]  # fmt: skip


# -- resuming ----------------------------------------------------------------------------------------


def test_what_broke_off_is_gone_on_with_and_has_the_same_hash(tmp_path: Path, server: RangeServer) -> None:
    saving, _ = saved(tmp_path / "whole", server.url)
    whole = saving.of(State.SAVED)[0].saved
    half_done(tmp_path, server)
    assert part_of(tmp_path).read_bytes() == ZIP[: 3 * MEGA]
    saving, events = saved(tmp_path, server.url)
    request, = server.zips()
    assert (request.headers["range"], request.status) == (f"bytes={3 * MEGA}-", 206)
    assert "accept-encoding" not in request.headers
    again = saving.of(State.SAVED)[0].saved
    assert whole is not None
    assert again is not None
    assert again.sum == whole.sum
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert [one.was_resumed for one in events if isinstance(one, FileSaved) and one.op is Op.ZIP] == [True]
    assert names(tmp_path) == WHOLE


@pytest.mark.parametrize("ranges", [one for one in Ranges if one is not Ranges.HONEST])
def test_a_server_that_does_not_give_the_rest_gives_all_of_it(
    tmp_path: Path, server: RangeServer, ranges: Ranges
) -> None:
    half_done(tmp_path, server)
    server.manner = Manner(ranges=ranges)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert "range" in server.zips()[0].headers
    assert (server.zips()[-1].status, names(tmp_path)) == (200, WHOLE)


def test_a_file_that_has_changed_is_fetched_from_the_beginning(tmp_path: Path, server: RangeServer) -> None:
    half_done(tmp_path, server)
    other = big(seed=1)
    server.modules = {PATH: other}
    saved(tmp_path, server.url)
    assert [one.status for one in server.zips()] == [200]
    assert zip_of(tmp_path).read_bytes() == other.versions[0].zip


def test_halves_of_two_files_are_found_out_and_fetched_anew(tmp_path: Path, server: RangeServer) -> None:
    half_done(tmp_path, server)
    server.manner = Manner(spoil=True)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert [one.status for one in server.zips()] == [206, 200]


def test_more_than_the_file_has_is_thrown_away_at_once(tmp_path: Path, server: RangeServer) -> None:
    half_done(tmp_path, server)
    server.manner = Manner(ranges=Ranges.TOO_MUCH)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert [one.status for one in server.zips()] == [206, 200]


@pytest.mark.parametrize("etag", ["", 'W/"weak"', "unquoted"])
def test_without_a_strong_validator_nothing_is_kept(tmp_path: Path, server: RangeServer, etag: str) -> None:
    half_done(tmp_path, server, Manner(stall_at=3 * MEGA, etag=etag))
    assert not part_of(tmp_path).exists()
    server.manner = Manner(etag=etag)
    saved(tmp_path, server.url)
    assert ["range" in one.headers for one in server.zips()] == [False]
    assert zip_of(tmp_path).read_bytes() == ZIP


def test_a_date_will_do_where_there_is_no_etag(tmp_path: Path, server: RangeServer) -> None:
    date = "Tue, 02 Jan 2024 03:04:06 GMT"
    half_done(tmp_path, server, Manner(stall_at=3 * MEGA, etag="", last_modified=date))
    server.manner = Manner(etag="", last_modified=date)
    saved(tmp_path, server.url)
    assert [(one.status, one.headers["if-range"]) for one in server.zips()] == [(206, date)]
    assert zip_of(tmp_path).read_bytes() == ZIP


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"etag": '"x"'}, '"x"'),
        ({"etag": '"x"', "content-encoding": "gzip"}, ""),
        ({"etag": 'W/"x"', "last-modified": "Tue, 02 Jan 2024 03:04:06 GMT"}, ""),
        ({"last-modified": "Tue, 02 Jan 2024 03:04:06 GMT"}, ""),
        ({"last-modified": "Tue, 02 Jan 2024 03:04:06 GMT", "date": "Tue, 02 Jan 2024 03:04:06 GMT"}, ""),
        (
            {"last-modified": "Tue, 02 Jan 2024 03:04:06 GMT", "date": "Tue, 02 Jan 2024 03:04:07 GMT"},
            "Tue, 02 Jan 2024 03:04:06 GMT",
        ),
        ({"last-modified": "yesterday", "date": "Tue, 02 Jan 2024 03:04:07 GMT"}, ""),
    ],
)
def test_only_what_is_strong_is_a_validator(headers: dict[str, str], found: str) -> None:
    assert validator(headers) == found


async def test_only_the_beginning_of_the_same_url_is_gone_on_with(tmp_path: Path) -> None:
    """Two proxies may give the same ETag to different bytes."""
    tree, headers = Tree(tmp_path), {"etag": '"1"'}
    target = tree.make_room(PATH, VERSION) / f"{VERSION}.zip"
    here, there = parse_url("https://me:secret@one.test/x.zip"), parse_url("https://two.test/x.zip")
    part = await Part.begin(tree, target)
    part.restart(here, headers)
    part.sink().write(b"half")
    part.close()
    part = await Part.begin(tree, target)
    assert part.size == 4
    assert (part.resumable(here), part.resumable(there)) == ('"1"', "")
    part.close()
    assert b"secret" not in b"".join(file.read_bytes() for file in target.parent.iterdir())


def test_a_body_that_breaks_off_is_gone_on_with_at_once(tmp_path: Path, server: RangeServer) -> None:
    server.manner = Manner(break_at=2 * MEGA)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert [one.status for one in server.zips()] == [200, 206, 206, 206]
    assert zip_of(tmp_path).read_bytes() == ZIP


def test_a_body_that_never_gets_on_is_an_error_in_gos_words(tmp_path: Path, server: RangeServer) -> None:
    server.manner = Manner(break_at=0)
    saving, _ = saved(tmp_path, server.url)
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert failed.error.endswith(".zip\": unexpected EOF")
    assert len(server.zips()) == 1


def test_one_file_alone_is_gone_on_with_too(tmp_path: Path, server: RangeServer) -> None:
    environment = read_environment(
        process={**clean_environment(tmp_path), "GOPROXY": server.url}, cwd=str(tmp_path)
    )
    events: list[BrowseEvent] = []

    def fetch() -> DownloadFinished:
        limits = Limits(answer_s=20, stall_s=0.3)
        wanted = Wanted(VERSION, Op.ZIP, 0)
        asyncio.run(download(environment, PATH, wanted, tmp_path / "files", events.append, limits=limits))
        last = events[-1]
        assert isinstance(last, DownloadFinished)
        return last

    server.manner = Manner(stall_at=3 * MEGA)
    assert fetch().error is not None
    assert part_of(tmp_path).stat().st_size == 3 * MEGA
    server.manner = Manner()
    assert fetch().bytes == len(ZIP)
    assert [one.status for one in server.zips()] == [200, 206]
    assert zip_of(tmp_path).read_bytes() == ZIP
    entry = read_manifest(Tree(tmp_path / "files")).files["big.test/!mod/@v/v1.2.3.zip"]
    assert entry.checked == "nobody was asked: this file alone was fetched"
    # What nobody has vouched for is looked over again when all of the version is saved.
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert not check(Tree(tmp_path / "files")).flaws


# -- killed, stopped ---------------------------------------------------------------------------------


def until_under_way(process: Any, least: int) -> None:
    """Wait for the event that says so many bytes have come."""
    for line in process.stdout:
        event = json.loads(line)
        if "save.file.progress" in event.values() and event["received"] >= least:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)],
)
def test_killed_in_the_middle_nothing_is_lost_and_nothing_half_has_its_name(
    tmp_path: Path, server: RangeServer, number: signal.Signals, code: int
) -> None:
    environment = clean_environment(tmp_path, GOPROXY=server.url)
    arguments = "download", f"{PATH}@{VERSION}", "-o", str(tmp_path / "files")
    server.manner = Manner(stall_at=4 * MEGA)
    with start(*arguments, "--events", env=environment, cwd=tmp_path) as process:
        until_under_way(process, 3 * MEGA)
        process.send_signal(number)
        assert process.wait(timeout=30) == code
    assert not zip_of(tmp_path).exists()
    kept = part_of(tmp_path).read_bytes()
    assert len(kept) >= 3 * MEGA
    assert kept == ZIP[: len(kept)]
    server.manner = Manner()
    server.asked.clear()
    done = modtrace(*arguments, "--json", env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [one.headers["range"] for one in server.zips()] == [f"bytes={len(kept)}-"]
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert names(tmp_path) == WHOLE
    assert not check(Tree(tmp_path / "files")).flaws


def test_two_at_once_in_one_folder_do_it_once_and_right(tmp_path: Path, server: RangeServer) -> None:
    environment = clean_environment(tmp_path, GOPROXY=server.url)
    arguments = "download", f"{PATH}@{VERSION}", "-o", str(tmp_path / "files")
    with (
        start(*arguments, env=environment, cwd=tmp_path) as one,
        start(*arguments, env=environment, cwd=tmp_path) as other,
    ):
        said = [process.communicate(timeout=60) for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0], said
    assert len(server.zips()) == 1
    assert zip_of(tmp_path).read_bytes() == ZIP
    assert names(tmp_path) == WHOLE
    assert not check(Tree(tmp_path / "files")).flaws


def test_what_has_its_name_already_is_looked_over_and_not_fetched_again(
    tmp_path: Path, server: RangeServer
) -> None:
    saved(tmp_path, server.url)
    server.asked.clear()
    saving, _ = saved(tmp_path, server.url)
    assert (len(saving.of(State.SAVED)), server.asked) == (1, [])
    # As if it had been killed before the manifest was written.
    (tmp_path / "files/modtrace-manifest.json").unlink()
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert not server.zips()
    assert not check(Tree(tmp_path / "files")).flaws
    zip_of(tmp_path).write_bytes(ZIP[:-1] + b"?")
    saving, _ = saved(tmp_path, server.url)
    assert len(server.zips()) == 1
    assert zip_of(tmp_path).read_bytes() == ZIP


# -- what is refused ---------------------------------------------------------------------------------


BARE_WORLDS = [
    name
    for name in names_of_worlds()
    if world_plan(name).files is None and "GOTOOLCHAIN" not in world_plan(name).settings
]
"""Those without a project, a cache or another toolchain: what is saved is saved for nobody's project."""


@pytest.mark.parametrize("name", BARE_WORLDS)
def test_what_go_would_refuse_is_not_kept_in_any_world(tmp_path: Path, name: str) -> None:
    stage = DemoWorld(world_plan(name), {})
    try:
        traced = traced_in(stage, limits=Limits(answer_s=3, stall_s=3))
        assert traced.finished is not None
        saving = Saving()
        plan = Plan(stage.read().environment, tmp_path, limits=Limits(answer_s=3, stall_s=3), run=True)
        asyncio.run(save(plan, [Want(stage.plan.path, stage.plan.query)], saving.apply))
    finally:
        stage.close()
    state, = saving.wants.values()
    if traced.finished.outcome is Outcome.OK:
        assert state.saved is not None
        assert (state.saved.version, state.saved.sum) == (traced.finished.version, traced.finished.sum)
        assert state.saved.go_mod_sum == traced.finished.go_mod_sum
        assert not check(Tree(tmp_path)).flaws
        return
    assert state.failed is not None
    assert state.failed.outcome is traced.finished.outcome
    assert not list(tmp_path.rglob("*.zip"))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("what", [VERSION, f"{VERSION}/go.mod"])
def test_another_hash_in_go_sum_is_a_security_error(
    tmp_path: Path, server: RangeServer, what: str
) -> None:
    go_sum = GoSum({(PATH, what): ["h1:" + "A" * 43 + "="]})
    saving, _ = saved(tmp_path, server.url, go_sum=go_sum)
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert "SECURITY ERROR" in failed.error
    assert failed.outcome is Outcome.FAILS
    assert not list(tmp_path.rglob("*.zip*"))


@pytest.mark.parametrize("source", [None, "0", "127.0.0.1", "url"])
def test_what_gonoproxy_matches_is_never_asked_of_a_proxy(
    tmp_path: Path, server: RangeServer, source: str | None
) -> None:
    source = server.url if source is not None else None
    saving, _ = saved(tmp_path, server.url, source=source, GOPRIVATE="big.test")
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert (failed.needs_direct, failed.is_private) == (True, True)
    assert not server.asked


def test_the_one_proxy_that_is_named_is_the_one_that_is_asked(tmp_path: Path) -> None:
    with RangeServer({}) as empty, RangeServer({PATH: BIG}) as full:
        environment = read_environment(
            process={"GOENV": "off", "GOPROXY": f"{empty.url},{full.url},direct"}, cwd=""
        )
        for name in ("2", f"127.0.0.1:{full.port}", full.url):
            assert proxy_named(environment, name).entry == full.url
        for name in ("0", "3", "7", "direct", "a,b", "http://a,b", "mistyped.test", "ftp://x.test"):
            with pytest.raises(GoError):
                proxy_named(environment, name)
        saving, _ = saved(tmp_path, empty.url, source=full.url)
        assert saving.of(State.SAVED)
        assert not empty.asked


@pytest.mark.parametrize("path", ["../x", "x.test/../../y", "/etc", "x.test/a\\b", "x.test/.."])
def test_nothing_is_written_outside_of_the_folder(tmp_path: Path, server: RangeServer, path: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    saving, _ = saved(tmp_path, server.url, Want(path, "v1.0.0"))
    assert saving.of(State.FAILED)
    assert [one for one in sorted(tmp_path.rglob("*")) if one.is_file()] == before


def test_a_link_that_leads_out_is_refused_and_one_in_the_place_of_a_file_is_replaced(
    tmp_path: Path, server: RangeServer
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "files/big.test").symlink_to(outside)
    saving, _ = saved(tmp_path, server.url)
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert "a symbolic link in" in failed.error
    assert not list(outside.iterdir())
    (tmp_path / "files/big.test").unlink()
    target = outside / "mine"
    target.write_text("mine")
    zip_of(tmp_path).parent.mkdir(parents=True)
    zip_of(tmp_path).symlink_to(target)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.SAVED)
    assert (target.read_text(), zip_of(tmp_path).read_bytes()) == ("mine", ZIP)
    assert not zip_of(tmp_path).is_symlink()


def test_a_part_that_is_a_link_is_not_written_through(tmp_path: Path, server: RangeServer) -> None:
    target = tmp_path / "mine"
    target.write_text("mine")
    part_of(tmp_path).parent.mkdir(parents=True)
    part_of(tmp_path).symlink_to(target)
    saving, _ = saved(tmp_path, server.url)
    assert saving.of(State.FAILED)
    assert target.read_text() == "mine"


def test_a_disk_that_is_full_is_told_in_one_line_and_what_came_stays(
    tmp_path: Path, server: RangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.write

    def full(handle: int, data: bytes | memoryview) -> int:
        if os.lseek(handle, 0, os.SEEK_CUR) >= 2 * MEGA:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return usual(handle, data)

    monkeypatch.setattr("probes.browse.partial.os.write", full)
    wants = [Want(PATH, VERSION), *(Want(f"other.test/x{n}", "v1.0.0") for n in range(9))]
    saving, _ = saved(tmp_path, server.url, *wants, jobs=1)
    assert saving.finished is not None
    assert saving.finished.error == f"{zip_of(tmp_path)}: no space left on device"
    assert not [one for one in server.asked if "other.test" in one.target]
    monkeypatch.undo()
    saving, _ = saved(tmp_path, server.url)
    assert [one.status for one in server.zips()] == [200, 206]
    assert zip_of(tmp_path).read_bytes() == ZIP


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path, server: RangeServer) -> None:
    (tmp_path / "files").write_text("a file")
    saving, _ = saved(tmp_path, server.url)
    assert saving.finished is not None
    assert saving.finished.error == f"{tmp_path / 'files'}: file exists"


def test_a_zip_that_is_too_large_is_not_even_begun(tmp_path: Path, server: RangeServer) -> None:
    server.manner = Manner(length=(500 << 20) + 1)
    saving, _ = saved(tmp_path, server.url)
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert failed.error.endswith("downloaded zip file too large")
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("kind", [Op.INFO, Op.MOD])
def test_a_text_without_end_is_not_kept(tmp_path: Path, kind: Op) -> None:
    def endless(request: Request, answer: Answer) -> Answer:
        return replace(answer, body=answer.body + b" " * (17 << 20))

    world = Script({PATH: BIG}, {kind: endless})
    with World([world.answer]) as running:
        saving, _ = saved(tmp_path, running.urls[0])
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert f"{kind} is longer than" in failed.error
    assert not list(tmp_path.rglob("v1.2.3.*"))


# -- manifest ----------------------------------------------------------------------------------------


def test_the_manifest_says_where_each_file_came_from_and_later_runs_add_to_it(
    tmp_path: Path, server: RangeServer
) -> None:
    saved(tmp_path, server.url)
    with World([script().answer]) as world:
        saved(tmp_path, world.urls[0], Want("dep.test/b", "v1.0.0"), Want("dep.test/b", "v1.1.0"))
    files = read_manifest(Tree(tmp_path / "files")).files
    assert len(files) == 9
    entry = files["big.test/!mod/@v/v1.2.3.zip"]
    assert (entry.size, entry.sha256) == (len(ZIP), hashlib.sha256(ZIP).hexdigest())
    assert entry.source == server.url
    assert entry.url == f"{server.url}/big.test/%21mod/@v/v1.2.3.zip"
    assert entry.etag.startswith('"')
    assert entry.checked == "nobody was asked: GOSUMDB=off"
    assert (tmp_path / "files/dep.test/b/@v/list").read_text() == "v1.0.0\nv1.1.0\n"
    assert not check(Tree(tmp_path / "files")).flaws


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda zip_file: zip_file.write_bytes(b"x" * len(ZIP)), "its SHA-256 is not that of the manifest"),
        (lambda zip_file: zip_file.write_bytes(ZIP[:-1]), f"it has {len(ZIP) - 1} bytes"),
        (lambda zip_file: zip_file.unlink(), "it is missing"),
        (lambda zip_file: zip_file.with_name("v1.9.9.mod").write_text("module x"), "not in the manifest"),
        (lambda zip_file: zip_file.with_name("list").write_text("v9.9.9\n"), "does not name the versions"),
    ],
)
def test_what_is_not_as_it_was_is_found(
    tmp_path: Path, server: RangeServer, spoil: Callable[[Path], object], words: str
) -> None:
    saved(tmp_path, server.url)
    spoil(zip_of(tmp_path))
    assert any(words in flaw.words for flaw in check(Tree(tmp_path / "files")).flaws)


def test_a_manifest_that_names_files_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "files"
    folder.mkdir()
    entry = {"size": 6, "sha256": hashlib.sha256(b"secret").hexdigest(), "source": "", "when": ""}
    files = {"../secret": entry, str(tmp_path / "secret"): entry}
    (folder / "modtrace-manifest.json").write_text(
        json.dumps({"schema": "modtrace-manifest/1", "files": files})
    )
    assert [flaw.words for flaw in check(Tree(folder)).flaws] == [
        "the manifest names a file outside of the folder"
    ] * 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 1}', '{"schema": "modtrace-manifest/1"}', "[" * 99999])
def test_a_manifest_that_is_none_is_told_and_replaced(tmp_path: Path, server: RangeServer, text: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/modtrace-manifest.json").write_text(text)
    assert check(Tree(tmp_path / "files")).flaws
    saved(tmp_path, server.url)
    assert not check(Tree(tmp_path / "files")).flaws


def test_no_password_gets_into_a_manifest_or_an_error(tmp_path: Path, server: RangeServer) -> None:
    secret = server.url.replace("http://", "http://user:s3cret@")
    saving, events = saved(tmp_path, secret, source=secret)
    assert saving.of(State.FAILED)
    assert "s3cret" not in repr(events)
    entry = came(1, "", redact(secret), Got(secret + "/x?token=s3cret"), "", "")
    assert "s3cret" not in json.dumps(entry.to_json())
