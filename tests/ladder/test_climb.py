"""A whole climb: its events, what it derives from the URL, secrets, and many healthy worlds without a word."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.golang.urls import parse_url
from probes.ladder.capability import CapabilityQuestion
from probes.ladder.climb import base_of, climb, op_of
from probes.ladder.events import (
    CapabilityLearned,
    ClimbEvent,
    ClimbFinished,
    ClimbStarted,
    ComparisonMade,
    RungFinished,
    RungStarted,
    event_json,
)
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.hello import HelloPlan, hello_plan
from probes.ladder.tls import CertificateView, RootsView, TLSReport
from probes.ladder.tls_judgement import judge_tls
from probes.net.client_hello import HelloSize
from tests.against_go.compare import authority, authority_file, server_tls, tls_for
from tests.h2_server import H2Proxy
from tests.ladder.climbing import (
    PATH,
    QUICK,
    VERSION,
    asked_for_info,
    assert_broken,
    assert_healthy,
    climbed,
    go_says,
    info_url,
    list_url,
    named,
)
from tests.ladder.name_server import NameServer, write_files
from tests.ladder.sockets import let_go, open_sockets
from tests.tls_servers import context_of

ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
MODULE = simple_module(PATH, VERSION)


@pytest.mark.parametrize(
    ("path", "op"),
    [
        ("/m.test/x/@v/list", Op.LIST),
        ("/m.test/x/@latest", Op.LATEST),
        ("/m.test/x/@v/v1.0.0.info", Op.INFO),
        ("/m.test/x/@v/v1.0.0.mod", Op.MOD),
        ("/api/go/m.test/x/@v/v1.0.0.zip", Op.ZIP),
        ("/m.test/x/@v/v1.0.0.ziphash", None),
        ("/sumdb/sum.golang.org/supported", Op.SUM),
        ("/base/sumdb/sum.golang.org/lookup/m.test/x@v1.0.0", Op.SUM),
        ("/lookup/m.test/x@v1.0.0", Op.SUM),
        ("/latest", Op.SUM),
        ("/tile/8/0/000", Op.SUM),
        ("/", None),
        ("", None),
    ],
)
def test_the_operation_is_told_by_the_end(path: str, op: Op | None) -> None:
    assert op_of(parse_url("https://mirror.test" + path)) is op


@pytest.mark.parametrize(
    ("url", "path", "base"),
    [
        ("https://mirror.test/m.test/x/@v/list", "m.test/x", "https://mirror.test"),
        ("https://mirror.test/go/m.test/x/@latest", "m.test/x", "https://mirror.test/go"),
        (
            "https://mirror.test/go/github.com/!azure/x/@v/list",
            "github.com/Azure/x",
            "https://mirror.test/go",
        ),
        ("https://mirror.test/go/sumdb/sum.golang.org/supported", "m.test/x", "https://mirror.test/go"),
        ("https://mirror.test/other.test/y/@v/list", "m.test/x", "https://mirror.test"),
        ("https://mirror.test/go/?a=b", "m.test/x", "https://mirror.test/go"),
    ],
)
def test_the_module_proxy_behind_a_url(url: str, path: str, base: str) -> None:
    assert base_of(parse_url(url), path).string() == base


@pytest.mark.parametrize(
    ("godebug", "plan"),
    [
        ("", HelloPlan()),
        ("tlsmlkem=0", HelloPlan(HelloSize.SMALL)),
        ("http2client=0,tlsmlkem=0", HelloPlan(HelloSize.SMALL, http2=False)),
        ("tlsmlkem=0,tlsmlkem=1", HelloPlan()),
        ("nonsense,http2client=1", HelloPlan()),
    ],
)
def test_what_godebug_does_to_the_hello(godebug: str, plan: HelloPlan) -> None:
    assert hello_plan({"GODEBUG": godebug}) == plan


async def test_events_in_their_order() -> None:
    events: list[ClimbEvent] = []
    with World([Script({PATH: MODULE}).answer], tls=server_tls()) as world:
        ladder = await climb(
            list_url(world.urls[0]), ROOTS, events.append, limits=QUICK, compare=True,
            capability=CapabilityQuestion(PATH, VERSION),
        )  # fmt: skip
    assert_healthy(ladder)
    assert isinstance(events[0], ClimbStarted)
    assert isinstance(events[-1], ClimbFinished)
    begun = [event.rung for event in events if isinstance(event, RungStarted)]
    assert begun == [Rung.NAMES, Rung.TCP, Rung.TLS, Rung.HTTP]
    assert [event.result.rung for event in events if isinstance(event, RungFinished)] == list(Rung)
    assert [e.comparison for e in events if isinstance(e, ComparisonMade)] == list(ladder.comparisons)
    rows = [event.row for event in events if isinstance(event, CapabilityLearned)]
    assert rows[-1] == ladder.capability
    assert ladder.capability is not None
    assert ladder.capability.list.status == 200
    moments = [event.at for event in events]
    assert moments == sorted(moments)
    assert all(json.dumps(event_json(event)) for event in events)


async def test_capability_is_not_asked_of_whom_nobody_reaches() -> None:
    question = CapabilityQuestion(PATH, VERSION)
    ladder = await climbed(list_url("http://127.0.0.1:1"), {}, capability=question)
    assert ladder.fault is Fault.TCP_REFUSED
    assert ladder.capability is None


async def test_over_http2() -> None:
    tls = context_of(authority().issue_cert("127.0.0.1"))  # of its own: the server changes it
    with H2Proxy(Script({PATH: MODULE}).answer, tls) as server:
        ladder = await climbed(list_url(f"https://127.0.0.1:{server.port}"), ROOTS)
    assert_healthy(ladder)


async def test_a_url_is_shown_without_its_secrets(tmp_path: Path) -> None:
    events: list[ClimbEvent] = []
    async with NameServer({}) as names:
        world = named(write_files(tmp_path, names.port))
        url = info_url("https://alice:s3cret@mirror.test") + "?token=abcdef"
        ladder = await climb(url, {}, events.append, limits=QUICK, world=world)
    assert ladder.fault is Fault.DNS_NXDOMAIN
    told = repr(events) + json.dumps([event_json(event) for event in events])
    assert not any(secret in told for secret in ("s3cret", "alice", "abcdef"))


@pytest.mark.parametrize("base", ["https:///go", "https://goproxy.cn，direct"])
async def test_hosts_that_nobody_is_asked_about(base: str, tmp_path: Path) -> None:
    ladder = await climbed(info_url(base))
    assert_broken(ladder, Fault.DNS_NOT_A_NAME)
    assert asked_for_info(ladder) == await go_says(base, tmp_path)


async def test_what_is_no_url_is_bad_usage() -> None:
    with pytest.raises(GoError, match="missing ']' in host"):
        await climb("https://[::1", {}, lambda event: None)


@pytest.mark.parametrize("url", ["file:///tmp/proxy/m.test/x/@v/list", "ftp://mirror.test/x", "mirror.test"])
async def test_what_has_no_network_is_not_climbed(url: str) -> None:
    ladder = await climbed(url)
    assert all(result.judgement is Judgement.SKIPPED and result.because for result in ladder.rungs)
    assert (ladder.words, ladder.fault, ladder.broken) == ("", None, None)


async def test_healthy_worlds_say_nothing(tmp_path: Path) -> None:
    """Over both schemes, by name and by address: no observation at all, and no socket left."""
    before = open_sockets()
    async with NameServer({"mirror.test.": ["127.0.0.1"], "mirror.lan.": ["127.0.0.1"]}) as names:
        world = named(write_files(tmp_path, names.port))
        for tls, hosts in ((None, ("127.0.0.1", "mirror.test")), (tls_for("mirror.test"), ("mirror.test",))):
            with World([Script({PATH: MODULE}).answer], tls=tls) as running:
                for host in hosts:
                    base = running.urls[0].replace("127.0.0.1", host)
                    for url in (list_url(base), info_url(base), f"{base}/{PATH}/@latest"):
                        for _ in range(5):
                            assert_healthy(await climbed(url, ROOTS, world=world))
    await let_go()
    assert open_sockets() <= before


def test_a_company_server_with_its_own_authority_is_no_interception() -> None:
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    leaf = CertificateView(
        "go.acme.com", "ACME CA", ("go.acme.com",), now - day, now + day, False, False, "", "1", ()
    )
    roots = RootsView("/roots.pem", (), "SSL_CERT_FILE", 3)

    def seen(address: str, host: str, *, proxied: bool = False) -> list[Fault]:
        report = TLSReport(
            address, host, 0.1, roots, chain=(leaf,), path=("go.acme.com", "ACME CA"), proxied=proxied
        )  # fmt: skip
        return [one.fault for one in judge_tls(report)]

    assert seen("10.1.2.3", "go.acme.com") == []
    assert seen("8.8.8.8", "go.acme.com") == [Fault.TLS_INTERCEPTED]
    assert seen("10.1.2.3", "proxy.golang.org") == [Fault.TLS_INTERCEPTED]
    assert seen("10.1.2.3", "proxy.golang.org.evil.internal") == []
