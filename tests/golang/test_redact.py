"""Secrets masked in any text, and hostile text made safe for a terminal."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.golang.redact import MASK, redact, redacted
from probes.golang.safetext import safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@h/x", "https://xxxxx@h/x"),
        ("https://ghp-like-token@h", "https://xxxxx@h"),
        ("https://user:p@ss@h/m@v1", "https://xxxxx@h/m@v1"),
        ("https://u:p/w@h/x", "https://xxxxx@h/x"),
        ('parse "https://u:p\\"w@h": invalid', 'parse "https://xxxxx@h": invalid'),
        ("https://a,https://u:p@b|direct", "https://a,https://xxxxx@b|direct"),
        ("https：//u:p@h，direct", "https：//xxxxx@h，direct"),
        ("HTTPS://U:P@H", "HTTPS://xxxxx@H"),
        ("u:p@proxy:3128", "xxxxx@proxy:3128"),
        ("export HTTPS_PROXY=u:p@proxy:3128", "export HTTPS_PROXY=xxxxx@proxy:3128"),
        ("https:\\/\\/u:p@h\\/x", "https:\\/\\/xxxxx@h\\/x"),
        ("https://u:@h", "https://xxxxx@h"),
        ("ssh://git:pw@h/x", "ssh://xxxxx@h/x"),
        ("https://h/x?token=abc", "https://h/x?token=xxxxx"),
        ("https://h/?token=abc,direct", "https://h/?token=xxxxx,direct"),
        ("https://h/?a=1&private_token=abc&b=2", "https://h/?a=1&private_token=xxxxx&b=2"),
        ("https://s/x?X-Goog-Algorithm=a&X-Goog-Signature=b&n=1", "https://s/x?X-Goog-Algorithm=xxxxx&X-Goog-Signature=xxxxx&n=1"),
        ("https://s/x?X-Amz-Credential=a%2Fb&Expires=1", "https://s/x?X-Amz-Credential=xxxxx&Expires=1"),
        ("https://s/x?AWSAccessKeyId=a&Signature=b%3D", "https://s/x?AWSAccessKeyId=xxxxx&Signature=xxxxx"),
        ("https://s/x?sv=1&sig=abc", "https://s/x?sv=1&sig=xxxxx"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic xxxxx"),
        ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: xxxxx"),
        ('{"access_token": "abc", "n": 1}', '{"access_token": "xxxxx", "n": 1}'),
        ("machine h login u password p", "machine h login u password xxxxx"),
        ("remote: glpat-0123456789abcdefghij is expired", "remote: xxxxx is expired"),
    ],
)  # fmt: skip
def test_secret_is_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://proxy.golang.org,direct",
        "go: github.com/a/b@v1.0.0: reading https://h/github.com/a/b/@v/v1.0.0.info: 404 Not Found",
        "https://h:8080/m@v1.2.3",
        "http://[::1]:80/m@v1.2.3",
        "https://h/@v/list",
        "ssh://git@github.com/x",
        "git@github.com:a/b",
        "verifying m@v1.0.0/go.mod: checksum mismatch",
        "go.mod:5: require m@v1: version invalid",
        "https://go.dev/issue?x=1#key=2",
        "corp.com/x@develop",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    ],
)
def test_what_is_no_secret_stays_to_the_letter(text: str) -> None:
    assert redact(text) == text


def test_name_without_scheme_is_a_secret_only_in_an_address() -> None:
    assert redact("tok@h.example:80,direct") == "tok@h.example:80,direct"
    assert redacted("tok@h.example:80,direct", is_address=True).text == "xxxxx@h.example:80,direct"


def test_places_are_found_again() -> None:
    text = "https://user:password@a.b，direct"
    shown = redacted(text)
    assert shown.text[shown.index(text.index("，"))] == "，"
    assert shown.text[shown.index(text.index("direct")) :] == "direct"
    assert shown.index(text.index("password")) == len("https://")
    assert shown.index(0) == 0
    assert shown.index(len(text)) == len(shown.text)


SECRET_CHARACTERS = st.text(
    string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@%/?#\"", min_size=1, max_size=12
)
LETTERS = st.text(string.ascii_lowercase, min_size=1, max_size=6)


@settings(deadline=None)
@given(user=LETTERS, password=SECRET_CHARACTERS, before=st.sampled_from(["", "x ", '"', "a=", "https://a,"]),
       after=st.sampled_from(["", "/p", ":80", ",direct", '": bad', " m@v1"]))  # fmt: skip
def test_no_password_survives_in_a_url(user: str, password: str, before: str, after: str) -> None:
    # After an "@" these end the authority for everybody; what follows cannot be told from a path.
    assume("@" not in password or not set(password) & set('/?#"'))
    secret = "S3cr3t" + password + "S3cr3t"
    text = f"{before}https://{user}:{secret}@host.example{after}"
    shown = redact(text)
    assert "S3cr3t" not in shown
    assert shown.endswith("@host.example" + after)
    assert redact(shown) == shown


@settings(deadline=None)
@given(st.text(max_size=80), st.booleans())
def test_masking_twice_changes_nothing_and_keeps_places(text: str, is_address: bool) -> None:
    shown = redacted(text, is_address=is_address)
    assert redacted(shown.text, is_address=is_address).text == shown.text
    moved = [shown.index(i) for i in range(len(text) + 1)]
    assert moved == sorted(moved)
    assert moved[-1] == len(shown.text)
    assert (MASK in shown.text) == (MASK in text or shown.text != text)


# --- safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 中文, é", "plain text, 中文, é"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\tb\r\n\x00\x7f\x9b", "a\\tb\\r\\n\\x00\\x7f\\x9b"),
        ("abc\u202etxt.exe", "abc\\u202etxt.exe"),
        ("a\u200bb\u200dc\ufeff", "a\\u200bb\\u200dc\\ufeff"),
        ("\udcff\ud800", "\\xff\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("line\u2028sep", "line\\u2028sep"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_safe_text(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_lines_are_kept_up_to_their_number() -> None:
    assert safe_text("a\nb\nc\n", lines=3) == "a\nb\nc"
    assert safe_text("a\r\nb\nc\nd", lines=3) == "a\nb\nc…"
    assert safe_text("a\x1b\nb", lines=2) == "a\\x1b\nb"
    assert safe_text("a\nb") == "a\\nb"


def test_length_is_capped_with_a_mark_and_never_inside_an_escape() -> None:
    assert safe_text("x" * 10, limit=10) == "x" * 10
    assert safe_text("x" * 11, limit=10) == "x" * 9 + "…"
    assert safe_text("\x1b" * 3, limit=10) == "\\x1b\\x1b…"
    assert len(safe_text("\x1b" * 3000, limit=100)) <= 100


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=40), st.integers(1, 60), st.integers(1, 3))
def test_nothing_unsafe_comes_out(text: str, limit: int, lines: int) -> None:
    shown = safe_text(text, limit=limit, lines=lines)
    assert len(shown) <= limit
    assert shown.count("\n") < lines
    shown.encode()
    for character in shown.replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"), repr(character)
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )


@pytest.mark.parametrize(
    "text",
    ["a" * 600_000, "://a:b" * 100_000, "x-" * 300_000 + ":", "token" * 120_000 + "=", "@:" * 300_000],
    ids=["letters", "urls", "headers", "tokens", "signs"],
)
def test_a_long_hostile_text_is_gone_through_once(text: str) -> None:
    """A quadratic search would hold the process up, and this test, for hours."""
    assert redact(text + " https://bob:secret@h").endswith(" https://xxxxx@h")
