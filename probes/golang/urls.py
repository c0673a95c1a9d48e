"""URLs as the go command parses, joins, escapes and prints them.

Sources: net/url (Parse, URL.String, Redacted, EscapedPath, RequestURI, Hostname, Port, ResolveReference,
PathEscape), path (Clean, Join) and cmd/go/internal/modfetch/proxy.go pathEscape. RFC 3986 with Go's own
additions; the text of an error is Go's. A host or path that is not UTF-8 holds surrogates (surrogateescape).
"""

from __future__ import annotations

import dataclasses
import re
import string
from dataclasses import dataclass
from enum import Enum
from typing import Any

from probes.golang.errors import GoError
from probes.golang.netip import parse_addr
from probes.golang.quote import quote
from probes.golang.redact import redact

_UNRESERVED = string.ascii_letters + string.digits + "-_.~"
_HOST = _UNRESERVED + "!$&'()*+,;=:[]<>\""


class _Part(Enum):
    """A part of a URL, with the characters that stand for themselves in it.

    Each has a name in its value too: two members of the same value would be one.
    """

    PATH = "path", _UNRESERVED + "$&+,/:;=@"
    PATH_SEGMENT = "path segment", _UNRESERVED + "$&+:=@"
    HOST = "host", _HOST
    ZONE = "zone", _HOST
    USER = "user", _UNRESERVED + "$&+,;="
    FRAGMENT = "fragment", _UNRESERVED + "$&+,/:;=?@!()*"

    def __init__(self, _name: str, plain: str) -> None:
        self.plain = frozenset(plain.encode())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _escape(text: str, part: _Part) -> str:
    return "".join(chr(byte) if byte in part.plain else f"%{byte:02X}" for byte in _bytes(text))


_PERCENT = re.compile(rb"%(?P<hex>[0-9A-Fa-f]{2})?")


def _unescape(text: str, part: _Part) -> str:
    """The text with its %XX undone. Raises GoError for a wrong escape or what cannot stand in a host."""
    data = _bytes(text)
    in_host = part in (_Part.HOST, _Part.ZONE)
    if in_host or b"%" in data:
        _check_escapes(data, part, in_host=in_host)
    return _text(_PERCENT.sub(lambda found: bytes.fromhex(found["hex"].decode()), data))


def _check_escapes(data: bytes, part: _Part, *, in_host: bool) -> None:
    at = 0
    while at < len(data):
        byte = data[at]
        if byte != ord("%"):
            if in_host and byte < 0x80 and byte not in part.plain:
                raise GoError(f"invalid character {quote(chr(byte))} in host name")
            at += 1
            continue
        shown = data[at : at + 3]
        found = _PERCENT.match(data, at)
        if not found or found["hex"] is None or not _may_be_escaped(int(found["hex"], 16), part):
            raise GoError(f"invalid URL escape {quote(_text(shown))}")
        at += 3


def _may_be_escaped(byte: int, part: _Part) -> bool:
    if byte == ord("%"):
        return True
    if part is _Part.HOST:
        # RFC 3986 allows %XX in a host for bytes outside ASCII only.
        return byte >= 0x80
    if part is _Part.ZONE:
        # RFC 6874 allows anything; Go what could stand there unescaped, and the blank that Windows has there.
        return byte == ord(" ") or byte in part.plain
    return True


def path_escape(s: str) -> str:
    """url.PathEscape: ``s`` as one segment of a URL path; "/" becomes "%2F"."""
    return _escape(s, _Part.PATH_SEGMENT)


def escape_request_path(s: str) -> str:
    """modfetch pathEscape: as path_escape, but "/" stays."""
    return path_escape(s).replace("%2F", "/")


def clean(path: str) -> str:
    """path.Clean: the shortest name for the same path, without looking at any file; "." for nothing."""
    rooted = path.startswith("/")
    elements: list[str] = []
    for element in path.split("/"):
        if element in ("", "."):
            continue
        if element != "..":
            elements.append(element)
        elif elements and elements[-1] != "..":
            elements.pop()
        elif not rooted:
            elements.append("..")
    return ("/" if rooted else "") + "/".join(elements) or "."


def join(*elements: str) -> str:
    """path.Join: the elements with slashes between them, cleaned; "" when all are empty."""
    kept = [element for element in elements if element]
    return clean("/".join(kept)) if kept else ""


