"""What `cache` prints: what is in the module cache, what is wrong with it, what mends it.

The text fits into 80 columns where names and paths do. The JSON is one object, modtrace.cache/1.
"""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Iterable, Iterator
from typing import Any

from probes.cache.findings import Finding
from probes.cache.mending import Mended, Plan, measured
from probes.cache.place import clones, clones_of, databases, has_record
from probes.cache.spares import spares
from probes.cache.survey import Seen, Survey
from probes.commands.output import size, some
from probes.golang.safetext import safe_text

SCHEMA = "modtrace.cache/1"
WIDTH = 80
MOST_NOTES = 20
MOST_CLONES = 20
ALL_GOOD = "all modules verified"


def text_report(found: Survey, *, mends: bool = False) -> Iterator[str]:
    """The report, line by line; with ``mends`` what would be removed follows by itself."""
    wish = found.wish
    yield f"module cache {safe_text(wish.place.folder or '(none)')}"
    for finding in wish.place.findings:
        yield from _finding(finding, "  ")
    if not wish.place.is_there:
        if not wish.place.findings:
            yield "  there is nothing yet; go makes it with the first download"
        return
    yield from _versions(found) if wish.path else _whole(found)
    for words in found.unreadable:
        yield from _wrapped("  not read: ", words)
    if wish.at_hand.error:
        words = " ".join(wish.at_hand.error.split())
        yield from _wrapped("  ", f"go.sum is not compared, for the project here cannot be read: {words}")
        yield "  more about it: modtrace sum --project"
    yield from _wrong(found, mends)
    yield from _verified(found)


def _whole(found: Survey) -> Iterator[str]:
    """Counts."""
    place = found.wish.place
    yield (
        f"  {some(found.versions, 'version')} of {some(found.modules, 'module')}: {found.zips:,} zips, "
        f"{found.trees:,} unpacked, {found.only_mod:,} only a go.mod"
    )
    yield f"  {size(found.bytes)} of downloads, without what is unpacked"
    if place.free_bytes is not None:
        files = "" if place.free_files is None else f", {place.free_files:,} files"
        yield f"  room left on the disk: {size(place.free_bytes)}{files}"
    if found.biggest:
        yield "  biggest:"
        for bytes_, name in sorted(found.biggest, reverse=True):
            yield f"    {size(bytes_):>9}  {safe_text(name, limit=200)}"
    kept = clones(place.folder)
    if kept:
        yield f"  {len(kept)} repositories cloned by direct mode:"
        yield from (f"    {safe_text(one.url or one.name, limit=200)}" for one in kept[:MOST_CLONES])
        if len(kept) > MOST_CLONES:
            yield f"    and {len(kept) - MOST_CLONES} more"
    for name, records, tiles in databases(place.folder):
        yield f"  checksum database {safe_text(name)}: {records:,} records, {tiles:,} tiles"


def _versions(found: Survey) -> Iterator[str]:
    """The files of each version of a module."""
    wish = found.wish
    if not found.seen:
        what = f"{wish.path}@{wish.version}" if wish.version else wish.path
        yield f"  nothing of {safe_text(what)}: go has to ask for all of it"
    order = sorted(found.seen, key=lambda one: one.entry.version) if wish.version else found.seen
    for seen in order:
        yield f"{safe_text(seen.entry.name)}"
        for row in spares(seen.entry, seen.findings):
            if row.lying is None:
                yield f"  {row.what:<9}{'-':>10}  not there"
                continue
            bytes_ = measured(seen.entry.tree_place)[0] if row.what == "dir" else row.lying.size
            when = time.strftime("%Y-%m-%d", time.localtime(row.lying.changed))
            mode = f" mode {row.lying.mode & 0o777:04o}" if row.what == "dir" else ""
            yield from _wrapped(f"  {row.what:<9}{size(bytes_):>10}  {when}{mode}  spares ", row.words, 16)
        for name, _, _ in databases(wish.place.folder):
            if has_record(wish.place.folder, name, seen.entry.path, seen.entry.version):
                yield f"  {'sumdb':<9}{'':>10}  spares the record at {safe_text(name)}"
    for one in clones_of(wish.place.folder, wish.path):
        yield from _wrapped("  clone    ", f"{one.url} in {one.name}: spares a full git fetch in direct mode")


