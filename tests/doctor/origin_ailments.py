"""Worlds in which the way without a proxy breaks: real git, real repositories, any host name, on loopback."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from tests.doctor.practice import Ailment
from tests.origins import HOSTS, Commit, Origin, Page, meta, serving
from tests.ssh_server import serving_ssh

HOST = "git.corp.test"
PATH = f"{HOST}/team/x"
MEMBER = "Basic " + base64.b64encode(b"alice:s3cret").decode()
LOG_IN = {"USER": "alice", "TOKEN": "s3cret"}
LOGIN_PAGE = Page("<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>")
INSTALL_GIT = "sudo apt-get install -y git || sudo dnf install -y git || sudo apk add git"
ORIGIN_AILMENTS: dict[str, Callable[[], AbstractContextManager[Ailment]]] = {}


def ailment(make: Callable[[], Iterator[Ailment]]) -> Callable[[], Iterator[Ailment]]:
    """Enter a world into the table, under its name."""
    ORIGIN_AILMENTS[make.__name__.replace("_", " ")] = contextmanager(make)
    return make


@contextmanager
def corporate(repository: str = f"https://{PATH}") -> Iterator[tuple[Origin, dict[str, str]]]:
    """A host with one repository and its page; the variables that lead there."""
    with ExitStack() as stack:
        origin = Origin(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        files = {"go.mod": f"module {PATH}\n", "x.go": "package x\n"}
        origin.add(HOST, "team/x", (Commit(files, tags=("v1.0.0",)),))
        origin.pages[PATH] = Page(meta(PATH, "git", repository))
        yield origin, stack.enter_context(serving(origin, names=(*HOSTS, "proxy.golang.org")))


def ailing(rule: str, process: dict[str, str], rung: str | None, **more: object) -> Ailment:
    """An ailment of that module."""
    goproxy = str(more.pop("goproxy", "direct"))
    fields = {"target": f"{PATH}@v1.0.0", "options": ("--run",), **more}
    return Ailment(rule, goproxy, rung, process, **fields)  # type: ignore[arg-type]


@ailment
def not_at_the_public_proxy_and_terminal_prompts_disabled() -> Iterator[Ailment]:
    """W4 of the field notes: 404, then direct."""
    with corporate() as (origin, process):
        origin.locked[HOST] = MEMBER
        yield ailing("R09", process, "git", goproxy="https://proxy.golang.org,direct", words=LOG_IN)


@ailment
def terminal_prompts_disabled() -> Iterator[Ailment]:
    with corporate() as (origin, process):
        origin.locked[HOST] = MEMBER
        yield ailing("R09", process, "git", words=LOG_IN)


@ailment
def a_netrc_that_go_alone_reads() -> Iterator[Ailment]:
    """golang/go#64667."""
    with corporate() as (origin, process), tempfile.TemporaryDirectory() as folder:
        origin.locked[HOST] = MEMBER
        netrc = Path(folder, "netrc")
        netrc.write_text(f"machine {HOST} login alice password s3cret\n")
        yield ailing("R09", {**process, "NETRC": str(netrc)}, "git")


@ailment
def a_log_in_page_for_the_tags() -> Iterator[Ailment]:
    with corporate() as (origin, process):
        origin.locked[HOST] = MEMBER
        origin.to_members[PATH], origin.pages[PATH] = origin.pages[PATH], LOGIN_PAGE
        yield ailing("R18", process, "content", words=LOG_IN)


@ailment
def a_subgroup_that_gitlab_hides() -> Iterator[Ailment]:
    """golang/go#34094: to a stranger it names the parts before the last as a repository, and asks for a log-in."""
    with corporate() as (origin, process):
        origin.locked[HOST] = MEMBER
        deep, group = f"{HOST}/team/sub/y", f"{HOST}/team/sub"
        origin.add(HOST, "team/sub/y", (Commit({"go.mod": f"module {deep}\n"}, tags=("v1.0.0",)),))
        origin.pages |= dict.fromkeys((deep, group), Page(meta(group, "git", f"https://{group}.git")))
        origin.to_members[deep] = Page(meta(deep, "git", f"https://{deep}"))
        yield ailing("R09", process, "git", target=f"{deep}@v1.0.0", words=LOG_IN)


@ailment
def govcs_disallows_git() -> Iterator[Ailment]:
    with corporate() as (_, process):
        yield ailing("R21", process, None, settings={"GOVCS": "public:hg,private:off"})


@ailment
def there_is_no_git() -> Iterator[Ailment]:
    with corporate() as (_, process), tempfile.TemporaryDirectory() as folder:
        for tool in ("bash", "env", "ln", "sh"):
            Path(folder, tool).symlink_to(shutil.which(tool) or "")
        install = f"ln -s {shutil.which('git')} {folder}/git"
        yield ailing("R21", {**process, "PATH": folder}, "git", words={INSTALL_GIT: install})


@ailment
def roots_that_git_does_not_read() -> Iterator[Ailment]:
    with corporate() as (_, process):
        del process["GIT_SSL_CAINFO"]
        yield ailing("R10", process, "git")


@ailment
def ssh_goes_past_the_http_proxy() -> Iterator[Ailment]:
    with corporate(f"ssh://git@{PATH}") as (_, process):
        yield ailing("R17", process, "git")


@ailment
def a_host_key_that_ssh_does_not_know() -> Iterator[Ailment]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        origin, process = stack.enter_context(corporate())
        server = stack.enter_context(serving_ssh(folder / "ssh", origin.folder / HOST / "team"))
        place = f"ssh://{server.user}@127.0.0.1:{server.port}/x"
        origin.pages[PATH] = Page(meta(PATH, "git", place))
        tools = folder / "tools"
        tools.mkdir()
        options = f'-F /dev/null -i {server.key()} -o UserKnownHostsFile="$HOME/.ssh/known_hosts"'
        (tools / "ssh").write_text(f'#!/bin/sh\nmkdir -p ~/.ssh\nexec {shutil.which("ssh")} {options} "$@"\n')
        (tools / "ssh").chmod(0o755)
        yield ailing("R09", {**process, "PATH": f"{tools}:{os.environ['PATH']}"}, "git")


@ailment
def a_way_that_git_may_not_take() -> Iterator[Ailment]:
    with corporate() as (_, process):
        yield ailing("R21", {**process, "GIT_ALLOW_PROTOCOL": "ssh"}, "git")
