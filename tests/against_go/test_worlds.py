"""The real go and modtrace, asked the same question in the same generated world, must agree."""

from __future__ import annotations

import pytest

from tests.against_go.compare import compare
from tests.against_go.worlds import generate

WORLDS = 320
CHUNK = 20


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_same_as_go(first: int) -> None:
    differences = [
        difference for seed in range(first, first + CHUNK) if (difference := compare(generate(seed)))
    ]
    assert not differences, "\n".join(differences)
