"""What a newcomer sees of direct mode: the words that tell, the program that failed, and what was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual import events

from probes.auth.subject import for_repository
from probes.browse.table import BrowseFinished, BrowseStarted, Column, ColumnAnswered, ColumnKind
from probes.diagnosis.diagnose import diagnose
from probes.golang.credential_use import Standing, Whom
from probes.golang.errors import GoError
from probes.golang.goproxy import TRY_PROXIES, HopKind
from probes.golang.protocol import Op
from probes.golang.redact import MASK
from probes.golang.vcs_words import telling_line
from probes.sources.told_host import essence
from probes.trace.events import Event, HopDecided, Outcome, TraceFinished, Verdict, WalkFinished
from probes.trace.origin_events import Answered, OriginStep
from tests.app_support import NARROW, opened, press, screen_text, words
from tests.originated import (
    LS_REMOTE,
    PATH,
    REPOSITORY,
    VERSION,
    asked,
    at_proxy,
    discovered,
    held_back,
    ran,
    refused,
    running,
    seen,
    started,
    step,
    went_well,
)
from tests.test_app_modules import table_of
from tests.test_app_origin import HOP, details, folded, number_of, origin_app, rows
from tui.drawing.matrix_view import ModulesView
from tui.drawing.module_rows import module_rows
from tui.drawing.running_rows import AFTER
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.verdict import verdict_lines
from tui.fetching import _choices
from tui.symbols import UNICODE
from tui.widgets.modules_pane import ModulesPane

SSH = "ssh://git@git.corp.example/team/lib"
NO_RIGHTS = (
    "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
    "and the repository exists."
)
CHANGED = "@@@@@@@@@@@@@@\r\n@   WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!   @\r\n@@@@@@@@@@@@@@\r\nIT IS NASTY\r\n"
COMPLAINTS = {
    f"Host key verification failed.\r\n{NO_RIGHTS}": "Host key verification failed.",
    f"{CHANGED}{NO_RIGHTS}": "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!",
    f"no such identity: /x\r\ngit@h: Permission denied (publickey).\r\n{NO_RIGHTS}": "git@h: Permission denied (publickey).",
    "remote: Not Found\nfatal: repository 'https://h/x/' not found": "fatal: repository 'https://h/x/' not found",
    "whatever\nfatal: strange": "fatal: strange",
    "only this": "only this",
    "": "",
}


def failed_by(complaint: str) -> list[Event]:
    """A trace that git's failure ends."""
    error = f"{LS_REMOTE} in /home/alice/go/x: exit status 128:\n\t" + complaint.replace("\n", "\n\t")
    end = TraceFinished(0.64, Outcome.FAILS, None, None, None, f"module {PATH}: {error}", failed_walk=1)
    events: list[Event] = []
    for event in refused():
        if event.kind == "program.finished":
            event = replace(event, complaint=complaint)
        elif event.kind == "origin.decided" and event.error:
            event = replace(event, error=error, because=essence(GoError(error)))
        events.append(end if isinstance(event, TraceFinished) else event)
    return events


def stopped_with(error: str) -> list[Event]:
    """The end of the list of entries."""
    return [HopDecided(0.62, 1, HOP.number, Verdict.STOP, "no entry is left", TRY_PROXIES, None, error)]


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_the_line_that_tells_is_shown(complaint: str) -> None:
    line = COMPLAINTS[complaint]
    assert telling_line(complaint) == line
    events = failed_by(complaint)
    refs = TreeKey(Part.ORIGIN, number_of(events, OriginStep.REFS))
    told = rows(events, width=200)
    assert line in told[refs]
    assert line in told[TreeKey(Part.PROGRAM, 1)]
    assert "\\r" not in details(events, refs)


@pytest.mark.parametrize("width", [80, 200])
def test_what_is_left_of_a_long_error_is_its_cause_and_no_advice(width: int) -> None:
    for complaint, said in ((f"Host key verification failed.\n{NO_RIGHTS}", "verification failed."),
                            ("fatal: X: terminal prompts disabled\nConfirm the import path was entered correctly.\n"
                             "If this is a private repository, see https://go.dev/doc/faq#git_https for additional "
                             "information.", "terminal prompts disabled")):  # fmt: skip
        lines = [line.text for line in verdict_lines(folded(failed_by(complaint)), 1.0, width, UNICODE)]
        error = " ".join(" ".join(lines).split()).partition(" first cause:")[0]
        assert error.endswith(f"{said}…")
        assert "faq#git_https" not in error
        assert "v for all" in lines[-1]


