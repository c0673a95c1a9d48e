"""A table of modules at their origins: what is in a repository, what is asked for, and how it goes wrong."""

from __future__ import annotations

import os
import shutil
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from tests.against_go.direct_world import Target, go_mod, module
from tests.origins import Commit, Origin, Page, meta

OLD: dict[str, str | bytes] = {"x.go": "package x\n"}


@dataclass(frozen=True)
class Content:
    """A repository whose root module has a host of its own: {x} stands for its path."""

    query: str
    commits: Callable[[str], tuple[Commit, ...]]
    below: str = ""
    """Behind the path: "/v2", "/sub"."""
    subdirectory: str = ""


def one(query: str = "v1.0.0", tags: tuple[str, ...] = ("v1.0.0",), **files: str | bytes) -> Content:
    """One commit with a go.mod and these files; "__" stands for a slash, "_dot_" for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    return Content(query, lambda x: (Commit({**go_mod(x), **named}, tags),))


def holding(files: Mapping[str, str | bytes], go: str = "1.20", below: str = "", **more: object) -> Content:
    """One commit with a go.mod of this go line and these files."""

    def commits(x: str) -> tuple[Commit, ...]:
        base: dict[str, str | bytes] = {"go.mod": f"module {x}\n\ngo {go}\n", "x.go": "package x\n"}
        return (Commit({**base, **files}, ("v1.0.0", "sub/v1.0.0", "v2.0.0"), **more),)  # type: ignore[arg-type]

    return Content("v1.0.0", commits, below)


def _sub(x: str, *more: str) -> dict[str, str | bytes]:
    return {"sub/go.mod": "\n".join([f"module {x}/sub", *more, ""]), "sub/s.go": "package sub\n"}


def history(query: str, below: str = "") -> Content:
    """A query in a repository of five commits."""

    def commits(x: str) -> tuple[Commit, ...]:
        return (
            Commit(OLD, ("v0.1.0",)),
            Commit(go_mod(x), ("v1.0.0",), ("v1.0.1",)),
            Commit({**go_mod(x), **_sub(x)}, ("v1.1.0", "sub/v0.3.0", "v1.2.0-rc.1")),
            Commit({**go_mod(x), **_sub(x), "v2/go.mod": f"module {x}/v2\n", "v2/v.go": "package x\n"}, ("v2.0.0",)),
            Commit({**go_mod(x), **_sub(x)}, branch="feat/y"),
            Commit({**go_mod(x), **_sub(x), "b.go": "package x\n"}, parent=4, branch="main"),
        )  # fmt: skip

    return Content(query, commits, below)


VENDOR = {
    "vendor/modules.txt": "# a\n", "vendor/a.b/c/c.go": "package c\n", "vendor/top.go": "package v\n",
    "p/vendor/v.go": "package v\n", "p/vendor/d/d.go": "package d\n", "pkg/vendor/vendor.go": "package v\n",
    "longer/name/vendor/v.go": "package v\n",
}  # fmt: skip
CONTENT: dict[str, Content] = {
    # what is in the zip
    "plain": one(),
    "executable": holding({}, programs={"run.sh": "#!/bin/sh\n"}),
    "symbolic links": holding({"a/real.go": "package a\n"}, links={"link": "a", "a/l.go": "real.go", "dead": "no"}),
    "link named go.mod": holding({"a/a.go": "package a\n"}, links={"a/go.mod": "../go.mod"}),
    "link named LICENSE": holding({}, links={"LICENSE": "COPYING"}),
    "submodules": holding({"a.go": "package x\n"}, submodules=("third", "deep/er")),
    "vendor, old go": holding(VENDOR),
    "vendor, 1.23": holding(VENDOR, "1.23"),
    "vendor, 1.24": holding(VENDOR, "1.24"),
    "vendor, 1.24rc1": holding(VENDOR, "1.24rc1"),
    "vendor, 1.24.3": holding(VENDOR, "1.24.3"),
    "vendor, no go line": Content("v1.0.0", lambda x: (Commit({"go.mod": f"module {x}\n", **VENDOR}, ("v1.0.0",)),)),
    "vendor, broken go.mod": Content("v1.0.0", lambda x: (
        Commit({"go.mod": f"module {x}\nmerge conflict <<<\ngo 1.25\n", **VENDOR}, ("v1.0.0",)),)),
    "nested modules": holding({"n/go.mod": "module other\n", "n/n.go": "", "n/deep/d.go": "", "nn/x.go": "package n\n"}),
    "nested GO.MOD": holding({"n/GO.MOD": "module other\n", "n/n.go": "package n\n"}),
    "GO.MOD at the root": holding({"GO.MOD": "module other\n"}),
    "only Go.Mod": Content("v1.0.0", lambda x: (Commit({"Go.Mod": f"module {x}\n", **OLD}, ("v1.0.0",)),)),
    "hg archive": holding({".hg_archival.txt": "repo: 1\n", "a/.hg_archival.txt": "repo: 1\n"}),
    "dot files": holding({".gitignore": "*\n", ".github/w.yml": "a\n", "_x/y.go": "package y\n", "testdata/t": "t"}),
    "export-subst": holding({"v.txt": "$Format:%H$\n", ".gitattributes": "v.txt export-subst\n"}),
    "export-ignore": holding({"gone.txt": "here\n", ".gitattributes": "gone.txt export-ignore\n*.go export-ignore\n"}),
    "line endings": holding({"dos.txt": "a\r\nb\r\n", ".gitattributes": "* text=auto\ndos.txt eol=crlf\n"}),
    "text conversion": holding({"u.txt": "a\nb\n", ".gitattributes": "* text eol=crlf\n"}),
    "encoding": holding({"u.txt": "täxt\n", ".gitattributes": "u.txt working-tree-encoding=UTF-16\n"}),
    "empty file": holding({"empty": ""}),
    "binary": holding({"b.bin": bytes(range(256)) * 40}),
    "large": holding({"l.txt": "line\n" * 300_000}),
    "unicode name": holding({"ünïcode/日本.txt": "a\n"}),
    "case collision": holding({"A.txt": "a", "a.txt": "b", "d/x": "1", "D/y": "2"}),
    "unicode case collision": holding({"Ä.txt": "a", "ä.txt": "b"}),
    "bad name, colon": holding({"a:b.txt": "a"}),
    "bad name, space at the end": holding({"a .txt": "a", "b ": "b"}),
    "bad name, Windows": holding({"aux.go": "package x\n", "d/CON": "x", "trailing.": "t"}),
    "bad name, quotes": holding({'q"uote.txt': "a", "st*r": "b"}),
    "bad name, backslash": holding({"back\\slash": "a"}),
    "bad name, control character": holding({"bell\a.txt": "a", "new\nline": "b"}),
    "bad name, not UTF-8": holding({"caf\udce9.txt": "a"}),
    "bad name in a nested module": holding({"n/go.mod": "module n\n", "n/a:b": "x"}),
    "bad name in vendor": holding({"vendor/a/a:b": "x"}),
    "long name": holding({"n" * 200 + ".txt": "a", "/".join(["d" * 50] * 9): "b"}),
    "LICENSE too large": holding({"LICENSE": b"x" * ((16 << 20) + 1)}),
    # modules below the root
    "sub": holding({"sub/go.mod": "module {x}/sub\n", "sub/s.go": "package s\n"}, below="/sub"),
    "sub, LICENSE of the root": holding(
        {"LICENSE": "root\n", "sub/go.mod": "module {x}/sub\n", "sub/s.go": "package s\n"}, below="/sub"),
    "sub, LICENSE of its own": holding(
        {"LICENSE": "root\n", "sub/LICENSE": "own\n", "sub/go.mod": "module {x}/sub\n"}, below="/sub"),
    "sub, LICENSE is a folder": holding({"LICENSE/x": "a\n", "sub/go.mod": "module {x}/sub\n"}, below="/sub"),
    "sub, LICENSE is a link": holding(
        {"sub/go.mod": "module {x}/sub\n"}, below="/sub", links={"LICENSE": "COPYING"}),
    "sub, LICENSE differs in case": holding(
        {"LICENSE": "root\n", "sub/license": "a", "sub/go.mod": "module {x}/sub\n"}, below="/sub"),
    "sub, prefix of another": holding(
        {"sub/go.mod": "module {x}/sub\n", "subway/x.go": "package s\n", "sub.txt": "a"}, below="/sub"),
    "sub with vendor": holding(
        {"sub/go.mod": "module {x}/sub\n\ngo 1.25\n", "sub/vendor/modules.txt": "", "sub/vendor/a/b.go": ""}, below="/sub"),
    "sub without go.mod": holding({"sub/s.go": "package s\n"}, below="/sub"),
    "sub missing": holding({}, below="/sub"),
    "sub is a link": holding({"real/go.mod": "module {x}/sub\n"}, below="/sub", links={"sub": "real"}),
    "sub of another path": holding({"sub/go.mod": "module other/sub\n", "sub/s.go": "package s\n"}, below="/sub"),
    "subdirectory field": Content("v1.0.0", lambda x: (
        Commit({"LICENSE": "l\n", "d/e/go.mod": f"module {x}\n", "d/e/x.go": "package x\n"}, ("d/e/v1.0.0",)),), "", "d/e"),
    "subdirectory field, missing": Content("v1.0.0", lambda x: (Commit(go_mod(x), ("d/e/v1.0.0",)),), "", "d/e"),
    # major versions
    "v2 folder": Content("v2.0.0", history("").commits, "/v2"),
    "v2 branch": Content("v2.1.0", lambda x: (Commit(go_mod(x), ("v1.0.0",)), Commit(go_mod(f"{x}/v2"), ("v2.1.0",))), "/v2"),
    "v2 both": Content("v2.0.0", lambda x: (
        Commit({**go_mod(f"{x}/v2"), "v2/go.mod": f"module {x}/v2\n"}, ("v2.0.0",)),), "/v2"),
    "v2 asked as v1": Content("v2.1.0", lambda x: (Commit(go_mod(f"{x}/v2"), ("v2.1.0",)),)),
    "v1 asked as v2": Content("v2.0.0", lambda x: (Commit(go_mod(x), ("v2.0.0",)),), "/v2"),
    "v2 wrong module line in its folder": Content("v2.0.0", lambda x: (
        Commit({**go_mod(x), "v2/go.mod": f"module {x}\n"}, ("v2.0.0",)),), "/v2"),
    "v2 folder without module line": Content("v2.0.0", lambda x: (
        Commit({**go_mod(x), "v2/go.mod": "go 1.20\n"}, ("v2.0.0",)),), "/v2"),
    "incompatible": Content("v3.0.0+incompatible", lambda x: (Commit(OLD, ("v3.0.0",)),)),
    "incompatible, asked without": Content("v3.0.0", lambda x: (Commit(OLD, ("v3.0.0",)),)),
    "incompatible with go.mod": Content("v3.0.0+incompatible", lambda x: (Commit(go_mod(x), ("v3.0.0",)),)),
    "incompatible but compatible": Content("v1.0.0+incompatible", lambda x: (Commit(OLD, ("v1.0.0",)),)),
    "incompatible, latest": Content("latest", lambda x: (Commit(OLD, ("v1.0.0",)), Commit(OLD, ("v2.0.0", "v4.0.0")))),
    "incompatible passed over": Content("latest", lambda x: (Commit(OLD, ("v2.0.0",)), Commit(go_mod(x), ("v1.0.0",)))),
    # go.mod
    "no go.mod": Content("v1.0.0", lambda x: (Commit(OLD, ("v1.0.0",)),)),
    "empty go.mod": Content("v1.0.0", lambda x: (Commit({"go.mod": "", **OLD}, ("v1.0.0",)),)),
    "go.mod of another": Content("v1.0.0", lambda x: (Commit(go_mod("other.test/y"), ("v1.0.0",)),)),
    "go.mod with post-v1 path": Content("v1.0.0", lambda x: (Commit(go_mod(f"{x}/v3"), ("v1.0.0",)),)),
    "go.mod with malformed path": Content("v1.0.0", lambda x: (Commit(go_mod(f"{x}/v1"), ("v1.0.0",)),)),
    "go line too new": holding({}, "1.99"),
    "go line too new, latest": Content("latest", lambda x: (
        Commit(go_mod(x), ("v1.0.0",)), Commit({"go.mod": f"module {x}\n\ngo 1.99.1\n"}, ("v1.1.0",)))),
    "go line nonsense": holding({}, "banana"),
    "go.mod with CRLF": Content("v1.0.0", lambda x: (Commit({"go.mod": f"module {x}\r\ngo 1.20\r\n"}, ("v1.0.0",)),)),
    "retracted": Content("latest", lambda x: (
        Commit(go_mod(x), ("v1.0.0",)), Commit(go_mod(x, "retract v1.1.0 // no"), ("v1.1.0",)))),
    "all retracted": Content("latest", lambda x: (Commit(go_mod(x, "retract [v0.0.0, v1.1.0]"), ("v1.1.0",)),)),
    "retracted by name": Content("v1.1.0", lambda x: (Commit(go_mod(x, "retract v1.1.0"), ("v1.1.0",)),)),
    # queries
    **{f"query {query}": history(query) for query in (
        "latest", "v1", "v1.0.1", "v1.1.0", "<v1.1.0", ">v1.1.0", "<=v0.9.0", "v9.9.9", "main", "HEAD", "feat/y",
        "master", "v1.2.0-rc.1", "v2.0.0", "v2.0.0+incompatible", "v0", "v0.1.0", "sub/v0.3.0",
        "refs/heads/main", "0123456", "ffffffffffffffffffffffffffffffffffffffff", "v1.0.0+meta", "none",
        "v0.0.0-20231116221320-000000000000", "abcdefabcdef",
    )},
    **{f"query {query} below": history(query, "/sub") for query in ("latest", "main", "v1.1.0")},
    **{f"query {query} of v2": history(query, "/v2") for query in ("latest", "main", "v1.0.0")},
    "no tags": Content("latest", lambda x: (Commit(go_mod(x)),)),
    "no commits": Content("latest", lambda x: ()),
    "no commits, a version": Content("v1.0.0", lambda x: ()),
    "annotated": Content("v1.0.0", lambda x: (Commit(go_mod(x), (), ("v1.0.0",)),)),
    "tag that is no version": Content("release-7", lambda x: (Commit(go_mod(x), ("release-7",)), Commit(go_mod(x)))),
    "tag with build data": Content("v1.0.0+b1", lambda x: (Commit(go_mod(x), ("v1.0.0+b1",)),)),
    "tag and branch of one name": Content("v1.0.0", lambda x: (
        Commit(go_mod(x), ("v1.0.0",)), Commit({**go_mod(x), "b.go": "package x\n"}, branch="v1.0.0"))),
}  # fmt: skip


def content_targets(cases: Mapping[str, Content] = CONTENT, prefix: str = "c") -> Iterator[tuple[str, Target]]:
    """Each case with a host of its own."""
    for number, (name, case) in enumerate(cases.items()):
        host = f"{prefix}{number}.corp.test"
        x = f"{host}/x"
        commits = tuple(_with_path(commit, x) for commit in case.commits(x))
        pages = (case.below.strip("/"),) if case.below else ()
        build = module(host, *commits, pages=pages, subdirectory=case.subdirectory)
        yield name, Target(x + case.below, case.query, build)


def _with_path(commit: Commit, x: str) -> Commit:
    files = {name: text.replace("{x}", x) if isinstance(text, str) else text for name, text in commit.files.items()}
    return Commit(files, commit.tags, commit.annotated, commit.branch, commit.parent, commit.links,
                  commit.submodules, commit.programs)  # fmt: skip


# -- places: how a module is found, and how that goes wrong ------------------------------------------------


def _simple(host: str, *more: Commit) -> Callable[[Origin], None]:
    return module(host, Commit(go_mod(f"{host}/x"), ("v1.0.0",)), *more)


def _page(path: str, body: str | Page) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        origin.pages[path] = body if isinstance(body, Page) else Page(body)

    return build


def _both(*builds: Callable[[Origin], None]) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        for each in builds:
            each(origin)

    return build


def _at(host: str, name: str, path: str, *tags: str) -> Callable[[Origin], None]:
    """A repository where the path alone says it is."""
    return lambda origin: origin.add(host, name, (Commit(go_mod(path), tags or ("v1.0.0",)),))


def _refused(host: str, status: int) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        _simple(host)(origin)
        origin.refused[f"code-{host}"] = status

    return build


def _wanting(host: str, password: str) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        _simple(host)(origin)
        origin.locked[f"code-{host}"] = "Basic " + b64encode(password.encode()).decode()

    return build


def _dumb(host: str) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        x = f"{host}/x"
        origin.dumb.add(f"code-{host}")
        module(host, Commit(go_mod(x), ("v1.0.0",)), Commit({**go_mod(x), "b.go": "package x\n"}, ("v1.1.0",)))(origin)

    return build


def _deep(host: str) -> Callable[[Origin], None]:
    def build(origin: Origin) -> None:
        _simple(host, Commit({**go_mod(f"{host}/x"), "b.go": "package x\n"}))(origin)
        origin.deep.add(f"code-{host}")

    return build


def _sent_on(host: str, scheme: str) -> Callable[[Origin], None]:
    """A host that sends git on to another, which has the repository."""

    def build(origin: Origin) -> None:
        _simple(host)(origin)
        (origin.folder / f"code-{host}").rename(origin.folder / f"www-{host}")
        origin.moved[f"code-{host}"] = f"{scheme}://www-{host}"

    return build


def _odd_git(host: str, script: str) -> Callable[[Origin], None]:
    """A git that is a script: {git} is the real one."""

    def build(origin: Origin) -> None:
        _simple(host, Commit({**go_mod(f"{host}/x"), "b.go": "package x\n"}))(origin)
        file = origin.folder / "odd" / "git"
        file.parent.mkdir()
        at = f"{shutil.which('git')} --git-dir={origin.folder}/code-{host}/x"
        file.write_text("#!/bin/sh\n" + script.format(git=shutil.which("git"), at=at))
        file.chmod(0o755)

    return build


def _file_of(origin: Origin, base: str, path: str, version: str, files: Mapping[str, str]) -> None:
    """What a module proxy has of one version."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{path}@{version}/{name}", text)
    origin.files |= {
        f"{base}/{path}/@v/list": f"{version}\n".encode(),
        f"{base}/{path}/@v/{version}.info": f'{{"Version": "{version}", "Time": "2024-01-02T03:04:05Z"}}'.encode(),
        f"{base}/{path}/@v/{version}.mod": files["go.mod"].encode(),
        f"{base}/{path}/@v/{version}.zip": made.getvalue(),
    }


