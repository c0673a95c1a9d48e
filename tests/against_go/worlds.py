"""Generated worlds: a chain of proxies that misbehave at random, and a question to ask it.

A world is made from a number alone, so that a difference can be looked at again by its number.
"""

from __future__ import annotations

import gzip
import random
from dataclasses import dataclass, field, replace

from probes.demo.behaviour import (
    Answer,
    Behaviour,
    Fault,
    Request,
    Script,
    body,
    fault,
    portal,
    redirect,
    redirect_loop,
    status,
    wrong_version,
)
from probes.demo.content import Module, ModuleVersion
from probes.golang.protocol import Op

OPS = (Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP)
PSEUDO = "v0.0.0-20240102030406-abcdefabcdef"
LATER_PSEUDO = "v1.1.1-0.20240203040506-123456789abc"


@dataclass(frozen=True)
class GeneratedWorld:
    """What a number stands for."""

    seed: int
    path: str
    query: str
    scripts: tuple[Script, ...]
    goproxy: str
    """With {0}, {1}, … for the proxies."""
    variables: dict[str, str] = field(default_factory=dict)
    tls: bool = False
    trees: frozenset[int] = frozenset()
    """The proxies that are file trees instead of servers."""
    note: str = ""
    """The behaviours in words, for the report of a difference."""


def _versions(path: str, *names: str, go_mod: dict[str, bytes] | None = None) -> tuple[ModuleVersion, ...]:
    return tuple(ModuleVersion(path, name, go_mod=(go_mod or {}).get(name)) for name in names)


def _retracting(path: str, *intervals: str) -> bytes:
    lines = "".join(f"retract {interval} // taken back\n" for interval in intervals)
    return f"module {path}\n\ngo 1.20\n\n{lines}".encode()


def _legacy(path: str) -> bytes:
    return f"module {path}\n".encode()


def _plain(path: str) -> Module:
    return Module(
        path, _versions(path, "v1.0.0", "v1.1.0", "v1.2.0-rc.1"), latest="v1.1.0",
        revisions={"main": "v1.1.0", "abcdefabcdef": "v1.0.0"},
    )  # fmt: skip


def _v2(path: str) -> Module:
    path += "/v2"
    return Module(path, _versions(path, "v2.0.0", "v2.1.0", "v2.2.0-beta"), latest="v2.1.0")


def _incompatible(path: str) -> Module:
    return Module(
        path,
        _versions(path, "v1.0.0", "v1.1.0", "v2.0.0+incompatible", "v3.1.0+incompatible"),
        latest="v3.1.0+incompatible",
    )


def _legacy_incompatible(path: str) -> Module:
    names = ("v1.0.0", "v1.1.0", "v2.0.0+incompatible", "v3.1.0+incompatible", "v3.2.0-pre+incompatible")
    return Module(path, _versions(path, *names, go_mod=dict.fromkeys(names, _legacy(path))))


def _pseudo_only(path: str) -> Module:
    versions = (
        ModuleVersion(path, PSEUDO),
        ModuleVersion(path, LATER_PSEUDO),
    )
    return Module(path, versions, latest=None, revisions={"main": LATER_PSEUDO, "abcdefabcdef": PSEUDO})


def _pseudo_latest(path: str) -> Module:
    version = ModuleVersion(path, PSEUDO, listed=False)
    return Module(path, (version,), latest=PSEUDO, revisions={"main": PSEUDO})


def _retracted(path: str) -> Module:
    names = ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0")
    go_mod = {"v1.3.0": _retracting(path, "[v1.2.0, v1.3.0]", "v1.0.0")}
    return Module(path, _versions(path, *names, go_mod=go_mod), latest="v1.3.0")


def _all_retracted(path: str) -> Module:
    go_mod = {"v1.1.0": _retracting(path, "[v0.0.0, v1.9.9]")}
    return Module(path, _versions(path, "v1.0.0", "v1.1.0", go_mod=go_mod), latest="v1.1.0")


def _prereleases(path: str) -> Module:
    return Module(path, _versions(path, "v0.1.0-alpha", "v0.1.0-beta.2", "v0.1.0-beta.11"), latest=None)


def _no_versions(path: str) -> Module:
    return Module(path, (), latest=None)


def _too_new(path: str) -> Module:
    go_mod = {"v1.1.0": f"module {path}\n\ngo 1.99\n".encode()}
    return Module(path, _versions(path, "v1.0.0", "v1.1.0", go_mod=go_mod), latest="v1.1.0")


