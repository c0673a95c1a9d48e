"""Direct mode: versions, latest, errors and the questions to hosts, as the real go finds and asks them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from probes.browse.asking import browse
from probes.browse.table import Choice
from probes.golang.errors import GoError
from probes.golang.queries import describe_error
from probes.sources.direct import direct_repository
from probes.sources.environment_reader import read_environment
from tests.against_go.direct_batches import Case, ask_go, batches, check, variables_of
from tests.against_go.direct_world import rewriting
from tests.origins import Commit, Origin, Page, meta, run_git, serving


def go_mod(path: str, *more: str) -> dict[str, str | bytes]:
    return {"go.mod": "\n".join([f"module {path}", "", "go 1.20", *more, ""]), "x.go": "package x\n"}


def repository(*commits: Commit, host: str = "git.corp.test", name: str = "x", page: str = "git.corp.test/x",
               subdirectory: str = "", repo_host: str = "code.corp.test") -> Callable[[Origin], None]:  # fmt: skip
    """A repository with a go-import page at ``page``."""

    def build(origin: Origin) -> None:
        origin.add(repo_host, name, commits)
        origin.pages[page] = Page(meta(page, "git", f"https://{repo_host}/{name}", subdirectory))

    return build


def only(url: str, body: str | bytes, status: int = 200, **headers: str) -> Callable[[Origin], None]:
    """One page and no repository."""

    def build(origin: Origin) -> None:
        named = {"Content-Type": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        origin.pages[url] = Page(body, status, named)

    return build


def both(*builds: Callable[[Origin], None]) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        for one in builds:
            one(origin)

    return build


X = "git.corp.test/x"
OLD: dict[str, str | bytes] = {"x.go": "package x\n"}
V2_FOLDER = {**go_mod(X), "v2/go.mod": f"module {X}/v2\n", "v2/x.go": "package x\n"}
SUB = {**go_mod(X), "sub/go.mod": f"module {X}/sub\n", "sub/x.go": "package sub\n"}
NOWHERE = "https://code.corp.test/none"


def _sub_page(origin: Origin) -> None:
    """The page of a path below the repository's root says the same as the root's."""
    for path in (f"{X}/sub", f"{X}/v2", f"{X}/sub/v3", f"{X}/none"):
        origin.pages[path] = origin.pages[X]


def _host_pages(origin: Origin) -> None:
    _sub_page(origin)


REPOSITORIES: dict[str, Case] = {
    "plain": Case(X, repository(Commit(go_mod(X), ("v1.0.0",)), Commit(go_mod(X), ("v1.1.0", "v1.2.0-rc.1")))),
    "annotated": Case(X, repository(Commit(go_mod(X), (), ("v1.0.0", "v1.0.1")))),
    "no tags": Case(X, repository(Commit(go_mod(X)))),
    "no tags, no go.mod": Case(X, repository(Commit(OLD))),
    "no commits": Case(X, repository()),
    "junk tags": Case(X, repository(Commit(go_mod(X), (
        "v1", "v1.2", "v01.2.3", "1.0.0", "v1.0.0+meta", "v1.0.0+incompatible", "release-1", "v0.0.0-20200101000000-abcdefabcdef",
        "v1.0.3-0.20200101000000-abcdefabcdef", "v1.0.0-pre", "V1.0.0", "sub/v1.0.0", "v1.0.0/v1.0.0"[:0] or "w1",
    )))),
    "only junk": Case(X, repository(Commit(go_mod(X), ("v1", "latest", "1.0.0")), Commit(go_mod(X)))),
    "pre-releases only": Case(X, repository(Commit(go_mod(X), ("v0.1.0-alpha", "v0.1.0-beta.2")), Commit(go_mod(X)))),
    "tag behind the tip": Case(X, repository(Commit(go_mod(X), ("v1.4.0",)), Commit(go_mod(X)))),
    "many digits": Case(X, repository(Commit(go_mod(X), ("v1.9.99", "v1.10.0", "v1.10.99999999999999999999")))),
    "incompatible": Case(X, repository(Commit(OLD, ("v1.0.0",)), Commit(OLD, ("v2.0.0", "v3.1.0-rc.1")))),
    "incompatible only": Case(X, repository(Commit(OLD, ("v4.0.0", "v4.0.1", "v5.0.0-beta")))),
    "incompatible, then a module": Case(X, repository(
        Commit(OLD, ("v1.0.0", "v2.0.0")), Commit(go_mod(X), ("v1.1.0",)), Commit(OLD, ("v3.0.0",)))),
    "a major that became a module": Case(X, repository(
        Commit(OLD, ("v1.0.0", "v2.0.0", "v3.0.0")), Commit(go_mod(f"{X}/v2"), ("v2.1.0",)))),
    "incompatible after a pre-release with go.mod": Case(X, repository(
        Commit(OLD, ("v2.0.0",)), Commit(go_mod(X), ("v0.1.0-pre",)))),
    "major 2 by branch": Case(f"{X}/v2", both(repository(
        Commit(go_mod(X), ("v1.0.0",)), Commit(go_mod(f"{X}/v2"), ("v2.0.0", "v2.3.0"))), _host_pages)),
    "major 2 by folder": Case(f"{X}/v2", both(repository(
        Commit(V2_FOLDER, ("v1.0.0", "v2.0.1"))), _host_pages)),
    "major 2 in both": Case(f"{X}/v2", both(repository(
        Commit({**V2_FOLDER, **go_mod(f"{X}/v2")}, ("v2.0.1",))), _host_pages)),
    "major 2, no tags": Case(f"{X}/v2", both(repository(Commit(go_mod(f"{X}/v2"))), _host_pages)),
    "major 2 missing": Case(f"{X}/v2", both(repository(Commit(go_mod(X), ("v1.0.0",))), _host_pages)),
    "major 2 with the wrong go.mod": Case(f"{X}/v2", both(repository(
        Commit(go_mod(X), ("v2.0.0",))), _host_pages)),
    "major 2 page of its own": Case(f"{X}/v2", repository(
        Commit(go_mod(f"{X}/v2"), ("v2.0.0", "v1.0.0")), page=f"{X}/v2")),
    "folder": Case(f"{X}/sub", both(repository(
        Commit(SUB, ("v1.0.0", "sub/v0.1.0", "sub/v0.2.0", "subs/v9.0.0"))), _host_pages)),
    "folder, no tags of its own": Case(f"{X}/sub", both(repository(Commit(SUB, ("v1.0.0",))), _host_pages)),
    "folder, not there": Case(f"{X}/none", both(repository(Commit(SUB, ("v1.0.0", "none/v1.0.0"))), _host_pages)),
    "folder, not there, no tags": Case(f"{X}/none", both(repository(Commit(SUB, ("v1.0.0",))), _host_pages)),
    "folder and major": Case(f"{X}/sub/v3", both(repository(
        Commit({**SUB, "sub/v3/go.mod": f"module {X}/sub/v3\n"}, ("sub/v3.0.0", "sub/v1.0.0"))), _host_pages)),
    "subdirectory field": Case(X, repository(
        Commit({"deep/er/go.mod": f"module {X}\n"}, ("deep/er/v1.0.0", "v2.0.0")), subdirectory="deep/er")),
    "go.mod of something else": Case(X, repository(Commit(go_mod(f"{X}/v5"), ("v1.0.0",)))),
    "go.mod without a path": Case(X, repository(Commit({"go.mod": "go 1.20\n"}, ("v1.0.0",)))),
    "retracted": Case(X, repository(
        Commit(go_mod(X), ("v1.0.0",)), Commit(go_mod(X, "retract [v1.0.0, v1.1.0]"), ("v1.1.0",)), Commit(go_mod(X)))),
    "retracted tip": Case(X, repository(Commit(go_mod(X, "retract v1.0.0-rc.1"), ("v1.0.0-rc.1",)))),
    "two roots": Case(X, repository(
        Commit(go_mod(X), ("v1.5.0+meta",), branch="old"), Commit(go_mod(X), parent=None))),
    "gopkg.in": Case("gopkg.in/x.v2", repository(
        Commit(go_mod("gopkg.in/x.v2"), ("v2.0.0", "v1.0.0", "v2.1.0")), page="gopkg.in/x.v2")),
    "gopkg.in unstable": Case("gopkg.in/x.v2-unstable", repository(
        Commit(go_mod("gopkg.in/x.v2-unstable"), ("v2.0.0",)), page="gopkg.in/x.v2-unstable")),
    "quoted module path": Case(X, repository(Commit({"go.mod": f'module "{X}" // here\n'}, ("v1.0.0",)))),
}  # fmt: skip


def _known(host: str, name: str, *commits: Commit) -> Callable[[Origin], None]:
    return lambda origin: origin.add(host, name, commits)


def _refusing(status: int) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        repository(Commit(go_mod(X), ("v1.0.0",)))(origin)
        origin.refuse_git = status

    return build


def _with_netrc(build: Callable[[Origin], None]) -> Callable[[Origin], None]:
    def with_it(origin: Origin) -> None:
        build(origin)
        origin.folder.mkdir(exist_ok=True)
        (origin.folder / "netrc").write_text(
            "machine git.corp.test login me password hunter2\nmachine www.corp.test login you password hunter2\n"
        )

    return with_it


def _module_proxy(versions: bytes) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        origin.pages[X] = Page(meta(X, "mod", "https://proxy.corp.test/m"))
        base = f"proxy.corp.test/m/{X}/"
        origin.files[f"{base}@v/list"] = versions
        info = '{"Version": "%s", "Time": "2024-01-02T03:04:05Z"}'
        for version in ("v1.0.0", "v1.1.0"):
            origin.files[f"{base}@v/{version}.info"] = (info % version).encode()
            origin.files[f"{base}@v/{version}.mod"] = f"module {X}\n".encode()
        origin.files[f"{base}@latest"] = (info % "v1.0.0").encode()

    return build


G = "github.com/u/r"
D = "code.corp.test/y.git"
TAG = f'<meta name="go-import" content="{X} git {NOWHERE}">'
PLAIN = Commit(go_mod(X), ("v1.0.0",))
PLACES: dict[str, Case] = {
    "github.com": Case(G, _known("github.com", "u/r", Commit(go_mod(G), ("v1.0.0",)))),
    "github.com folder": Case(f"{G}/sub", _known("github.com", "u/r", Commit(
        {**go_mod(G), "sub/go.mod": f"module {G}/sub\n"}, ("sub/v1.0.0",)))),
    "github.com, too short": Case("github.com/u", lambda origin: None),
    "github.com with .git": Case("github.com/u/r.git", lambda origin: None),
    "github.com, missing": Case("github.com/u/none", lambda origin: None),
    "bitbucket.org": Case("bitbucket.org/u/r", _known("bitbucket.org", "u/r", Commit(go_mod("bitbucket.org/u/r"), ("v1.0.0",)))),
    "git.apache.org": Case("git.apache.org/nothing", lambda origin: None),
    "example.net": Case("example.net/x", lambda origin: None),
    "rsc.io": Case("rsc.io", lambda origin: None),
    "a .git path": Case(D, _known("code.corp.test", "y", Commit(go_mod(D), ("v1.0.0",)))),
    "below a .git path": Case(f"{D}/sub", _known("code.corp.test", "y", Commit(
        {**go_mod(D), "sub/go.mod": f"module {D}/sub\n"}, ("sub/v1.0.0",)))),
    "a .git path, missing": Case("code.corp.test/z.git", lambda origin: None),
    "a .git path, missing, insecure": Case("code.corp.test/z.git", lambda origin: None, {
        "GOINSECURE": "*.corp.test", "GIT_ALLOW_PROTOCOL": "https:http"}),
    "repository missing": Case(X, only(X, meta(X, "git", NOWHERE))),
    "repository refused": Case(X, _refusing(401)),
    "repository forbidden": Case(X, _refusing(403)),
    "repository broken": Case(X, _refusing(500)),
    "GOVCS off": Case(X, repository(PLAIN), {"GOVCS": "*:off"}),
    "GOVCS off for github.com": Case(G, lambda origin: None, {"GOVCS": "public:hg"}),
    "GOVCS private": Case(X, repository(PLAIN), {"GOVCS": "private:hg,public:git", "GOPRIVATE": "*.corp.test"}),
    "GOVCS nonsense": Case(X, repository(PLAIN), {"GOVCS": "nonsense"}),
    "GOVCS and svn": Case(X, only(X, meta(X, "svn", NOWHERE))),
    "GOVCS and fossil": Case("chiselapp.com/user/u/repository/r", lambda origin: None),
    "no git": Case(X, repository(PLAIN), {"PATH": "{origin}/none"}),
    "insecure, both": Case(X, repository(PLAIN), {"GOINSECURE": "*.corp.test"}),
    "insecure, wrong name": Case("other.test/x", only("other.test/x", meta("other.test/x", "git", NOWHERE)), {
        "GOINSECURE": "other.test"}),
    "wrong name": Case("other.test/x", only("other.test/x", meta("other.test/x", "git", NOWHERE))),
    "no repository URL": Case(X, only(X, meta(X, "git", "git@code.corp.test:x"))),
    "a path as repository": Case(X, only(X, meta(X, "git", "/srv/git/x"))),
    "a file as repository": Case(X, only(X, meta(X, "git", "file:///srv/git/x"))),
    "not a URL": Case(X, only(X, meta(X, "git", "https://code.corp.test:port/x"))),
    "opaque": Case(X, only(X, meta(X, "git", "https:code.corp.test/x"))),
    "another one's URL": Case(X, only(X, meta(X, "git", "http://code.corp.test/none"))),
    "malformed path": Case("git.corp.test/x y", lambda origin: None),
    "mod": Case(X, only(X, meta(X, "mod", "https://proxy.corp.test/m"))),
    "mod with versions": Case(X, _module_proxy(b"v1.0.0\nv1.1.0\nv1.2.0-rc.1\njunk\n")),
    "mod without versions": Case(X, _module_proxy(b"")),
    "mod and GOVCS off": Case(X, _module_proxy(b"v1.0.0\n"), {"GOVCS": "*:off"}),
    "mod without a scheme": Case(X, only(X, meta(X, "mod", "proxy.corp.test"))),
    "mod of another scheme": Case(X, only(X, meta(X, "mod", "ftp://proxy.corp.test"))),
    "netrc": Case(X, _with_netrc(only(X, "", 302, Location="https://www.corp.test/x?go-get=1")), {
        "NETRC": "{origin}/netrc"}),
    "netrc and a refusal": Case(X, _with_netrc(only(X, "no", 401)), {"NETRC": "{origin}/netrc"}),
    "netrc, insecure": Case(X, _with_netrc(only(X, TAG)), {"NETRC": "{origin}/netrc", "GOINSECURE": "*.corp.test"}),
    "GOAUTH off": Case(X, _with_netrc(only(X, TAG)), {"NETRC": "{origin}/netrc", "GOAUTH": "off"}),
    "insecure, only http": Case("plain.example/x", both(
        _known("code.corp.test", "x", Commit(go_mod("plain.example/x"), ("v1.0.0",))),
        only("plain.example/x", meta("plain.example/x", "git", "http://code.corp.test/x"))), {
            "GOINSECURE": "plain.example", "HTTPS_PROXY": "http://127.0.0.1:1"}),
    "insecure, nobody": Case("plain.example/x", lambda origin: None, {
            "GOINSECURE": "plain.example", "HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}),
    "insecure, redirected to http": Case(X, both(
        only(X, "", 302, Location="http://www.corp.test/x?go-get=1"), only("www.corp.test/x", TAG)), {
            "GOINSECURE": "*.corp.test"}),
    "nobody": Case(X, lambda origin: None, {"HTTPS_PROXY": "http://127.0.0.1:1"}),
    "secret in the URL": Case(X, only(X, meta(X, "git", "https://me:hunter2@code.corp.test/none"))),
}  # fmt: skip

PAGES: dict[str, str | bytes | Page] = {
    "no tag": "<html><head></head></html>",
    "empty": "",
    "upper case": f'<HTML><HEAD><META NAME="go-import" CONTENT="{X} git {NOWHERE}"></HEAD>',
    "upper-case value": f'<head><meta name="Go-Import" content="{X} git {NOWHERE}"></head>',
    "single quotes": f"<head><meta name='go-import' content='{X} git {NOWHERE}'/></head>",
    "no quotes": f'<head><meta name=go-import content="{X} git {NOWHERE}"></head>',
    "no quotes at all": f"<head><meta name=go-import content={X}></head>",
    "in the body": f"<html><body>{TAG}</body>",
    "after the head": f"<html><head></head>{TAG}",
    "after an empty head": f"<html><head/>{TAG}",
    "without a head": TAG,
    "text before": f"hello & goodbye {TAG}",
    "entities": '<meta name="go&#45;import" content="git.corp.test&#x2f;x git https&colon;//&nbsp;code">',
    "known entities": f'<meta name="go-import" content="{X} git https://code.corp.test/a&amp;b">',
    "two fields": f'<meta name="go-import" content="{X} git">',
    "five fields": f'<meta name="go-import" content="{X} git {NOWHERE} a b">',
    "subdirectory": f'<meta name="go-import" content="{X} git {NOWHERE} /a">',
    "subdirectory hyphen": f'<meta name="go-import" content="{X} git {NOWHERE} -a">',
    "many lines": f'<meta\n  name="go-import"\n\tcontent="{X}\n  git\r\n {NOWHERE}"\n>',
    "another path": f'<meta name="go-import" content="git.corp.test/y git {NOWHERE}">',
    "two other paths": f'<meta name="go-import" content="git.corp.test/y git {NOWHERE}"><meta name="go-import" content="a.b git {NOWHERE}">',
    "not a whole element": f'<meta name="go-import" content="git.corp.test/xy git {NOWHERE}">',
    "twice": TAG + TAG,
    "unknown vcs": f'<meta name="go-import" content="{X} bzr {NOWHERE}">',
    "comment": f"<!-- {TAG} --><!-- -- -->",
    "comment around it": f"<!-- {TAG} -->{TAG}",
    "bad comment after it": f"{TAG}<!-- -- -->",
    "CDATA": f"<![CDATA[ < ]] > & ]]>{TAG}",
    "]]> in text": f"a ]]> b{TAG}",
    "doctype": f'<!DOCTYPE html PUBLIC "-//a>b" [<!-- > --> <x>]>{TAG}',
    "open doctype": "<!DOCTYPE html",
    "attribute without value": f'<script async defer></script><meta name="go-import" content="{X} git {NOWHERE}" x>',
    "script with a tag": f'<script>if (a < b) {{}}</script>{TAG}',
    "less-than": f"<p>1 <2</p>{TAG}",
    "less-than and a tag before": f"{TAG}<p>1 <2</p>",
    "bad end": f"</ p>{TAG}",
    "bad end 2": f"</p q>{TAG}",
    "latin1 declared": f'<?xml version="1.0" encoding="latin1"?>{TAG}',
    "ASCII declared": f'<?xml version="1.0" encoding="ASCII"?>{TAG}',
    "version 1.1": f'<?xml version="1.1"?>{TAG}',
    "instruction": f"<?php echo ?>{TAG}",
    "bad instruction": f"<? php ?>{TAG}",
    "latin1": f"caf\xe9 {TAG}".encode("latin-1"),
    "latin1 in an attribute": b'<meta name="x" content="caf\xe9">' + TAG.encode(),
    "control character": f"a\x0cb{TAG}",
    "NUL entity": f"a&#0;b{TAG}",
    "surrogate entity": f"a&#xd800;b{TAG}",
    "foreign names": f"<é:b><ü/></é:b>{TAG}",
    "bad foreign name": f"<×/>{TAG}",
    "two colons": f"<a:b:c/>{TAG}",
    "colon names": f"<:a b:=1 /><x:meta x:name='go-import' y:content='{X} git {NOWHERE}'/>",
    "first of two names": f"<meta name='a' name='go-import' content='{X} git {NOWHERE}'>",
    "open attribute": '<meta name="go-import',
    "open tag": "<meta ",
    "open bracket in an attribute": '<meta content="<">',
    "mod and git": f'<meta name="go-import" content="{X} git {NOWHERE}"><meta name="go-import" content="{X} mod ftp://a.b">',
    "mod elsewhere and git": f'<meta name="go-import" content="{X} git {NOWHERE}"><meta name="go-import" content="git.corp.test mod ftp://a.b">',
    "404": Page(TAG, 404),
    "404 without": Page("<p>no</p>", 404),
    "404 in words": Page("not here\nreally\n\nmore", 404, {"Content-Type": "text/plain; charset=utf-8"}),
    "500 unreadable": Page("<p", 500),
    "403 in words": Page("keep out", 403, {"Content-Type": "text/plain"}),
    "redirect": Page("", 302, {"Location": "https://www.corp.test/x?go-get=1"}),
    "redirect to http": Page("", 302, {"Location": "http://www.corp.test/x?go-get=1"}),
    "redirect to itself": Page("", 301, {"Location": f"https://{X}?go-get=1"}),
    "long": "<p>" + "x" * 50_000 + "</p>" + TAG + "<p " + "y " * 50_000,
    "long head": "<head>" + TAG + "</head>" + "<" * 200_000,
}  # fmt: skip


ROOTS: dict[str, Page] = {
    "no tag": Page("<head></head>"), "gone": Page("gone", 410, {"Content-Type": "text/plain"}), "unreadable": Page("<p"),
    "redirect to nowhere": Page("", 302), "another repository": Page(meta(X, "git", "https://code.corp.test/other")),
}  # fmt: skip
GENERATED = 12


def test_versions_are_those_of_go(tmp_path: Path) -> None:
    answers = check(REPOSITORIES | {f"generated {seed}": generated(seed) for seed in range(GENERATED)}, tmp_path, local=True)  # fmt: skip
    assert sum(answer.error is None for answer in answers.values()) > 30


def test_places_and_their_errors_are_those_of_go(tmp_path: Path) -> None:
    assert "hunter2" not in repr(check(PLACES, tmp_path))


def test_pages_are_read_as_go_reads_them(tmp_path: Path) -> None:
    def one(page: str | bytes | Page) -> Case:
        def build(origin: Origin) -> None:
            origin.pages[X] = page if isinstance(page, Page) else Page(page)
            origin.pages["www.corp.test/x"] = Page(TAG)

        return Case(X, build)

    def root(page: Page) -> Case:
        """A longer path needs the word of its root."""

        def build(origin: Origin) -> None:
            origin.pages |= {f"{X}/sub": Page(TAG), X: page}

        return Case(f"{X}/sub", build)

    cases = {name: one(page) for name, page in PAGES.items()}
    answers = check(cases | {f"root: {name}": root(page) for name, page in ROOTS.items()}, tmp_path)
    assert all(answers[f"root: {name}"].error for name in ROOTS)
    assert "disagree about go-import" in (answers["root: another repository"].error or "")


def generated(seed: int) -> Case:
    """A random repository."""
    choose = random.Random(seed)
    names = ["go.mod", "v2/go.mod", "v3/go.mod", "sub/go.mod", "sub/v2/go.mod"]
    paths = [X, f"{X}/v2", f"{X}/v3", f"{X}/sub", f"{X}/sub/v2", "gopkg.in/x.v1", "bad path"]
    commits = []
    for _ in range(choose.randint(1, 5)):
        files = {name: f"module {choose.choice(paths)}\n" for name in names if choose.random() < 0.4}
        tags = []
        for _ in range(choose.randint(0, 4)):
            tag = f"v{choose.randint(0, 3)}.{choose.randint(0, 2)}.{choose.randint(0, 3)}"
            tag += choose.choice(["", "", "", "-rc.1", "+meta", "+incompatible"])
            tags.append(choose.choice(["", "", "sub/", "v2/"]) + tag)
        branch = choose.choice(["main", "main", "dev"])
        commits.append(Commit({**OLD, **files}, tuple(tags), branch=branch))
    commits.append(Commit({**OLD, "go.mod": f"module {choose.choice(paths)}\n"}))
    path = choose.choice([X, X, f"{X}/v2", f"{X}/sub", f"{X}/sub/v2"])

    def build(origin: Origin) -> None:
        repository(*commits)(origin)
        for page in (f"{X}/v2", f"{X}/sub", f"{X}/sub/v2"):
            origin.pages[page] = origin.pages[X]

    return Case(path, build)


CHOSEN = (
    "retracted", "retracted tip", "no tags", "no commits", "pre-releases only", "incompatible, then a module",
    "major 2 by folder", "folder", "folder, not there", "gopkg.in unstable", "go.mod of something else",
)  # fmt: skip


def test_the_browser_chooses_from_the_repository_what_go_chooses(tmp_path: Path) -> None:
    (batch,) = batches({name: REPOSITORIES[name] for name in CHOSEN}, tmp_path)
    origin = Origin(tmp_path / "origin")
    for sketch in batch.sketches.values():
        sketch.make(origin)
    (tmp_path / ".gitconfig").write_text(rewriting(origin))
    with serving(origin) as network:
        variables = variables_of(tmp_path, network, {"GOPRIVATE": "*.test,gopkg.in", "GOPROXY": "off"})
        listed = ask_go(variables, tmp_path, *(f"{path}@latest" for path in batch.paths.values()), flags=())
        environment = read_environment(process=variables, cwd=str(tmp_path))
        for (name, path), said in zip(batch.paths.items(), listed, strict=True):
            events: list[object] = []
            asyncio.run(browse(environment, path, events.append, ask_all=True, run=True))
            choice = next(event for event in events if isinstance(event, Choice) and event.query == "latest")
            wanted = (None, said["Error"]["Err"]) if "Error" in said else (said["Version"], None)
            assert (choice.version, choice.error) == wanted, name


HISTORY = (
    Commit(OLD, ("v0.1.0",)),
    Commit(OLD, ("v2.0.0", "v1.1.0+meta")),
    Commit(go_mod(X), ("v1.2.0", "sub/v1.0.0"), ("v1.2.1-rc.1",)),
    Commit(SUB, ("v1.2.2+a", "v1.2.2+b", "v3.0.0")),
    Commit(go_mod(X, "retract v1.9.0"), ("v1.9.0",), branch="dev"),
    Commit(go_mod(X), branch="feat/x"),
    Commit({**SUB, **V2_FOLDER}, parent=4, branch="main"),
    Commit(go_mod(f"{X}/v7"), parent=None, branch="alone"),
)
"""Eight commits: four in a row, two branches of the last of them, main's tip, and one without a parent."""


