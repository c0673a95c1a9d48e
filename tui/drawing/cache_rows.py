"""The rows of the module cache: all of it, or one module; what is wrong stands before everything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.commands.output import some
from tui.drawing.figures import size
from tui.lines import Line, Role, Row, line, pad, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.cache.findings import Finding
    from probes.cache.mending import Mended, Plan
    from probes.cache.spares import Spared
    from probes.cache.survey import Seen
    from tui.storing_jobs import Looked

MOST_CLONES = 20
MOST_VERSIONS = 1000
DEMO = "This world of the demo has no module cache: every trace in it asks for everything."


@dataclass(frozen=True)
class Pen:
    """How a row is written."""

    width: int
    symbols: Symbols
    text: Callable[[str], str]
    """A text as it is shown: masked where privacy is on."""

    def wrapped(
        self, key: Hashable, text: str, indent: int = 2, role: Role = Role.PLAIN, *, choosable: bool = False
    ) -> Iterator[Row]:
        """A text in as many rows as it takes."""
        shown = self.text(text)
        for part, words in enumerate(wrap(shown, self.width - indent - 1)):
            row = line(" " * indent, (words, role))
            yield Row((key, part), row, selectable=choosable and part == 0, copy=shown)

    def marked(
        self, key: Hashable, sign: str, role: Role, text: str, copy: str = "", indent: int = 2
    ) -> Iterator[Row]:
        """A text behind a sign; ``y`` copies what mends it, where something does."""
        shown = self.text(text)
        for part, words in enumerate(wrap(shown, self.width - indent - 3)):
            head = line(" " * indent, (sign, role), " ") if part == 0 else line(" " * (indent + 2))
            yield Row(
                key if part == 0 else (key, part), head + line(words), part == 0, self.text(copy) or shown
            )


def cache_rows(
    looked: Looked, pen: Pen, done: list[Mended], *, is_demo: bool, at_hand: str = ""
) -> list[Row]:
    """All rows. ``at_hand`` is the version whose files are shown, where those of a module are."""
    found = looked.survey
    rows = [*_done(done, pen)]
    place = found.wish.place
    for number, one in enumerate(place.findings):
        rows += _finding(("place", number), one, pen)
    if not place.is_there:
        if not place.findings:
            words = DEMO if is_demo else "There is nothing yet; go makes it with the first download."
            rows += pen.wrapped("none", words, choosable=True)
        return rows
    rows += _wrong(looked, pen)
    rows += _module(looked, pen, at_hand) if found.wish.path else _whole(looked, pen)
    rows += _notes(looked, pen)
    return rows


def _gap(key: Hashable) -> Row:
    return Row(("gap", key), Line(), selectable=False)


def _title(text: str, pen: Pen) -> list[Row]:
    return [_gap(text), Row(("title", text), line((f"  {pen.text(text)}", Role.STRONG)), selectable=False)]


def _done(done: list[Mended], pen: Pen) -> Iterator[Row]:
    for number, one in enumerate(done):
        names = ", ".join(
            [*(f"removed {name}" for name in one.removed), *([f"wrote {one.written}"] if one.written else [])]
        )
        again = f"; {one.plan.command} brings it back" if one.removed and one.plan.command else ""
        if names:
            yield from pen.marked(
                ("done", number), pen.symbols.ok, Role.OK, f"{names}{again}", one.plan.command
            )
        for at, error in enumerate(one.errors):
            words = f"{one.plan.entry.name} is not mended: {error}"
            yield from pen.marked(("error", number, at), pen.symbols.fail, Role.FAIL, words)
    if done:
        yield _gap("done")


# -- what is wrong -----------------------------------------------------------------------------------------


def _wrong(looked: Looked, pen: Pen) -> Iterator[Row]:
    found = looked.survey
    bad = [one for one in found.findings if one.is_bad]
    unread = [f"not read: {words}" for words in found.unreadable]
    if found.wish.at_hand.error:
        words = " ".join(found.wish.at_hand.error.split())
        unread.append(f"go.sum is not compared, for the project here cannot be read: {words}; # tells more")
    for number, words in enumerate(unread):
        yield from pen.marked(("unread", number), pen.symbols.warn, Role.WARN, words)
    if not bad:
        rest = "else " if found.unreadable else ""
        words = f"nothing {rest}looks wrong; v makes the hashes too"
        if found.wish.verify:
            words = f"nothing {rest}is wrong: every hash {'of what was read ' if rest else ''}is right"
        yield from pen.marked("good", pen.symbols.ok, Role.OK, words)
        return
    name = ""
    for number, one in enumerate(bad):
        if (now := f"{one.path}@{one.version}".rstrip("@")) != name:
            name = now
            text = line("  ", (pen.symbols.fail, Role.FAIL), " ", (pen.text(name), Role.STRONG))
            yield Row(("version", one.path, one.version, number), text).fitted(pen.width)
        yield from _finding(("bad", number), one, pen)
    words = "F shows what would be removed to mend it, and asks"
    yield Row("to-mend", line((f"  {words}", Role.FAINT)), selectable=False)


def _finding(key: Hashable, one: Finding, pen: Pen) -> Iterator[Row]:
    text = f"{one.file}: {one.words}" if one.file else one.words
    role = Role.FAIL if one.is_bad else Role.WARN
    sign = pen.symbols.fail if one.is_bad else pen.symbols.warn
    repair = one.repair
    yield from pen.marked(key, sign, role, text, one.command, 4)
    yield from pen.wrapped((key, "go"), f"go: {one.go_says}", 8, Role.FAINT)
    if repair is not None:
        names = ", ".join(name.rpartition("/")[2] for name in repair.removes)
        parts = [f"remove {names}" if names else "", "write .ziphash anew" if repair.rehash else ""]
        words = " and ".join(part for part in parts if part)
        yield from pen.wrapped((key, "mend"), f"mend: {words}; {repair.why}", 8)
    elif one.command:
        yield from pen.wrapped((key, "mend"), f"mend: {one.command}", 8)


def _notes(looked: Looked, pen: Pen) -> Iterator[Row]:
    notes = [one for one in looked.survey.findings if not one.is_bad]
    if notes:
        yield from _title("Good to know", pen)
    for number, one in enumerate(notes[:200]):
        text = f"{one.file}: {one.words}" if one.file else one.words
        yield from pen.marked(("note", number), pen.symbols.warn, Role.WARN, text, one.command)
    more = max(0, len(notes) - 200) + looked.survey.more
    if more:
        yield Row("more", line((f"    and {more:,} more", Role.FAINT)), selectable=False)


# -- all of it ---------------------------------------------------------------------------------------------


def _whole(looked: Looked, pen: Pen) -> Iterator[Row]:
    found, place = looked.survey, looked.survey.wish.place
    yield from _title("What there is", pen)
    lines = [
        f"{some(found.versions, 'version')} of {some(found.modules, 'module')}",
        f"{found.zips:,} zips, {found.trees:,} unpacked, {found.only_mod:,} only a go.mod",
        f"{size(found.bytes)} of downloads, without what is unpacked",
    ]
    if place.free_bytes is not None:
        files = "" if place.free_files is None else f" and for {place.free_files:,} files"
        lines.append(f"room on the disk for {size(place.free_bytes)}{files}")
    lines += [
        f"checksum database {name}: {records:,} records, {tiles:,} tiles"
        for name, records, tiles in looked.databases
    ]
    if found.wish.verify:
        lines.append(
            f"hashed: {found.hashed_files:,} files, {size(found.hashed_bytes)}, in {looked.seconds:.1f} s"
        )
    hand = found.wish.at_hand
    if hand.folder:
        by = "its build list" if hand.is_exact else "what go.mod and go.sum tell of it"
        lines.append(f"go mod verify here looks at {len(hand.verifies):,} versions only ({by})")
    for number, text in enumerate(lines):
        yield from pen.wrapped(("count", number), text, 4)
    if found.biggest:
        yield from _title("The biggest downloads", pen)
    for bytes_, name in sorted(found.biggest, reverse=True):
        path, _, version = name.rpartition("@")
        row = line(f"    {size(bytes_):>9}  ", (pen.text(name), Role.NAME))
        yield Row(("version", path, version), row, copy=pen.text(name)).fitted(pen.width)
    yield from _clones(looked, pen)


def _clones(looked: Looked, pen: Pen) -> Iterator[Row]:
    if looked.clones:
        yield from _title("Repositories that direct mode has cloned", pen)
    for one in looked.clones[:MOST_CLONES]:
        yield Row(("clone", one.name), line(f"    {pen.text(one.url or one.name)}")).fitted(pen.width)
    if len(looked.clones) > MOST_CLONES:
        more = len(looked.clones) - MOST_CLONES
        yield Row("clones", line((f"    and {more} more", Role.FAINT)), selectable=False)


# -- one module --------------------------------------------------------------------------------------------


def _module(looked: Looked, pen: Pen, at_hand: str) -> Iterator[Row]:
    found = looked.survey
    if not found.seen:
        yield from pen.wrapped(
            "nothing", "Nothing of it is in the cache: go has to ask for all of it.", choosable=True
        )
    chosen = [one for one in found.seen if one.entry.version == at_hand]
    others = [one for one in found.seen if one.entry.version != at_hand]
    for one in chosen:
        yield from _title(f"{one.entry.version}, and what each file spares go", pen)
        yield from _files(one, looked, pen)
    if at_hand and not chosen and found.seen:
        yield from _title(f"{at_hand} is not in the cache: go has to ask for all of it", pen)
    if others:
        yield from _title("Other versions" if at_hand else "Versions", pen)
    for one in others[:MOST_VERSIONS]:
        yield _version(one, pen)
    if len(others) > MOST_VERSIONS:
        yield Row(
            "versions", line((f"    and {len(others) - MOST_VERSIONS:,} more", Role.FAINT)), selectable=False
        )
    yield from _clones(looked, pen)


def _files(seen: Seen, looked: Looked, pen: Pen) -> Iterator[Row]:
    key = seen.entry.path, seen.entry.version
    wrong = {one.file for one in seen.findings if one.is_bad}
    for row in looked.spared[key]:
        yield from _file(row, wrong, looked.trees.get(key), pen)


def _file(row: Spared, wrong: set[str], tree: int | None, pen: Pen) -> Iterator[Row]:
    symbols = pen.symbols
    if row.lying is None:
        text = line("    ", (symbols.none, Role.FAINT), f" {row.what:<9}", ("not there", Role.FAINT))
        yield Row(("file", row.name), text)
        return
    is_wrong = row.name in wrong
    sign = (
        (symbols.fail, Role.FAIL)
        if is_wrong
        else (symbols.ok, Role.OK)
        if row.spares
        else (symbols.idle, Role.FAINT)
    )
    bytes_ = tree if row.what == "dir" else row.lying.size
    when = time.strftime("%Y-%m-%d", time.localtime(row.lying.changed))
    head = f" {row.what:<9}{'' if bytes_ is None else size(bytes_):>9}  {when}  "
    words = pen.text(f"spares {row.words}" if row.spares else row.words)
    parts = wrap(words, max(20, pen.width - len(head) - 6)) or [""]
    yield Row(("file", row.name), line("    ", sign, head, parts[0]), copy=pen.text(row.name))
    for number, part in enumerate(parts[1:]):
        yield Row((row.name, number), line(" " * (len(head) + 5), part), selectable=False)


def _version(seen: Seen, pen: Pen) -> Row:
    entry = seen.entry
    sign = (pen.symbols.fail, Role.FAIL) if seen.is_bad else (pen.symbols.ok, Role.OK)
    has = [f".{suffix}" for suffix in ("info", "mod", "zip") if suffix in entry.files]
    has += ["dir"] if entry.tree is not None else []
    name = pad(entry.version, min(44, max(14, len(entry.version))), cut=pen.symbols.cut)
    when = time.strftime("%Y-%m-%d", time.localtime(entry.changed))
    text = line("    ", sign, " ", (name, Role.NAME), f" {size(entry.bytes):>9}  {when}  {' '.join(has)}")
    return Row(("version", entry.path, entry.version), text, copy=pen.text(entry.name)).fitted(pen.width)


# -- before it is removed ------------------------------------------------------------------------------------


def plan_lines(plans: list[Plan], pen: Pen) -> list[Line]:
    """What would be removed, to be agreed to."""
    lines: list[Line] = []
    for plan in plans:
        lines.append(
            line(
                "  ", (pen.text(plan.entry.name), Role.STRONG), f"  {size(plan.bytes)}, {plan.files:,} files"
            )
        )
        names = [("remove", name) for name in plan.removes]
        names += [("write", plan.entry.file("ziphash"))] if plan.rehash else []
        for verb, name in names:
            parts = wrap(pen.text(f"{plan.entry.cache}/{name}"), pen.width - 13)
            lines += [line(f"    {verb if at == 0 else '':<7}", part) for at, part in enumerate(parts)]
        for why in plan.whys:
            lines += [line("    ", (part, Role.FAINT)) for part in wrap(pen.text(why), pen.width - 6)]
    total = sum(plan.bytes for plan in plans)
    lines.append(line(f"  in all {size(total)}; nothing else in the cache is touched, and go gets it again"))
    return lines
