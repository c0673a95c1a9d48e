"""Signed notes: what opens, what does not, and with which words."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.errors import GoError
from probes.golang.note import (
    InvalidSignature,
    MalformedNote,
    UnverifiedNote,
    Verifier,
    decode_base64,
    is_valid_name,
    key_hash,
    new_verifier,
    open_note,
)
from tests.sumdb_server import Signer

# The example of the package documentation of golang.org/x/mod/sumdb/note.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
NEUMANN_SIGNATURE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NEUMANN_NOTE = f"{NEUMANN_TEXT}\n{NEUMANN_SIGNATURE}".encode()

ALICE = Signer.from_seed("alice", 1)
BOB = Signer.from_seed("bob", 2)
TEXT = "hello\n"


def verifier(signer: Signer) -> Verifier:
    return new_verifier(signer.verifier_key)


def test_opens_the_note_of_the_documentation() -> None:
    note = open_note(NEUMANN_NOTE, [new_verifier(NEUMANN_KEY)])
    assert note.text == NEUMANN_TEXT
    assert [(s.name, f"{s.key_hash:08x}") for s in note.signatures] == [("PeterNeumann", "c74f20a3")]
    assert note.unverified == ()


def test_knows_the_key_of_the_public_database() -> None:
    known = new_verifier("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert (known.name, known.key_hash, len(known.key)) == ("sum.golang.org", 0x033DE0AE, 32)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "malformed verifier id"),
        ("sum.golang.org", "malformed verifier id"),
        ("https://sum.golang.google.cn/", "malformed verifier id"),
        (NEUMANN_KEY.replace("PeterNeumann", "Peter Neumann"), "malformed verifier id"),
        (NEUMANN_KEY.replace("PeterNeumann", "Peter\u2028Neumann"), "malformed verifier id"),
        (NEUMANN_KEY.replace("PeterNeumann", ""), "malformed verifier id"),
        (NEUMANN_KEY.replace("PeterNeumann", "Peter\udcffNeumann"), "malformed verifier id"),
        (NEUMANN_KEY.replace("c74f20a3", "c74f20a"), "malformed verifier id"),
        (NEUMANN_KEY.replace("c74f20a3", "0xc74f20"), "malformed verifier id"),
        (NEUMANN_KEY.replace("c74f20a3", "c74f_0a3"), "malformed verifier id"),
        (NEUMANN_KEY[:-1], "malformed verifier id"),
        (NEUMANN_KEY + "=", "malformed verifier id"),
        (NEUMANN_KEY.replace("c74f20a3", "c74f20a4"), "invalid verifier hash"),
        (NEUMANN_KEY.replace("PeterNeumann", "EnochRoot"), "invalid verifier hash"),
        (NEUMANN_KEY.replace("ARpc", "ARpd"), "invalid verifier hash"),
    ],
)
def test_refuses_keys_in_gos_words(key: str, words: str) -> None:
    with pytest.raises(GoError) as caught:
        new_verifier(key)
    assert str(caught.value) == words


def test_hash_in_capitals_is_the_same_hash() -> None:
    assert new_verifier(NEUMANN_KEY.replace("c74f20a3", "C74F20A3")) == new_verifier(NEUMANN_KEY)


def encoded(name: str, key: bytes) -> str:
    return f"{name}+{key_hash(name, key):08x}+{base64.b64encode(key).decode()}"


def test_algorithm_and_length_are_checked_after_the_hash() -> None:
    with pytest.raises(GoError, match=r"^unknown verifier algorithm$"):
        new_verifier(encoded("x", b"\x02" + bytes(32)))
    with pytest.raises(GoError, match=r"^malformed verifier id$"):
        new_verifier(encoded("x", b"\x01" + bytes(31)))


def test_signature_of_a_changed_text_names_the_key() -> None:
    forged = ALICE.sign(TEXT).replace(b"hello", b"hullo")
    with pytest.raises(InvalidSignature) as caught:
        open_note(forged, [verifier(ALICE)])
    assert str(caught.value) == f"invalid signature for key alice+{ALICE.key_hash:08x}"


def test_signature_by_another_key_is_only_unknown() -> None:
    with pytest.raises(UnverifiedNote) as caught:
        open_note(ALICE.sign(TEXT), [verifier(BOB)])
    assert str(caught.value) == "note has no verifiable signatures"
    assert [s.name for s in caught.value.note.unverified] == ["alice"]


def test_one_known_signature_among_many_is_enough() -> None:
    note = open_note(
        f"{TEXT}\n{ALICE.signature_line(TEXT)}{BOB.signature_line(TEXT)}".encode(), [verifier(BOB)]
    )
    assert [s.name for s in note.signatures] == ["bob"]
    assert [s.name for s in note.unverified] == ["alice"]


def test_repeated_signatures_count_once_even_when_the_second_is_wrong() -> None:
    wrong = ALICE.signature_line(TEXT, signature=bytes(64))
    good = ALICE.signature_line(TEXT)
    unknown = BOB.signature_line(TEXT)
    note = open_note(f"{TEXT}\n{good}{wrong}{unknown}{unknown}".encode(), [verifier(ALICE)])
    assert len(note.signatures) == len(note.unverified) == 1
    with pytest.raises(InvalidSignature):
        open_note(f"{TEXT}\n{wrong}{good}".encode(), [verifier(ALICE)])


@pytest.mark.parametrize("size", [1, 63, 65])
def test_signature_of_another_size_is_wrong(size: int) -> None:
    line = ALICE.signature_line(TEXT, signature=bytes(size))
    with pytest.raises(InvalidSignature):
        open_note(f"{TEXT}\n{line}".encode(), [verifier(ALICE)])


def test_two_keys_with_one_name_and_hash_are_ambiguous() -> None:
    known = verifier(ALICE)
    with pytest.raises(GoError, match=rf"^ambiguous key alice\+{ALICE.key_hash:08x}$"):
        open_note(ALICE.sign(TEXT), [known, known])


def test_a_hundred_signatures_are_read_and_no_more() -> None:
    lines = ALICE.signature_line(TEXT) + BOB.signature_line(TEXT) * 99
    assert open_note(f"{TEXT}\n{lines}".encode(), [verifier(ALICE)]).text == TEXT
    with pytest.raises(MalformedNote):
        open_note(f"{TEXT}\n{lines}{BOB.signature_line(TEXT)}".encode(), [verifier(ALICE)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html>\n\n<p>please log in</p>\n",
        NEUMANN_TEXT.encode(),
        NEUMANN_NOTE[:-1],
        NEUMANN_NOTE.replace(b"\n", b"\r\n"),
        NEUMANN_NOTE.replace(b"think", b"th\tnk"),
        NEUMANN_NOTE.replace(b"think", b"th\xffnk"),
        NEUMANN_NOTE.replace("—".encode(), b"-"),
        NEUMANN_NOTE + b"\n",
        NEUMANN_NOTE.replace(b"PeterNeumann ", b"PeterNeumann"),
        NEUMANN_NOTE.replace(b"PeterNeumann ", b"Peter+Neumann "),
        NEUMANN_NOTE.replace(b"JnAM=", b"JnAM"),
        f"{TEXT}\n— alice {base64.b64encode(b'1234').decode()}\n".encode(),
        f"{TEXT}\n— alice \n".encode(),
    ],
)
def test_malformed_notes(data: bytes) -> None:
    with pytest.raises(MalformedNote) as caught:
        open_note(data, [new_verifier(NEUMANN_KEY), verifier(ALICE)])
    assert str(caught.value) == "malformed note"


def test_text_may_have_blank_lines_and_the_last_one_parts_it_from_the_signatures() -> None:
    text = "a\n\nb\n\n\nc\n"
    assert open_note(ALICE.sign(text), [verifier(ALICE)]).text == text


@given(st.text().filter(lambda t: not any(c < " " or "\ud800" <= c <= "\udfff" for c in t)))
@settings(deadline=None, max_examples=60)
def test_what_was_signed_opens_to_the_same_text(text: str) -> None:
    assert open_note(ALICE.sign(text + "\n"), [verifier(ALICE)]).text == text + "\n"


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    note = bytearray(NEUMANN_NOTE)
    at = data.draw(st.integers(0, len(note) - 1))
    note[at] ^= data.draw(st.integers(1, 255))
    try:
        opened = open_note(bytes(note), [new_verifier(NEUMANN_KEY)])
    except GoError:
        return
    # Stray bits in the last base64 character change nothing: Go's decoder is not strict, either.
    assert opened.text == NEUMANN_TEXT
    assert at == len(NEUMANN_NOTE) - 3


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("AQ==", b"\x01"),
        ("AR==", b"\x01"),
        ("A\nQ=\r\n=\n", b"\x01"),
        ("AQI=", b"\x01\x02"),
        ("AQ=", None),
        ("AQ", None),
        ("AQ===", None),
        ("AQ==AQ==", None),
        ("A Q==", None),
        ("A-_=", None),
        ("AQ==\u00a0", None),
        ("ＡQ==", None),
    ],
)
def test_base64_as_go_decodes_it(text: str, data: bytes | None) -> None:
    assert decode_base64(text) == data


def test_names() -> None:
    assert is_valid_name("sum.example.com/path")
    # U+001F is space to Python and none to Go.
    assert is_valid_name("bücher.example\x1f")
    assert not any(map(is_valid_name, ["", "a b", "a+b", "a\u00a0b", "a\u3000b", "a\x85b", "\udc80"]))
