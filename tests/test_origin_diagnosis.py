"""What a failure of direct mode comes to, over events made by hand: kinds of complaint, servers that imitate
them, causes that go's ranking of errors hides, and remedies that hold what is there already."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

import pytest

from probes.diagnosis.catalogue import render
from probes.diagnosis.complaints import judged
from probes.diagnosis.diagnose import Case, diagnose
from probes.diagnosis.findings import Level
from probes.golang.credential_use import Standing, Whom
from probes.golang.goproxy import TRY_PROXIES, HopKind, Separator
from probes.golang.protocol import Op
from probes.golang.vcs_words import Complaint
from probes.trace.climb_events import RungClimbed
from probes.trace.events import (
    Event,
    HopDecided,
    Outcome,
    RequestFinished,
    RequestStarted,
    SettingView,
    Timing,
    TraceFinished,
    TraceStarted,
    Verdict,
    WalkFinished,
)
from probes.trace.fold import Trace
from probes.trace.origin_events import Answered, OriginStep
from tests.originated import DIRECT, PATH, asked, at_proxy, discovered, ran, seen, started, step

HOST = "git.corp.example"
SSH = f"ssh://git@{HOST}/team/lib"
NO_RIGHTS = (
    "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
    "and the repository exists."
)
UNKNOWN_KEY = f"No ED25519 host key is known for [{HOST}]:2222 and you have requested strict checking.\r\n" \
    f"Host key verification failed.\r\n{NO_RIGHTS}"  # fmt: skip
CHANGED_KEY = (
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    f"Host key for {HOST} has changed and you have requested strict checking.\r\n"
    f"Host key verification failed.\r\n{NO_RIGHTS}"
)


def failed(complaint: str, *, url: str = f"https://{HOST}/team/lib.git", proxy: int = 404, outcome: str = "exit status 128",
           settings: Sequence[SettingView] = (), more: Sequence[Event] = (), public: bool = False) -> Trace:  # fmt: skip
    """A trace in which a proxy answers, and git then fails."""
    command = f"git ls-remote -q --end-of-options {url}"
    shown = complaint.rstrip().replace("\n", "\n\t")
    error = f"{command} in /home/alice/go/pkg/mod/cache/vcs/0a1b: {outcome}:\n\t{shown}"
    return _folded([
        _started(settings, public=public), *at_proxy(proxy), *discovered(), *more, *ran(1, command, 0.4, outcome, complaint),
        step(OriginStep.REFS, Answered.FAILS, "git could not read them", 0.61, program=1, error=error),
        *_end(error, program=1),
    ])  # fmt: skip


def _started(settings: Sequence[SettingView], *, public: bool) -> TraceStarted:
    first = started()
    names = {view.name for view in settings}
    kept = tuple(view for view in first.settings if view.name not in names)
    if public:
        assert first.route is not None
        hops = (replace(first.route.hops[0], name="proxy.golang.org"), *first.route.hops[1:])
        first = replace(first, route=replace(first.route, hops=hops))
    return replace(first, settings=(*kept, *settings))


def _end(error: str, program: int | None = None, *, not_exist: bool = False) -> list[Event]:
    return [
        HopDecided(0.62, 1, DIRECT, Verdict.STOP, "no entry is left", TRY_PROXIES, None, error,
                   not_exist=not_exist, program=program),
        WalkFinished(0.63, 1, None, error),
        TraceFinished(0.64, Outcome.FAILS, None, None, None, f"module {PATH}: {error}", failed_walk=1),
    ]  # fmt: skip


def _folded(events: Sequence[Event]) -> Trace:
    trace = Trace()
    for event in events:
        trace.apply(event)
    return trace


def case_of(trace: Trace) -> Case:
    """The one case of level error."""
    cases = diagnose(trace)
    assert [case.level for case in cases].count(Level.ERROR) == 1, cases
    assert all(len(render(case.diagnosis)) <= 12 for case in cases)
    return cases[0]


def lines_of(case: Case) -> list[str]:
    return ["; ".join(remedy.lines) for remedy in case.diagnosis.remedies]


COMPLAINTS = [
    # (complaint, URL, rule, in the cause, in the first remedy)
    (f"fatal: could not read Username for 'https://{HOST}': terminal prompts disabled", "", "R09", "no log-in", "printf 'machine"),
    (f"fatal: Authentication failed for 'https://{HOST}/team/lib.git/'", "", "R09", "did not take", "modtrace auth"),
    (f"fatal: repository 'https://{HOST}/team/lib.git/' not found", "", "R09", "misspelt, or hidden", "printf 'machine"),
    (UNKNOWN_KEY, f"ssh://git@{HOST}:2222/team/lib", "R09", f"host key of {HOST}:2222", f"ssh-keyscan -p 2222 {HOST} >>"),
    (CHANGED_KEY, SSH, "R09", "somebody is in between", f"ssh-keyscan -p 22 {HOST} | ssh-keygen -lf -"),
    (f"git@{HOST}: Permission denied (publickey).\r\n{NO_RIGHTS}", SSH, "R09", "none of the keys", "ssh-add -l"),
    (f"ERROR: Repository not found.\n{NO_RIGHTS}", SSH, "R09", "misspelt, or the key", "ssh-add -l"),
    (f"fatal: unable to access 'https://{HOST}/x/': SSL certificate problem: self-signed certificate", "", "R10", "roots of its own",
     f"git config --global http.https://{HOST}/.sslCAInfo"),
    (f"fatal: unable to access 'https://{HOST}/x/': Could not resolve host: {HOST}", "", "R17", "cannot look up", "go into the network"),
    (f"ssh: connect to host {HOST} port 22: Connection timed out\r\n{NO_RIGHTS}", SSH, "R07", "past every HTTP proxy",
     f"git config --global url.https://{HOST}/.insteadOf ssh://git@{HOST}/"),
    (f"ssh: connect to host {HOST} port 22: Connection refused\r\n{NO_RIGHTS}", SSH, "R07", "finds nobody", "insteadOf ssh://git@"),
    ("fatal: transport 'https' not allowed", "", "R21", "told not to use https", "unset GIT_ALLOW_PROTOCOL"),
    ("git: 'remote-https' is not a git command. See 'git --help'.", "", "R21", "without its part for https", "install -y git"),
    ("Schwerwiegend: Repository nicht gefunden", "", "R21", "no English ones", "LC_ALL=C GIT_TERMINAL_PROMPT=0 git ls-remote"),
    (f"ssh: connect to host elsewhere.example port 22: Connection refused\r\n{NO_RIGHTS}", "", "R07", f"from {HOST} to elsewhere.example",
     "git config --show-origin --get-regexp"),
]  # fmt: skip


def test_each_complaint_has_its_cause_and_its_remedy() -> None:
    for complaint, url, rule, cause, remedy in COMPLAINTS:
        case = case_of(failed(complaint, url=url or f"https://{HOST}/team/lib.git"))
        assert case.diagnosis.rule.id == rule, complaint
        assert cause in case.diagnosis.cause, complaint
        assert remedy in lines_of(case)[0], (complaint, lines_of(case))
        assert case.hop == DIRECT
        assert case.diagnosis.check == f"modtrace trace --run {PATH}"


def test_a_remedy_that_gives_up_a_check_is_marked_and_not_the_first() -> None:
    remedies = case_of(failed(CHANGED_KEY, url=SSH)).diagnosis.remedies
    assert [remedy.weakens_security for remedy in remedies] == [False, True]
    assert remedies[1].lines == (f"ssh-keygen -R {HOST}",)
    assert "in between" in remedies[1].risk


# -- servers that imitate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        ("remote: fatal: could not read Username for 'https://x': terminal prompts disabled\n"
         "fatal: repository 'https://x/y/' not found", Complaint.NOT_FOUND_OR_REFUSED),
        (f"{CHANGED_KEY}\ngit@x: Permission denied (publickey).\n{NO_RIGHTS}", Complaint.NO_KEY_ACCEPTED),
        ("Host key verification failed.\nfatal: Authentication failed for 'https://x/'", Complaint.REFUSED),
        ("REMOTE: SSL certificate problem", Complaint.UNKNOWN),
        (CHANGED_KEY, Complaint.HOST_KEY_CHANGED), ("", Complaint.UNKNOWN), ("remote: \n" * 100_000, Complaint.UNKNOWN),
    ],
)  # fmt: skip
def test_a_server_that_imitates_a_complaint_is_not_believed(complaint: str, kind: Complaint) -> None:
    assert judged(complaint)[0] is kind


@pytest.mark.parametrize(
    "name",
    ["x$(touch owned).example", "[red]x[/red].example", "x\x1b[31m.example", "x;id", "-oProxyCommand=x"],
)
def test_a_host_with_markup_or_a_command_in_it_stays_one_word(name: str) -> None:
    for complaint in (f"git@{name}: Permission denied (publickey).", f"Host key for {name} has changed and\nHost key verification failed.",
                      f"fatal: could not read Username for 'https://{name}': terminal prompts disabled"):  # fmt: skip
        case = case_of(failed(complaint, url=f"https://{name}/team/lib.git"))
        for remedy in case.diagnosis.remedies:
            for line in remedy.lines if remedy.shell != "words" else ():
                assert "\x1b" not in line
                assert not {"$(touch", ";id"} & set(shlex.split(line, posix=True))
                assert not any(word.startswith("-oProxyCommand") for word in shlex.split(line))
        assert "\x1b" not in "\n".join(render(case.diagnosis))


# -- what go's one error hides ------------------------------------------------------------------------------

NO_LOG_IN = f"fatal: could not read Username for 'https://{HOST}': terminal prompts disabled"


def test_a_private_path_that_a_public_proxy_was_asked_for_is_told_so_first() -> None:
    patterns = SettingView("GOPRIVATE", "old.example/*", "go env")
    case = case_of(failed(NO_LOG_IN, public=True, settings=[patterns]))
    assert case.diagnosis.cause.startswith(
        "proxy.golang.org was asked first and knows the path now; git has no log-in"
    )
    leak, log_in = case.diagnosis.remedies[0].lines
    assert leak.endswith("GOPRIVATE='old.example/*,corp.example'")
    assert log_in.startswith("printf 'machine")
    # A proxy of the company's own may know every path.
    own = case_of(failed(NO_LOG_IN))
    assert "GOPRIVATE" not in lines_of(own)[0]


def test_a_proxy_that_is_broken_is_the_cause_where_direct_only_does_not_find() -> None:
    """go prints the error of direct; what another answer of the proxy would have spared stands first."""
    error = f'unrecognized import path "{PATH}": reading https://{PATH}?go-get=1: 404 Not Found'
    page = [
        *asked(1, f"https://{PATH}?go-get=1", 0.2, status=404, body="no"),
        step(OriginStep.GO_IMPORT, Answered.FAILS, "no page", 0.4, request=1, error=error),
    ]
    broken = _folded([_started((), public=False), *_hard(at_proxy(404)), *page, *_end(error, not_exist=True)])
    assert case_of(broken).hop == 0
    missing = _folded([_started((), public=False), *at_proxy(404), *page, *_end(error, not_exist=True)])
    case = case_of(missing)
    assert (case.hop, case.diagnosis.rule.id) == (DIRECT, "R18")
    assert "misspelt, or hidden" in case.diagnosis.cause


def _hard(events: list[Event]) -> list[Event]:
    """The same, but the proxy's failure is no "not found"."""
    return [replace(one, not_exist=False) if isinstance(one, HopDecided) else one for one in events]


