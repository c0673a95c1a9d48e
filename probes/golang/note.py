"""Signed notes: a text, a blank line, and the signatures that vouch for it.

Source: golang.org/x/mod/sumdb/note (NewVerifier, Open). A checksum database signs its tree head this way:

    go.sum database tree
    2
    nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=

    — sum.example.com x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN…

A signature is base64 of four bytes of key hash and the Ed25519 signature (RFC 8032) of the text, final
newline included, blank line excluded. A key is known by its name and its hash, so one note can carry the
signatures of many; a signature by an unknown key is ignored, one by a known key has to be right.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.quote import is_space

ED25519 = 1
"""The only key algorithm, as the first byte of the encoded key."""
KEY_SIZE = 32
MOST_SIGNATURES = 100
"""A note with more signature lines is malformed."""

_HASH_SIZE = 4
_SIGNATURE_PREFIX = "— "
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{8}", re.ASCII)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MalformedNote(GoError):
    """The bytes are not a signed note at all: an HTML page, a cut answer, a stray control character."""

    def __init__(self) -> None:
        super().__init__("malformed note")


class UnverifiedNote(GoError):
    """A well-formed note without a signature by a known key: another database, or another key."""

    def __init__(self, note: Note) -> None:
        super().__init__("note has no verifiable signatures")
        self.note = note


class InvalidSignature(GoError):
    """A signature that claims a known key and was not made with it: text or signature were changed."""

    def __init__(self, name: str, key_hash: int) -> None:
        super().__init__(f"invalid signature for key {name}+{key_hash:08x}")
        self.name = name
        self.key_hash = key_hash


@dataclass(frozen=True, slots=True)
class Verifier:
    """One public key and the name of its owner, usually ``host[/path]`` of a checksum database."""

    name: str
    key_hash: int
    """The first 32 bits of SHA-256 over name, newline and encoded key."""
    key: bytes
    """The Ed25519 public key, 32 bytes, without the algorithm byte."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (without the key hash) is this key's signature of ``message``.

        A signature that is not 64 bytes long is a wrong one.
        """
        # Loaded when there is something to verify: it takes as long as all else of this package.
        from cryptography.exceptions import InvalidSignature as RejectedByCryptography
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (RejectedByCryptography, ValueError):
            # ValueError: the 32 bytes are no point of the curve. Go, too, only says "invalid signature".
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_hash: int
    base64: str
    """Key hash and signature as they stand in the note."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was opened."""

    text: str
    """What was signed, with its final newline."""
    signatures: tuple[Signature, ...]
    """Verified, one a key."""
    unverified: tuple[Signature, ...]
    """By keys that are not known."""


def key_hash(name: str, encoded_key: bytes) -> int:
    """The number that tells the keys of one name apart; ``encoded_key`` starts with the algorithm byte."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\n" + encoded_key).digest()
    return int.from_bytes(digest[:_HASH_SIZE], "big")


def new_verifier(verifier_key: str) -> Verifier:
    """Read a verifier key, ``name+hash+key``: hash as 8 hexadecimal digits, key as base64.

    Raises GoError: ``malformed verifier id``, ``invalid verifier hash`` (the usual typing mistake, checked
    before the algorithm), ``unknown verifier algorithm``. Source: note.NewVerifier.
    """
    name, _, rest = verifier_key.partition("+")
    hash16, _, key64 = rest.partition("+")
    encoded = decode_base64(key64)
    if not _HEXADECIMAL.fullmatch(hash16) or not encoded or not is_valid_name(name):
        raise GoError("malformed verifier id")
    if int(hash16, 16) != key_hash(name, encoded):
        raise GoError("invalid verifier hash")
    if encoded[0] != ED25519:
        raise GoError("unknown verifier algorithm")
    if len(encoded) != 1 + KEY_SIZE:
        raise GoError("malformed verifier id")
    return Verifier(name, int(hash16, 16), encoded[1:])


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Take a signed note apart and check every signature whose key is among ``verifiers``.

    Raises MalformedNote, InvalidSignature (at the first wrong one), UnverifiedNote (none is by a known
    key), or GoError ``ambiguous key …`` when two verifiers share name and hash. Source: note.Open.
    """
    known: dict[tuple[str, int], list[Verifier]] = {}
    for verifier in verifiers:
        known.setdefault((verifier.name, verifier.key_hash), []).append(verifier)

    text, lines = _split(data)
    verified: dict[tuple[str, int], Signature] = {}
    unverified: dict[str, Signature] = {}
    for count, line in enumerate(lines, 1):
        signature, signed = _parse_signature(line)
        if count > MOST_SIGNATURES:
            raise MalformedNote
        owner = (signature.name, signature.key_hash)
        candidates = known.get(owner, [])
        if not candidates:
            unverified.setdefault(line, signature)
        elif len(candidates) > 1:
            raise GoError(f"ambiguous key {signature.name}+{signature.key_hash:08x}")
        elif owner not in verified:
            # A second signature by the same key is dropped unread, even if it is wrong.
            if not candidates[0].verify(text.encode(), signed):
                raise InvalidSignature(*owner)
            verified[owner] = signature

    note = Note(text, tuple(verified.values()), tuple(unverified.values()))
    if not verified:
        raise UnverifiedNote(note)
    return note


def _split(data: bytes) -> tuple[str, list[str]]:
    """The signed text and the signature lines: the last blank line parts them."""
    try:
        message = data.decode()
    except UnicodeDecodeError:
        raise MalformedNote from None
    body, blank, tail = message.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _CONTROL.search(message):
        raise MalformedNote
    return body + "\n", tail[:-1].split("\n")


def _parse_signature(line: str) -> tuple[Signature, bytes]:
    """One signature line, and the bytes of the signature without the key hash."""
    if not line.startswith(_SIGNATURE_PREFIX):
        raise MalformedNote
    name, _, encoded = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
    decoded = decode_base64(encoded)
    if decoded is None or len(decoded) <= _HASH_SIZE or not is_valid_name(name):
        raise MalformedNote
    signer_hash = int.from_bytes(decoded[:_HASH_SIZE], "big")
    return Signature(name, signer_hash, encoded), decoded[_HASH_SIZE:]


def is_valid_name(name: str) -> bool:
    """Whether a key may have this name: not empty, UTF-8, no Unicode space, no plus."""
    return bool(name) and not any(
        character == "+" or is_space(character) or "\ud800" <= character <= "\udfff" for character in name
    )


def decode_base64(text: str) -> bytes | None:
    """encoding/base64 StdEncoding.DecodeString: padding is needed, CR and LF are skipped wherever they stand.

    None when Go returns an error. Stray bits in the last character are accepted, as in Go.
    """
    encoded = text.replace("\r", "").replace("\n", "")
    return base64.b64decode(encoded) if _BASE64.fullmatch(encoded) else None
