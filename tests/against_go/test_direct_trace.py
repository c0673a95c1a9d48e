"""A whole trace through direct, beside `go mod download -json`: outcome, sums, words, pages, what git asks."""

from __future__ import annotations

import asyncio
import json
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.sources.direct import SECLUDED
from probes.sources.environment_reader import read_environment
from probes.trace.events import Outcome, Verdict
from probes.trace.fold import Trace
from probes.trace.getting import search
from probes.trace.origin_events import Answered, OriginStep
from probes.trace.recording import event_to_json
from probes.trace.run import trace
from tests.against_go.direct_cases import GROUPS, PLACES, content_targets
from tests.against_go.direct_generated import generated
from tests.against_go.direct_world import (
    HELPED,
    Compared,
    Target,
    ask_go,
    compare,
    go_mod,
    module,
    operations,
    trace_all,
    world,
)
from tests.against_go.golang import go_binary
from tests.against_go.test_getting import build_cache
from tests.origins import Commit, Origin, Page, meta
from tests.sumdb_server import Log, Signer, SumDBServer

GENERATED = 40
SECRETS = ("hunter2", b64encode(b"me:hunter2").decode())


def assert_same(compared: Compared) -> None:
    assert not compared.differing, "\n".join(f"{name}: {both}" for name, both in compared.differing.items())


def test_what_is_in_a_repository_becomes_what_go_makes_of_it(tmp_path: Path) -> None:
    cases = dict(content_targets())
    compared = compare(tmp_path, list(cases.values()))
    assert_same(compared)
    assert compared.cases + len(PLACES) >= 150
    assert sum(run.said.ok for run in compared.runs.values()) > 60
    for run in compared.runs.values():
        served = [
            one for walk in run.trace.walks.values() for one in walk.decisions if one.verdict is Verdict.SERVED
        ]
        assert all(one.request is None or one.program is None for one in served)
        told = {step.step for step in run.trace.origin.decided}
        assert not run.said.ok or {OriginStep.REFS, OriginStep.PLACE, OriginStep.ARCHIVE} <= told


def test_places_are_found_as_go_finds_them(tmp_path: Path) -> None:
    compared = compare(tmp_path, list(PLACES.values()), local=False)
    assert_same(compared)
    for name, target in PLACES.items():
        run = compared.runs[target.text]
        failed = [step for step in run.trace.origin.decided if step.answered is Answered.FAILS]
        cause = run.trace.first_cause()
        assert run.said.ok or cause is not None, name
        if not run.said.ok and run.trace.origin.decided and "mod, " not in name:
            assert failed, name
        text = json.dumps([event_to_json(event) for event in run.events])
        assert not [secret for secret in SECRETS if secret in text], name


@pytest.mark.parametrize("name", GROUPS)
def test_settings_lead_as_they_lead_go(name: str, tmp_path: Path) -> None:
    group = GROUPS[name]
    assert_same(compare(tmp_path, group.targets, group.variables, local=False))


def test_random_worlds(tmp_path: Path) -> None:
    assert_same(compare(tmp_path, [generated(7, number) for number in range(GENERATED)]))


# -- consent -----------------------------------------------------------------------------------------------


def test_without_consent_no_program_is_started_and_pages_are_asked_for(tmp_path: Path) -> None:
    targets = [
        PLACES[name] for name in ("good", "github.com", "a path with .git", "mod", "no page", "GOVCS by default")
    ]
    with world(tmp_path, targets, {}, local=False) as (origin, environment):
        runs = asyncio.run(trace_all(targets, environment, tmp_path / "work", run=False))
        assert not origin.git_log
        assert not operations(tmp_path)
        assert "https p1.corp.test/x" in origin.log
    for target, run in zip(targets[:3], runs, strict=False):
        end = run.trace.finished
        assert end is not None
        assert end.outcome is Outcome.UNKNOWN, target
        assert "go would run `git ls-remote" in end.detail
        assert "--run" in end.detail
        assert [held.command.split(" ")[1] for held in run.trace.origin.held] == ["ls-remote"]
        assert not run.trace.origin.programs
        assert run.trace.started is not None
        assert not run.trace.started.run
        assert Answered.UNKNOWN in {step.answered for step in run.trace.origin.decided}
    outcomes = [run.trace.finished.outcome for run in runs[3:] if run.trace.finished]
    assert outcomes == [Outcome.OK, Outcome.FAILS, Outcome.FAILS]


def test_a_secluded_world_asks_nobody(tmp_path: Path) -> None:
    with world(tmp_path, [PLACES["good"]], {SECLUDED: "1"}, local=False) as (origin, environment):
        (run,) = asyncio.run(trace_all([PLACES["good"]], environment, tmp_path / "work", run=False))
        assert not origin.log
    assert run.trace.finished is not None
    assert run.trace.finished.outcome is Outcome.UNKNOWN


# -- hashes ------------------------------------------------------------------------------------------------


def test_a_tag_that_was_moved_is_found_out_by_go_sum(tmp_path: Path) -> None:
    target = PLACES["good"]
    with world(tmp_path, [target], {}, local=True) as (_, environment):
        project = tmp_path / "project"
        project.mkdir()
        (project / "go.mod").write_text(f"module m.test/m\n\ngo 1.20\n\nrequire {target.path} v1.0.0\n")
        wrong = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        (project / "go.sum").write_text(f"{target.path} v1.0.0 {wrong}\n{target.path} v1.0.0/go.mod {wrong}\n")
        (theirs,) = ask_go([target], environment, project)
        found = read_environment(process=environment, cwd=str(project))
        told = Trace()
        asyncio.run(
            trace(found, target.path, "v1.0.0", told.apply, project=load_project(found), limits=Limits(), run=True)
        )
    assert told.finished is not None
    assert told.finished.error is not None
    assert "SECURITY ERROR" in told.finished.error
    assert told.finished.error.rstrip("\n") == theirs.error


