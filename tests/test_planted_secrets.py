"""A secret in every place where one can stand, servers that say them back, and the bytes of all that comes out.

Looked at: what each command prints, sessions, reports, what the app shows and copies, the command lines of
the programs that are started, what is left in the folder for temporary files, and the words of a crash.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from probes.net.limits import Limits
from tests.app_support import BROAD, opened, press, screen_text
from tests.modtrace import modtrace
from tests.planted import MARK, TARGETS, Planted, leaks_in, planted, secret, user
from tui import launch
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.session import Session
from tui.stage import ThisMachine

X = "git.corp.test/x"
TYPED = f"https://{user('Typed')}@git.corp.test/x"
PROXY = f"GOPROXY=https://{user('Typed')}@proxy.corp.test,direct"
COMMANDS = (
    *(("trace", f"{target}@v1.0.0", "--run", form)
      for target, form in zip(TARGETS, ("--json", "--events", "--plain", "--json", "--plain", "--json", "--events", "--json"), strict=True)),
    ("trace", X), ("trace", "login.corp.test/z", "--run", "--events"),
    ("trace", f"{X}/p", "--as", "get", "--run", "--events"),
    ("trace", "--as", "build", "--run", "--json"),
    ("doctor", X, "--run", "--json"),
    ("doctor", "git.corp.test/h", "--run"),
    ("doctor", "locked.corp.test/z", "--run", "--compare", "--capability"),
    ("env",), ("env", "--json"), ("env", "GOAUTH", "GOPROXY", "HTTPS_PROXY"),
    *(("auth", host, "--run") for host in ("header.corp.test/h", "instead.corp.test/i", "named.corp.test", "proxied.corp.test/x")),
    ("auth", X), ("auth", f"{TYPED}?token={secret('TypedQuery')}", "--run", "--json"),
    ("auth", f"ssh://{secret('TypedSsh')}@git.corp.test/x", "--run", "--json"),
    ("leaks", "--run", "--json"), ("leaks", "--run", "--all"),
    ("versions", X, "--run", "--json"), ("versions", "git.corp.test/i", "--run"), ("versions", X),
    ("download", f"{X}@v1.0.0", "--run", "-o", "../files"),
    ("bundle", "-o", "../kit", "--run"),
    ("diff", f"{X}@v1.0.0", f"{X}@v1.1.0"), ("sums",), ("sum", f"{X}@v1.0.0"), ("cache",),
    *(("report", "--last", "--format", form, *more)
      for form, more in (("text", ()), ("markdown", ("--privacy",)), ("html", ()), ("json", ()), ("svg", ()))),
    *(("replay", "--last", form) for form in ("--json", "--events", "--plain")),
    ("whatif", X, "--set", PROXY, "--trace", "--run", "--json"),
    ("whatif", X, "--set", f"GOAUTH=acme-login {secret('TypedWord')}", "--set", PROXY, "--lines", "sh"),
    ("apply", "--set", PROXY, "--set", f"GOAUTH=acme-login {secret('TypedWord')}", "--yes"),
    ("apply", "--set", "GOAUTH=netrc", "--unset", "GOPROXY", "--yes"), ("apply", "--undo", "--yes"),
    *((command, TYPED) for command in ("trace", "doctor", "versions", "download", "diff", "sum", "whatif", "leaks", "explain")),
)  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Planted]:
    with planted(tmp_path) as made:
        yield made


def _in_files(folder: Path) -> list[str]:
    """What is found in files; the copies that --undo needs are like the user's own file, and as closed."""
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        if file.parent.name == "goenv":
            assert file.stat().st_mode & 0o077 == 0, file
        else:
            found += [f"{file}: {one}" for one in leaks_in(str(file).encode() + file.read_bytes())]
    return found


GOS_OWN = {
    "acme-login": {"GoauthWord", "ProxyUser", "ProxyPass", "TypedUser", "TypedPass", "ProxyQuery"},
    "git": {"RepoUser", "RepoPass", "SshUser"},
    "ssh": {"SshWord"},
}
"""By program: the secrets that the real go, or its git, puts on a command line: there is no other way for them."""


def _added(machine: Planted) -> set[str]:
    """The secrets on the command lines of programs that modtrace started, and go would not have put there."""
    added = set()
    for line in machine.command_lines():
        who, _, command = line.rpartition("> ")
        if "python" not in who:
            continue  # git starts it: what stands there is git's own
        for name in re.findall(rf"{MARK}([A-Za-z]+)\d+", command):
            if name not in GOS_OWN.get(command.split(" ")[0], set()):
                added.add(f"{name}: {command}")
    return added


NETRC = {"git.corp.test", "locked.corp.test", "proxy.corp.test"}
MEANT_FOR = {
    "NetrcUser": NETRC, "NetrcPass": NETRC, "Goauth": {"login.corp.test"}, "ExtraHeader": {"header.corp.test"},
    **{
        f"{name}{part}": {f"{host}.corp.test"} for part in ("User", "Pass")
        for name, host in {
            "Proxy": "proxy", "Typed": "proxy", "Repo": "code", "Instead": "mirror", "Redirect": "elsewhere",
        }.items()
    },
}  # fmt: skip
"""By secret: the hosts that go, or git, sends it to."""
HELPERS = {"HelperUser", "HelperPass"}
"""This helper has them for whichever host git asks it about, and so does GOAUTH's git."""


def _names(shown: str) -> list[str]:
    """The secrets in an Authorization header."""
    scheme, _, value = shown.partition(" ")
    plain = b64decode(value).decode() if scheme == "Basic" else value
    return re.findall(rf"{MARK}([A-Za-z]+)\d+", plain)


