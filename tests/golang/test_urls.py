"""URLs as go reads and writes them."""

from __future__ import annotations

import posixpath
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.errors import GoError
from probes.golang.netip import parse_addr
from probes.golang.urls import (
    GoURL,
    clean,
    escape_request_path,
    join,
    parse_url,
    path_escape,
    resolve_reference,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://proxy.example.com", GoURL(scheme="https", host="proxy.example.com")),
        ("HTTPS://h/a%2Fb", GoURL(scheme="https", host="h", path="/a/b", raw_path="/a%2Fb")),
        ("http://h:8080/a b", GoURL(scheme="http", host="h:8080", path="/a b", raw_path="/a b")),
        ("http://h/a%20b", GoURL(scheme="http", host="h", path="/a b")),
        ("http://h?a=b", GoURL(scheme="http", host="h", raw_query="a=b")),
        ("http://h?", GoURL(scheme="http", host="h", force_query=True)),
        ("http://h??", GoURL(scheme="http", host="h", raw_query="?")),
        ("http://h/#a%20b", GoURL(scheme="http", host="h", path="/", fragment="a b")),
        ("http://h/#a b", GoURL(scheme="http", host="h", path="/", fragment="a b", raw_fragment="a b")),
        ("https://u:p%40ss@h", GoURL(scheme="https", user="u", password="p@ss", host="h")),
        ("https://u:@h", GoURL(scheme="https", user="u", password="", host="h")),
        ("https://u@h", GoURL(scheme="https", user="u", host="h")),
        ("https://@h", GoURL(scheme="https", user="", host="h")),
        ("https://a:b@c:d@h", GoURL(scheme="https", user="a", password="b@c:d", host="h")),
        ("file:///tmp/x", GoURL(scheme="file", path="/tmp/x")),
        ("file:/tmp/x", GoURL(scheme="file", path="/tmp/x", omit_host=True)),
        ("mailto:a@b", GoURL(scheme="mailto", opaque="a@b")),
        # A host name with a port and no scheme is a scheme with something opaque.
        ("proxy.example.com:8080/x", GoURL(scheme="proxy.example.com", opaque="8080/x")),
        ("http://[::1]:80/", GoURL(scheme="http", host="[::1]:80", path="/")),
        ("http://[fe80::1%25en0]", GoURL(scheme="http", host="[fe80::1%en0]")),
        ("http://%C3%A9.com", GoURL(scheme="http", host="é.com")),
        ("http://À.com", GoURL(scheme="http", host="À.com")),
        ("postgres://a:1,b:2/", GoURL(scheme="postgres", host="a:1,b:2", path="/")),
        ("http://h/%ff", GoURL(scheme="http", host="h", path="/\udcff", raw_path="/%ff")),
        ("*", GoURL(path="*")),
        ("", GoURL()),
        ("a/b:c", GoURL(path="a/b:c")),
        ("1a/b", GoURL(path="1a/b")),
        ("//h/x", GoURL(host="h", path="/x")),
        ("///x", GoURL(path="///x")),
    ],
)
def test_parse_url(text: str, url: GoURL) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1:8080", "first path segment in URL cannot contain colon"),
        (":8080", "missing protocol scheme"),
        ("http://h:port/", 'invalid port ":port" after host'),
        ("http://h:80:80", 'invalid port ":80:80" after host'),
        ("http://[::1]x", 'invalid port "x" after host'),
        ("http://a b/", 'invalid character " " in host name'),
        ("http://a\\b/", r'invalid character "\\" in host name'),
        ("http://h%41/", 'invalid URL escape "%41"'),
        ("http://h/%zz", 'invalid URL escape "%zz"'),
        ("http://h/%", 'invalid URL escape "%"'),
        ("http://h/%é", 'invalid URL escape "%é"'),
        ("http://h/%世", r'invalid URL escape "%\xe4\xb8"'),
        ("http://h/\n", "net/url: invalid control character in URL"),
        ("http://u s@h/", "net/url: invalid userinfo"),
        ("http://u:%@h/", 'invalid URL escape "%"'),
        ("http://[::1", "missing ']' in host"),
        ("http://x[::1]", "invalid IP-literal"),
        ("http://[1.2.3.4]", "invalid IP-literal"),
        ("http://[::1::]", 'invalid host: ParseAddr("::1::"): multiple :: in address (at ":")'),
        ("http://[h]", 'invalid host: ParseAddr("h"): unable to parse IP'),
        ("http://[fe80::1%25%41%01]", 'invalid URL escape "%01"'),
    ],
)  # fmt: skip
def test_what_go_says_when_it_cannot_parse_a_url(text: str, reason: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_url(text)
    quoted = text.replace("\\", r"\\").replace("\n", r"\n")
    assert str(caught.value) == f'parse "{quoted}": {reason}'


def test_an_error_in_the_url_shows_it_without_fragment_and_one_in_the_fragment_with_it() -> None:
    with pytest.raises(GoError, match=r'^parse ":x": missing protocol scheme$'):
        parse_url(":x#frag")
    with pytest.raises(GoError, match=r'^parse "http://h#%": invalid URL escape "%"$'):
        parse_url("http://h#%")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("HTTP://h/a%2fb?q#f", "http://h/a%2fb?q#f"),
        ("http://h/a b", "http://h/a%20b"),
        ("http://h/世", "http://h/%E4%B8%96"),
        ("http://é.com", "http://%C3%A9.com"),
        ("http://u:p%3a@h", "http://u:p%3A@h"),
        ("http://@h", "http://@h"),
        ("http://$&+,;=:-_.~!'()*@h", "http://$&+,;=:-_.~%21%27%28%29%2A@h"),
        ("http://h?", "http://h?"),
        ("file:/x", "file:/x"),
        ("file:///x", "file:///x"),
        ("http:////h/x", "http:////h/x"),
        ("./a:b", "./a:b"),
        ("mailto:a@b?s", "mailto:a@b?s"),
        ("http://h/[x]!'()", "http://h/[x]!'()"),
        ("http://h/#a b", "http://h/#a%20b"),
    ],
)
def test_string(text: str, written: str) -> None:
    assert parse_url(text).string() == written


