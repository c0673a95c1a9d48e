"""How Go quotes and what it takes for white space."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.quote import fields, is_graphic, is_letter, is_space, quote, quote_rune, trim_space


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('say "hi" \\ bye', r'"say \"hi\" \\ bye"'),
        ("it's", '"it\'s"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("héllo 世界 😀", '"héllo 世界 😀"'),
        ("\x80\x9f\xa0\xad", r'"\u0080\u009f\u00a0\u00ad"'),
        ("\u200b\u202e\ufeff\u2028", r'"\u200b\u202e\ufeff\u2028"'),
        ("\ue000\U000e0001\U0010fffd", r'"\ue000\U000e0001\U0010fffd"'),
        ("\ufffd", '"\ufffd"'),
        (b"ok\xff\xc3(".decode("utf-8", "surrogateescape"), r'"ok\xff\xc3("'),
        ("\udcc3\udca9", '"é"'),  # two bytes that are one character once they stand together
    ],
)
def test_quote_is_strconv_quote(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize("ch", ["\u088f", "\u0c5c", "\U00031350", "\U0001fac6", "\u20c1"])
def test_characters_that_unicode_added_after_python_3_11_are_printed_as_they_are(ch: str) -> None:
    assert quote(ch) == f'"{ch}"'
    assert is_graphic(ch)


@pytest.mark.parametrize(
    ("ch", "quoted"),
    [
        ("E", "'E'"), ("'", r"'\''"), ('"', "'\"'"), ("\\", r"'\\'"), ("\n", r"'\n'"), ("世", "'世'"),
        ("\u200b", r"'\u200b'"), ("\udcff", "'\ufffd'"),
    ],
)
def test_quote_rune_is_strconv_quote_rune(ch: str, quoted: str) -> None:
    assert quote_rune(ch) == quoted


def test_a_surrogate_that_stands_for_no_byte_is_read_as_the_replacement_character() -> None:
    assert quote("a\ud800\udcff") == r'"a\xff"'.replace("a", "a\ufffd")


@settings(deadline=None)
@given(st.binary())
def test_quoted_text_is_graphic_and_loses_nothing(data: bytes) -> None:
    quoted = quote(data.decode("utf-8", "surrogateescape"))
    assert all(is_graphic(ch) for ch in quoted)
    assert _unquote(quoted[1:-1]) == data


_ESCAPE = re.compile(r"\\(?:x(..)|u(.{4})|U(.{8})|(.))|(.)", re.DOTALL)
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unquote(escaped: str) -> bytes:
    """The bytes that a Go string literal stands for."""
    out = bytearray()
    for byte, short, long, named, plain in _ESCAPE.findall(escaped):
        if byte:
            out.append(int(byte, 16))
        elif short or long:
            out += chr(int(short or long, 16)).encode()
        else:
            out += (plain or _NAMED.get(named, named)).encode()
    return bytes(out)


def test_white_space_is_gos_not_pythons() -> None:
    # Python also splits at the information separators, Go does not.
    assert fields("a\x1cb\x1fc d\u00a0e\u2028f\u0085g") == ["a\x1cb\x1fc", "d", "e", "f", "g"]
    assert trim_space("\u3000\t\x1c a \x1c\n") == "\x1c a \x1c"
    assert trim_space("\n \v") == ""
    assert fields("") == fields(" \n") == []
    assert not is_space("\u200b")
    assert not is_space("\u180e")
    assert is_space("\u1680")


@settings(deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from(" \t\x1c\x85\u2003ab"), st.characters())))
def test_fields_are_what_white_space_leaves(text: str) -> None:
    words = fields(text)
    assert "".join(words) == "".join(ch for ch in text if not is_space(ch))
    assert fields(" ".join(words)) == words
    assert trim_space(text) == trim_space(f" {text}\n")
    assert fields(trim_space(text)) == words


def test_graphic_and_letters() -> None:
    assert is_graphic(" ")
    assert is_graphic("\u00a0")
    assert not is_graphic("\t")
    assert not is_graphic("\u2028")
    assert is_graphic("\udcff")  # Go reads a byte that is not UTF-8 as U+FFFD
    assert is_letter("ß")
    assert is_letter("世")
    assert not is_letter("1")
    assert not is_letter("\u0301")
    assert not is_letter("\udcff")
