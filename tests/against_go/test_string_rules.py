"""The string rules of modules, semantic versions, patterns and URLs against Go's own packages.

Each rule is asked about thousands of inputs made of pieces that are nearly right, all in one question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from probes.golang import module, netip, patterns, quote, semver, urls
from probes.golang.errors import GoError, InvalidPath, InvalidVersion, ModuleError
from tests.against_go import chance as st
from tests.against_go.golang import Oracle

INPUTS = 6000
"""How many each rule sees."""

Input = tuple[str, ...]


def pieces(text: str, *more: str, most: int = 8) -> st.Strategy[str]:
    """Strings made of the words of ``text`` and of ``more``."""
    return st.lists(st.sampled_from([*text.split(), *more]), max_size=most).map("".join)


def joined(*parts: st.Strategy[str]) -> st.Strategy[str]:
    return st.tuples(*parts).map("".join)


def one(strategy: st.Strategy[str]) -> st.Strategy[Input]:
    return st.tuples(strategy)


def wire(value: Any) -> Any:
    """A value as the oracle writes it: each byte of a string is the character of the same number."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list | tuple):
        return [wire(item) for item in value]
    return value


def failure(error: GoError) -> dict[str, str]:
    kinds = (InvalidPath, InvalidVersion, ModuleError)
    kind = next((kind.__name__ for kind in kinds if isinstance(error, kind)), "GoError")
    return {"error": wire(str(error)), "kind": kind}


def outcome(rule: Callable[..., Any], *args: Any) -> Any:
    try:
        return wire(rule(*args))
    except GoError as error:
        return failure(error)


BYTES = st.binary(max_size=6).map(lambda data: data.decode("utf-8", "surrogateescape"))
TEXT = st.one_of(
    st.text(max_size=6),
    BYTES,
    pieces(
        "a \\ \" ' é 世 \u200b \ufeff \ufffd \U0001f600 \U000e0001 \u0378 \u00ad \ud7ff \ue000 %s",
        *"\udcff \t\n\r\v\f\a\x00\x1c\x7f\x85\xa0\u2028\u3000\u180e",
        "\udce4\udcb8",
    ),
)

VERSIONS = st.one_of(
    st.sampled_from(["v0.0.0", "v1.0.0", "v1.2.3", "v1.2.3-pre", "v2.0.0+incompatible", "v1", "v1.2", ""]),
    pieces("v v1 v0 . .0 .1 .10 .2 .02 - -0 -1 -01 -rc.1 -rc.11 -alpha -- + +incompatible +meta.1 a A x _ é"),
    pieces("v1 .2 .3 - \udcff"),
    joined(
        pieces("v0 v1 v2 v10 v", most=1),
        pieces(".0 .1 .9 .10", most=3),
        pieces("-0 -1 -a -a.b .1 .a .0a .00 - .", most=3),
        pieces("+incompatible +m .1 +", most=1),
    ),
)

ANY = "0123456789"
TIME_DIGITS = ("12", ANY, ANY, ANY, "01", ANY, "0123", ANY, "012", ANY, "0123456", ANY, ANY, ANY)
PSEUDO_VERSIONS = st.one_of(
    VERSIONS,
    joined(
        pieces("v0.0.0 v1.0.0 v2.0.0 v1.2.3 v1.2.0 v1.2.10 v1.2.100 v0.1.1 v1.2 v01.0.0", most=1),
        pieces("- -0. -pre.0. -pre.1.0. -0-0. -0 -. -0.0. -00. -a-0.", most=1),
        st.one_of(
            pieces("20190101000000 20200229235959 20190229000000 00010101000000 99991231235959", most=1),
            pieces("20191301000000 20190101240000 20190101000060 2019010100000 201901010000000", most=1),
            joined(*(st.sampled_from(digits) for digits in TIME_DIGITS)),
        ),
        pieces("-abcdef123456 -ABC -0 - -abc-def -abc.d -é", most=2),
        pieces("+incompatible +meta +a.b +", most=1),
    ),
)

