"""Who is told of a path: what probes.leaks says beforehand, and what the real go then sends on the wire.

Generated settings, paths and proxies; each proxy has the module, does not have it, or fails. What is foretold
has conditions (the separators on the way), and with the proxies' answers they are all decided.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from probes.demo.behaviour import Answer, Request, honest_answer
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.environment import Environment
from probes.golang.goproxy import HopKind, Separator
from probes.golang.module import unescape_path
from probes.leaks.audit import Beside, asked_by_get, audit_paths
from probes.leaks.looks import Confidence
from probes.leaks.subjects import Part, Subject, checked
from probes.leaks.told import Teller, Told, What, When, Who
from probes.sources.environment_reader import read_environment
from probes.trace.route import plan
from tests.against_go.golang import go_binary
from tests.forward_proxy import ForwardProxy
from tests.sumdb_server import Signer

SIGNER = Signer.from_seed("sum.test")
PATHS = (
    "corp.test/a", "corp.test/team/b/v2", "git.corp.test/Team/c", "public.test/d", "github.com/acme/e",
    "code.test/f.git/sub", "nodot/g",
)  # fmt: skip
PATTERNS = (
    "corp.test", "*.corp.test", "corp.test/*", "corp.test/team", " corp.test", "https://corp.test", "none",
    "github.com/acme", "*.test", "*", "git.corp.test/Team", "git.corp.test/team", "Corp.test", "[c]ode.test",
)  # fmt: skip
HAS, MISSING, BROKEN = "has it", "404", "500"
SEEDS = range(30)


@dataclass(frozen=True)
class Plan:
    """One generated world."""

    answers: tuple[str, ...]
    """What each proxy says of modules."""
    supports: tuple[str, ...]
    """What each says when it is asked to pass on questions to the database."""
    variables: dict[str, str] = field(default_factory=dict)
    mirror: int = 0
    """1 where the first proxy of all is at http://mirror.test, behind the HTTP proxy, which refuses it."""


def _plan(seed: int) -> Plan:
    dice = random.Random(seed)
    count = dice.randrange(0, 4)
    answers = tuple(dice.choice((HAS, HAS, MISSING, MISSING, BROKEN)) for _ in range(count))
    supports = tuple(dice.choice((HAS, MISSING, MISSING, BROKEN)) for _ in range(count))
    entries = [f"{{{number}}}" for number in range(count)]
    if dice.random() < 0.7 or not entries:
        entries.append(dice.choice(("direct", "direct", "off")))
    goproxy = entries[0] + "".join(dice.choice(",,|") + entry for entry in entries[1:])
    variables = {"GOPROXY": goproxy, "GOSUMDB": dice.choice(("off", "key", "key", "key", "url", "url"))}
    for name in ("GOPRIVATE", "GONOPROXY", "GONOSUMDB"):
        if dice.random() < 0.4:
            variables[name] = ",".join(dice.sample(PATTERNS, dice.randrange(1, 4)))
    if dice.random() < 0.2:
        variables["GOVCS"] = "*:off"
    if dice.random() < 0.2:
        variables["GOINSECURE"] = "*.test"
    if dice.random() < 0.2:
        variables["NO_PROXY"] = "sum.test.invalid"
    mirror = dice.random() < 0.2
    if mirror:
        variables["GOPROXY"] = f"http://mirror.test|{goproxy}"
    return Plan(answers, supports, variables, int(mirror))


@dataclass
class Wire:
    """Who was told of which path."""

    proxies: set[tuple[int, str]] = field(default_factory=set)
    lookups: set[tuple[int, str]] = field(default_factory=set)
    """By the number of the server: that of the database is the last."""
    connected: set[str] = field(default_factory=set)
    """Hosts that the HTTP proxy was asked to connect to."""
    in_clear: set[str] = field(default_factory=set)
    """Hosts and paths of http:// that it was asked for."""


_LOOKUP = re.compile(r"/lookup/(.+)@[^@]*$")