def _wrong(found: Survey, mends: bool) -> Iterator[str]:
    bad = [one for one in found.findings if one.is_bad]
    notes = [one for one in found.findings if not one.is_bad]
    if bad:
        apart = f", and {len(found.apart):,} files of checksum databases" if found.apart else ""
        yield f"wrong: {len(found.bad):,} of {found.versions:,} versions{apart}"
        name = ""
        for one in bad:
            if (now := f"{one.path}@{one.version}".rstrip("@")) != name:
                name = now
                yield f"  {safe_text(name)}"
            yield from _finding(one, "    ")
        if not mends:
            yield "to mend it: add --fix, which shows first what it would remove"
    elif found.is_good:
        deep = "" if found.wish.verify else " at a first look; --verify makes the hashes too"
        where = " with what could be read" if found.unreadable else ""
        yield f"nothing wrong{where}{deep}"
    if notes:
        yield "good to know"
        for one in notes[:MOST_NOTES]:
            yield from _wrapped("  ", f"{one.file}: {one.words}" if one.file else one.words)
            if one.command:
                yield f"    to change that: {safe_text(one.command, limit=1000)}"
    rest = max(0, len(notes) - MOST_NOTES) + found.more
    if rest:
        yield f"  and {rest:,} more; --json has more of them"


def _finding(one: Finding, indent: str) -> Iterator[str]:
    yield from _wrapped(
        f"{indent}[{one.kind}] ", f"{one.file}: {one.words}" if one.file else one.words, len(indent) + 2
    )
    for number, line in enumerate(one.go_says.split("\n")):
        yield from _wrapped(f"{indent}  {'go: ' if number == 0 else '    '}", line.strip(), len(indent) + 6)
    if one.repair is not None:
        yield from _wrapped(f"{indent}  mend: ", f"{_repair_words(one)}: {one.repair.why}", len(indent) + 4)
    elif one.command:
        yield f"{indent}  mend: {safe_text(one.command, limit=500)}"


def _repair_words(one: Finding) -> str:
    assert one.repair is not None
    names = [name.rpartition("/")[2] for name in one.repair.removes]
    words = f"remove {' and '.join(names)}" if names else ""
    return " and ".join(part for part in (words, "write .ziphash anew" if one.repair.rehash else "") if part)


def _verified(found: Survey) -> Iterator[str]:
    """What the hashes came to, and what `go mod verify` would make of it."""
    if not found.wish.verify:
        return
    much = f"{found.hashed_files:,} files, {size(found.hashed_bytes)}"
    yield f"hashed {much}, of {found.hashed_versions:,} versions"
    hand = found.wish.at_hand
    if not hand.folder or found.wish.path:
        return
    by = "its build list" if hand.is_exact else "what go.mod and go.sum tell of it"
    head = f"go mod verify in {hand.folder} looks at {len(hand.verifies):,} versions only ({by}), and says"
    yield from _wrapped("", head)
    stop = found.stops_at()
    if stop:
        yield from _wrapped("  at once: ", stop.replace("\n", " "))
        yield "  and of the hashes, once that is mended"
    lines = found.go_mod_verify()
    yield from (f"  {safe_text(line, limit=1000)}" for line in lines or [ALL_GOOD])
    others = found.go_mod_verify_others()
    if others:
        yield "of the others it would say"
        yield from (f"  {safe_text(line, limit=1000)}" for line in others[:200])


def plan_report(plans: Iterable[Plan]) -> Iterator[str]:
    """What would be removed."""
    total = 0
    for plan in plans:
        yield f"{safe_text(plan.entry.name)}"
        for name in plan.removes:
            bytes_, files = measured(f"{plan.entry.cache}/{name}")
            total += bytes_
            many = f", {files:,} files" if files > 1 else ""
            yield f"  remove {safe_text(f'{plan.entry.cache}/{name}', limit=1000)}  ({size(bytes_)}{many})"
        if plan.rehash:
            yield f"  write  {safe_text(plan.entry.place('ziphash'), limit=1000)}  (the hash of the zip)"
        for why in plan.whys:
            yield from _wrapped("  ", why)
    yield f"in all {size(total)}; nothing else in the cache is touched"


