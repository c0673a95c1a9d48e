"""A trace in a company: everything in it that must not leave the house, and a public proxy beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from probes.golang.goproxy import Access, HopKind, Separator
from probes.golang.module import escape_path
from probes.golang.protocol import Op
from probes.ladder.faults import Fault
from probes.share.private_seeds import strings
from probes.trace.climb_events import RungClimbed
from probes.trace.events import (
    Event,
    HopDecided,
    Outcome,
    Purpose,
    Redirect,
    RequestFinished,
    RequestStarted,
    SettingView,
    Timing,
    TraceFinished,
    TraceStarted,
    Verdict,
    WalkFinished,
    WalkStarted,
    event_to_json,
)
from probes.trace.route import HopView, RouteView


@dataclass(frozen=True)
class Private:
    """What is private."""

    host: str = "athens.blauwal.internal"
    label: str = "gopherbox"
    """A host without a dot."""
    module: str = "git.blauwal.internal/Payroll/engine"
    user: str = "mvandijk"
    address: str = "10.17.3.44"
    address6: str = "fd12:3456::17"
    folder: str = "merger-secret"
    base: str = "/api/go/hush-hush"
    issuer: str = "Blauwal Root CA G2"

    def tokens(self) -> list[str]:
        """Everything that must not be found, in any case of letters."""
        domain = self.host.partition(".")[2]
        return [
            self.host, self.label, self.module, escape_path(self.module), self.user, self.address,
            self.address6, self.folder, self.base.strip("/"), self.issuer, domain,
        ]  # fmt: skip


def trace_of(private: Private, said: str = "") -> list[Event]:
    """A trace that fails, with every private thing in it; ``said`` stands in each text that others say."""
    p = private
    escaped = escape_path(p.module)
    url = f"https://{p.host}:8443{p.base}/{escaped}/@v/list"
    second = f"https://proxy.golang.org/{escaped}/@v/list"
    words = f'reading {url}: Get "{url}": dial tcp {p.address}:8443: connect: connection refused {said}'
    route = RouteView(
        goproxy=f"https://{p.host}:8443{p.base}|https://proxy.golang.org,direct",
        hops=(
            HopView(0, 0, HopKind.PROXY, f"https://{p.host}:8443{p.base}", p.host, Separator("|"), Access.ASK),
            HopView(1, 1, HopKind.PROXY, "https://proxy.golang.org", "proxy.golang.org", Separator(","), Access.ASK),
            HopView(2, 2, HopKind.DIRECT, "direct", "direct", Separator(""), Access.DIRECT),
        ),
        dead=(), error=None, private_pattern=None, checksum="sum.golang.org",
    )  # fmt: skip
    settings = (
        SettingView("GOPROXY", route.goproxy, "goenv"),
        SettingView("HTTPS_PROXY", f"http://{p.label}:3128", "process"),
        SettingView("NO_PROXY", f".{p.host.partition('.')[2]},{p.address}", "process"),
        SettingView("SSL_CERT_FILE", f"/home/{p.user}/{p.folder}/ca.pem", "process"),
        SettingView("GOSUMDB", "sum.golang.org", "goroot"),
    )
    return [
        TraceStarted(0.0, p.module, "latest", route, (), "go1.27.3", settings),
        WalkStarted(0.0, 0, Purpose.QUERY, p.module, "latest"),
        RequestStarted(0.0, 0, 0, 0, Op.LIST, "", url),
        RequestFinished(
            0.1, 0, 0, 0, Op.LIST, "", url, None, "", 0, 0.0, Timing(connect=0.05), error=words,
            server=f"nginx, 1.1 {p.label} (squid)", address=f"[{p.address6}]:8443", sample=said,
            redirects=(Redirect(302, f"https://sso.{p.host}/login?next={p.folder}"),),
        ),
        HopDecided(0.1, 0, 0, Verdict.NEXT, "| goes on after every error", "proxy.go", 0, words),
        RequestStarted(0.1, 1, 0, 1, Op.LIST, "", second),
        RequestFinished(
            0.2, 1, 0, 1, Op.LIST, "", second, 404, "404 Not Found", 9, 0.1, Timing(connect=0.05),
            address="142.250.1.1:443", error=f"reading {second}: 404 Not Found\n\tserver response: {said}",
        ),
        HopDecided(0.2, 0, 1, Verdict.STOP, "said", "proxy.go", 1, f"module {p.module}: {words}"),
        WalkFinished(0.2, 0, None, f"module {p.module}: {words}"),
        TraceFinished(0.2, Outcome.FAILS, "latest", None, None, f"module {p.module}: {words}", 0),
        RungClimbed(
            0.3, 0, 0, 0, url, "names", "broken", 0.2, 0.1, (Fault.DNS_NXDOMAIN.value,),
            (f"{p.label} says that {p.host} does not exist: {said}",),
            words=f"dial tcp: lookup {p.host} on {p.address}:53: no such host",
            summary=f"/Users/{p.user}/{p.folder} {p.address6}",
            report={
                "host": p.host, "asked": [{"server": p.address, "search": [p.host.partition(".")[2]]}],
                "chain": [{"issuer": p.issuer, "subject": f"CN={p.issuer}"}], "title": said or "t",
                p.host: f"mail {p.user}@{p.host}, issued by {p.issuer}",
            },
        ),
    ]  # fmt: skip


def all_text(events: list[Event]) -> str:
    """Everything that the events say, in lower case; the words of JSON's own escapes are resolved."""
    said = [text for event in events for text in strings(json.loads(json.dumps(event_to_json(event))))]
    return "\n".join(said).lower()
