"""What is observed of one request while the layers below HTTP work on it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic

PhaseSink = Callable[[str, float, bool, str], None]
"""Called with (phase, began, ok, detail) when a phase ends; ``began`` is monotonic seconds."""


@dataclass(slots=True)
class Exchange:
    """The notebook of one HTTP request: filled by the dialler and the streams, read by the client."""

    on_phase: PhaseSink = lambda phase, began, ok, detail: None
    """Nobody is told where nothing is given."""
    began: float = field(default_factory=monotonic)
    durations: dict[str, float] = field(default_factory=dict)
    dialled: bool = False
    """Whether a new connection was opened for this request (go retries on a reused one that dies)."""
    received: int = 0
    """Bytes that came in over the connection since the request was written."""
    head: bytearray = field(default_factory=bytearray)
    """The first bytes of the answer as they came, for Go's words on malformed ones."""
    sent_at: float | None = None
    first_byte_at: float | None = None
    address: str = ""
    local_address: str = ""
    network_error: str = ""
    """Go's words for an error of the connection itself, if there was one."""
    spoke_http2: bool = False
    """Whether the connection opened for this request speaks HTTP/2."""
    redirects: list[tuple[int, str]] = field(default_factory=list)
    """Each redirect followed so far: its status and where it led, passwords masked as Go masks them."""
    request_headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """The headers of the last request that was sent, in order, secrets and all."""
    private: frozenset[str] = frozenset()
    """Names, in small letters, of headers that came from the user's credentials: their values are secret."""
    response_headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """The headers of the answer to it, in order, repeated ones too, as they came."""
    on_sent: Callable[[], None] | None = None
    """Called each time a piece of the request has been written: restarts the wait for an answer."""

    def finish(self, phase: str, began: float, *, ok: bool, detail: str) -> None:
        """Note that a phase is over."""
        self.durations[phase] = self.durations.get(phase, 0.0) + monotonic() - began
        self.on_phase(phase, began, ok, detail)

    def note_sent(self) -> None:
        """The request has been written."""
        self.sent_at = monotonic()
        if self.on_sent is not None:
            self.on_sent()

    def note_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.first_byte_at is None and data:
            self.first_byte_at = monotonic()
            self.finish("first_byte", self.sent_at or self.began, ok=True, detail="")
        self.received += len(data)
        if len(self.head) < 4096:
            self.head += data[: 4096 - len(self.head)]


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
"""The exchange that the connection being opened or used in this task works for."""
