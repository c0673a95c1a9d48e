"""The faults of the demo: each at both separators says to the letter what the real go says."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo.faults import FAULTS, HONEST, DemoFault, UnknownFault, fault_named, parse_faults
from probes.demo.worlds import WORLDS, world_plan
from probes.net.limits import FOR_EVER, Limits
from probes.trace.events import Outcome
from tests.against_go.compare import home_folder, run_go, run_modtrace, shown_difference
from tests.against_go.golang import go_binary
from tests.against_go.worlds import GeneratedWorld
from tests.demo_support import traced_in
from tui.stage import DemoWorld

ENDING = [fault for fault in FAULTS if fault.name != "timeout"]
PASSES_A_COMMA = {"404", "410"}
PASSES_A_BAR = {"404", "410", "403", "502", "reset", "bad-tls"}
SERVES = {"honest", "slow"}
ASKS_IN_VAIN = {("portal", "|")}
"""go asks the second proxy too, and fails all the same."""


@pytest.fixture(autouse=True)
def not_so_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late answers are late by a little only."""
    monkeypatch.setattr("probes.demo.speaking.LATE_S", 0.05)


def variables_of(stage: DemoWorld, home: Path) -> dict[str, str]:
    """What both run in."""
    return {
        **stage.read().environment.process,
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "GOROOT": str(go_binary().parent.parent),
        "GOMODCACHE": str(home / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
    }


@pytest.mark.parametrize("separator", [",", "|"])
@pytest.mark.parametrize("fault", ENDING, ids=lambda fault: fault.name)
@pytest.mark.parametrize("query", ["latest", "v1.2.0"])
def test_with_every_fault_go_says_the_same(fault: DemoFault, separator: str, query: str) -> None:
    plan = world_plan("healthy")
    stage = DemoWorld(plan, {}, {0: fault}, "{0}" + separator + "{1}")
    try:
        with home_folder() as home:
            variables = variables_of(stage, home)
            go = run_go(stage._world, variables, f"{plan.path}@{query}", home)
            stage._world.log.clear()
            ours = run_modtrace(stage._world, variables, plan.path, query)
    finally:
        stage.close()
    note = f"{fault.name} behind {separator!r}"
    world = GeneratedWorld(0, plan.path, query, (), variables["GOPROXY"], note=note)
    if fault.name == "slow":  # what compare reads off the servers' log knows of no late answers
        go, ours = replace(go, served={}), replace(ours, served={})
    assert go == ours, shown_difference(world, go, ours)


@pytest.mark.parametrize("fault", ENDING, ids=lambda fault: fault.name)
def test_what_is_said_of_a_fault_holds(fault: DemoFault) -> None:
    for separator, passing in ((",", PASSES_A_COMMA), ("|", PASSES_A_BAR)):
        stage = DemoWorld(world_plan("healthy"), {}, {0: fault}, "{0}" + separator + "{1}")
        try:
            trace = traced_in(stage)
        finally:
            stage.close()
        ok = fault.name in passing | SERVES
        assert (trace.finished.outcome is Outcome.OK) is ok, (fault.name, separator)  # type: ignore[union-attr]
        asks = fault.name in passing or (fault.name, separator) in ASKS_IN_VAIN
        assert any(request.started.hop == 1 for request in trace.requests.values()) is asks


@pytest.mark.parametrize("separator", [",", "|"])
def test_a_timeout_is_go_waiting_for_ever(separator: str) -> None:
    stage = DemoWorld(world_plan("healthy"), {}, {0: fault_named("timeout")}, "{0}" + separator + "{1}")
    try:
        trace = traced_in(stage, limits=Limits(answer_s=1.5, stall_s=1.5))
    finally:
        stage.close()
    assert trace.finished is not None
    assert trace.finished.outcome is Outcome.UNKNOWN
    assert FOR_EVER in trace.finished.detail


def test_bad_tls_is_an_unknown_authority_at_the_same_port() -> None:
    stage = DemoWorld(world_plan("healthy"), {})
    try:
        plain = stage.read().environment.get("GOPROXY")
        stage.inject(0, fault_named("bad-tls"))
        secure = stage.read().environment.get("GOPROXY")
        assert secure == plain.replace("http://", "https://", 1)
        trace = traced_in(stage)
        assert trace.finished is not None
        error = trace.finished.error or ""
        assert error.endswith(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        )
        stage.inject(0, HONEST)
        assert stage.read().environment.get("GOPROXY") == plain
        assert traced_in(stage).finished.outcome is Outcome.OK  # type: ignore[union-attr]
    finally:
        stage.close()


def test_an_overlay_follows_a_proxy_that_speaks_tls() -> None:
    stage = DemoWorld(world_plan("healthy"), {})
    try:
        first, second = stage.proxies
        stage.overlay = {"GOPROXY": f"http://{first}|http://{second}"}
        stage.inject(0, fault_named("bad-tls"))
        assert stage.read().environment.get("GOPROXY") == f"https://{first}|http://{second}"
        assert stage.spoken(f"http://{first}0") == f"http://{first}0", "a longer port is another proxy"
    finally:
        stage.close()


def test_a_proxy_goes_back_to_what_the_world_has() -> None:
    stage = DemoWorld(world_plan("comma-stops-on-502"), {})
    try:
        assert traced_in(stage).finished.outcome is Outcome.FAILS  # type: ignore[union-attr]
        stage.inject(0, HONEST)
        assert traced_in(stage).finished.outcome is Outcome.OK  # type: ignore[union-attr]
        stage.inject(0, None)
        assert traced_in(stage).finished.outcome is Outcome.FAILS  # type: ignore[union-attr]
        assert stage.faults == {}
    finally:
        stage.close()


@pytest.mark.parametrize("plan", WORLDS, ids=lambda plan: plan.name)
def test_every_fault_can_be_thrown_into_every_world(plan: object) -> None:
    stage = DemoWorld(plan, {})  # type: ignore[arg-type]
    try:
        for number in range(len(stage.proxies)):
            for fault in FAULTS:
                stage.inject(number, fault)
            stage.inject(number, fault_named("404"))
        assert traced_in(stage).finished.outcome is Outcome.FAILS  # type: ignore[union-attr]
    finally:
        stage.close()


# -- names -------------------------------------------------------------------------------------------


def test_faults_are_named_from_one() -> None:
    assert parse_faults(["1=502", "2=slow"], 2) == {0: fault_named("502"), 1: fault_named("slow")}
    assert parse_faults([], 1) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1=503", "did you mean 403? the faults are honest, 404"),
        ("1=timout", "did you mean timeout?"),
        ("1=BAD-TLS", "did you mean bad-tls?"),
        ("1=qqqqqqqqqqqqqq", "no fault 'qqqqqqqqqqqqqq'; the faults are"),
        ("502", "write NUMBER=FAULT"),
        ("x=502", "write NUMBER=FAULT"),
        ("²=502", "write NUMBER=FAULT"),
        ("3=502", "no proxy 3 in this world: it has 2 proxies"),
        ("0=502", "no proxy 0"),
        ("9" * 5000 + "=502", "no proxy 999999999 "),
    ],
)
def test_a_fault_that_is_none_gets_one_line(text: str, words: str) -> None:
    with pytest.raises(UnknownFault) as caught:
        parse_faults([text], 2)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_fault_is_explained() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert fault.title
        assert fault.sentence.endswith(".")