def _handler(plan: Plan, number: int) -> object:
    modules = {path: simple_module(path, "v2.0.0" if "/v2" in path else "v1.0.0") for path in PATHS}

    def answer(request: Request) -> Answer:
        if number == len(plan.answers) or request.target.startswith("/sumdb/"):
            says = HAS if number == len(plan.answers) else plan.supports[number]
            if says == HAS and "/lookup/" not in request.target:
                return Answer(200, b"")
            return Answer(500 if says == BROKEN else 404, b"no such record\n")
        says = plan.answers[number]
        if says == HAS:
            return honest_answer(modules, request)
        return Answer(404 if says == MISSING else 500, b"not here\n")

    return answer


def _go(plan: Plan, home: Path) -> tuple[Wire, Environment]:
    """Have go download all of the paths at once; what reached whom, and the settings."""
    with ExitStack() as stack:
        handlers = [_handler(plan, number) for number in range(len(plan.answers) + 1)]
        world = stack.enter_context(World(handlers))  # type: ignore[arg-type]
        proxy = stack.enter_context(ForwardProxy({}, refuse=b"HTTP/1.1 403 Forbidden"))
        variables = _variables(plan, world, proxy, home)
        targets = [f"{path}@{'v2.0.0' if '/v2' in path else 'v1.0.0'}" for path in PATHS]
        subprocess.run(
            [str(go_binary()), "mod", "download", "-json", *targets],
            env=variables, cwd=home, capture_output=True, timeout=60,
        )  # fmt: skip
        return _wire(world, proxy), read_environment(process=variables)


def _variables(plan: Plan, world: World, proxy: ForwardProxy, home: Path) -> dict[str, str]:
    home.mkdir()
    proxies = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    key = SIGNER.verifier_key
    sums = {"off": "off", "key": key, "url": f"{key} {world.urls[-1]}"}
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], "GOROOT": str(go_binary().parent.parent),
        "GOMODCACHE": str(home / "cache"), "GOPATH": str(home / "path"), "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local", "GOENV": "off", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
        **dict.fromkeys(proxies, proxy.url), **plan.variables,
        "GOPROXY": plan.variables["GOPROXY"].format(*world.urls),
        "GOSUMDB": sums[plan.variables["GOSUMDB"]],
    }  # fmt: skip


def _wire(world: World, proxy: ForwardProxy) -> Wire:
    wire = Wire()
    for logged in world.log:
        target = logged.request.target
        if found := _LOOKUP.search(target):
            wire.lookups.add((logged.proxy, unescape_path(found[1])))
        elif logged.request.path:
            wire.proxies.add((logged.proxy, logged.request.path))
    for line in proxy.seen:
        method, target, _ = line.split(" ", 2)
        if method == "CONNECT":
            wire.connected.add(target.removesuffix(":443"))
        elif "/sumdb/" not in target:
            place = target.removeprefix("http://").partition("?")[0].partition("/@")[0]
            wire.in_clear.add(unescape_path(unquote(place)) if "mirror.test" in place else place)
    return wire


# -- what was foretold, with the answers in hand -----------------------------------------------------


