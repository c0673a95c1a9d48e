"""Two routes side by side: hops, separators, privacy, who learns the path, findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.golang.environment import Environment, layer_environment
from probes.settings.env_write import plan_write
from probes.settings.overlay import Overlay, overlay_of
from probes.settings.whatif import Comparison, HopFate, Learner, Role, as_written, compare, hop_key

PATH = "corp.example/team/lib"


def real(**process: str) -> Environment:
    return layer_environment({"HOME": "/h", **process}, None, None)


def change(before: str, after: str, **more: str) -> Comparison:
    return compare(real(GOPROXY=before), overlay_of({"GOPROXY": after, **more}), PATH, "latest")


def fates(made: Comparison) -> list[tuple[str, str]]:
    return [(hop.fate.value, (hop.after or hop.before).name) for hop in made.hops]  # type: ignore[union-attr]


A, B, C = "https://a.example", "https://b.example", "https://c.example"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (f"{A},direct", f"{A},direct", "kept a.example, kept direct"),
        (f"{A},direct", f"{A}/,direct", "kept a.example, kept direct"),
        (f"{A},direct", f"{B},direct", "removed a.example, added b.example, kept direct"),
        (f"{A},direct", f"{B},{A},direct", "added b.example, kept a.example, kept direct"),
        (f"{A},{B},direct", f"{B},direct", "removed a.example, kept b.example, kept direct"),
        (f"{A},{B},{C}", f"{C},{A},{B}", "moved c.example, kept a.example, kept b.example"),
        (f"{A},{A}", f"{A}", "kept a.example, removed a.example"),
        (f"{A},direct", "off", "removed a.example, removed direct, added off"),
        (f"{A}/x,direct", f"{A}/y,direct", "removed a.example, added a.example, kept direct"),
    ],
)
def test_fates(before: str, after: str, expected: str) -> None:
    assert ", ".join(f"{fate} {name}" for fate, name in fates(change(before, after))) == expected


LISTS = st.lists(st.sampled_from([A, B, C, "https://d.example/x"]), min_size=1, max_size=5).map(",".join)


@given(LISTS, LISTS)
def test_laws_of_the_rows(before: str, after: str) -> None:
    """Both routes can be read off the rows; nothing is moved that need not be."""
    made = change(before, after)
    assert [row.after for row in made.hops if row.after] == list(made.after.hops)
    olds = [row.before for row in made.hops if row.before]
    assert sorted(hop.id for hop in olds) == [hop.id for hop in made.before.hops]
    kept = [row.before.id for row in made.hops if row.fate is HopFate.KEPT and row.before]
    assert kept == sorted(kept)
    for row in made.hops:
        assert (row.before is None) == (row.fate is HopFate.ADDED)
        assert (row.after is None) == (row.fate is HopFate.REMOVED)
        if row.before and row.after:
            assert hop_key(row.before) == hop_key(row.after)
    if before == after:
        assert made.is_same
        assert {row.fate for row in made.hops} == {HopFate.KEPT}


def test_a_separator() -> None:
    made = change(f"{A},direct", f"{A}|direct")
    assert [row.separator_changed for row in made.hops] == [True, False]
    assert not made.is_same
    assert made.settings[0].name == "GOPROXY"
    assert (made.settings[0].source_before, made.settings[0].source_after) == ("process", "overlay")


def test_what_follows_the_last_hop_is_no_edge() -> None:
    """An entry behind direct is dead, and so is the separator in front of it."""
    assert not any(row.separator_changed for row in change(f"{A},direct", f"{A},direct,{B}").hops)
    assert [row.separator_changed for row in change(A, f"{A},{B}").hops] == [True, False]


def test_credentials_are_seen_and_not_shown() -> None:
    made = change("https://me:s3cret@a.example", "https://me:0ther@a.example")
    assert [(row.fate, row.credentials_changed) for row in made.hops] == [(HopFate.KEPT, True)]
    assert "s3cret" not in repr(made.settings)
    assert "0ther" not in repr(made)
    assert "s3cret" not in repr(made)


def test_private() -> None:
    made = change(f"{A},direct", f"{A},direct", GOPRIVATE="corp.example")
    assert made.private_changed
    assert made.checksum_changed
    assert (made.before.checksum, made.after.checksum) == ("sum.golang.org", "private")
    assert fates(made)[0] == ("added", "noproxy")
    assert [row.access_changed for row in made.hops] == [False, True, False]
    assert [learner.host for learner in made.no_longer_learns] == ["a.example", "sum.golang.org"]
    assert made.newly_learns == ()
    assert made.learners_after == (Learner("corp.example", Role.ORIGIN, True),)


def test_a_leak_is_seen() -> None:
    """Taking GOPRIVATE away tells strangers the path."""
    before = real(GOPROXY=f"{A},{B},direct", GOPRIVATE="corp.example")
    made = compare(before, Overlay().unset("GOPRIVATE"), PATH, "v1.0.0")
    assert made.newly_learns == (
        Learner("a.example", Role.PROXY, True),
        Learner("b.example", Role.PROXY, False),
        Learner("sum.golang.org", Role.DATABASE, False),
    )


@pytest.mark.parametrize(
    ("values", "hosts"),
    [
        ({"GOPROXY": "off"}, ["sum.golang.org!"]),
        ({"GOPROXY": "off", "GOSUMDB": "off"}, []),
        ({"GOPROXY": "file:///srv,off", "GOSUMDB": "off"}, []),
        ({"GOPROXY": "direct"}, ["corp.example!", "sum.golang.org!"]),
        ({"GOPROXY": A, "GOSUMDB": "sum.golang.google.cn"}, ["a.example!", "sum.golang.google.cn!"]),
        ({"GOPROXY": "https://", "GOSUMDB": "off"}, ["!"]),
        ({"GOPROXY": "gopher://a"}, []),
        ({"GOPROXY": A, "GOSUMDB": "nonsense key x"}, ["a.example!"]),
        ({"GOPROXY": f"{A}:8443|{A}"}, ["a.example:8443!", "a.example", "sum.golang.org"]),
    ],
)
def test_who_learns_the_path(values: dict[str, str], hosts: list[str]) -> None:
    made = compare(real(), overlay_of(values), PATH, "latest")
    assert [learner.host + "!" * learner.surely for learner in made.learners_after] == hosts


def test_findings_come_and_go() -> None:
    made = change("https://a.example direct", f"{A},direct,{B}", GO111MODULE="bogus")
    assert {finding.id for finding in made.gained} >= {"goproxy.dead-entry"}
    assert any(finding.variable == "GOPROXY" for finding in made.lost)
    assert not change(f"{A},direct", f"{A}|direct").lost


def test_a_list_that_cannot_be_used() -> None:
    made = change(f"{A},direct", "ftp://x")
    assert made.error_changed
    assert made.after.error is not None


def test_after_writing_the_process_still_wins() -> None:
    environment = real(GOPROXY="direct")
    written = as_written(environment, plan_write(environment, {"GOPROXY": "off", "GOPRIVATE": "x"}))
    made = compare(environment, written, PATH, "latest")
    assert [(s.name, s.source_after) for s in made.settings] == [
        ("GOPRIVATE", "goenv"), ("GONOPROXY", "derived"), ("GONOSUMDB", "derived"),
    ]  # fmt: skip
