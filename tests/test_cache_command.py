"""`modtrace cache` on what anybody may have put into a module cache, and on caches that are none: never
hangs, never follows a link to remove something, never shows a control character, says what it does."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probes.cache import mending, place
from probes.cache.entries import Walk, entry_of
from probes.cache.findings import Level
from probes.cache.looks import Looker, looks
from probes.golang.dirhash import hash_directory
from probes.golang.modzip import hash_zip
from tests.modtrace import COMMAND, clean_environment, modtrace, start
from tests.terminal.session import TerminalSession
from tui.launch import main

PATH, VERSION = "m.test/x", "v1.0.0"
NAME = f"{PATH}@{VERSION}"
GO_MOD = b"module m.test/x\n\ngo 1.20\n"


class Cache:
    """A cache made by hand, with one sound version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.downloads = folder / "cache" / "download"
        self.tree = folder / NAME
        self.fill(PATH)

    def fill(self, path: str) -> None:
        """A version of a module."""
        at = self.downloads / path / "@v"
        at.mkdir(parents=True)
        (at / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}","Time":"2024-01-01T00:00:00Z"}}')
        go_mod = GO_MOD.replace(PATH.encode(), path.encode())
        (at / f"{VERSION}.mod").write_bytes(go_mod)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(f"{path}@{VERSION}/go.mod", go_mod)
        (at / f"{VERSION}.zip").write_bytes(made.getvalue())
        (at / f"{VERSION}.ziphash").write_text(hash_zip(made, len(made.getvalue())))
        tree = self.folder / f"{path}@{VERSION}"
        tree.mkdir(parents=True)
        (tree / "go.mod").write_bytes(go_mod)
        assert hash_directory(tree, f"{path}@{VERSION}").sum == (at / f"{VERSION}.ziphash").read_text()

    def at(self, suffix: str) -> Path:
        return self.downloads / PATH / "@v" / f"{VERSION}.{suffix}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """The cache, and an environment that names it."""
    for name in [name for name in os.environ if name.startswith("GO")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name, value in clean_environment(home, GOMODCACHE=str(tmp_path / "mod")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home)
    return Cache(tmp_path / "mod")


def looked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """What it says as JSON; the text says the same without control characters."""
    capsys.readouterr()
    main(["cache", *options])
    text = capsys.readouterr().out
    assert all(one.isprintable() or one == "\n" for one in text), text
    code = main(["cache", "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def kinds(found: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted({(one["kind"], one["level"]) for one in found["findings"]})


# -- what anybody may have put there ---------------------------------------------------------------------


def test_hostile_names_are_counted_and_passed_over(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    at = cache.at("mod").parent
    (at / "v1.0.0\x1b[31m\n.mod").write_text("x")
    (at / "..mod").write_text("x")
    (at / "v01.2.3.zip").write_text("x")
    (cache.downloads / os.fsdecode(b"\xff\xfe")).mkdir()
    (cache.downloads / "evil\x07.test" / "@v").mkdir(parents=True)
    (cache.folder / "m.test" / "[bold]@v1.0.0\r").mkdir()
    (cache.downloads / "loop").symlink_to(cache.downloads)
    (cache.folder / "m.test" / "loop").symlink_to("..")
    code, found = looked(capsys, "--verify")
    assert (code, found["counts"]["versions"]) == (3, 1)
    assert kinds(found) == [("strange-name", "note")]
    assert found["unreadable"] == ["cache/download/loop: a symbolic link, which is not followed"]


def endless(cache: Cache) -> None:
    (cache.tree / "zero").symlink_to("/dev/zero")


def fifo_in_tree(cache: Cache) -> None:
    os.mkfifo(cache.tree / "fifo")


def bomb(cache: Cache) -> None:
    """Some kilobytes that unpack to a gigabyte, many times."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{NAME}/{number}", bytes(1 << 20))
    data = made.getvalue()
    for declared in ((1 << 20).to_bytes(4, "little"),):
        data = data.replace(declared, (1 << 30).to_bytes(4, "little"))
    cache.at("zip").write_bytes(data)


def endless_file(cache: Cache) -> None:
    """A file in what is unpacked that takes hours to read."""
    with (cache.tree / "go.mod").open("wb") as file:
        file.truncate(1 << 40)


def huge_mod(cache: Cache) -> None:
    with cache.at("mod").open("wb") as file:
        file.truncate(10 << 30)


def huge_info(cache: Cache) -> None:
    with cache.at("info").open("wb") as file:
        file.truncate(10 << 30)