def _proxied(host: str, base: str = "proxy.corp.test/m") -> Callable[[Origin], None]:
    """The page names a module proxy."""

    def build(origin: Origin) -> None:
        x = f"{host}/x"
        origin.pages[x] = Page(meta(x, "mod", f"https://{base}"))
        _file_of(origin, base, x, "v1.0.0", {"go.mod": f"module {x}\n", "x.go": "package x\n"})

    return build


def _place(number: int, build: Callable[[str], Callable[[Origin], None]], query: str = "v1.0.0", below: str = "") -> Target:  # fmt: skip
    host = f"p{number}.corp.test"
    return Target(f"{host}/x{below}", query, build(host))


def _tagged(host: str, repository: str, vcs: str = "git", prefix: str = "") -> Callable[[Origin], None]:
    x = f"{host}/x"
    return _page(x, meta(prefix or x, vcs, repository))


PLACES: dict[str, Target] = {
    "good": _place(1, _simple),
    "good, latest": _place(2, _simple, "latest"),
    "good, main": _place(3, _simple, "main"),
    "missing tag": _place(4, _simple, "v1.0.1"),
    "missing repository": _place(5, lambda host: _tagged(host, f"https://code-{host}/none")),
    "refused with 401": _place(6, lambda host: _refused(host, 401)),
    "refused with 403": _place(7, lambda host: _refused(host, 403)),
    "refused with 404": _place(8, lambda host: _refused(host, 404)),
    "refused with 500": _place(9, lambda host: _refused(host, 500)),
    "password not known": _place(10, lambda host: _wanting(host, "who:knows")),
    "password of a helper": _place(11, lambda host: _wanting(host, "me:hunter2")),
    "password in the URL": _place(12, lambda host: _both(
        _wanting(host, "me:hunter2"), _tagged(host, f"https://me:hunter2@code-{host}/x"))),
    "wrong password in the URL": _place(13, lambda host: _both(
        _wanting(host, "me:right"), _tagged(host, f"https://me:hunter2@code-{host}/x"))),
    "server without shallow": _place(14, _dumb, "v1.0.0"),
    "server without shallow, latest": _place(15, _dumb, "latest"),
    "server without shallow, branch": _place(16, _dumb, "main"),
    "server without a part of a history": _place(90, _deep),
    "server without a part of a history, latest": _place(91, _deep, "latest"),
    "server without a part of a history, missing": _place(92, _deep, "v9.9.9"),
    "moved repository": _place(93, lambda host: _sent_on(host, "https")),
    "moved repository, to http": _place(94, lambda host: _sent_on(host, "http")),
    "no repository at all": _place(17, lambda host: module(host)),
    "no page": _place(18, lambda host: lambda origin: None),
    "a page without tags": _place(19, lambda host: _page(f"{host}/x", "<html>hello</html>")),
    "another name in the certificate": Target("other.test/x", "v1.0.0", _page("other.test/x", "")),
    "http repository": _place(20, lambda host: _both(_simple(host), _tagged(host, f"http://code-{host}/x"))),
    "no scheme": _place(21, lambda host: _tagged(host, f"git@code-{host}:x")),
    "file": _place(22, lambda host: _tagged(host, "file:///srv/x")),
    "unknown system": _place(23, lambda host: _tagged(host, f"https://code-{host}/x", "bzr")),
    "GOVCS by default": _place(24, lambda host: _tagged(host, f"https://code-{host}/x", "fossil")),
    "prefix": _place(25, lambda host: module(
        host, Commit({**go_mod(f"{host}/x"), "sub/go.mod": f"module {host}/x/sub\n"}, ("sub/v1.0.0",)), pages=("sub",)),
        below="/sub"),
    "prefix, disagreeing": _place(26, lambda host: _both(
        _page(f"{host}/x/sub", meta(f"{host}/x", "git", f"https://code-{host}/x")),
        _page(f"{host}/x", meta(f"{host}/x", "git", f"https://code-{host}/other"))), below="/sub"),
    "prefix, silent": _place(27, lambda host: _page(
        f"{host}/x/sub", meta(f"{host}/x", "git", f"https://code-{host}/x")), below="/sub"),
    "redirected page": _place(28, lambda host: _both(
        _simple(host), _page(f"{host}/x", Page("", 302, {"Location": f"https://www-{host}/x?go-get=1"})),
        _page(f"www-{host}/x", meta(f"{host}/x", "git", f"https://code-{host}/x")))),
    "redirected to http": _place(29, lambda host: _page(
        f"{host}/x", Page("", 302, {"Location": f"http://www-{host}/x?go-get=1"}))),
    "page with 404 that counts": _place(30, lambda host: _both(
        _simple(host), _page(f"{host}/x", Page(meta(f"{host}/x", "git", f"https://code-{host}/x"), 404)))),
    "mod": _place(31, _proxied),
    "mod, latest": _place(32, _proxied, "latest"),
    "mod, missing version": _place(33, _proxied, "v2.0.0"),
    "mod, not a URL": _place(34, lambda host: _tagged(host, "ftp://a.b", "mod")),
    "github.com": Target("github.com/u/r", "v1.0.0", _at("github.com", "u/r", "github.com/u/r")),
    "github.com, a folder": Target("github.com/u/s/sub", "v1.0.0", lambda origin: origin.add("github.com", "u/s", (
        Commit({**go_mod("github.com/u/s"), "LICENSE": "l\n", "sub/go.mod": "module github.com/u/s/sub\n"}, ("sub/v1.0.0",)),))),
    "github.com, missing": Target("github.com/u/none", "latest"),
    "github.com, too short": Target("github.com/u", "v1.0.0"),
    "bitbucket.org": Target("bitbucket.org/u/r", "main", _at("bitbucket.org", "u/r", "bitbucket.org/u/r")),
    "gopkg.in": Target("gopkg.in/y.v2", "v2.0.0", _both(
        _at("code.corp.test", "y2", "gopkg.in/y.v2", "v2.0.0"),
        _page("gopkg.in/y.v2", meta("gopkg.in/y.v2", "git", "https://code.corp.test/y2")))),
    "a path with .git": Target("code.corp.test/z.git", "v1.0.0", _at("code.corp.test", "z", "code.corp.test/z.git")),
    "a path with .git, missing": Target("none.corp.test/z.git", "v1.0.0"),
    "example.net": Target("example.net/x", "v1.0.0"),
    "a host without a dot": Target("localhost/x", "v1.0.0"),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Places that are looked for in one environment."""

    variables: Mapping[str, str]
    targets: tuple[Target, ...]


P = "https://proxy.corp.test/p"
ODD = f"{{origin}}/odd:{os.environ['PATH']}"
MOVES = """
case "$*" in *ls-remote*)
    {at} update-ref refs/tags/v1.0.0 main~1; {git} "$@"; status=$?; {at} update-ref refs/tags/v1.0.0 main; exit $status;;
