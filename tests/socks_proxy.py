"""A SOCKS5 proxy for tests (RFC 1928, RFC 1929): opens tunnels to loopback, or refuses in one of many ways.

Host names are looked up in a table, never in the DNS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tests.loopback import LoopbackServer, pump


class SocksProxy(LoopbackServer):
    """Opens tunnels to where its table says."""

    def __init__(
        self, routes: Mapping[str, int], *, method: int = 0, password_status: int = 0, reply: bytes = b"",
        greeting: bytes | None = None, break_off_after: int | None = None, password: str = "",
    ) -> None:  # fmt: skip
        """``password``: "USER:PASSWORD" that it wants, and hangs up on everybody else.

        ``method``: the way of logging in that it chooses; ``reply``: instead of success.

        ``greeting``: instead of the choice of a method; ``break_off_after``: messages until it hangs up.
        """
        super().__init__()
        self._routes = routes
        self._password = password
        self._method = 2 if password else method
        self._password_status = password_status
        self._reply = reply
        self._greeting = greeting
        self._break_off_after = break_off_after
        self.seen: list[str] = []
        """What each connection asked for."""

    @property
    def url(self) -> str:
        """What HTTPS_PROXY is set to."""
        return f"socks5://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self._break_off_after == 0:
            return
        if self._password and 2 not in methods:
            writer.write(b"\x05\xff")
            await writer.drain()
            return
        writer.write(self._greeting or bytes([5, self._method]))
        words = [f"methods {methods.hex()}"]
        if self._method == 2 and 2 in methods:
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            words.append(f"{user.decode()}:{password.decode()}")
            right = self._password in ("", f"{user.decode()}:{password.decode()}")
            writer.write(bytes([1, self._password_status if right else 1]))
        head = await reader.readexactly(4)
        kind = head[3]
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = (await reader.readexactly(4 if kind == 1 else 16)).hex()
        port = int.from_bytes(await reader.readexactly(2))
        self.seen.append(" ".join([*words, f"{head.hex()} {host}:{port}"]))
        if self._break_off_after == 1:
            return
        if self._reply:
            writer.write(self._reply)
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._routes[f"{host}:{port}"])
        writer.write(bytes([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
