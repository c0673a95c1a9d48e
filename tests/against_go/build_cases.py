"""Projects that go builds, or stops at before any packet: name, files, settings, arguments."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

MAIN = "package main\n\nfunc main() {}\n"
ALL = "*"
"""A go.sum with everything."""


@dataclass(frozen=True)
class Case:
    """One project."""

    name: str
    files: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("./...",)
    folder: str = "."
    mends: bool = False
    """Whether the remedy makes go go on, alone."""


def imports(*paths: str, package: str = "main") -> str:
    lines = "".join(f'\t_ "{path}"\n' for path in paths)
    body = "\nfunc main() {}\n" if package == "main" else ""
    return f"package {package}\n\nimport (\n{lines})\n{body}"


def module(*lines: str, go: str = "1.20", path: str = "main.test/m") -> str:
    return "\n".join([f"module {path}", *([f"go {go}"] if go else []), *lines]) + "\n"


A, B, C = "require dep.test/a v1.0.0", "require dep.test/b v1.0.0", "require dep.test/c v1.0.0"
A1, B1 = "require dep.test/a v1.1.0", "require dep.test/b v1.1.0"
VENDORED = {
    "vendor/modules.txt": "# dep.test/b v1.0.0\n## explicit; go 1.16\ndep.test/b\n",
    "vendor/dep.test/b/b.go": "package b\n",
}


def one(go_mod: str, *paths: str, sums: str = ALL, **more: str) -> dict[str, str]:
    return {"go.mod": go_mod, "main.go": imports(*paths) if paths else MAIN, "go.sum": sums, **more}


PLAIN = [
    Case("fine", one(module(A, B), "dep.test/a")),
    Case("nothing required", one(module())),
    Case("std only", one(module(), "fmt", "net/http")),
    Case("no such std package", one(module(), "fmt", "nothing/here")),
    Case("no such std package, no slash", one(module(), "nosuch")),
    Case("nothing provides it", one(module(), "gone.test/x"), mends=False),
    Case("nothing provides it, could", one(module(), "dep.test/c"), mends=True),
    Case("two missing", one(module(), "dep.test/c", "gone.test/x")),
    Case("explicit readonly", one(module(), "dep.test/c"), {"GOFLAGS": "-mod=readonly"}, mends=True),
    Case("replaced, not required", one(module("replace dep.test/c => dep.test/c v1.0.0"), "dep.test/c"),
         mends=True),
    Case("replaced at a version", one(module("replace dep.test/c v1.0.0 => dep.test/c v1.0.0"), "dep.test/c"),
         mends=True),
    Case("replaced by a folder, not required", one(
        module("replace x.test/y => ./y"), "x.test/y",
        **{"y/go.mod": "module x.test/y\n", "y/y.go": "package y\n"}), mends=True),
    Case("replaced, package not in it", one(
        module("replace x.test/y => ./y"), "x.test/y/z",
        **{"y/go.mod": "module x.test/y\n", "y/y.go": "package y\n"})),
    Case("no sums at all", one(module(A, B), "dep.test/a", sums=""), mends=True),
    Case("sum of go.mod missing", one(module(A, B), "dep.test/a", sums="dep.test/a v1.0.0;dep.test/b v1.0.0"),
         mends=True),
    Case("sum of zip missing", one(module(A, B), "dep.test/a", sums="dep.test/a v1.0.0/go.mod;dep.test/b v1.0.0/go.mod"),
         mends=True),
    Case("sum of inner zip missing", one(module(A, B), "dep.test/a",
         sums="dep.test/a v1.0.0;dep.test/a v1.0.0/go.mod;dep.test/b v1.0.0/go.mod"), mends=True),
    Case("sum of a prefix missing", one(
        module(A, B, "require dep.test/a/sub v1.0.0"), "dep.test/a/sub",
        sums="dep.test/a/sub v1.0.0;dep.test/a/sub v1.0.0/go.mod")),
    Case("sums, unpruned", one(module(A, B, go="1.16"), "dep.test/a", sums="dep.test/a v1.0.0")),
    Case("sum of a kind that go does not know", one(module(B), "dep.test/b", sums="!dep.test/b v1.0.0 h2:abc=")),
    Case("indirect not listed", one(module(A), "dep.test/a"), mends=True),
    Case("direct from implicit", one(module(A), "dep.test/a", "dep.test/b"), mends=True),
    Case("lower than needed", one(module("require dep.test/up v1.0.0", B), "dep.test/up"), mends=True),
    Case("unpruned fine", one(module(A, go="1.16"), "dep.test/a")),
    Case("unpruned, direct from implicit", one(module(A, go="1.16"), "dep.test/a", "dep.test/b")),
    Case("unpruned, lower than needed", one(module("require dep.test/old v1.0.0", B, go="1.16"), "dep.test/old"),
         mends=True),
    Case("no go line", one(module(A, go=""), "dep.test/a")),
    Case("twice, two versions", one(module(B, B1, C), "dep.test/b"), mends=True),
    Case("twice, one version", one(module(B, B), "dep.test/b")),
    Case("requires itself", one(module(B, "require main.test/m v1.0.0"), "dep.test/b")),
    Case("excluded", one(module(B, "exclude dep.test/b v1.0.0"), "dep.test/b")),
    Case("excluded, not imported", one(module(B, "exclude dep.test/b v1.0.0")), mends=True),
    Case("replace twice", one(module(B, *["replace dep.test/b => dep.test/b v1.1.0"] * 2, C), "dep.test/b")),
    Case("replace two ways", one(module(B, "replace dep.test/b => ./x", "replace dep.test/b => ./y"), "dep.test/b")),
    Case("toolchain line for nothing", one(module("toolchain go1.22.0", go="1.22.0"))),
    Case("toolchain line", one(module("toolchain go1.22.3", go="1.22.0"))),
    Case("replaced folder is missing", one(module(B, "replace dep.test/b => ./gone"), "dep.test/b"), mends=True),
    Case("replaced folder without go.mod", one(module(B, "replace dep.test/b => ./b"), "dep.test/b",
         **{"b/b.go": "package b\n"})),
    Case("replaced folder is a file", one(module(B, "replace dep.test/b => ./b"), "dep.test/b", b="x")),
    Case("ambiguous", one(module(A, B, "require dep.test/a/sub v1.0.0"), "dep.test/a/sub")),
    Case("internal of another", one(module(A, B), "dep.test/a/internal/x")),
    Case("internal of our own", one(module(), "main.test/m/internal/x", **{"internal/x/x.go": "package x\n"})),
    Case("internal of std", one(module(), "internal/abi")),
    Case("a program is imported", one(module("require dep.test/prog v1.0.0"), "dep.test/prog")),
    Case("build constraints exclude all", one(module("require dep.test/win v1.0.0"), "dep.test/win")),
    Case("two packages in a folder", one(module("require dep.test/win v1.0.0"), "dep.test/win/two")),
    Case("own folder is empty of Go", one(module(), "main.test/m/none", **{"none/x.txt": ""})),
    Case("constraints leave imports out", one(
        module(), **{"w_windows.go": imports("gone.test/x"), "t.go": "//go:build never\n\n" + imports("gone.test/x"),
                     "c.go": 'package main\n\nimport "C"\nimport _ "gone.test/x"\n',
                     "u.go": "//go:build unix && !windows && go1.20\n\n" + imports("gone.test/y")})),
    Case("tests are not built", one(module(), **{"main_test.go": imports("gone.test/x")})),
    Case("tags", one(module(), **{"t.go": "//go:build special\n\n" + imports("gone.test/x")}), {"GOFLAGS": "-tags=special"}),
    Case("missing deep down", one(module("require dep.test/lost v1.0.0"), "dep.test/lost")),
    Case("named otherwise", one(module("require dep.test/named v1.0.0"), "dep.test/named")),
    Case("dependency too new", one(module("require dep.test/new v1.0.0"), "dep.test/new",
         sums="dep.test/new v1.0.0/go.mod;!dep.test/new v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    Case("relative import", one(module(), "./x", **{"x/x.go": "package x\n"})),
    Case("import with a version", one(module(), "dep.test/c@v1.0.0")),
    Case("import of all", one(module(), "all")),
    Case("bad import path", one(module(), "dep.test/c//x")),
    Case("go line too new", one(module(go="1.99")), mends=False),
    Case("no module line", {"go.mod": "go 1.20\n", "main.go": MAIN, "go.sum": ""}),
    Case("broken go.mod", {"go.mod": "module main.test/m\nrequire (\n", "main.go": MAIN, "go.sum": ""}),
    Case("broken go.sum", one(module(B), "dep.test/b", sums="!a b\n")),
]

SETTINGS = [
    Case("-mod=vendor, no vendor folder", one(module(B), "dep.test/b"), {"GOFLAGS": "-mod=vendor"}, mends=True),
    Case("-mod nonsense", one(module()), {"GOFLAGS": "-mod=none"}, mends=True),
    Case("-mod=mod", one(module(A, B), "dep.test/a"), {"GOFLAGS": "-mod=mod"}),
    Case("unknown flag", one(module()), {"GOFLAGS": "-nonsense"}, mends=True),
    Case("GO111MODULE nonsense", one(module()), {"GO111MODULE": "maybe"}, mends=True),
    Case("GOWORK is relative", one(module()), {"GOWORK": "go.work"}),
    Case("modfile of another kind", one(module()), {"GOFLAGS": "-modfile=x.txt"}),
    Case("GOTOOLCHAIN nonsense", one(module()), {"GOTOOLCHAIN": "nonsense"}, mends=True),
    Case("relative GOPATH", one(module()), {"GOPATH": "x"}),
]

VENDOR = [
    Case("vendor fine", one(module(B), "dep.test/b", sums="", **VENDORED)),
    Case("vendor, not explicit", one(module(B), "dep.test/b", **{**VENDORED, "vendor/modules.txt":
         "# dep.test/b v1.0.0\n## go 1.16\ndep.test/b\n"}), mends=True),
    Case("vendor, other version", one(module(B1, C), "dep.test/b", **VENDORED), mends=True),
    Case("vendor, left over", one(module(), **VENDORED), mends=True),
    Case("vendor, replaced here", one(module(B, "replace dep.test/b => dep.test/b v1.0.0"), "dep.test/b", **VENDORED),
         mends=True),
    Case("vendor, replaced there", one(module(B), "dep.test/b", **{**VENDORED, "vendor/modules.txt":
         "# dep.test/b v1.0.0 => ./b\n## explicit; go 1.16\ndep.test/b\n"}), mends=True),
    Case("vendor, replaced otherwise", one(module(B, "replace dep.test/b => ./c"), "dep.test/b", **{
         **VENDORED, "vendor/modules.txt": "# dep.test/b v1.0.0 => ./b\n## explicit; go 1.16\ndep.test/b\n# dep.test/b => ./d\n",
         "c/go.mod": "module dep.test/b\n", "c/c.go": "package b\n"}), mends=True),
    Case("vendor, package missing", one(module(B), "dep.test/b/x", **VENDORED)),
    Case("vendor, module missing", one(module(B), "dep.test/b", "dep.test/c", **VENDORED)),
    Case("vendor without modules.txt", one(module(B), "dep.test/b", **{"vendor/x.txt": ""}), mends=True),
    Case("vendor at go 1.13", one(module(B, go="1.13"), "dep.test/b", "dep.test/c", **VENDORED)),
    Case("vendor at no go line", one(module(B, go=""), "dep.test/b", "dep.test/c", **VENDORED)),
    Case("vendor at go 1.23, not listed", one(module(B, go="1.23"), "dep.test/b", "dep.test/c", **{
         **VENDORED, "vendor/dep.test/c/c.go": "package c\n"})),
    Case("vendor of a workspace", one(module(B), "dep.test/b", **{**VENDORED, "vendor/modules.txt": "## workspace\n"})),
    Case("vendor, indirect not required", one(module(B), "dep.test/b", **{**VENDORED, "vendor/modules.txt":
         VENDORED["vendor/modules.txt"] + "# dep.test/c v1.0.0\n## go 1.20\ndep.test/c\n",
         "vendor/dep.test/c/c.go": "package c\n"}), mends=True),
    Case("vendor, explicit mod", one(module(B), "dep.test/c", **VENDORED), {"GOFLAGS": "-mod=vendor"}),
]

WORK = "go 1.21\nuse (\n\t./m\n\t./n\n)\n"


def work(first: str, second: str, *paths: str, text: str = WORK, sums: str = ALL, **more: str) -> dict[str, str]:
    return {
        "go.work": text, "m/go.mod": first, "m/main.go": imports(*paths) if paths else MAIN, "m/go.sum": sums,
        "n/go.mod": second, "n/n.go": "package n\n", **more,
    }  # fmt: skip


N = module(path="main.test/n")
WORKSPACES = [
    Case("workspace fine", work(module(A, B), N, "dep.test/a", "main.test/n"), arguments=("./m/...", "./n")),
    Case("workspace, nothing provides", work(module(), N, "dep.test/c"), arguments=("./m",)),
    Case("workspace, from within", work(module(), N, "dep.test/c"), folder="m", mends=False),
    Case("workspace, implicit", work(module(A), N, "dep.test/a", "dep.test/b"), folder="m"),
    Case("workspace, too far in", work(module("require dep.test/up v1.0.0"), N, "dep.test/up", "dep.test/c"), folder="m"),
    Case("workspace, -mod=mod", work(module(), N), {"GOFLAGS": "-mod=mod"}, folder="m", mends=True),
    Case("workspace, module missing", {"go.work": WORK, "m/go.mod": module(), "m/main.go": MAIN}, folder="m"),
    Case("workspace, go line too old", work(module(go="1.22"), N), folder="m", mends=True),
    Case("workspace, listed twice", work(module(), N, text=WORK + "use ./m\n"), folder="m"),
    Case("workspace, same module twice", work(module(), module()), folder="m"),
    Case("workspace, conflicting replace", work(
        module("replace x.test/y => ./a"), module("replace x.test/y => ./b", path="main.test/n")), folder="m"),
    Case("workspace, outside", work(module(), N, **{"o/go.mod": module(path="o.test/o"), "o/o.go": MAIN}), folder="o",
         arguments=(".",)),
    Case("workspace, empty", {"go.work": "go 1.21\n", "main.go": MAIN}, arguments=(".",)),
    Case("workspace off", work(module(B), N, "dep.test/b"), {"GOWORK": "off"}, folder="m"),
    Case("workspace, replaced folder missing", work(module(B), N, "dep.test/b",
         text=WORK + "replace dep.test/b => ./gone\n"), folder="m"),
    Case("workspace vendor", work(module(B), N, "dep.test/b", text=WORK.replace("1.21", "1.22"), **{
        "vendor/modules.txt": "## workspace\n# dep.test/b v1.0.0\n## explicit; go 1.16\ndep.test/b\n",
        "vendor/dep.test/b/b.go": "package b\n"}), folder="m"),
    Case("workspace vendor, inconsistent", work(module(B), N, "dep.test/b", text=WORK.replace("1.21", "1.22"), **{
        "vendor/modules.txt": "## workspace\n"}), folder="m", mends=True),
    Case("workspace, vendor of a module", work(module(B), N, "dep.test/b", "dep.test/c", text=WORK.replace("1.21", "1.22"),
         **{"vendor/modules.txt": "# dep.test/b v1.0.0\n"}), folder="m"),
]

PLACES = [
    Case("no module", {"main.go": MAIN}, arguments=(".",)),
    Case("no module, ./...", {"main.go": MAIN}),
    Case("no module, a path", {"main.go": MAIN}, arguments=("dep.test/c",)),
    Case("no module, git", {"main.go": MAIN, ".git/config": ""}, arguments=(".",)),
    Case("no module, git above", {"x/main.go": MAIN, ".git/config": ""}, arguments=(".",), folder="x"),
    Case("modfile without a module", {"main.go": MAIN}, {"GOFLAGS": "-modfile=x.mod"}, arguments=(".",)),
    Case("folder that is not there", one(module()), arguments=("./gone",)),
    Case("folder without Go", one(module(), **{"x/y.txt": ""}), arguments=("./x",)),
    Case("folder of another module", one(module(), **{"x/go.mod": module(path="x.test/x"), "x/x.go": MAIN}),
         arguments=("./x",)),
    Case("a path of ours that is not there", one(module()), arguments=("main.test/m/gone",)),
    Case("a path that nothing provides", one(module()), arguments=("dep.test/c",), mends=True),
    Case("a path without a sum", one(module(B), sums=""), arguments=("dep.test/b",)),
    Case("./... with nothing in it", {"go.mod": module(), "x/y.txt": "", "testdata/x.go": MAIN, "_x/x.go": MAIN,
                                      ".x/x.go": MAIN, "m/go.mod": module(path="x.test/x"), "m/m.go": MAIN}),
    Case("./... below", one(module("ignore ./skip", "ignore node_modules", go="1.25"), **{
        "skip/s.go": imports("gone.test/1"), "x/node_modules/n.go": imports("gone.test/2"),
        "x/x.go": imports("gone.test/3", package="x"), "vendor/v/v.go": imports("gone.test/4")})),
    Case("./x/...", one(module(), **{"x/x.go": imports("gone.test/x", package="x"), "xy/x.go": imports("gone.test/y")}),
         arguments=("./x/...",)),
]  # fmt: skip

OFF = {"GOPROXY": "off", "GOMODCACHE": "COLD"}
COLD = [
    Case("cold, off", one(module(A, B), "dep.test/a", "dep.test/b"), OFF, mends=True),
    Case("cold, off, deep", one(module(A, B), "main.test/m/x", **{"x/x.go": imports("dep.test/a/sub", package="x")}), OFF),
    Case("cold, off, unpruned", one(module(A, go="1.16"), "dep.test/a"), OFF),
    Case("cold, off, nothing provides it", one(module(A, B), "dep.test/c"), OFF),
    Case("cold, off, workspace", work(module(A, B), N, "dep.test/a"), OFF, folder="m"),
    Case("cold, off, nothing needed", one(module(A, B), "fmt"), OFF),
    Case("cold, off, sums missing", one(module(A, B), "dep.test/a", "dep.test/b", sums="dep.test/a v1.0.0"), OFF),
    Case("cold, off, vendor", one(module(B), "dep.test/b", sums="", **VENDORED), OFF),
    Case("cold, off, -mod=mod", one(module(B), "dep.test/b"), {**OFF, "GOFLAGS": "-mod=mod"}),
]

CASES = [*COLD, *PLAIN, *SETTINGS, *VENDOR, *WORKSPACES, *PLACES]


def random_case(seed: int, sums: list[str]) -> Case:
    """A project put together by chance out of the modules of the world."""
    chance = random.Random(seed)
    known = [("dep.test/a", "v1.0.0"), ("dep.test/a", "v1.1.0"), ("dep.test/a/sub", "v1.0.0"),
             ("dep.test/b", "v1.0.0"), ("dep.test/b", "v1.1.0"), ("dep.test/c", "v1.0.0"),
             ("dep.test/old", "v1.0.0"), ("dep.test/up", "v1.0.0"), ("dep.test/lost", "v1.0.0"),
             ("dep.test/named", "v1.0.0")]  # fmt: skip
    packages = [path for path, _ in known[:-1]] + ["dep.test/a/deep", "fmt", "gone.test/x", "main.test/m/in"]

    def go_mod(path: str) -> str:
        lines = [
            f"require {path} {number}{' // indirect' if chance.random() < 0.3 else ''}"
            for path, number in chance.sample(known, chance.randint(0, 5))
        ]
        if chance.random() < 0.25:
            old, number = chance.choice(known)
            left = f"{old} {number}" if chance.random() < 0.5 else old
            new, other = chance.choice(known)
            right = chance.choice(("./gone", "./local", f"{new} {other}"))
            lines.append(f"replace {left} => {right}")
        if chance.random() < 0.15:
            lines.append("exclude {} {}".format(*chance.choice(known)))
        return module(*lines, go=chance.choice(("1.15", "1.16", "1.17", "1.20", "1.21")), path=path)

    left_out = set(chance.sample(sums, chance.choice((0, 0, 1, 3, 8))))
    chosen = ";".join(one for one in sums if one not in left_out)
    files = {
        "go.mod": go_mod("main.test/m"),
        "main.go": imports(*chance.sample(packages, chance.randint(0, 3))),
        "in/in.go": imports(*chance.sample(packages[:-1], chance.randint(0, 2)), package="in"),
        "go.sum": chosen, "local/go.mod": "module dep.test/local\ngo 1.20\n", "local/l.go": "package local\n",
    }  # fmt: skip
    if chance.random() < 0.25:
        files = {
            **{f"m/{name}": text for name, text in files.items()},
            "n/go.mod": go_mod("main.test/n"),
            "n/n.go": imports(*chance.sample(packages, chance.randint(0, 2)), package="n"),
            "n/go.sum": chosen,
            "go.work": WORK,
        }
        return Case(f"random {seed}", files, folder="m")
    flags = {"GOFLAGS": chance.choice(("-mod=readonly", "-mod=mod"))} if chance.random() < 0.2 else {}
    if flags.get("GOFLAGS") == "-mod=mod":
        flags["GOPROXY"] = "off"
    return Case(f"random {seed}", files, flags)


def random_vendored(seed: int) -> Case:
    """A module or a workspace whose requirements agree once they were made tidy."""
    chance = random.Random(seed)
    known = ("dep.test/a", "dep.test/b", "dep.test/c", "dep.test/old", "dep.test/up")

    def files(path: str, place: str) -> dict[str, str]:
        lines = [
            line for line in ("replace dep.test/c => ./local", "replace dep.test/b v1.0.0 => dep.test/b v1.1.0")
            if chance.random() < 0.3
        ]  # fmt: skip
        go_mod = module(*lines, go=chance.choice(("1.13", "1.15", "1.17", "1.21", "1.23")), path=path)
        used = chance.sample(known, chance.randint(1, 3))
        return {
            f"{place}go.mod": go_mod, f"{place}main.go": imports(*used),
            f"{place}local/go.mod": "module dep.test/c\n", f"{place}local/c.go": "package c\n",
        }  # fmt: skip

    flags = chance.choice(({}, {}, {}, {"GOFLAGS": "-mod=vendor"}, {"GOFLAGS": "-mod=readonly"}))
    if chance.random() < 0.35:
        both = {**files("main.test/m", "m/"), **files("main.test/n", "n/")}
        return Case(f"vendored {seed}", {**both, "go.work": WORK.replace("1.21", "1.24")}, flags, folder="m")
    return Case(f"vendored {seed}", files("main.test/m", ""), flags)


def spoilt(seed: int, go_mod: str, modules_txt: str) -> tuple[str, str]:
    """go.mod and vendor/modules.txt after somebody has edited one of them."""
    chance = random.Random(seed)
    for _ in range(chance.randint(0, 2)):
        lines = modules_txt.split("\n")
        match chance.randrange(4):
            case 0:
                go_mod += f"require dep.test/{chance.choice('abc')} v1.0.0\n"
            case 1:
                path = chance.choice(("dep.test/a => ./local", "dep.test/up v1.0.0 => dep.test/up v1.0.0"))
                go_mod += f"replace {path}\n"
            case 2:
                kept = [one for one in go_mod.split("\n") if not one.strip().startswith("dep.test/b")]
                go_mod = "\n".join(kept)
            case _:
                lines.pop(chance.randrange(len(lines)))
                modules_txt = "\n".join(lines)
    return go_mod, modules_txt
