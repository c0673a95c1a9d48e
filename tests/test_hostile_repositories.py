"""Repositories and servers that mean harm: what go makes of them, and that nothing hangs, leaks or runs."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from probes.golang.errors import GoError
from probes.net.limits import Limits
from probes.sources import programs
from probes.sources.direct import DirectAnswer, direct_versions
from probes.sources.environment_reader import read_environment
from probes.sources.svn import SubversionHost
from probes.sources.vcs_repo import opened
from tests.against_go.downloading import _go, go_downloads, our_downloads
from tests.against_go.golang import go_binary
from tests.hostile_git import HostileGit, advertisement, packet
from tests.origins import Commit, Origin, Page, meta, run_git, serving

X = "x.corp.test/x"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files: what is left in it is left behind."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    go_binary()  # which would leave settings in it
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def _environment(home: Path, network: Mapping[str, str], **more: str) -> dict[str, str]:
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], "GOPROXY": "direct", "GOSUMDB": "off", "GOENV": "off",
        "GOROOT": str(go_binary().parent.parent), "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
        "GOMODCACHE": str(home / "cache"), "GIT_CONFIG_NOSYSTEM": "1", **network, **more,
    }  # fmt: skip


def _ask(variables: Mapping[str, str], path: str, run_s: float = 60.0) -> DirectAnswer:
    environment = read_environment(process=dict(variables))
    limits = Limits(answer_s=30, stall_s=30, run_s=run_s)
    return asyncio.run(direct_versions(environment, path, limits, run=True))


def _children() -> set[int]:
    """The processes that this one has started; zombies do not count."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z" and int(parent) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def _wait_for_the_end_of_all_but(before: set[int]) -> None:
    deadline = time.monotonic() + 20
    while _children() - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- what a server says ------------------------------------------------------------------------------------

STRANGE = [
    b"HEAD", b"refs/heads/main", b"refs/tags/v1.0.0", b"refs/tags/v1.0.0-\x1b[31mred", b"refs/tags/v1.0.1\x07",
    b"refs/tags/v1.1.0-[bold]x", b"refs/tags/v1.2.0^{}", b"refs/tags/--upload-pack=touch",
    b"refs/tags/../../v1.4.0", b"refs/tags/v1.5.0-\xe2\x80\xaex", b"refs/tags/v1.6.0-\xff", b"refs/tags/v1.7.0+meta",
    b"refs/tags/v1.8.0 v1.8.1", b"refs/tags/v1.9.0\rx", b"refs/tags/v01.1.0", b"refs/tags/v1.10.0-rc.1",
    b"refs/tags/", b"refs/tags/^{}", b"refs/tags/v1.14.0-${IFS}x", b"refs/heads/v1.11.0", b"refs/x/v1.12.0", b"refs/tags/v1.13.0-" + b"x" * 5000,
]  # fmt: skip
"""Refs that no honest server has. None ends with ^{} twice: of such a one go makes now this, now that, as the
order of its map (gitrepo.go loadRefs) has it."""


