"""Programs of a world that is made up: what each one prints is written down, and none is ever started."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from probes.golang.redact import redact
from probes.sources.programs import NotRun, Programs, Run, RunFailed


def played(text: str, path: str = "") -> dict[str, Any]:
    """The programs of a made-up world, {"git ls-remote": {"status", "prints", "says"}}; {} where it has none
    for this module path (of "" for any). ``text`` is JSON of {"paths": […], "programs": {…}}."""
    world = json.loads(text) if text.startswith("{") else {"paths": []}
    return world["programs"] if path in world["paths"] or (not path and world["paths"]) else {}


@dataclass(slots=True)
class PlayedPrograms(Programs):
    """Answers as it is written down for the beginning of a command line."""

    plays: Mapping[str, Any] = field(default_factory=dict)

    def find(self, program: str) -> str | None:
        """Every program is there."""
        return f"{program}, which is played"

    def require(self, program: str) -> str:
        """Every program is there."""
        return f"{program}, which is played"

    async def run(
        self,
        program: str,
        arguments: Sequence[str],
        folder: Path,
        shown_folder: str,
        *,
        sink: BinaryIO | None = None,
        also_shown: Sequence[tuple[str, str]] = (),
        together: bool = False,
        **variables: str,
    ) -> bytes:
        """What is written down. Raises RunFailed in go's words, NotRun for what the world does not know."""
        command = " ".join((program, *arguments))
        found = next((name for name in self.plays if command.startswith(name)), None)
        if found is None:
            raise NotRun(f"this world is made up, and does not know what `{redact(command)}` prints")
        part = self.plays[found]
        number, began = self.witness.begins(redact(command), shown_folder), monotonic()
        status, says = int(part.get("status", 0)), str(part.get("says", ""))
        prints = str(part.get("prints", "")).encode()
        outcome = f"exit status {status}" if status else "ok"
        said = redact(says) if status else ""
        told = Run(redact(command), began, monotonic() - began, outcome, said, len(prints))
        self.witness.ends(number, told)
        if status:
            raise RunFailed(command, shown_folder, outcome, says)
        if sink is not None:
            sink.write(prints)
            return b""
        return prints
