"""What is wrong with a block of headers, in Go's words.

Source: net/textproto reader.go (readMIMEHeader, mustHaveFieldNameColon, canonicalMIMEHeaderKey). The HTTP
library reads headers; this only says what go says where it refuses them.
"""

from __future__ import annotations

import re

from probes.golang.quote import quote

_INITIAL_LIMIT = 80
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z ]+")
"""A token, and the blank before the colon that Go lets pass."""
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def header_fault(head: bytes) -> str | None:
    """Go's words for the first bad line after the status line of ``head``; None when all are good."""
    lines = head.split(b"\n")[1:]
    if lines and lines[0][:1] in (b" ", b"\t"):
        first = lines[0].rstrip(b"\r")[:_INITIAL_LIMIT]
        return f"malformed MIME header initial line: {_quoted(first)}"
    position = 0
    while position < len(lines):
        line = lines[position].rstrip(b"\r").strip(b" \t")
        position += 1
        if not line:
            return None
        if b":" not in line:
            return f"malformed MIME header: missing colon: {_quoted(line)}"
        while position < len(lines) and lines[position][:1] in (b" ", b"\t"):
            line += b" " + lines[position].rstrip(b"\r").strip(b" \t")
            position += 1
        name, _, value = line.partition(b":")
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            return f"malformed MIME header line: {_quoted(line)}"
    return None


def _quoted(line: bytes) -> str:
    return quote(line.decode("utf-8", "surrogateescape"))
