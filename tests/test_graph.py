"""The module graph in itself: what is read of it, who requires what, long chains."""

from __future__ import annotations

from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.gomod_full import read_full
from probes.project.graph import load_graph
from probes.project.project import MainModule, Project
from probes.project.selection import compare, in_order

Mods = dict[tuple[str, str], str]


def project_of(text: str) -> Project:
    return Project(Path("/p"), [MainModule(Path("/p"), read_full(text.encode()))])


def reading(mods: Mods) -> object:
    def read(path: str, number: str) -> bytes:
        if (path, number) not in mods:
            raise GoError("it is gone")
        return mods[path, number].encode()

    return read


def test_a_build_list_tells_who_requires_what_and_why_it_is_there() -> None:
    mods = {
        ("a.test", "v1.0.0"): "module a.test\nrequire c.test v1.1.0\n",
        ("b.test", "v1.0.0"): "module b.test\nrequire c.test v1.0.0\n",
        ("c.test", "v1.0.0"): "module c.test\n",
        ("c.test", "v1.1.0"): "module c.test\n",
    }
    project = project_of("module m.test\nrequire (\n\tb.test v1.0.0\n\ta.test v1.0.0\n)\n")
    found = load_graph(project, reading(mods))  # type: ignore[arg-type]
    assert found.error is None
    assert found.modules == (
        ("m.test", ""), ("a.test", "v1.0.0"), ("b.test", "v1.0.0"), ("c.test", "v1.1.0"),
    )  # fmt: skip
    assert found.selected("c.test") == "v1.1.0"
    assert found.selected("x.test") == "none"
    assert found.chain_to("c.test", "v1.0.0") == [("m.test", ""), ("b.test", "v1.0.0"), ("c.test", "v1.0.0")]
    assert found.required_by("c.test", "v1.1.0") == [("a.test", "v1.0.0")]


def test_what_cannot_be_read_is_told_and_the_rest_is_there() -> None:
    mods = {("a.test", "v1.0.0"): "module a.test\nrequire gone.test v1.0.0\n"}
    project = project_of("module m.test\nrequire a.test v1.0.0\n")
    found = load_graph(project, reading(mods))  # type: ignore[arg-type]
    assert str(found.error) == "a.test@v1.0.0 requires\n\tgone.test@v1.0.0: it is gone"
    assert ("gone.test", "v1.0.0") in found.modules


def test_a_chain_of_thousands_is_no_recursion() -> None:
    count = 5000
    mods = {
        (f"m{at}.test", "v1.0.0"): f"module m{at}.test\nrequire m{at + 1}.test v1.0.0\n"
        for at in range(count)
    }
    mods[f"m{count}.test", "v1.0.0"] = f"module m{count}.test\nrequire m0.test v1.0.0\n"
    project = project_of("module main.test\nrequire m0.test v1.0.0\n")
    found = load_graph(project, reading(mods))  # type: ignore[arg-type]
    assert len(found.modules) == count + 2
    assert len(found.chain_to(f"m{count}.test", "v1.0.0")) == count + 2


def test_versions_are_ordered_as_go_orders_them() -> None:
    assert compare("x.test", "", "v9.0.0") > 0
    assert compare("go", "1.21", "1.21rc1") < 0
    assert compare("toolchain", "go1.22.1", "go1.22.0") > 0
    mixed = [("b", "v1.2.0"), ("go", "1.22.0"), ("a", "v1.10.0"), ("a", "v1.9.0")]
    assert in_order(mixed) == [("a", "v1.9.0"), ("a", "v1.10.0"), ("b", "v1.2.0"), ("go", "1.22.0")]