MODULE_PATHS = st.one_of(
    pieces(
        "example.com rsc.io gopkg.in / / / /v1 /v2 /v0 /v02 /v2.1 /v .v2 .v0 .v1 -unstable a A b - . .. _ ~1"
        " ~ x~a con AUX.go nul com1 + é ! @ : //",
        *"'\"\\ \n\udcff",
    ),
    joined(
        pieces("example.com Example.com gopkg.in/yaml gopkg.in gopkg.in/x/y -a.b a a.b. .a.b", most=1),
        pieces("/a /B /.a /a. /~1 /a~1 /a~x.1 /con /lpt9.x /x+ /-x /é /!a", most=2),
        pieces("/v2 /v1 /v0 /v10 /v02 /v2.0 /v /vv2 .v2 .v0 .v01 .v .v3 / -unstable", most=2),
    ),
)

FILE_PATHS = st.one_of(
    MODULE_PATHS,
    pieces(
        "a / / go.mod .git é 世 \u0301 \u2160 \u1c89 \U00031350 \U000323b0 CON Con.txt prn COM0 lpt1 ~1",
        *"\udcff!#$%&()+,-.=@[]^_{}~\"'*<>?`|\\:; \t\x7f\u212a",
    ),
)

ESCAPED = st.one_of(
    MODULE_PATHS,
    VERSIONS,
    pieces("example.com /!a !azure !! !A !1 A /a ! v1.0.0 -!r!c /v2 é \udcff", "\n", "!"),
)

PATH_MAJORS = st.one_of(
    st.sampled_from(["", "/v2", ".v1", ".v2", ".v1-unstable", ".v0", "/v10", "/", ".", "v2", ".v-unstable"]),
    pieces("/ . v 1 2 -unstable é"),
)

GLOBS = pieces(
    "a b .com * * ? / [a-c] [^a] [a [] []] [ ] ^ - \\ \\* \\[ [\\]] [a-] [-a] [é-ü] é € \ufffd [\ufffd] [^/]"
    " \udcff [\udcff] [b-a] ** 😀 [😀] ࠀ [ࠀ]"
)
NAMES = pieces("a b c abc .com / x é ü € 😀 ࠀ \udce2\udc82 \udcff \ufffd ] [ * ^ - \\")
GLOB_LISTS = st.lists(
    st.one_of(
        GLOBS,
        st.sampled_from(["corp.com", "*.corp.com", "corp.com/", "corp.com/*", "corp.com//", "/corp.com"]),
        st.sampled_from(["[bad", "*", "git.*", " corp.com"]),
    ),
    max_size=4,
).map(",".join)
TARGETS = st.one_of(NAMES, pieces("corp.com git. / /x /y evil", most=5))

ADDRESSES = st.one_of(
    pieces("1 0 :: :: : : . . . ffff fe80 12345 00 255 256 1.2.3.4 % %en0 g é 01", most=10),
    joined(pieces("1:2:3:4:5:6 ::2:3:4:5:6 1::3:4:5:6", most=1), pieces("7 :8 : :: 1.2.3.4 g %z .5", most=5)),
    joined(pieces("1.2.3 1.2 255.0.10.", most=1), pieces(". 4 256 00 0 x .5 %z :", most=3)),
)
SEGMENTS = pieces(
    "a b . .. / / : %2f %2F %20 % %zz %e4%b8%96 世 \udcff ? # //", *";,@[]!*$&'()+=~<>^|{}` \\\"\x7f"
)
BRACKETED = joined(
    st.just("["),
    st.one_of(ADDRESSES, pieces("::1 fe80::1%25en0 fe80::1%25e%20n fe80::1%25 %25 %41 %31 ::1%en0")),
    pieces("] ]:80 ]:x ]] ]x", most=1),
)
HOSTS = pieces(
    "h é.com À :80 :80 :8x : % %41 %c3%a9 %7f %80 %25 < ^ { \\ * [::1] [::1 ::1] [1.2.3.4] :1:2 \udcff", *'" '
)
URLS = st.one_of(
    joined(
        pieces("http: https: file: HTTP: ssh: mailto: : 1http: ht+tp: ht_tp: é: ./ ../", most=1),
        st.sampled_from(["", "/", "//", "//", "//", "//", "///", "////"]),
        pieces("user user:pass @ @ : us%20er:p%40ss% u:p:q git: % p%ss é ^ [ $&+ ,;= !*()'", " ", most=3),
        st.one_of(HOSTS, BRACKETED),
        SEGMENTS,
        pieces("? ? ?a=b ?% # #f #% #%41 #é #?! #'", "\n", most=3),
    ),
    pieces("* a:b a/b:c /a: // : ? # . .. http: https://h h.com/x ?q file: %2F", *"\n \x7f"),
)
GOOD_BASES = st.one_of(
    st.sampled_from(["http://a/b/c/d;p?q", "https://u:p@h:1/", "http://h", "file:///tmp/x", "file:/tmp/x"]),
    st.sampled_from(["http://h/a%2Fb/c?x#f", "http://h//a//b/", "http://h/世/x y", "http://h/?"]),
    st.sampled_from(["mailto:a@b", "/only/path", "rel/path", "//h/x", "*", ""]),
)
REQUEST_PATHS = st.one_of(
    SEGMENTS,
    pieces("example.com / !azure @v @v/list @latest v1.0.0 .info v2.0.0+incompatible .zip /@v/"),
)


