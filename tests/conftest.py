"""What every test shares: an environment without the developer's own settings, and the oracle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.against_go.golang import Oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Go's own packages, asked over a pipe."""
    running = Oracle()
    yield running
    running.close()
