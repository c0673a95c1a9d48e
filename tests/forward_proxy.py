"""An HTTP forward proxy for tests: passes absolute URLs and CONNECT on to loopback, or refuses.

Host names are looked up in a table, never in the DNS.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode

from tests.loopback import LoopbackServer, pump


class ForwardProxy(LoopbackServer):
    """Passes requests on to where its table says."""

    def __init__(
        self, routes: dict[str, int], *, refuse: bytes | None = None, tls: ssl.SSLContext | None = None,
        password: str = "",
    ) -> None:  # fmt: skip
        """``password``: "USER:PASSWORD" that it wants; it says 407 to everybody else."""
        super().__init__(tls=tls)
        self._scheme = "http" if tls is None else "https"
        self._routes = routes
        """"host:port" to a port on 127.0.0.1."""
        self._wanted = b64encode(password.encode()).decode() if password else ""
        self.refuse = refuse
        """A status line that everything gets instead."""
        self.seen: list[str] = []
        """The first line and the Proxy-Authorization of each request."""

    @property
    def url(self) -> str:
        """What HTTP_PROXY is set to."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        wanted = [line for line in lines[1:] if line.lower().startswith("proxy-authorization:")]
        self.seen.append(" ".join([lines[0], *wanted]))
        refusal = self.refuse
        if self._wanted and not any(line.endswith(f"Basic {self._wanted}") for line in wanted):
            refusal = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="corp"'
        if refusal is not None:
            head_only = b"" if refusal.endswith(b"\n") else b"\r\nContent-Length: 0\r\n\r\n"
            writer.write(refusal + head_only)
            await writer.drain()
            return
        if method == "CONNECT":
            port = self._routes[target]
        else:
            authority, _, rest = target.removeprefix("http://").partition("/")
            port = self._routes[authority if ":" in authority else authority + ":80"]
            kept = [line for line in lines[1:-2] if not line.lower().startswith(("proxy-", "connection:"))]
            head = "\r\n".join([f"{method} /{rest} HTTP/1.1", *kept, "Connection: close", "", ""]).encode(
                "latin-1"
            )
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            up_writer.write(head)
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
