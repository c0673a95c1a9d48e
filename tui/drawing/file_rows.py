"""The files of a zip as a tree with sizes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.drawing.figures import size
from tui.lines import Role, Row, line, spread
from tui.rows_on_demand import RowsOnDemand
from tui.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.browse.contents import Contents, TreeItem

UNFOLDED = 300
"""Up to so many files, all folders begin open."""


@dataclass(slots=True)
class FileTree:
    """Which folders are open."""

    contents: Contents
    folded: set[int] = field(default_factory=set)
    """Where in the contents the closed folders stand."""
    _texts: list[str] = field(default_factory=list, repr=False)
    """What is looked through, in small letters: made when somebody begins to look for something."""
    _last: tuple[str, list[Hashable]] = ("", [])
    """What was looked for last, and where it stands: a further letter is looked for there alone."""

    def __post_init__(self) -> None:
        if self.contents.files > UNFOLDED:
            self.folded = {at for at, item in enumerate(self.contents.items) if item.entry is None}

    def visible(self) -> list[Hashable]:
        """The places of what is in sight."""
        found: list[Hashable] = []
        at, items = 0, self.contents.items
        while at < len(items):
            found.append(at)
            at = items[at].after if at in self.folded else at + 1
        return found

    def holding(self, needle: str) -> list[Hashable]:
        """The places of the files whose name, with the folders, holds something."""
        items = self.contents.items
        if needle != needle.lower():
            return [at for at, item in enumerate(items) if item.entry is not None and needle in item.path]
        if not self._texts:
            self._texts = [item.path.lower() if item.entry is not None else "" for item in items]
        texts, (before, found) = self._texts, self._last
        if before and before in needle:
            found = [at for at in found if needle in texts[at]]  # type: ignore[call-overload]
        else:
            found = [at for at, text in enumerate(texts) if text and needle in text]
        self._last = (needle, found)
        return found

    def fold(self, at: int, direction: int) -> int | None:
        """Close (-1), open (1) or turn (0) a folder; the place to go to, None for nothing."""
        item = self.contents.items[at]
        is_folder, is_folded = item.entry is None, at in self.folded
        if is_folder and (direction == 0 or (direction < 0) != is_folded):
            self.folded ^= {at}
            return at
        return self._folder_of(at) if direction < 0 else None

    def _folder_of(self, at: int) -> int | None:
        depth = self.contents.items[at].depth
        return next(
            (above for above in range(at - 1, -1, -1) if self.contents.items[above].depth < depth), None
        )

    def reveal(self, at: int) -> None:
        """Open the folders that something is in."""
        above = self._folder_of(at)
        while above is not None:
            self.folded.discard(above)
            above = self._folder_of(above)


def file_rows(
    tree: FileTree, width: int, symbols: Symbols, mask: Callable[[str], str], needle: str = ""
) -> RowsOnDemand:
    """A row for each file and folder in sight; what is looked for stands there with its folders."""
    items = tree.contents.items

    def make(key: Hashable) -> Row:
        item: TreeItem = items[key]  # type: ignore[call-overload]
        folded = key in tree.folded
        return _row(key, item, folded, width, symbols, mask, whole=bool(needle))

    return RowsOnDemand(tree.holding(needle) if needle else tree.visible(), make)


def _row(
    key: Hashable,
    item: TreeItem,
    folded: bool,
    width: int,
    symbols: Symbols,
    mask: Callable[[str], str],
    *,
    whole: bool,
) -> Row:
    if item.entry is None:
        sign = symbols.closed if folded else symbols.opened
        left = line(f" {'  ' * item.depth}{sign} ", (f"{mask(item.name)}/", Role.STRONG))
        files = f"{item.files:,} file{'' if item.files == 1 else 's'}"
        right = line((f"{files}  {size(item.size):>9} ", Role.FAINT))
    else:
        indent = "   " if whole else f" {'  ' * item.depth}  "
        left = line(indent, mask(item.path if whole else item.name))
        right = line((f"{size(item.size):>9} ", Role.FAINT))
    return Row(key, spread(left, right, width, cut=symbols.cut), copy=mask(item.path), hit=whole)
