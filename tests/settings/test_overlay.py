"""The overlay: steps back and forth, and what is marked as unreal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.golang.environment import Source, layer_environment
from probes.settings.overlay import Overlay, overlay_of

REAL = layer_environment({"HOME": "/h", "GOPROXY": "direct"}, b"GOPRIVATE=corp.example\n", None)


def test_steps() -> None:
    one = Overlay().set("GOPROXY", "off")
    two = one.set_all({"GOPROXY": "a", "GOSUMDB": "off"}, "preset x").unset("GOFLAGS")
    assert dict(two.values) == {"GOPROXY": "a", "GOSUMDB": "off", "GOFLAGS": ""}
    assert two.undo_label == "GOFLAGS"
    assert two.undo().undo_label == "preset x"
    assert two.undo().redo_label == "GOFLAGS"
    assert dict(two.undo().undo().values) == {"GOPROXY": "off"}
    assert two.undo().redo() == two
    assert two.undo().set("GOVCS", "x").redo_label is None
    assert dict(two.drop("GOPROXY").values) == {"GOSUMDB": "off", "GOFLAGS": ""}
    assert not two.clear()
    assert two.clear().undo().values == two.values
    assert not Overlay().undo().redo()


def test_nothing_new_is_no_step() -> None:
    one = Overlay().set("GOPROXY", "off")
    assert one.set("GOPROXY", "off") is one
    assert one.drop("GOVCS") is one


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from(["A", "B"]), st.sampled_from(["", "1", "2"])),
        st.tuples(st.sampled_from(["undo", "redo", "clear"])),
    ),
    max_size=20,
)


@given(OPERATIONS)
def test_any_way_there_is_a_way_back(operations: list[tuple[str, ...]]) -> None:
    overlay = Overlay()
    for name, *arguments in operations:
        overlay = getattr(overlay, name)(*arguments)
        if overlay.past:
            assert overlay.undo().redo() == overlay
        if overlay.future:
            assert overlay.redo().undo() == overlay
    while overlay.past:
        overlay = overlay.undo()
    assert not overlay


def test_unreal_values_are_marked() -> None:
    unreal = Overlay().set("GOPROXY", "off").on(REAL)
    assert unreal.setting("GOPROXY").source is Source.OVERLAY
    assert unreal.get("GOPROXY") == "off"
    assert unreal.setting("GOPRIVATE").source is Source.GOENV
    assert Overlay().on(REAL) is REAL


def test_an_overlay_takes_the_place_of_another() -> None:
    """What was dropped stands for the real value again, also where the process has none."""
    seen = REAL.with_overlay({"GOPROXY": "off", "GOFLAGS": "-x", "GOPRIVATE": "other"})
    again = Overlay().set("GOSUMDB", "off").on(seen)
    assert (again.get("GOPROXY"), again.get("GOFLAGS"), again.get("GOPRIVATE")) == (
        "direct",
        "",
        "corp.example",
    )
    assert again.get("GOSUMDB") == "off"


def test_unset() -> None:
    unset = Overlay().unset("GOPROXY")
    assert unset.on(REAL).get("GOPROXY") == "https://proxy.golang.org,direct"
    assert unset.changes() == {"GOPROXY": None}
    assert overlay_of({"A": "b", "C": ""}).changes() == {"A": "b", "C": None}


def test_what_decides_the_files_is_refused() -> None:
    with pytest.raises(ValueError, match="read the environment anew"):
        Overlay().set("GOENV", "/other").on(REAL)
