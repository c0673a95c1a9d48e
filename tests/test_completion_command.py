"""`modtrace completion` prints scripts that shells accept."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.modtrace import clean_environment, modtrace


def test_bash_completes_the_commands(tmp_path: Path) -> None:
    script = modtrace("completion", "bash", env=clean_environment(tmp_path), cwd=tmp_path).stdout
    ask = (
        script
        + "\nCOMP_WORDS=(modtrace tr); COMP_CWORD=1; _shtab_modtrace; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(["bash"], input=ask, text=True, capture_output=True)
    assert done.stdout.split() == ["trace"], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_every_shell_gets_a_script_that_names_every_command(shell: str, tmp_path: Path) -> None:
    done = modtrace("completion", shell, env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 0
    for command in ("trace", "env", "demo", "completion"):
        assert command in done.stdout


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_options_and_their_words(tmp_path: Path) -> None:
    script = modtrace("completion", "fish", env=clean_environment(tmp_path), cwd=tmp_path).stdout
    lines = ["modtrace dow", "modtrace diff --na", "modtrace trace --as ", "modtrace bundle --to"]
    ask = script + "".join(f"complete -C '{line}'\n" for line in lines)
    env = clean_environment(tmp_path)
    done = subprocess.run(["fish", "--no-config"], input=ask, env=env, text=True, capture_output=True, timeout=60)
    found = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert found == ["download", "--name-only", "build", "download", "get", "--toolchain"], done.stderr


def test_an_unknown_shell_is_a_usage_error(tmp_path: Path) -> None:
    done = modtrace("completion", "elvish", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
