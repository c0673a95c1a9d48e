"""Folders that somebody has prepared: nothing is written elsewhere, and nothing in them is believed unseen."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.browse.saved import Saving, State
from probes.browse.tree import Tree
from probes.demo.content import Module, ModuleVersion
from probes.golang.go_sum import GoSum
from tests.range_server import RangeServer
from tests.test_direct import ask, environment_with
from tests.test_saving import PATH, VERSION, part_of, saved, zip_of

FILES = (("small.go", b"package small\n"),)
SMALL = Module(PATH, (ModuleVersion(PATH, VERSION, files=FILES),), latest=VERSION)
SMALL_ZIP = SMALL.versions[0].zip


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({PATH: SMALL}) as running:
        yield running


def is_right(folder: Path, saving: Saving) -> bool:
    return bool(saving.of(State.SAVED)) and zip_of(folder).read_bytes() == SMALL_ZIP


def test_a_part_that_is_another_name_of_a_file_is_put_away(tmp_path: Path, server: RangeServer) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    part_of(tmp_path).parent.mkdir(parents=True)
    os.link(precious, part_of(tmp_path))
    saving, _ = saved(tmp_path, server.url)
    assert is_right(tmp_path, saving)
    assert precious.read_text() == "precious"
    assert zip_of(tmp_path).stat().st_nlink == 1


def test_a_fifo_in_the_place_of_a_part_holds_nothing_up(tmp_path: Path, server: RangeServer) -> None:
    part_of(tmp_path).parent.mkdir(parents=True)
    os.mkfifo(part_of(tmp_path))
    saving, _ = saved(tmp_path, server.url)
    assert is_right(tmp_path, saving)


@pytest.mark.parametrize("text", ['"x"\r\nHost: evil.test', '"\u00e9"', '"\ud800"'])
def test_a_note_puts_no_header_of_its_own_into_a_request(
    tmp_path: Path, server: RangeServer, text: str
) -> None:
    part_of(tmp_path).parent.mkdir(parents=True)
    part_of(tmp_path).write_bytes(b"PK")
    url = f"{server.url}/big.test/%21mod/@v/v1.2.3.zip"
    note = part_of(tmp_path).with_name(".v1.2.3.zip.part.json")
    note.write_text(json.dumps({"url": url, "validator": text}))
    saving, _ = saved(tmp_path, server.url)
    assert is_right(tmp_path, saving)
    assert [("range" in one.headers, one.headers["host"]) for one in server.zips()] == [
        (False, server.url.removeprefix("http://"))
    ]


@pytest.mark.parametrize("kind", ["zip", "mod"])
def test_a_manifest_is_no_reason_not_to_look(tmp_path: Path, server: RangeServer, kind: str) -> None:
    """What it says of a file fits that file, and yet the file is another one than go.sum knows."""
    first, _ = saved(tmp_path, server.url)
    told = first.of(State.SAVED)[0].saved
    assert told is not None
    assert told.sum is not None
    assert told.go_mod_sum is not None
    good = zip_of(tmp_path).with_suffix(f".{kind}").read_bytes()
    evil = b"module big.test/Mod\n\nrequire evil.test/x v1.0.0\n" if kind == "mod" else b"PK evil"
    zip_of(tmp_path).with_suffix(f".{kind}").write_bytes(evil)
    manifest = tmp_path / "files/modtrace-manifest.json"
    content = json.loads(manifest.read_text())
    entry = content["files"][f"big.test/!mod/@v/v1.2.3.{kind}"]
    entry |= {"size": len(evil), "sha256": hashlib.sha256(evil).hexdigest(), "checked": "vouched for by go.sum"}
    manifest.write_text(json.dumps(content))
    known = GoSum({(PATH, VERSION): [told.sum], (PATH, f"{VERSION}/go.mod"): [told.go_mod_sum]})
    saving, _ = saved(tmp_path, server.url, go_sum=known)
    assert saving.of(State.SAVED)
    assert zip_of(tmp_path).with_suffix(f".{kind}").read_bytes() == good


def test_a_folder_that_becomes_a_link_at_the_wrong_moment_leads_nowhere(
    tmp_path: Path, server: RangeServer
) -> None:
    outside, room = tmp_path / "outside", zip_of(tmp_path).parent
    outside.mkdir()
    done = threading.Event()

    def swap() -> None:
        aside = room.with_name("aside")
        while not done.is_set():
            try:
                room.rename(aside)
                room.symlink_to(outside)
                room.unlink()
                aside.rename(room)
            except OSError:
                if room.is_symlink():
                    room.unlink()
                shutil.rmtree(aside, ignore_errors=True)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(25):
            saved(tmp_path, server.url)
    finally:
        done.set()
        swapper.join()
    assert not list(outside.iterdir())


def test_a_link_below_the_folder_is_not_followed_not_even_to_a_place_in_it(
    tmp_path: Path, server: RangeServer
) -> None:
    (tmp_path / "files/elsewhere").mkdir(parents=True)
    (tmp_path / "files/big.test").symlink_to("elsewhere")
    saving, _ = saved(tmp_path, server.url)
    failed = saving.of(State.FAILED)[0].failed
    assert failed is not None
    assert "a symbolic link in" in failed.error
    tree = Tree(tmp_path / "files")
    (tmp_path / "files/elsewhere/x").write_text("x")
    assert tree.open(tmp_path / "files/big.test/x") is None
    assert tree.open(tmp_path / "files/elsewhere/../elsewhere/x") is None


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_what_is_saved_has_the_modes_of_the_umask(
    tmp_path: Path, server: RangeServer, mask: int, mode: int
) -> None:
    before = os.umask(mask)
    try:
        saved(tmp_path, server.url)
    finally:
        os.umask(before)
    files = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert len(files) == 5
    assert {path.stat().st_mode & 0o777 for path in files} == {mode}


def test_git_looks_for_no_repository_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write there could give it settings, such as a program to start."""
    common = tmp_path / "tmp"
    common.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(common))
    script = f'case "$1" in ls-remote) echo "$GIT_DIR;$GIT_CEILING_DIRECTORIES" >> {tmp_path}/seen;; esac; exit 1'
    ask(environment_with(tmp_path, script), "git.corp.test/x.git")
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen
    assert all(one.startswith(f"{common}/") or one == f";{common}" for one in seen)