def test_string_of_a_url_that_was_put_together() -> None:
    assert GoURL(path="a:b").string() == "./a:b"
    assert GoURL(scheme="http", path="//h/x", omit_host=True).string() == "http:%2F/h/x"
    assert GoURL(scheme="http", host="h", path="x").string() == "http://h/x"
    # A raw path that does not fit the path is left aside.
    assert GoURL(scheme="http", host="h", path="/a b", raw_path="/other").string() == "http://h/a%20b"
    assert GoURL(scheme="http", host="h", path="/a", raw_path="/%zz").string() == "http://h/a"
    assert GoURL(scheme="http", host="h", path="/a/b", raw_path="/a%2Fb").string() == "http://h/a%2Fb"
    assert GoURL(scheme="http", host="h", path="/é", raw_path="/é").string() == "http://h/%C3%A9"


def test_no_password_is_shown() -> None:
    url = parse_url("https://someone:hunter2@h/x?token=s3cr3t#f")
    assert url.redacted() == "https://someone:xxxxx@h/x?token=s3cr3t#f"
    assert parse_url("https://someone@h/x").redacted() == "https://someone@h/x"
    assert parse_url("https://someone:@h/x").redacted() == "https://someone:xxxxx@h/x"
    for shown in (repr(url), str(url), f"{url}"):
        assert "hunter2" not in shown
        assert "someone" not in shown
        assert "s3cr3t" not in shown
        assert "h/x" in shown
    assert "hunter2" not in repr(parse_url("https:someone:hunter2@h"))
    assert "hunter2" not in repr(GoURL(scheme="https", user="u", password="hunter2", host="h"))


@pytest.mark.parametrize(
    ("host", "hostname", "port"),
    [
        ("h", "h", ""), ("h:80", "h", "80"), ("h:", "h", ""), ("[::1]", "::1", ""), ("[::1]:80", "::1", "80"),
        ("h:x", "h:x", ""), ("", "", ""), ("[::1]:x", "[::1]:x", ""),
    ],
)  # fmt: skip
def test_hostname_and_port(host: str, hostname: str, port: str) -> None:
    url = GoURL(scheme="http", host=host)
    assert (url.hostname(), url.port()) == (hostname, port)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://h", "/"), ("http://h/", "/"), ("http://h/a%2Fb?q#f", "/a%2Fb?q"), ("http://h?", "/?"),
        ("http:x?y", "x?y"), ("http://h/a b", "/a%20b"),
    ],
)  # fmt: skip
def test_request_uri(text: str, target: str) -> None:
    assert parse_url(text).request_uri() == target


def test_request_uri_of_an_opaque_url_with_an_authority() -> None:
    assert GoURL(scheme="http", opaque="//h/x").request_uri() == "http://h/x"


# RFC 3986, 5.4, with the base it gives.
@pytest.mark.parametrize(
    ("ref", "resolved"),
    [
        ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"), ("g#s", "http://a/b/c/g#s"), (";x", "http://a/b/c/;x"),
        ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
        ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"), ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"),
        ("./g/.", "http://a/b/c/g/"), ("g/../h", "http://a/b/c/h"), ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/../x", "http://a/b/c/g?y/../x"), ("a%2Fb", "http://a/b/c/a%2Fb"), ("?", "http://a/b/c/d;p?"),
    ],
)  # fmt: skip
def test_resolve_reference_as_rfc_3986_has_it(ref: str, resolved: str) -> None:
    assert resolve_reference(parse_url("http://a/b/c/d;p?q"), ref).string() == resolved


def test_resolve_reference_keeps_who_asks_only_on_the_same_host() -> None:
    base = parse_url("https://u:p@h/x")
    assert resolve_reference(base, "/y").string() == "https://u:p@h/y"
    assert resolve_reference(base, "//other/y").string() == "https://other/y"
    with pytest.raises(GoError, match=r'^parse ":x": missing protocol scheme$'):
        resolve_reference(base, ":x")


