"""A command that was loaded before comes to the same as one that was not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.modtrace import COMMAND, clean_environment, installed
from tests.preloaded import preloaded
from tests.terminal.session import TerminalSession

_TIMES = re.compile(r'": [0-9.]+(e-[0-9]+)?\b')


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "m.test/x@v1.0.0", "--json"),
        ("doctor", "--nonsense"),
        ("env", "GOPROXY", "HOME"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_it_is_the_same_command(arguments: tuple[str, ...], tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="http://127.0.0.1:9/é|off", MODTRACE_NO_SESSION="1")
    loaded = preloaded().run(*arguments, env=env, cwd=tmp_path, timeout=60)
    real = installed(*arguments, env=env, cwd=tmp_path)
    assert loaded.returncode == real.returncode
    assert _TIMES.sub("", loaded.stdout) == _TIMES.sub("", real.stdout)
    assert loaded.stderr == real.stderr


def test_one_run_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    for value in ("direct", "off"):
        env = clean_environment(tmp_path, GOPROXY=value)
        said = preloaded().run("env", "GOPROXY", env=env, cwd=tmp_path, timeout=60).stdout
        assert re.search(r"GOPROXY +(\w+)", said)[1] == value  # type: ignore[index]


def test_on_a_terminal_it_is_the_same_too(tmp_path: Path) -> None:
    seen = []
    for from_nothing in (False, True):
        env = clean_environment(tmp_path, GOPROXY="off", MODTRACE_NO_SESSION="1")
        with TerminalSession([COMMAND], env=env, cwd=tmp_path, from_nothing=from_nothing) as session:
            shown = session.wait_for("q quit")
            session.press("\x03")
            seen.append((shown, session.wait_for_exit(), session.is_restored()))
        argv = [COMMAND, "env", "--nonsense"]
        with TerminalSession(argv, env=env, cwd=tmp_path, from_nothing=from_nothing) as session:
            seen[-1] += (session.wait_for_exit(), session.output)
    assert seen[0] == seen[1]
    assert seen[0][1:4] == (130, True, 2)