def test_what_strange_refs_are_is_what_go_makes_of_them(tmp_path: Path, temporary: Path) -> None:
    """Names with control characters and markup, options, ``^{}`` tricks; and servers that break off."""
    origin = Origin(tmp_path / "origin")
    strange = advertisement(STRANGE)
    refs = {
        "strange": strange, "torn": strange[:-3], "short": strange[:200], "lying": b"0001" + strange, "none": b"",
        "error": packet(b"ERR access denied or \x1b]0;owned\x07 not exported"), "zero": b"0000",
        "major": advertisement([*STRANGE, b"refs/tags/v9999999999999999999.0.0"]),
        "hashes": advertisement([b"HEAD"]).replace(b"1" * 40, b"z" * 40),
    }  # fmt: skip
    with HostileGit(refs) as server, serving(origin) as network:
        variables = _environment(tmp_path, network)
        paths = [f"{name}.corp.test/x" for name in refs]
        for name, path in zip(refs, paths, strict=True):
            origin.pages[path] = Page(meta(path, "git", f"git://127.0.0.1:{server.port}/{name}"))
        targets = [*paths, *(f"{path}@v1.0.0" for path in paths)]
        listed = _go(variables, tmp_path, "list", "-m", "-e", "-versions", "-retracted", "-json", *targets)
        versions = {str(one["Path"]): one.get("Versions") or [] for one in listed[: len(paths)]}
        ours = {path: _ask(variables, path) for path in paths}
        assert {path: list(answer.versions) for path, answer in ours.items()} == versions
        assert len(versions[paths[0]]) > 2
        assert "\x1b" not in repr(ours)
        for answer in ours.values():
            for text in (answer.error, answer.latest_error, answer.unknown):
                assert not set(text or "") & set("\x1b\x07\r\u202e")
        asked = [f"{path}@v1.0.0" for path in paths]
        cold = {**variables, "GOMODCACHE": str(tmp_path / "cold")}
        assert asyncio.run(our_downloads(cold, asked)) == go_downloads(cold, tmp_path, asked)
    assert not (tmp_path / "touch").exists()
    assert not list(temporary.iterdir())


def test_a_server_that_never_ends_is_left_with_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    """Endless refs, and silence after them: git is killed with all its children, and nothing is claimed."""
    origin = Origin(tmp_path / "origin")
    refs = advertisement([b"HEAD", b"refs/heads/main", b"refs/tags/v1.0.0"])
    with HostileGit({"silent": refs}) as server, serving(origin) as network:
        for name in ("endless", "silent"):
            origin.pages[X] = Page(meta(X, "git", f"git://127.0.0.1:{server.port}/{name}"))
            before = _children()
            answer = _ask(_environment(tmp_path, network), X, run_s=1.0)
            assert answer.error is None
            assert answer.unknown == "git was not done after 1 s; go would wait for ever"
            assert answer.versions == (() if name == "endless" else ("v1.0.0",))
            _wait_for_the_end_of_all_but(before)
    assert not list(temporary.iterdir())


def test_chatter_beside_the_data_is_capped(tmp_path: Path, temporary: Path) -> None:
    line = b"\x02" + b"\x1b[2Jno end of it\r\n" * 3000
    chatter = packet(b"NAK\n") + packet(line) * 400 + packet(b"\x03no\n")
    refs = advertisement([b"HEAD", b"refs/heads/main", b"refs/tags/v1.0.0"])
    origin = Origin(tmp_path / "origin")
    with HostileGit({"loud": refs}, {"loud": chatter}) as server, serving(origin) as network:
        origin.pages[X] = Page(meta(X, "git", f"git://127.0.0.1:{server.port}/loud"))
        answer = _ask(_environment(tmp_path, network), X)
    assert len(chatter) > 20_000_000
    assert answer.versions == ("v1.0.0",)
    assert answer.latest_error is not None
    assert len(repr(answer)) < 600_000
    assert "\x1b" not in repr(answer)
    assert not list(temporary.iterdir())


# -- what a repository holds -------------------------------------------------------------------------------


def _crafted(place: Path, name: str, mode: str = "100644") -> None:
    """A commit with the tag v1.0.0 and a file of a name that git itself would not make."""
    blob = run_git("hash-object", "-w", "--stdin", folder=place, data=b"package x\n").strip()
    go_mod = run_git("hash-object", "-w", "--stdin", folder=place, data=f"module {place.name}.corp.test/x\n".encode()).strip()
    raw = b"".join(
        f"{kind} {file}\0".encode() + bytes.fromhex(what)
        for kind, file, what in sorted([("100644", "go.mod", go_mod), (mode, name, blob)], key=lambda one: one[1])
    )
    tree = run_git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", folder=place, data=raw).strip()
    who = "T <t@corp.test> 1700000000 +0000"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nc\n".encode()
    commit = run_git("hash-object", "-t", "commit", "-w", "--stdin", folder=place, data=text).strip()
    for ref in ("refs/heads/main", "refs/tags/v1.0.0"):
        run_git("update-ref", ref, commit, folder=place)


