"""Semantic versions: what is one, and which of two is higher."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import semver

NUMBERS = st.one_of(st.integers(0, 12), st.integers(10**18, 10**21)).map(str)
IDENTIFIERS = st.one_of(NUMBERS, st.from_regex(r"[0-9]{0,2}[a-cA-C-][0-9a-c-]{0,2}", fullmatch=True))
SUFFIXES = st.lists(IDENTIFIERS, min_size=1, max_size=3).map(".".join)
VALID = st.builds(
    lambda numbers, pre, build: "v" + ".".join(numbers) + (pre + build if len(numbers) == 3 else ""),
    st.lists(NUMBERS, min_size=1, max_size=3),
    st.one_of(st.just(""), SUFFIXES.map("-".__add__)),
    st.one_of(st.just(""), st.just("+incompatible"), SUFFIXES.map("+".__add__)),
)
ANY = st.one_of(VALID, st.text(alphabet="v0129.-+a", max_size=8))

ASCENDING = [
    "v", "v0.0.0-0", "v0.0.0-20190101000000-abcdef123456", "v0", "v0.0.1", "v0.1", "v1.0.0-0", "v1.0.0-2",
    "v1.0.0-10", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2",
    "v1.0.0-beta.11", "v1.0.0-rc.1", "v1", "v1.0.1", "v1.2", "v1.10", "v2.0.0+incompatible", "v10",
    "v99999999999999999999",
]  # fmt: skip


def test_the_order_of_versions() -> None:
    for (i, low), (j, high) in itertools.product(enumerate(ASCENDING), repeat=2):
        assert semver.compare(low, high) == (i > j) - (i < j), (low, high)
    assert semver.sort(reversed(ASCENDING)) == ASCENDING


@pytest.mark.parametrize(
    ("equal", "to"),
    [("v1", "v1.0"), ("v1.2", "v1.2.0"), ("v1.2.3+a", "v1.2.3+b"), ("v2.0.0", "v2.0.0+x"), ("1.0", "junk")],
)
def test_versions_that_compare_as_equal(equal: str, to: str) -> None:
    assert semver.compare(equal, to) == 0


@pytest.mark.parametrize(
    "v",
    [
        "", "v", "1.2.3", "V1.2.3", "v01", "v1.02", "v1.2.03", "v1.", "v1.2.", "v1.2.3.4", "v1-pre",
        "v1.2-pre", "v1+meta", "v1.2.3-", "v1.2.3-01", "v1.2.3-a..b", "v1.2.3-a.", "v1.2.3+", "v1.2.3+a..b",
        "v1.2.3-a_b",
        "v1.2.3+a+b", "v1.2.3 ", "v1.2.3\n", "v-1.0.0", "v1.2.3-é", "v１.0.0", "latest", "master",
    ],
)  # fmt: skip
def test_what_is_no_version(v: str) -> None:
    assert not semver.is_valid(v)
    assert semver.canonical(v) == semver.major(v) == semver.major_minor(v) == ""
    assert semver.prerelease(v) == semver.build(v) == ""
    assert semver.compare(v, "v0.0.0-0") == -1


@pytest.mark.parametrize(
    ("v", "canonical", "major", "major_minor", "prerelease", "build"),
    [
        ("v1", "v1.0.0", "v1", "v1.0", "", ""),
        ("v1.2", "v1.2.0", "v1", "v1.2", "", ""),
        ("v1.2.3", "v1.2.3", "v1", "v1.2", "", ""),
        ("v2.1.0-pre+meta", "v2.1.0-pre", "v2", "v2.1", "-pre", "+meta"),
        ("v2.1.0-0a.-.b--+-.01", "v2.1.0-0a.-.b--", "v2", "v2.1", "-0a.-.b--", "+-.01"),
        ("v3.0.0+incompatible", "v3.0.0", "v3", "v3.0", "", "+incompatible"),
        ("v1.2.3+a-b", "v1.2.3", "v1", "v1.2", "", "+a-b"),
    ],
)
def test_the_parts_of_a_version(
    v: str, canonical: str, major: str, major_minor: str, prerelease: str, build: str
) -> None:
    assert semver.is_valid(v)
    assert semver.canonical(v) == canonical
    assert (semver.major(v), semver.major_minor(v)) == (major, major_minor)
    assert (semver.prerelease(v), semver.build(v)) == (prerelease, build)


@pytest.mark.parametrize(
    ("v", "is_prefix"),
    [("v1", True), ("v1.2", True), ("v1.2.3", False), ("v1.2.3-pre", False), ("v1.2.3+meta", False)],
)
def test_a_prefix_leaves_the_patch_open(v: str, is_prefix: bool) -> None:
    assert semver.is_prefix(v) is is_prefix


def test_sort_puts_equal_versions_in_the_order_of_their_bytes_and_leaves_its_argument_alone() -> None:
    versions = ["v2.0.0+incompatible", "v1.0.0+b", "z", "v2.0.0", "v1.0.0+a", "v1", "a"]
    before = list(versions)
    assert semver.sort(versions) == ["a", "z", "v1", "v1.0.0+a", "v1.0.0+b", "v2.0.0", "v2.0.0+incompatible"]
    assert versions == before


def test_numbers_have_no_limit() -> None:
    assert semver.compare("v1.0.0-" + "9" * 9000, "v1.0.0-1" + "0" * 9000) == -1


@settings(deadline=None)
@given(st.lists(ANY, min_size=3, max_size=3))
def test_the_order_is_total(versions: list[str]) -> None:
    a, b, c = versions
    assert semver.compare(a, a) == 0
    assert semver.compare(a, b) == -semver.compare(b, a)
    if semver.compare(a, b) <= 0 and semver.compare(b, c) <= 0:
        assert semver.compare(a, c) <= 0
    if semver.compare(a, b) == 0:
        assert semver.compare(a, c) == semver.compare(b, c)


@settings(deadline=None)
@given(VALID, VALID)
def test_the_canonical_form_is_a_fixed_point_that_decides_equality(v: str, w: str) -> None:
    canonical = semver.canonical(v)
    assert semver.is_valid(canonical)
    assert semver.canonical(canonical) == canonical
    assert semver.compare(v, canonical) == 0
    assert (semver.compare(v, w) == 0) == (canonical == semver.canonical(w))
    assert canonical.startswith(semver.major_minor(v))
    assert semver.major_minor(v).startswith(semver.major(v) + ".")


@settings(deadline=None)
@given(st.lists(ANY))
def test_a_sorted_list_rises(versions: list[str]) -> None:
    ordered = semver.sort(versions)
    assert sorted(ordered) == sorted(versions)
    assert all(semver.compare(a, b) <= 0 for a, b in itertools.pairwise(ordered))
    assert semver.sort(reversed(ordered)) == ordered
