"""A tmux of a test's own: keys in, screen out, as somebody sits in front of it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Self

import pytest

from tests.modtrace import clean_environment

PATIENCE_S = 30.0
_POLL_S = 0.02


class Tmux:
    """One window with a shell in it, on a server and a socket of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        terminal: str = "tmux-256color",
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
    ) -> None:
        if shutil.which("tmux") is None:
            pytest.skip("no tmux here")
        self._socket = folder / "tmux.socket"
        self._configuration = folder / "tmux.conf"
        self._configuration.write_text(
            f"set -g default-terminal {terminal}\nset -g set-clipboard on\nset -g focus-events on\n"
        )
        self._environment = clean_environment(folder, **{**(env or {}), "TERM": "xterm-256color"})
        self._environment |= {"LC_ALL": "C.UTF-8", "PS1": "$ ", "ENV": ""}
        self._folder, self._size = folder, size

    def __enter__(self) -> Self:
        columns, rows = map(str, self._size)
        self("new-session", "-d", "-x", columns, "-y", rows, "-c", str(self._folder), "sh")
        return self

    def __exit__(self, *reason: object) -> None:
        self("kill-server")

    def __call__(self, *words: str) -> str:
        """One tmux command; returns what it prints."""
        argv = ["tmux", "-S", str(self._socket), "-f", str(self._configuration), *words]
        done = subprocess.run(argv, env=self._environment, capture_output=True, text=True, timeout=PATIENCE_S)
        return done.stdout

    def type(self, text: str) -> None:
        """Characters as they are."""
        self("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Keys by the names that tmux has for them; a single character is itself."""
        for key in keys:
            self.type(key) if len(key) == 1 else self("send-keys", key)

    def run(self, command: str) -> None:
        """A line for the shell."""
        self.type(command)
        self.press("Enter")

    def screen(self) -> str:
        """What is to be seen."""
        return self("capture-pane", "-p")

    def wait_for(self, *texts: str, gone: str = "") -> str:
        """The screen, once it shows all of these, and not ``gone``."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            screen = self.screen()
            flat = " ".join(screen.split())
            if all(text in flat for text in texts) and not (gone and gone in flat):
                return screen
            assert time.monotonic() < deadline, f"{texts} not shown:\n{screen}"
            Event().wait(_POLL_S)
