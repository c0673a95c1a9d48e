"""Healthy worlds, generated: `python -m tests.doctor.healthy --runs 1000`.

Chains in which everything works, each in another way: 404s that lead on, entries behind that are never
reached, redirects, gzip, TLS, HTTP proxies, checksum databases, slow answers. The doctor looks at every layer of
every entry that served. Nothing of level error may be found.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from probes.demo import behaviour as acts
from probes.demo.behaviour import Answer, Behaviour, Request, Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.diagnosis.diagnose import Case, diagnose
from probes.diagnosis.environment_lint import lint
from probes.diagnosis.examined import Look, examined, look_again
from probes.diagnosis.findings import Level
from probes.golang.environment import Environment
from probes.golang.protocol import Op
from probes.sources.environment_reader import read_environment
from probes.trace.events import Outcome
from probes.trace.fold import Request as Asked
from probes.trace.fold import Trace
from tests.against_go.compare import authority_file, server_tls, tls_for
from tests.doctor.ailments import _database, _vouched, _with_database
from tests.forward_proxy import ForwardProxy
from tests.socks_proxy import SocksProxy

Handler = Callable[[Request], Answer]
PATH = "m.test/x"
MODULE = simple_module(PATH, "v0.9.0", "v1.0.0", "v1.1.0-rc.1")
QUERIES = ("latest", "v1.0.0", "v1", "v0.9", "<v1.0.0", "v1.1.0-rc.1", ">=v0.9.0")


@dataclass(frozen=True)
class Run:
    """One run of the doctor."""

    seed: int
    note: str
    trace: Trace
    cases: tuple[Case, ...]

    @property
    def wrong(self) -> str:
        """What was found that is not there; "" when nothing was."""
        assert self.trace.finished is not None
        if self.trace.finished.outcome is not Outcome.OK:
            return f"{self.trace.finished.outcome}: {self.trace.finished.error} {self.trace.finished.detail}"
        errors = [case for case in self.cases if case.level is Level.ERROR]
        broken = [
            rung for rungs in self.trace.climbs.values() for rung in rungs if rung.judgement == "broken"
        ]
        findings = [finding for finding in self.trace.all_findings() if finding.level is Level.ERROR]
        return "; ".join(
            [*(f"{case.diagnosis.rule.tag}: {case.diagnosis.cause}" for case in errors),
             *(f"{rung.rung}: {rung.evidence}" for rung in broken),
             *(f"{finding.id}: {finding.message}" for finding in findings)]
        )  # fmt: skip


def _missing(request: Request, answer: Answer) -> Answer:
    return Answer(404, b"not found: m.test/x: no such module\n")


def _gone(request: Request, answer: Answer) -> Answer:
    return Answer(410, b"gone\n")


def _decorated(rng: random.Random) -> Behaviour:
    """An honest answer with the headers of some software."""
    headers = rng.choice((
        (), (("Server", "nginx"), ("Via", "1.1 varnish"), ("X-Cache", "HIT"), ("Age", "17")),
        (("Server", "Athens"),), (("X-Powered-By", "goproxy"),), (("Server", "Artifactory/7.9"),),
    ))  # fmt: skip
    return lambda request, answer: replace(answer, headers=(*answer.headers, *headers))


async def run(seed: int) -> Run:
    """Build a world and have the doctor look at it."""
    rng = random.Random(seed)
    with ExitStack() as stack:
        goproxy, variables, note = _world(rng, stack)
        environment = _environment(goproxy, variables)
        trace = Trace()
        look = Look(compare=rng.random() < 0.2, capability=rng.random() < 0.1)
        query = rng.choice(QUERIES)
        findings = tuple(lint(environment))
        await examined(environment, PATH, query, trace.apply, look=look, findings=findings)
        for request in _served(trace):
            await look_again(trace, environment, request, trace.apply, look)
        return Run(seed, f"{note} @{query}", trace, diagnose(trace))


def _served(trace: Trace) -> Iterator[Asked]:
    """One request of each entry that served something: its ladder is climbed though nothing failed."""
    told: set[int | None] = set()
    for request in list(trace.requests.values()):
        finished = request.finished
        if finished is not None and finished.status == 200 and finished.hop not in told:
            told.add(finished.hop)
            yield request


def _environment(goproxy: str, variables: dict[str, str]) -> Environment:
    process = {
        "HOME": "/nonexistent", "GOPROXY": goproxy, "GOSUMDB": "off", "GOENV": "off", "GOFLAGS": "",
        "GOMODCACHE": "/nonexistent/mod", "GOPATH": "/nonexistent/go", **variables,
    }  # fmt: skip
    return read_environment(process=process, cwd="")


def _world(rng: random.Random, stack: ExitStack) -> tuple[str, dict[str, str], str]:
    """GOPROXY, further variables, and a note."""
    tls = rng.random() < 0.4
    variables: dict[str, str] = {"SSL_CERT_FILE": str(authority_file())} if tls else {}
    before = [rng.choice((_missing, _gone)) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    good = Script({PATH: MODULE}, dict.fromkeys(Op, _decorated(rng)))
    handlers: list[Handler] = [Script({PATH: MODULE}, dict.fromkeys(Op, act)).answer for act in before]
    last: Handler = good.answer
    kind = rng.choice(("plain", "plain", "redirect", "database", "http proxy", "socks", "https proxy"))
    if kind == "redirect":
        storage = stack.enter_context(World([good.answer], tls=server_tls() if tls else None))
        last = Script({PATH: MODULE}, dict.fromkeys(Op, acts.redirect(storage.urls[0]))).answer
    if kind == "database":
        database = _database(MODULE)
        variables |= _vouched(database)
        handlers = [
            _with_database(Script({PATH: MODULE}, dict.fromkeys(Op, act)), database) for act in before
        ]
        last = _with_database(good, database)
    host = "mirror.test" if kind in ("http proxy", "socks", "https proxy") else ""
    world_tls = (tls_for(host) if host else server_tls()) if tls else None
    world = stack.enter_context(World([*handlers, last], tls=world_tls))
    urls = list(world.urls)
    if host:
        urls = [f"{'https' if tls else 'http'}://{host}"]
        port = int(world.urls[-1].rsplit(":", 1)[1])
        routes = {f"{host}:443": port, f"{host}:80": port}
        variables |= _proxy_variables(kind, routes, stack, tls=tls)
    separators = [rng.choice(",|") for _ in urls[1:]]
    goproxy = urls[0] + "".join(f"{sign}{url}" for sign, url in zip(separators, urls[1:], strict=True))
    goproxy += rng.choice(("", ",off", "|off", ",direct", "|direct", ",http://127.0.0.1:1"))
    return goproxy, variables, f"{kind} {'tls ' if tls else ''}{len(before)} before"


def _proxy_variables(kind: str, routes: dict[str, int], stack: ExitStack, *, tls: bool) -> dict[str, str]:
    if kind == "socks":
        url = stack.enter_context(SocksProxy(routes)).url
    else:
        own = server_tls() if kind == "https proxy" else None
        url = stack.enter_context(ForwardProxy(routes, tls=own)).url
    more = {"SSL_CERT_FILE": str(authority_file())}
    return {("HTTPS_PROXY" if tls else "HTTP_PROXY"): url, **more}


def main() -> int:
    """Run many, and say what was found."""
    parser = argparse.ArgumentParser(description="Healthy worlds: the doctor must find nothing.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    wrong = 0
    for seed in range(args.first, args.first + args.runs):
        found = asyncio.run(run(seed))
        if found.wrong:
            wrong += 1
            sys.stdout.write(f"{seed} ({found.note}): {found.wrong}\n")
    sys.stdout.write(f"{args.runs} healthy runs, {wrong} with something of level error\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
