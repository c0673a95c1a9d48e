"""modtrace in a process of its own: the installed command, or one that was loaded before (tests.preloaded)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.preloaded import preloaded

COMMAND = str(Path(sys.executable).parent / "modtrace")


def clean_environment(home: Path, **variables: str) -> dict[str, str]:
    """An environment that holds nothing of the developer's: no Go settings, no proxies, an empty HOME."""
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "GOENV": "off", "GOSUMDB": "off",
        "GOTOOLCHAIN": "local", **variables,
    }  # fmt: skip


def modtrace(*arguments: str, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run to the end; stdin is empty. Where nothing in the environment is for Python itself, what is loaded
    already is used: it is most of what a short command takes."""
    if env.get("LANG") == "C.UTF-8" and not any(name.startswith(("PYTHON", "LC_")) for name in env):
        return preloaded().run(*arguments, env=env, cwd=cwd, timeout=60)
    return installed(*arguments, env=env, cwd=cwd)


def installed(*arguments: str, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command to the end; stdin is empty."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=dict(env), cwd=cwd, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def start(*arguments: str, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
    """Start without waiting."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=dict(env), cwd=cwd, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