# -- what is known besides the complaint --------------------------------------------------------------------


def test_the_credential_that_is_passed_over_is_named() -> None:
    ignored = seen(Whom.GIT, "netrc", Standing.IGNORED, "git reads ~/.netrc only, never NETRC", "NETRC")
    case = case_of(failed(NO_LOG_IN, more=[ignored]))
    assert "the netrc (NETRC) is passed over, git reads ~/.netrc only" in case.diagnosis.cause
    assert lines_of(case)[0].startswith('cat "$NETRC" >> ~/.netrc')
    used = seen(Whom.GIT, "netrc", Standing.USED, "the host is there", "~/.netrc:3")
    wrong = case_of(failed(f"fatal: Authentication failed for 'https://{HOST}/'", more=[used]))
    assert "~/.netrc:3" in lines_of(wrong)[0]
    # git asks a person as well when the first log-in was not taken; a second line for the host would not count.
    again = case_of(failed(NO_LOG_IN, more=[used]))
    assert "did not take git's log-in, which is from the netrc (~/.netrc:3)" in again.diagnosis.cause
    assert lines_of(again)[0].startswith("correct the log-in")
    half = seen(Whom.GIT, "netrc", Standing.IGNORED, "the entry has no password", "~/.netrc:7")
    assert "~/.netrc:7" in lines_of(case_of(failed(NO_LOG_IN, more=[half])))[0]
    roots = seen(Whom.GIT, "certificates", Standing.USED, "git trusts these", "GIT_SSL_CAINFO")
    assert lines_of(case_of(failed(NO_LOG_IN, more=[roots])))[0].startswith("printf 'machine")
    key = seen(Whom.SSH, "agent", Standing.USED, "it holds a key", "SSH_AUTH_SOCK")
    assert "insteadOf" in lines_of(case_of(failed(NO_LOG_IN, more=[key])))[0]


