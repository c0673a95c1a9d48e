"""`modtrace whatif`: side by side in 80 columns, as JSON, with real traces; nothing is ever written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probes.demo.behaviour import Script, status
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from tests.settings.commands import run

PATH = "demo.example/hello"
NOW = {"GOPROXY": "https://proxy.golang.org,direct"}


def test_side_by_side(tmp_path: Path) -> None:
    done = run(tmp_path, "whatif", "rsc.io/quote", "--set", "GOPROXY=https://goproxy.cn|direct", **NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
rsc.io/quote@latest, with settings that are not real:

GOPROXY
  now      https://proxy.golang.org,direct  [process]
  what if  https://goproxy.cn|direct  [unreal]

now                                    : what if
-------------------------------------- : --------------------------------------
- 0 proxy.golang.org ,                 :
                                       : + 0 goproxy.cn |
  1 direct                             :   1 direct
  private  no                          :   private  no
  sums     sum.golang.org              :   sums     sum.golang.org

Who would newly learn the path rsc.io/quote:
  goproxy.cn: module proxy

Who no longer learns the path rsc.io/quote:
  proxy.golang.org: module proxy
"""
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["corp.example/" + "long/" * 30 + "x", "--set", "GOPRIVATE=corp.example/" + "long/" * 40],
        [
            "corp.example/x",
            "--set",
            "GOPROXY=" + "|".join(f"https://{i}{'a' * 60}.example/path" for i in range(4)),
        ],
        ["corp.example/x", "--set", "GOPROXY=https://a.example direct，b|ftp://x", "--set", "GOSUMDB=x y z"],
        ["corp.example/x", "--set", "GOPROXY=https://a.example\x1b[2J\u202e"],
        ["corp.example/x", "--set", "GOPROXY=direct,https://a.example,https://b.example"],
        ["corp.example/x", "--preset", "air-gap", "--fill", "folder=/srv/" + "x" * 90],
    ],
)
def test_at_most_80_columns(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, "whatif", *arguments, **NOW)
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout.replace("lookup/…", "")


def test_secrets_stay_masked(tmp_path: Path) -> None:
    for form in ([], ["--json"], ["--lines", "sh"]):
        done = run(
            tmp_path, "whatif", "a.test/x", "--set", "GOPROXY=https://me:s3cret@a.test", *form,
            GOPROXY="https://me:0ther@a.test",
        )  # fmt: skip
        assert done.returncode == 0
        assert "s3cret" not in done.stdout + done.stderr
        assert "0ther" not in done.stdout + done.stderr
        assert "credentials" in done.stdout


def test_json(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "whatif",
        "corp.example/x@v1",
        "--set",
        "GOPRIVATE=corp.example",
        "--json",
        "--lines",
        "sh",
        **NOW,
    )
    said = json.loads(done.stdout)
    assert said["schema"] == "modtrace.whatif/1"
    assert (said["path"], said["query"], said["same"]) == ("corp.example/x", "v1", False)
    assert [change["name"] for change in said["settings"]] == ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"]
    assert [hop["fate"] for hop in said["hops"]] == ["added", "kept", "kept"]
    assert said["hops"][1]["after"] == {
        "hop": 0, "kind": "proxy", "spec": "https://proxy.golang.org", "separator": ",", "access": "private",
    }  # fmt: skip
    assert [route["private_pattern"] for route in said["routes"]] == [None, "corp.example"]
    assert [learner["host"] for learner in said["no_longer_learns"]] == ["proxy.golang.org", "sum.golang.org"]
    assert said["lines"] == ["export GOPRIVATE=corp.example"]
    assert said["traces"] is None


def test_traced(tmp_path: Path) -> None:
    """A comma that stops, a pipe that goes on: both really asked."""
    good = Script({PATH: simple_module(PATH, "v1.0.0")})
    bad = Script({}, {op: status(502) for op in (Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP)})
    with World([bad.answer, good.answer]) as world:
        first, second = world.urls
        variables = {"GOPROXY": f"{first},{second}", "GOSUMDB": "off"}
        arguments = ["whatif", PATH, "--trace", "--set", f"GOPROXY={first}|{second}"]
        done = run(tmp_path, *arguments, **variables)
        again = run(tmp_path, *arguments, "--json", **variables)
        back = run(tmp_path, "whatif", PATH, "--trace", "--set", f"GOPROXY={first}", **variables)
    assert done.returncode == 0
    assert "goes on after any error now" in done.stdout
    assert "verdict  ok, v1.0.0" in done.stdout
    assert "verdict  go would fail:" in done.stdout
    assert "list 502" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert [trace["ok"] for trace in json.loads(again.stdout)["traces"]] == [False, True]
    assert back.returncode == 1


def test_presets(tmp_path: Path) -> None:
    listed = run(tmp_path, "whatif", "--presets")
    assert listed.returncode == 0
    assert "preset goproxy.cn: " in listed.stdout
    assert "not verified from here" in listed.stdout
    done = run(tmp_path, "whatif", "rsc.io/quote", "--preset", "goproxy.cn", "--lines", "github", **NOW)
    assert "  by     Aofei Sheng" in done.stdout
    assert done.stdout.endswith('env:\n  GOPROXY: "https://goproxy.cn,direct"\n  GOSUMDB: "sum.golang.org"\n')


def test_set_goes_over_the_preset_and_unset_over_the_process(tmp_path: Path) -> None:
    done = run(
        tmp_path, "whatif", "a.test/x", "--preset", "official", "--set", "GOSUMDB=off", "--unset", "GOPRIVATE",
        "--json", GOPRIVATE="a.test",
    )  # fmt: skip
    assert {c["name"]: c["after"] for c in json.loads(done.stdout)["settings"]} == {
        "GOPRIVATE": "", "GONOPROXY": "", "GONOSUMDB": "", "GOSUMDB": "off",
    }  # fmt: skip


def test_a_variable_that_chooses_the_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("GOPROXY=https://from-a-file.test\n")
    done = run(tmp_path, "whatif", "a.test/x", "--set", f"GOENV={tmp_path}/other", "--json")
    assert "https://from-a-file.test" in [change["after"] for change in json.loads(done.stdout)["settings"]]


@pytest.mark.parametrize("value", ["https://", "gopher://x", "https://a.test，direct"])
def test_settings_that_cannot_work_are_exit_1(tmp_path: Path, value: str) -> None:
    done = run(tmp_path, "whatif", "a.test/x", "--set", f"GOPROXY={value}")
    assert done.returncode == 1
    assert "new error" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no module path"),
        (["a.test/x"], "nothing to change"),
        (["@latest", "--set", "GOPROXY=off"], "no module path"),
        (["a.test/x", "--set", "GOPROXY"], "write NAME=VALUE"),
        (["a.test/x", "--preset", "goproxi.cn"], "did you mean goproxy.cn?"),
        (["a.test/x", "--preset", "air-gap"], "--fill folder=… is missing"),
        (["a.test/x", "--preset", "official", "--fill", "folder=/x"], "nothing asks for it"),
        (["a.test/x", "--preset", "air-gap", "--fill", "folder"], "write --fill"),
        (["a.test/x", "--set", "GOPROXY=off", "--unset", "GOPROXY"], "both --set and --unset"),
        (["a.test/x", "--set", "GOPROXY=off", "--lines", "csh"], "one of sh, fish"),
        (["a.test/x", "--preset", "x\x1b[2J"], "no preset"),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(tmp_path, "whatif", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
