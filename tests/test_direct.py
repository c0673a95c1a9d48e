"""Direct mode without the real go: programs that hang, flood or lie, and what never leaks out of them."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probes.browse.asking import browse
from probes.browse.table import BrowseStarted, ColumnAnswered, ColumnKind
from probes.demo.worlds import WORLDS
from probes.golang.code_host import Revision, UnknownRevision
from probes.golang.code_repo import CodeRepo
from probes.golang.errors import GoError
from probes.golang.go_import import GoImport, NeedsMore, match_go_import, parse_go_imports
from probes.golang.govcs import check_govcs
from probes.golang.module_place import module_path, place_module, pseudo_version
from probes.golang.vcs_paths import GIT, known_place, schemes_to_try
from probes.net.limits import Limits, Stalled
from probes.sources import direct, origin_pages, programs
from probes.sources.direct import DirectAnswer, direct_versions
from probes.sources.environment_reader import read_environment
from tests.origins import Commit, Origin, Page, serving
from tui.stage import DemoWorld

X = "git.corp.test/x"
G = "github.com/u/r"
TAG = f'<meta name="go-import" content="{X} git https://code.corp.test/x">'


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files: what is left in it is left behind."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def environment_with(tmp_path: Path, script: str, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment whose git is a shell script."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "git").write_text(f"#!/bin/sh\n{script}\n")
    (tools / "git").chmod(0o755)
    return {
        "HOME": str(tmp_path), "PATH": f"{tools}:/usr/bin:/bin", "GOENV": "off", "GOPROXY": "direct",
        "GOMODCACHE": str(tmp_path / "cache"), **(variables or {}),
    }  # fmt: skip


PATIENT = Limits(answer_s=20, stall_s=20)


def ask(
    variables: Mapping[str, str], path: str = G, limits: Limits = PATIENT
) -> DirectAnswer:
    environment = read_environment(process=dict(variables))
    return asyncio.run(direct_versions(environment, path, limits, run=True))


# -- the program ---------------------------------------------------------------------------------------


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_cancelled_git_is_killed_with_all_that_it_started(tmp_path: Path, temporary: Path) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 1000 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait; sleep 1000"
    variables = environment_with(tmp_path, script)

    async def run() -> None:
        task = asyncio.create_task(direct_versions(read_environment(process=variables), G, run=True))
        while not pids.exists():
            assert not task.done()
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    deadline = time.monotonic() + 10
    started = [int(word) for word in pids.read_text().split()]
    while not all(_is_gone(pid) for pid in started):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not list(temporary.iterdir())


def test_a_git_that_hangs_is_ended_and_nothing_is_claimed(
    tmp_path: Path, temporary: Path
) -> None:
    answer = ask(environment_with(tmp_path, "sleep 1000"), limits=Limits(run_s=0.2))
    assert answer.error is None
    assert answer.unknown == "git was not done after 0.2 s; go would wait for ever"
    assert not list(temporary.iterdir())


def test_a_flood_is_not_held_in_memory(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_OUTPUT", 1 << 20)
    answer = ask(environment_with(tmp_path, 'case "$1" in ls-remote) exec yes;; esac'))
    assert answer.unknown == "git prints more than 1 MiB; go would read it all"
    assert not list(temporary.iterdir())


def test_what_git_complains_of_is_capped_masked_and_safe(tmp_path: Path, temporary: Path) -> None:
    script = (
        'case "$1" in version) echo git version 2.39.5; exit;; ls-remote) ;; *) exit;; esac\n'
        "printf 'fatal: \\033]0;owned\\007 https://me:hunter2@host/ \\342\\200\\256 %s\\n' $PWD >&2\n"
        "yes x | head -c 1000000 >&2; exit 128"
    )
    answer = ask(environment_with(tmp_path, script))
    assert answer.error is not None
    assert "\x1b" not in answer.error
    assert "\x07" not in answer.error
    assert "\u202e" not in answer.error
    assert "hunter2" not in repr(answer)
    assert len(answer.error) < 20_000
    assert str(temporary) not in repr(answer)
    assert f"in {tmp_path}/cache/cache/vcs/" in answer.error
    assert ": exit status 128:\n\tfatal: \\x1b]0;owned\\x07 https://xxxxx@host/" in answer.error
    assert not (tmp_path / "cache").exists()
    assert not list(temporary.iterdir())


def test_git_can_ask_nobody_and_finds_no_other_repository(tmp_path: Path, temporary: Path) -> None:
    seen = tmp_path / "seen"
    foreign = {
        "GIT_DIR": "/mine/.git", "GIT_WORK_TREE": "/mine", "GIT_OBJECT_DIRECTORY": "/mine/objects",
        "GIT_INDEX_FILE": "/mine/index", "GIT_TERMINAL_PROMPT": "1", "GIT_ASKPASS": "/bin/asks",
        "SSH_ASKPASS": "/bin/asks", "GIT_SSH_COMMAND": "ssh -v", "GIT_TEMPLATE_DIR": "/mine/hooks",
    }  # fmt: skip
    script = f"env > {seen}; (: < /dev/tty) 2>/dev/null && echo TTY=yes >> {seen}; cat >> {seen}; exit 1"
    ask(environment_with(tmp_path, script, foreign))
    lines = dict(line.partition("=")[::2] for line in seen.read_text().splitlines())
    assert "/mine" not in seen.read_text()
    assert lines["GIT_DIR"].startswith(f"{temporary}/modtrace-git-")
    assert (lines["GIT_TERMINAL_PROMPT"], lines["GIT_ASKPASS"], lines["GIT_TEMPLATE_DIR"]) == ("0", "", "")
    assert lines["GCM_INTERACTIVE"] == "never"
    assert lines["GIT_SSH_COMMAND"] == "ssh -v"
    assert "TTY" not in lines


def test_a_git_in_the_folder_where_one_stands_is_not_run(tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert programs.find_program("git", f".:relative::{tmp_path / 'none'}") is None
    assert programs.find_program("git", f".:{tmp_path}") == str(program)


def test_without_git_it_is_said_in_the_words_of_go(tmp_path: Path) -> None:
    answer = ask({"HOME": str(tmp_path), "PATH": str(tmp_path / "none"), "GOENV": "off", "GOMODCACHE": str(tmp_path)})
    assert answer.error == (
        'unable to resolve git version: failed to execute git version: exec: "git": '
        "executable file not found in $PATH"
    )


@pytest.mark.parametrize("path", ["corp.test/x.hg", "corp.test/x.svn"])
def test_other_systems_are_not_run_without_consent_and_nothing_is_claimed(path: str, tmp_path: Path) -> None:
    environment = read_environment(process=environment_with(tmp_path, "exit 1", {"GOVCS": "*:all"}))
    answer = asyncio.run(direct_versions(environment, path, Limits(), run=False))
    program = path.rpartition(".")[2]
    assert answer.error is None
    assert answer.unknown is not None
    assert answer.unknown.startswith(f"go would run `{program} ")


def test_every_step_is_told_as_it_ends(tmp_path: Path, temporary: Path) -> None:
    origin = Origin(tmp_path / "origin")
    origin.add("code.corp.test", "x", (Commit({"go.mod": f"module {X}\n"}, ("v1.0.0",)),))
    origin.pages[X] = Page(TAG)
    told: list[str] = []
    with serving(origin) as network:
        variables = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GOENV": "off", **network}
        environment = read_environment(process=variables)
        answer = asyncio.run(
            direct_versions(environment, X, Limits(), lambda step: told.append(f"{step.what}: {step.outcome}"), run=True)
        )
    assert (answer.versions, answer.latest, answer.latest_time) == (("v1.0.0",), "v1.0.0", "2023-11-15T22:13:20Z")
    assert (answer.url, answer.vcs, answer.root, answer.folder) == ("https://code.corp.test/x", "git", X, "")
    assert told[0] == f"GET https://{X}?go-get=1: 200 Whatever"
    assert told[1] == "git ls-remote -q --end-of-options https://code.corp.test/x: ok"
    assert [f"{step.what}: {step.outcome}" for step in answer.requests] == told
    assert not list(temporary.iterdir())


def test_the_module_browser_asks_a_private_module_of_its_repository_and_of_nobody_else(
    tmp_path: Path, temporary: Path
) -> None:
    origin = Origin(tmp_path / "origin")
    origin.add("code.corp.test", "x", (Commit({"go.mod": f"module {X}\n"}, ("v1.0.0", "v1.1.0-pre")),))
    origin.pages[X] = Page(TAG)
    events: list[object] = []
    with serving(origin) as network:
        variables = {
            "HOME": str(tmp_path), "PATH": os.environ["PATH"], "GOENV": "off", **network,
            "GOPROXY": "https://proxy.corp.test,direct", "GOPRIVATE": "*.corp.test",
        }  # fmt: skip
        environment = read_environment(process=variables, cwd=str(tmp_path))
        asyncio.run(browse(environment, X, events.append, ask_all=True, run=True))
    started = next(event for event in events if isinstance(event, BrowseStarted))
    column = next(column.id for column in started.columns if column.kind is ColumnKind.DIRECT)
    answer = next(e for e in events if isinstance(e, ColumnAnswered) and e.column == column)
    assert (answer.versions, answer.latest, answer.error) == (("v1.0.0", "v1.1.0-pre"), "v1.0.0", None)
    assert set(origin.log) == {f"https {X}"}
    assert not list(temporary.iterdir())


def test_in_a_world_of_the_demo_nobody_outside_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "HTTPClient", None)
    monkeypatch.setattr(programs, "_run", None)
    stage = DemoWorld(WORLDS[0], {})
    try:
        for path in ("demo.example/hello", "github.com/u/r"):
            answer = asyncio.run(direct_versions(stage.read().environment, path, run=True))
            assert (answer.error, answer.requests) == (None, ())
            assert answer.unknown is not None
            assert answer.unknown.startswith("this world is made up")
    finally:
        stage.close()


# -- hosts ---------------------------------------------------------------------------------------------


def test_a_head_without_end_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin_pages, "MOST_OF_A_PAGE", 1 << 17)
    origin = Origin(tmp_path)
    origin.pages[X] = Page("<a>" * (1 << 17))
    with serving(origin) as network:
        answer = ask({"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GOENV": "off", **network}, X)
    assert answer.error is None
    assert answer.unknown is not None
    assert "go would read on" in answer.unknown


def test_a_netrc_password_goes_to_its_host_only_and_is_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine git.corp.test login me password hunter2\n")
    origin = Origin(tmp_path / "origin")
    origin.pages[X] = Page("no", 403, {"Content-Type": "text/plain"})
    with serving(origin) as network:
        answer = ask({"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GOENV": "off", **network}, X)
    assert answer.error is not None
    assert "server response: no" in answer.error
    assert origin.credentials == [f"https {X} Basic bWU6aHVudGVyMg=="] * 2  # a 4xx is asked once more
    assert "hunter2" not in repr(answer)
    assert "bWU6aHVudGVyMg" not in repr(answer)


def test_tags_are_found_in_pieces() -> None:
    page = f"<!DOCTYPE html><html><head><title>a &amp; b</title>{TAG}</head><body>".encode()
    whole = parse_go_imports(page)
    assert whole == (GoImport(X, "git", "https://code.corp.test/x"),)
    for cut in range(len(page)):
        try:
            found = parse_go_imports(page[:cut], complete=False)
        except NeedsMore:
            continue
        assert found == whole
        assert b"</head>" in page[:cut]


def test_what_breaks_a_page_off_is_told_unless_a_tag_came_before() -> None:
    broken = GoError("unexpected EOF")
    assert parse_go_imports(TAG.encode(), broken=broken)
    with pytest.raises(GoError, match=r"^unexpected EOF$"):
        parse_go_imports(b"<p>", broken=broken)


@pytest.mark.parametrize("seed", range(20))
def test_no_page_breaks_the_reader(seed: int) -> None:
    choose = random.Random(seed)
    parts = ["<", ">", "/", "!", "--", "[CDATA[", "]]>", "?", "meta", "name=", "go-import", '"', "'", "&", "#", ";",
             "x41", "\r", "\n", "\xff", "é", "=", " ", "head", "body", ":", TAG]  # fmt: skip
    for _ in range(300):
        text = "".join(choose.choice(parts) for _ in range(choose.randint(0, 30))).encode("utf-8")
        page = text.replace("\xff".encode(), b"\xff")
        for complete in (True, False):
            with suppress(GoError, NeedsMore):
                assert all(entry.prefix == X for entry in parse_go_imports(page, complete=complete))


def test_a_module_proxy_wins_over_a_repository() -> None:
    both = [GoImport(X, "mod", "https://a"), GoImport("git.corp.test", "git", "https://b")]
    assert match_go_import(both, X).vcs == "mod"
    with pytest.raises(GoError, match="multiple meta tags"):
        match_go_import([both[1], both[1]], X)


# -- the table -----------------------------------------------------------------------------------------

_AS_GO_WRITES_IT = re.compile(
    r"(?P<root>(?P<repo>([a-z0-9.\-]+\.)+[a-z0-9.\-]+(:[0-9]+)?(/~?[\w.\-]+)+?)\.(?P<vcs>fossil|git|hg|svn))"
    r"(/~?[\w.\-]+)*\Z",
    re.ASCII,
)


def test_endings_that_name_a_system_are_found_as_by_the_expression_of_go() -> None:
    choose = random.Random(7)
    parts = ["a", ".", "b.c", "/", ".git", "/x", ".hg", "~", "A", ":80", "-", "!"]
    found = 0
    for _ in range(20_000):
        path = "".join(choose.choice(parts) for _ in range(choose.randint(1, 9)))
        matched, place = _AS_GO_WRITES_IT.search(path), known_place(path)
        found += matched is not None
        assert (place and (place.root, place.repository, place.vcs.command)) == (
            matched and (matched["root"], matched["repo"], matched["vcs"])
        )
    assert found > 50


def test_a_hostile_path_is_judged_before_the_test_times_out() -> None:
    assert known_place("a.b/" + "x.git/" * 4000 + "!") is None
    assert known_place("a." * 20_000 + "/x") is None


def test_schemes_follow_goinsecure_and_git_allow_protocol() -> None:
    assert list(schemes_to_try(GIT, insecure=False)) == ["https", "git+ssh", "ssh"]
    assert list(schemes_to_try(GIT, insecure=True)) == ["git", "https", "http", "git+ssh", "ssh"]
    assert list(schemes_to_try(GIT, insecure=False, git_allow_protocol="http:ssh")) == ["http", "ssh"]


def test_the_first_rule_of_govcs_decides() -> None:
    check_govcs("", "", "git", "a.test/x")
    check_govcs("", "a.test", "svn", "a.test/x")
    check_govcs("a.test:git,*:off", "", "git", "a.test/x")
    for govcs, private, command, word in (
        ("", "", "svn", "public"),
        ("*:off", "", "git", "public"),
        ("a.test:hg|off,*:all", "a.test", "git", "private"),
    ):
        with pytest.raises(GoError, match=f"^GOVCS disallows using {command} for {word} a.test/x; see 'go help vcs'$"):
            check_govcs(govcs, private, command, "a.test/x")


# -- tags and versions ---------------------------------------------------------------------------------


class FakeHost:
    """A repository that is a table: tags by name, and the files at them."""

    def __init__(self, tags: Mapping[str, tuple[str, ...]]) -> None:
        self._tags = tags

    async def tags(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(tag for tag in self._tags if tag.startswith(prefix)))

    async def stat(self, revision: str) -> Revision:
        if revision not in self._tags:
            raise UnknownRevision(revision)
        return Revision("f" * 40, "f" * 12, revision, datetime(2024, 1, 1, tzinfo=UTC), (revision,))

    async def latest(self) -> Revision:
        return await self.stat("HEAD")

    async def read_file(self, revision: str, file: str) -> bytes | None:
        return f"module {X}\n".encode() if file in self._tags[revision] else None

    async def recent_tag(self, revision: str, prefix: str, allowed: object) -> str:
        return ""

    async def descends_from(self, revision: str, tag: str) -> bool:
        return False


def versions(tags: Mapping[str, tuple[str, ...]], path: str = X) -> list[str]:
    return asyncio.run(CodeRepo(FakeHost(tags), place_module(path, X)).versions(""))


def test_incompatible_versions_need_an_author_without_modules() -> None:
    assert versions({"v1.0.0": (), "v2.0.0": ()}) == ["v1.0.0", "v2.0.0+incompatible"]
    assert versions({"v1.0.0": ("go.mod",), "v2.0.0": ()}) == ["v1.0.0"]
    assert versions({"v2.0.0": (), "v2.1.0": ("go.mod",), "v3.0.0": ()}) == ["v3.0.0+incompatible"]
    assert versions({"v2.0.0": (), "v1.0.0": ()}, f"{X}/v2") == ["v2.0.0"]
    assert versions({"sub/v0.1.0": (), "v1.0.0": (), "sub/v2.0.0": ()}, f"{X}/sub") == ["v0.1.0"]


class Repository(FakeHost):
    """The same with the text of each file."""

    def __init__(self, files: Mapping[str, Mapping[str, str]], tip: tuple[str, ...] = ()) -> None:
        super().__init__({tag: tuple(texts) for tag, texts in files.items()})
        self._files, self._tip = files, tip

    async def latest(self) -> Revision:
        return Revision("f" * 40, "f" * 12, "f" * 40, datetime(2024, 1, 1, tzinfo=UTC), self._tip)

    async def read_file(self, revision: str, file: str) -> bytes | None:
        text = self._files.get(revision, {}).get(file)
        return None if text is None else text.encode()


async def test_a_major_version_has_one_go_mod_only() -> None:
    declared = f"module {X}/v2\n"
    for files, words in (
        ({"go.mod": declared, "v2/go.mod": declared}, "both have .../v2 module paths at revision v2.0.0"),
        ({"v2/go.mod": "go 1.20\n"}, "is missing module path at revision v2.0.0"),
        ({}, r"missing .*/go.mod and .../v2/go.mod at revision v2.0.0"),
    ):
        with pytest.raises(GoError, match=words):
            await CodeRepo(Repository({"v2.0.0": files}), place_module(f"{X}/v2", X)).go_mod("v2.0.0")
    for files in ({"go.mod": declared}, {"v2/go.mod": declared}):
        repo = CodeRepo(Repository({"v2.0.0": files}), place_module(f"{X}/v2", X))
        assert await repo.go_mod("v2.0.0") == declared.encode()


async def test_a_pseudo_version_has_to_say_what_is_true_of_its_commit() -> None:
    commit = "f" * 12
    repo = CodeRepo(Repository({commit: {"go.mod": f"module {X}\n"}}), place_module(X, X))
    assert await repo.go_mod(f"v0.0.0-20240101000000-{commit}") == f"module {X}\n".encode()
    with pytest.raises(GoError, match="does not match version-control timestamp"):
        await repo.go_mod(f"v0.0.0-20240101000001-{commit}")


async def test_what_is_retracted_is_not_told_by_a_version_without_modules() -> None:
    """Of v2.0.0+incompatible go makes a go.mod up, which would retract nothing (retractedVersions)."""
    files = {
        "v1.0.0": {"go.mod": f"module {X}\n\nretract v1.0.0\n"}, "v1.1.0-pre": {}, "v2.0.0": {},
    }  # fmt: skip
    repo = CodeRepo(Repository(files, tip=("v1.0.0",)), place_module(X, X))
    assert await repo.versions("") == ["v1.0.0", "v1.1.0-pre", "v2.0.0+incompatible"]
    assert (await repo.latest()).version == f"v0.0.0-20240101000000-{'f' * 12}"


def test_numbers_of_any_length_are_counted() -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    nines = "9" * 5000
    assert pseudo_version("", f"v1.0.{nines}", moment, "abc") == f"v1.0.1{'0' * 5000}-0.20240102030405-abc"
    assert pseudo_version("v2", "", moment, "abc") == "v2.0.0-20240102030405-abc"
    assert pseudo_version("", "v1.2.3-rc.1+meta", moment, "abc") == "v1.2.3-rc.1.0.20240102030405-abc+meta"
    assert pseudo_version("", "v1.2.19+meta", moment, "abc") == "v1.2.20-0.20240102030405-abc+meta"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("module a.b/c\n", "a.b/c"), ("// x\n\n module\ta.b/c // y\n", "a.b/c"), ('module "a.b/c"\n', "a.b/c"),
        ("module `a.b/c`\n", "a.b/c"), ("module `a\n`\n", ""), ("modulea.b/c\nmodule\n", ""), ('module "a', ""),
        ("module (\n a.b/c\n)\n", "("), ("go 1.20", ""),
    ],
)  # fmt: skip
def test_the_path_that_a_go_mod_declares(text: str, path: str) -> None:
    assert module_path(text.encode()) == path


def test_a_run_that_takes_too_long_says_so(tmp_path: Path) -> None:
    started = programs.Programs({"PATH": os.environ["PATH"]}, seconds=0.05, allowed=True)
    assert shutil.which("sleep")
    with pytest.raises(Stalled):
        asyncio.run(started.run("sleep", ["1000"], tmp_path, "nowhere"))