def test_escapes() -> None:
    assert path_escape("a/b c,;?%é") == "a%2Fb%20c%2C%3B%3F%25%C3%A9"
    assert path_escape("$&+:=@-_.~") == "$&+:=@-_.~"
    assert path_escape("\udcff") == "%FF"
    assert escape_request_path("m/@v/v2.0.0+incompatible.info") == "m/@v/v2.0.0+incompatible.info"
    assert escape_request_path("!azure/x%2F") == "%21azure/x%252F"


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("", "."), (".", "."), ("/", "/"), ("//", "/"), ("a//b/", "a/b"), ("a/./b", "a/b"), ("a/../b", "b"),
        ("a/..", "."), ("/..", "/"), ("/../a", "/a"), ("../a", "../a"), ("../../a/..", "../.."),
        ("...", "..."), ("a/../../b", "../b"),
    ],
)  # fmt: skip
def test_clean(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


def test_join() -> None:
    assert join() == join("", "") == ""
    assert join("", "a", "", "/b/") == "a/b"
    assert join("/a/", "@v/list") == "/a/@v/list"
    assert join("..", "a") == "../a"


@pytest.mark.parametrize(
    ("text", "packed", "zone"),
    [
        ("1.2.3.4", b"\1\2\3\4", ""),
        ("::", bytes(16), ""),
        ("1::2", b"\0\1" + bytes(12) + b"\0\2", ""),
        ("::ffff:1.2.3.4", bytes(10) + b"\xff\xff\1\2\3\4", ""),
        ("fe80::1%en0", b"\xfe\x80" + bytes(13) + b"\1", "en0"),
    ],
)
def test_parse_addr(text: str, packed: bytes, zone: str) -> None:
    addr = parse_addr(text)
    assert (addr.packed, addr.zone, addr.is4) == (packed, zone, len(packed) == 4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unable to parse IP"),
        ("12", "unable to parse IP"),
        ("%en0", "missing IPv6 address"),
        ("1.2.3", "IPv4 address too short"),
        ("1.2.3.4.5", "IPv4 address too long"),
        ("1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'),
        ("1.2.3.", 'IPv4 field must have at least one digit (at ".")'),
        ("1.2.3.256", "IPv4 field has value >255"),
        ("1.2.3.00", "IPv4 field has octet with leading zero"),
        ("1.2.3.4%z", 'unexpected character (at "%z")'),
        ("::%", "zone must be a non-empty string"),
        ("::12345", 'each group must have 4 or less digits (at "12345")'),
        (":1", 'each colon-separated field must have at least one digit (at ":1")'),
        ("1::2::3", 'multiple :: in address (at ":3")'),
        ("1:2x", 'unexpected character, want colon (at "x")'),
        ("1:2:", 'colon must be followed by more characters (at ":")'),
        ("1:2:3:4:5:6:7", "address string too short"),
        ("1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'),
        ("1:2:3:4:5:6:7:8::", "the :: must expand to at least one field of zeros"),
        (
            "1:2:3:4.5.6.7",
            'embedded IPv4 address must replace the final 2 fields of the address (at "4.5.6.7")',
        ),
        (
            "::1:2:3:4:5:6:7.8.9.1",
            "the :: must expand to at least one field of zeros",
        ),
        (
            "::1:2:3:4:5:6:7:8.9.1.2",
            'too many hex fields to fit an embedded IPv4 at the end of the address (at "8.9.1.2")',
        ),
    ],
)
def test_what_go_says_when_it_cannot_parse_an_address(text: str, reason: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_addr(text)
    assert str(caught.value) == f'ParseAddr("{text}"): {reason}'


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab./")))
def test_clean_is_a_fixed_point_that_names_the_same_file(path: str) -> None:
    cleaned = clean(path)
    assert clean(cleaned) == cleaned
    assert posixpath.normpath("/" + path.lstrip("/")) == clean("/" + path)
    assert join(path) == (cleaned if path else "")


TEXTS = st.binary(max_size=12).map(lambda data: data.decode("utf-8", "surrogateescape"))


@settings(deadline=None)
@given(TEXTS)
def test_an_escaped_segment_is_ascii_and_can_be_undone(text: str) -> None:
    escaped = path_escape(text)
    assert escaped.isascii()
    assert "/" not in escaped
    assert urllib.parse.unquote_to_bytes(escaped) == text.encode("utf-8", "surrogateescape")
    assert parse_url("http://h/" + escaped).path == "/" + text


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_string_writes_is_read_back(user: str, password: str, path: str, fragment: str) -> None:
    url = GoURL(scheme="https", user=user, password=password, host="h", path="/" + path, fragment=fragment)
    again = parse_url(url.string())
    assert again.replace(raw_path="", raw_fragment="") == url
    assert again.string() == url.string()
    assert resolve_reference(GoURL(), url.string()).host == "h"
