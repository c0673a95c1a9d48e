"""`modtrace report`: forms, files, privacy, and no file of somebody else's overwritten."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from probes.share import state
from tests.share.private_world import Private, trace_of
from tests.share.recordings import command, events_of, saved

NAME = "comma-stops-on-502"


@pytest.fixture
def session(tmp_path: Path) -> str:
    """A saved session of a doctor's run."""
    return str(saved(tmp_path / "sessions", events_of(NAME), "doctor"))


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "modtrace report: demo.example/hello@latest\n"),
        ("markdown", "## modtrace report: `demo.example/hello@latest`\n"),
        ("html", "<!DOCTYPE html>\n"),
        ("json", "{\n"),
        ("svg", "<svg "),
    ],
)
def test_every_form_is_written(
    form: str, start: str, session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("report", session, "--format", form) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(start)
    assert shown.err == ""


@pytest.mark.parametrize(
    ("name", "start"), [("r.md", "## "), ("r.HTML", "<!D"), ("r.svg", "<svg"), ("r", "mod")]
)
def test_the_name_of_the_file_says_the_form(name: str, start: str, session: str, tmp_path: Path) -> None:
    assert command("report", session, "-o", str(tmp_path / name)) == 0
    assert (tmp_path / name).read_text().startswith(start)


def test_a_file_is_only_overwritten_with_force(
    session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.txt"
    out.write_text("mine")
    out.chmod(0o644)
    assert command("report", session, "-o", str(out)) == 2
    assert "is there already; --force" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert command("report", session, "-o", str(out), "--force") == 0
    assert out.read_text().startswith("modtrace report")
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".tmp")] == []


def test_a_dangling_link_is_not_followed(session: str, tmp_path: Path) -> None:
    link = tmp_path / "r.txt"
    link.symlink_to(tmp_path / "elsewhere")
    assert command("report", session, "-o", str(link)) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = state._written_beside

    def slowly(path: Path, text: str, mode: int) -> Path:
        path.write_text("mine")
        return written(path, text, mode)

    monkeypatch.setattr(state, "_written_beside", slowly)
    assert command("report", session, "-o", str(tmp_path / "r.txt")) == 2
    assert (tmp_path / "r.txt").read_text() == "mine"


@pytest.mark.parametrize("out", ["", "none/r.txt", "a\0b"])
def test_what_cannot_be_written_gets_one_line(
    out: str, session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("report", session, "-o", str(tmp_path / out), "--force") == 3
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "cannot write" in shown


def test_a_new_file_has_the_usual_mode(session: str, tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    command("report", session, "-o", str(tmp_path / "r.txt"))
    expected = stat.S_IMODE((tmp_path / "other").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "r.txt").stat().st_mode) == expected


def test_without_a_file_it_is_the_last_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert command("report") == 2
    assert "no session is saved" in capsys.readouterr().err
    saved(tmp_path / "modtrace" / "sessions", events_of("healthy"))
    assert command("report", "--last") == 0
    assert "go would download it" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "svg"])
def test_privacy_hides_the_company(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private = Private()
    path = str(saved(tmp_path, trace_of(private, private.host)))
    assert command("report", path, "--format", form, "--privacy") == 0
    text = capsys.readouterr().out
    for token in private.tokens():
        assert token.lower() not in text.lower(), token
    assert "host-1.example" in text


def test_json_says_that_it_is_masked(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    command("report", session, "--format", "json", "--privacy")
    said = json.loads(capsys.readouterr().out)
    assert said["privacy"] is True
    assert said["path"] == "private.example/module-1"


def test_bad_files_get_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_text("nothing\n")
    for name in ("bad", "missing"):
        assert command("report", str(tmp_path / name)) == 2
        assert capsys.readouterr().err.count("\n") == 1
