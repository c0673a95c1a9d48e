"""Worlds that chance would hardly make: toolchains, odd arguments, settings, huge and hostile answers."""

from __future__ import annotations

import pytest

from probes.demo.behaviour import Answer, Behaviour, Script, body, status
from probes.demo.content import Module, ModuleVersion, simple_module
from probes.golang.protocol import Op
from tests.against_go.compare import compare
from tests.against_go.worlds import GeneratedWorld

PATH = "m.test/x"
TOOLCHAIN = "golang.org/toolchain"
TOOLCHAIN_VERSIONS = (
    "v0.0.1-go1.21.0.linux-amd64",
    "v0.0.1-go1.21.1.linux-amd64",
    "v0.0.1-go1.22rc1.linux-amd64",
)


def _world(
    query: str,
    *,
    module: Module | None = None,
    path: str = PATH,
    goproxy: str = "{0}",
    behaviours: dict[Op, Behaviour] | None = None,
    **variables: str,
) -> GeneratedWorld:
    held = simple_module(PATH, "v1.0.0", "v1.1.0") if module is None else module
    script = Script({held.path: held}, behaviours or {})
    count = goproxy.count("{")
    return GeneratedWorld(0, path, query, (script,) * count, goproxy, variables)


def _toolchains() -> Module:
    versions = tuple(
        ModuleVersion(TOOLCHAIN, version, go_mod=b"module golang.org/toolchain\n", go_mod_in_zip=False,
                      files=(("bin/go", b"#!"), ("LICENSE", b"x")))
        for version in TOOLCHAIN_VERSIONS
    )  # fmt: skip
    return Module(TOOLCHAIN, versions)


def _too_new(go_line: str = "1.99") -> Module:
    go_mod = f"module {PATH}\n\ngo {go_line}\n".encode()
    return Module(PATH, (ModuleVersion(PATH, "v1.0.0", go_mod=go_mod),))


