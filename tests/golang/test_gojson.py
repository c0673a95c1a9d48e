"""What go says of an .info body."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.errors import GoError
from probes.golang.gojson import MAX_DEPTH, Kind, RevInfo, decode_rev_info, parse
from probes.golang.gotime import parse_rfc3339

STRUCT = "json: cannot unmarshal {} into Go struct field RevInfo.{} of type {}"
OFFSET = "time zone offset {} out of range"
LAYOUT = '"2006-01-02T15:04:05Z07:00"'


def refusal(body: bytes) -> str:
    with pytest.raises(GoError) as caught:
        decode_rev_info(body)
    return str(caught.value)


def test_a_proxy_answer() -> None:
    info = decode_rev_info(
        b'{"Version":"v1.2.3","Time":"2021-08-12T16:21:28+02:00",'
        b'"Origin":{"VCS":"git","URL":"https://x.test/r","Hash":"","Ref":"refs/tags/v1.2.3"},"More":[1,{}]}'
    )
    assert info == RevInfo(
        "v1.2.3",
        datetime(2021, 8, 12, 14, 21, 28, tzinfo=UTC),
        "2021-08-12T16:21:28+02:00",
        {"VCS": "git", "URL": "https://x.test/r", "Ref": "refs/tags/v1.2.3"},
    )


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (b"null", ""),
        (b"{}", ""),
        (b' {"version":"v1"} ', "v1"),
        (b'{"VER\xc5\xbfION":"v1"}', "v1"),
        (b'{"Version":"v1","version":"v2"}', "v2"),
        (b'{"Version":"v1","Version":null}', "v1"),
        (rb'{"Version":"\u0076\ud83d\ude00\ud83d\n\/"}', "v\N{GRINNING FACE}\ufffd\n/"),
        (b'{"Version":"a\xff\xe2\x82b"}', "a\ufffd\ufffd\ufffdb"),
        (b'{"Ver-sion":1,"\xff":2,"Versio":3,"":4}', ""),
    ],
)
def test_versions_as_go_reads_them(body: bytes, version: str) -> None:
    assert decode_rev_info(body).version == version


def test_a_repeated_origin_is_merged_and_null_clears_it() -> None:
    assert decode_rev_info(b'{"Origin":{"VCS":"git"},"origin":{"URL":"u"}}').origin == {
        "VCS": "git",
        "URL": "u",
    }
    assert decode_rev_info(b'{"Origin":{"VCS":"git"},"Origin":null,"Origin":{"Ref":"r"}}').origin == {
        "Ref": "r"
    }
    assert decode_rev_info(b'{"Origin":{"VCS":"git","VCS":null,"Vcs":""}}').origin == {}
    assert decode_rev_info(b'{"Origin":null}').origin is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "unexpected end of JSON input"),
        (b" \n", "unexpected end of JSON input"),
        (b'{"Version":"v1', "unexpected end of JSON input"),
        (b'{"Version":"\\u12', "unexpected end of JSON input"),
        (b"-", "unexpected end of JSON input"),
        (b"tru", "unexpected end of JSON input"),
        (b"<html>", "invalid character '<' looking for beginning of value"),
        (b"\xff", "invalid character '\\xff' looking for beginning of value"),
        (b"\xef\xbb\xbf{}", "invalid character '\\ufeff' looking for beginning of value"),
        (b"\xc3\xa9", "invalid character 'é' looking for beginning of value"),
        (b",", "invalid character ',' looking for beginning of value"),
        (b"{}{}", "invalid character '{' after top-level value"),
        (b"01", "invalid character '1' after top-level value"),
        (b"{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1.e]", "invalid character 'e' in numeric literal"),
        (b"nul!", "invalid character '!' in literal null (expecting 'l')"),
        (b'"\x01"', "invalid character '\\x01' in string"),
        (b'"\\x"', "invalid escape sequence `\\x` in string"),
        (b'"\\u00g0"', "invalid escape sequence `\\u00g0` in string"),
        (b'"\\u00`0"', 'invalid escape sequence "\\\\u00`0" in string'),
        (b'"\\ "', 'invalid escape sequence "\\\\ " in string'),
        (b'"\\\xff"', 'invalid escape sequence "\\\\\\xff" in string'),
    ],
)
def test_syntax_errors(body: bytes, text: str) -> None:
    assert refusal(body) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[]", "json: cannot unmarshal array into Go value of type modfetch.RevInfo"),
        (b'"v1"', "json: cannot unmarshal string into Go value of type modfetch.RevInfo"),
        (b"false", "json: cannot unmarshal bool into Go value of type modfetch.RevInfo"),
        (b'{"Version":1}', STRUCT.format("number", "Version", "string")),
        (b'{"version":true}', STRUCT.format("bool", "version", "string")),
        (b'{"Time":{}}', STRUCT.format("object", "Time", "time.Time")),
        (b'{"Origin":"x"}', STRUCT.format("string", "Origin", "codehost.Origin")),
        (b'{"Origin":{"url":[]}}', STRUCT.format("array", "Origin.url", "string")),
    ],
)
def test_wrong_types_name_the_member_as_it_is_spelled(body: bytes, text: str) -> None:
    assert refusal(body) == text


def test_syntax_comes_first_and_then_the_first_wrong_value() -> None:
    assert refusal(b'{"Version":1,"Time":"x"') == "unexpected end of JSON input"
    assert refusal(b'{"Version":1,"Time":"x"}').startswith("json: cannot unmarshal number")
    assert refusal(b'{"Time":"x","Version":1}').startswith("parsing time")
    assert refusal(b'{"Origin":{"VCS":1,"URL":[]},"Version":1}').startswith(
        "json: cannot unmarshal number into Go"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("yesterday", f'parsing time "yesterday" as {LAYOUT}: cannot parse "yesterday" as "2006"'),
        ("2021-8-12", f'parsing time "2021-8-12" as {LAYOUT}: cannot parse "8-12" as "01"'),
        ("2021-08-12 16:21", f'parsing time "2021-08-12 16:21" as {LAYOUT}: cannot parse " 16:21" as "T"'),
        ("2021-13-01T00:00:00Z", 'parsing time "2021-13-01T00:00:00Z": month out of range'),
        ("2021-02-29T00:00:00Z", 'parsing time "2021-02-29T00:00:00Z": day out of range'),
        ("2021-02-28T00:00:00+25:6?", 'parsing time "2021-02-28T00:00:00+25:6?": ' + OFFSET.format("hour")),
        ("2021-02-28T24:00:00Z", 'parsing time "2021-02-28T24:00:00Z": hour out of range'),
        ("2021-02-28T00:00:00+25:61", 'parsing time "2021-02-28T00:00:00+25:61": ' + OFFSET.format("minute")),
        (
            "2021-02-28T00:00:00Z!é",
            'parsing time "2021-02-28T00:00:00Z!\\xc3\\xa9": extra text: "!\\xc3\\xa9"',
        ),
        (
            "2021-02-28T00:00:00",
            f'parsing time "2021-02-28T00:00:00" as {LAYOUT}: cannot parse "" as "Z07:00"',
        ),
    ],
)
def test_time_errors(text: str, error: str) -> None:
    assert refusal(json.dumps({"Time": text}, ensure_ascii=False).encode()) == error


def test_times_that_only_go_reads() -> None:
    instant = parse_rfc3339(b"2020-02-29T5:04:05,123456789999+24:60")
    assert (instant.hour, instant.nanosecond, instant.offset) == (5, 123456789, 25 * 3600)
    assert instant.datetime() == datetime(2020, 2, 28, 4, 4, 5, 123456, tzinfo=UTC)


def test_a_year_that_python_has_not_is_no_error() -> None:
    info = decode_rev_info(b'{"Version":"v1","Time":"0000-01-01T00:00:00Z"}')
    assert (info.time, info.time_text) == (None, "0000-01-01T00:00:00Z")


def test_nesting_is_limited_but_costs_no_stack() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH).kind is Kind.ARRAY
    assert decode_rev_info(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH) == RevInfo()
    assert refusal(b"[" * (MAX_DEPTH + 1)) == "exceeded max depth"
    assert refusal(b'{"a":' * 3_000_000) == "exceeded max depth"


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:\\u0dtrue1.eE+- \n', max_size=30).map(str.encode))
def test_any_bytes_give_an_answer_or_a_go_error(body: bytes) -> None:
    with suppress(GoError):
        assert isinstance(decode_rev_info(body), RevInfo)


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_any_version_comes_back(version: str, ascii_only: bool) -> None:
    shown = version.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    body = json.dumps({"x": [version], "Version": version}, ensure_ascii=ascii_only)
    assert decode_rev_info(body.encode("utf-8", "replace")).version in (version, shown)