@dataclass(frozen=True, slots=True, repr=False)
class GoURL:
    """net/url URL: ``[scheme:][//[user[:password]@]host][/path][?query][#fragment]`` or ``scheme:opaque``."""

    scheme: str = ""
    """In lower case."""
    opaque: str = ""
    """What follows the scheme when it does not start with a slash; encoded."""
    user: str | None = None
    """The user name, decoded; None when the URL has no user information."""
    password: str | None = None
    """The password, decoded; None when there is none. Counts only beside a user."""
    host: str = ""
    """Host with port, decoded; an IPv6 address in brackets."""
    path: str = ""
    """Decoded."""
    raw_path: str = ""
    """How the path was written, where that is not how String would write it; else empty."""
    force_query: bool = False
    """The URL ends in "?" without a query."""
    raw_query: str = ""
    """Encoded, without "?"."""
    fragment: str = ""
    """Decoded, without "#"."""
    raw_fragment: str = ""
    """As raw_path, for the fragment."""
    omit_host: bool = False
    """A scheme, no "//", and a path that starts with a slash, as in ``file:/tmp``."""

    def __repr__(self) -> str:
        """The URL without any secret: log lines and tracebacks show it."""
        return f"GoURL({redact(self.redacted())!r})"

    def replace(self, **changes: Any) -> GoURL:
        """The same URL with some fields changed. Raises TypeError for a name that is no field."""
        return dataclasses.replace(self, **changes)

    def string(self) -> str:
        """URL.String, with the password if there is one."""
        start = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            start += self.opaque
        else:
            start += self._authority()
            start += self._path_after(start)
        query = f"?{self.raw_query}" if self.force_query or self.raw_query else ""
        fragment = f"#{self.escaped_fragment()}" if self.fragment else ""
        return start + query + fragment

    def _has_no_authority(self) -> bool:
        return not self.host and self.user is None

    def _authority(self) -> str:
        if self._has_no_authority() and (self.omit_host or not (self.scheme and self.path)):
            return ""
        user = "" if self.user is None else _escape(self.user, _Part.USER)
        if self.user is not None:
            user += ("" if self.password is None else ":" + _escape(self.password, _Part.USER)) + "@"
        return f"//{user}{_escape(self.host, _Part.HOST)}"

    def _path_after(self, start: str) -> str:
        path = self.escaped_path()
        if self.omit_host and self._has_no_authority() and path.startswith("//"):
            # Or the path would be read back as a host.
            path = "%2F" + path[1:]
        elif path and path[0] != "/" and self.host:
            path = "/" + path
        if not start and ":" in path.partition("/")[0]:
            # Or the first segment would be read back as a scheme (RFC 3986, 4.2).
            path = "./" + path
        return path

    def redacted(self) -> str:
        """URL.Redacted: as string(), but with "xxxxx" for the password."""
        if self.user is None or self.password is None:
            return self.string()
        return self.replace(password="xxxxx").string()

    def escaped_path(self) -> str:
        """URL.EscapedPath: raw_path when it is an encoding of the path, else Go's encoding of it."""
        if _is_encoding(self.raw_path, self.path, _Part.PATH):
            return self.raw_path
        return "*" if self.path == "*" else _escape(self.path, _Part.PATH)

    def escaped_fragment(self) -> str:
        """URL.EscapedFragment: as escaped_path, for the fragment."""
        if _is_encoding(self.raw_fragment, self.fragment, _Part.FRAGMENT):
            return self.raw_fragment
        return _escape(self.fragment, _Part.FRAGMENT)

    def request_uri(self) -> str:
        """URL.RequestURI: what stands in the request line, path and query."""
        target = self.opaque or self.escaped_path() or "/"
        if self.opaque.startswith("//"):
            target = f"{self.scheme}:{target}"
        return target + (f"?{self.raw_query}" if self.force_query or self.raw_query else "")

    def hostname(self) -> str:
        """URL.Hostname: the host without port and without the brackets of an IPv6 address."""
        host = self._host_and_port()[0]
        return host[1:-1] if host.startswith("[") and host.endswith("]") else host

    def port(self) -> str:
        """URL.Port: the port in digits; "" when there is none."""
        return self._host_and_port()[1]

    def _host_and_port(self) -> tuple[str, str]:
        host, colon, port = self.host.rpartition(":")
        return (host, port) if colon and _PORT.fullmatch(port) else (self.host, "")


_PORT = re.compile("[0-9]*")
_MAY_STAND_ENCODED = frozenset(b"!$&'()*+,;=:@[]%")


def _is_encoding(raw: str, decoded: str, part: _Part) -> bool:
    """Whether ``raw`` could be written in a URL for ``decoded``."""
    if not raw or any(byte not in part.plain and byte not in _MAY_STAND_ENCODED for byte in _bytes(raw)):
        return False
    try:
        return _unescape(raw, part) == decoded
    except GoError:
        return False


_CONTROL = re.compile("[\x00-\x1f\x7f]")
_SCHEME = re.compile("(?P<scheme>[A-Za-z][-+.0-9A-Za-z]*):|(?P<missing>:)")
_USER_INFORMATION = re.compile("[-._:~!$&'()*+,;=%@0-9A-Za-z]*")


def parse_url(text: str) -> GoURL:
    """url.Parse. Raises GoError in Go's words: ``parse "TEXT": REASON``."""
    before, _, fragment = text.partition("#")
    try:
        url = _parse(before)
    except GoError as error:
        raise GoError(f"parse {quote(before)}: {error}") from error
    if not fragment:
        return url
    try:
        decoded = _unescape(fragment, _Part.FRAGMENT)
    except GoError as error:
        raise GoError(f"parse {quote(text)}: {error}") from error
    return url.replace(fragment=decoded, raw_fragment=_hint(fragment, decoded, _Part.FRAGMENT))


