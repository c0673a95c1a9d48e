"""The modtrace command: hands over to a headless command or opens the app."""

from __future__ import annotations


def main() -> int:
    """Placeholder entry until the commands exist."""
    return 0