def test_a_program_that_failed_earlier_stands_where_go_stops() -> None:
    """hg pull fails while the tags are listed; go asks on, and ends with it at the revision."""
    error = "hg pull -f in /home/alice/go/x: exit status 255:\n\tabort: HTTP Error 404: Not Found"
    events = [
        started(), *at_proxy(), *discovered(), *ran(1, "hg pull -f", 0.3, "exit status 255", "abort: HTTP Error 404: Not Found"),
        *ran(2, "hg tags -q", 0.52, took=0.01), step(OriginStep.REFS, Answered.YES, "0 tags", 0.55, program=2),
        *ran(3, "hg branches", 0.56, took=0.01),
        step(OriginStep.REVISION, Answered.FAILS, "hg pull failed", 0.6, program=1, error=error),
        *stopped_with(error), WalkFinished(0.63, 1, None, error),
        TraceFinished(0.64, Outcome.FAILS, None, None, None, f"{PATH}@latest: {error}", failed_walk=1),
    ]  # fmt: skip
    shown = rows(events, TreeKey(Part.ORIGIN, number_of(events, OriginStep.REVISION)), HOP)
    keys = list(shown)
    stop = keys.index(TreeKey(Part.ORIGIN, number_of(events, OriginStep.REVISION)))
    assert keys.index(TreeKey(Part.PROGRAM, 1)) == stop + 1
    assert any("abort: HTTP Error 404" in shown[key] for key in keys[stop + 2 : stop + 4]), "and is unfolded"


def test_where_it_lives_is_said_though_a_page_of_the_prefix_was_asked() -> None:
    prefix = step(OriginStep.PREFIX, Answered.YES, "the same", 0.295, to="corp.example/team")
    events = sorted([*went_well(), prefix], key=lambda event: event.at)
    shown = " ".join(line.text for line in verdict_lines(folded(events), 1.0, 160, UNICODE))
    assert f"from direct: git {REPOSITORY}" in shown


def test_a_module_proxy_that_a_host_names_is_told_by_its_files() -> None:
    place = "https://files.corp.example"
    events: list[Event] = [
        started(), step(OriginStep.GO_IMPORT, Answered.YES, "a module proxy", 0.2, vcs="mod", to=place),
        *asked(5, f"{place}/list", 0.25, op=Op.LIST), *asked(6, f"{place}/info", 0.4, op=Op.INFO),
        *asked(7, f"{place}/mod", 0.55, op=Op.MOD, status=404),
    ]  # fmt: skip
    for width in (80, 160):
        line = " ".join(rows(events, width=width)[HOP].split())
        assert "origin ✓ list ✓ info ✓ mod ✗404 zip ·" in line


def test_what_was_stopped_is_no_success_and_stays_in_sight() -> None:
    events = [
        *running(refused(), 0.39), *ran(1, LS_REMOTE, 0.4, "cancelled"),
        TraceFinished(0.7, Outcome.CANCELLED, None, None, None, None),
    ]  # fmt: skip
    shown = rows(events)
    assert "? direct origin ✓ git ? refs ·" in " ".join(shown[HOP].split())
    assert "stopped" in shown[TreeKey(Part.PROGRAM, 1)]


def test_only_credentials_are_called_used_and_only_what_is_counted_on_ignored() -> None:
    notes = [
        seen(Whom.GIT, "certificates", Standing.USED, "these authorities", "GIT_SSL_CAINFO"),
        seen(Whom.GIT, "terminal", Standing.IGNORED, "git does not ask in the terminal", "GIT_TERMINAL_PROMPT"),
        seen(Whom.SSH, "ssh config", Standing.USED, "ssh connects as git", "ssh -G"),
    ]
    group = TreeKey(Part.CREDENTIALS, HOP.number)
    shown = rows([started(), *discovered(), *notes], group, HOP)
    assert shown[group].split() == ["▾", "–", "credentials?", "none", "is", "used"]
    assert "⚠" not in "".join(shown.values())
    assert any("git does not ask in the terminal" in text for text in shown.values())


def test_a_version_control_system_that_go_does_not_know_is_no_missing_log_in() -> None:
    url = f"https://{PATH}?go-get=1"
    error = f'unrecognized import path "{PATH}": {url}: unknown vcs "bzr"'
    events = [
        started(), *at_proxy(), *asked(1, url, 0.14),
        step(OriginStep.GO_IMPORT, Answered.YES, "the page names bzr", 0.3, vcs="bzr", to="https://x", request=1),
        step(OriginStep.GO_IMPORT, Answered.FAILS, "go does not take it", 0.3, vcs="bzr", request=1, error=error),
        *stopped_with(error), WalkFinished(0.63, 1, None, error),
        TraceFinished(0.64, Outcome.FAILS, None, None, None, f"{PATH}@latest: {error}", failed_walk=1),
    ]  # fmt: skip
    case = diagnose(folded(events))[0]
    assert case.diagnosis.rule.id == "R18"
    assert "names bzr, a version control system that go does not know" in case.diagnosis.cause
    assert not any("netrc" in line for one in case.diagnosis.remedies for line in one.lines)


