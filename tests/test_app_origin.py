"""Direct mode on the screen: the branch of a direct hop, its details and commands, and the consent."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probes.commands.plain import report
from probes.demo.origin_worlds import NO_PASSWORD
from probes.demo.worlds import world_plan
from probes.diagnosis.traced import traced
from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.redact import MASK
from probes.share.copy_as import Tool, program_commands
from probes.share.privacy import Mask
from probes.share.report import make_report
from probes.share.report_forms import Form, write
from probes.trace.events import Event, TraceFinished, event_to_json
from probes.trace.fold import Trace
from probes.trace.origin_events import Answered, CredentialSeen, OriginStep
from probes.trace.recording import event_from_json
from tests.against_go.golang import go_binary
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, words, world_app
from tests.originated import (
    DIRECT,
    LS_REMOTE,
    PATH,
    REFUSED,
    REPOSITORY,
    ask_page,
    held,
    held_back,
    ran,
    refused,
    running,
    seen,
    started,
    step,
    went_well,
)
from tests.turned import folded
from tui.app import ModtraceApp
from tui.drawing.fields import detail_rows
from tui.drawing.origin_questions import LABELS
from tui.drawing.trace_details import trace_details
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import tree_rows
from tui.drawing.tree_view import TreeView, guilty_row
from tui.drawing.verdict import verdict_lines
from tui.replay import Replay
from tui.spoken import step as told
from tui.spoken import steps
from tui.stage import DemoWorld
from tui.symbols import ASCII, UNICODE, Symbols

HOP = TreeKey(Part.HOP, DIRECT)


def rows(
    events: Sequence[Event],
    *unfolded: TreeKey,
    width: int = 120,
    symbols: Symbols = UNICODE,
    all_open: bool = False,
) -> dict[TreeKey, str]:
    """The rows of the tree after these events, by key."""
    trace = folded(events)
    view = TreeView(
        trace, trace.now, width, symbols, dict.fromkeys(unfolded, True), all_open=all_open
    )  # fmt: skip
    return {row.key: row.line.text.rstrip() for row in tree_rows(view)}  # type: ignore[misc]


def number_of(events: Sequence[Event], wanted: OriginStep) -> int:
    return next(n for n, one in enumerate(folded(events).origin.decided) if one.step is wanted)


def details(events: Sequence[Event], key: TreeKey) -> str:
    """What Enter on a row shows."""
    trace = folded(events)
    found = trace_details(trace, key, trace.now, UNICODE)
    assert found is not None, key
    return " ".join(" ".join(row.line.text for row in detail_rows(found, 200)).split())


# -- the branch --------------------------------------------------------------------------------------


def test_the_way_to_the_repository_is_a_branch_of_questions() -> None:
    shown = rows(went_well(), HOP)
    steps_shown = [text for key, text in shown.items() if key.part is Part.ORIGIN]
    labels = [text.split("?")[0].split(maxsplit=2)[-1] for text in steps_shown]
    assert labels == ["GOINSECURE", "static host", "go-import", "prefix page", "GOVCS", "program", "refs",
                      "revision", "go.mod", "archive"]  # fmt: skip
    assert f"yes: git {REPOSITORY}" in " ".join(steps_shown)
    hop = " ".join(shown[HOP].split())
    assert "✓ direct origin ✓ git ✓ refs ✓ mod ✓ zip ✓ 580 ms" in hop
    assert not any(key.part is Part.PROGRAM for key in shown), "inside of the steps"
    refs = TreeKey(Part.ORIGIN, number_of(went_well(), OriginStep.REFS))
    inside = rows(went_well(), HOP, refs)
    assert "git ls-remote ok" in inside[TreeKey(Part.PROGRAM, 1)]
    assert "▇" in inside[TreeKey(Part.PROGRAM, 1)], "a waterfall of time"
    assert any("not taken: if it could not be read" in text for text in inside.values())
    assert "cmd/go/internal/vcs/vcs.go" in " ".join(inside.values()), "its rule"


def test_where_go_stops_is_unfolded_and_carries_the_complaint() -> None:
    events, shown = refused(), rows(refused())
    stopped = TreeKey(Part.ORIGIN, number_of(events, OriginStep.REFS))
    assert guilty_row(folded(events)) == stopped
    assert "■ refs?" in shown[stopped]
    assert "exit status 128" in shown[TreeKey(Part.PROGRAM, 1)]
    assert REFUSED in " ".join(" ".join(shown.values()).split())
    assert "folder, revision, go.mod, archive: not reached" in " ".join(shown.values())
    verdict = " ".join(line.text for line in verdict_lines(folded(events), 1.0, 160, UNICODE))
    assert "first cause: direct stops at refs: git could not read them" in verdict


def test_a_program_shows_while_it_runs_and_then_folds_into_its_step() -> None:
    live = rows(running(went_well(), 0.5), HOP)
    assert "under way" in live[TreeKey(Part.PROGRAM, 1)]
    assert "▸ direct" in live[HOP]
    assert "not reached yet" in " ".join(live.values())
    for moment in (0.0, 0.14, 0.2, 0.3, 0.45, 0.7, 0.9):
        assert rows(running(went_well(), moment), HOP)


def test_what_would_be_run_names_the_key() -> None:
    shown = rows(held_back())
    assert "would run" in shown[TreeKey(Part.HELD, 0)]
    assert shown[TreeKey(Part.HELD, 0)].endswith("press !")
    assert "git held" in shown[HOP]
    text = details(held_back(), TreeKey(Part.HELD, 0))
    assert LS_REMOTE in text
    assert REPOSITORY in text
    assert "! lets git" in text
    twice = rows([*held_back()[:-3], held(at=0.41), held("git fetch x", at=0.42)])
    assert sum(key.part is Part.HELD for key in twice) == 2, "the same one once"


def test_credentials_and_rewritten_urls_stand_in_the_branch() -> None:
    group = TreeKey(Part.CREDENTIALS, DIRECT)
    shown = rows(went_well(), HOP)
    assert "git would ask helper ~/.gitconfig; 1 ignored" in shown[group]
    assert any("insteadOf?" in text and "mirror.corp.example" in text for text in shown.values())
    inside = rows(went_well(), HOP, group)
    assert "netrc ~/.netrc:7 is ignored: go takes no default entry" in " ".join(inside.values())
    assert "gitcredentials(7)" in details(went_well(), TreeKey(Part.CREDENTIAL, 0))
    assert "git.corp.example" in details(went_well(), group)
    program = details(refused(), TreeKey(Part.PROGRAM, 1))
    assert "the one" not in program
    assert "netrc ~/.netrc:7" in program


def test_what_belongs_to_no_entry_stands_by_itself() -> None:
    events = [started(), *ran(9, "acme-login --print", 0.01, hop=None), held("git credential fill", 0.02, None),
              seen(Whom.GO, "GOAUTH command", Standing.USED, "it answered", "GOAUTH", hop=None)]  # fmt: skip
    shown = rows(events, TreeKey(Part.CREDENTIALS, -1))
    assert "acme-login" in shown[TreeKey(Part.PROGRAM, 9)]
    assert "git credential fill" in shown[TreeKey(Part.HELD, 0)]
    assert "it answered" in shown[TreeKey(Part.CREDENTIAL, 0)]


def test_every_answer_to_every_question_can_be_drawn_and_nothing_hostile_gets_out() -> None:
    evil = "\x1b]0;x\x07[red]\u202ea/b?c\n--option\r"
    for question in OriginStep:
        for answered in Answered:
            error = "no" if answered is Answered.FAILS else None
            event = step(question, answered, f"because {evil}", 0.2, to=evil, vcs=evil, version=evil, error=error,
                         request=1, program=1)  # fmt: skip
            events = [started(), *ask_page(1, body=evil), *ran(1, evil, 0.1, "exit status 1", evil), event,
                      held(evil), seen(Whom.SSH, evil, Standing.IGNORED, evil, evil, shown=evil)]  # fmt: skip
            for width, symbols in ((40, ASCII), (80, UNICODE)):
                drawn = "".join(rows(events, width=width, symbols=symbols, all_open=True).values())
                assert drawn.isprintable()
                assert LABELS[question] in drawn
            assert "because" in details(events, TreeKey(Part.ORIGIN, 0))
            assert report(folded(events)).replace("\n", "").isprintable()


def test_the_page_tells_which_tag_matches_and_which_does_not() -> None:
    text = details(refused(), TreeKey(Part.ORIGIN, number_of(refused(), OriginStep.GO_IMPORT)))
    assert f"{PATH} git {REPOSITORY}: is about this path" in text
    assert "is about corp.example/other and what is below it only" in text
    assert "200 OK" in text


# -- commands, reports, other forms ------------------------------------------------------------------


def test_a_program_can_be_copied_as_a_command() -> None:
    trace = folded(went_well())
    lines = {
        number: program_commands(trace, one.started.command)[0]
        for number, one in trace.origin.programs.items()
    }
    assert lines[1].line == f"GIT_TERMINAL_PROMPT=0 GIT_ASKPASS= {LS_REMOTE}"
    assert "git init -q --bare && git remote add origin" in lines[2].line
    assert REPOSITORY in lines[2].line
    assert "'--format=format:%H %ct %D'" in lines[3].line, "an argument with blanks is one word"
    assert "the fetch before it" in lines[3].note
    assert all(line.tool is Tool.GIT for line in lines.values())
    masked = program_commands(trace, f"git ls-remote https://{MASK}@git.corp.example/x")[0]
    assert "Put the secret" in masked.note
    assert program_commands(trace, "hg pull; rm -rf x")[0].line == "hg pull ';' rm -rf x".replace(
        "pull ';'", "'pull;'"
    )


def test_the_plain_report_the_sentences_and_json_tell_it_too() -> None:
    text = report(folded(refused()))
    assert f"go-import? yes: git {REPOSITORY}: " in text
    assert "refs? stops here: git could not read them" in text
    assert f"    {LS_REMOTE}: exit status 128 (200 ms)" in text
    assert "netrc (~/.netrc:7) is ignored" in text
    assert f"would run: {LS_REMOTE}" in report(folded(held_back()))
    trace = folded(refused())
    spoken = " ".join(sentence for event in refused() for sentence in told(trace, event))
    assert "Ran git ls-remote" in spoken
    assert "It complained: fatal: could not read Username" in spoken
    assert set(steps(trace)) >= {s for e in refused() if e.kind == "program.finished" for s in told(trace, e)}
    said = trace.to_json()["origin"]
    assert {one["step"] for one in said["decided"]} >= {"go-import", "refs"}
    assert said["programs"][0]["outcome"] == "exit status 128"
    assert json.loads(json.dumps(said)) == said
    assert "origin" not in folded([started()]).to_json(), "only where there is any"
    assert folded(went_well()).to_json()["served"]["zip"] == 1


def test_events_come_back_from_a_recording() -> None:
    for events in (refused(), went_well(), held_back()):
        back = [event_from_json(json.loads(json.dumps(event_to_json(event)))) for event in events]
        assert back == events


def test_nothing_private_is_left_under_other_names() -> None:
    banner = "Welcome to the ACME vault, ask Bob Miller"
    events = [
        replace(event, complaint=f"{banner}\nremote: {banner}\nfatal: remote error: {banner}\n{REFUSED}")
        if event.kind == "program.finished" else event
        for event in refused()
    ]  # fmt: skip
    use = CredentialUse(Whom.SSH, "key", Standing.USED, "git.corp.example:2222", "offered to alice@git.corp.example",
                        "/home/alice/.ssh/id_acme", "alice", "ssh_config(5)")  # fmt: skip
    end = events[-1]
    assert isinstance(end, TraceFinished)
    error = f"git fetch in /home/alice/go/x: exit status 128:\n\tremote: {banner}\n\t{REFUSED}"
    events = [*events[:-1], CredentialSeen(0.5, use, DIRECT), replace(end, error=error)]
    mask = Mask.of(events)
    trace = mask.trace(events)
    written = [report(trace), json.dumps(trace.to_json()), *steps(trace)]
    written += [write(make_report(trace, (), private=True), form) for form in Form]
    tree = [row.line.text for row in tree_rows(TreeView(trace, trace.now, 200, UNICODE, all_open=True))]
    whole = "\n".join([*written, *tree])
    for secret in ("corp.example", "alice", "team/lib", "ACME", "Bob", "id_acme"):
        assert secret not in whole, secret
    assert "could not read Username" in whole, "git's own words stay"
    assert "~/.netrc:7" in whole


# -- the app -----------------------------------------------------------------------------------------


def origin_app(events: Sequence[Event], **more: str) -> ModtraceApp:
    settings = {"GOENV": "off", "GOPROXY": "https://proxy.corp.example,direct", **more}
    return replay_app(Replay(list(events)), settings, target=(PATH, "latest"))


def jobs(app: ModtraceApp) -> list[bool]:
    """Whether each trace that was begun may run programs."""
    return [job.runs for job in app.session.bridge.jobs if type(job).__name__ == "TraceJob"]  # type: ignore[attr-defined]


async def test_programs_are_asked_for_once_and_taken_back() -> None:
    app = origin_app(held_back(), GOAUTH="netrc; acme-login --token=hunter2")
    async with opened(app, NARROW) as pilot:
        assert "! let run" in screen_text(app)
        await press(pilot, "exclamation_mark")
        asked = words(app)
        assert "May programs be started?" in asked
        assert LS_REMOTE in asked
        assert f"GOAUTH acme-login {MASK}" in asked
        assert "hunter2" not in asked
        await press(pilot, "escape")
        assert jobs(app) == [False], "no is no"
        await press(pilot, "exclamation_mark", "enter")
        assert jobs(app) == [False, True]
        assert "[runs programs]" in screen_text(app)
        assert "! let run" not in screen_text(app)
        await press(pilot, "exclamation_mark")
        assert not app.session.may_run
        assert "[runs programs]" not in screen_text(app)
        await press(pilot, "r")
        assert jobs(app)[-1] is False
        assert app.crash is None


async def test_without_a_trace_the_question_is_about_all_programs() -> None:
    async with opened(origin_app([started()]), BROAD) as pilot:
        await press(pilot, "exclamation_mark")
        asked = words(pilot.app)
        assert "is started by git for ssh://" in asked
        assert "credential helpers" in asked


async def test_in_a_demo_world_no_program_is_ever_started() -> None:
    app = world_app("healthy")
    async with opened(app, NARROW) as pilot:
        app.session.stage.STARTS_PROGRAMS = False  # type: ignore[misc]
        await press(pilot, "exclamation_mark")
        assert "no program is ever started" in " ".join(str(one.message) for one in app._notifications)
        app.session.may_run = True
        assert not app.session.runs


@pytest.mark.parametrize("size", [NARROW, BROAD], ids=["narrow", "broad"])
async def test_the_branch_is_walked_by_keyboard(size: tuple[int, int]) -> None:
    app = origin_app(refused())
    async with opened(app, size) as pilot:
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.key == TreeKey(Part.ORIGIN, number_of(refused(), OriginStep.REFS))
        await press(pilot, "down")
        assert app.workbench.tree_pane.program_here() == LS_REMOTE
        await press(pilot, "Y")
        assert "GIT_TERMINAL_PROMPT=0" in screen_text(app)
        await press(pilot, "escape", "enter")
        assert "what it complained of" in words(app)
        await press(pilot, "escape", "h", "h", "h", "h")
        assert row.key.part is Part.ORIGIN
        here = app.workbench.tree_pane.list.cursor_row
        assert here is not None
        assert here.key == HOP, "left leads out, step by step"
        await press(pilot, "p")
        assert "corp.example" not in screen_text(app)
        assert app.crash is None


def test_the_world_of_a_private_module_fails_in_go_s_words_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real go, with a git that says the same, prints the same."""
    plan = world_plan("private-no-credentials")
    program = tmp_path / "git"
    program.write_text(
        "#!/bin/sh\ncase $1 in\n"
        f"ls-remote) printf '%s' \"{NO_PASSWORD}\" >&2; exit 128;;\nversion) echo git version 2.39.5;;\nesac\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr("asyncio.create_subprocess_exec", None)
    stage = DemoWorld(plan, {})
    try:
        scene, trace = stage.read(), Trace()
        asyncio.run(traced(scene.environment, plan.path, plan.query, trace.apply))
        home = {name: str(tmp_path / name) for name in ("HOME", "GOPATH")}
        own = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "GOTOOLCHAIN": "local",
            "GOMODCACHE": str(tmp_path / "c"),
        }
        variables = {**scene.environment.process, **home, **own, "GOFLAGS": "-modcacherw"}
        done = subprocess.run(
            [go_binary(), "mod", "download", "-json", f"{plan.path}@{plan.query}"],
            env=variables, capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip
        assert stage.go_run(scene.environment, trace) is None, "the real go would leave the world"
    finally:
        stage.close()
    assert trace.finished is not None
    said = json.loads(done.stdout)["Error"].replace(str(tmp_path / "c"), "/demo/pkg/mod")
    assert trace.finished.error == said
    assert trace.origin.programs
    assert all("played" in one.because for one in trace.origin.decided if one.step is OriginStep.PROGRAM)
    # What go ran after the failure does not hide it.
    blamed = [one.program for one in trace.origin.decided if one.answered is Answered.FAILS]
    blamed += [one.program for walk in trace.walks.values() for one in walk.decisions if one.error]
    commands = {trace.origin.programs[number].started.command for number in blamed if number is not None}
    assert {command.split()[1] for command in commands} == {"ls-remote"}