@dataclass
class _Decided:
    plan: Plan
    teller: Teller

    def __post_init__(self) -> None:
        broken = (BROKEN,) * self.plan.mirror
        self.answers, self.supports = broken + self.plan.answers, broken + self.plan.supports
        names = [hop.name for hop in self.teller.proxies.hops if hop.url is not None]
        self.places = {name: place for place, name in enumerate(names)}

    def server(self, name: str) -> int:
        """The number of a proxy's server."""
        return self.places[name] - self.plan.mirror

    def goes_by(self, way: Sequence[Separator], answers: Sequence[str]) -> bool:
        """Whether go comes past these proxies, the first of the list."""
        return all(
            says == MISSING or (says == BROKEN and separator is Separator.PIPE)
            for separator, says in zip(way, answers, strict=False)
        )

    def is_found(self, told: Sequence[Told]) -> bool:
        """Whether some proxy serves it, so that there is something to verify."""
        return any(
            one.who is Who.PROXY and not one.words and self.answers[self.places[one.name]] == HAS
            and self.goes_by(one.after, self.answers)
            for one in told
        )  # fmt: skip

    def foretell(self, path: str, wire: Wire) -> None:
        """Add what go would send for a path."""
        told = self.teller.told(checked(Subject(path, Part.TRACED)))
        for one in told:
            if not self.goes_by(one.after, self.answers_about(path)):
                continue
            if one.who is Who.PROXY and not one.words:
                wire.proxies |= {(self.server(one.name), path)} if self.server(one.name) >= 0 else set()
            elif one.who is Who.FORWARD and one.what is What.HOST:
                wire.connected.add(one.words.removeprefix("CONNECT "))
            elif one.who is Who.FORWARD:
                # Of a path that says where the repository is, it is git that asks, below its root.
                at = "mirror.test/" if "mirror.test" in one.words else ""
                wire.in_clear.add(at + (path if at else path.replace(".git/sub", "/info/refs")))
        self._foretell_lookup(path, told, wire)

    def answers_about(self, path: str) -> tuple[str, ...]:
        """What each proxy says as go takes it: the database knows no hash here, and that is an error of the
        proxy's as well, after which a "|" lets the next one be asked."""
        if not self.teller.is_vouched_for(path):
            return self.answers
        return tuple(BROKEN if says == HAS else says for says in self.answers)

    def _foretell_lookup(self, path: str, told: Sequence[Told], wire: Wire) -> None:
        if not self.is_found(told) or not any(one.who is Who.DATABASE for one in told):
            return
        last = next(one for one in told if one.who is Who.DATABASE)
        if last.words == "at the URL in GOSUMDB":
            wire.lookups.add((len(self.plan.answers), path))
            return
        for one in told:
            if one.words.startswith("passes on") and self.goes_by(one.after, self.supports):
                says = self.supports[self.places[one.name]]
                if says == HAS:
                    wire.lookups.add((self.server(one.name), path))
                    return
        if self._comes_to_itself():
            wire.connected.add(last.name)

    def _comes_to_itself(self) -> bool:
        """Whether go asks the database itself after it has asked all proxies to pass on its questions: at
        "direct", else only if each has said "not found", for TryProxies ends with the gravest error."""
        hops = [hop for hop in self.teller.proxies.hops if hop.url is not None]
        is_past = self.goes_by([hop.separator for hop in hops], self.supports)
        ends_direct = self.teller.proxies.hops[-1].kind is HopKind.DIRECT
        return is_past and (ends_direct or BROKEN not in self.supports)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_foretold_is_what_go_sends(seed: int, tmp_path: Path) -> None:
    world = _plan(seed)
    by_go, environment = _go(world, tmp_path / "home")
    teller = Teller(environment, lambda host: False)
    decided = _Decided(world, teller)
    foretold = Wire()
    for path in PATHS:
        decided.foretell(path, foretold)
    assert foretold == by_go, (world, environment.get("GOPROXY"))


@pytest.mark.parametrize("seed", [1, 4, 9, 12, 17, 23, 40, 41, 44, 47])
def test_with_the_line_go_tells_no_stranger_of_anything_private(seed: int, tmp_path: Path) -> None:
    world = _plan(seed)
    _, environment = _go(world, tmp_path / "before")
    # Said by the user, so that what GOPRIVATE has already is not all there is.
    audit = audit_paths(PATHS, environment, Beside(told="github.com/acme", is_played=True))
    private = {row.path for row in audit.rows if row.look.confidence >= Confidence.LIKELY}
    settings = {} if audit.line is None else dict(audit.line.line.settings)
    assert audit.line is None or audit.line.still == ()
    by_go, _ = _go(replace(world, variables={**world.variables, **settings}), tmp_path / "after")
    assert not {path for _, path in by_go.proxies | by_go.lookups} & private, settings


