"""A practice for the doctor: a patient with settings of its own, the real go, and remedies that are really typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.against_go.golang import go_binary
from tests.modtrace import COMMAND
from tests.preloaded import preloaded

PATH, VERSION = "m.test/x", "v1.0.0"
PUBLIC = ("https://goproxy.cn", "https://proxy.golang.org", "https://goproxy.io")
CA_PLACE = "/path/to/corporate-ca-bundle.pem"


@dataclass(frozen=True)
class Ailment:
    """A world that breaks in one way, and what is expected of the doctor there."""

    rule: str
    goproxy: str
    """GOPROXY; put where the test wants it."""
    rung: str | None = None
    """The rung that must be found broken."""
    process: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the process."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings, which may stand in the process or in the GOENV file."""
    target: str = f"{PATH}@{VERSION}"
    mend: Callable[[], None] | None = None
    """Does what a remedy in words says."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What stands for the stand-ins of a remedy: the corporate CA, a password, a mirror that can be reached."""
    options: tuple[str, ...] = ()
    """Further arguments of the doctor."""
    meanwhile: Callable[[], None] | None = None
    """What happens by itself while a remedy waits."""
    asks_then: str = ""
    """What is asked for after the remedy, when that is another version."""
    go_hangs: bool = False
    """Whether the real go never comes to an end here."""


@dataclass(frozen=True)
class Patient:
    """A machine with its settings."""

    home: Path
    variables: Mapping[str, str]
    target: str
    options: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """The process environment."""
        tools = [str(go_binary().parent), str(Path(COMMAND).parent), os.environ["PATH"]]
        return {
            "HOME": str(self.home), "PATH": os.pathsep.join(tools), "LANG": "C.UTF-8", "SHELL": "/bin/bash",
            "GOTOOLCHAIN": "local", "GOENV": str(self.home / "go-env"), "GOFLAGS": "",
            "GOPATH": str(self.home / "go"), **self.variables,
        }  # fmt: skip


def admitted(ailment: Ailment, home: Path, *, in_file: bool) -> Patient:
    """A patient with this ailment; its Go settings stand in the GOENV file or in the process."""
    settings = {"GOPROXY": ailment.goproxy, "GOSUMDB": "off", **ailment.settings}
    lines = "".join(f"{name}={value}\n" for name, value in settings.items()) if in_file else ""
    (home / "go-env").write_text(lines)
    process = dict(ailment.process) if in_file else {**settings, **ailment.process}
    return Patient(home, process, ailment.target, ailment.options)


_CLIENT_PORT = re.compile(r"\btcp (?:\[[^\]]*\]|[\d.]+):\d+->")
_TIME = re.compile(r"current time \S+")


def settled(words: str | None) -> str:
    """Without what differs from one run to the next."""
    return _CLIENT_PORT.sub("tcp HERE->", _TIME.sub("current time NOW", words or ""))


def go_says(patient: Patient) -> tuple[bool, str]:
    """What `go mod download` comes to, with an empty module cache: whether it works, and its error."""
    cache = patient.home / f"cache-{len(list(patient.home.iterdir()))}"
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-modcacherw", "-json", patient.target],
        env={**patient.environment, "GOMODCACHE": str(cache)},
        cwd=patient.home, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    if not done.stdout.strip():
        return False, settled(done.stderr.strip())
    said = json.loads(done.stdout)
    return not said.get("Error"), settled(said.get("Error"))


def examine(patient: Patient) -> tuple[int, dict[str, Any], str]:
    """`modtrace doctor --json`: its exit code, what it says, and its complaints."""
    arguments = ["doctor", patient.target, "--json", *patient.options]
    done = preloaded().run(*arguments, env=patient.environment, cwd=patient.home, timeout=110)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def treated(patient: Patient, ailment: Ailment, remedy: Mapping[str, Any]) -> Patient:
    """The patient after a remedy: its lines typed into a shell, or what its words say done."""
    if remedy["shell"] == "words":
        assert ailment.mend is not None, f"nobody here can do this: {remedy['lines']}"
        ailment.mend()
        return patient
    assert remedy["shell"] in ("posix", "any"), remedy
    if ailment.meanwhile is not None:
        ailment.meanwhile()
    script = "\n".join(remedy["lines"])
    for stand_in, real in ailment.words.items():
        script = script.replace(stand_in, real)
    assert not any(place in script for place in (CA_PLACE, *PUBLIC, "PASSWORD", "TOKEN")), script
    after = patient.home / "environment-after"
    project = patient.home / "project"
    project.mkdir(exist_ok=True)
    (project / "go.mod").write_text("module example.test/project\n\ngo 1.21\n")
    done = subprocess.run(
        ["bash", "-ec", f"{script}\nenv -0 > {after}"],
        env=patient.environment, cwd=project, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, (script, done.stderr)
    entries = dict(entry.split("=", 1) for entry in after.read_text().split("\0") if "=" in entry)
    kept = {
        name: value
        for name, value in entries.items()
        if name not in ("HOME", "PWD", "SHLVL", "_", "OLDPWD", "LANG", "SHELL")
        and (name != "PATH" or name in patient.variables)
    }
    return replace(patient, variables=kept, target=ailment.asks_then or patient.target)


def errors_of(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cases of level error."""
    return [case for case in said["cases"] if case["level"] == "error"]