LONG = b"a line that is not too long\n" * 3 + b"x" * 640 + b"\n"
WORLDS = {
    "toolchain": _world(TOOLCHAIN_VERSIONS[0], module=_toolchains(), path=TOOLCHAIN),
    "toolchain latest": _world("latest", module=_toolchains(), path=TOOLCHAIN),
    "toolchain not private for GONOSUMDB": _world(
        TOOLCHAIN_VERSIONS[1], module=_toolchains(), path=TOOLCHAIN, GONOSUMDB="*"
    ),
    **{
        f"too new, GOTOOLCHAIN={setting}": _world("latest", module=_too_new(), GOTOOLCHAIN=setting)
        for setting in ("local", "auto", "path", "go1.27.3+auto", "go1.27.3+path", "")
    },
    "as new as possible": _world("latest", module=_too_new("1.27.3"), GOTOOLCHAIN="local"),
    "a little too new": _world("latest", module=_too_new("1.27.4"), GOTOOLCHAIN="local"),
    "release candidate": _world("latest", module=_too_new("1.28rc1"), GOTOOLCHAIN="local"),
    "upgrade": _world("upgrade"),
    "patch": _world("patch"),
    "option as a version": _world("-x"),
    "wildcard": _world("latest", path="m.test/..."),
    "relative": _world("latest", path="./x"),
    "backslash": _world("latest", path="m.test\\x"),
    "no dot": _world("latest", path="nodot/x"),
    "upper-case host": _world("latest", path="M.test/x"),
    "v1 suffix": _world("latest", path="m.test/x/v1"),
    "std": _world("latest", path="std"),
    "trailing slash": _world("latest", path="m.test/x/"),
    "not ASCII": _world("latest", path="m.test/größe"),
    "fips140": _world(
        "v1.0.0", module=simple_module("golang.org/fips140", "v1.0.0"), path="golang.org/fips140"
    ),
    "relative module cache": _world("latest", GOMODCACHE="relative"),
    "module cache in HOME's GOPATH": _world("latest", GOMODCACHE=""),
    "vendor mode does not count": _world("latest", GOFLAGS="-mod=vendor"),
    "GOFLAGS without a dash": _world("latest", GOFLAGS="mod=mod"),
    "GOFLAGS quoted": _world("latest", GOFLAGS="'-ldflags=-X main.a=b' -modcacherw"),
    "GOFLAGS unknown": _world("latest", GOFLAGS="-nosuchflag"),
    "GOFLAGS unterminated": _world("latest", GOFLAGS="'-x"),
    "modules off": _world("latest", GO111MODULE="off"),
    "modules auto": _world("latest", GO111MODULE="auto"),
    "modules bogus": _world("latest", GO111MODULE="yes"),
    "toolchain setting garbage": _world("latest", GOTOOLCHAIN="garbage"),
    "toolchain setting empty name": _world("latest", GOTOOLCHAIN="go"),
    "toolchain setting spaces": _world("latest", GOTOOLCHAIN="local auto"),
    "empty list": _world("latest", goproxy=","),
    "invalid second proxy": _world("latest", goproxy="{0},Direct"),
    "ftp": _world("latest", goproxy="ftp://h/x"),
    "quotes": _world("latest", goproxy='"{0}"'),
    "full-width comma": _world("latest", goproxy="https://mirror.test，direct"),
    "international name": _world("latest", goproxy="https://bücher.invalid"),
    "empty host": _world("latest", goproxy="https:///x"),
    "port without a host": _world("latest", goproxy="http://:1/x"),
    "bad port": _world("latest", goproxy="http://127.0.0.1:99999"),
    "file with a host": _world("latest", goproxy="file://host/x"),
    "file missing": _world("latest", goproxy="file:///nosuch/folder,{0}"),
    "port closed": _world("latest", goproxy="http://127.0.0.1:1,{0}"),
    "port closed, pipe": _world("latest", goproxy="http://127.0.0.1:1|{0}"),
    "long words": _world("latest", behaviours={Op.LIST: status(404, LONG)}),
    "many words": _world("latest", behaviours={Op.LIST: status(500, b"l\n" * 40)}),
    "words with blank first line": _world("latest", behaviours={Op.LIST: status(500, b"\nword\n")}),
    "words with a tab": _world("latest", behaviours={Op.LIST: status(403, b"a\tb \xe3\x80\x80\n")}),
    "hostile words": _world("latest", behaviours={Op.LIST: status(403, b"\x1b[2J\n")}),
    "quoted charset": _world(
        "latest", behaviours={Op.LIST: status(403, b"words\n", 'text/plain; charset="UTF-8"; x=y')}
    ),
    "malformed type": _world("latest", behaviours={Op.LIST: status(403, b"words\n", "text/plain; =")}),
    "type with blanks": _world(
        "latest", behaviours={Op.LIST: status(403, b"words\n", "text/plain ;charset=utf-8")}
    ),
    "type twice charset": _world(
        "latest", behaviours={Op.LIST: status(403, b"words\n", "text/plain; charset=utf-8; charset=x")}
    ),
    "big list": _world(
        "latest", behaviours={Op.LIST: body(b"".join(b"v1.0.%d\n" % n for n in range(20_000)) + b"v1.1.0\n")}
    ),
    "list with a BOM": _world("latest", behaviours={Op.LIST: body("\ufeffv1.0.0\n".encode())}),
    "list with odd spaces": _world(
        "latest", behaviours={Op.LIST: body("v1.0.0\u3000x\nv1.1.0\x0bx\n".encode())}
    ),
    "list with NUL": _world("latest", behaviours={Op.LIST: body(b"v1.1.0\x00\nv1.0.0\n")}),
    "list not UTF-8": _world("latest", behaviours={Op.LIST: body(b"\xff\xfe\nv1.0.0 \xff\n")}),
    "no content": _world("latest", behaviours={Op.LIST: lambda request, answer: Answer(204)}),
}


def test_user_information_is_masked_more_than_go_masks_it() -> None:
    found = compare(_world("latest", goproxy="http://user:p4ss@127.0.0.1:1"))
    assert found is not None
    go, ours = [line.split("module m.test/x: ")[1] for line in found.splitlines() if " error: " in line]
    assert "//user:xxxxx@127.0.0.1:1/" in go
    assert ours == go.replace("//user:xxxxx@", "//xxxxx@")


@pytest.mark.parametrize("name", WORLDS)
def test_same_as_go(name: str) -> None:
    found = compare(WORLDS[name])
    assert found is None, found
