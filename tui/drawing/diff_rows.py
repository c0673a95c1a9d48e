"""The files that differ between two zips, and the lines of one that changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING

from tui.drawing.figures import size
from tui.lines import Line, Role, Row, line, spread
from tui.matching import found_in
from tui.rows_on_demand import RowsOnDemand
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.browse.differences import Difference, FileChange

_SIGNS = {"added": ("+", Role.OK), "removed": ("-", Role.FAIL), "changed": ("~", Role.WARN)}


def summary_lines(found: Difference, symbols: Symbols) -> Iterator[tuple[str, str, Role]]:
    """What it comes to: a label, a text, a role."""
    old, new = found.old, found.new
    is_one_version = (old.path, old.version) == (new.path, new.version)
    if not found.files:
        same = f"{symbols.ok} all {found.same_files:,} files are the same"
        packed = "and so are the zips, byte for byte" if found.same_bytes else "the zips are packed otherwise"
        yield "files", f"{same}; {packed}", Role.OK
    else:
        count = len(found.files)
        words = f"{count:,} differ{'s' if count == 1 else ''}, {found.same_files:,} are the same"
        yield "files", f"{words}; {found.added:,}+ {found.removed:,}- lines", Role.PLAIN
    if is_one_version and all(found.go_mods):
        differs = f"{symbols.fail} the .mod that is served beside the zip is another: {found.go_mods[1]}"
        same_mod = f"{symbols.ok} the .mod that is served beside the zip is the same"
        words, role = (differs, Role.FAIL) if found.go_mod_differs else (same_mod, Role.OK)
        yield ".mod", words, role
    for label, archive, h1 in (("before", old, found.old_h1), ("after", new, found.new_h1)):
        what = "" if is_one_version else f"{archive.version} "
        label = {"before": "one", "after": "other"}[label] if is_one_version else label
        yield label, f"{what}from {archive.source}, {size(archive.size)}, {h1 or 'no hash'}", Role.FAINT
        if archive.problem is not None:
            yield "", f"{symbols.fail} go would refuse it: {archive.problem}", Role.FAIL


def changed_rows(
    found: Difference, width: int, symbols: Symbols, mask: Callable[[str], str], needle: str = ""
) -> RowsOnDemand:
    """A row for each file that differs."""
    keys: list[Hashable] = [
        at for at, one in enumerate(found.files) if not needle or found_in(needle, one.name)
    ]

    def make(key: Hashable) -> Row:
        change = found.files[key]  # type: ignore[call-overload]
        return _row(key, change, width, symbols, mask, bool(needle))

    return RowsOnDemand(keys, make)


def _row(
    key: Hashable,
    change: FileChange,
    width: int,
    symbols: Symbols,
    mask: Callable[[str], str],
    hit: bool,
) -> Row:
    sign, role = _SIGNS[change.change.value]
    left = line("  ", (sign, role), f" {mask(change.name)}")
    return Row(key, spread(left, _counts(change), width, cut=symbols.cut), copy=mask(change.name), hit=hit)


def _counts(change: FileChange) -> Line:
    if change.why_not is not None:
        sizes = [size(side.size) for side in (change.old, change.new) if side is not None]
        word = {"BINARY": "binary", "LARGE": "large", "UNREADABLE": "damaged"}[change.why_not.name]
        return line((f"{word}, {' to '.join(sizes)} ", Role.FAINT))
    return line((f"{change.added:,}+", Role.OK), " ", (f"{change.removed:,}-", Role.FAIL), " ")


def patch_role(text: str) -> Role:
    """The role of a line of a unified text."""
    if text.startswith(("diff --git", "--- ", "+++ ", "new file", "deleted file")):
        return Role.STRONG
    return {"+": Role.OK, "-": Role.FAIL, "@": Role.BUSY, "\\": Role.FAINT}.get(text[:1], Role.PLAIN)
