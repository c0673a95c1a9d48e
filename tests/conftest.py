"""What every test shares: an environment without the developer's own settings, and the oracle."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.against_go.golang import Oracle
from tests.parsed_once import parse_once

parse_once()

settings.register_profile("same every time", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("search" if os.environ.get("MODTRACE_SEARCH") else "same every time")
"""The default run judges a change, so it asks the same each time; MODTRACE_SEARCH=1 looks for new cases."""

gc.set_threshold(100_000, 5, 20)
"""How much is made before garbage is looked for. Ten thousand collected tests, and apps that draw thousands of
lines, make far more than what Python reckons with: the search was a fifth of what the tests of the app cost."""


def pytest_collection_finish() -> None:
    """What is there now stays to the end: it need not be searched for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: twice as many as there are processors. Tests of the app spend two thirds of their
    time in Pilot's sleeps, others wait for a socket or for go."""
    return max(2, (os.cpu_count() or 1) * 2)


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands save their sessions: those of tests are not the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Go's own packages, asked over a pipe."""
    running = Oracle()
    yield running
    running.close()