def _revisions(commits: list[str]) -> list[str]:
    """What may be asked of that repository."""
    tip, third, fourth = commits[6], commits[2], commits[3]
    stamps = {n: f"202311{14 + n + 1:02d}221320" for n in range(8)}
    return [
        "main", "dev", "HEAD", "feat/x", "alone", "master", "v1.2.0", "v1.2.1-rc.1", "v1.9.0", "v2.0.0", "v2.0.0+incompatible",
        "v3.0.0", "v3.0.0+incompatible", "v0.1.0", "v0.1.0+incompatible", "v1.1.0", "v1.1.0+meta", "v1.2.2", "v1.2.2+a", "v9.9.9",
        "sub/v1.0.0",
        tip, tip[:12], tip[:7], tip[:6], third, third[:8], commits[1][:12], commits[5][:12], "f" * 40, "0123456",
        f"v0.0.0-{stamps[6]}-{tip[:12]}", f"v1.2.1-0.{stamps[6]}-{tip[:12]}", f"v1.2.3-0.{stamps[6]}-{tip[:12]}",
        f"v1.2.2-rc.1.0.{stamps[6]}-{tip[:12]}", f"v1.9.1-0.{stamps[6]}-{tip[:12]}", f"v1.2.1-0.{stamps[5]}-{tip[:12]}",
        f"v1.2.1-0.{stamps[6]}-{tip[:10]}", f"v1.2.1-0.{stamps[6]}-{tip[:14]}", f"v1.0.0-{stamps[6]}-{tip[:12]}",
        f"v1.2.1-0.{stamps[2]}-{third[:12]}", f"v1.2.3-0.{stamps[3]}-{fourth[:12]}", f"v2.0.0-{stamps[6]}-{tip[:12]}",
        f"v2.0.1-0.{stamps[1]}-{commits[1][:12]}+incompatible", f"v0.1.1-0.{stamps[7]}-{commits[7][:12]}",
        f"v0.1.1-0.{stamps[1]}-{commits[1][:12]}", "not..a..rev", "v1.2.0^{}", "refs/heads/dev", "refs/tags/v1.2.0", "1.2.0",
    ]  # fmt: skip


