"""The pure side of writing settings: the bytes, what is shown of them, what would still win."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.golang.environment import Environment, Facts, layer_environment
from probes.settings.env_write import (
    NeverRead,
    Refused,
    line_key,
    plan_set,
    plan_unset,
    plan_write,
    shadowed,
    updated,
)

HOST = ("linux", "amd64")


def environment(data: bytes | None = None, **process: str) -> Environment:
    facts = Facts(working_directory="/work")
    return layer_environment({"HOME": "/home/x", **process}, data, None, facts=facts)


@pytest.mark.parametrize(
    ("before", "add", "drop", "after"),
    [
        (b"", {"B": "1", "A": "2"}, "", b"A=2\nB=1\n"),
        (b"B=1\n# c\nA=1", {"C": "x"}, "", b"B=1\n# c\nA=1\nC=x\n"),
        (b"Z=1\nB=1\n\nA=1\n", {"B": "2"}, "", b"B=2\nZ=1\n\nA=1\n"),
        (b"B=1\nA=1\nB=2\nC=3\n", {}, "C", b"A=1\nB=2\n"),
        (b"GO386=1\nGO=2\n", {}, "X", b"GO=2\nGO386=1\n"),
        (b"B=1\r\n", {"A": "x"}, "", b"A=x\nB=1\r\n"),
        (b"\xff=1\nno key\n", {"A": "x"}, "", b"\xff=1\nno key\nA=x\n"),
        (b"C=1\nB=2\nA=3\n", {}, "B", b"C=1\nA=3\n"),
    ],
)
def test_bytes(before: bytes, add: dict[str, str], drop: str, after: bytes) -> None:
    assert updated(before, add, frozenset(drop.split())) == after


@given(
    st.binary(max_size=40).map(lambda data: data.replace(b"\x00", b"\n").replace(b"\x01", b"A=")),
    st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["", "x", "y=z"]), min_size=1),
)
def test_writing_laws(data: bytes, add: dict[str, str]) -> None:
    """Twice is once; what was written is read back; comments stay in their order."""
    once = updated(data, add)
    assert updated(once, add) == once
    lines = once.split(b"\n")
    for name, value in add.items():
        assert [line for line in lines if line_key(line) == name.encode()] == [f"{name}={value}".encode()]
    kept = [line for line in data.split(b"\n") if line and not line_key(line)]
    assert [line for line in lines if line and not line_key(line)] == kept


def test_a_change_of_both_kinds() -> None:
    change = plan_write(
        environment(b"GOPROXY=a\nGOPRIVATE=b\n"), {"GOPROXY": None, "GOSUMDB": "off"}, host=HOST
    )
    assert change.before == b"GOPROXY=a\nGOPRIVATE=b\n"
    assert change.after == b"GOPRIVATE=b\nGOSUMDB=off\n"
    assert change.path == "/home/x/.config/go/env"
    assert change.is_needed
    assert not plan_write(environment(b"GOPROXY=a\n"), {"GOPROXY": "a"}, host=HOST).is_needed


def test_a_relative_file_is_found_from_the_working_directory() -> None:
    assert plan_set(environment(GOENV="here"), ["GOPROXY=off"], host=HOST).path == "/work/here"


def test_the_difference_masks_secrets_and_is_safe() -> None:
    before = b"# kept\nGOFLAGS=-x\nGOPROXY=https://me:s3cret@old.example\n"
    change = plan_set(environment(before), ["GOPROXY=https://me:other@new.example\x1b[2J"], host=HOST)
    assert [(line.sign, line.text) for line in change.diff] == [
        (" ", "# kept"),
        (" ", "GOFLAGS=-x"),
        ("-", "GOPROXY=https://xxxxx@old.example"),
        ("+", "GOPROXY=https://xxxxx@new.example\\x1b[2J"),
    ]
    assert "s3cret" not in repr(change)


def test_the_difference_of_a_secret_alone_is_still_a_difference() -> None:
    change = plan_set(environment(b"GOPROXY=me:a@p.example\n"), ["GOPROXY=me:b@p.example"], host=HOST)
    assert [line.sign for line in change.diff] == ["-", "+"]


def test_refusals_carry_what_was_said_before() -> None:
    with pytest.raises(Refused) as caught:
        plan_set(environment(GOPROXY="direct"), ["GOPROXY=off", "NOPE=1"], host=HOST)
    assert caught.value.stderr == (
        "warning: go env -w GOPROXY=... does not override conflicting OS environment variable\n"
        "go: unknown go command variable NOPE\n"
    )


@pytest.mark.parametrize("changes", [{"GOPROXY": "off", "NOPE": None}, {"NOPE": "1", "GOPROXY": None}])
def test_nothing_is_planned_when_one_half_is_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(Refused, match="unknown go command variable NOPE"):
        plan_write(environment(b"GOPROXY=x\n"), changes, host=HOST)


def test_goenv_off_and_no_place() -> None:
    with pytest.raises(NeverRead, match=r"/home/x/\.config/go/env"):
        plan_set(environment(GOENV="off"), ["GOPROXY=off"], host=HOST)
    nowhere = layer_environment({}, None, None)
    with pytest.raises(Refused, match="neither"):
        plan_unset(nowhere, ["GOPROXY"], host=HOST)


def test_an_unreadable_file_is_never_overwritten() -> None:
    broken = layer_environment({"HOME": "/h"}, None, None, goenv_problem="Permission denied")
    with pytest.raises(Refused) as caught:
        plan_set(broken, ["GOPROXY=off"], host=HOST)
    assert caught.value.text == "go: reading go env config: open /h/.config/go/env: permission denied"


def test_what_if_values_do_not_count() -> None:
    """The overlay is what one is about to write; go will meet the real process."""
    real = environment(b"GOPROXY=a\n", GOPROXY="process")
    unreal = real.with_overlay({"GOPROXY": "off", "GO111MODULE": "bogus", "GOPATH": "relative"})
    assert plan_set(unreal, ["GOPROXY=off"], host=HOST) == plan_set(real, ["GOPROXY=off"], host=HOST)
    assert [shadow.value for shadow in shadowed(unreal, {"GOPROXY": "off"})] == ["process"]


def test_shadows() -> None:
    process = environment(GOPROXY="https://u:p@x.example", GONOSUMDB="corp.example")
    names = [(s.name, s.by) for s in shadowed(process, {"GOPROXY": "off", "GOPRIVATE": "corp.example/a"})]
    assert names == [("GOPROXY", "GOPROXY"), ("GOPRIVATE", "GONOSUMDB")]
    assert "u:p" not in repr(shadowed(process, {"GOPROXY": "off"}))
    assert shadowed(process, {"GOPROXY": "https://u:p@x.example", "GOSUMDB": "off"}) == ()
    assert shadowed(environment(GOPROXY=""), {"GOPROXY": "off"}) == ()


def test_a_pattern_of_its_own_in_the_same_change_shadows_too() -> None:
    own = environment(b"GONOPROXY=none\n")
    assert [s.by for s in shadowed(own, {"GOPRIVATE": "a"})] == ["GONOPROXY"]
    assert shadowed(own, {"GOPRIVATE": "a", "GONOPROXY": None}) == ()
    assert [s.value for s in shadowed(own, {"GOPRIVATE": "a", "GONOSUMDB": "b"})] == ["none", "b"]
