"""The go-import tags of a page: what a host says about where its import paths live.

Go reads the page with encoding/xml in its lax mode, raw token by raw token, up to ``</head>`` or ``<body>``;
what that scanner cannot read ends the page, and is an error only when no tag came before it. So the scanner
is written down here again, faults and all: a page that a browser likes may be one that go refuses.

Source: cmd/go/internal/vcs/discovery.go (parseMetaGoImports, charsetReader), vcs.go (matchGoImport,
ImportMismatchError, validateRepoSubDir, validateRepoRoot); encoding/xml/xml.go (rawToken, text, attrval,
nsname, procInst) with Strict off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from probes.golang.errors import GoError
from probes.golang.quote import fields, quote
from probes.golang.urls import parse_url
from probes.golang.vcs_paths import has_path_prefix


@dataclass(frozen=True, slots=True)
class GoImport:
    """One ``<meta name="go-import" content="prefix vcs repository [subdirectory]">``."""

    prefix: str
    vcs: str
    """The program of a version control system, or "mod" for a module proxy."""
    repository: str
    subdirectory: str = ""


class NeedsMore(Exception):
    """The page has not come far enough to be judged."""


class Mismatch(GoError):
    """ImportMismatchError: there are tags, or none, and none is about this path."""

    def __init__(self, path: str, prefixes: Iterable[str]) -> None:
        super().__init__(
            ", ".join(f"meta tag {prefix} did not match import path {path}" for prefix in prefixes)
        )


def parse_go_imports(
    page: bytes, *, complete: bool = True, broken: GoError | None = None
) -> tuple[GoImport, ...]:
    """parseMetaGoImports: the tags of a page, those of module proxies first (PreferMod).

    ``broken`` is what go reads instead of the end of the page. With ``complete`` off the page is only what
    has come so far: NeedsMore says that the end of its head is not there yet. Raises GoError in go's words.
    """
    scanner = _Scanner(page, broken)
    found: list[GoImport] = []
    try:
        while (token := scanner.token()) is not _END_OF_HEAD:
            if isinstance(token, GoImport):
                found.append(token)
    except _EndOfText:
        if not complete:
            raise NeedsMore from None
    except GoError:
        if not complete and scanner.at_end:
            raise NeedsMore from None
        if not found:
            raise
    modules = [entry for entry in found if entry.vcs == "mod"]
    taken = {entry.prefix for entry in modules}
    others = [entry for entry in found if entry.vcs != "mod" and entry.prefix not in taken]
    return (*modules, *others)


def match_go_import(imports: Iterable[GoImport], path: str) -> GoImport:
    """matchGoImport: the one tag about ``path``. Raises Mismatch, or GoError when there are several."""
    found: GoImport | None = None
    others: list[str] = []
    for entry in imports:
        if not has_path_prefix(path, entry.prefix):
            others.append(entry.prefix)
        elif found is None:
            found = entry
        elif found.vcs == "mod" and entry.vcs != "mod":
            break  # what follows is of no interest beside a module proxy
        else:
            raise GoError(f"multiple meta tags match import path {quote(path)}")
    if found is None:
        raise Mismatch(path, others)
    return found


def check_go_import(entry: GoImport, page_url: str) -> None:
    """validateRepoSubDir and validateRepoRoot: raise GoError for what go takes from no tag."""
    fault = {"/": "leading slash", "-": "leading hyphen"}.get(entry.subdirectory[:1], "")
    if fault:
        raise GoError(f"{page_url}: invalid subdirectory {quote(entry.subdirectory)}: {fault}")
    try:
        scheme = parse_url(entry.repository).scheme
        if not scheme:
            raise GoError("no scheme")
        if scheme == "file":
            raise GoError("file scheme disallowed")
    except GoError as error:
        raise GoError(f"{page_url}: invalid repo root {quote(entry.repository)}: {error}") from error


# -- encoding/xml, as far as the tags need it ------------------------------------------------------------


class _EndOfText(Exception):
    """io.EOF."""


_END_OF_HEAD = object()
_Attributes = list[tuple[str, bytes]]

_NAME = re.compile(rb"[A-Za-z0-9_:.\-\x80-\xff]+")
_UNQUOTED = re.compile(rb"[A-Za-z0-9_:\-]*")
_SPACES = re.compile(rb"[ \r\n\t]*")
_PLAIN = re.compile(rb"[^<&\r\n\]>\"']+")
_PLAIN_IN_DIRECTIVE = re.compile(rb"[^'\"<>]+")
_DIGITS = {10: re.compile(rb"[0-9]*"), 16: re.compile(rb"[0-9a-fA-F]*")}
_ENTITIES = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"apos": b"'", b"quot": b'"'}
_LAST_CHARACTER = 0x10FFFF
_MOST_DIGITS = 7
_NOT_A_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Scanner:
    """xml.Decoder with Strict off, giving raw tokens; of elements only those that matter here."""

    def __init__(self, data: bytes, broken: GoError | None) -> None:
        self._data = data
        self._at = 0
        self._broken = broken
        self._to_close: str | None = None

    @property
    def at_end(self) -> bool:
        """Whether all that there is has been read."""
        return self._at >= len(self._data)

    # -- bytes -------------------------------------------------------------------------------------------

    def _get(self) -> int:
        if self.at_end:
            raise self._broken or _EndOfText
        self._at += 1
        return self._data[self._at - 1]

    def _must_get(self) -> int:
        try:
            return self._get()
        except _EndOfText:
            raise self._syntax("unexpected EOF") from None

    def _syntax(self, words: str) -> GoError:
        line = 1 + self._data.count(b"\n", 0, self._at)
        return GoError(f"XML syntax error on line {line}: {words}")

    def _skip_spaces(self) -> None:
        matched = _SPACES.match(self._data, self._at)
        assert matched is not None
        self._at = matched.end()

    def _run(self, pattern: re.Pattern[bytes]) -> bytes:
        matched = pattern.match(self._data, self._at)
        if matched is None:
            return b""
        self._at = matched.end()
        return matched[0]

    def _through(self, mark: bytes) -> bytes:
        """What stands before ``mark``; it is read too."""
        end = self._data.find(mark, self._at)
        if end < 0:
            self._at = len(self._data)
            self._must_get()
        found = self._data[self._at : end]
        self._at = end + len(mark)
        return found

    # -- tokens ------------------------------------------------------------------------------------------

    def token(self) -> object:
        """The next token: a GoImport, _END_OF_HEAD, or None for what does not matter. Raises _EndOfText."""
        if self._to_close is not None:
            name, self._to_close = self._to_close, None
            return _END_OF_HEAD if name == "head" else None
        first = self._get()
        if first != ord("<"):
            self._at -= 1
            self._text(None, cdata=False)
            return None
        match self._must_get():
            case 0x2F:
                return self._end_element()
            case 0x3F:
                self._instruction()
            case 0x21:
                self._declaration()
            case _:
                self._at -= 1
                return self._element()
        return None

    def _end_element(self) -> object:
        name = self._ns_name("expected element name after </")
        self._skip_spaces()
        if self._must_get() != ord(">"):
            raise self._syntax(f"invalid characters between </{name} and >")
        return _END_OF_HEAD if name.lower() == "head" else None

    def _element(self) -> object:
        name = self._ns_name("expected element name after <").lower()
        attributes: _Attributes = []
        while True:
            self._skip_spaces()
            byte = self._must_get()
            if byte == ord("/"):
                if self._must_get() != ord(">"):
                    raise self._syntax("expected /> in element")
                self._to_close = name
                break
            if byte == ord(">"):
                break
            self._at -= 1
            attributes.append(self._attribute())
        if name == "body":
            return _END_OF_HEAD
        return _go_import(attributes) if name == "meta" else None

    def _attribute(self) -> tuple[str, bytes]:
        name = self._ns_name("expected attribute name in element")
        self._skip_spaces()
        if self._must_get() != ord("="):
            self._at -= 1
            return name.lower(), name.encode()
        self._skip_spaces()
        quoted = self._must_get()
        if quoted in (ord('"'), ord("'")):
            return name.lower(), self._text(quoted, cdata=False)
        self._at -= 1
        value = self._run(_UNQUOTED)
        if self.at_end:
            self._must_get()
        return name.lower(), value

    def _ns_name(self, missing: str) -> str:
        """The local part of a name; ``missing`` is said where there is none."""
        name = self._name()
        if name is None or name.count(":") > 1:
            raise self._syntax(missing)
        space, _, local = name.partition(":")
        return local if space and local else name

    def _name(self) -> str | None:
        self._must_get()
        self._at -= 1
        raw = self._run(_NAME)
        if not raw:
            return None
        if self.at_end:
            self._must_get()
        if not _is_name(raw):
            raise self._syntax(f"invalid XML name: {raw.decode('utf-8', 'surrogateescape')}")
        return raw.decode()

    def _instruction(self) -> None:
        target = self._name()
        if target is None:
            raise self._syntax("expected target name after <?")
        self._skip_spaces()
        content = self._through(b"?>")
        if target == "xml":
            _check_declaration(content.decode("utf-8", "surrogateescape"))

    def _declaration(self) -> None:
        """What begins with ``<!``: a comment, CDATA, or a directive such as DOCTYPE."""
        byte = self._must_get()
        if byte == ord("-"):
            if self._must_get() != ord("-"):
                raise self._syntax("invalid sequence <!- not part of <!--")
            self._through(b"--")
            if self._must_get() != ord(">"):
                raise self._syntax('invalid sequence "--" not allowed in comments')
        elif byte == ord("["):
            for wanted in b"CDATA[":
                if self._must_get() != wanted:
                    raise self._syntax("invalid <![ sequence")
            self._text(None, cdata=True)
        else:
            self._directive()

    def _directive(self) -> None:
        """Up to the ``>`` that is neither quoted nor nested; comments inside are no nesting."""
        depth = 0
        while True:
            self._run(_PLAIN_IN_DIRECTIVE)
            byte = self._must_get()
            if byte == ord(">"):
                if depth == 0:
                    return
                depth -= 1
            elif byte == ord("<"):
                if self._data.startswith(b"!--", self._at):
                    self._at += 3
                    self._through(b"-->")
                else:
                    depth += 1
            else:
                self._through(bytes([byte]))

    # -- text --------------------------------------------------------------------------------------------

    def _text(self, quoted: int | None, *, cdata: bool) -> bytes:
        """Decoder.text: up to ``<``, to the closing quote, or to the end of CDATA; entities are resolved."""
        out = bytearray()
        last = b""  # the two bytes before, as Go's b0 and b1
        while True:
            run = self._run(_PLAIN)
            if run:
                out += run
                last = (last + run)[-2:]
            if self.at_end:
                self._end_of_text(cdata)
                break
            byte = self._get()
            if quoted is None and last == b"]]" and byte == ord(">"):
                if not cdata:
                    raise self._syntax("unescaped ]]> not in CDATA section")
                del out[-2:]
                break
            if byte == ord("<") and not cdata:
                if quoted is not None:
                    raise self._syntax("unescaped < inside quoted string")
                self._at -= 1
                break
            if byte == quoted:
                break
            if byte == ord("&") and not cdata:
                out += self._entity()
                last = b""
                continue
            if byte == ord("\r"):
                out += b"\n"
            elif not (byte == ord("\n") and last[-1:] == b"\r"):
                out.append(byte)
            last = (last + bytes([byte]))[-2:]
        self._check_characters(bytes(out))
        return bytes(out)

    def _end_of_text(self, cdata: bool) -> None:
        if self._broken is not None and not cdata:
            return  # the next token meets it
        if cdata:
            raise self._broken or self._syntax("unexpected EOF in CDATA section")

    def _entity(self) -> bytes:
        """After an ampersand: what it stands for, or itself as it is written."""
        start = self._at
        byte = self._must_get()
        if byte == ord("#"):
            base = 10
            if self._must_get() == ord("x"):
                base = 16
            else:
                self._at -= 1
            digits = self._run(_DIGITS[base])
            short = digits.lstrip(b"0") or digits[:1]
            if self._must_get() != ord(";"):
                self._at -= 1
            elif 0 < len(short) <= _MOST_DIGITS and (number := int(short, base)) <= _LAST_CHARACTER:
                return _character(number)
        else:
            self._at -= 1
            name = self._run(_NAME)
            if self._must_get() != ord(";"):
                self._at -= 1
            elif name in _ENTITIES:
                return _ENTITIES[name]
        return b"&" + self._data[start : self._at]

    def _check_characters(self, data: bytes) -> None:
        """Every rune has to be one that XML allows; the first that is not is told."""
        try:
            text, invalid = data.decode(), False
        except UnicodeDecodeError as error:
            text, invalid = data[: error.start].decode(), True
        if (wrong := _NOT_A_CHARACTER.search(text)) is not None:
            raise self._syntax(f"illegal character code U+{ord(wrong[0]):04X}")
        if invalid:
            raise self._syntax("invalid UTF-8")


def _character(number: int) -> bytes:
    """string(rune(n)): U+FFFD for a surrogate."""
    return "\ufffd".encode() if 0xD800 <= number <= 0xDFFF else chr(number).encode()


def _is_name(raw: bytes) -> bool:
    """xml.isName, over the name characters of XML 1.0 before its fifth edition: those that expat has too."""
    if raw.isascii():
        return raw[:1].isalpha() or raw[:1] in (b"_", b":")
    try:
        if any(ord(character) > 0xFFFF for character in raw.decode()):
            return False
        expat.ParserCreate("utf-8").Parse(b"<" + raw + b"/>", True)
    except (UnicodeDecodeError, expat.ExpatError):
        return False
    return True


def _check_declaration(content: str) -> None:
    """``<?xml …?>``: only version 1.0, and only UTF-8 or what is part of it."""
    version = _instruction_value("version=", content)
    if version not in ("", "1.0"):
        raise GoError(f"xml: unsupported version {quote(version)}; only version 1.0 is supported")
    encoding = _instruction_value("encoding=", content)
    if encoding.lower() not in ("", "utf-8", "ascii"):
        cause = f"can't decode XML document using charset {quote(encoding)}"
        raise GoError(f"xml: opening charset {quote(encoding)}: {cause}")


def _instruction_value(name: str, content: str) -> str:
    """procInst: the value behind ``name``, in whichever quotes."""
    at = 0
    while (found := content.find(name, at)) >= 0 and found + len(name) < len(content):
        at = found + len(name) + 1
        mark = content[at - 1]
        if mark in "'\"":
            value, closed, _ = content[at:].partition(mark)
            return value if closed else ""
    return ""


def _go_import(attributes: _Attributes) -> GoImport | None:
    """The tag that these attributes make, if it is one."""
    if _value(attributes, "name") != "go-import":
        return None
    words = fields(_value(attributes, "content"))
    if len(words) not in (3, 4):
        return None
    return GoImport(*words)


def _value(attributes: _Attributes, name: str) -> str:
    return next((value.decode() for key, value in attributes if key == name), "")