def test_the_checksum_database_vouches_for_what_came_from_a_repository(tmp_path: Path) -> None:
    good, bad = PLACES["good"], PLACES["good, latest"]
    with world(tmp_path / "first", [good, bad], {}, local=True) as (_, environment):
        first = asyncio.run(trace_all([good, bad], environment, tmp_path / "first" / "work"))
    log = Log()
    for run, target, lie in zip(first, (good, bad), ("", "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), strict=True):
        assert run.said.version
        assert run.said.sum
        assert run.said.go_mod_sum
        log.add(target.path, run.said.version, lie or run.said.sum, run.said.go_mod_sum)
    server = SumDBServer(Signer.from_seed("sum.test", 1), log)

    def answer(request: Request) -> Answer:
        status, body = server.answer(request.target.replace("%21", "!"))
        return Answer(status, body)

    with World([answer]) as database:
        variables = {"GOSUMDB": f"{server.signer.verifier_key} {database.urls[0]}"}
        for number, target in enumerate((good, bad, PLACES["good, main"])):
            compared = compare(tmp_path / str(number), [target], variables)
            assert_same(compared)
            (run,) = compared.runs.values()
            assert run.said.ok is (target is good)
            assert run.trace.checksums


# -- go get ------------------------------------------------------------------------------------------------


def _deep(origin: Origin) -> None:
    x = "deep.corp.test/x"
    files = {**go_mod(x), "sub/go.mod": f"module {x}/sub\n", "sub/p/p.go": "package p\n", "q/q.go": "package q\n"}
    module("deep.corp.test", Commit(files, ("v1.0.0", "sub/v0.1.0")), pages=("sub", "sub/p", "q", "no"))(origin)
    y = {**go_mod("github.com/u/r"), "p/p.go": "package p\n"}
    origin.add("github.com", "u/r", (Commit(y, ("v1.2.0",)),))


def _listed(asked: Mapping[str, list[str]]) -> dict[str, int]:
    """How often each repository was asked for its refs. What is fetched of it depends on which candidate comes
    first, in go as well: what one has fetched another finds there."""
    return {url: sum("ls-remote" in words for words in said) for url, said in asked.items()}


@pytest.mark.parametrize(
    "argument",
    ["deep.corp.test/x/sub/p", "deep.corp.test/x/q@v1.0.0", "deep.corp.test/x/no", "github.com/u/r/p", "github.com/u/r/none@v1.2.0"],
)  # fmt: skip
def test_go_get_finds_the_module_in_its_repository(argument: str, tmp_path: Path) -> None:
    target = Target("deep.corp.test/x", "latest", _deep)
    with world(tmp_path, [target], {"GOCACHE": build_cache()}, local=True) as (origin, environment):
        project = tmp_path / "project"
        project.mkdir()
        (project / "go.mod").write_text("module example.org/of/its/own\n\ngo 1.27\n")
        done = subprocess.run(
            [str(go_binary()), "get", argument],
            env=environment, cwd=project, text=True, capture_output=True, timeout=120,
        )  # fmt: skip
        pages, git = sorted(origin.log), _listed(operations(tmp_path))
        origin.log.clear()
        apart = read_environment(process=environment, cwd=str(tmp_path))
        told = Trace()
        asyncio.run(search(apart, argument, told.apply, limits=Limits(answer_s=30, stall_s=30), run=True))
        ours = sorted(origin.log), _listed(operations(tmp_path))
    assert ours == (pages, git)
    end = told.get.finished
    assert end is not None
    added = [line.split() for line in done.stderr.splitlines() if line.startswith("go: added ")]
    if done.returncode == 0:
        assert (end.module, end.version) == (added[0][2], added[0][3])
    else:
        said = [line for line in done.stderr.splitlines() if not line.startswith("go: downloading ")]
        assert end.error == redact("\n".join(said))


def test_the_helped_host_is_in_the_table() -> None:
    assert f"code-{PLACES['password of a helper'].path.partition('/')[0]}" == HELPED


def test_a_toolchain_is_looked_for_at_its_origin(tmp_path: Path) -> None:
    def build(origin: Origin) -> None:
        host = "new.corp.test"
        module(host, Commit({"go.mod": f"module {host}/x\n\ngo 1.99\n"}, ("v1.0.0",)))(origin)
        origin.pages["golang.org/toolchain"] = Page(meta("golang.org/toolchain", "mod", "https://proxy.corp.test/m"))
        origin.files["proxy.corp.test/m/golang.org/toolchain/@v/list"] = b""

    variables: Mapping[str, str] = {"GOTOOLCHAIN": "auto"}
    compared = compare(tmp_path, [Target("new.corp.test/x", "v1.0.0", build)], variables)
    assert_same(compared)
    (run,) = compared.runs.values()
    assert "1.99" in (run.said.error or "")
    named = {"GOTOOLCHAIN": "go1.99.0"}
    compared = compare(tmp_path / "named", [Target("new.corp.test/x", "v1.0.0", build)], named)
    assert_same(compared)
    (run,) = compared.runs.values()
    assert "toolchain not available" in (run.said.error or "")
