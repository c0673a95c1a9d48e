"""net/http's words for an answer that does not come, or does not come whole.

Source: net/http client.go (do), transport.go (persistConn.readLoop), response.go (ReadResponse), transfer.go,
and net/http/internal/http2 errors.go. httpcore says what it met in words of its own; what Go would have said
is read from those, from the bytes of the head, and from what the connection below noted (Exchange).
"""

from __future__ import annotations

import re

import h2.errors
import h2.events
import httpcore

from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange
from probes.net.mime import header_fault

MAX_HEAD = 10 << 20
"""Bytes of a head that go reads (net/http maxHeaderResponseSize)."""
_VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
BROKEN = "net/http: HTTP/1.x transport connection broken: "
"""What stands before what is wrong with a head (persistConn.readLoop)."""


def get_error(url: GoURL, words: str) -> GoError:
    """net/http client.go do: the url.Error around whatever went wrong, the password starred out."""
    shown = url.string()
    if url.password is not None:
        shown = url.replace(password="***").string()
    return GoError(f"Get {quote(shown)}: {words}")


def request_words(error: Exception, exchange: Exchange) -> str:
    """What net/http says when a request gets no answer."""
    if exchange.network_error:
        return exchange.network_error
    stream = _stream_words(error)
    if stream is not None:
        return stream
    if isinstance(error, httpcore.ConnectError):
        return str(error)
    if exchange.received == 0:
        return "EOF"
    if "Receive buffer too long" in str(error):
        return f"{BROKEN}net/http: server response headers exceeded {MAX_HEAD} bytes; aborted"
    head = bytes(exchange.head)
    if not head.startswith(b"HTTP/1.") and exchange.spoke_http2:
        return "unexpected EOF"  # frames came, and no answer
    if head.startswith(b"HTTP/1.") and "disconnected" in str(error):
        return _broken_off(head)
    return _malformed_words(head)


def body_words(error: Exception) -> str:
    """What net/http says when a body does not come to its end."""
    stream = _stream_words(error)
    if stream is not None:
        return stream
    text = str(error)
    if "chunk" in text.lower() and "incomplete" not in text.lower():
        return "invalid byte in chunk length"
    return "unexpected EOF"


def _stream_words(error: Exception) -> str | None:
    """Go's words for an HTTP/2 stream that was reset or a connection that was given up (http2/errors.go)."""
    event = error.args[0] if error.args else None
    if isinstance(event, h2.events.StreamReset):
        return f"stream error: stream ID {event.stream_id}; {_code(event.error_code)}; received from peer"
    if isinstance(event, h2.events.ConnectionTerminated):
        debug = quote((event.additional_data or b"").decode("utf-8", "surrogateescape"))
        return (
            "http2: server sent GOAWAY and closed the connection; "
            f"LastStreamID={event.last_stream_id}, ErrCode={_code(event.error_code)}, debug={debug}"
        )
    return None


def _code(number: int | None) -> str:
    """http2/errors.go ErrCode.String."""
    try:
        return h2.errors.ErrorCodes(number or 0).name
    except ValueError:
        return f"unknown error code 0x{number or 0:x}"


def response_fault(response: httpcore.Response, exchange: Exchange) -> str | None:
    """What is wrong with an answer whose header has a control character, which the HTTP library lets pass."""
    if response.extensions.get("http_version", b"") == b"HTTP/2":
        return None
    bad = next((item for item in response.headers if _CONTROL.search(item[1])), None)
    if bad is None:
        return None
    line = b": ".join(bad).decode("utf-8", "surrogateescape")
    return header_fault(bytes(exchange.head)) or f"malformed MIME header line: {quote(line)}"


def _broken_off(head: bytes) -> str:
    """Go's words for a head that ends before its end: what is there is read as if it were whole."""
    return BROKEN + (header_fault(head) or "unexpected EOF")


def _malformed_words(head: bytes) -> str:
    """net/http response.go ReadResponse's complaints about a status line or a header."""
    line = head.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "surrogateescape")
    protocol, space, status = line.partition(" ")
    if not space:
        return f"{BROKEN}malformed HTTP response {quote(line)}"
    code = status.lstrip(" ").partition(" ")[0]
    if len(code) != 3 or not code.isdigit():
        return f"{BROKEN}malformed HTTP status code {quote(code)}"
    if not _VERSION.fullmatch(protocol):
        return f"{BROKEN}malformed HTTP version {quote(protocol)}"
    return BROKEN + (header_fault(head) or _transfer_fault(head) or "malformed MIME header")


def _transfer_fault(head: bytes) -> str | None:
    """net/http transfer.go fixLength and parseTransferEncoding: what is wrong with how long the body is."""
    lines = (line.partition(":") for line in head.decode("utf-8", "surrogateescape").split("\n")[1:])
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    encoding, length = said.get("transfer-encoding"), said.get("content-length")
    if encoding is not None and encoding.lower() != "chunked":
        return f"unsupported transfer encoding: {quote(encoding)}"
    if length is not None and not (length.isascii() and length.isdigit()):
        return f"bad Content-Length {quote(length)}"
    return None
