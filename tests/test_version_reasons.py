"""Why a query became this version, and which versions were passed over: told in the event version.chosen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import Module, simple_module
from probes.demo.server import World
from tests.modtrace import clean_environment, modtrace

PATH = "demo.example/hello"
RELEASES = ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0-rc.1")
CASES = [
    (RELEASES, "latest", "v1.2.0", "the newest of 3 releases that fit", ["v1.3.0-rc.1"]),
    (RELEASES, "<v1.2.0", "v1.1.0", "the newest of 2 releases that fit", []),
    (RELEASES, ">v1.0.0", "v1.1.0", "the oldest of 2 releases that fit", []),
    (RELEASES, "v1.1", "v1.1.0", "the only release that fits", []),
    (("v0.1.0-a", "v0.1.0-b"), "latest", "v0.1.0-b", "no release fits; the newest of 2 pre-releases that fit", []),
    (RELEASES, "v1.1.0", "v1.1.0", "as it was named", []),
    ((), "latest", "v0.9.0", "what @latest says, for the list has none that fits", []),
]


@pytest.mark.parametrize(("versions", "query", "chosen", "why", "over"), CASES, ids=lambda case: str(case))
def test_the_reason_of_a_choice(
    versions: tuple[str, ...], query: str, chosen: str, why: str, over: list[str], tmp_path: Path
) -> None:
    module: Module = simple_module(PATH, *(versions or ("v0.9.0",)))
    if not versions:
        module = replace(module, latest="v0.9.0")
    script = Script({PATH: module})

    def answer(request):  # type: ignore[no-untyped-def]
        good = script.answer(request)
        return replace(good, body=b"") if not versions and request.target.endswith("/list") else good

    with World([answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("trace", f"{PATH}@{query}", "--events", env=env, cwd=tmp_path)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    (event,) = [one for one in said if one.get("event") == "version.chosen"]
    assert (event["version"], event["why"]) == (chosen, why)
    assert [one["version"] for one in event["passed_over"]] == over
