"""Headers and bodies for showing: all that came, nothing secret, nothing that a terminal would obey."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.demo.behaviour import Answer, Request, Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.sources.evidence import BODY_BYTES, body_text, shown_headers
from tests.modtrace import clean_environment, modtrace

PATH = "demo.example/hello"
SECRET = "s3cr3t-Xq91"
SECRET_HEADERS = (
    ("Authorization", f"Bearer {SECRET}"),
    ("Proxy-Authorization", f"Basic {SECRET}"),
    ("Set-Cookie", f"sid={SECRET}; HttpOnly"),
    ("set-cookie2", SECRET),
    ("X-Auth-Token", SECRET),
    ("X-Api-Key", SECRET),
    ("PRIVATE-TOKEN", SECRET),
    ("X-Amz-Security-Token", SECRET),
    ("X-Session-Id", SECRET),
    ("Location", f"https://user:{SECRET}@cdn.example/x?X-Amz-Signature={SECRET}"),
    ("Link", f"<https://cdn.example/?access_token={SECRET}>; rel=next"),
)


@pytest.mark.parametrize("header", SECRET_HEADERS, ids=lambda header: header[0])
def test_no_secret_of_a_header_is_shown(header: tuple[str, str]) -> None:
    (shown,) = shown_headers([header])
    assert SECRET not in shown.value
    assert "xxxxx" in shown.value
    assert shown.name == header[0]


def test_a_scheme_is_no_secret_and_tells_what_was_sent() -> None:
    shown = shown_headers([("Authorization", f"Basic {SECRET}"), ("Authorization", SECRET)])
    assert [header.value for header in shown] == ["Basic xxxxx", "xxxxx"]


def test_order_and_repetition_are_kept_and_a_flood_is_cut() -> None:
    given_headers = [("Via", "a"), ("Age", "1"), ("Via", "b")]
    assert [(h.name, h.value) for h in shown_headers(given_headers)] == given_headers
    flood = shown_headers([("X", str(number)) for number in range(1000)])
    assert len(flood) == 61
    assert flood[-1].value == "and 940 more"


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]")


@given(st.binary(max_size=3 * BODY_BYTES))
def test_a_body_is_short_and_safe_whatever_it_holds(body: bytes) -> None:
    shown = body_text(body)
    assert not _CONTROL.search(shown)
    assert len(shown) <= 2 * BODY_BYTES
    assert bool(shown) == bool(body)


@given(st.lists(st.tuples(st.text(max_size=200), st.text(max_size=900)), max_size=80))
def test_headers_are_short_and_safe_whatever_they_hold(headers: list[tuple[str, str]]) -> None:
    for header in shown_headers(headers):
        assert not _CONTROL.search(header.name + header.value)
        assert "\n" not in header.name + header.value
        assert len(header.name) <= 80
        assert len(header.value) <= 420


def test_bytes_that_are_no_text_are_shown_as_a_table() -> None:
    shown = body_text(b"PK\x03\x04" + bytes(range(28)))
    assert shown.splitlines()[0].startswith("0000  50 4b 03 04 00 01")
    assert shown.splitlines()[0].endswith("PK..............")
    assert len(shown.splitlines()) == 2


def test_a_trace_tells_what_went_over_the_wire_without_its_secrets(tmp_path: Path) -> None:
    script = Script({PATH: simple_module(PATH, "v1.0.0")})

    def answer(request: Request) -> Answer:
        good = script.answer(request)
        body = good.body if good.status == 200 else f"password: {SECRET}\n".encode()
        return Answer(good.status, body, good.content_type, headers=SECRET_HEADERS[2:9])

    with World([answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        as_json = modtrace("trace", PATH, "--json", env=env, cwd=tmp_path)
        events = modtrace("trace", PATH, "--events", env=env, cwd=tmp_path)
    first = json.loads(as_json.stdout)["requests"][0]
    assert {"name": "User-Agent", "value": "GoCommand/1 (+https://go.dev/cmd/go)"} in first["request_headers"]
    assert {"name": "Set-Cookie", "value": "xxxxx"} in first["response_headers"]
    assert first["body"].split() == ["v1.0.0"]
    finished = [json.loads(line) for line in events.stdout.splitlines() if "request.finished" in line]
    assert [bool(one["response_headers"] and one["body"]) for one in finished] == [True] * 4
    for said in (as_json.stdout, as_json.stderr, events.stdout, events.stderr):
        assert SECRET not in said


def test_a_secret_that_is_cut_or_stands_behind_a_tab_is_masked_all_the_same() -> None:
    netrc = b"machine h\tlogin bob\tpassword\t" + SECRET.encode()
    assert SECRET not in body_text(netrc)
    filler = b"x" * (BODY_BYTES - 30)
    straddling = filler + b' "access_token": "' + SECRET.encode() * 20 + b'"'
    assert SECRET[:4] not in body_text(straddling)
    (shown,) = shown_headers([("Link", "y" * 380 + f"https://bob:{SECRET}@cdn.example/")])
    assert SECRET[:4] not in shown.value