@pytest.mark.parametrize(
    ("repository", "asks"),
    [
        (SSH, SSH), (REPOSITORY, REPOSITORY), (f"ssh://{MASK}@h/x", None), (f"https://{MASK}@h/x", None),
        ("https://alice@h/x", None), ("8f2c5a1b9d3e", None), ("", None),
    ],
)  # fmt: skip
def test_the_credentials_are_those_for_the_repository_that_was_found(repository: str, asks: str | None) -> None:
    subject = for_repository(PATH, repository)
    assert (None if subject is None else subject.repository) == asks


async def test_the_screen_of_credentials_is_about_the_repository_of_the_trace() -> None:
    """The last step names a commit, and an ssh URL has a user."""
    events = [replace(e, to=SSH) if e.kind == "origin.decided" and e.to == REPOSITORY else e for e in went_well()]
    app = origin_app(events)
    async with opened(app) as pilot:
        await press(pilot, "G")
        assert app._subject_at_hand(PATH).repository == SSH


async def test_the_question_says_that_the_first_program_is_not_the_only_one() -> None:
    async with opened(origin_app(held_back()), NARROW) as pilot:
        await press(pilot, "exclamation_mark")
        assert AFTER in screen_text(pilot.app)
        assert LS_REMOTE in words(pilot.app)


def shown_table(*columns: Column, pattern: str | None = None, answers: Sequence[ColumnAnswered] = ()) -> str:
    table = table_of([BrowseStarted(0, PATH, columns, pattern), *answers, BrowseFinished(0)])
    shown = (row.line.text for row in module_rows(ModulesView(table, 0, 80, UNICODE, longest=12)))
    return " ".join(" ".join(shown).split())


def test_who_would_be_asked_on_request_is_named() -> None:
    proxy = Column(0, 0, "p", "https://p", False, dead=False)
    direct = Column(1, 1, "direct", "", False, dead=False, kind=ColumnKind.DIRECT)
    gosum = Column(2, 2, "go.sum", "", False, dead=False, kind=ColumnKind.GO_SUM)
    hidden = replace(proxy, private=True)
    none = (ColumnAnswered(0, 0, ()), ColumnAnswered(0, 1, ()))
    assert "a asks the proxies that go would not come to" in shown_table(proxy, direct, gosum)
    assert "no versions; a asks direct" in shown_table(proxy, direct, gosum, answers=none[:1])
    assert "a asks" not in shown_table(proxy, direct, gosum, answers=none)
    assert "no proxy is ever asked; a asks direct" in shown_table(hidden, direct, gosum, pattern="*.corp.example")


def test_a_file_that_cannot_be_fetched_is_not_offered() -> None:
    offered = {
        has_files: {choice.name for choice in _choices(ModulesPane.Menu(VERSION, "direct", has_files))}
        for has_files in (True, False)
    }
    assert offered[True] - offered[False] == {".info", ".mod", ".zip"}


async def test_in_privacy_a_command_in_a_sentence_keeps_its_end() -> None:
    """Between backticks a URL is the same one as elsewhere, with the same other name."""
    async with opened(origin_app(held_back()), NARROW) as pilot:
        await press(pilot, "p")
        shown = words(pilot.app)
        assert "corp.example" not in shown
        url = shown.partition("--end-of-options ")[2].partition("`")[0]
        assert f"{url}` here; modtrace starts programs" in shown
        assert shown.count(url[:30]) >= 2, "as the row that would be run"


async def test_what_is_typed_after_the_app_has_left_is_for_nobody() -> None:
    app = origin_app(held_back())
    async with opened(app, NARROW):
        await app._close_all()
        await app.on_event(events.Key("x", "x"))
    assert app.crash is None


def test_a_private_module_is_told_in_whole_words() -> None:
    first = started(private=True)
    assert first.route is not None
    way = replace(first.route.hops[1], index=None, kind=HopKind.NOPROXY)
    events = [replace(first, route=replace(first.route, hops=(first.route.hops[0], way))), *went_well()[1:]]
    verdict = " ".join(line.text for line in verdict_lines(folded(events), 1.0, 80, UNICODE))
    assert f"from its own repository: git {REPOSITORY}" in verdict
    for width, name in ((80, "direct origin"), (120, "direct, being private origin")):
        assert f"✓ {name} ✓" in " ".join(rows(events, width=width)[HOP].split())