GETS = {
    "corp.test/team/b/pkg": ("", "corp.test/team", "corp.test/team/*", "corp.test/team/b/pkg"),
    "github.com/acme/e/cmd/x": ("github.com/acme", "github.com/acme/e/cmd"),
}


def test_go_get_asks_for_the_prefixes_that_are_foretold(tmp_path: Path) -> None:
    for number, (path, gonoproxy) in enumerate((path, one) for path, some in GETS.items() for one in some):
        plan = Plan((MISSING,), (MISSING,), {"GOPROXY": "{0}", "GOSUMDB": "off", "GONOPROXY": gonoproxy})
        with (
            World([_handler(plan, 0)]) as world,  # type: ignore[list-item]
            ForwardProxy({}, refuse=b"HTTP/1.1 403 Forbidden") as proxy,
        ):
            variables = _variables(plan, world, proxy, tmp_path / str(number))
            (tmp_path / str(number) / "go.mod").write_text("module m.test\n\ngo 1.20\n")
            subprocess.run(
                [str(go_binary()), "get", path],
                env=variables, cwd=tmp_path / str(number), capture_output=True, timeout=60,
            )  # fmt: skip
            asked = {logged.request.path for logged in world.log}
        audit = audit_paths([path], read_environment(process=variables), Beside(is_played=True))
        [row] = audit.rows
        itself = {path} if any(one.who is Who.PROXY for one in row.told) else set()
        # GONOPROXY's part is asked for at its origin first, and git's refusal is no "not found".
        foretold = set() if path.startswith("github.com") else itself | set(asked_by_get(row, audit))
        assert foretold == asked, (path, gonoproxy)


def test_the_teller_plans_as_the_trace_does() -> None:
    for seed in range(300):
        variables = {name: value.format("https://a.test", "https://b.test", "https://c.test") for name, value
                     in _plan(seed).variables.items()}  # fmt: skip
        variables["GOSUMDB"] = "off" if variables["GOSUMDB"] == "off" else "sum.golang.org"
        environment = read_environment(process={"HOME": "/nowhere", "GOENV": "off", **variables})
        teller = Teller(environment, lambda host: False)
        for path in PATHS:
            route = plan(environment, path, "latest")
            assert teller.proxies == route.proxies
            assert teller.is_noproxy(path) == (route.private is not None)
            assert teller.is_vouched_for(path) == (route.checksum not in ("off", "private"))


def test_what_a_folder_stands_in_for_is_asked_for_when_go_looks_for_updates(tmp_path: Path) -> None:
    plan = Plan((MISSING,), (MISSING,), {"GOPROXY": "{0}", "GOSUMDB": "off"})
    with (
        World([_handler(plan, 0)]) as world,  # type: ignore[list-item]
        ForwardProxy({}, refuse=b"HTTP/1.1 403 Forbidden") as proxy,
    ):
        variables = _variables(plan, world, proxy, tmp_path / "home")
        folder = tmp_path / "project"
        (folder / "lib").mkdir(parents=True)
        (folder / "lib/go.mod").write_text("module corp.test/a\n\ngo 1.20\n")
        (folder / "go.mod").write_text(
            "module m.test\n\ngo 1.20\n\nrequire corp.test/a v1.0.0\n\nreplace corp.test/a => ./lib\n"
        )
        for command, asked in ((["list", "-m", "all"], False), (["list", "-m", "-u", "-json", "all"], True)):
            subprocess.run(
                [str(go_binary()), *command], env=variables, cwd=folder, capture_output=True, timeout=60
            )
            assert any(one.request.path == "corp.test/a" for one in world.log) == asked, command
    from probes.leaks.subjects import subjects_of
    from probes.project.project import read_project

    environment = read_environment(process=variables, cwd=str(folder))
    [subject] = subjects_of(read_project(folder, environment))
    [told, *_] = Teller(environment, lambda host: False).told(subject)
    assert (subject.path, told.when) == ("corp.test/a", When.UPDATE)
    assert json.dumps(told.name)
