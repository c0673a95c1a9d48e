"""GODEBUG as Go reads it."""

from __future__ import annotations

import pytest

from probes.golang.mode import godebug


@pytest.mark.parametrize(
    ("value", "settings"),
    [
        ("", {}),
        ("http2client=0", {"http2client": "0"}),
        ("http2client=0,http2client=1", {"http2client": "1"}),
        ("tlsmlkem,http2client=0", {"http2client": "0"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_of_a_setting_that_stands_there_twice_the_last_counts(value: str, settings: dict[str, str]) -> None:
    assert godebug({"GODEBUG": value}) == settings