def url_parts(url: urls.GoURL) -> list[Any]:
    return [
        url.scheme, url.opaque, url.user, url.password, url.host, url.path, url.raw_path,
        url.force_query, url.raw_query, url.fragment, url.raw_fragment, url.omit_host,
        url.string(), url.redacted(), url.escaped_path(), url.escaped_fragment(),
        url.hostname(), url.port(), url.request_uri(),
    ]  # fmt: skip


def request_url(base: str, path: str) -> list[Any]:
    url = urls.parse_url(base)
    raw_path = urls.join(url.raw_path, urls.escape_request_path(path))
    return url_parts(url.replace(path=urls.join(url.path, path), raw_path=raw_path))


def semver_parts(v: str) -> list[Any]:
    return [
        semver.is_valid(v), semver.canonical(v), semver.major(v), semver.major_minor(v),
        semver.prerelease(v), semver.build(v), module.canonical_version(v),
    ]  # fmt: skip


def version_error(path: str, version: str, inner_path: str, inner_version: str) -> None:
    inner: GoError = InvalidVersion(inner_version, GoError("invalid syntax"))
    if inner_path:
        inner = module.version_error(inner_path, inner_version, inner)
    raise module.version_error(path, version, inner)


def address(text: str) -> list[Any]:
    addr = netip.parse_addr(text)
    return [addr.packed, addr.zone]


@dataclass(frozen=True)
class Rule:
    """One function of ours, what it is asked, and Go's function of the same name in oracle/rules.go."""

    name: str
    inputs: st.Strategy[Input]
    ours: Callable[..., Any]