def test_no_secret_gets_out_of_any_command(machine: Planted) -> None:
    variables = {**machine.variables, "GOENV": str(machine.home / "goenv")}
    found = {}
    for arguments in COMMANDS:
        more = {"GOAUTH": "", "GOPROXY": ""} if arguments[0] == "apply" else {}
        done = modtrace(*arguments, env={**variables, **more}, cwd=machine.work)
        if leaked := leaks_in((done.stdout + done.stderr).encode()):
            found[arguments] = leaked
        assert done.stdout + done.stderr, arguments
        assert "this is a bug" not in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr, (arguments, done.stderr)
    assert found == {}
    folder = machine.home.parent
    assert _in_files(folder / "state") == []
    assert (folder / "state" / "modtrace" / "sessions").is_dir()
    assert list((folder / "tmp").iterdir()) == []
    assert _added(machine) == set()
    started = " ".join(machine.command_lines())
    for program in ("git ls-remote", "git credential fill", "acme-login", "acme-helper", "ssh -F"):
        assert f"> {program}" in started, program
    assert "acme-askpass" not in started
    assert "ssh-keyscan" not in started
    sent = {(url.split("/")[2], shown) for server in machine.servers for url, shown in server.asked if shown}
    known = {(host, name) for host, shown in sent for name in _names(shown)}
    assert {name for _, name in known} == MEANT_FOR.keys() | HELPERS
    assert {(host, name) for host, name in known if host not in MEANT_FOR.get(name, {host})} == set()
    assert not [url for url, authorization in machine.servers[1].asked if authorization], "none over http"


def test_a_private_report_names_no_host_and_no_folder(machine: Planted) -> None:
    for arguments in (("trace", X, "--run"), ("trace", "git.corp.test/h", "--run"), ("doctor", "git.corp.test/s", "--run")):
        modtrace(*arguments, env=machine.variables, cwd=machine.work)
        for form in ("text", "json", "html"):
            done = modtrace("report", "--last", "--privacy", "--format", form, env=machine.variables, cwd=machine.work)
            assert "private.example/" in done.stdout, "it is there under other names"
            for word in ("corp.test", str(machine.home.parent), machine.home.parent.name, MARK):
                assert word not in done.stdout, (arguments, form, word)


def test_the_words_of_a_crash_hold_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: object) -> int:
        token = secret("Crash")
        try:
            return {"a": 1}[token]
        except KeyError as error:
            raise ValueError(f"nothing for {token}", {"password": token}) from error

    monkeypatch.setattr("probes.commands.env.run", broken)
    for details in ("", "1"):
        monkeypatch.setenv("MODTRACE_TRACEBACK", details)
        assert launch.main(["env"]) == 3
        said = capsys.readouterr()
        assert leaks_in((said.out + said.err).encode()) == []
        assert "this is a bug in modtrace: ValueError at tui/launch.py:" in said.err
        assert ("KeyError" in said.err) is bool(details)
        assert ("in broken" in said.err) is bool(details)


# -- the app -----------------------------------------------------------------------------------------


@asynccontextmanager
async def _app(
    machine: Planted, monkeypatch: pytest.MonkeyPatch, target: str
) -> AsyncIterator[tuple[ModtraceApp, Pilot[None]]]:
    for name, value in machine.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", machine.variables["TMPDIR"])
    monkeypatch.chdir(machine.work)
    session = Session(ThisMachine({}), Bridge(), Limits(answer_s=10, stall_s=10))
    app = ModtraceApp(session, target=(target, "v1.0.0"))
    try:
        async with opened(app, BROAD) as pilot:
            yield app, pilot
    finally:
        session.bridge.close()
        session.stage.close()


async def _quiet(app: ModtraceApp, pilot: Pilot[None]) -> None:
    if not app.session.bridge.idle:
        while not app.session.bridge.idle:
            await pilot.pause(0.02)
        await press(pilot)


async def test_no_secret_is_on_a_screen_or_copied(
    machine: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[str]] = {}
    is_private, all_shown = False, ""
    async with _app(machine, monkeypatch, "git.corp.test/h") as (app, pilot):

        async def look(*keys: str) -> str:
            nonlocal all_shown
            for key in keys:
                await press(pilot, key)
                await _quiet(app, pilot)
                text = "".join((screen_text(app), app.clipboard, *(str(one.message) for one in app._notifications)))
                all_shown += text
                if leaked := leaks_in(text.encode()):
                    seen.setdefault(key, []).extend(leaked)
                if is_private and (named := [word for word in ("corp.test", str(machine.home)) if word in screen_text(app)]):
                    seen.setdefault(f"private {key}", []).extend((*named, screen_text(app)))
            return screen_text(app)

        assert "May programs be started?" in await look("exclamation_mark")
        assert "direct" in await look("enter")
        assert app.session.runs
        for _ in range(8):  # rows of the tree: the details of each, its copy, its ways to be copied
            await look("enter", "y", "Y", "enter", "escape", "escape", "right", "down", "down")
        assert "Credentials for" in await look("at")
        await look("enter", "y", "escape", "escape", "escape")
        await look("percent_sign", "y", "escape", "1", "y", "3", "y", "2", "v", "y", "escape", "w", "escape", "C", "escape", "L", "b")
        await look("e", *"GOAUTH", "enter", "escape", "escape")
        await look("2", "p")
        is_private = True
        await look("at", "enter", "escape", "escape", "percent_sign", "escape", "v", "escape", "1", "3", "2", "g")
        for _ in range(6):
            await look("enter", "escape", "down", "down", "down")
        assert app.crash is None
    assert seen == {}
    assert "remote: no: [bearer xxxxx]" in all_shown, "what the host says back is there, and masked"
    assert any(">" in line and "git ls-remote" in line for line in machine.command_lines())
    assert _added(machine) == set()
    assert _in_files(machine.home.parent / "state") == []
