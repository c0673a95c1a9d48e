"""Hand-made events of direct mode: the steps, the programs, the credentials of a hop."""

from __future__ import annotations

from dataclasses import replace

from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.goproxy import TRY_PROXIES, Access, HopKind, Separator
from probes.golang.protocol import Op
from probes.trace.events import (
    Event,
    HopDecided,
    Outcome,
    Purpose,
    RequestFinished,
    RequestStarted,
    SettingView,
    Timing,
    TraceFinished,
    TraceStarted,
    Verdict,
    WalkFinished,
    WalkStarted,
)
from probes.trace.origin_events import (
    Answered,
    CredentialSeen,
    OriginDecided,
    OriginStep,
    ProgramFinished,
    ProgramHeld,
    ProgramStarted,
)
from probes.trace.route import HopView, RouteView

PATH, VERSION = "corp.example/team/lib", "v1.4.0"
REPOSITORY = "https://git.corp.example/team/lib.git"
DIRECT = 1
"""The id of the hop."""
LS_REMOTE = f"git ls-remote -q --end-of-options {REPOSITORY}"
SUM = "h1:ukh8H/U9cYJ0tqN1mAZ9ysUBtLR99hhHPw6E7TPOyc8="
PAGE = (
    '<html><head><meta name="go-import" content="corp.example/team/lib git '
    f'{REPOSITORY}"><meta name="go-import" content="corp.example/other git https://x.example/o"></head>'
)
REFUSED = "fatal: could not read Username for 'https://git.corp.example': terminal prompts disabled"
HELP = (
    "Confirm the import path was entered correctly.\nIf this is a private repository, see "
    "https://go.dev/doc/faq#git_https for additional information."
)
VCS_GO = "cmd/go/internal/vcs/vcs.go"


def started(*, run: bool = True, private: bool = False) -> TraceStarted:
    """The beginning: a proxy, then direct; or direct alone, the path being private."""
    access = Access.PRIVATE if private else Access.ASK
    proxy = HopView(
        0, 0, HopKind.PROXY, "https://proxy.corp.example", "proxy.corp.example", Separator.COMMA, access
    )
    direct = HopView(DIRECT, 1, HopKind.DIRECT, "direct", "direct", Separator.END, Access.DIRECT)
    goproxy = "https://proxy.corp.example,direct"
    planned = RouteView(goproxy, (proxy, direct), (), None, "corp.example/*" if private else None, "private")
    settings = (
        SettingView("GOPROXY", goproxy, "process"),
        SettingView("GOPRIVATE", "corp.example", "process"),
    )
    return TraceStarted(0.0, PATH, "latest", planned, settings=settings, run=run)


def asked(number: int, url: str, at: float, *, op: Op = Op.PAGE, hop: int = DIRECT, status: int = 200,
          body: str = PAGE) -> list[Event]:  # fmt: skip
    """A request and its answer."""
    reason = {200: "200 OK", 404: "404 Not Found", 401: "401 Unauthorized"}[status]
    common = (1, hop, op, "", url)
    return [
        RequestStarted(at, number, *common),
        RequestFinished(at + 0.12, number, *common, status, reason, len(body), at, Timing(),
                        content_type="text/html", body=body),
    ]  # fmt: skip


def ask_page(number: int, *, body: str = PAGE) -> list[Event]:
    """The page of the path."""
    return asked(number, f"https://{PATH}?go-get=1", 0.05, body=body)


def step(step: OriginStep, answered: Answered, because: str, at: float, **more: object) -> OriginDecided:
    """One step."""
    return OriginDecided(at, 1, DIRECT, PATH, step, answered, because, f"{VCS_GO} x", **more)  # type: ignore[arg-type]


def ran(number: int, command: str, at: float, outcome: str = "ok", complaint: str = "", *, took: float = 0.2,
        hop: int | None = DIRECT) -> list[Event]:  # fmt: skip
    """A program from its start to its end."""
    folder = "/home/alice/go/pkg/mod/cache/vcs/0a1b"
    return [
        ProgramStarted(at, number, 1, hop, command, folder),
        ProgramFinished(at + took, number, 1, hop, command, at, outcome, 1200, complaint),
    ]


def held(command: str = LS_REMOTE, at: float = 0.4, hop: int | None = DIRECT) -> ProgramHeld:
    """A program that would be started."""
    return ProgramHeld(at, 1, hop, command)


def seen(whom: Whom, kind: str, standing: Standing, because: str, where: str = "", *, at: float = 0.35,
         hop: int | None = DIRECT, program: int | None = None, shown: str = "") -> CredentialSeen:  # fmt: skip
    """A credential."""
    use = CredentialUse(whom, kind, standing, "git.corp.example", because, where, shown, "gitcredentials(7)")
    return CredentialSeen(at, use, hop, program=program)


def at_proxy(status: int = 404) -> list[Event]:
    """The proxy does not have it."""
    url = f"https://proxy.corp.example/{PATH}/@v/list"
    error = f"reading {url}: {status} Not Found"
    return [
        WalkStarted(0.0, 1, Purpose.QUERY, PATH, "latest"),
        *asked(0, url, 0.01, op=Op.LIST, hop=0, status=status, body="not found"),
        HopDecided(0.13, 1, 0, Verdict.NEXT, "404 is not-found, and , goes on after that", TRY_PROXIES, 0, error,
                   not_exist=True),
    ]  # fmt: skip


