"""Build constraints and imports are read as go reads them."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

from probes.golang.build_constraints import matches_name, tags_for
from probes.golang.go_source import Unreadable, read_folder, read_imports
from tests.against_go.golang import go_binary, goroot
from tests.modtrace import clean_environment

TERMS = (
    "linux",
    "windows",
    "unix",
    "amd64",
    "arm64",
    "cgo",
    "go1.20",
    "go1.27",
    "go1.28",
    "gc",
    "special",
    "never",
)


def go_list(folder: Path, home: Path, *arguments: str, **more: str) -> list[dict[str, object]]:
    env = clean_environment(
        home, GOROOT=str(goroot()), GOCACHE=str(home / "cache"), GOPROXY="off", CGO_ENABLED="0", GOARCH="amd64",
        GOOS="linux", GOFLAGS="", **more,
    )  # fmt: skip
    done = subprocess.run(
        [str(go_binary()), "list", "-e", *arguments], cwd=folder, env=env, text=True, capture_output=True,
        check=True,
    )  # fmt: skip
    return [json.loads(one) for one in done.stdout.splitlines()]


def test_the_standard_library_imports_what_go_says(tmp_path: Path) -> None:
    form = '{"path":"{{.ImportPath}}","imports":{{range $i, $_ := .Imports}}{{if $i}},{{else}}[{{end}}"{{.}}"{{end}}'
    form += "{{if .Imports}}]{{else}}[]{{end}}}"
    tags = tags_for("linux", "amd64", "1.27.3", cgo=False)
    wrong = []
    for found in go_list(tmp_path, tmp_path, "-f", form, "std"):
        path = str(found["path"])
        if path.startswith("vendor/"):
            continue
        ours = [one.path for one in read_folder(goroot() / "src" / path, tags).imports if one.path != "C"]
        theirs = [str(one).removeprefix("vendor/") for one in found["imports"]]  # type: ignore[attr-defined]
        # what experiments and architectures add as tags is not known here
        if sorted(ours) != sorted(theirs) and not path.startswith(
            ("internal/", "runtime", "crypto", "simd", "encoding/json")
        ):
            wrong.append((path, set(ours) ^ set(theirs)))
    assert not wrong


def expression(chance: random.Random, depth: int = 0) -> str:
    kind = chance.randrange(6 if depth < 3 else 1)
    if kind <= 1:
        return chance.choice(TERMS)
    if kind == 2:
        return f"!{expression(chance, depth + 3)}"
    if kind == 3:
        return f"({expression(chance, depth + 1)})"
    return f"{expression(chance, depth + 1)} {chance.choice(('&&', '||'))} {expression(chance, depth + 1)}"


def test_generated_constraints_leave_out_the_same_files(tmp_path: Path) -> None:
    chance = random.Random(5)
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "go.mod").write_text("module m.test/x\n")
    heads = [f"//go:build {expression(chance)}\n\n" for _ in range(150)]
    before, after = ("", "/* a comment */ ", "// text\n"), ("", " // why", " )", " &&")
    heads += [
        f"{chance.choice(before)}//go:build {expression(chance)}{chance.choice(after)}\n\n" for _ in range(40)
    ]
    heads += [
        f"// +build {chance.choice(TERMS)},{chance.choice(TERMS)} !{chance.choice(TERMS)}\n\n"
        for _ in range(20)
    ]
    heads += [f"// +build {chance.choice(TERMS)}\n" for _ in range(5)]
    heads += [
        "/*\n//go:build never\n*/\n\n",
        "//go:build linux\n//go:build linux\n\n",
        "\n\n//go:build never\n",
    ]
    heads += [
        "package x\n//go:build never\n//",
        "//go:buildx never\n\n",
        "\ufeff//go:build never\n\n",
        "//go:build\n\n",
    ]
    heads += [f"//go:build {'(' * deep}never{')' * deep}\n\n" for deep in (400, 999, 1000)]
    heads += [f"//go:build {'!(' * 499}linux{')' * 499}\n\n", "//go:build !!linux\n\n"]
    heads += [f"//go:build {' && '.join(['never'] * long)}\n\n" for long in (1000, 1001)]
    heads += [f"// +build {' '.join(['never'] * long)}\n\n" for long in (101, 102)]
    heads += [f"{'/**/' * 2000} // x\n//go:build never\n\n", "//go:build linux linux\n\n"]
    for number, head in enumerate(heads):
        (folder / f"f{number}.go").write_text(f"{head}package x\n")
    names = ["a_linux.go", "a_windows.go", "a_linux_amd64.go", "a_arm64.go", "a_linux_arm64.go", "linux.go", "_x.go",
             "a_linux_test.go", "windows_test.go", "a_b_windows.go", "a_windows_x.go", "a_unix.go", "a_windows.b.go",
             ".h.go", "amd64_windows.go", "a_android.go", "a_js_wasm.go"]  # fmt: skip
    for name in names:
        (folder / name).write_text("package x\n")
    (folder / "c.go").write_text('package x\n\nimport "C"\n')
    fields = ("GoFiles", "IgnoredGoFiles", "InvalidGoFiles")
    form = ",".join(f'"{one}":"{{{{join .{one} " "}}}}"' for one in fields)
    (found,) = go_list(folder, tmp_path, "-tags=special", "-f", f"{{{form}}}", ".")
    tags = tags_for("linux", "amd64", "1.27.3", cgo=False, more=("special",))
    ours = read_folder(folder, tags)
    odd = set(ours.passed_over) ^ set(str(found["IgnoredGoFiles"]).split())
    assert not {name: heads[int(name[1:-3])] if name[1:-3].isdigit() else "" for name in odd}
    assert ours.has_tests
    assert ours.name == "x"
    assert sorted(ours.unreadable) == sorted(str(found["InvalidGoFiles"]).split())
    assert matches_name("x.go", tags)


def test_imports_and_their_places() -> None:
    text = (
        '// Package x. import "no"\npackage x // import "x.test/x"\n\nimport "a"; import b "b"\nimport (\n\t. "c"\n'
        '\t/* why */ _ `d`\n\t"e\\x66"\n)\n\nvar import_ = "z"\n'
    )
    assert read_imports(text.encode()).imports == (
        ("a", 4, 8), ("b", 4, 20), ("c", 6, 2), ("d", 7, 12), ("ef", 8, 2),
    )  # fmt: skip
    for bad in (
        b"",
        b"package",
        b"packagex x",
        b'package x\nimport "a',
        b"package x\nimport (",
        b"package x\0",
        b"/* package x",
    ):
        try:
            read_imports(bad)
        except Unreadable:
            continue
        raise AssertionError(bad)


def test_a_folder_is_read_without_waiting(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_text('package a\n\nimport "fmt"\n')
    (tmp_path / "b.go").mkdir()
    (tmp_path / "c.go").symlink_to(tmp_path / "gone.go")
    (tmp_path / "d.go").symlink_to(tmp_path / "d.go")
    (tmp_path / "e.go").write_bytes(b"\x1b]0;x\x07")
    os.mkfifo(tmp_path / "f.go")
    found = read_folder(tmp_path, tags_for("linux", "amd64", "1.27", cgo=False))
    assert [one.path for one in found.imports] == ["fmt"]
    assert found.unreadable == ("e.go",)
