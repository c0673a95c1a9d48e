"""Projects that were made to keep modtrace busy for ever, or to break it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from probes.golang.build_constraints import BadConstraint, matches_header, tags_for
from probes.golang.go_source import Folder, Import, read_imports
from probes.golang.gomod_full import read_full
from probes.project.as_build import Answer, look_at_build
from probes.project.import_errors import NoGo
from probes.project.loading_packages import Package
from probes.project.package_errors import faults
from probes.project.project import MainModule, Project
from probes.sources.environment_reader import read_environment
from tests.modtrace import clean_environment

TAGS = tags_for("linux", "amd64", "1.27", cgo=False)
MANY = 30_000


def test_build_lines_as_deep_and_as_long_as_go_takes_them() -> None:
    def holds(line: str) -> bool:
        return matches_header(f"//go:build {line}\n\n", TAGS)

    assert holds("(" * 999 + "linux" + ")" * 999)
    assert not holds("!(" * 499 + "linux" + ")" * 499)
    assert holds(" || ".join(["never"] * 999 + ["linux"]))
    for line in ("(" * 1000 + "linux" + ")" * 1000, " && ".join(["linux"] * 1001), "(" * MANY, "!" * MANY):
        with pytest.raises(BadConstraint):
            holds(line)
    assert not matches_header("// +build " + " ".join(["never"] * 101) + "\n\npackage x", TAGS)
    assert matches_header("// +build " + " ".join(["never"] * 102) + "\n\npackage x", TAGS)


def test_comments_and_imports_without_end_are_read_once() -> None:
    assert matches_header("/**/" * 500_000 + "package x", TAGS)
    lines = "".join(f'\t_ "m.test/x/p{number}"\n' for number in range(MANY))
    found = read_imports(f"package x\n\nimport (\n{lines})\n".encode())
    assert [line for _, line, _ in found.imports] == list(range(4, MANY + 4))
    assert {column for _, _, column in found.imports} == {2}


def test_replacements_without_end_are_looked_up_and_not_looked_through() -> None:
    lines = "".join(f"replace dep.test/d{number} => ./r\n" for number in range(MANY))
    parsed = read_full(f"module m.test/x\n\ngo 1.21\n{lines}".encode(), file="go.mod", is_main=True)
    project = Project(Path("/p"), [MainModule(Path("/p"), parsed)])
    found = {project.effective(f"dep.test/d{number}", "v1.0.0") for number in range(MANY)}
    assert found == {Path("/p/r")}


def test_a_chain_of_packages_shares_the_way_to_each() -> None:
    last = package = Package("m.test/x", folder=Path("/x"), scan=Folder("x"))
    for number in range(3000):
        inner = Package(f"m.test/x/{number}", folder=Path("/x"), scan=Folder("x"))
        inner.error = NoGo("no Go files in it") if number == 2999 else None
        package.imports.append(inner)
        package.scan = Folder("x", (Import(inner.path, Path("/x/x.go"), 1, 1),))
        package = inner
    tracemalloc.start()
    (fault,) = faults([last])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 << 20
    told = fault.told(str)
    assert told.startswith("package m.test/x\n\timports m.test/x/0\n\timports m.test/x/1\n")
    assert told.endswith("m.test/x/2999: no Go files in it")


def test_thousands_of_packages_are_loaded_in_the_order_they_were_met(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "go.mod").write_text("module m.test/x\n\ngo 1.21\n")
    lines = "".join(f'\t_ "m.test/x/p{number}"\n' for number in range(5000))
    (folder / "x.go").write_text(f"package x\n\nimport (\n{lines})\n")
    environment = read_environment(clean_environment(tmp_path, TMPDIR="/nowhere"), cwd=str(folder))
    found = look_at_build(environment)
    assert found.answer is Answer.STOPS
    assert sum(one.answer is Answer.STOPS for one in found.checks) == 5000
