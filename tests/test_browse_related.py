"""Module paths beside a module path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.browse.related import Relation, may_be_package, related_paths
from probes.golang.module import check_path

ELEMENTS = st.lists(st.sampled_from(["a", "b", "v2", "v1", "v3", "x.v2", "..", "", "A"]), max_size=5)
HOSTS = st.sampled_from(["github.com", "gopkg.in", "m.test", "nodot", "golang.org"])


def paths(path: str, relation: Relation, *known: str) -> list[str]:
    """The related paths of one kind."""
    return [one.path for one in related_paths(path, known) if one.relation is relation]


@pytest.mark.parametrize(
    ("path", "majors"),
    [
        ("m.test/x", ["m.test/x/v2"]),
        ("m.test/x/v2", ["m.test/x", "m.test/x/v3"]),
        ("m.test/x/v4", ["m.test/x", "m.test/x/v3", "m.test/x/v5"]),
        ("gopkg.in/yaml.v3", ["gopkg.in/yaml.v1", "gopkg.in/yaml.v2", "gopkg.in/yaml.v4"]),
        ("gopkg.in/yaml.v0", ["gopkg.in/yaml.v1"]),
        ("gopkg.in/yaml.v1", ["gopkg.in/yaml.v0", "gopkg.in/yaml.v2"]),
        ("gopkg.in/user/pkg.v2", ["gopkg.in/user/pkg.v1", "gopkg.in/user/pkg.v3"]),
        ("m.test/x/v1", []),
    ],
)
def test_the_majors_before_and_behind(path: str, majors: list[str]) -> None:
    assert paths(path, Relation.MAJOR) == majors


def test_majors_that_are_known_are_offered_however_far_they_are() -> None:
    found = related_paths("m.test/x", ["m.test/x/v7@v7.0.1", "m.test/y/v2", "m.test/x"])
    assert [(one.path, one.is_known) for one in found] == [("m.test/x/v2", False), ("m.test/x/v7", True)]


def test_modules_around_it_are_prefixes_but_no_users_and_no_hosts() -> None:
    assert paths("github.com/u/repo/a/b", Relation.AROUND) == ["github.com/u/repo/a", "github.com/u/repo"]
    assert paths("github.com/u/repo", Relation.AROUND) == []
    assert paths("m.test/x/y/v2", Relation.AROUND) == ["m.test/x"]
    known = ("m.test/x/v3",)
    assert paths("m.test/x/y", Relation.AROUND, *known) == ["m.test/x", "m.test/x/v3"]


def test_modules_inside_are_those_that_are_known() -> None:
    known = ("cloud.test/go/storage", "cloud.test/go/storage/v2", "cloud.test/gopher", "cloud.test/go")
    assert paths("cloud.test/go", Relation.INSIDE, *known) == [
        "cloud.test/go/storage",
        "cloud.test/go/storage/v2",
    ]


def test_what_may_be_a_package_has_a_prefix_that_may_be_a_module() -> None:
    assert may_be_package("github.com/u/repo/internal/x")
    assert not may_be_package("github.com/u/repo")
    assert not may_be_package("m.test/x")
    assert not may_be_package("nodot/x/y")


@given(HOSTS, ELEMENTS, st.lists(ELEMENTS.map("/".join), max_size=4))
def test_related_paths_are_module_paths_and_others(host: str, elements: list[str], known: list[str]) -> None:
    path = "/".join([host, *elements])
    found = [one.path for one in related_paths(path, [f"{host}/{one}" for one in known])]
    assert path not in found
    assert len(found) == len(set(found))
    for one in found:
        check_path(one)
