"""Generated worlds for `go get PKG@QUERY`: which prefixes of a path are modules, where the package is, and how
proxies misbehave for some of the prefixes.

A world is made from a number alone, so that a difference can be looked at again by its number.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from probes.demo.behaviour import Answer, Behaviour, Fault, Request, Script, body, fault, portal, status
from probes.demo.content import Module, ModuleVersion
from probes.golang.prefixes import candidates
from probes.golang.protocol import Op

PSEUDO = "v0.0.0-20240102030406-abcdefabcdef"

PACKAGES = (
    ("m.test/a/b/c", 6), ("m.test/a/b", 4), ("m.test/a", 3), ("m.test", 1), ("m.test/a/v2/c", 3),
    ("m.test/a/v2", 2), ("m.test/Upper/Case/pkg", 1), ("gopkg.in/thing.v1/sub", 2), ("gopkg.in/thing.v1", 1),
    ("m.test/a/v1/c", 1), ("m.test/a/_hidden", 1), ("m.test/a/testdata/x", 1), ("m.test/a/v3/d/e", 1),
    ("m.test/a/b/c/", 1), ("m.test//a/b", 1), ("m.test/a/b.go", 1), ("m.test/.dot/x", 1),
)  # fmt: skip
QUERIES = (
    ("", 6), ("latest", 6), ("upgrade", 2), ("patch", 2), ("none", 1), ("v1", 3), ("v1.0", 2), ("v1.0.0", 6),
    ("v1.1.0", 3), ("v2", 2), ("v2.0.0", 3), ("v9.9.9", 2), ("main", 4), ("nosuch", 1), ("feat/x", 1),
    ("<v1.1.0", 1), (">=v1.0.0", 1), (">v1", 1), (PSEUDO, 1), ("v1.0.0+meta", 1), ("abcdefabcdef", 1),
)  # fmt: skip


@dataclass(frozen=True)
class PrefixScript:
    """A proxy that may misbehave for some module paths only."""

    script: Script
    by_path: Mapping[str, Behaviour] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        answer = self.script.answer(request)
        behaviour = self.by_path.get(request.path)
        return answer if behaviour is None else behaviour(request, answer)


@dataclass(frozen=True)
class GettingWorld:
    """What a number stands for."""

    seed: int
    argument: str
    handlers: tuple[PrefixScript, ...]
    goproxy: str
    """With {0}, {1}, … for the proxies."""
    variables: dict[str, str]
    note: str
    """The world in words, for the report of a difference."""


def _choose(rng: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]


def _version(
    rng: random.Random, path: str, version: str, package: str, go_mod: bytes | None
) -> ModuleVersion:
    """One version, with the package in it or not."""
    files: list[tuple[str, bytes]] = [("README", b"read me\n")]
    inside = package.removeprefix(path).strip("/")
    folder = inside + "/" if inside else ""
    chance = rng.random()
    if chance < 0.55:
        files.append((f"{folder}code.go", b"package code\n"))
    elif chance < 0.62:
        files.append((f"{folder}_hidden.go", b"package code\n"))
    elif chance < 0.7:
        files.append((f"{folder}data.txt", b"no go\n"))
    elif chance < 0.76:
        files.append((f"{folder}deeper/code.go", b"package code\n"))
    if rng.random() < 0.4 and inside:
        files.append(("root.go", b"package root\n"))
    return ModuleVersion(path, version, go_mod=go_mod, files=tuple(files))


def _module(rng: random.Random, path: str, package: str) -> tuple[str, Module]:
    """A module at one prefix, in one of several shapes."""
    major = "v2" if path.endswith("/v2") else "v3" if path.endswith("/v3") else "v1"
    names = [f"{major}.0.0", f"{major}.1.0"]
    shape = rng.choice(
        ("plain", "plain", "plain", "retracted", "pre", "pseudo", "empty", "incompatible", "odd")
    )
    go_mod: dict[str, bytes] = {}
    latest: str | None = names[-1]
    if shape == "retracted":
        retract = rng.choice((f"{names[1]} // broken, sorry", f"[{names[0]}, {names[1]}]", names[0]))
        deprecated = rng.choice(("", "// Deprecated: use another.\n"))
        go_mod[names[1]] = f"{deprecated}module {path}\n\ngo 1.21\n\nretract {retract}\n".encode()
    elif shape == "pre":
        names = [f"{major}.0.0-alpha", f"{major}.0.0-beta"]
        latest = None
    elif shape == "pseudo" and major == "v1":
        names, latest = [PSEUDO], PSEUDO
    elif shape == "empty":
        names, latest = [], None
    elif shape == "incompatible" and major == "v1" and not path.startswith("gopkg.in/"):
        names += ["v2.0.0+incompatible"]
        if rng.random() < 0.5:
            go_mod = dict.fromkeys(names, f"module {path}\n".encode())
    elif shape == "odd":
        go_mod[names[1]] = rng.choice(
            (b"module other.test/x\n", b"garbage <", f"module {path}\n\ngo 1.99\n".encode(), b"go 1.20\n",
             f"module {path}\nrequire (\n".encode())
        )  # fmt: skip
    versions = tuple(_version(rng, path, name, package, go_mod.get(name)) for name in names)
    main = rng.choice([*names, PSEUDO])
    return shape, Module(path, versions, latest=latest, revisions={"main": main, "abcdefabcdef": main})


def _behaviour(rng: random.Random) -> tuple[str, Behaviour]:
    """How a proxy misbehaves for one module path."""
    code = rng.choice((403, 403, 403, 403, 401, 410, 404, 500, 502))
    only = rng.choice((None, None, None, *Op))
    name, broken = rng.choice(
        [
            (f"{code}", status(code, b"no\n")),
            (f"{code}", status(code, b"no\n")),
            (f"{code}", status(code, b"no\n")),
            ("portal", portal),
            ("empty", body(b"")),
            ("closed", fault(Fault.CLOSE)),
            ("bad json", body(b"{", "application/json")),
        ]
    )

    def behave(request: Request, answer: Answer) -> Answer:
        return broken(request, answer) if only in (None, request.op) else answer

    return f"{only or 'all'} {name}", behave


def generate(seed: int) -> GettingWorld:
    """The world with this number."""
    rng = random.Random(seed)
    package = _choose(rng, PACKAGES)
    query = _choose(rng, QUERIES)
    asked, package = package, package.replace("//", "/").rstrip("/")
    prefixes = candidates(package)
    count = rng.choice((1, 1, 2, 2, 3))
    density, trouble = rng.choice((0.3, 0.6, 0.8)), rng.choice((0.0, 0.1, 0.25))
    world: dict[str, Module] = {}
    notes = []
    for prefix in prefixes:
        if rng.random() < density:
            shape, world[prefix] = _module(rng, prefix, package)
            notes.append(f"{prefix} {shape}")
    handlers = []
    for number in range(count):
        held = {path: module for path, module in world.items() if rng.random() < 0.85}
        by_path = {}
        for prefix in prefixes:
            if rng.random() < trouble:
                name, by_path[prefix] = _behaviour(rng)
                notes.append(f"{number}:{prefix} {name}")
        if missing := sorted(set(world) - set(held)):
            notes.append(f"{number} lacks {', '.join(missing)}")
        handlers.append(PrefixScript(Script(held), by_path))
    goproxy = "{0}" + "".join(f"{rng.choice(',,|')}{{{number}}}" for number in range(1, count))
    if rng.random() < 0.2:
        goproxy += rng.choice(",|") + "off"
    variables: dict[str, str] = {}
    if rng.random() < 0.12:
        variables["GONOPROXY"] = rng.choice(("other.test", prefixes[0], prefixes[-1], "x.test/*,none"))
    argument = f"{asked}@{query}" if query else asked
    return GettingWorld(seed, argument, tuple(handlers), goproxy, variables, "; ".join(notes))