def mended_report(done: Mended) -> Iterator[str]:
    """What was done to one version."""
    entry = done.plan.entry
    for name in done.removed:
        yield f"removed {safe_text(f'{entry.cache}/{name}', limit=1000)}"
    if done.written:
        yield f"wrote   {safe_text(f'{entry.cache}/{done.written}', limit=1000)}"
    for error in done.errors:
        yield f"not mended: {safe_text(entry.name)}: {safe_text(error, limit=500)}"


def json_report(found: Survey, plans: list[Plan], done: list[Mended]) -> str:
    """Everything."""
    place, hand = found.wish.place, found.wish.at_hand
    kept = clones(place.folder) if place.is_there else []
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "ok": not found.place_is_bad and not found.unreadable and (
            found.is_good or (len(done) == found.to_mend and all(one.is_done for one in done))
        ),
        "cache": place.folder,
        "module": found.wish.path or None,
        "version": found.wish.version or None,
        "verified": found.wish.verify,
        "counts": {
            "modules": found.modules, "versions": found.versions, "zips": found.zips, "unpacked": found.trees,
            "only_mod": found.only_mod, "bytes": found.bytes, "bad": len(found.bad),
            "hashed_files": found.hashed_files, "hashed_bytes": found.hashed_bytes,
        },
        "free_bytes": place.free_bytes,
        "free_files": place.free_files,
        "biggest": [{"name": name, "bytes": count} for count, name in sorted(found.biggest, reverse=True)],
        "clones": [{"folder": one.name, "url": one.url} for one in kept],
        "versions": [_seen_json(one) for one in found.seen],
        "findings": [_finding_json(one) for one in (*place.findings, *found.findings)],
        "more_findings": found.more,
        "go_mod_verify": {
            "project": hand.folder or None,
            "looks_at": [f"{path}@{version}" for path, version in hand.verifies],
            "is_build_list": hand.is_exact,
            "stops_at": found.stops_at(),
            "says": found.go_mod_verify() or ([ALL_GOOD] if hand.folder else []),
            "others": found.go_mod_verify_others(),
        } if found.wish.verify else None,
        "plan": [
            {
                "version": one.entry.name, "remove": list(one.removes), "bytes": one.bytes,
                "write": [one.entry.file("ziphash")] if one.rehash else [], "again": one.command,
            }
            for one in plans
        ],
        "mended": [
            {
                "version": one.plan.entry.name, "removed": list(one.removed),
                "written": [one.written] if one.written else [], "errors": list(one.errors),
            }
            for one in done
        ],
        "unreadable": found.unreadable,
        "project_error": hand.error or None,
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=True) + "\n"


def _seen_json(seen: Seen) -> dict[str, Any]:
    return {
        "version": seen.entry.version,
        "files": [
            {
                "what": row.what, "file": row.name, "spares": row.words if row.spares else "",
                "bytes": row.lying.size, "mode": f"{row.lying.mode & 0o7777:04o}",
                "changed": int(row.lying.changed),
            }
            for row in spares(seen.entry, seen.findings)
            if row.lying is not None
        ],
        "go_mod_verify": seen.words,
    }  # fmt: skip


def _finding_json(one: Finding) -> dict[str, Any]:
    repair = one.repair
    return {
        "kind": one.kind.value, "level": one.level.value, "file": one.file, "module": one.path or None,
        "version": one.version or None, "words": one.words, "go_says": one.go_says,
        "remove": list(repair.removes) if repair else [], "rehash": bool(repair and repair.rehash),
        "why": repair.why if repair else "", "command": one.command,
    }  # fmt: skip


def _wrapped(label: str, text: str, indent: int | None = None) -> list[str]:
    """Text behind a label; a path is never broken."""
    indent = len(label) if indent is None else indent
    wrapper = textwrap.TextWrapper(
        width=WIDTH, initial_indent=label, subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return wrapper.wrap(safe_text(text, limit=2000)) or [label.rstrip()]
