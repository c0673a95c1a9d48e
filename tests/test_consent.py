"""Nothing is started that nobody agreed to, and nothing private is told to whom go would not tell it.

The programs in PATH are traps that write down that they were started (tests.planted); the network is a
forward proxy and two servers that write down all that they are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from probes.share.tape import Tape
from tests.app_support import NARROW, opened, press
from tests.modtrace import modtrace
from tests.planted import TARGETS, Planted, planted
from tests.test_app_replay import recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.session import Session
from tui.stage import DemoWorld, Stage, ThisMachine

X = "git.corp.test/x"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Planted]:
    with planted(tmp_path) as made:
        yield made


WITHOUT_RUN = (
    *(("trace", target) for target in TARGETS[:5]),
    ("trace", f"{X}/p", "--as", "get", "--json"), ("trace", "--as", "build"), ("trace", f"{X}@v1.0.0", "--warm"),
    ("doctor", X, "--compare", "--capability"), ("env", "--no-go"), ("auth", X), ("auth", "ssh://git@git.corp.test/x"),
    ("leaks", "--all"), ("versions", X), ("download", f"{X}@v1.0.0", "-o", "../files"), ("bundle", "-o", "../kit"),
    ("diff", f"{X}@v1.0.0", f"{X}@v1.1.0", "--from", "chain"), ("sums",), ("sum", f"{X}@v1.0.0"), ("cache", "--verify"),
    ("whatif", X, "--trace"), ("apply", "--set", "GOPRIVATE=git.corp.test", "--yes"), ("apply", "--undo", "--yes"),
    ("report", "--last"), ("replay", "--last", "--plain"), ("completion", "bash"), ("explain", "go.mod"), ("demo", "healthy"), (X,),
)  # fmt: skip


def test_no_command_starts_a_program_without_run(machine: Planted) -> None:
    variables = {**machine.variables, "GOENV": str(machine.home / "goenv")}
    for arguments in WITHOUT_RUN:
        done = modtrace(*arguments, env=variables, cwd=machine.work)
        assert done.stdout + done.stderr, arguments
        assert "this is a bug" not in done.stderr, (arguments, done.stderr)
        assert machine.command_lines() == [], arguments
    told = modtrace("trace", "git.corp.test/r", env=variables, cwd=machine.work).stdout
    assert "git ls-remote" in told, "what would be run is said"
    held = modtrace("replay", "--last", "--plain", "--run", env=variables, cwd=machine.work)
    assert held.returncode == 2, "a replay knows no consent"
    assert machine.command_lines() == []


ASKING = ("r", "o", "at", "percent_sign", "number_sign", "dollar_sign", "O", "B")
"""Keys that begin work which may come to a program."""
KEYS = (*ASKING, *"xcKPvyYMFdIJQVSDwEeAWTfXRHpz3imZa", "enter")


async def _press_all(
    machine: Planted, stage: Stage, keys: Iterable[str], tape: Tape | None = None, *, agrees: bool = False
) -> None:
    session = Session(stage, Bridge(), Limits(answer_s=10, stall_s=10))
    app = ModtraceApp(session, target=None if tape else ("git.corp.test/r", "latest"))
    try:
        async with opened(app, NARROW) as pilot:
            for key in keys:
                if tape is not None:
                    if not app.session.IS_REPLAY:  # Esc has left it
                        app.play_tape(tape)
                        await press(pilot)
                    app.session.may_run = agrees
                if agrees:
                    await press(pilot, "exclamation_mark")
                    session.may_run = agrees and tape is None
                await pilot.press(key)
                assert not app.session.runs
                await press(pilot, "escape")
                assert app.crash is None, key
                assert machine.command_lines() == [], key
    finally:
        session.bridge.close()
        session.stage.close()


def _live_in(machine: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in machine.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(machine.work)


async def test_no_key_starts_a_program_without_the_users_word(
    machine: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    _live_in(machine, monkeypatch)
    await _press_all(machine, ThisMachine({}), KEYS)


async def test_in_a_demo_world_no_program_starts_whatever_the_user_says(
    machine: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    _live_in(machine, monkeypatch)
    await _press_all(machine, DemoWorld(world_plan("healthy"), {}), ASKING, agrees=True)


async def test_in_a_replay_no_program_starts_whatever_the_user_says(
    machine: Planted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _live_in(machine, monkeypatch)
    tape = tape_of(tmp_path, recorded("healthy"))
    await _press_all(machine, ThisMachine({}), ASKING, tape, agrees=True)


# -- who is told -------------------------------------------------------------------------------------

STRANGERS = ("proxy.corp.test", "sum.corp.test", "mirror.corp.test")
PRIVATE = {
    "GOPRIVATE": "git.corp.test/*,locked.corp.test", "GOPROXY": "https://proxy.corp.test,direct",
    "GOSUMDB": "sum.golang.org https://sum.corp.test", "GOAUTH": "netrc",
}  # fmt: skip


def _asked(machine: Planted) -> list[str]:
    return [url for server in machine.servers for url, _ in server.asked]


def test_a_private_path_is_told_to_nobody_but_its_host(machine: Planted) -> None:
    variables = {**machine.variables, **PRIVATE}
    for arguments in (
        *(("trace", f"{target}@v1.0.0", "--run") for target in (X, "git.corp.test/m", "locked.corp.test/z")),
        ("trace", f"{X}/p/q", "--as", "get", "--run"), ("doctor", X, "--compare", "--capability", "--run"),
        ("versions", X, "--run"), ("download", f"{X}@v1.0.0", "--run", "-o", "../files"), ("bundle", "-o", "../kit", "--run"),
        ("diff", f"{X}@v1.0.0", f"{X}@v1.1.0"), ("sum", f"{X}@v1.0.0"), ("sums",), ("whatif", X, "--trace", "--run"),
    ):  # fmt: skip
        modtrace(*arguments, env=variables, cwd=machine.work)
        told = [
            url for url in _asked(machine)
            if any(f"//{one}/" in url for one in STRANGERS) and any(path in url[8:] for path in ("git.corp.test/", "locked.corp.test/"))
        ]  # fmt: skip
        # The host's own page names proxy.corp.test as the place of git.corp.test/m: go asks there, and so do we.
        assert [url for url in told if "/git.corp.test/m/" not in url] == [], arguments
    assert any("//git.corp.test/" in url for url in _asked(machine)), "its own host was asked"
    modtrace("trace", f"{X}@v1.0.0", env={**variables, "GOPRIVATE": ""}, cwd=machine.work)
    assert any("//proxy.corp.test/git.corp.test/x/" in url for url in _asked(machine)), "a path that is not"


def test_auth_and_leaks_and_a_plan_connect_to_nobody(machine: Planted) -> None:
    variables = {**machine.variables, "GOAUTH": "netrc"}
    for arguments in (
        ("auth", X, "--run"), ("auth", "header.corp.test/h", "--run"), ("auth", "ssh://git@git.corp.test/x", "--run"),
        ("leaks", "--all"), ("leaks", "--run"), ("whatif", X), ("env", "--no-go"), ("report", "--last"), ("explain", "go.mod"),
    ):  # fmt: skip
        modtrace(*arguments, env=variables, cwd=machine.work)
        assert _asked(machine) == [], arguments
        assert machine.forward_seen() == [], arguments


def test_over_http_no_credential_is_sent(machine: Planted) -> None:
    """GOINSECURE lets go fall back to http; netrc and GOAUTH are for https alone (auth.AddCredentials)."""
    variables = {**machine.variables, "GOPROXY": "direct", "GOINSECURE": "plain.corp.test", "GOPRIVATE": "plain.corp.test"}
    done = modtrace("trace", "plain.corp.test/p@v1.0.0", "--run", "--json", env=variables, cwd=machine.work)
    assert done.returncode in (1, 3)
    asked = machine.servers[1].asked
    assert "http://plain.corp.test/p" in [url for url, _ in asked]
    assert [authorization for _, authorization in asked if authorization] == []