def test_git_may_lack_what_only_go_was_given() -> None:
    bad = f"fatal: unable to access 'https://{HOST}/x/': SSL certificate problem: self-signed certificate"
    roots = SettingView("SSL_CERT_FILE", "/etc/corp.pem", "process")
    assert lines_of(case_of(failed(bad, settings=[roots])))[0].endswith("sslCAInfo /etc/corp.pem")
    refused = (
        f"fatal: unable to access 'http://{HOST}/x/': Failed to connect to {HOST} port 80: Connection refused"
    )
    proxy = SettingView("HTTP_PROXY", "http://proxy.corp.example:3128", "process")
    case = case_of(failed(refused, url=f"http://{HOST}/x", settings=[proxy]))
    assert (case.diagnosis.rule.id, lines_of(case)[0]) == ("R19", 'export http_proxy="$HTTP_PROXY"')


@pytest.mark.parametrize(
    ("rung", "fault", "rule", "first"),
    [
        ("names", "names.nxdomain", "R17", "go into the network that knows"),
        ("tls", "tls.unknown-authority", "R10", "export SSL_CERT_FILE="),
        ("tls", "tls.not-tls", "R10", "let the server send"),
        ("tcp", "tcp.refused", "R07", "start the server behind corp.example, or go into"),
    ],
)
def test_a_host_that_is_not_reached_is_no_matter_of_the_list_of_proxies(
    rung: str, fault: str, rule: str, first: str
) -> None:
    url = f"https://{PATH}?go-get=1"
    error = f'unrecognized import path "{PATH}": https fetch: Get "{url}": failed'
    common = (1, DIRECT, Op.PAGE, "", url)
    request = [
        RequestStarted(0.2, 1, *common),
        RequestFinished(0.3, 1, *common, None, "", 0, 0.2, Timing(), error="failed"),
    ]
    climbed = RungClimbed(0.7, 0, DIRECT, 1, url, rung, "broken", 0.7, 0.1, faults=(fault,))
    private = started(private=True)
    trace = _folded([
        private, *at_proxy(), *request,
        step(OriginStep.GO_IMPORT, Answered.FAILS, "no page", 0.4, request=1, error=error),
        *_end(error, not_exist=True), climbed,
    ])  # fmt: skip
    case = case_of(trace)
    assert (case.diagnosis.rule.id, case.rung) == (rule, rung)
    assert first in lines_of(case)[0]
    assert not any("GOPROXY=" in line for line in lines_of(case))


