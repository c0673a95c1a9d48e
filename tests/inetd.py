"""A server on loopback that starts a program for each connection, as inetd does: svnserve, fossil, sshd."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress

from tests.loopback import LoopbackServer, pump


class InetdServer(LoopbackServer):
    """What comes in is the program's input, what it prints goes out; none of them outlives the server."""

    def __init__(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._command = command
        self._environment = dict(environment or {"PATH": os.environ["PATH"]})
        self.started: list[int] = []
        """The processes, by their ids."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )
        )  # fmt: skip
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            (await starting).kill()
            raise
        assert process.stdin is not None
        assert process.stdout is not None
        self.started.append(process.pid)
        incoming = asyncio.ensure_future(pump(reader, process.stdin))
        try:
            await pump(process.stdout, writer)
        finally:
            incoming.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(asyncio.CancelledError):
                await incoming
            await asyncio.shield(process.wait())