def all_fifos(cache: Cache) -> None:
    for suffix in ("info", "mod", "zip", "ziphash"):
        cache.at(suffix).unlink()
        os.mkfifo(cache.at(suffix))
    for suffix in ("lock", "partial"):
        os.mkfifo(cache.at(suffix))


def link_to_a_device(cache: Cache) -> None:
    cache.at("mod").unlink()
    cache.at("mod").symlink_to("/dev/zero")


HOSTILE: dict[Callable[[Cache], None], str] = {
    endless: "dir-modified", endless_file: "dir-modified", fifo_in_tree: "dir-modified", bomb: "zip-huge", huge_mod: "mod-huge",
    huge_info: "mod-huge", all_fifos: "not-plain", link_to_a_device: "not-plain",
}  # fmt: skip


@pytest.mark.parametrize("damage", HOSTILE, ids=lambda damage: damage.__name__)
def test_nothing_makes_it_wait_and_all_is_mended(
    cache: Cache, damage: Callable[[Cache], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(cache)
    code, found = looked(capsys, "--verify")
    assert code == 1
    assert (HOSTILE[damage], "bad") in kinds(found)
    code, done = looked(capsys, NAME, "--verify", "--fix", "--yes")
    assert code == 0, done
    assert looked(capsys, "--verify")[0] == 0


def test_a_go_mod_of_a_million_lines_takes_no_time(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    cache.at("mod").write_bytes(GO_MOD + b"require (\n" + b"\tm.test/y v1.0.0\n" * 800_000 + b")\n")
    assert looked(capsys, "--verify")[0] == 0


# -- removing --------------------------------------------------------------------------------------------


def test_no_link_is_followed_when_something_is_removed(
    cache: Cache, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "kept").write_text("kept")
    (cache.tree / "link").symlink_to(outside)
    (cache.tree / "go.mod").write_text("changed")
    cache.at("mod").unlink()
    cache.at("mod").symlink_to(outside / "nowhere")
    code, _ = looked(capsys, "--verify", "--fix", "--yes")
    assert code == 0
    assert not cache.tree.exists()
    assert not cache.at("mod").is_symlink()
    assert (outside / "kept").read_text() == "kept"
    assert (outside / "deep").is_dir()


def test_a_folder_that_becomes_a_link_meanwhile_is_left_alone(cache: Cache, tmp_path: Path) -> None:
    cache.at("mod").write_text("<html>")
    entry = entry_of(str(cache.folder), PATH, VERSION)
    plan = mending.plan_of(entry, list(looks(entry, Looker())))
    assert plan is not None
    outside = tmp_path / "outside"
    (cache.downloads / PATH).rename(outside)
    (cache.downloads / PATH).symlink_to(outside)
    done = mending.mend(plan)
    assert "symbolic link" in done.errors[0]
    assert (outside / "@v" / f"{VERSION}.mod").exists()


def test_a_version_that_go_works_on_is_left_alone(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    cache.at("partial").write_text("")
    with cache.at("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, found = looked(capsys, "--verify", "--fix", "--yes")
        assert (code, kinds(found)) == (0, [("dir-incomplete", "note")])
        assert "at work" in found["findings"][0]["words"]
        entry = entry_of(str(cache.folder), PATH, VERSION)
        plan = mending.Plan(entry, (entry.file("mod"),), False, (), 0, 1)
        assert "at work" in mending.mend(plan).errors[0]
    assert cache.at("mod").exists()
    assert looked(capsys)[0] == 1


def test_what_was_changed_after_it_was_looked_at_is_left_alone(cache: Cache) -> None:
    """Somebody took an hour to say yes; a go has mended it meanwhile."""
    cache.at("mod").write_text("<html>")
    (cache.tree / "go.mod").write_text("changed")
    entry = entry_of(str(cache.folder), PATH, VERSION)
    for name in (entry.file("mod"), entry.tree_name):
        plan = mending.Plan(entry, (name,), False, (), 0, 1)
        place = cache.folder / name
        os.utime(place, (1, 1))
        assert "look again" in mending.mend(plan).errors[0]
        assert place.exists()


def test_what_root_writes_belongs_to_whom_the_cache_belongs(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .lock of root's would stop the go of the cache's owner; a file that was there is given to nobody."""
    given: list[tuple[str, int]] = []

    def give(handle: int, uid: int, _gid: int) -> None:
        given.append((Path(f"/proc/self/fd/{handle}").readlink().name, uid))

    real = os.fstat

    def of_another(handle: int) -> os.stat_result:
        found = real(handle)
        return os.stat_result([*found[:4], 4711, *found[5:]]) if stat.S_ISDIR(found.st_mode) else found

    monkeypatch.setattr("probes.cache.mending.os.geteuid", lambda: 0)
    monkeypatch.setattr("probes.cache.mending.os.fchown", give)
    monkeypatch.setattr("probes.cache.mending.os.fstat", of_another)
    plan = mending.Plan(entry_of(str(cache.folder), PATH, VERSION), (), True, (), 0, 0)
    for expected in (["v1.0.0.lock", ".v1.0.0.ziphash"], [".v1.0.0.ziphash"]):
        given.clear()
        assert mending.mend(plan).is_done
        assert [name.removesuffix(f".{os.getpid()}") for name, _ in given] == expected
        assert {uid for _, uid in given} == {4711}


def test_a_lock_that_is_a_folder_is_named(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    """go downloads nothing of the version; without a lock modtrace removes nothing either."""
    cache.at("lock").mkdir()
    code, found = looked(capsys, "--fix", "--yes")
    assert (code, kinds(found), found["plan"]) == (1, [("not-plain", "bad")], [])
    assert found["findings"][0]["command"] == f"rm -rf {cache.at('lock')}"
    cache.at("lock").rmdir()
    assert looked(capsys)[0] == 0


def test_what_cannot_be_removed_is_told(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.at("mod").write_text("<html>")

    def refuse(name: object, **_options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(name))

    monkeypatch.setattr("probes.cache.mending.os.unlink", refuse)
    code, done = looked(capsys, "--fix", "--yes")
    assert code == 1
    assert done["mended"][0]["errors"] == [f"{VERSION}.mod: read-only file system"]
    assert not done["ok"]


def test_it_asks_first_and_takes_no_for_an_answer(cache: Cache, tmp_path: Path) -> None:
    cache.at("mod").write_text("<html>")
    env = dict(os.environ)
    without = modtrace("cache", "--fix", env=env, cwd=tmp_path)
    assert (without.returncode, cache.at("mod").exists()) == (1, True)
    assert "--yes" in without.stderr
    assert f"remove {cache.at('mod')}" in without.stdout
    into_a_file = ["sh", "-c", f"exec {COMMAND} cache --fix >{tmp_path}/out"]
    with TerminalSession(into_a_file, env=env, cwd=tmp_path) as session:
        session.wait_for("Remove this? [y/N]")
        assert "  remove " in session.screen()
        session.press("\x03")
        assert session.wait_for_exit() == 130
    for answer, code, is_there in (("n", 1, True), ("", 1, True), ("y", 0, False)):
        with TerminalSession([COMMAND, "cache", "--fix"], env=env, cwd=tmp_path) as session:
            session.wait_for("Remove this? [y/N]")
            session.press(answer + "\r")
            assert session.wait_for_exit() == code
        assert cache.at("mod").exists() is is_there


# -- what is no cache --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "go_says"),
    [
        ("relative/mod", "relative", 'GOMODCACHE entry is relative; must be absolute path: "relative/mod".'),
        ("{file}", "no-folder", 'could not create module cache: "{file}" is not a directory'),
        ("{file}/below", "no-cache", "could not create module cache: stat {file}/below: not a directory"),
    ],
)
def test_a_place_that_is_none(
    cache: Cache, tmp_path: Path, value: str, kind: str, go_says: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("GOMODCACHE", value.format(file=file))
    code, found = looked(capsys, "--verify", "--fix", "--yes")
    assert code == 1
    assert (found["findings"][0]["kind"], found["findings"][0]["go_says"]) == (
        kind,
        go_says.format(file=file),
    )


def test_without_a_home_there_is_no_cache(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "GOMODCACHE"):
        monkeypatch.delenv(name)
    code, found = looked(capsys)
    assert code == 1
    assert found["findings"][0]["go_says"] == "module cache not found: neither GOMODCACHE nor GOPATH is set"


def test_nothing_there_yet_is_no_error(
    cache: Cache, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = looked(capsys, "--set", f"GOMODCACHE={tmp_path}/none", NAME)
    assert (code, found["findings"], found["versions"]) == (0, [], [])


@pytest.mark.parametrize(
    ("disk", "kind", "level"),
    [
        ({"f_bavail": 0}, "disk-full", Level.BAD),
        ({"f_bavail": 10}, "disk-full", Level.NOTE),
        ({"f_favail": 0}, "no-inodes", Level.BAD),
        ({"f_bavail": 0, "f_flag": os.ST_RDONLY}, "read-only", Level.NOTE),
    ],
)
def test_a_full_or_read_only_disk_is_named(
    cache: Cache, disk: dict[str, int], kind: str, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = {"f_bavail": 1 << 30, "f_frsize": 4096, "f_favail": 1000, "f_files": 2000, "f_flag": 0}
    monkeypatch.setattr("probes.cache.place.os.statvfs", lambda _: SimpleNamespace(**{**usual, **disk}))
    environment = SimpleNamespace(get=lambda _: str(cache.folder))
    found = place.look_at_place(environment)  # type: ignore[arg-type]
    assert [(one.kind.value, one.level) for one in found.findings] == [(kind, level)]


def test_owners_and_modes_are_named_and_nothing_is_removed_for_them(cache: Cache) -> None:
    cache.at("zip").chmod(0o666)
    entry = entry_of(str(cache.folder), PATH, VERSION)
    assert [one.kind.value for one in looks(entry, Looker(uid=12345, owner=12345))] == [
        "foreign-owner", "world-writable",
    ]  # fmt: skip
    mine = list(looks(entry, Looker(owner=cache.at("zip").stat().st_uid)))
    assert [(one.kind.value, one.level, one.repair) for one in mine] == [("world-writable", Level.NOTE, None)]
    at = cache.at("zip").parent
    assert mine[0].command == f"chmod -R o-w {at} {cache.tree}"
    entry.folder, entry.tree = "cache/download/m.test/!x/@v", None
    commands = [one.command for one in looks(entry, Looker()) if one.command]
    assert commands[-1] == f"chmod -R o-w '{cache.folder}/{entry.folder}'"


def test_notes_take_no_room_of_what_is_wrong(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cache that everybody may write into has a note for each version."""
    monkeypatch.setattr("probes.cache.survey.MOST_TOLD", 2)
    for path in ("a.test/x", "a.test/y", "a.test/z"):
        cache.fill(path)
        (cache.downloads / path / "@v" / f"{VERSION}.zip").chmod(0o666)
    cache.at("mod").write_text("<html>")
    code, found = looked(capsys)
    assert (code, kinds(found)) == (1, [("mod-html", "bad"), ("world-writable", "note")])
    assert (len(found["findings"]), found["more_findings"]) == (3, 1)


AS_ANYBODY = """
import ctypes, sys
head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc = ctypes.CDLL(None, use_errno=True)
assert libc.capget(head, data) == 0
for one in 0, 1:
    data[one] &= ~(1 << 1 | 1 << 2)
assert libc.capset(head, data) == 0
from tui.launch import main
sys.exit(main(sys.argv[1:]))
"""
"""modtrace without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7)): what is shut stays shut to root
too, while Python's own folder, which may be root's alone, can still be read."""


def shut_out(*options: str) -> tuple[int, dict[str, Any]]:
    """What it says as JSON to somebody who may not read everything."""
    argv = [sys.executable, "-c", AS_ANYBODY, "cache", "--verify", "--json", *options]
    done = subprocess.run(argv, text=True, capture_output=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_what_may_not_be_read_is_named_and_mended(cache: Cache) -> None:
    """Files, and a folder in what is unpacked: all of it goes, nothing is left beside it."""
    (cache.tree / "shut" / "below").mkdir(parents=True)
    (cache.tree / "shut").chmod(0)
    for suffix in ("mod", "zip", "info"):
        cache.at(suffix).chmod(0)
    code, found = shut_out("--fix", "--yes")
    assert kinds(found) == [("dir-modified", "bad"), ("unreadable", "bad")]
    assert (code, found["ok"], found["mended"][0]["errors"]) == (0, True, [])
    assert list(cache.tree.parent.iterdir()) == []
    assert sorted(one.name for one in cache.at("mod").parent.iterdir()) == ["v1.0.0.lock", "v1.0.0.ziphash"]


def test_of_what_cannot_be_looked_at_nothing_is_removed(cache: Cache) -> None:
    """Whether the zip of an unpacked folder is there cannot be told: that is not "not there"."""
    cache.downloads.chmod(0)
    code, found = shut_out("--fix", "--yes")
    cache.downloads.chmod(0o755)
    assert (code, found["ok"], found["findings"], found["plan"]) == (3, False, [], [])
    assert found["unreadable"] == ["cache/download: Permission denied"]
    assert (cache.tree / "go.mod").exists()


# -- the command -------------------------------------------------------------------------------------------


def test_clones_show_no_password(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    clone = cache.folder / "cache" / "vcs" / "ab12"
    clone.mkdir(parents=True)
    Path(f"{clone}.info").write_text("git3:https://me:s3cret@m.test/x.git")
    for options in ((), (PATH,)):
        main(["cache", *options])
        text = capsys.readouterr().out
        assert "m.test/x" in text
        assert "s3cret" not in text


@pytest.mark.parametrize(
    "target", ["nodot", "m.test/x@", "m.test/x@latest", "m.test/x@v1", "../x", "m.test/\x1b"]
)
def test_what_is_no_version_is_a_usage_error(
    cache: Cache, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", target]) == 2
    said = capsys.readouterr().err
    assert said.startswith("modtrace: ")
    assert said.count("\n") == 1
    assert said.rstrip("\n").isprintable()


def test_yes_alone_is_a_usage_error(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--yes"]) == 2
    assert "--fix" in capsys.readouterr().err


def test_control_c_ends_it_at_once(cache: Cache, tmp_path: Path) -> None:
    """In the middle of a zip that takes long to hash: nothing is left running."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"{NAME}/zeros", bytes(400 << 20))
    cache.at("zip").write_bytes(made.getvalue())
    _interrupt(cache.at("zip"), tmp_path)
    cache.at("zip").unlink()
    with (cache.tree / "go.mod").open("wb") as file:  # and of an unpacked file
        file.truncate(500 << 20)
    _interrupt(cache.tree / "go.mod", tmp_path)


def _interrupt(hashed: Path, folder: Path) -> None:
    """As soon as a file is open."""
    running = start("cache", "--verify", env=dict(os.environ), cwd=folder)
    handle = os.path.realpath(hashed)
    deadline = time.monotonic() + 30
    while running.poll() is None and time.monotonic() < deadline and not _has_open(running.pid, handle):
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")
    assert err == "modtrace: stopped by SIGINT\n"


def _has_open(pid: int, file: str) -> bool:
    try:
        return any(os.path.realpath(one) == file for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def test_what_is_held_does_not_grow_with_the_cache(tmp_path: Path) -> None:
    for number in range(40):
        for name in ("big", "small") if number < 10 else ("big",):
            at = tmp_path / name / "cache" / "download" / f"m{number}.test" / "@v"
            at.mkdir(parents=True)
            for minor in range(10):
                (at / f"v1.{minor}.0.mod").write_text(f"module m{number}.test\n")
    script = (
        "import sys, tracemalloc\n"
        "from probes.cache.place import look_at_place\n"
        "from probes.cache.survey import Wish, survey\n"
        "from types import SimpleNamespace\n"
        "tracemalloc.start()\n"
        "for folder in sys.argv[1], sys.argv[1], sys.argv[2]:\n"
        "    wish = Wish(look_at_place(SimpleNamespace(get=lambda _: folder)))\n"
        "    tracemalloc.reset_peak()\n"
        "    before = tracemalloc.get_traced_memory()[0]\n"
        "    for found in survey(wish): pass\n"
        "    print(found.versions, tracemalloc.get_traced_memory()[1] - before)\n"
    )
    argv = [sys.executable, "-c", script, *(str(tmp_path / name) for name in ("small", "big"))]
    done = subprocess.run(argv, text=True, capture_output=True, check=True)
    _, small, big = (tuple(map(int, line.split())) for line in done.stdout.splitlines())
    assert (small[0], big[0]) == (100, 400)
    assert big[1] < small[1] + 20_000


def test_a_walk_of_a_cache_that_is_a_link_finds_everything(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(cache.folder)
    assert [one.name for one in Walk(str(tmp_path / "link")).entries()] == [NAME]
    assert stat.S_ISLNK((tmp_path / "link").lstat().st_mode)


FULL = """\
mount -t tmpfs -o size=256k tmpfs "$1" && mkdir "$1/mod" && cp -R "$2/cache" "$1/mod/" || exit 99
dd if=/dev/zero of="$1/fill" bs=1k 2>/dev/null
GOMODCACHE="$1/mod" "$3" cache
echo "exit $?"
mount -o remount,ro "$1"
GOMODCACHE="$1/mod" "$3" cache --verify --fix --yes
echo "exit $?"
"""


def test_a_disk_that_is_really_full_and_one_that_may_only_be_read(tmp_path: Path) -> None:
    cache, disk = Cache(tmp_path / "mod"), tmp_path / "disk"
    disk.mkdir()
    script = ["sh", "-c", FULL, "sh", str(disk), str(cache.folder), COMMAND]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", *script],
        env=clean_environment(tmp_path), capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    if done.returncode and not done.stdout:
        pytest.skip(f"no mount namespace here: {done.stderr}")
    full, read_only = done.stdout.split("exit 1\n")
    assert "the disk of the module cache is full" in full
    assert "no space left on device" in full
    assert "the disk of the module cache is mounted read-only: what is\n    complete can be used" in read_only
    assert read_only.endswith("exit 0\n")
