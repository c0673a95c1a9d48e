"""How long modtrace takes to start; prints figures, judges nothing.

python tests/benchmarks/startup.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "modtrace")
ROUNDS = 15


def best_ms(argv: list[str], environment: dict[str, str]) -> float:
    """The best of some runs, in milliseconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best * 1000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "PATH": os.environ["PATH"],
            "GOENV": "off",
            "GOPROXY": "off",
            "GOSUMDB": "off",
        }
        base = best_ms([sys.executable, "-c", "pass"], environment)
        print(f"{'python -c pass':<40} {base:6.1f} ms")
        for arguments in (
            ["--version"],
            ["--help"],
            ["env", "--no-go"],
            ["trace", "m.test/x@v1.0.0"],
        ):
            took = best_ms([COMMAND, *arguments], environment)
            print(f"{'modtrace ' + ' '.join(arguments):<40} {took:6.1f} ms  {took / base:4.1f} x")


if __name__ == "__main__":
    main()
