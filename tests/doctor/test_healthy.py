"""Where everything works the doctor finds nothing of level error; `tests.doctor.healthy` does this a thousand times."""

from __future__ import annotations

import pytest

from tests.doctor.healthy import run

RUNS, CHUNK = 80, 10


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
async def test_nothing_of_level_error(first: int) -> None:
    for seed in range(first, first + CHUNK):
        found = await run(seed)
        assert not found.wrong, (seed, found.note, found.wrong)
