"""What each file of a version spares go: which request it need not make.

Source: cmd/go/internal/modfetch/cache.go (Stat and GoMod of cachingRepo), fetch.go (download, DownloadZip).
Semantics §7.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.cache.entries import Entry, Lying
from probes.cache.findings import Finding


@dataclass(frozen=True, slots=True)
class Spared:
    """One file, and what it is good for now."""

    what: str
    """``.info``, ``.mod``, … or ``dir``."""
    name: str
    """As it is named below GOMODCACHE."""
    lying: Lying | None
    words: str
    spares: bool
    """Whether go makes one request less for it, as things stand."""


def spares(entry: Entry, findings: list[Finding]) -> list[Spared]:
    """All that belongs to a version, there or not."""
    escaped = entry.folder.removeprefix("cache/download/")
    ask = f"GET {escaped}/{entry.stem}"
    wrong = {one.file for one in findings if one.is_bad}
    has = {
        suffix: suffix in entry.files and entry.file(suffix) not in wrong for suffix in ("info", "mod", "zip")
    }
    has_hash = "ziphash" in entry.files and entry.file("ziphash") not in wrong
    tree = (
        entry.tree is not None and entry.tree_name not in wrong and has_hash and "partial" not in entry.files
    )
    rows = [
        _row(entry, "info", f"{ask}.info, where this very version is asked for", has["info"]),
        _row(entry, "mod", f"{ask}.mod", has["mod"]),
        _row(entry, "zip", f"{ask}.zip{'' if has_hash else ', after go has hashed it again'}", has["zip"]),
        _row(entry, "ziphash", "hashing the .zip anew at each use", has_hash),
        Spared(
            "dir", entry.tree_name, entry.tree,
            f"{ask}.zip and unpacking it" if tree else "nothing, as it stands" if entry.tree else "", tree,
        ),
    ]  # fmt: skip
    if "partial" in entry.files:
        rows.append(_row(entry, "partial", "nothing: it says that unpacking was broken off", False))
    if "lock" in entry.files:
        rows.append(
            _row(
                entry,
                "lock",
                "nothing: go locks it while it is at work; it stays, and harms nobody",
                False,
            )
        )
    rows += [
        Spared("tmp", f"{entry.folder}/{name}", lying, "nothing: left by a go that was stopped", False)
        for name, lying in entry.temporary.items()
    ]
    return rows


def _row(entry: Entry, suffix: str, words: str, has: bool) -> Spared:
    lying = entry.files.get(suffix)
    good = words if has or suffix in ("partial", "lock") else "nothing, as it stands" if lying else ""
    return Spared(f".{suffix}", entry.file(suffix), lying, good, has)
