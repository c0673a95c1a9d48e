"""`modtrace env` on prepared machines: JSON, text, carets, exit codes, secrets."""

from __future__ import annotations

import argparse
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probes.commands import env
from probes.commands.env_report import columns
from probes.golang.environment import VARIABLES

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Go and without settings."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser(prog="modtrace")
        env.add_parser(parser.add_subparsers())
        args = parser.parse_args(["env", *arguments])
        code = args.run(args)
        out, err = capsys.readouterr()
        return int(code), out, err

    return call


def write_settings(home: Path, text: str) -> Path:
    file = home / ".config/go/env"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def fake_go(home: Path, answers: dict[str, str], *, failure: str = "") -> None:
    """A go on PATH that answers `go env` from a table, in a tree of its own."""
    root = home / "tree"
    (root / "pkg/tool").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "VERSION").write_text("go1.27.3\ntime x\n")
    (root / "go.env").write_text(
        "GOPROXY=https://tree.example,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=auto\n"
    )
    (root / "answers.json").write_text(json.dumps(answers) + "\n")
    go = root / "bin/go"
    lines = ["#!/bin/sh", "printf '%s\\n' \"GOTOOLCHAIN=$GOTOOLCHAIN $*\" >> " + str(home / "asked")]
    if failure:
        lines.append(f"echo '{failure}' >&2; exit 1")
    else:
        lines.append('if [ "$2" = GOTOOLCHAIN ]; then echo "$GOTOOLCHAIN"; exit; fi')
        lines.append(f'while IFS= read -r line; do printf "%s\\n" "$line"; done < {root}/answers.json')
    go.write_text("\n".join(lines) + "\n")
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    (home / "bin").mkdir()
    (home / "bin/go").symlink_to(go)