def test_revisions_are_those_of_go(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin")
    repository(*HISTORY)(origin)
    paths = (X, f"{X}/sub", f"{X}/v2", f"{X}/v7")
    origin.pages |= dict.fromkeys(paths, origin.pages[X])
    (tmp_path / ".gitconfig").write_text(rewriting(origin))
    place = origin.folder / "code.corp.test" / "x"
    lines = run_git("log", "--all", "--reverse", "--format=%ct %H", folder=place).split("\n")
    commits = [line.split()[1] for line in sorted(filter(None, lines))]
    revisions = _revisions(commits)
    asked = [(path, revision) for path in paths for revision in revisions]
    with serving(origin) as network:
        variables = variables_of(tmp_path, network, {})
        said = ask_go(variables, tmp_path, *(f"{path}@{revision}" for path, revision in asked))
        ours = [one for path in paths for one in asyncio.run(_stats(variables, path, revisions))]
    theirs = [
        (one["Version"], one.get("Time")) if "Error" not in one else one["Error"]["Err"] for one in said
    ]
    differing = {what: (go, mine) for what, go, mine in zip(asked, theirs, ours, strict=True) if go != mine}
    assert not differing


async def _stats(variables: Mapping[str, str], path: str, revisions: list[str]) -> list[object]:
    found: list[object] = []
    async with direct_repository(read_environment(process=dict(variables)), path, run=True) as direct:
        for revision in revisions:
            try:
                info = await direct.repo.stat(revision)
                found.append((info.version, info.time_text))
            except GoError as error:
                found.append(describe_error(path, revision, error))
    return found
