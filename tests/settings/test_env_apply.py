"""Writing for real: links, modes, backups, what somebody else did meanwhile, disks that are full or read-only."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probes.settings import env_apply
from probes.settings.env_apply import Applied, CannotApply, FileChanged, apply, latest, undo
from probes.settings.env_write import EnvChange

NEW = b"GOPROXY=off\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config/go/env"


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "state/backups"


def old(file: Path, data: bytes = b"GOPROXY=direct\n", mode: int = 0o644) -> EnvChange:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    file.chmod(mode)
    return EnvChange(str(file), data, NEW)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_there_and_back(file: Path, backups: Path) -> None:
    change = old(file, mode=0o640)
    applied = apply(change, backups)
    assert file.read_bytes() == NEW
    assert file.stat().st_mode & 0o7777 == 0o640
    assert everything(file.parent) == ["env"]
    assert applied.backup is not None
    assert Path(applied.backup).read_bytes() == b"GOPROXY=direct\n"
    assert {path.stat().st_mode & 0o777 for path in backups.iterdir()} == {0o600}
    assert backups.stat().st_mode & 0o777 == 0o700
    undo(applied)
    assert file.read_bytes() == b"GOPROXY=direct\n"
    assert file.stat().st_mode & 0o7777 == 0o640


def test_a_file_that_did_not_exist_is_gone_again(file: Path, backups: Path, tmp_path: Path) -> None:
    applied = apply(EnvChange(str(file), None, NEW), backups)
    assert file.read_bytes() == NEW
    undo(applied)
    assert not (tmp_path / "config").exists()


def test_folders_that_are_used_by_now_stay(file: Path, backups: Path) -> None:
    applied = apply(EnvChange(str(file), None, NEW), backups)
    (file.parent.parent / "other").write_text("x")
    undo(applied)
    assert everything(file.parent.parent) == ["other"]


def test_undo_survives_the_process(file: Path, backups: Path) -> None:
    """What `latest` reads back is what `apply` returned; each undo takes one step."""
    first = apply(old(file), backups, now=datetime(2026, 1, 1, tzinfo=UTC))
    second = apply(EnvChange(str(file), NEW, b"GOPROXY=x\n"), backups, now=datetime(2026, 1, 2, tzinfo=UTC))
    assert second.at == "20260102T000000.000000Z"
    assert latest(backups) == second
    undo(second)
    assert latest(backups, str(file)) == first
    assert latest(backups, "/another") is None
    undo(first)
    assert latest(backups) is None
    assert file.read_bytes() == b"GOPROXY=direct\n"


def test_a_change_meanwhile_is_never_lost(file: Path, backups: Path) -> None:
    change = old(file)
    file.write_bytes(b"GOPROXY=someone-else\n")
    with pytest.raises(FileChanged, match="changed since it was read"):
        apply(change, backups)
    assert file.read_bytes() == b"GOPROXY=someone-else\n"
    assert not backups.exists()


@pytest.mark.parametrize("before", [None, b"GOPROXY=direct\n"])
def test_a_file_that_came_or_went(file: Path, backups: Path, before: bytes | None) -> None:
    old(file)
    if before is not None:
        file.unlink()
    with pytest.raises(FileChanged):
        apply(EnvChange(str(file), before, NEW), backups)


def test_a_change_in_the_last_moment_is_never_lost(
    file: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = old(file)
    write_beside = env_apply._write_beside

    def and_another(*arguments: object) -> str:
        made = write_beside(*arguments)  # type: ignore[arg-type]
        file.write_bytes(b"GOPROXY=someone-else\n")
        return made

    monkeypatch.setattr(env_apply, "_write_beside", and_another)
    with pytest.raises(FileChanged):
        apply(change, backups)
    assert file.read_bytes() == b"GOPROXY=someone-else\n"
    assert everything(file.parent) == ["env"]
    assert everything(backups) == []


def test_undo_leaves_later_work_alone(file: Path, backups: Path) -> None:
    applied = apply(old(file), backups)
    file.write_bytes(b"GOPROXY=later\n")
    with pytest.raises(FileChanged, match=r"left alone; the old one is .*\.env"):
        undo(applied)
    assert file.read_bytes() == b"GOPROXY=later\n"
    file.unlink()
    with pytest.raises(FileChanged):
        undo(applied)
    assert latest(backups) == applied


def test_a_link_stays_a_link(file: Path, backups: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles/goenv"
    change = old(real)
    file.parent.mkdir(parents=True)
    file.symlink_to("../../dotfiles/goenv")
    applied = apply(EnvChange(str(file), change.before, NEW), backups)
    assert file.is_symlink()
    assert real.read_bytes() == NEW
    undo(applied)
    assert file.is_symlink()
    assert real.read_bytes() == b"GOPROXY=direct\n"


def test_a_link_to_nothing(file: Path, backups: Path, tmp_path: Path) -> None:
    file.parent.mkdir(parents=True)
    file.symlink_to(tmp_path / "target")
    applied = apply(EnvChange(str(file), None, NEW), backups)
    assert (tmp_path / "target").read_bytes() == NEW
    undo(applied)
    assert file.is_symlink()
    assert not (tmp_path / "target").exists()


def test_a_second_name_of_the_file_is_kept(file: Path, backups: Path, tmp_path: Path) -> None:
    change = old(file, b"GOPROXY=a-rather-long-value-that-is-cut\n")
    os.link(file, tmp_path / "twin")
    applied = apply(change, backups)
    assert (tmp_path / "twin").read_bytes() == NEW
    undo(applied)
    assert (tmp_path / "twin").read_bytes() == change.before
    assert file.stat().st_ino == (tmp_path / "twin").stat().st_ino


@pytest.mark.parametrize("kind", ["folder", "fifo", "circle", "below a file"])
def test_what_is_no_file(file: Path, backups: Path, kind: str) -> None:
    file.parent.mkdir(parents=True)
    path = file
    match kind:
        case "folder":
            file.mkdir()
        case "fifo":
            os.mkfifo(file)
        case "circle":
            file.symlink_to(file)
        case _:
            file.write_text("x")
            path = file / "env"
    with pytest.raises(CannotApply) as caught:
        apply(EnvChange(str(path), None, NEW), backups)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", ["write", "fsync", "open"])
@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, twin: bool, existing: bool
) -> None:
    """Wherever it strikes, in the backup or in the file: one line, and all is as it was."""
    before = old(file).before if existing else None
    if existing and twin:
        os.link(file, tmp_path / "twin")
    real = getattr(os, function)
    for allowed in range(12):
        left = [allowed]

        def limited(*arguments: object, left: list[int] = left, **options: object) -> object:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        backups = tmp_path / f"backups{allowed}"
        seen = everything(file.parent.parent) if existing else []
        with monkeypatch.context() as patch:
            patch.setattr(os, function, limited)
            try:
                applied = apply(EnvChange(str(file), before, NEW), backups)
                said = ""
            except CannotApply as error:
                applied, said = None, str(error)
        if applied is not None:
            assert file.read_bytes() == NEW
            assert allowed > 1
            return
        assert said.startswith("cannot write ")
        assert "the disk is full" in said
        assert (file.read_bytes() if file.exists() else None) == before
        assert (everything(file.parent.parent) if file.parent.parent.exists() else []) == seen
        assert not backups.exists() or everything(backups) == []
    pytest.fail("never succeeded")


SCRIPT = """
import sys
from pathlib import Path
from probes.settings.env_apply import CannotApply, apply
from probes.settings.env_write import EnvChange
path, backups, size = sys.argv[1:]
before = Path(path).read_bytes() if Path(path).exists() else None
try:
    apply(EnvChange(path, before, b"G" * int(size)), Path(backups))