esac
exec {git} "$@"
"""
"""A git behind whose back the tag is moved, as soon as the refs were listed."""
GROUPS: dict[str, Group] = {
    "GOINSECURE": Group({"GOINSECURE": "*.corp.test,other.test"}, (
        _place(50, _simple), Target("other.test/x", "v1.0.0", _page("other.test/x", "")),
        _place(51, lambda host: lambda origin: None),
        _place(52, lambda host: _page(f"{host}/x", Page("", 302, {"Location": f"http://www-{host}/x?go-get=1"}))),
        Target("n.corp.test/x.git", "v1.0.0", _at("n.corp.test", "x", "n.corp.test/x.git")))),
    "GOINSECURE, only http": Group({"GOINSECURE": "*.corp.test", "HTTPS_PROXY": "http://127.0.0.1:1"}, (
        _place(53, lambda host: _both(_simple(host), _tagged(host, f"http://code-{host}/x"))),
        _place(54, lambda host: lambda origin: None))),
    "nobody answers": Group({"HTTPS_PROXY": "http://127.0.0.1:1"}, (_place(55, _simple),)),
    "GOVCS off": Group({"GOVCS": "*:off"}, (
        _place(56, _simple), Target("github.com/u/r", "v1.0.0"), _place(57, _proxied))),
    "GOVCS nonsense": Group({"GOVCS": "nonsense"}, (_place(58, _simple),)),
    "no git": Group({"PATH": "{origin}/none"}, (_place(59, _simple), Target("code.corp.test/z.git", "v1.0.0"))),
    "relative GOMODCACHE": Group({"GOMODCACHE": "a/./b"}, (_place(80, _simple), _place(81, _simple, "latest"))),
    "GOMODCACHE by a long way": Group({"GOMODCACHE": "{origin}//a/../b/"}, (_place(82, _simple, "v9.9.9"), _place(83, _simple))),
    "git writes UTF-16": Group({
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "i18n.logOutputEncoding", "GIT_CONFIG_VALUE_0": "UTF-16"}, (
        _place(84, _simple),)),
    "git complains of its version": Group({"PATH": ODD}, (
        _place(85, lambda host: _odd_git(host, 'case "$1" in version) exec {git} version >&2;; esac; exec {git} "$@"\n')),)),
    "a tag that moves meanwhile": Group({"PATH": ODD}, (
        _place(86, lambda host: _odd_git(host, MOVES)),)),
    "behind a proxy": Group({"GOPROXY": f"{P},direct"}, (
        _place(61, _simple), _place(62, lambda host: lambda origin: None), _place(63, _simple, "v9.9.9"), _place(64, _simple, "latest"),
        Target("had.corp.test/x", "v1.0.0", lambda origin: _file_of(
            origin, "proxy.corp.test/p", "had.corp.test/x", "v1.0.0", {"go.mod": "module had.corp.test/x\n"})))),
    "behind a broken proxy": Group({"GOPROXY": "https://broken.corp.test,direct"}, (
        _place(65, lambda host: _both(_simple(host), lambda origin: origin.refused.update({"broken.corp.test": 500}))),)),
    "behind a broken proxy, with |": Group({"GOPROXY": "https://broken.corp.test|direct"}, (
        _place(66, lambda host: _both(_simple(host), lambda origin: origin.refused.update({"broken.corp.test": 500}))),
        _place(67, lambda host: lambda origin: None, "latest"), _place(68, lambda host: _refused(host, 403)))),
    "direct, then nothing else": Group({"GOPROXY": f"direct,{P}"}, (_place(69, lambda host: lambda origin: None),)),
    "private": Group({"GOPROXY": P, "GOPRIVATE": "*.corp.test"}, (
        _place(70, _simple), _place(71, lambda host: lambda origin: None), _place(72, _simple, "v3.0.0"))),
    "private, GONOPROXY=none": Group({"GOPROXY": P, "GOPRIVATE": "*.corp.test", "GONOPROXY": "none"}, (_place(73, _simple),)),
    "GONOPROXY, and direct as well": Group({"GOPROXY": f"{P},direct", "GONOPROXY": "p74.corp.test"}, (
        _place(74, lambda host: lambda origin: None, "latest"), _place(75, _simple))),
    "GOPROXY=off, private": Group({"GOPROXY": "off", "GOPRIVATE": "*.corp.test"}, (_place(76, _simple),)),
    "netrc": Group({"NETRC": "{origin}/netrc"}, (
        _place(77, lambda host: _both(_simple(host), lambda origin: (origin.folder / "netrc").write_text(
            f"machine {host} login me password hunter2\n") and None)),)),
}  # fmt: skip