def test_a_command_in_goauth_that_fails_is_named() -> None:
    error = f'unrecognized import path "{PATH}": reading https://{PATH}?go-get=1: 401 Unauthorized'
    goauth = SettingView("GOAUTH", "netrc; corp-login --go", "process")
    trace = _folded([
        _started([goauth], public=False), *at_proxy(), *ran(0, "corp-login --go", 0.15, "exit status 7", hop=None),
        *asked(1, f"https://{PATH}?go-get=1", 0.2, status=401, body="no"),
        step(OriginStep.GO_IMPORT, Answered.FAILS, "no page", 0.4, request=1, error=error), *_end(error, not_exist=True),
    ])  # fmt: skip
    case = case_of(trace)
    assert "GOAUTH gives go nothing: exit status 7" in case.diagnosis.cause
    assert "by hand" in lines_of(case)[0]


def test_a_path_that_is_private_gets_no_remedy_that_shows_it_to_a_proxy() -> None:
    for complaint, url, *_ in COMPLAINTS:
        case = case_of(failed(complaint, url=url or f"https://{HOST}/team/lib.git"))
        assert not any("goproxy.cn" in line for line in lines_of(case)), complaint


SSH_LEADS_ON = "ssh connects as git to ssh.git.corp.example, port 443"
"""As probes.auth.over_ssh has it, for `HostName` and `Port` in ssh's settings."""


