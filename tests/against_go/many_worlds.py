"""The larger comparison with the real go, outside the default run.

    python -m tests.against_go.many_worlds --worlds 5000

Prints every difference and a last line with the figures; exits 1 when there is a difference.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.against_go.compare import compare
from tests.against_go.test_sumdb_worlds import difference as sumdb_difference
from tests.against_go.worlds import generate


def proxy_difference(seed: int) -> str | None:
    """A world of module proxies."""
    return compare(generate(seed))


def attempt(find: Callable[[int], str | None], seed: int) -> str | None:
    """What differs in one world; a crash counts as a difference."""
    try:
        return find(seed)
    except Exception:
        return f"world {seed} crashed:\n{traceback.format_exc()}"


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--first", type=int, default=100_000, help="the first number (default 100000)")
    parser.add_argument("--sumdb", action="store_true", help="worlds of the checksum database instead")
    options = parser.parse_args()
    find = sumdb_difference if options.sumdb else proxy_difference
    began = time.monotonic()
    differences = 0
    numbers = range(options.first, options.first + options.worlds)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(partial(attempt, find), numbers, chunksize=10):
            if found is not None:
                differences += 1
                print(found, flush=True)
    print(f"{options.worlds} worlds, {differences} differences, {time.monotonic() - began:.0f} s")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
