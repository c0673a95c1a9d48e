"""The screen of credentials: this machine's files, git and ssh once they may be asked, replays and demo worlds."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.trace.origin_events import CredentialSeen
from tests.app_support import BROAD, NARROW, app_here, opened, press, screen_text, words, world_app
from tests.modtrace import clean_environment
from tests.test_app_quorum import live
from tests.test_app_replay import recorded, tape_of, told
from tui.app import ModtraceApp

PATH = "git.corp.test/team/lib"
SECRETS = ("al1ce", "s3cr3t")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder with a netrc that git reads and go does not, and a rule that leads to ssh."""
    for name in list(os.environ):
        if name.startswith(("GO", "GIT_", "SSH_", "NETRC")) or name in ("XDG_CONFIG_HOME",):
            monkeypatch.delenv(name)
    variables = clean_environment(
        tmp_path, GOPROXY="off", XDG_STATE_HOME=str(tmp_path), GIT_CONFIG_NOSYSTEM="1"
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".netrc").write_text("machine git.corp.test:8443 login al1ce password s3cr3t\n")
    (tmp_path / ".gitconfig").write_text(
        '[url "ssh://git@git.corp.test/"]\n\tinsteadOf = https://git.corp.test/\n'
    )


@asynccontextmanager
async def _live(size: tuple[int, int] = NARROW) -> AsyncIterator[tuple[ModtraceApp, Pilot[None]]]:
    with app_here((PATH, "latest")) as app:
        async with opened(app, size) as pilot:
            yield app, pilot


async def test_files_first_and_git_and_ssh_after_the_users_word() -> None:
    async with _live() as (app, pilot):
        await press(pilot, "at")
        text = words(app)
        assert f"Credentials for {PATH}" in text
        assert "go sends nothing: netrc is ignored" in text
        assert "git uses not known: git was not asked" in text
        assert "! lets modtrace start git config --list" in text
        await press(pilot, "exclamation_mark")
        assert "May programs be started?" in screen_text(app)
        await press(pilot, "escape")
        assert "git was not asked" in words(app)
        await press(pilot, "exclamation_mark", "exclamation_mark")
        for _ in range(50):
            if app.session.may_run and "git goes to" in words(app):
                break
            await press(pilot)
        text = words(app)
        assert app.session.may_run
        assert f"git goes to ssh://git@{PATH}" in text
        assert "git uses nothing of its own: it starts ssh" in text
        assert not any(secret in screen_text(app) for secret in SECRETS)


async def test_a_row_in_full_and_what_is_copied() -> None:
    async with _live(BROAD) as (app, pilot):
        await press(pilot, "at", "c")
        assert any("machine git.corp.test login USER password TOKEN" in one for one in told(app))
        await press(pilot, "slash", *"8443", "enter", "escape")
        while "credential" not in str(app.screen.list.cursor_row.key):  # type: ignore[attr-defined]
            await press(pilot, "down")
        await press(pilot, "enter")
        text = words(app)
        assert "go: netrc" in text
        assert "ignored by go" in text
        assert "~/.netrc:1" in text
        assert not any(secret in text for secret in SECRETS)


async def test_privacy_masks_the_host() -> None:
    async with _live() as (app, pilot):
        await press(pilot, "at", "p")
        assert "[private]" in screen_text(app)
        assert "git.corp.test" not in screen_text(app)
        await press(pilot, "p")
        assert "git.corp.test" in screen_text(app)


async def test_a_demo_world_reads_nothing_of_this_machine() -> None:
    async with live("healthy") as (app, pilot, _):
        await press(pilot, "at")
        assert "nothing of this machine is read here" in " ".join(told(app))
        assert app.screen is app.workbench


async def test_a_replay_shows_what_was_seen_then(tmp_path: Path) -> None:
    use = CredentialUse(
        Whom.GIT, "netrc", Standing.IGNORED, "git.corp.test", "its machine has a port", "~/.netrc:1",
        "login ****, password ****", "CURLOPT_NETRC(3)",
    )  # fmt: skip
    events = recorded("healthy")
    app = world_app("healthy")
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, events))
        await press(pilot)
        await press(pilot, "at")
        assert "no credential was seen then" in " ".join(told(app))
    app = world_app("healthy")
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, [*events[:-1], CredentialSeen(0.1, use), events[-1]]))
        await press(pilot)
        await press(pilot, "at")
        text = words(app)
        assert "nobody is asked now" in text
        assert "its machine has a port" in text
        await press(pilot, "exclamation_mark")
        assert "no program is started" in " ".join(told(app))