def _odd_files(path: str) -> Module:
    bad = ModuleVersion(path, "v1.1.0", files=(("sub/go.mod", b"module x\n"), ("a.go", b"package a\n")))
    collision = ModuleVersion(path, "v1.2.0", files=(("README", b"a"), ("readme", b"b")))
    name = ModuleVersion(path, "v1.3.0", files=(("con.go", b"package a\n"), ("a:b.go", b"package a\n")))
    return Module(path, (ModuleVersion(path, "v1.0.0"), bad, collision, name), latest="v1.2.0")


def _without_go_mod(path: str) -> Module:
    version = ModuleVersion(path, "v1.0.0", go_mod=_legacy(path), go_mod_in_zip=False)
    return Module(path, (version,), latest="v1.0.0")


SHAPES = (
    (_plain, 8), (_v2, 2), (_incompatible, 2), (_legacy_incompatible, 2), (_pseudo_only, 2),
    (_pseudo_latest, 2), (_retracted, 4), (_all_retracted, 2), (_prereleases, 2), (_no_versions, 1),
    (_too_new, 1), (_odd_files, 2), (_without_go_mod, 1),
)  # fmt: skip
PATHS = ("m.test/mod", "m.test/UpperCase/mod", "m.test/a/b-c/d_e", "gopkg.in/thing.v1", "m.test")

QUERIES = (
    ("latest", 10), ("v1", 3), ("v1.0", 2), ("v1.1", 2), ("v2", 2), ("v1.0.0", 5), ("v1.1.0", 4),
    ("v2.0.0", 2), ("v2.1.0", 1), ("v9.9.9", 2), ("v3.1.0+incompatible", 1), ("v1.2.0", 2), ("v1.3.0", 1),
    ("<v1.1.0", 2), ("<=v1.1.0", 2), (">v1.0.0", 2), (">=v1.0.0", 2), ("<v1.1", 1), (">=v2", 1), ("<=v1.1", 1),
    (">v1", 1), ("<x", 1), ("main", 3), ("abcdefabcdef", 2), ("nosuchbranch", 1), ("feat/x", 1),
    (PSEUDO, 2), (LATER_PSEUDO, 1), ("v1.0.0+meta", 1), ("V1.0.0", 1), ("1.0.0", 1), ("none", 1), ("", 1),
    ("v0.1.0-beta.11", 1), ("v0", 1), ("HEAD", 1), ("v1.1.0-rc!", 1),
)  # fmt: skip


def _choose(rng: random.Random, weighted: tuple[tuple[object, int], ...]) -> object:
    return rng.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]


