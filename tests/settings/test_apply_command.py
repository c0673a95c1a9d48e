"""`modtrace apply`: what is shown, who is asked, what is written, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.commands import on_a_terminal, run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".config/go/env"


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_written_and_taken_back(tmp_path: Path, file: Path) -> None:
    put(file, "# mine\nGOPRIVATE=corp.example\nGOFLAGS=-x\n")
    done = run(
        tmp_path, "apply", "--set", "GOPROXY=https://goproxy.cn|direct", "--unset", "GOPRIVATE", "--yes"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
{file}
  # mine
- GOPRIVATE=corp.example
  GOFLAGS=-x
+ GOPROXY=https://goproxy.cn|direct
Written. `modtrace apply --undo` takes it back.
"""
    )
    assert file.read_text() == "# mine\nGOFLAGS=-x\nGOPROXY=https://goproxy.cn|direct\n"
    back = run(tmp_path, "apply", "--undo", "--yes")
    assert back.returncode == 0
    assert back.stdout.splitlines()[1:] == [
        "  # mine", "+ GOPRIVATE=corp.example", "  GOFLAGS=-x", "- GOPROXY=https://goproxy.cn|direct", "Done.",
    ]  # fmt: skip
    assert file.read_text() == "# mine\nGOPRIVATE=corp.example\nGOFLAGS=-x\n"
    assert (
        run(tmp_path, "apply", "--undo", "--yes").stderr == "modtrace: apply: there is nothing to take back\n"
    )


def test_a_file_that_was_not_there(tmp_path: Path, file: Path) -> None:
    done = run(tmp_path, "apply", "--preset", "goproxy.cn", "--yes")
    assert f"{file}  (a new file)" in done.stdout
    assert file.read_text() == "GOPROXY=https://goproxy.cn,direct\nGOSUMDB=sum.golang.org\n"
    back = run(tmp_path, "apply", "--undo", "--yes")
    assert "did not exist and goes away" in back.stdout
    assert not (tmp_path / ".config").exists()


def test_nobody_to_ask(tmp_path: Path, file: Path) -> None:
    done = run(tmp_path, "apply", "--set", "GOPROXY=off")
    assert done.returncode == 2
    assert "+ GOPROXY=off" in done.stdout
    assert done.stderr == "modtrace: apply: nobody to ask: nothing was written; --yes writes without asking\n"
    assert not file.exists()
    assert not (tmp_path / ".local").exists()


@pytest.mark.parametrize(
    ("typed", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("\n", 1), ("yup\n", 1), ("\x04", 1)]
)
def test_asked_on_a_terminal(tmp_path: Path, file: Path, typed: str, code: int) -> None:
    ended, said = on_a_terminal(tmp_path, typed, "apply", "--set", "GOPROXY=off")
    assert ended == code
    assert "Write this? [y/N]" in said
    assert file.exists() is (code == 0)
    assert ("Nothing was written." in said) is (code == 1)


def test_undo_asks_too(tmp_path: Path, file: Path) -> None:
    run(tmp_path, "apply", "--set", "GOPROXY=off", "--yes")
    assert on_a_terminal(tmp_path, "n\n", "apply", "--undo")[0] == 1
    assert file.exists()
    assert run(tmp_path, "apply", "--undo").returncode == 2
    assert on_a_terminal(tmp_path, "y\n", "apply", "--undo")[0] == 0
    assert not file.exists()


def test_what_would_still_win(tmp_path: Path) -> None:
    done = run(tmp_path, "apply", "--set", "GOPROXY=off", "--yes", GOPROXY="https://me:s3cret@p.test")
    text = " ".join(done.stdout.split())
    assert "still wins: The process sets GOPROXY=https://xxxxx@p.test, which beats the file" in text
    assert "to make the file count: unset GOPROXY" in text
    assert "s3cret" not in done.stdout
    fish = run(tmp_path, "apply", "--set", "GOPROXY=direct", "--yes", GOPROXY="off", SHELL="/usr/bin/fish")
    assert "to make the file count: set -e GOPROXY" in fish.stdout


def test_an_error_is_shown_before_it_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, "apply", "--set", "GOSUMDB=sum.golang.org https://goproxy.cn")
    assert "error: GOSUMDB:" in done.stdout
    assert max(map(len, done.stdout.splitlines()[1:])) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "GOPROXI=x"], "go refuses: go: unknown go command variable GOPROXI"),
        (["--set", "GO111MODULE=yes"], 'go refuses: go: invalid GO111MODULE value "yes"'),
        (["--set", "GODEBUG=x"], "can only be set using the OS environment"),
        (["--unset", "GOPROXY"], "no such file or directory"),
        (["--set", "GOPROXY=off", "--unset", "NOPE"], "unknown go command variable NOPE"),
        (["--set", "GOFLAGS=a\nb"], "invalid newline in GOFLAGS=... value"),
        (["--set", "GOPATH=me:s3cret@x"], 'relative; must be absolute path: "xxxxx@x"'),
    ],
)
def test_what_go_refuses(tmp_path: Path, file: Path, arguments: list[str], words: str) -> None:
    done = run(tmp_path, "apply", *arguments, "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert not file.exists()


def test_goenv_off(tmp_path: Path, file: Path) -> None:
    done = run(tmp_path, "apply", "--set", "GOPROXY=a|b", "--yes", GOENV="off")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1] == "modtrace: type this instead: export GOPROXY='a|b'"
    assert not file.exists()


def test_nothing_to_do(tmp_path: Path, file: Path) -> None:
    put(file, "GOPROXY=off\n")
    done = run(tmp_path, "apply", "--set", "GOPROXY=off", GOPROXY="direct")
    assert done.returncode == 0
    assert "says so already" in done.stdout
    assert "still wins" in done.stdout


def test_later_work_is_not_undone(tmp_path: Path, file: Path) -> None:
    run(tmp_path, "apply", "--set", "GOPROXY=off", "--yes")
    file.write_text("GOPROXY=off\nGOFLAGS=-x\n")
    done = run(tmp_path, "apply", "--undo", "--yes")
    assert done.returncode == 3
    assert "left alone" in done.stderr
    assert file.read_text() == "GOPROXY=off\nGOFLAGS=-x\n"
    file.unlink()
    gone = run(tmp_path, "apply", "--undo", "--yes")
    assert (gone.returncode, gone.stderr.count("\n")) == (3, 1)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("a file")
    done = run(tmp_path, "apply", "--set", "GOPROXY=off", "--yes")
    assert done.returncode == 3
    assert done.stderr.startswith("modtrace: apply: cannot write ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "either --set"),
        (["--undo", "--set", "GOPROXY=off"], "either --set"),
        (["--set", "GOPROXY"], "write NAME=VALUE"),
        (["--set", "GOPROXY=off", "--set", "GOPROXY=direct"], "names GOPROXY twice"),
        (["--preset", "corporate-direct", "--fill", "corporate=x"], "--fill private=… is missing"),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(tmp_path, "apply", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_no_home(tmp_path: Path) -> None:
    done = run(tmp_path, "apply", "--set", "GOPROXY=off", "--yes", HOME="")
    assert done.returncode == 2
    assert "where a backup could go" in done.stderr