def _tag_often(place: Path, count: int) -> None:
    """So many tags at the first commit of a repository, but for the first and the last, which are at the second."""
    old, new = run_git("rev-list", "--reverse", "HEAD", folder=place).split()
    tags = {f"v1.{n // 250}.{n % 250}": new if n in (0, count - 1) else old for n in range(count)}
    lines = "".join(f"{tags[tag]} refs/tags/{tag}\n" for tag in sorted(tags))
    (place / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + lines)


def _module(name: str) -> dict[str, str]:
    return {"go.mod": f"module {name}.corp.test/x\n", "x.go": "package x\n"}


def test_what_a_repository_holds_runs_nothing_and_leaves_no_folder(tmp_path: Path, temporary: Path) -> None:
    """Names that lead elsewhere, links, submodules, filters; empty, headless, SHA-256 and 50,000 tags."""
    origin = Origin(tmp_path / "origin")
    pwned = tmp_path / "pwned"
    worlds: dict[str, tuple[Commit, ...]] = {
        "links": (Commit(_module("links"), ("v1.0.0",), links={"l": "/etc/passwd", "d": "../..", "LICENSE": "/etc/hostname"}),),
        "modules": (Commit({**_module("modules"), ".gitmodules": f'[submodule "s"]\n\tpath = s\n\turl = file://{tmp_path}\n\tupdate = !touch {pwned}\n'}, ("v1.0.0",), submodules=("s",)),),
        "attributes": (Commit({**_module("attributes"), ".gitattributes": "* filter=evil diff=evil text eol=crlf ident\nx.go export-ignore\n", "i.txt": "$Id$ $Format:%H$\n"}, ("v1.0.0",)),),
        "empty": (), "nohead": (Commit(_module("nohead"), ("v1.0.0",)),), "many": (Commit({}), Commit(_module("many"))),
        "moved": (Commit(_module("moved"), ("v1.0.0",)), Commit({**_module("moved"), "y.go": "package x\n"})),
    }  # fmt: skip
    for name, commits in worlds.items():
        origin.add("repos.corp.test", name, commits)
    places = origin.folder / "repos.corp.test"
    for name, file in (("dots", ".."), ("dotgit", ".git"), ("slash", "a/../../b"), ("option", "--upload-pack=x"), ("device", "con.go")):
        run_git("init", "--bare", "-q", "-b", "main", str(places / name))
        _crafted(places / name, file)
        worlds[name] = ()
    (places / "nohead/HEAD").write_text("ref: refs/heads/nowhere\n")
    _tag_often(places / "many", 50_000)
    run_git("init", "--bare", "-q", "-b", "main", "--object-format=sha256", str(places / "sha256"))
    worlds["sha256"] = ()
    for path in [*worlds, "ext", "file", "dash"]:
        origin.pages[f"{path}.corp.test/x"] = Page(meta(f"{path}.corp.test/x", "git", f"https://repos.corp.test/{path}"))
    for name, url in (("ext", f"ext::touch%20{pwned}://x"), ("file", f"file://{places}/links"), ("dash", f"ssh://-oProxyCommand=touch%20{pwned}/x")):
        origin.pages[f"{name}.corp.test/x"] = Page(meta(f"{name}.corp.test/x", "git", url))
    targets = [f"{name}.corp.test/x@v1.0.0" for name in [*worlds, "ext", "file", "dash"]]
    targets += [f"{name}.corp.test/x@latest" for name in ("empty", "nohead", "sha256", "many")]
    with serving(origin) as network:
        variables = _environment(tmp_path, network)
        theirs = dict(zip(targets, go_downloads(variables, tmp_path, targets), strict=True))
        assert dict(zip(targets, asyncio.run(our_downloads(variables, targets)), strict=True)) == theirs
        assert theirs["many.corp.test/x@latest"].version == "v1.199.249"
        first = theirs["moved.corp.test/x@v1.0.0"]
        run_git("tag", "-f", "v1.0.0", "main", folder=places / "moved")
        [moved] = asyncio.run(our_downloads(variables, ["moved.corp.test/x@v1.0.0"]))
        cold = {**variables, "GOMODCACHE": str(tmp_path / "cold")}
        assert [moved] == go_downloads(cold, tmp_path, ["moved.corp.test/x@v1.0.0"])
        assert moved.sum != first.sum
    assert not pwned.exists()
    assert not list(temporary.iterdir())


