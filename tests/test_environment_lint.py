"""Findings about an environment: that each fires, where it points, its remedy, and when all is quiet."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.nearest import distance
from probes.golang.environment import VARIABLES, Environment, Facts, layer_environment
from probes.golang.errors import GoError
from probes.golang.goproxy import parse_goproxy
from probes.golang.module import check_path
from probes.golang.patterns import match_prefix_patterns

ERROR, WARNING, INFO = Level.ERROR, Level.WARNING, Level.INFO
HOME = {"HOME": "/home/u"}
FILE = "/home/u/.config/go/env"


def environment(process: dict[str, str] | None = None, goenv: str = "", **facts: object) -> Environment:
    data = goenv.encode("utf-8", "surrogateescape")
    return layer_environment(HOME | (process or {}), data, None, facts=Facts(**facts))  # type: ignore[arg-type]


def findings(process: dict[str, str] | None = None, goenv: str = "", **facts: object) -> dict[str, Finding]:
    """The findings by id; a test that cares about two of one kind looks at lint itself."""
    return {finding.id: finding for finding in lint(environment(process, goenv, **facts))}


def only(name: str, value: str, **facts: object) -> Finding:
    """The one finding about a value."""
    found = [f for f in lint(environment({name: value}, **facts)) if f.variable == name]
    assert len(found) == 1, found
    return found[0]


def at(finding: Finding, value: str) -> str:
    """What a finding points at."""
    assert finding.position is not None
    assert finding.length is not None
    return value[finding.position : finding.position + finding.length]


def test_a_plain_machine_has_nothing_to_complain_about() -> None:
    assert lint(environment()) == ()
    assert lint(environment({"GOPROXY": "https://a.example/x,https://b.example|direct"})) == ()
    assert lint(environment({"GOPRIVATE": "git.corp.example,github.com/me,corp.example/*/x"})) == ()
    assert lint(environment({"GOFLAGS": "-mod=mod '-tags=a b'", "GO111MODULE": "on", "GOAUTH": "off"})) == ()


# --- GOPROXY


@pytest.mark.parametrize(
    ("value", "kind", "level", "place", "mended"),
    [
        ("https://goproxy.cn，direct", "full-width", ERROR, "，", "https://goproxy.cn,direct"),
        ("https：//goproxy.cn,direct", "full-width", ERROR, "：", "https://goproxy.cn,direct"),
        ("https://a.b；direct", "full-width", ERROR, "；", "https://a.b,direct"),
        ("https://a.b、direct", "full-width", ERROR, "、", "https://a.b,direct"),
        ("https://a.b｜direct", "full-width", ERROR, "｜", "https://a.b|direct"),
        ("https://a.b;direct", "semicolon", ERROR, ";", "https://a.b,direct"),
        ("“https://a.b”", "quote", ERROR, "“", "https://a.b"),
        ("'https://a.b'", "quote", ERROR, "'", "https://a.b"),
        ("\u200bhttps://a.b,direct", "invisible", ERROR, "\u200b", "https://a.b,direct"),
        ("https://a.b direct", "space", ERROR, " ", "https://a.b,direct"),
        ("https://a.b,direct # ours", "comment", ERROR, " # ours", "https://a.b,direct"),
        ("direct,https://a.b", "dead-entry", WARNING, "https://a.b", "https://a.b,direct"),
        ("off|https://a.b|direct", "dead-entry", WARNING, "https://a.b|direct", "https://a.b|off"),
        ("https://a.b,direct/", "keyword-slash", ERROR, "direct/", "https://a.b,direct"),
        ("https://a.b,Direct", "keyword", ERROR, "Direct", "https://a.b,direct"),
        ("https://a.b,direc", "keyword", ERROR, "direc", "https://a.b,direct"),
        ("OFF", "keyword", ERROR, "OFF", "off"),
        ("myproxy", "invalid-url", ERROR, "myproxy", "https://myproxy"),
        ("/srv/proxy,off", "invalid-url", ERROR, "/srv/proxy", "file:///srv/proxy,off"),
        ("htps://a.b", "invalid-url", ERROR, "htps://a.b", "https://a.b"),
        ("ftp://a.b", "invalid-url", ERROR, "ftp://a.b", None),
        ("https://a.b:port,direct", "invalid-url", ERROR, "https://a.b:port", None),
        ("file://host/x", "invalid-url", ERROR, "file://host/x", None),
        ("http//a.b,direct", "scheme-typo", ERROR, "http//", "http://a.b,direct"),
        ("https:/a.b,direct", "scheme-typo", ERROR, "https:/", "https://a.b,direct"),
        ("http:///x", "no-host", ERROR, "http:///x", None),
        ("localhost:8080", "assumed-https", WARNING, "localhost:8080", "http://localhost:8080"),
        ("proxy.corp:8081,direct", "assumed-https", WARNING, "proxy.corp:8081", "http://proxy.corp:8081,direct"),
        (",|,", "no-entries", ERROR, ",|,", "https://proxy.golang.org,direct"),
        ("https://a.b/?token=abc,direct", "secret-in-query", WARNING, "https://a.b/?token=abc", None),
        ("https://u:pw@a.b", "credentials", INFO, "u:pw", None),
        ("http://u:pw@a.b", "credentials-over-http", ERROR, "u:pw", "https://xxxxx@a.b"),
    ],
)  # fmt: skip
def test_goproxy(value: str, kind: str, level: Level, place: str, mended: str | None) -> None:
    found = findings({"GOPROXY": value})[f"goproxy.{kind}"]
    assert found.level is level
    assert at(found, value) == place
    offered = [shlex.split(line)[-1].removeprefix("GOPROXY=") for line in found.remedy if "=" in line]
    assert offered == ([] if mended is None else [mended])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("OFF", "invalid proxy URL missing scheme: OFF"),
        ("https://a.b:x", 'parse "https://a.b:x": invalid port ":x" after host'),
        ("ftp://a.b", "invalid proxy URL scheme (must be https, http, file): ftp://a.b"),
        (" , ", "GOPROXY list is not the empty string, but contains no entries"),
        ("http://u:p@a.b", "refusing to pass credentials to insecure URL"),
    ],
)
def test_goproxy_findings_carry_gos_own_words(value: str, words: str) -> None:
    assert words in only("GOPROXY", value).message


@pytest.mark.parametrize(
    "value",
    [
        "https://a.b,https://c.d,direct",
        " https://a.b , direct ",
        ",,https://a.b,,",
        "direct",
        "off",
        "proxy.golang.org",
        "a.b:443/x",
        "file:///my folder/proxy",
        "https://a.b/x%20y|direct",
        "HTTPS://A.B",
    ],
)
def test_goproxy_is_left_alone(value: str) -> None:
    assert lint(environment({"GOPROXY": value})) == ()


def test_goproxy_off_still_lets_private_modules_through() -> None:
    found = findings({"GOPROXY": "off", "GOPRIVATE": "a.example"})["goproxy.off-but-private"]
    assert found.level is INFO
    assert "a.example" in found.message


def test_a_dead_entry_is_not_looked_at_any_closer() -> None:
    assert set(findings({"GOPROXY": "direct,ftp://x"})) == {"goproxy.dead-entry"}


def test_remedy_fits_the_place_the_value_comes_from() -> None:
    assert only("GOPROXY", "OFF").remedy == ("export GOPROXY=off",)
    in_file = findings({}, "GOPROXY=https://a.b|Direct\n")["goproxy.keyword"]
    assert in_file.remedy == ("go env -w 'GOPROXY=https://a.b|direct'",) or in_file.remedy == (
        "go env -w GOPROXY='https://a.b|direct'",
    )


def test_without_go_env_goproxy_has_no_value() -> None:
    bare = layer_environment(HOME, None, None, facts=Facts(goroot="/go"))
    assert {f.id: f.level for f in lint(bare)} == {"goproxy.unset": ERROR, "gosumdb.unset": ERROR}


ENTRY = st.sampled_from(["https://a.example", "http://b.example:81/x", "file:///srv/p", "c.example/y"])
GOOD_LISTS = st.builds(
    lambda entries, seps, last: "".join(e + s for e, s in zip(entries, seps, strict=False)) + last,
    st.lists(ENTRY, min_size=1, max_size=3),
    st.lists(st.sampled_from(",|"), min_size=3, max_size=3),
    st.sampled_from(["direct", "off"]),
)
CORRUPT = {
    ",": st.sampled_from(["，", "、", "；", ";", " ", "，", ",\u200b"]),
    ":": st.just("："),
    "|": st.just("｜"),
    "direct": st.sampled_from(["Direct", "direct/", "DIRECT", "direc", "dirct"]),
}


@settings(deadline=None)
@given(good=GOOD_LISTS, data=st.data())
def test_a_corrupted_list_is_mended(good: str, data: st.DataObject) -> None:
    """Whatever a web page or a keyboard does to a good list, the remedy is the good list again."""
    bad = good
    for part in data.draw(st.lists(st.sampled_from(sorted(CORRUPT)), min_size=1, max_size=2, unique=True)):
        if part in bad:
            bad = bad.replace(part, data.draw(CORRUPT[part]), 1)
    if data.draw(st.booleans()):
        bad = f'"{bad}"'
    # Between two entries without a separator left, "|" cannot be told from ",".
    assume(bad != good and "file：" not in bad)
    found = [f for f in lint(environment({"GOPROXY": bad})) if f.level is ERROR]
    assert found
    for finding in found:
        assert good in [shlex.split(line)[1].removeprefix("GOPROXY=") for line in finding.remedy]


@settings(deadline=None)
@given(st.text("adhptsirecof:/.,|;，： \"'@?#%[]x1", max_size=25))
def test_what_go_refuses_is_an_error(value: str) -> None:
    assume(value)
    if parse_goproxy(value).error is not None:
        assert any(
            f.level is ERROR and f.variable == "GOPROXY" for f in lint(environment({"GOPROXY": value}))
        )


# --- Patterns


@pytest.mark.parametrize(
    ("value", "kind", "place", "mended"),
    [
        ("foo.com, example.com", "space", " ", "foo.com,example.com"),
        ("foo.com example.com", "space", " ", "foo.com,example.com"),
        ("foo.com\t,b.com", "invisible", "\t", "foo.com,b.com"),
        ("foo.com，b.com", "full-width", "，", "foo.com,b.com"),
        ("foo.com：8443", "full-width", "：", "foo.com"),
        ("foo.com;b.com", "semicolon", ";", "foo.com,b.com"),
        ("foo.com|b.com", "pipe", "|", "foo.com,b.com"),
        ('"foo.com"', "quote", '"', "foo.com"),
        ("foo.com\r", "invisible", "\r", "foo.com"),
        ("https://foo.com/x", "scheme", "https://", "foo.com/x"),
        ("foo.com:8443/x", "port", ":8443", "foo.com/x"),
        ("gitlab.com/x@develop", "at", "@", "gitlab.com/x"),
        ("git@foo.com:team/x", "at", "@", "foo.com/team/x"),
        (".foo.com", "leading-dot", ".", "*.foo.com"),
        ("a.b,!foo.com", "negation", "!", "a.b"),
        ("!foo.com", "negation", "!", None),
        ("foo.com/...", "ellipsis", "...", "foo.com"),
        ("Foo.com/Me", "upper-case-host", "F", "foo.com/Me"),
        ("/foo.com", "slash", "/", "foo.com"),
        ("foo.com//", "slash", "//", "foo.com"),
        ("foo.com/[a", "malformed", "foo.com/[a", None),
        ("[]a].com", "malformed", "[]a].com", None),
    ],
)
def test_pattern_that_never_matches(value: str, kind: str, place: str, mended: str | None) -> None:
    for name in ("GOPRIVATE", "GONOSUMDB"):
        found = findings({name: value})[f"pattern.{kind}"]
        assert (found.variable, found.level) == (name, ERROR)
        assert at(found, value) == place
        remedies = [shlex.split(line)[1] for line in found.remedy]
        assert remedies == ([] if mended is None else [f"{name}={mended}"])
        assert "checksum database" in found.message


@pytest.mark.parametrize(
    ("value", "kind", "level"),
    [
        ("*", "everything", WARNING),
        ("*.*", "everything", WARNING),
        ("corp", "no-host", WARNING),
        ("*.corp.com", "subdomains-only", INFO),
        ("*corp.com", "star-without-dot", INFO),
    ],
)
def test_pattern_that_matches_otherwise_than_it_seems(value: str, kind: str, level: Level) -> None:
    assert findings({"GOPRIVATE": value})[f"pattern.{kind}"].level is level


@pytest.mark.parametrize(
    "value",
    ["corp.com", "corp.com/", "github.com/Me", "*.corp.com,corp.com", "git.*", "[a-cA-C].com", "none", "off",
     ",,a.com,,", "corp.com/**", "a?c.com", "corp.com/x/v2", "github.com/*/x"],
)  # fmt: skip
def test_pattern_is_left_alone(value: str) -> None:
    assert lint(environment({"GOPRIVATE": value})) == ()


def test_level_follows_from_what_leaks() -> None:
    assert only("GOINSECURE", "https://a.b").level is WARNING
    covered = {"GOPRIVATE": "https://a.b", "GONOPROXY": "a.b", "GONOSUMDB": "a.b"}
    assert findings(covered)["pattern.scheme"].level is WARNING


def test_derived_lists_do_not_repeat_the_finding() -> None:
    assert [f.variable for f in lint(environment({"GOPRIVATE": "a.b, c.d"}))] == ["GOPRIVATE"]


def test_gonoproxy_alone_leaves_the_checksum_database() -> None:
    found = findings({"GONOPROXY": "corp.example"})["gonoproxy.still-verified"]
    assert found.level is INFO
    assert "gonoproxy.still-verified" not in findings({"GONOPROXY": "corp.example", "GOSUMDB": "off"})
    assert "gonoproxy.still-verified" not in findings({"GONOPROXY": "none", "GOPRIVATE": "corp.example"})


NEVER = {"pattern." + kind for kind in (
    "space", "invisible", "full-width", "semicolon", "pipe", "quote", "scheme", "port", "at", "colon",
    "leading-dot",
    "negation", "ellipsis", "upper-case-host", "slash", "malformed", "no-host",
)}  # fmt: skip
PATHS = ("corp.com", "corp.com/x", "a.corp.com/x/y", "github.com/Me/x", "x.y", "a-b.c/d.e/v2", "xn--a.b/c")


@settings(deadline=None, max_examples=300)
@given(
    st.text("acorp.m/*?[]-^xXyME :@|;!1\\", min_size=1, max_size=9), st.sampled_from(PATHS), st.integers(0, 9)
)
def test_what_is_said_never_to_match_never_matches(noise: str, path: str, where: int) -> None:
    """Patterns made of real paths and noise, against those paths."""
    check_path(path)
    for pattern in (noise, path[:where] + noise + path[where:], path[:where] + noise):
        if "," in pattern:
            continue
        condemned = NEVER & set(findings({"GOPRIVATE": pattern}))
        assert not (condemned and match_prefix_patterns(pattern, path)), (pattern, condemned)


# --- GOSUMDB

KEY = "gosum.io+ce6e7565+AY5qEHUk/qmHc5btzW45JVoENfazw8LielDsaI+lEbq6"


@pytest.mark.parametrize(
    ("value", "kind", "level", "words"),
    [
        ("off", "off", WARNING, "without verification"),
        ("OFF", "key", ERROR, "invalid GOSUMDB: malformed verifier id"),
        ("off ", "key", ERROR, "malformed verifier id"),
        ("https://sum.golang.google.cn/", "key", ERROR, "malformed verifier id"),
        ("sum.golang.google.cn https://a.b", "key", ERROR, "malformed verifier id"),
        ("“sum.golang.org”", "key", ERROR, "U+201C"),
        (KEY[:-1] + "7", "key", ERROR, "invalid GOSUMDB: invalid verifier hash"),
        ("sum.golang.org a b", "too-many-fields", ERROR, "invalid GOSUMDB: too many fields"),
        (" ", "unset", ERROR, "missing GOSUMDB"),
        ("sum.golang.org https://%zz", "url", ERROR, 'invalid GOSUMDB URL: parse "https://%zz"'),
        ("sum.golang.org ftp://x", "url", ERROR, "unsupported scheme: ftp://x/lookup/"),
        ("sum.golang.org https://goproxy.cn", "base-path", ERROR, "https://goproxy.cn/sumdb/sum.golang.org"),
        ("sum.golang.org goproxy.cn/sumdb", "base-path", ERROR, "https://goproxy.cn/sumdb/sum.golang.org"),
        ("sum.golang.org https://any.example/sumdb/", "base-path", ERROR, "any.example/sumdb/sum.golang.org"),
        ("sum.golang.org https://sums.example", "explicit-url", INFO, "never through GOPROXY"),
    ],
)
def test_gosumdb(value: str, kind: str, level: Level, words: str) -> None:
    found = only("GOSUMDB", value)
    assert (found.id, found.level) == (f"gosumdb.{kind}", level)
    assert words in found.message


@pytest.mark.parametrize(
    "value",
    ["sum.golang.org", "sum.golang.google.cn", " sum.golang.org ", "sum.golang.org\r", KEY,
     KEY + " https://gosum.io",
     "sum.golang.org https://sum.golang.google.cn", "sum.golang.org https://goproxy.cn/sumdb/sum.golang.org"],
)  # fmt: skip
def test_gosumdb_is_left_alone(value: str) -> None:
    assert lint(environment({"GOSUMDB": value})) == ()


def test_a_proxy_of_goproxy_is_known_as_a_proxy() -> None:
    process = {"GOPROXY": "https://mine.example,direct", "GOSUMDB": "sum.golang.org https://mine.example"}
    assert findings(process)["gosumdb.base-path"].level is ERROR
    process["GOSUMDB"] += ":8443"  # another server, which may well be a database
    assert set(findings(process)) == {"gosumdb.explicit-url"}


# --- Modes and folders


@pytest.mark.parametrize(
    ("name", "value", "kind", "level", "place", "words"),
    [
        ("GOFLAGS", "-v mod=mod", "goflags.unusable", ERROR, "mod=mod",
         'go: parsing $GOFLAGS: non-flag "mod=mod"'),
        ("GOFLAGS", "-mod mod", "goflags.unusable", ERROR, "mod", 'non-flag "mod"'),
        ("GOFLAGS", "-nope", "goflags.unusable", ERROR, "-nope", "unknown flag -nope"),
        ("GOFLAGS", "-x '-v", "goflags.unusable", ERROR, "'-v", "unterminated ' string"),
        ("GOFLAGS", "-insecure", "goflags.insecure", ERROR, "-insecure", "use GOINSECURE instead"),
        ("GOFLAGS", "-mod=x", "goflags.mod", ERROR, "-mod=x", "-mod=x not supported"),
        ("GOFLAGS", "-x -mod=vendor", "goflags.mod-vendor", INFO, "-mod=vendor", "cannot query module"),
        ("GO111MODULE", "off", "go111module.off", ERROR, "off", "go: modules disabled by GO111MODULE=off"),
        ("GO111MODULE", "yes", "go111module.unknown", ERROR, "yes",
         "go: unknown environment setting GO111MODULE=yes"),
        ("GO111MODULE", "auto", "go111module.auto", INFO, "auto", "outside of a module"),
        ("GOTOOLCHAIN", "garbage", "gotoolchain.invalid", ERROR, "garbage",
         'go: invalid GOTOOLCHAIN "garbage"'),
        ("GODEBUG", "a=1,cmdgonetlimit=0", "godebug.no-network", ERROR, "cmdgonetlimit=0",
         "network disabled by cmdgonetlimit=0"),
        ("GOAUTH", "netrc;", "goauth.unusable", ERROR, "netrc;", "go: GOAUTH encountered an empty command"),
        ("GOAUTH", "git rel", "goauth.unusable", ERROR, "git rel", "dir is not absolute"),
        ("GOVCS", "corp.com", "govcs.unusable", ERROR, "corp.com",
         "malformed entry in GOVCS (missing colon)"),
        ("GOPATH", "a:/b", "gopath.not-absolute", ERROR, "a:/b", 'go: GOPATH entry is relative'),
        ("GOPATH", "~/go", "gopath.not-absolute", ERROR, "~/go", "shell metacharacter '~'"),
        ("GOMODCACHE", "rel", "gomodcache.not-absolute", ERROR, "rel", "GOMODCACHE entry is relative"),
        ("GOWORK", "rel", "gowork.not-absolute", ERROR, "rel", "go: invalid GOWORK: not an absolute path"),
    ],
)  # fmt: skip
def test_modes(name: str, value: str, kind: str, level: Level, place: str, words: str) -> None:
    found = findings({name: value})[kind]
    assert (found.variable, found.level) == (name, level)
    assert at(found, value) == place
    assert words in found.message
    assert found.remedy


def test_goflags_meant_well_are_mended() -> None:
    assert only("GOFLAGS", "-mod mod").remedy == ("export GOFLAGS=-mod=mod",)
    assert only("GOFLAGS", "mod=mod").remedy == ("export GOFLAGS=-mod=mod",)


def test_bad_toolchain_in_the_file_needs_env_w() -> None:
    found = findings({}, "GOTOOLCHAIN=garbage\n")["gotoolchain.invalid"]
    assert found.remedy == ("go env -w GOTOOLCHAIN=auto",)


def test_folders_that_are_not_there() -> None:
    missing = frozenset({"/nope", "/nope/go.work", "/nope/rc", "/nope/ca", "/nope/cas"})
    found = findings(
        {"GOROOT": "/nope", "GOWORK": "/nope/go.work", "NETRC": "/nope/rc", "SSL_CERT_FILE": "/nope/ca"},
        missing_paths=missing,
    )
    assert found["goroot.missing"].level is ERROR
    assert found["gowork.missing"].level is ERROR
    assert found["file.missing"].level is WARNING
    folders = "/etc/ssl:/nope/cas"
    assert at(only("SSL_CERT_DIR", folders, missing_paths=missing), folders) == "/nope/cas"


def test_no_place_for_modules() -> None:
    nowhere = layer_environment({}, None, None)
    assert (
        "neither GOMODCACHE nor GOPATH is set"
        in {f.id: f for f in lint(nowhere)}["gomodcache.nowhere"].message
    )


# --- HTTP proxies


def test_http_proxies() -> None:
    assert findings({"ALL_PROXY": "socks5://h:1"})["http-proxy.all-proxy"].level is WARNING
    assert only("HTTPS_PROXY", "a b:80").id == "http-proxy.unusable"
    assert only("http_proxy", "http://h%zz").level is WARNING
    broken = only("HTTPS_PROXY", "http://a b")
    assert (broken.id, broken.level) == ("http-proxy.no-host", ERROR)
    assert only("HTTPS_PROXY", "gopher://h").id == "http-proxy.scheme"
    assert only("HTTPS_PROXY", "https://h").level is INFO
    assert only("HTTPS_PROXY", "http：//h:1").id == "http-proxy.full-width"
    assert only("HTTPS_PROXY", "u:p@h:1").id == "http-proxy.credentials"
    assert (
        lint(environment({"HTTPS_PROXY": "h:3128", "https_proxy": "h:3128", "HTTP_PROXY": "socks5h://h"}))
        == ()
    )
    assert findings({"HTTPS_PROXY": "a:1", "https_proxy": "b:1"})["http-proxy.two-spellings"].level is WARNING


def test_no_proxy() -> None:
    value = "corp.test, https://a.test,b c,.d.test,*.e.test,10.0.0.0/8,::1/128,f.test:8443,g/h,*"
    found = [f for f in lint(environment({"NO_PROXY": value})) if f.variable == "NO_PROXY"]
    assert [at(f, value) for f in found] == ["https://a.test", "b c", "g/h"]
    assert {f.level for f in found} == {WARNING}


def test_http_proxy_in_a_cgi_program() -> None:
    process = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "h:1"}
    assert findings(process)["http-proxy.cgi"].level is WARNING
    assert findings(process | {"GOPROXY": "http://p.example"})["http-proxy.cgi"].level is ERROR
    assert "http-proxy.cgi" not in findings({"REQUEST_METHOD": "GET"})


# --- Layers and names


def test_layers() -> None:
    found = findings({"GOPROXY": "direct", "GOPRIVATE": ""}, "GOPROXY=off\nGOPRIVATE=a.b\n")
    assert found["layer.process-wins"].level is INFO
    assert f"{FILE}:1" in found["layer.process-wins"].message
    assert found["layer.process-wins"].remedy == ("unset GOPROXY",)
    assert found["layer.empty-process-variable"].level is WARNING
    assert findings({"GOPROXY": ""})["layer.empty-process-variable"].level is INFO
    assert lint(environment({"GOPRIVATE": ""})) == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("GONOSUMCHECK", "GONOSUMDB"), ("GO_PROXY", "GOPROXY"), ("GOPROXIES", "GOPROXY"),
     ("GOPROXYS", "GOPROXY"),
     ("GOPRVATE", "GOPRIVATE"), ("GO111MODUEL", "GO111MODULE"), ("GOPATHS", "GOPATH"),
     ("GONOSUMBD", "GONOSUMDB")],
)  # fmt: skip
def test_misspelt_names(name: str, meant: str) -> None:
    found = findings({name: "1"})["variable.unknown"]
    assert found.level is WARNING
    assert f"Did you mean {meant}?" in found.message
    assert found.remedy == (f"unset {name}",)


@pytest.mark.parametrize(
    "name",
    ["GOOGLE_APPLICATION_CREDENTIALS", "GO_ENV", "GO_VERSION", "GOLANG_VERSION", "GOPASS", "GOGC", "GOBIN",
     "GOCACHE",
     "GOMAXPROCS", "GODADDY_KEY", "GOTTY", "PROXY", "MYGOPROXY", "GOVC_URL", "GOPHER", "GOARCH",
     "GOROOT_BOOTSTRAP"],
)  # fmt: skip
def test_other_names_are_nobodys_business(name: str) -> None:
    assert lint(environment({name: "1"})) == ()


# --- The settings file


@pytest.mark.parametrize(
    ("text", "kind", "level"),
    [
        ("\ufeffGOPRIVATE=a.b\n", "bom", ERROR),
        ("export GOPRIVATE=a.b\n", "export", ERROR),
        ("  GOPRIVATE=a.b\n", "indent", ERROR),
        ("GOPRIVATE = a.b\n", "blank-before-equals", ERROR),
        ("goprivate=a.b\n", "lower-case", ERROR),
        ("GOPRIVATE a.b\n", "no-equals", ERROR),
        ("export GOFLAGS=-v\n", "export", WARNING),
        ("export GOPRIVATE=a.b\nGOPRIVATE=a.b\n", "export", INFO),
    ],
)
def test_lines_that_go_ignores(text: str, kind: str, level: Level) -> None:
    found = findings({}, text)[f"settings-file.{kind}"]
    assert found.level is level
    assert f"{FILE}:1" in found.message
    if level is ERROR:
        assert found.remedy == ("go env -w GOPRIVATE=a.b",)


@pytest.mark.parametrize(
    "text", ["# GOPROXY=x\n", "\n\n", "#\n  # GOPROXY = y\n", "[section]\n", "hello world\n"]
)
def test_lines_that_are_no_settings(text: str) -> None:
    assert lint(environment({}, text)) == ()


def test_empty_line_that_masks_go_env() -> None:
    found = lint(environment({}, "GOPROXY=\nGOSUMDB=\nGOTOOLCHAIN=\nGOPRIVATE=\n"))
    assert [(f.id, f.variable, f.level) for f in found] == [
        ("settings-file.masks-go-env", "GOPROXY", ERROR),
        ("settings-file.masks-go-env", "GOSUMDB", ERROR),
        ("settings-file.masks-go-env", "GOTOOLCHAIN", WARNING),
    ]
    assert found[0].remedy == ("go env -u GOPROXY",)
    assert "contains no entries" in found[0].message
    assert "missing GOSUMDB" in found[1].message


def test_windows_line_ends() -> None:
    found = findings({}, "GOPROXY=direct\r\nGOPRIVATE=a.b\r\nGOSUMDB=off\r\n")
    assert found["settings-file.carriage-return"].level is WARNING
    assert "line 1, 2, 3" in found["settings-file.carriage-return"].message
    assert found["pattern.invisible"].variable == "GOPRIVATE"
    assert found["gosumdb.key"].level is ERROR


@pytest.mark.parametrize(
    ("text", "kind", "place", "remedy"),
    [
        ('GOAUTH="netrc"\n', "quotes", '"netrc"', "go env -w GOAUTH=netrc"),
        ("GOAUTH=netrc # ours\n", "comment", " # ours", "go env -w GOAUTH=netrc"),
        ("GOMODCACHE=/x \n", "blank", " ", "go env -w GOMODCACHE=/x"),
    ],
)
def test_decorated_values(text: str, kind: str, place: str, remedy: str) -> None:
    found = findings({}, text)[f"settings-file.{kind}"]
    assert found.level is WARNING
    assert at(found, text.partition("=")[2].rstrip("\n")) == place
    assert found.remedy == (remedy,)


def test_variables_that_go_never_reads_from_the_file() -> None:
    found = lint(
        environment({}, "HTTPS_PROXY=http://u:hunter2@h:1\nNETRC=/x\nGODEBUG=a=1\nGONOSUMCHECK=1\nFOO=1\n")
    )
    assert [(f.id, f.variable) for f in found] == [
        ("settings-file.never-read", "GODEBUG"),
        ("settings-file.never-read", "HTTPS_PROXY"),
        ("settings-file.never-read", "NETRC"),
        ("variable.unknown", None),
        ("variable.unknown", None),
    ]
    assert found[1].remedy == ("export HTTPS_PROXY=http://xxxxx@h:1",)
    assert "Did you mean GONOSUMDB?" in found[3].message


def test_duplicate_lines() -> None:
    found = findings({}, "GOFLAGS=-x\nGOFLAGS=-v\n")["settings-file.duplicate"]
    assert f"{FILE}:1 does nothing: {FILE}:2" in found.message
    assert "settings-file.duplicate" not in findings({}, "GOFLAGS=-x\nGOFLAGS=-x\n")


def test_file_that_cannot_be_read_or_is_not_there() -> None:
    broken = layer_environment(HOME, None, None, goenv_problem="Permission denied")
    assert {f.id: f.variable for f in lint(broken)} == {"settings-file.unreadable": "GOENV"}
    found = findings({"GOENV": "/nope"}, missing_paths=frozenset({"/nope"}))
    assert found["settings-file.missing"].level is WARNING


# --- Laws

NAMES = [variable.name for variable in VARIABLES] + ["GOPROXYS", "GO_FLAGS", "REQUEST_METHOD"]
ANY = st.text(
    st.one_of(st.sampled_from("adiotrec:/.,|;， \"'@?#%[]*!\r=-+~\udcff"), st.characters(codec="utf-8")),
    max_size=20,
)


@settings(deadline=None, max_examples=200)
@given(process=st.dictionaries(st.sampled_from(NAMES), ANY, max_size=8), goenv=st.lists(
    st.one_of(ANY, st.builds(lambda n, v: f"{n}={v}", st.sampled_from(NAMES), ANY)), max_size=5))  # fmt: skip
def test_findings_are_always_well_formed(process: dict[str, str], goenv: list[str]) -> None:
    process = {name: value.replace("\x00", "") for name, value in process.items()}
    whole = environment(process, "\n".join(goenv))
    for finding in lint(whole):
        assert finding.message
        assert finding.rule
        assert (finding.position is None) == (finding.length is None)
        assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding
        if finding.position is not None and finding.length is not None:
            assert finding.variable is not None
            assert 0 <= finding.position <= finding.position + finding.length
            assert finding.position + finding.length <= len(whole.get(finding.variable))
        if finding.variable is not None:
            assert finding.variable in whole.settings


ADDRESSES = [
    "GOPROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "GOSUMDB",
    "GOPRIVATE",
    "GOFLAGS",
    "NO_PROXY",
    "GOAUTH",
]


@settings(deadline=None)
@given(name=st.sampled_from(ADDRESSES), scheme=st.sampled_from(["https", "http", "ftp", "https：", "htps"]),
       tail=st.sampled_from(["", ",direct", "，direct", ";x", ":port", "/%zz", "/ # c"]),
       in_file=st.booleans(),
       shape=st.sampled_from(["{n}={v}", "export {n}={v}", "{n} = {v}"]))  # fmt: skip
def test_no_finding_gives_away_a_password(
    name: str, scheme: str, tail: str, in_file: bool, shape: str
) -> None:
    value = f"{scheme}://someone:hunter2@host.example{tail}"
    line = shape.format(n=name, v=value)
    whole = environment({} if in_file else {name: value}, f"{line}\n" if in_file else "")
    for finding in lint(whole):
        assert "hunter2" not in json.dumps(finding.to_json())


def test_distance() -> None:
    assert distance("direct", "direct") == 0
    assert distance("driect", "direct") == 1
    assert distance("direc", "direct") == 1
    assert distance("", "abc") == 3


def test_check_path_is_what_paths_are_judged_by() -> None:
    with pytest.raises(GoError):
        check_path("corp/x")


def test_a_removed_godebug_is_an_error_with_its_place() -> None:
    value = "http2client=0,tlsrsakex=1"
    finding = only("GODEBUG", value)
    assert (finding.id, finding.level, at(finding, value)) == ("godebug.removed", Level.ERROR, "tlsrsakex")
    assert 'removed GODEBUG "tlsrsakex" set to old value "1"' in finding.message
    assert "godebug.removed" not in findings({"GODEBUG": "tlsrsakex=0"})
