"""`modtrace trace`, through its public door: arguments in, stdout, stderr and an exit code out."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request, Script, body, fault, status
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.demo.worlds import WORLDS, running, world_plan
from probes.golang.protocol import Op
from probes.trace.fold import Trace
from probes.trace.recording import event_from_json
from tests.modtrace import clean_environment, modtrace, start

PATH = "demo.example/hello"
KEYS = {
    "schema", "path", "query", "ok", "version", "sum", "go_mod_sum", "served", "error", "first_cause",
    "requests", "findings",
}  # fmt: skip
REQUEST_KEYS = {"hop", "op", "version", "url", "status", "bytes", "ms", "timing", "decision"}


def _script(**behaviours: object) -> Script:
    chosen = {Op(name): behaviour for name, behaviour in behaviours.items()}
    return Script({PATH: simple_module(PATH, "v1.0.0", "v1.1.0")}, chosen)  # type: ignore[arg-type]


def test_success_is_one_json_object_and_exit_0(tmp_path: Path) -> None:
    with World([_script().answer]) as world:
        done = modtrace(
            "trace", PATH, "--json", env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path
        )
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert said.keys() >= KEYS
    assert said["schema"] == "modtrace.trace/1"
    assert (said["path"], said["query"], said["ok"], said["version"]) == (PATH, "latest", True, "v1.1.0")
    assert said["sum"].startswith("h1:")
    assert said["go_mod_sum"].startswith("h1:")
    assert said["served"] == {"list": 0, "info": 0, "mod": 0, "zip": 0}
    assert said["error"] is None
    assert said["first_cause"] is None
    assert [r["op"] for r in said["requests"]] == ["list", "info", "mod", "zip"]
    for request in said["requests"]:
        assert request.keys() >= REQUEST_KEYS
        assert request["status"] == 200
        assert request["decision"] == "served"
        assert request["ms"] >= 0
    assert said["requests"][0]["timing"]["connect"] is not None


def test_failure_names_gos_error_and_the_first_cause(tmp_path: Path) -> None:
    world_of = world_plan("off-masks-404")
    with running(world_of) as (_, variables):
        done = modtrace("trace", PATH, "--json", env=clean_environment(tmp_path, **variables), cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["error"] == f"{PATH}@latest: module lookup disabled by GOPROXY=off"
    assert said["first_cause"]["hop"] == 0
    assert said["first_cause"]["op"] == "list"
    assert "404" in said["first_cause"]["summary"]
    assert "TryProxies" in said["first_cause"]["rule"]
    assert said["requests"][0]["decision"].startswith("next, because 404")


def test_comma_stops_and_says_why(tmp_path: Path) -> None:
    with running(world_plan("comma-stops-on-502")) as (world, variables):
        done = modtrace("trace", PATH, "--json", env=clean_environment(tmp_path, **variables), cwd=tmp_path)
        assert {logged.proxy for logged in world.log} == {0}
    said = json.loads(done.stdout)
    assert said["requests"][0]["decision"].startswith("stop, because 502")
    assert said["first_cause"]["summary"].startswith(world.urls[0].removeprefix("http://"))


def test_events_fold_to_the_same_trace_as_json(tmp_path: Path) -> None:
    with running(world_plan("split-files")) as (_, variables):
        environment = clean_environment(tmp_path, **variables)
        events = modtrace("trace", PATH, "--events", env=environment, cwd=tmp_path)
        whole = json.loads(modtrace("trace", PATH, "--json", env=environment, cwd=tmp_path).stdout)
    folded = Trace()
    for line in events.stdout.splitlines():
        folded.apply(event_from_json(json.loads(line)))
    assert _timeless(folded.to_json()) == _timeless(whole)
    assert whole["served"]["zip"] == 1
    assert whole["served"]["info"] == 0


def _timeless(said: dict[str, object]) -> dict[str, object]:
    for request in said["requests"]:  # type: ignore[attr-defined]
        request["ms"] = None
        request["timing"] = {name: value is None for name, value in request["timing"].items()}
    return said


def test_plain_report_is_the_default_and_ascii_free_of_escapes(tmp_path: Path) -> None:
    hostile = b"\x1b[31mred\x1b[0m \x07 [bold]x[/bold]\n"
    with World([_script(list=status(404, hostile)).answer]) as world:
        done = modtrace("trace", PATH, env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path)
    assert done.returncode == 1
    assert "go would fail" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "\x07" not in done.stdout + done.stderr


@pytest.mark.parametrize("plan", [plan for plan in WORLDS if plan.name != "hang"], ids=lambda plan: plan.name)
def test_every_world_tells_its_story_without_a_screen(plan: object, tmp_path: Path) -> None:
    done = modtrace("demo", plan.name, env=clean_environment(tmp_path), cwd=tmp_path)  # type: ignore[attr-defined]
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert plan.path in done.stdout  # type: ignore[attr-defined]


def test_a_hang_is_not_a_failure_but_unknown(tmp_path: Path) -> None:
    with World([_script(list=fault(Fault.HANG)).answer]) as world:
        done = modtrace(
            "trace", PATH, "--json", "--timeout", "0.3",
            env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path,
        )  # fmt: skip
    said = json.loads(done.stdout)
    assert done.returncode == 3
    assert said["ok"] is False
    assert said["outcome"] == "unknown"
    assert "for ever" in said["detail"]


def test_direct_says_which_program_would_be_run(tmp_path: Path) -> None:
    environment = clean_environment(
        tmp_path, GOPROXY="http://127.0.0.1:1", GOPRIVATE="github.com/corp", PATH=os.environ["PATH"]
    )
    done = modtrace("trace", "github.com/corp/secret", "--json", env=environment, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 3
    assert said["requests"] == []
    assert "--run" in said["detail"]
    assert said["origin"]["programs"] == []
    assert [held["command"].split()[:2] for held in said["origin"]["held"]] == [["git", "ls-remote"]]
    plain = modtrace("trace", "github.com/corp/secret", env=environment, cwd=tmp_path).stdout
    assert "static host? yes: git https://github.com/corp/secret" in plain
    assert "would run: git ls-remote -q --end-of-options https://github.com/corp/secret" in plain


def test_a_private_path_reaches_no_proxy(tmp_path: Path) -> None:
    with World([_script().answer]) as world:
        environment = clean_environment(
            tmp_path, GOPROXY=world.urls[0] + ",direct", GONOPROXY="demo.example",
            HTTPS_PROXY="http://127.0.0.1:1",
        )  # fmt: skip
        done = modtrace("trace", PATH, "--json", env=environment, cwd=tmp_path)
        assert world.log == []
    assert done.returncode == 1, "its host cannot be asked"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_a_hanging_trace_at_once(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with World([_script(list=fault(Fault.HANG)).answer]) as world:
        process = start(
            "trace", PATH, "--events", env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path
        )
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "request.started":
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert json.loads(rest.splitlines()[-1])["outcome"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["trace"], "PATH"),
        (["trace", "@latest"], "no module path"),
        (["trace", PATH, "--set", "nonsense"], "NAME=VALUE"),
        (["trace", PATH, "--timeout", "soon"], "number of seconds"),
        (["trace", PATH, "--json", "--events"], "not allowed"),
        (["trace", PATH, "--nosuch"], "unrecognized"),
    ],
)
def test_bad_usage_is_one_clear_line_and_exit_2(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    done = modtrace(*arguments, env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"GOPROXY": ","}, f"{PATH}@latest: GOPROXY list is not the empty string, but contains no entries"),
        ({"GOPROXY": "Direct"}, f"{PATH}@latest: invalid proxy URL missing scheme: Direct"),
        ({"GOFLAGS": "-mod mod"}, 'go: parsing $GOFLAGS: non-flag "mod"'),
        ({"GO111MODULE": "off"}, "go: modules disabled by GO111MODULE=off; see 'go help modules'"),
        ({"GOTOOLCHAIN": "garbage"}, 'go: invalid GOTOOLCHAIN "garbage"'),
    ],
)
def test_settings_that_stop_go_are_told_in_its_words(
    variables: dict[str, str], error: str, tmp_path: Path
) -> None:
    environment = clean_environment(tmp_path) | {"GOPROXY": "off"} | variables
    done = modtrace("trace", PATH, "--json", env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == error


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    def refuse(request: Request) -> Answer:
        return Answer(403, b"no\n")

    with World([refuse]) as world:
        secret = world.urls[0].replace("//", "//alice:s3cr3t@") + "?token=t0ps3cret"
        environment = clean_environment(tmp_path, GOPROXY=secret)
        for form in ("--json", "--events", "--plain"):
            done = modtrace("trace", PATH, form, env=environment, cwd=tmp_path)
            assert not re.search("s3cr3t|t0ps3cret|alice", done.stdout + done.stderr)


def test_overlay_is_used_for_this_run_only(tmp_path: Path) -> None:
    with World([_script(list=body(b"v1.0.0\n")).answer]) as world:
        done = modtrace(
            "trace", PATH, "--json", "--set", f"GOPROXY={world.urls[0]}",
            env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path,
        )  # fmt: skip
    assert json.loads(done.stdout)["version"] == "v1.0.0"


def test_the_user_of_a_pasted_url_is_neither_shown_nor_saved(tmp_path: Path) -> None:
    secret = "hunter2-Xq91"
    env = clean_environment(tmp_path, GOPROXY="off", XDG_STATE_HOME=str(tmp_path / "state"))
    done = modtrace("trace", f"https://bob:{secret}@github.com/o/r", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "malformed module path" in done.stdout
    kept = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
    assert kept
    assert secret.encode() not in done.stdout.encode() + done.stderr.encode() + kept