def test_settings_of_the_user_count_and_those_of_a_repository_do_not(tmp_path: Path, temporary: Path) -> None:
    """A filter that the user has set up runs, as it does for go; hooks and fsmonitor have no place in this."""
    origin = Origin(tmp_path / "origin")
    files = {**_module("filtered"), ".gitattributes": "x.go filter=shout\n"}
    origin.add("repos.corp.test", "filtered", (Commit(files, ("v1.0.0",)),))
    path = "filtered.corp.test/x"
    origin.pages[path] = Page(meta(path, "git", "https://repos.corp.test/filtered"))
    ran = tmp_path / "ran"
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    for hook in ("post-checkout", "post-update", "pre-receive"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / hook).chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f'[filter "shout"]\n\tsmudge = "cat; echo // shouted"\n[core]\n\tfsmonitor = touch {ran}\n'
        f"[init]\n\ttemplateDir = {tmp_path}/template\n"
    )
    with serving(origin) as network:
        variables = _environment(tmp_path, network)
        theirs = go_downloads(variables, tmp_path, [f"{path}@v1.0.0"])
        assert asyncio.run(our_downloads(variables, [f"{path}@v1.0.0"])) == theirs
        (tmp_path / ".gitconfig").unlink()
        [plain] = asyncio.run(our_downloads(variables, [f"{path}@v1.0.0"]))
    assert plain.sum != theirs[0].sum
    assert not ran.exists()
    assert not list(temporary.iterdir())


# -- programs that are not what they should be ---------------------------------------------------------------


def test_other_gits_and_none_are_told_of_as_go_does(tmp_path: Path, temporary: Path) -> None:
    origin = Origin(tmp_path / "origin")
    origin.add("repos.corp.test", "x", (Commit(_module("x"), ("v1.0.0",)),))
    origin.pages[X] = Page(meta(X, "git", "https://repos.corp.test/x"))
    real = shutil.which("git")
    tools = tmp_path / "tools"
    tools.mkdir()
    with serving(origin) as network:
        for version in ("git version 1.7.0", "git version 2.28.1.windows.1", "gibberish \x1b[31m", "exit 3", ""):
            script = version if version.startswith("exit") else f"printf '%s\\n' '{version}'"
            (tools / "git").write_text(f'#!/bin/sh\ntest "$1" = version && {{ {script}; exit; }}\nexec {real} "$@"\n')
            (tools / "git").chmod(0o755)
            variables = _environment(tmp_path, network, PATH=f"{tools}:{os.environ['PATH']}")
            _same(variables, tmp_path)
        for path in ("/nonexistent", "relative:/nonexistent", f"relative:{os.environ['PATH']}"):
            (tmp_path / "relative").mkdir(exist_ok=True)
            shutil.copy(tools / "git", tmp_path / "relative/git")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(tmp_path)
                _same(_environment(tmp_path, network, PATH=path), tmp_path)
    assert not list(temporary.iterdir())


def _same(variables: dict[str, str], folder: Path) -> None:
    cold = {**variables, "GOMODCACHE": str(folder / "cold")}
    theirs = go_downloads(cold, folder, [f"{X}@v1.0.0"])
    assert asyncio.run(our_downloads(cold, [f"{X}@v1.0.0"])) == theirs
    shutil.rmtree(folder / "cold", ignore_errors=True)


