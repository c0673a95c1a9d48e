"""What every test shares: an environment without the developer's own settings, and the oracle."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.against_go.golang import Oracle

settings.register_profile("same every time", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("search" if os.environ.get("MODTRACE_SEARCH") else "same every time")
"""The default run judges a change, so it asks the same each time; MODTRACE_SEARCH=1 looks for new cases."""


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Go's own packages, asked over a pipe."""
    running = Oracle()
    yield running
    running.close()