def _behaviour(rng: random.Random, op: Op, others: int) -> tuple[str, Behaviour]:
    code = rng.choice((404, 404, 404, 410, 410, 400, 401, 403, 429, 500, 502, 503, 418))
    words = rng.choice(
        (b"", b"not found: no such module\n", b"a first line\nand a second\n\nbehind a blank line\n",
         b"line\n" * 12, b"x" * 700 + b"\n", b"bell \x07 in it\n", b"not utf-8 \xff\n", "größer\n".encode())
    )  # fmt: skip
    kind = rng.choice(("text/plain", "text/plain; charset=utf-8", "text/html", "application/json",
                       "text/plain; charset=latin1", "Text/Plain; Charset=US-ASCII"))  # fmt: skip
    options: list[tuple[str, Behaviour]] = [
        (f"{code} {kind} {words[:20]!r}", status(code, words, kind)),
        (f"{code}", status(code, b"no\n")),
        (f"{code} html", status(code, b"<html>no</html>", "text/html; charset=utf-8")),
        ("portal", portal),
        ("empty body", body(b"")),
        ("closed", fault(Fault.CLOSE)),
        ("truncated", fault(Fault.TRUNCATE)),
        ("redirect loop", redirect_loop),
        ("reset", fault(Fault.RESET)),
        ("odd", status(rng.choice((201, 203, 204, 206, 304, 300)), b"odd\n")),
        ("nowhere", status(302, b"no location\n")),
        ("bad location", lambda request, answer: Answer(302, headers=(("Location", "http://[bad/"),))),
        ("gzip", _gzipped),
        ("bad gzip", lambda request, answer: replace(answer, headers=(("Content-Encoding", "gzip"),))),
    ]
    if others > 1:
        target = rng.randrange(others)
        options.append((f"redirect to {target}", redirect(f"http://world.invalid/{target}")))
    if op in (Op.INFO, Op.LATEST):
        options += [
            (text.decode(), body(text, "application/json"))
            for text in (
                b"{", b"[]", b'"v1.0.0"', b"null", b"{}", b'{"Version":1}', b'{"Version":"v1.0.0","Time":"soon"}',
                b'{"Version":"v1.1.0","Time":"2024-01-02T03:04:06Z"}', b"not json", b'{"Version":"v1.0.0"}trailing',
                b'{"version":"v1.0.0"}', b'{"Version":"master"}', b'{"Version":"v1.2"}',
            )
        ]  # fmt: skip
        options += [(f"says {v}", wrong_version(v)) for v in ("v1.0.1", "v2.0.0", "v1.0.0", "")]
    if op is Op.LIST:
        options += [
            (repr(text), body(text))
            for text in (
                b"\n\n", b"v1.0.0\r\nv1.1.0\r\n", b"v1\nv1.2\nv1.0.0\n", b"garbage\nv1.1.0 2024-01-02T03:04:06Z\n",
                f"{PSEUDO}\n{LATER_PSEUDO}\n".encode(), f"{PSEUDO} 2025-01-01T00:00:00Z\n".encode(),
                b"v1.0.0+meta\nv1.1.0\n", b"v1.9.0\n", b"v1.0.0\nv1.0.0\nv1.1.0-rc.1\n", b"v2.0.0\n",
                b"v4.0.0+incompatible\n",
            )
        ]  # fmt: skip
    if op is Op.ZIP:
        options += [("not a zip", body(b"PK\x03\x04 no zip", "application/zip"))] * 3
    if op is Op.MOD:
        options += [
            (repr(text), body(text))
            for text in (b"module other.test/x\n", b"garbage <", b"module m.test/mod\n", b"go 1.99\n",
                         b"module m.test/mod\nretract v1.0.0\n")
        ]  # fmt: skip
    return rng.choice(options)


def _gzipped(request: Request, answer: Answer) -> Answer:
    headers = (*answer.headers, ("Content-Encoding", "gzip"))
    return replace(answer, body=gzip.compress(answer.body, mtime=0), headers=headers)


def generate(seed: int) -> GeneratedWorld:
    """The world with this number."""
    rng = random.Random(seed)
    shape = _choose(rng, SHAPES)
    module: Module = shape(rng.choice(PATHS))  # type: ignore[operator]
    count = rng.choice((1, 1, 2, 2, 2, 3, 3, 4))
    scripts, notes = [], []
    misbehaving = rng.choice((0.03, 0.1, 0.3, 0.5))
    for number in range(count):
        held = (module,) if rng.random() < 0.8 else ()
        behaviours: dict[Op, Behaviour] = {}
        if rng.random() < 0.12:
            name, behaviour = _behaviour(rng, Op.ZIP, count)
            behaviours = dict.fromkeys(OPS, behaviour)
            notes.append(f"{number}:all {name}")
        else:
            for op in OPS:
                if rng.random() < misbehaving:
                    name, behaviours[op] = _behaviour(rng, op, count)
                    notes.append(f"{number}:{op} {name}")
        if not held:
            notes.append(f"{number}: does not hold it")
        scripts.append(Script({m.path: m for m in held}, behaviours))
    separators = [rng.choice(",,|") for _ in range(count - 1)]
    goproxy = "{0}" + "".join(f"{separators[n - 1]}{{{n}}}" for n in range(1, count))
    ending = rng.random()
    if ending < 0.2:
        goproxy += rng.choice(",|") + "off"
    elif ending < 0.25:
        goproxy += ",off,https://never.invalid"
    elif ending < 0.3:
        goproxy = " " + goproxy.replace(",", " , ") + ","
    variables = {}
    if rng.random() < 0.15:
        variables[rng.choice(("GONOPROXY", "GOPRIVATE"))] = rng.choice(
            ("other.test", "x.test/*,none", "[bad")
        )
    query = str(_choose(rng, QUERIES))
    trees = frozenset(number for number in range(count) if rng.random() < 0.08)
    return GeneratedWorld(
        seed, module.path, query, tuple(scripts), goproxy, variables, rng.random() < 0.15, trees,
        f"{shape.__name__}; {'; '.join(notes)}",  # type: ignore[attr-defined]
    )  # fmt: skip