@pytest.mark.parametrize("program", ["git", "hg", "svn", "fossil"])
def test_cancelled_in_the_middle_nothing_stays(program: str, tmp_path: Path, temporary: Path) -> None:
    """Children that do not want to end are ended, and no folder is left."""
    origin = Origin(tmp_path / "origin")
    origin.pages[X] = Page(meta(X, program, "https://repos.corp.test/x"))
    tools, begun = tmp_path / "tools", tmp_path / "begun"
    tools.mkdir()
    (tools / program).write_text(f"#!/bin/sh\ntrap '' TERM\nsleep 1000 &\necho $$ $! > {begun}.new; mv {begun}.new {begun}\nwait; sleep 1000\n")
    (tools / program).chmod(0o755)

    async def run(variables: Mapping[str, str]) -> None:
        task = asyncio.create_task(direct_versions(read_environment(process=dict(variables)), X, run=True))
        while not begun.exists():
            assert not task.done()
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving(origin) as network:
        asyncio.run(run(_environment(tmp_path, network, PATH=f"{tools}:/usr/bin:/bin", GOVCS="*:all")))
    assert all(_is_gone(int(pid)) for pid in begun.read_text().split())
    assert not list(temporary.iterdir())


def _is_gone(pid: int) -> bool:
    """Whether a process has ended, and does so within a while."""
    stat, deadline = Path(f"/proc/{pid}/stat"), time.monotonic() + 20
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


_FAKE_SVN = """#!/bin/sh
case "$1" in
  log) echo '<log><logentry revision="7"><date>2023-11-14T22:13:20.5Z</date></logentry></log>' ;;
  list) cat {listed} ;;
  export) for last; do :; done; mkdir "$last"; ln -s /etc/hostname "$last/link"; printf 123 > "$last/x.go" ;;
esac
"""


def test_a_subversion_that_names_files_elsewhere_gets_none(tmp_path: Path, temporary: Path) -> None:
    """go would read them. A document that grows without end is no answer either."""
    tools, listed = tmp_path / "tools", tmp_path / "listed"
    tools.mkdir()
    (tools / "svn").write_text(_FAKE_SVN.format(listed=listed))
    (tools / "svn").chmod(0o755)
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 50 if n else "ha"}">' for n in range(12))
    file = '<lists><entry kind="file"><name>{}</name><size>{}</size></entry></lists>'.format
    for text, kind, words in (
        (file("../../../../../etc/passwd", 1), programs.NotRun, "outside of the repository"),
        (file("/etc/passwd", 1), programs.NotRun, "outside of the repository"),
        (file("link", 1), programs.NotRun, "outside of the repository"),
        (file("x.go", 4), GoError, "file size differs between 'svn list' and 'svn export': file x.go listed as 4 bytes"),
        (file("y.go", 4), GoError, "file reported by 'svn list', but not written by 'svn export': y.go"),
        (file("x.go", "many"), GoError, "unexpected response from svn list --xml: strconv.ParseInt"),
        (f"<!DOCTYPE x [{entities}]><lists>&a11;</lists>", GoError, "unexpected response from svn list --xml"),
        ("", GoError, "unexpected response from svn list --xml: EOF"),
    ):
        listed.write_text(text)
        with pytest.raises(kind, match=re.escape(words)):
            asyncio.run(_archive({"PATH": f"{tools}:/usr/bin:/bin"}))
    listed.write_text(file("x.go", 3))
    assert asyncio.run(_archive({"PATH": f"{tools}:/usr/bin:/bin"})) == ["x/x.go"]
    assert not list(temporary.iterdir())


async def _archive(process: Mapping[str, str]) -> list[str]:
    """The names in the archive of a Subversion repository."""
    async with opened(SubversionHost, programs.Programs(process, allowed=True), "svn://h.test/x", "/cache") as host:
        sink = io.BytesIO()
        await host.read_zip("7", "", sink)
        return zipfile.ZipFile(sink).namelist()
