"""Repositories of Mercurial, Subversion and Fossil, made and served on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.inetd import InetdServer

_HG = """
import json, os, sys
from mercurial import dispatch, encoding
for folder, *argv in json.load(sys.stdin):
    os.chdir(folder)
    if argv[0] == "write":
        os.makedirs(os.path.dirname(argv[1]) or ".", exist_ok=True)
        with open(argv[1], "w") as file:
            file.write(argv[2])
        continue
    request = dispatch.request([word.encode() for word in argv])
    status = dispatch.dispatch(request)
    assert not status, (status, argv)
"""
"""Several commands of Mercurial in one process, for each costs a fifth of a second to start."""


def clean_environment(home: Path) -> dict[str, str]:
    """Without settings of the user's."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "USER": "tester", "HGRCPATH": "", "LC_ALL": "C.UTF-8"}


def _run(*command: str, home: Path, folder: Path | None = None, data: str = "") -> str:
    done = subprocess.run(
        command, env=clean_environment(home), cwd=folder, input=data, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _python_of_hg(home: Path) -> str:
    """The interpreter that has Mercurial, as the first line of its program tells."""
    file = next(Path(folder) / "hg" for folder in os.environ["PATH"].split(":") if (Path(folder) / "hg").exists())
    return file.read_text().split("\n")[0].removeprefix("#!").strip()


# -- Mercurial ---------------------------------------------------------------------------------------------


def build_hg(folder: Path, home: Path, commands: list[list[str]]) -> None:
    """A repository at a folder: ["write", FILE, TEXT], or a command and its arguments."""
    folder.mkdir(parents=True)
    steps = [[str(folder), *command] for command in [["init"], *commands]]
    _run(*_python_of_hg(home).split(), "-c", _HG, home=home, data=json.dumps(steps))


def hg_commit(text: str, day: int, *more: str) -> list[str]:
    """One commit of all that there is."""
    return ["commit", "-A", "-q", "-u", "t", "-m", text, "-d", f"{1_700_000_000 + day * 86_400} 0", *more]


def hg_tag(name: str, day: int, *more: str) -> list[str]:
    """Tags are commits of their own."""
    return ["tag", "-u", "t", "-d", f"{1_700_000_000 + day * 86_400} 0", *more, name]


@contextmanager
def serving_hg(folder: Path, home: Path) -> Iterator[str]:
    """Serve all repositories in a folder; the URL of that."""
    settings = home / "hgweb.conf"
    settings.write_text(f"[paths]\n/ = {folder}/*\n[web]\nallow_archive = zip\n")
    process = subprocess.Popen(
        ["hg", "serve", "-p", "0", "-a", "127.0.0.1", "--print-url", "--web-conf", str(settings)],
        env=clean_environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip().rstrip("/").rpartition(":")[2]
        assert port.isdecimal()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


# -- Subversion --------------------------------------------------------------------------------------------


def build_svn(folder: Path, home: Path, commits: list[list[str]], day: int = 1) -> None:
    """A repository; each commit is arguments of svnmucc, a file's content as @TEXT."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run("svnadmin", "create", str(folder), home=home)
    for number, commit in enumerate(commits, 1):
        words = []
        for index, word in enumerate(commit):
            if word.startswith("@"):
                (home / f"put{index}").write_text(word[1:])
                word = str(home / f"put{index}")
            words.append(word)
        _run("svnmucc", "-m", "c", "-u", "t", "-U", f"file://{folder}", *words, home=home)
        (home / "date").write_text(f"2023-11-{14 + day * number:02d}T22:13:20.{number}25000Z")
        _run("svnadmin", "setrevprop", str(folder), "-r", str(number), "svn:date", str(home / "date"), home=home)


@contextmanager
def serving_svn(folder: Path, home: Path) -> Iterator[str]:
    """Serve all repositories in a folder; the URL of that."""
    with InetdServer("svnserve", "-i", "-r", str(folder), environment=clean_environment(home)) as server:
        yield f"svn://127.0.0.1:{server.port}"


# -- Fossil ------------------------------------------------------------------------------------------------


def build_fossil(file: Path, home: Path, commits: list[Mapping[str, str]], *, sha1: bool = True) -> None:
    """A repository with these files in each commit; the names of its commits are of ``sha1`` or of SHA-3."""
    file.parent.mkdir(parents=True, exist_ok=True)
    when = ["--date-override", "2023-11-14T22:13:20Z"]
    _run("fossil", "new", "--sha1", *when, "-A", "tester", str(file), home=home)
    _run("fossil", "settings", "backoffice-disable", "1", "-R", str(file), home=home)  # it outlives the server
    if not sha1:
        _run("fossil", "hash-policy", "sha3", "-R", str(file), home=home)
    work = home / f"work-{file.stem}"
    work.mkdir()
    _run("fossil", "open", str(file), home=home, folder=work)
    for number, files in enumerate(commits, 1):
        for name, text in files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        _run("fossil", "addremove", home=home, folder=work)
        _run(
            "fossil", "commit", "-m", "c", "--no-warnings", "--tag", f"v1.{number}.0", "--date-override",
            f"2023-11-{14 + number}T22:13:20Z", home=home, folder=work,
        )  # fmt: skip
    _run("fossil", "close", home=home, folder=work)


@contextmanager
def serving_fossil(folder: Path, home: Path) -> Iterator[str]:
    """Serve all repositories in a folder; the URL of that."""
    command = ("fossil", "http", str(folder), "--nojail")
    with InetdServer(*command, environment=clean_environment(home)) as server:
        yield f"http://127.0.0.1:{server.port}"
