"""GOSUMDB and GONOSUMDB: which database they name, and for which modules it is asked."""

from __future__ import annotations

import pytest

from probes.golang.errors import GoError
from probes.golang.gosumdb import dial, use_sum_db
from tests.sumdb_server import Signer

NAME = "sum.example.com"
KEY = Signer.from_seed(NAME, 7).verifier_key


@pytest.mark.parametrize(
    ("gosumdb", "words"),
    [
        ("off", "checksum database disabled by GOSUMDB=off"),
        ("", "missing GOSUMDB"),
        (" \t\u00a0", "missing GOSUMDB"),
        ("off ", "invalid GOSUMDB: malformed verifier id"),
        ("sum.example.com", "invalid GOSUMDB: malformed verifier id"),
        (" sum.golang.google.cn", "invalid GOSUMDB: malformed verifier id"),
        ("https://sum.golang.google.cn/", "invalid GOSUMDB: malformed verifier id"),
        ("sum.golang.org https://a https://b", "invalid GOSUMDB: too many fields"),
        (KEY.replace(NAME, "sum.example.org"), "invalid GOSUMDB: invalid verifier hash"),
        (f"{KEY} https://h:p", 'invalid GOSUMDB URL: parse "https://h:p": invalid port ":p" after host'),
        (
            Signer.from_seed("h/p/").verifier_key,
            "invalid sumdb name (must be host[/path]): h/p/ {Scheme:https Opaque: User: Host:h Path:/p/ "
            "Fragment: RawQuery: RawPath: RawFragment: ForceQuery:false OmitHost:false}",
        ),
        (
            Signer.from_seed("u:p@h?").verifier_key,
            "invalid sumdb name (must be host[/path]): u:p@h? {Scheme:https Opaque: User:u:p Host:h Path: "
            "Fragment: RawQuery: RawPath: RawFragment: ForceQuery:true OmitHost:false}",
        ),
        (
            Signer.from_seed("h:port").verifier_key,
            "panic: runtime error: invalid memory address or nil pointer dereference",
        ),
    ],
)
def test_gosumdb_that_names_no_database(gosumdb: str, words: str) -> None:
    with pytest.raises(GoError) as caught:
        dial(gosumdb)
    assert str(caught.value) == words


def test_forms_of_gosumdb() -> None:
    public = dial("sum.golang.org")
    assert public.direct.string() == "https://sum.golang.org"
    assert public.explicit is None
    china = dial("sum.golang.google.cn")
    assert (china.name, china.verifier) == (public.name, public.verifier)
    assert china.explicit is not None
    assert china.explicit.string() == "https://sum.golang.google.cn"
    own = dial(Signer.from_seed("host.example/path").verifier_key)
    assert own.direct.string() == "https://host.example/path"
    assert dial(f" {KEY}\n") == dial(KEY)


@pytest.mark.parametrize(
    ("path", "settings_", "asked"),
    [
        ("example.com/m", {}, True),
        ("example.com/m", {"gosumdb": "off"}, False),
        ("example.com/m", {"gosumdb": "off "}, True),
        ("example.com/m", {"gosumdb": ""}, True),
        ("corp.example.com/m/sub", {"gonosumdb": "*.example.com"}, False),
        ("example.com/m", {"gonosumdb": "*.example.com"}, True),
        ("golang.org/toolchain", {"gosumdb": "off", "gonosumdb": "*"}, True),
        ("golang.org/toolchain", {"goproxy": "file:///dist"}, True),
        ("golang.org/toolchain", {"goproxy": "file:///dist", "gosumdb": "off"}, False),
        ("golang.org/toolchain", {"goproxy": "file:///dist", "gonosumdb": "golang.org"}, False),
        ("golang.org/toolchain", {"goproxy": "file:///dist,off", "gosumdb": "off"}, True),
        ("golang.org/toolchain", {"goproxy": "file:///a|file:///b", "gosumdb": "off"}, True),
        ("golang.org/toolchain", {"goproxy": "FILE:///dist", "gosumdb": "off"}, True),
        ("golang.org/toolchain", {"gosumdb": "off", "agent": "x proxy.golang.org y"}, False),
        ("golang.org/toolchain/x", {"gosumdb": "off"}, False),
    ],
)
def test_when_the_database_is_asked(path: str, settings_: dict[str, str], asked: bool) -> None:
    env = {"GIT_HTTP_USER_AGENT": settings_["agent"]} if "agent" in settings_ else {}
    answer = use_sum_db(
        path,
        "v1.0.0",
        gosumdb=settings_.get("gosumdb", "sum.golang.org"),
        gonosumdb=settings_.get("gonosumdb", ""),
        goproxy=settings_.get("goproxy", "https://proxy.golang.org,direct"),
        process_env=env,
    )
    assert answer is asked
