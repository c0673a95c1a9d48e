"""Privacy: nothing that is ours survives, the same thing gets the same name, and what is public stays."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.diagnosis.diagnose import diagnose
from probes.golang.protocol import Op
from probes.ladder.faults import Fault
from probes.share.privacy import Mask, masked
from probes.share.report import make_report
from probes.share.report_forms import Form, write
from probes.trace.checksum_events import ChecksumDecided
from probes.trace.climb_events import RungClimbed
from probes.trace.events import Event, RequestStarted, SettingView, TraceStarted, event_to_json
from probes.trace.fold import Trace
from probes.trace.recording import event_from_json, read_recording
from screenshots.make import HERE
from tests.share.private_world import Private, all_text, trace_of
from tests.share.recordings import PLANS, events_of

COMPANY = Private()


def _started(events: list[Event]) -> TraceStarted:
    assert isinstance(events[0], TraceStarted)
    return events[0]


def _mask(text: str, *settings: SettingView, events: list[Event] | None = None) -> str:
    return Mask.of(events or [], settings=settings).text(text)


def test_nothing_of_the_company_survives() -> None:
    text = all_text(masked(trace_of(COMPANY)))
    for token in COMPANY.tokens():
        assert token.lower() not in text, token


def test_the_report_still_reads() -> None:
    events = masked(trace_of(COMPANY))
    started = _started(events)
    assert started.path == "private.example/module-1"
    assert started.route.goproxy == "https://host-1.example:8443/path-1|https://proxy.golang.org,direct"
    assert started.route.hops[0].name == "host-1.example"
    assert (
        'Get "https://host-1.example:8443/path-1/private.example/module-1/@v/list": dial tcp 192.0.2.1:8443'
        in all_text(events).replace("get ", "Get ")
    )
    assert "https://proxy.golang.org/private.example/module-1/@v/list" in all_text(events)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = st.text(_LETTERS, min_size=5, max_size=10).map(lambda word: "q" + word)
_PRIVATE = st.builds(
    lambda words, capital, numbers: Private(
        host=f"{words[0]}.{words[1]}.{words[2]}",
        label=words[3],
        module=f"{words[4]}.{words[1]}.{words[2]}/{words[5].capitalize() if capital else words[5]}/{words[6]}",
        user=words[7],
        address=f"10.{numbers[0]}.{numbers[1]}.{numbers[2]}",
        address6=f"fd00:{numbers[0] + 4096:x}::{numbers[1] + 256:x}",
        folder=f"{words[8]}-{words[9]}",
        base=f"/api/{words[10]}/{words[11]}",
        issuer=f"{words[12]} Root CA",
    ),
    st.lists(_WORD, min_size=13, max_size=13, unique=True),
    st.booleans(),
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(1, 254)),
)
_AROUND = st.sampled_from(
    [
        "{}",
        "see {}.",
        '"{}"',
        "'{}':",
        "({})",
        "<{}>",
        "a,{},b",
        "={}",
        "|{}|",
        "\t{}\n",
        "[{}]",
        "x {}; y",
        "访问 {} 失败",
        "`{}`",
    ]
)


@settings(max_examples=80, deadline=None)
@given(private=_PRIVATE, around=_AROUND, upper=st.booleans())
def test_no_private_token_survives_wherever_it_stands(private: Private, around: str, upper: bool) -> None:
    said = " ".join(
        around.format(token.upper() if upper else token)
        for token in private.tokens()
        if token not in (private.folder, private.base.strip("/"))
    )
    text = all_text(masked(trace_of(private, said)))
    for token in private.tokens():
        assert token.lower() not in text, token


@settings(max_examples=25, deadline=None)
@given(private=_PRIVATE, form=st.sampled_from(list(Form)))
def test_no_private_token_survives_in_a_report(private: Private, form: Form) -> None:
    events = trace_of(private, f"{private.host} {private.user}")
    trace = Trace()
    for event in events:
        trace.apply(event)
    mask = Mask.of(events)
    report = make_report(mask.trace(events), mask.cases(diagnose(trace)), private=True)
    text = write(report, form).lower()
    for token in private.tokens():
        assert token.lower() not in text, token


@settings(max_examples=40, deadline=None)
@given(private=_PRIVATE)
def test_masking_twice_changes_nothing(private: Private) -> None:
    once = masked(trace_of(private, private.host))
    assert [event_to_json(e) for e in masked(once)] == [event_to_json(e) for e in once]


@pytest.mark.parametrize("name", PLANS)
def test_masked_worlds_have_the_same_verdict_and_shape(name: str) -> None:
    told = list(events_of(name))
    hidden = masked(told)
    live, other = Trace(), Trace()
    for event in told:
        live.apply(event)
    for event in hidden:
        other.apply(event)
    assert [event.kind for event in hidden] == [event.kind for event in told]
    ours, theirs = live.to_json(), other.to_json()
    for field in ("outcome", "served", "ok"):
        assert ours[field] == theirs[field]
    assert [r["status"] for r in ours["requests"]] == [r["status"] for r in theirs["requests"]]
    rules = [case.diagnosis.rule.id for case in diagnose(live)]
    assert [case.diagnosis.rule.id for case in Mask.of(told).cases(diagnose(live))] == rules
    assert "demo.example" not in all_text(hidden)


# -- what is public stays ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "https://proxy.golang.org/github.com/pkg/errors/@v/list",
        "https://goproxy.cn/sumdb/sum.golang.org/lookup/github.com/pkg/errors@v0.9.1",
        "github.com/pkg/errors@v0.9.1",
        "module github.com/!burnt!sushi/toml: no matching versions",
        "cmd/go/internal/modfetch/proxy.go TryProxies",
        "x509: certificate signed by unknown authority",
        "tls.RecordHeaderError, x509.UnknownAuthorityError",
        "go1.27.3 reads go.mod, go.sum and v0.0.0-20200101000000-abcdefabcdef",
        "h1:BH4nBtl98zFt1L/anlanpg9SGublL8/GNgellvDuFuE=",
        "dial tcp 127.0.0.1:8080, [::1]:80",
        "text/html; charset=utf-8, HTTP/1.1, 12:30:45",
        "yaml.v3 at gopkg.in/yaml.v3",
        "502 is neither 404 nor 410, and , goes on only after those",
        "/etc/ssl/certs/ca-certificates.crt",
    ],
)
def test_public_things_keep_their_names(text: str) -> None:
    assert _mask(text) == text


def test_a_vouched_module_is_public_whatever_its_host() -> None:
    events = trace_of(Private(module="vanity.blauwal.internal/lib"))
    vouched = ChecksumDecided(0.2, "module", "v1.0.0", "h1:x", "verified", "by the checksum database")
    assert _started(masked([*events, vouched])).path == "vanity.blauwal.internal/lib"
    assert _started(masked(events)).path == "private.example/module-1"


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("github.com/acme", "private.example"),
        ("github.com/acme/*", "private.example"),
        ("*.blauwal.internal,github.com/acme/secret", "private-1.example,private.example"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_private_patterns_hide_modules_on_public_hosts(pattern: str, shown: str) -> None:
    started = replace(_started(trace_of(COMPANY)), path="github.com/acme/secret", settings=())
    started = replace(started, settings=(SettingView("GOPRIVATE", pattern, "goenv"),))
    told = _started(masked([started]))
    assert told.settings[0].value == shown
    assert told.path == ("github.com/acme/secret" if pattern == "" else "private.example/module-1")
    words = _mask("see github.com/acme/other and github.com/acme", events=[started])
    assert ("acme" in words) is (pattern in ("", "*.blauwal.internal,github.com/acme/secret"))


# -- the same thing, the same name ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a.corp.test, A.CORP.test. and b.corp.test", "host-1.example, host-1.example. and host-2.example"),
        ("https://a.corp.test/x and a.corp.test", "https://host-1.example/path-1 and host-1.example"),
        ("git@git.corp.test:team/x.git and git.corp.test", "git@host-1.example:path-1 and host-1.example"),
        ("me@corp.test", "user-1@host-1.example"),
        ("/home/me/go/pkg/mod and /home/me/x/y", "/home/user-1/go/pkg/mod and /home/user-1/path-1"),
        (r"C:\Users\me\x", r"C:\Users\user-1\path-1"),
        ("10.0.0.1, 10.0.0.2 and 10.0.0.1", "192.0.2.1, 192.0.2.2 and 192.0.2.1"),
        ("[fd00::1]:443", "[2001:db8::1]:443"),
        ("/srv/secret/ca.pem", "/path-1"),
        ("file:///srv/secret and file:///home/me/x", "file:///path-1 and file:///home/user-1/path-2"),
        (r"\\box\share\x", "/path-1"),
        ("..corp.test, -corp.test and corp.test...", "..host-1.example, -host-1.example and host-1.example..."),
        ("https%3A%2F%2Fcorp.test%2Fsecret", "https%3A%2F%private.example/module-1"),
        ("corp.test/a/b/v2@v2.0.1", "private.example/module-1/v2@v2.0.1"),
        ("corp.test/!a/b and corp.test/A/b", "private.example/module-1 and private.example/module-1"),
        ("https://p.corp.test/sumdb/sum.golang.org/supported", "https://host-1.example/sumdb/sum.golang.org/supported"),
        ("https://sso.corp.test/?u=me", "https://host-1.example/path-1"),
    ],
)  # fmt: skip
def test_aliases(text: str, shown: str) -> None:
    assert _mask(text) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("Merger-acme", "branch-1"),
        ("v1.2.0-rc.1", "v1.2.0-rc.1"),
        ("latest", "latest"),
        ("main", "main"),
        ("0123abc", "0123abc"),
        ("<v2", "<v2"),
    ],
)
def test_branches_of_our_own_are_hidden(query: str, shown: str) -> None:
    url = "https://proxy.golang.org/github.com/pkg/errors/@v/" + re.sub("M", "!m", query) + ".info"
    started = replace(_started(trace_of(COMPANY)), query=query)
    told: list[Event] = [started, RequestStarted(0.1, 0, None, 1, Op.INFO, query, url)]
    hidden = masked(told)
    assert _started(hidden).query == shown
    assert shown in all_text(hidden[1:]).replace("&lt;", "<")
    assert ("merger" in all_text(hidden)) is False


@pytest.mark.parametrize(
    ("issuer", "shown"),
    [
        ("R11, Let's Encrypt", "R11, Let's Encrypt"),
        ("GTS CA 1C3, Google Trust Services LLC", "GTS CA 1C3, Google Trust Services LLC"),
        ("Zscaler Root CA, Acme", "Zscaler Root CA, (kept back)"),
        ("Acme Zscaler", "(kept back)"),
        ("CN=Acme Root,O=Acme", "CN=(kept back),O=(kept back)"),
        ("Notcomodo Root", "(kept back)"),
    ],
)
def test_only_public_authorities_keep_their_names(issuer: str, shown: str) -> None:
    rung = trace_of(COMPANY)[-1]
    assert isinstance(rung, RungClimbed)
    told = masked(
        [trace_of(COMPANY)[0], replace(rung, report={"issuer": issuer}, summary=f"issued by {issuer}")]
    )[1]
    assert isinstance(told, RungClimbed)
    assert told.report["issuer"] == shown
    assert told.summary == f"issued by {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 60_000,
        "a-" * 30_000,
        "a." * 30_000,
        "1." * 30_000,
        "a@" * 30_000,
        "/a" * 30_000,
        "1:" * 30_000,
        "a.b-" * 15_000,
        "%2F" * 20_000,
        "\\ue000" * 9_000,
    ],
)
def test_hostile_text_takes_no_long_time(text: str) -> None:
    assert _mask(text, events=trace_of(COMPANY))  # a quadratic search would run into the limit of a test


def test_json_keeps_its_shape() -> None:
    mask = Mask.of(trace_of(COMPANY))
    said = {"a": 1, "b": [True, None, 1.5], "fault": Fault.DNS_NXDOMAIN.value, "c": {"host": COMPANY.host}}
    assert mask.json(json.loads(json.dumps(said))) == {**said, "c": {"host": "host-1.example"}}


@pytest.mark.parametrize("host", ["goproxy", "url", "host", "query", "status"])
def test_a_host_that_is_called_like_one_of_our_fields_breaks_nothing(host: str) -> None:
    events = list(read_recording((HERE / "forbidden.jsonl").read_text(encoding="utf-8").splitlines()))
    text = "\n".join(json.dumps(event_to_json(event)) for event in events)
    named = [event_from_json(json.loads(one)) for one in text.replace("mirror.corp.example", host).split("\n")]
    assert [type(event) for event in masked(named)] == [type(event) for event in named]


def test_what_a_private_server_said_is_kept_back_wherever_it_stands() -> None:
    events = list(read_recording((HERE / "forbidden.jsonl").read_text(encoding="utf-8").splitlines()))
    trace = Trace()
    for event in events:
        trace.apply(event)
    mask = Mask.of(events)
    told = json.dumps([event_to_json(event) for event in mask.events(events)])
    told += repr(mask.cases(diagnose(trace)))
    assert "licence not approved" in json.dumps([event_to_json(event) for event in events])
    assert "licence not approved" not in told
