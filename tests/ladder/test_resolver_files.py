"""resolv.conf, hosts and nsswitch.conf as Go reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.net.resolve import is_domain_name
from probes.net.resolver_files import (
    HostsLine,
    Nameserver,
    hosts_lines,
    lookup_order,
    parse_resolv_conf,
)


def test_every_directive() -> None:
    conf = parse_resolv_conf(
        "# comment\n; comment\nnameserver 10.0.0.1\nnameserver dns.corp.test\nnameserver fe80::1%eth0\n"
        "domain one.test\nsearch corp.test lab.test. .\n"
        "options ndots:5 timeout:1 attempts:3 rotate single-request use-vc edns0 inet6\nsortlist 10.0.0.0/8\n"
    )
    assert [server.shown for server in conf.nameservers] == ["10.0.0.1:53", "[fe80::1%eth0]:53"]
    assert [server.line for server in conf.nameservers] == [3, 5]
    assert conf.ignored == ("dns.corp.test",)
    assert conf.search == ("corp.test.", "lab.test.")
    assert (conf.ndots, conf.timeout_s, conf.attempts) == (5, 1.0, 3)
    assert conf.rotate
    assert conf.single_request
    assert conf.use_tcp
    assert conf.unknown == ("inet6", "sortlist")


def test_only_three_nameservers_count() -> None:
    conf = parse_resolv_conf("".join(f"nameserver 10.0.0.{n}\n" for n in range(1, 6)))
    assert [server.address for server in conf.nameservers] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert conf.ignored == ("10.0.0.4", "10.0.0.5")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", (1, 5.0, 2)),
        ("options ndots:99 timeout:0 attempts:0", (15, 1.0, 1)),
        ("options ndots: timeout:x attempts:-1", (0, 1.0, 1)),
        ("options ndots:2x", (2, 5.0, 2)),
    ],
)
def test_numbers_are_clamped(options: str, expected: tuple[int, float, int]) -> None:
    conf = parse_resolv_conf(options)
    assert (conf.ndots, conf.timeout_s, conf.attempts) == expected


def test_no_file_means_this_machine() -> None:
    conf = parse_resolv_conf(None, hostname="host.corp.test", port=5353)
    assert not conf.found
    assert conf.nameservers == (Nameserver("127.0.0.1", 5353), Nameserver("::1", 5353))
    assert conf.search == ("corp.test.",)


@pytest.mark.parametrize(
    ("more", "host", "names"),
    [
        ("", "proxy.test", ("proxy.test.",)),
        ("search corp.test", "proxy.test", ("proxy.test.", "proxy.test.corp.test.")),
        ("search corp.test", "proxy", ("proxy.corp.test.", "proxy.")),
        ("search corp.test\noptions ndots:5", "proxy.test", ("proxy.test.corp.test.", "proxy.test.")),
        ("search corp.test\noptions ndots:5", "proxy.test.", ("proxy.test.",)),
        ("search corp.test", "hidden.onion", ("hidden.onion.corp.test.",)),
        ("", "hidden.onion.", ()),
        ("search corp.test", "a" * 254, ()),
        ("search " + "b" * 100 + ".test", "a" * 180, ("a" * 180 + ".",)),
    ],
)
def test_names_asked_for(more: str, host: str, names: tuple[str, ...]) -> None:
    assert parse_resolv_conf(more).names_for(host) == names


def test_worst_case() -> None:
    conf = parse_resolv_conf("nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a.test b.test\n")
    assert conf.worst_case_s("proxy.test") == 3 * 2 * 2 * 5.0


def test_hosts_lines() -> None:
    text = (
        "127.0.0.1 localhost\n10.0.0.5  Proxy.Test proxy # proxy.test\nnonsense proxy.test\n::5 proxy.test.\n"
    )
    assert hosts_lines(text, "proxy.test") == (HostsLine("10.0.0.5", 2), HostsLine("::5", 4))
    assert hosts_lines(text, "PROXY.test.") == hosts_lines(text, "proxy.test")
    assert hosts_lines(text, "other.test") == ()


@pytest.mark.parametrize(
    ("nsswitch", "order", "strangers"),
    [
        (None, ("files", "dns"), ()),
        ("hosts: files dns", ("files", "dns"), ()),
        ("hosts: dns files", ("dns", "files"), ()),
        ("hosts: files", ("files",), ()),
        ("hosts:\tdns # files", ("dns",), ()),
        ("passwd: files\n", ("files", "dns"), ()),
        ("hosts files dns", ("files", "dns"), ()),
        ("hosts: files mdns4_minimal [NOTFOUND=return] dns", ("files", "dns"), ("mdns4_minimal",)),
        ("hosts: files mdns4_minimal [NOTFOUND=return dns", ("files", "dns"), ()),
        ("hosts: files resolve [!UNAVAIL=return]", ("files", "dns"), ("resolve",)),
        ("hosts: myhostname files", ("dns", "files"), ("myhostname",)),
    ],
)
def test_lookup_order(nsswitch: str | None, order: tuple[str, ...], strangers: tuple[str, ...]) -> None:
    found = lookup_order(nsswitch)
    assert (found.sources, found.strangers) == (order, strangers)


LABEL = st.text("abzAZ09-_.é ", min_size=0, max_size=12)


@settings(deadline=None, max_examples=200)
@given(text=st.text("nameserver10.:domain searchoptions \tx#;%\n", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    conf = parse_resolv_conf(text)
    assert 1 <= len(conf.nameservers) <= 3
    assert 0 <= conf.ndots <= 15
    assert conf.timeout_s >= 1
    assert conf.attempts >= 1


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("proxy.test", True), ("proxy.test.", True), ("_srv.test", True), ("1.2.3.test", True), (".", True),
        ("", False), ("1.2.3", False), ("a..b", False), ("-a.test", False), ("a-.test", False),
        ("a b.test", False), ("goproxy.cn，direct", False), ("a" * 64 + ".test", False), ("a" * 63 + ".test", True),
    ],
)  # fmt: skip
def test_domain_names(name: str, valid: bool) -> None:
    assert is_domain_name(name) is valid