def discovered() -> list[Event]:
    """The host was asked, and named the repository."""
    found = {"vcs": "git", "to": REPOSITORY}
    return [
        step(OriginStep.SECURITY, Answered.NO, "https, and the certificate has to be good", 0.14),
        step(OriginStep.STATIC, Answered.NO, "corp.example is in no table of go's", 0.15),
        *asked(1, f"https://{PATH}?go-get=1", 0.16),
        step(
            OriginStep.GO_IMPORT,
            Answered.YES,
            "one tag of the page is about the path",
            0.29,
            request=1,
            **found,
        ),
        step(OriginStep.PREFIX, Answered.NO, "the prefix is the whole path", 0.29),
        step(OriginStep.GOVCS, Answered.YES, "private:all allows git", 0.30, vcs="git"),
    ]


CREDENTIALS = [
    seen(Whom.GO, "netrc", Standing.IGNORED, "go takes no default entry", "~/.netrc:7"),
    seen(Whom.GIT, "helper", Standing.ASKED, "git asks it for https://git.corp.example", "~/.gitconfig"),
    seen(Whom.GIT, "insteadOf", Standing.USED, "git asks https://mirror.corp.example/team/lib.git in its place",
         "~/.gitconfig:4", at=0.36),
]  # fmt: skip


def refused() -> list[Event]:
    """git has no credentials: the trace fails."""
    error = f"{LS_REMOTE} in /home/alice/go/pkg/mod/cache/vcs/0a1b: exit status 128:\n\t{REFUSED}\n{HELP}"
    return [
        started(), *at_proxy(), *discovered(), *CREDENTIALS,
        step(OriginStep.PROGRAM, Answered.YES, "git is /usr/bin/git", 0.38, to="/usr/bin/git", vcs="git"),
        *ran(1, LS_REMOTE, 0.4, "exit status 128", REFUSED),
        step(OriginStep.REFS, Answered.FAILS, "git could not read them: no credentials", 0.61, program=1, error=error),
        HopDecided(0.62, 1, DIRECT, Verdict.STOP, "this error, and no entry is left", TRY_PROXIES, None, error,
                   program=1),
        WalkFinished(0.63, 1, None, error),
        TraceFinished(0.64, Outcome.FAILS, None, None, None, f"module {PATH}: {error}", failed_walk=1),
    ]  # fmt: skip


def went_well() -> list[Event]:
    """The whole way, to the zip."""
    log = "git -c log.showsignature=false log --no-decorate -n1 --format=format:%H %ct %D v1.4.0 --"
    version = {"version": VERSION}
    return [
        started(), *at_proxy(), *discovered(), *CREDENTIALS,
        step(OriginStep.PROGRAM, Answered.YES, "git is /usr/bin/git", 0.38, to="/usr/bin/git", vcs="git"),
        *ran(1, LS_REMOTE, 0.4),
        step(OriginStep.REFS, Answered.YES, "5 tags, 2 branches", 0.61, program=1),
        *ran(2, "git fetch -f --depth=1 origin refs/tags/v1.4.0:refs/tags/v1.4.0", 0.62), *ran(3, log, 0.83, took=0.01),
        step(OriginStep.REVISION, Answered.YES, "the tag v1.4.0", 0.85, program=3, to="8f2c5a1b9d3e", **version),
        step(OriginStep.GO_MOD, Answered.YES, "it names the path", 0.86, **version),
        HopDecided(0.87, 1, DIRECT, Verdict.SERVED, "served", TRY_PROXIES),
        WalkFinished(0.87, 1, DIRECT, None),
        WalkStarted(0.87, 2, Purpose.ZIP, PATH, VERSION),
        *ran(4, "git archive --format=zip --prefix=prefix/ 8f2c5a1b9d3e", 0.88, took=0.05),
        step(OriginStep.ARCHIVE, Answered.YES, "12 files", 0.94, program=4, **version),
        HopDecided(0.95, 2, DIRECT, Verdict.SERVED, "served", TRY_PROXIES),
        WalkFinished(0.95, 2, DIRECT, None),
        TraceFinished(0.96, Outcome.OK, VERSION, SUM, SUM, None),
    ]  # fmt: skip


def held_back() -> list[Event]:
    """Nobody agreed to git being started."""
    why = f"go would run `{LS_REMOTE}` here; modtrace starts programs only with --run (in the app: the key !)"
    return [
        started(run=False), *at_proxy(), *discovered(), held(),
        HopDecided(0.41, 1, DIRECT, Verdict.UNKNOWN, why, TRY_PROXIES),
        WalkFinished(0.42, 1, None, None),
        TraceFinished(0.43, Outcome.UNKNOWN, None, None, None, None, detail=why),
    ]  # fmt: skip


def running(events: list[Event], until: float) -> list[Event]:
    """The same as far as it has come."""
    return [replace(event) for event in events if event.at <= until]
