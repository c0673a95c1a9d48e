"""A home folder for git, a server on loopback that writes down what git shows it, and generated settings."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.loopback import LoopbackServer


class AskingServer(LoopbackServer):
    """Wants a user of everybody, and keeps the headers of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[list[tuple[str, str]]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode("latin-1").split("\r\n")[1:]
            pairs = [
                (name, value.strip()) for name, _, value in (line.partition(":") for line in lines if line)
            ]
            self.headers.append(pairs)
            writer.write(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')

    @property
    def shown(self) -> list[str]:
        """User and password of each request, as "user:password"; "" for none."""
        return [
            next((_decoded(value) for name, value in pairs if name.lower() == "authorization"), "")
            for pairs in self.headers
        ]


def _decoded(value: str) -> str:
    return base64.b64decode(value.partition(" ")[2]).decode("utf-8", "surrogateescape")


def environment(home: Path, **variables: str) -> dict[str, str]:
    """git as go starts it, with nothing of the developer's."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "NO_PROXY": "*",
        "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "LANG": "C.UTF-8", **variables,
    }  # fmt: skip


def run(
    arguments: Sequence[str], process: Mapping[str, str], folder: Path, given: str = ""
) -> tuple[str, str]:
    """What a program prints and complains."""
    done = subprocess.run(
        arguments, cwd=folder, env=dict(process), input=given.encode("utf-8", "surrogateescape"),
        capture_output=True, timeout=30,
    )  # fmt: skip
    return done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape")


def quoted(text: str) -> str:
    """A value in a git configuration file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def section(name: str, middle: str, pairs: Sequence[tuple[str, str | None]]) -> str:
    """A section of a git configuration file."""
    head = f"[{name} {quoted(middle)}]\n" if middle else f"[{name}]\n"
    return head + "".join(
        f"\t{key}\n" if value is None else f"\t{key} = {quoted(value)}\n" for key, value in pairs
    )


def some(rng: random.Random, choices: Sequence[str], most: int) -> list[str]:
    """Up to ``most`` of them, some more than once."""
    return [rng.choice(choices) for _ in range(rng.randint(0, most))]
