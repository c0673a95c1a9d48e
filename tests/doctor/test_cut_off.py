"""Worlds with a network of their own: packets that vanish, nameservers that lie, proxies that are not there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.doctor.cut_off import WORLDS
from tests.doctor.practice import errors_of, settled

ROOT = Path(__file__).parents[2]
NAMESPACE = ("unshare", "--map-root-user", "--net", "--mount")


@cache
def why_not() -> str:
    """Why this machine gives no network namespace; "" when it does."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "unshare and ip (util-linux, iproute2) are not installed"
    done = subprocess.run([*NAMESPACE, "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def run_world(name: str) -> dict[str, Any]:
    """What a world's program tells."""
    if why_not():
        pytest.skip(f"no network namespace here: {why_not()}")
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.doctor.cut_off", name],
        cwd=ROOT, capture_output=True, text=True, timeout=115,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    "name", [name for name in WORLDS if name not in ("ipv6 is dead", "first nameserver is dead")]
)
def test_cause_and_cure(name: str) -> None:
    told = run_world(name)
    said = told["said"]
    errors = errors_of(said)
    assert [(case["rule"], case["rung"]) for case in errors] == [(told["rule"], told["rung"])]
    assert told["code"] == 1
    assert told["complaints"] == ""
    go_ok, go_words = told["go"]
    assert not go_ok
    assert _settled(said["error"]) == _settled(go_words)
    assert told["after"]["ok"], (errors[0]["remedies"][0], told["after"]["error"])
    assert errors_of(told["after"]) == []
    assert told["go_after"][0]


def _settled(words: str) -> str:
    return settled(words.replace("read udp 127.0.0.1:", "read tcp 127.0.0.1:"))


@pytest.mark.parametrize("name", ["ipv6 is dead", "first nameserver is dead"])
def test_what_go_gets_past_is_a_warning(name: str) -> None:
    told = run_world(name)
    assert told["go"][0]
    assert told["code"] == 0
    assert errors_of(told["said"]) == []
    assert told["rung"] in [case["rule"] for case in told["said"]["cases"] if case["level"] == "warning"]
