"""How the panes share the screen, and where that is kept between runs.

Sizes are shares of the screen, so that they stay what they are when the terminal changes. The file is one
small JSON object in the state folder; one that cannot be read is taken for none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

SCHEMA = "modtrace.layout/1"
_MOST_BYTES = 10_000

LEFT_LEAST, RIGHT_LEAST, DETAIL_LEAST = 32, 40, 32
"""Columns below which a pane is of no use."""
UPPER_LEAST, LOWER_LEAST = 5, 5
"""Rows below which a pane is of no use."""
LOWER_DEFAULT = 0.4


@dataclass(frozen=True, slots=True)
class Sizes:
    """Each a share of the screen, more than 0 and less than 1; None for the default."""

    left: float | None = None
    lower: float | None = None
    """Of the room that the tree and the module browser share."""
    detail: float | None = None

    def with_size(self, name: str, cells: int, whole: int) -> Sizes:
        """With another size of one pane, in cells."""
        return replace(self, **{name: max(0.01, min(0.99, cells / max(1, whole)))})


@dataclass(frozen=True, slots=True)
class Room:
    """The cells that the panes have."""

    width: int
    height: int
    has_detail: bool

    def left(self, sizes: Sizes) -> int:
        """Columns of the left pane."""
        default = round(0.26 * self.width) if self.has_detail else max(46, round(0.35 * self.width))
        wanted = default if sizes.left is None else round(sizes.left * self.width)
        least = DETAIL_LEAST if self.has_detail else 0
        return _between(LEFT_LEAST, wanted, self.width - RIGHT_LEAST - least - 2)

    def detail(self, sizes: Sizes) -> int:
        """Columns of the details."""
        share = sizes.detail if sizes.detail is not None else 0.3
        most = self.width - RIGHT_LEAST - self.left(sizes) - 2
        return _between(DETAIL_LEAST, round(share * self.width), most)

    def lower(self, sizes: Sizes) -> int:
        """Rows of the module browser."""
        share = sizes.lower if sizes.lower is not None else LOWER_DEFAULT
        return _between(LOWER_LEAST, round(share * self.height), self.height - UPPER_LEAST - 1)


def _between(least: int, wanted: int, most: int) -> int:
    return max(1, min(max(least, wanted), most))


def read_sizes(file: Path | None) -> Sizes:
    """The sizes that were kept; the defaults where there are none."""
    if file is None:
        return Sizes()
    from probes.share.state import read_regular

    try:
        text = read_regular(file, _MOST_BYTES)
        import json  # where nothing was kept, the first frame does not wait for it

        data = json.loads(text)
        if data["schema"] != SCHEMA:
            return Sizes()
        kept = {field.name: data.get(field.name) for field in fields(Sizes)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Sizes()
    shares = {name: share for name, share in kept.items() if isinstance(share, float) and 0 < share < 1}
    return Sizes(**shares)


def write_sizes(file: Path | None, sizes: Sizes) -> str:
    """Keep the sizes; returns why that could not be, or ""."""
    import json

    from probes.share.state import write_private

    if file is None:
        return "neither XDG_STATE_HOME nor HOME names a folder"
    shares = {field.name: getattr(sizes, field.name) for field in fields(Sizes)}
    try:
        write_private(file, json.dumps({"schema": SCHEMA, **shares}) + "\n")
    except OSError as error:
        return f"the sizes are not kept: {error.strerror or error}"
    return ""


def sizes_file(folder: Path | None) -> Path | None:
    """The file in the folder for what is kept; None where nothing is."""
    return None if folder is None else folder / "layout.json"