RULES = [
    Rule("quote", one(TEXT), quote.quote),
    Rule("fields", one(TEXT), quote.fields),
    Rule("trim_space", one(TEXT), quote.trim_space),
    Rule("semver", one(st.one_of(VERSIONS, PSEUDO_VERSIONS)), semver_parts),
    Rule("compare", st.tuples(VERSIONS, VERSIONS), semver.compare),
    Rule("sort", st.lists(VERSIONS, max_size=8).map(tuple), lambda *versions: semver.sort(versions)),
    Rule("check_path", one(MODULE_PATHS), module.check_path),
    Rule("check_import_path", one(MODULE_PATHS), module.check_import_path),
    Rule("check_file_path", one(FILE_PATHS), module.check_file_path),
    Rule("check", st.tuples(MODULE_PATHS, st.one_of(VERSIONS, PSEUDO_VERSIONS)), module.check),
    Rule("split_path_version", one(MODULE_PATHS), module.split_path_version),
    Rule(
        "check_path_major",
        st.tuples(st.one_of(VERSIONS, PSEUDO_VERSIONS), PATH_MAJORS),
        lambda v, major: [outcome(module.check_path_major, v, major), module.matches_path_major(v, major)],
    ),
    Rule("escape_path", one(MODULE_PATHS), module.escape_path),
    Rule("escape_version", one(st.one_of(VERSIONS, FILE_PATHS)), module.escape_version),
    Rule("unescape_path", one(ESCAPED), module.unescape_path),
    Rule("unescape_version", one(ESCAPED), module.unescape_version),
    Rule("is_pseudo_version", one(PSEUDO_VERSIONS), module.is_pseudo_version),
    Rule("pseudo_version_rev", one(PSEUDO_VERSIONS), module.pseudo_version_rev),
    Rule("pseudo_version_base", one(PSEUDO_VERSIONS), module.pseudo_version_base),
    Rule(
        "pseudo_version_time",
        one(PSEUDO_VERSIONS),
        lambda v: module.pseudo_version_time(v).replace(tzinfo=None).isoformat(),
    ),
    Rule(
        "version_error",
        st.tuples(
            st.sampled_from(["m.io/a", "m.io/b"]), st.sampled_from(["", "v1.0.0", "v2.0.0"]),
            st.sampled_from(["", "m.io/a"]), st.sampled_from(["v1.0.0", "x"]),
        ),
        version_error,
    ),
    Rule("path_match", st.tuples(GLOBS, NAMES), patterns.path_match),
    Rule("match_prefix_patterns", st.tuples(GLOB_LISTS, TARGETS), patterns.match_prefix_patterns),
    Rule("parse_addr", one(ADDRESSES), address),
    Rule("parse_url", one(URLS), lambda text: url_parts(urls.parse_url(text))),
    Rule(
        "resolve_reference",
        st.tuples(st.one_of(GOOD_BASES, URLS), st.one_of(URLS, SEGMENTS)),
        lambda base, ref: url_parts(urls.resolve_reference(urls.parse_url(base), ref)),
    ),
    Rule("request_url", st.tuples(st.one_of(GOOD_BASES, URLS), REQUEST_PATHS), request_url),
    Rule("path_escape", one(st.one_of(SEGMENTS, TEXT)), urls.path_escape),
    Rule("clean", one(pieces("a .. .. . / / é \udcff ...")), urls.clean),
    Rule("join", st.lists(pieces("a .. . / / b", most=4), max_size=4).map(tuple), urls.join),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_answers_as_go_does(oracle: Oracle, rule: Rule) -> None:
    chance = st.chance_of(rule.name)
    asked = [rule.inputs.make(chance) for _ in range(INPUTS)]
    answers = oracle.ask(f"rules.{rule.name}", wire(asked))
    for args, theirs in zip(asked, answers, strict=True):
        assert (args, outcome(rule.ours, *args)) == (args, theirs)


PLANES = [(0, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x3FFFF), (0xE0000, 0xE0FFF)]
"""All planes with characters in them, but for private use."""


def classes_of(ch: str) -> int:
    return quote.is_graphic(ch) | quote.is_letter(ch) << 1 | quote.is_space(ch) << 2


@pytest.mark.parametrize(("first", "last"), PLANES)
def test_every_character_is_of_the_class_that_go_gives_it(oracle: Oracle, first: int, last: int) -> None:
    classes = oracle.ask("rules.classes", [first, last + 1])
    wrong = [
        hex(code)
        for code, theirs in zip(range(first, last + 1), classes, strict=True)
        if not 0xD800 <= code <= 0xDFFF and classes_of(chr(code)) != int(theirs)
    ]
    assert wrong == []


@pytest.mark.parametrize(("first", "last"), PLANES)
def test_every_character_is_quoted_as_go_quotes_it(oracle: Oracle, first: int, last: int) -> None:
    characters = [chr(code) for code in range(first, last + 1) if not 0xD800 <= code <= 0xDFFF]
    text = "".join(characters)
    assert wire(quote.quote(text)) == oracle.ask("rules.quote", [[wire(text)]])[0]
    runes = oracle.ask("rules.quote_rune", [ord(ch) for ch in characters])
    assert [wire(quote.quote_rune(ch)) for ch in characters] == runes