def parse_request_uri(text: str) -> GoURL:
    """url.ParseRequestURI: an absolute URL or path, with # as a character like others. Raises GoError."""
    try:
        if not text:
            raise GoError("empty url")
        return _parse(text, via_request=True)
    except GoError as error:
        raise GoError(f"parse {quote(text)}: {error}") from error


def _hint(written: str, decoded: str, part: _Part) -> str:
    return "" if written == _escape(decoded, part) else written


def _parse(text: str, *, via_request: bool = False) -> GoURL:
    if _CONTROL.search(text):
        raise GoError("net/url: invalid control character in URL")
    if text == "*":
        return GoURL(path="*")
    scheme, rest = _split_scheme(text)
    force_query = rest.endswith("?") and rest.count("?") == 1
    rest, _, query = rest.partition("?")
    url = GoURL(scheme=scheme, force_query=force_query, raw_query=query)
    if not rest.startswith("/"):
        if scheme:
            return url.replace(opaque=rest)
        if via_request:
            raise GoError("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise GoError("first path segment in URL cannot contain colon")
    if rest.startswith("//") and (scheme or not (via_request or rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        user, password, host = _parse_authority(scheme, authority)
        url = url.replace(user=user, password=password, host=host)
        rest = slash + path
    elif scheme:
        url = url.replace(omit_host=True)
    return _with_path(url, rest)


def _split_scheme(text: str) -> tuple[str, str]:
    found = _SCHEME.match(text)
    if found is None:
        return "", text
    if found["missing"]:
        raise GoError("missing protocol scheme")
    return found["scheme"].lower(), text[found.end() :]


def _with_path(url: GoURL, written: str) -> GoURL:
    """URL.setPath. Raises GoError for a wrong escape."""
    path = _unescape(written, _Part.PATH)
    return url.replace(path=path, raw_path=_hint(written, path, _Part.PATH))


def _parse_authority(scheme: str, authority: str) -> tuple[str | None, str | None, str]:
    """User name, password and host of ``[user[:password]@]host[:port]``."""
    information, at, written_host = authority.rpartition("@")
    host = _parse_host(scheme, written_host)
    if not at:
        return None, None, host
    if not _USER_INFORMATION.fullmatch(information):
        raise GoError("net/url: invalid userinfo")
    name, colon, password = information.partition(":")
    user = _unescape(name, _Part.USER)
    return user, _unescape(password, _Part.USER) if colon else None, host


def _parse_host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise GoError("invalid IP-literal")
    if bracket == 0:
        return _parse_bracketed_host(host)
    # Lists of hosts with ports are in use with databases; for the web a host has one colon at most.
    web = scheme in ("http", "https")
    colon = host.find(":") if web else host.rfind(":")
    if colon >= 0:
        _check_port(host[colon:])
    return _unescape(host, _Part.HOST)


def _check_port(written: str) -> None:
    if written and not (written[0] == ":" and _PORT.fullmatch(written, 1)):
        raise GoError(f"invalid port {quote(written)} after host")


def _parse_bracketed_host(written: str) -> str:
    end = written.rfind("]")
    if end < 0:
        raise GoError("missing ']' in host")
    port = written[end + 1 :]
    _check_port(port)
    address, percent, zone = written[1:end].partition("%25")
    name = _unescape(address, _Part.HOST) + _unescape(percent + zone, _Part.ZONE)
    try:
        parsed = parse_addr(name)
    except GoError as error:
        raise GoError(f"invalid host: {error}") from error
    if parsed.is4:
        raise GoError("invalid IP-literal")
    return f"[{name}]{port}"


def resolve_reference(base: GoURL, ref_text: str) -> GoURL:
    """URL.Parse on a base: what a link or a Location header means there. Raises GoError as parse_url."""
    ref = parse_url(ref_text)
    url = ref.replace(scheme=ref.scheme or base.scheme)
    if ref.scheme or ref.host or ref.user is not None:
        return _with_path(url, _resolve_path(ref.escaped_path(), ""))
    if not ref.path and not ref.force_query and not ref.raw_query:
        url = url.replace(raw_query=base.raw_query)
        if not ref.fragment:
            url = url.replace(fragment=base.fragment, raw_fragment=base.raw_fragment)
    if not ref.path and base.opaque:
        return url.replace(opaque=base.opaque, user=None, password=None, host="", path="")
    url = url.replace(host=base.host, user=base.user, password=base.password)
    return _with_path(url, _resolve_path(base.escaped_path(), ref.escaped_path()))


def _resolve_path(base: str, ref: str) -> str:
    """RFC 3986, 5.2.4, on encoded paths; the result starts with a slash unless it is empty."""
    full = ref if ref.startswith("/") else base[: base.rfind("/") + 1] + ref if ref else base
    if not full:
        return ""
    kept: list[str] = []
    last = ""
    for last in full.split("/"):
        if last == "..":
            # Nothing is above the root.
            del kept[-1:]
            if kept == [""]:
                kept = []
        elif last != ".":
            kept.append(last)
        elif not kept:
            kept = [""]
    resolved = "/" + "/".join(kept) + ("/" if last in (".", "..") else "")
    return resolved[1:] if resolved.startswith("//") else resolved