except CannotApply as error:
    print(error)
"""


def in_a_process(*arguments: str, **options: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, timeout=60, **options
    )  # type: ignore[call-overload]
    assert done.stderr == ""
    return str(done.stdout)


def test_a_real_limit_of_the_system(file: Path, backups: Path) -> None:
    """RLIMIT_FSIZE: the system itself stops in the middle of writing."""
    change = old(file)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
    said = in_a_process(str(file), str(backups), "100000", preexec_fn=limit)
    assert said == f"cannot write {file}: the file may not grow that large here\n"
    assert file.read_bytes() == change.before
    assert everything(file.parent) == ["env"]
    assert everything(backups) == []


NOBODY = 65534


@contextmanager
def as_nobody(tmp_path: Path) -> Iterator[None]:
    """Where file modes count: as another user when the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder.parent != folder:
            folder.chmod(folder.stat().st_mode | 0o011)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def give(path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(mode)


def test_a_file_that_may_not_be_written(file: Path, backups: Path, tmp_path: Path) -> None:
    """A rename would get around its mode; go does not."""
    change = old(file)
    backups.mkdir(parents=True)
    for path, mode in ((backups, 0o700), (file.parent, 0o755), (file, 0o444)):
        give(path, mode)
    with as_nobody(tmp_path), pytest.raises(CannotApply) as caught:
        apply(change, backups)
    assert str(caught.value) == f"cannot write {file}: permission denied"
    assert everything(backups) == []


def test_a_folder_that_takes_no_new_file(file: Path, backups: Path, tmp_path: Path) -> None:
    """go writes the file itself, so a folder without write permission is no reason to refuse."""
    change = old(file)
    backups.mkdir(parents=True)
    for path, mode in ((backups, 0o700), (file, 0o644), (file.parent, 0o555)):
        give(path, mode)
    try:
        with as_nobody(tmp_path):
            applied = apply(change, backups)
            assert file.read_bytes() == NEW
            undo(applied)
            assert file.read_bytes() == change.before
            with pytest.raises(CannotApply) as caught:
                apply(EnvChange(str(file.parent / "other"), None, NEW), backups)
        assert str(caught.value) == f"cannot write {file.parent / 'other'}: permission denied"
    finally:
        file.parent.chmod(0o755)


def test_a_backup_folder_that_cannot_be_made(file: Path, tmp_path: Path) -> None:
    change = old(file)
    (tmp_path / "state").write_text("x")
    with pytest.raises(CannotApply, match="without a backup nothing is changed"):
        apply(change, tmp_path / "state/backups")
    assert file.read_bytes() == change.before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path, backups: Path) -> None:
    change = old(file, mode=0o600)
    os.chown(file, 12345, 54321)
    undo(apply(change, backups))
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 54321)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_extended_attributes_stay(file: Path, backups: Path) -> None:
    change = old(file)
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system keeps none")
    apply(change, backups)
    assert os.getxattr(file, "user.note") == b"mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other/1"}', "\x00"])
def test_a_broken_record(backups: Path, text: str) -> None:
    backups.mkdir(parents=True)
    (backups / "goenv-1.json").write_text(text)
    with pytest.raises(CannotApply, match="nothing was undone"):
        latest(backups)


def test_the_record_holds_no_value(file: Path, backups: Path) -> None:
    """Values stand in the copy alone, which only the user can read."""
    applied = apply(old(file, b"GOPROXY=https://me:s3cret@x.example\n"), backups)
    assert "s3cret" not in json.dumps(json.loads(Path(applied.record).read_text()))
    assert "s3cret" not in repr(applied)
    assert isinstance(applied, Applied)