def test_json_of_a_plain_machine(run: Run, home: Path) -> None:
    code, out, err = run("--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["schema"] == "modtrace.env/1"
    assert list(answer["variables"]) == [variable.name for variable in VARIABLES]
    assert answer["findings"] == answer["differences"] == []
    assert answer["go"] is None
    assert answer["variables"]["GOPROXY"] == {
        "value": "https://proxy.golang.org,direct",
        "source": "default",
        "where": "built into modtrace: the go.env of a stock Go",
        "shadowed": [],
        "findings": [],
    }
    assert answer["variables"]["GOMODCACHE"]["value"] == f"{home}/go/pkg/mod"
    assert {v["source"] for v in answer["variables"].values()} == {"default"}


def test_json_names_sources_and_what_they_hide(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_settings(home, "# mine\nGOPROXY=off\nGOPRIVATE=a.example\n")
    monkeypatch.setenv("GOPROXY", "direct")
    code, out, _ = run("--json", "GOPROXY", "GOPRIVATE", "GONOPROXY")
    variables = json.loads(out)["variables"]
    assert code == 0
    assert list(variables) == ["GOPROXY", "GOPRIVATE", "GONOPROXY"]
    assert (variables["GOPROXY"]["value"], variables["GOPROXY"]["source"]) == ("direct", "process")
    assert variables["GOPROXY"]["shadowed"][0] == {"value": "off", "source": "goenv", "where": f"{file}:2"}
    assert (variables["GOPRIVATE"]["source"], variables["GOPRIVATE"]["where"]) == ("goenv", f"{file}:3")
    assert (variables["GONOPROXY"]["source"], variables["GONOPROXY"]["value"]) == ("derived", "a.example")


def test_error_finding_makes_exit_code_1_and_names_restrict_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPRIVATE", "a.example, b.example")
    assert run()[0] == 1
    assert run("GOPRIVATE")[0] == 1
    assert run("GOPROXY")[0] == 0
    code, out, _ = run("--json", "GOPRIVATE")
    assert code == 1
    [finding] = json.loads(out)["variables"]["GOPRIVATE"]["findings"]
    assert (finding["id"], finding["level"], finding["position"], finding["length"]) == (
        "pattern.space", "error", 10, 1
    )  # fmt: skip
    assert finding["remedy"] == ["export GOPRIVATE=a.example,b.example"]


def test_caret_stands_under_the_character(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, mark, width in (
        ("https://代理.example，direct", "，", 2),
        ("https://u:pass@a.example;direct", ";", 1),
        ("\x1b[31mhttps://a.b;direct", "\\x1b", 4),
        ("https://" + "long." * 60 + "example；direct", "；", 2),
    ):
        monkeypatch.setenv("GOPROXY", value)
        lines = run("GOPROXY")[1].splitlines()
        carets = next(i for i, line in enumerate(lines) if set(line) == {" ", "^"})
        above, place = lines[carets - 1], lines[carets].index("^")
        assert columns(above[: above.index(mark)]) == place
        assert lines[carets].count("^") == width


def test_text_is_safe_and_holds_no_secret(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(
        home, "GOPROXY=https://x:hunter2@file.example\nHTTPS_PROXY=http://y:hunter2@h\nGOVCS=\x1b[2J\u202e\n"
    )
    monkeypatch.setenv("GOPROXY", "https://someone:hunter2@a.example，direct")
    monkeypatch.setenv("HTTPS_PROXY", "someone:hunter2@proxy.example:3128")
    monkeypatch.setenv("GOSUMDB", "sum.golang.org https://someone:hunter2@sum.example")
    for arguments in ((), ("--json",)):
        code, out, err = run(*arguments)
        assert code == 1
        assert "hunter2" not in out + err
        assert "someone" not in out + err
        assert not [c for c in out if c != "\n" and (ord(c) < 32 or c == "\u202e")]
    assert json.loads(out)["variables"]["GOPROXY"]["value"] == "https://xxxxx@a.example，direct"


def test_text_shows_origin_hidden_values_and_remedies(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_settings(home, "GOPROXY=off\n")
    monkeypatch.setenv("GOPROXY", "https://a.example,Direct")
    text = run("GOPROXY")[1]
    assert "  GOPROXY     https://a.example,Direct\n                                ^^^^^^\n" in text
    assert "from        process" in text
    assert f"hides       go/env file, {file}:1: off" in " ".join(text.split("\n")).replace(
        "               ", " "
    )
    assert "try         export GOPROXY=https://a.example,direct" in text
    assert text.endswith("1 error, 1 note\n")


def test_unset_variables_share_a_line_unless_asked_for(run: Run) -> None:
    whole = run()[1]
    assert "not set     GOVCS GOINSECURE" in whole
    assert "GOVCS       (not set)" in run("GOVCS")[1]
    assert "nothing to complain about" in whole


def test_unknown_name_is_one_line_and_exit_code_2(run: Run) -> None:
    code, out, err = run("GOPROXYS")
    assert (code, out) == (2, "")
    assert err == "modtrace: env: no variable 'GOPROXYS'; did you mean GOPROXY?\n"
    code, _, err = run("something\x1belse")
    assert code == 2
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_unreadable_settings_file_is_named_and_exit_code_2(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "folder").mkdir()
    monkeypatch.setenv("GOENV", str(home / "folder"))
    code, out, err = run("--json")
    assert code == 2
    assert json.loads(out)["variables"]["GOENV"]["findings"][0]["id"] == "settings-file.unreadable"
    assert str(home / "folder") in err
    assert "Is a directory" in err


def test_missing_settings_file_is_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOENV", "/nonexistent/env")
    code, out, _ = run("--json", "GOENV")
    assert code == 0
    assert json.loads(out)["variables"]["GOENV"]["findings"][0]["id"] == "settings-file.missing"


def asked_answers(home: Path, **changed: str) -> dict[str, str]:
    from probes.sources.environment_reader import ASKED, read_environment

    environment = read_environment()
    values = {name: environment.get(name) for name in ASKED}
    return (
        values
        | {"GOPROXY": "https://tree.example,direct", "GOROOT": f"{home}/tree", "GOVERSION": "go1.27.3"}
        | changed
    )


def test_go_on_path_is_asked_and_agrees(run: Run, home: Path) -> None:
    fake_go(home, asked_answers(home))
    code, out, _ = run("--json")
    answer = json.loads(out)
    assert answer["go"] == {
        "command": f"{home}/bin/go",
        "version": "go1.27.3",
        "goroot": f"{home}/tree",
        "asked": True,
        "failure": None,
    }
    different: list[dict[str, Any]] = answer["differences"]
    # The script prints what GOTOOLCHAIN is in its own process, which is not what go does.
    assert [d["variable"] for d in different] == ["GOTOOLCHAIN"]
    asked = (home / "asked").read_text().splitlines()
    assert asked[0].startswith("GOTOOLCHAIN=local env -json ")
    assert asked[1] == "GOTOOLCHAIN= env GOTOOLCHAIN"
    assert code == 0


def test_difference_from_go_is_a_finding(run: Run, home: Path) -> None:
    fake_go(home, asked_answers(home, GOPROXY="https://u:hunter2@other.example"))
    code, out, _ = run("--json", "GOPROXY")
    answer = json.loads(out)
    assert code == 0
    assert answer["differences"] == [
        {
            "variable": "GOPROXY",
            "modtrace": "https://tree.example,direct",
            "go": "https://xxxxx@other.example",
        }
    ]
    [finding] = answer["variables"]["GOPROXY"]["findings"]
    assert (finding["id"], finding["level"]) == ("go.differs", "warning")
    assert "go env GOPROXY prints https://xxxxx@other.example here" in run("GOPROXY")[1].replace(
        "\n              ", " "
    )


def test_go_that_fails_is_a_finding(run: Run, home: Path) -> None:
    fake_go(home, {}, failure="go: unknown environment setting GO111MODULE=x")
    code, out, _ = run("--json")
    answer = json.loads(out)
    assert code == 1
    assert answer["go"]["failure"] == "go: unknown environment setting GO111MODULE=x"
    assert answer["findings"][0]["id"] == "go.fails"


def test_no_go_asks_nothing(run: Run, home: Path) -> None:
    fake_go(home, {})
    code, out, _ = run("--json", "--no-go")
    assert code == 0
    assert json.loads(out)["go"]["asked"] is False
    assert not (home / "asked").exists()


def test_help_has_examples(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "modtrace env --json" in text
    assert "exit codes:" in text
    assert max(map(len, text.splitlines())) <= 110