def test_where_sshs_own_settings_lead_is_no_rewriting_of_gits() -> None:
    denied = f"git@ssh.{HOST}: Permission denied (publickey).\r\n{NO_RIGHTS}"
    unknown = f"Host key verification failed.\r\n{NO_RIGHTS}"
    config = seen(Whom.SSH, "ssh config", Standing.USED, SSH_LEADS_ON, "ssh -G")
    config = replace(config, use=replace(config.use, host=HOST))
    rewriting = seen(Whom.GIT, "insteadOf", Standing.USED, f"git connects to {SSH} instead", "~/.gitconfig")
    for url, more in ((SSH, [config]), (f"https://{HOST}/team/lib", [rewriting, config])):
        case = case_of(failed(denied, url=url, more=more))
        assert f"{HOST} takes none of the keys" in case.diagnosis.cause
        assert lines_of(case)[0] == f"ssh-add -l && ssh -T git@{HOST}"
        # A rewriting to ssh is not undone by one back: git applies one.
        assert any("insteadOf ssh://" in line for line in lines_of(case)) is (url == SSH)
        case = case_of(failed(unknown, url=url, more=more))
        assert f"host key of {HOST}" in case.diagnosis.cause
        assert lines_of(case)[0] == f"ssh -T -o StrictHostKeyChecking=accept-new ssh://git@{HOST}"
        assert lines_of(case)[1] == f"ssh-keyscan -p 443 ssh.{HOST} | ssh-keygen -lf -"
    changed = CHANGED_KEY.replace(f"Host key for {HOST} has", f"Host key for [ssh.{HOST}]:443 has")
    case = case_of(failed(changed, url=SSH, more=[config]))
    assert lines_of(case)[0] == f"ssh-keyscan -p 443 ssh.{HOST} | ssh-keygen -lf -"
    assert lines_of(case)[1] == f"ssh-keygen -R '[ssh.{HOST}]:443'"


def test_the_telling_line_of_a_program_is_quoted() -> None:
    case = case_of(failed(CHANGED_KEY, url=SSH))
    assert "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!" in case.diagnosis.evidence[0]
    assert "@@@" not in case.diagnosis.evidence[0]


def test_no_entry_of_the_list_is_missed_for_a_private_path() -> None:
    trace = failed(COMPLAINTS[0][0])
    assert trace.started is not None
    assert trace.route is not None
    proxy, direct = trace.route.hops
    private = replace(direct, kind=HopKind.NOPROXY, separator=Separator.COMMA)
    route = replace(trace.route, hops=(proxy, private, replace(direct, id=2, index=2)))
    trace.started = replace(trace.started, route=route)
    assert [case.diagnosis.rule.id for case in diagnose(trace) if case.diagnosis.rule.id == "R01"] == []
