"""A go.mod as rows: what it says of the module, what it requires, what it withdraws, and the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.golang import semver
from tui.drawing.text_rows import TextRows
from tui.lines import Line, Role, Row, cells, line, pad, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.golang.gojson import RevInfo
    from probes.golang.gomod_full import FullGoMod, Required
    from tui.inspecting_jobs import GoModShown

MOST_RAW_LINES = 5000
"""Lines of the file that stand below, as it is."""


@dataclass(frozen=True, slots=True)
class Target:
    """A row that leads to another module."""

    verb: str
    number: int
    """Which line of that verb."""
    path: str
    version: str


@dataclass(frozen=True, slots=True)
class GoModView:
    """What the rows are drawn from."""

    shown: GoModShown
    width: int
    symbols: Symbols
    mask: Callable[[str], str]
    is_private: bool
    version: str = ""
    """Whose go.mod it is."""


def gomod_rows(view: GoModView) -> list[Row]:
    """All sections that have something in them."""
    rows: list[Row] = []
    parsed = view.shown.parsed
    for title, section in (
        ("", list(_about(view, parsed))),
        ("published", list(_info(view))),
        ("go says", list(_errors(view))),
        ("requires", list(_required(view, parsed.requires, "require", indirect=False))),
        ("requires indirectly", list(_required(view, parsed.requires, "require", indirect=True))),
        ("replaces (counts only in the main module)", list(_replaced(view))),
        ("excludes (counts only in the main module)", list(_required(view, parsed.excludes, "exclude"))),
        ("has withdrawn (retract)", list(_withdrawn(view))),
        ("tools", list(_named(view, "tool", [one.text for one in parsed.tools]))),
        ("ignores these folders", list(_named(view, "ignore", [one.text for one in parsed.ignores]))),
        ("godebug (counts only in the main module)", list(_debug(view))),
        ("the file as it is", list(_raw(view))),
    ):
        if not section:
            continue
        if title:
            rows.append(Row(("gap", title), Line(), selectable=False))
            count = sum(1 for row in section if isinstance(row.key, Target))
            words = f" {title}{f' ({count})' if count > 1 and '(' not in title else ''}"
            rows.append(Row(("title", title), line((words, Role.STRONG)), selectable=False))
        rows += section
    return rows


def _field(
    view: GoModView, label: str, text: str, role: Role = Role.PLAIN, *, key: object = ""
) -> Iterator[Row]:
    parts = wrap(view.mask(text), max(16, view.width - 15))
    for at, part in enumerate(parts):
        head = (f"  {label if at == 0 else '':<11} ", Role.FAINT)
        yield Row((label, key, at), line(head, (part, role)), copy=view.mask(text))


def _about(view: GoModView, parsed: FullGoMod) -> Iterator[Row]:
    warn = view.symbols.warn
    if parsed.module_line:
        yield from _field(view, "module", parsed.module_path, Role.NAME)
    if parsed.deprecated:
        yield from _field(view, "deprecated", f"{warn} {parsed.deprecated}", Role.WARN)
    if parsed.go_version:
        yield from _field(view, "go", parsed.go_version)
    if parsed.toolchain:
        yield from _field(view, "toolchain", f"{parsed.toolchain} (counts only in the main module)")
    yield from _field(view, "from", view.shown.source, Role.FAINT)


def _info(view: GoModView) -> Iterator[Row]:
    shown = view.shown
    if shown.info is None:
        yield from _field(view, ".info", f"{view.symbols.fail} {shown.info_error}", Role.FAIL)
        return
    info: RevInfo = shown.info
    if info.time_text:
        yield from _field(view, "time", info.time_text)
    if info.origin is None:
        yield from _field(view, "origin", "the .info does not tell where it was taken from", Role.FAINT)
    for name, text in sorted((info.origin or {}).items(), key=lambda one: _ORIGIN.get(one[0], 9)):
        if text:
            yield from _field(view, _LABELS.get(name, name.lower()), text, key=name)
    if shown.info_source != shown.source:
        yield from _field(view, "from", shown.info_source, Role.FAINT, key="info")


_ORIGIN = {"VCS": 0, "URL": 1, "Subdir": 2, "Ref": 3, "Hash": 4}
_LABELS = {"VCS": "kind", "URL": "repository", "Subdir": "folder", "Ref": "ref", "Hash": "commit"}


def _errors(view: GoModView) -> Iterator[Row]:
    """What go says where it cannot be read; a main module is read more strictly than a dependency."""
    lax, strict = view.shown.lax_error, "\n".join(view.shown.parsed.errors)
    if lax:
        yield from _field(view, "", f"{view.symbols.fail} {lax}", Role.FAIL, key="lax")
    if strict and strict != lax:
        words = "of a dependency go takes it all the same; in a main module it would say"
        head = words if not lax else "and in a main module it would say"
        yield from _field(view, "", f"{view.symbols.warn} {head}", Role.WARN, key="strict")
        yield from _field(view, "", strict, Role.PLAIN, key="words")


def _required(
    view: GoModView, lines: tuple[Required, ...], verb: str, *, indirect: bool | None = None
) -> Iterator[Row]:
    chosen = [(at, one) for at, one in enumerate(lines) if indirect is None or one.indirect == indirect]
    names = [view.mask(one.path) for _, one in chosen]
    widest = min(max(map(cells, names), default=0), max(12, view.width - 28))
    for (at, one), name in zip(chosen, names, strict=True):
        comment = "" if one.comment in ("", "indirect") else f"  // {view.mask(one.comment)}"
        text = line("  ", (pad(name, widest, cut=view.symbols.cut), Role.PLAIN), f"  {one.version}")
        full = text + line((comment.replace("\n", " "), Role.FAINT)) if comment else text
        row = Row(Target(verb, at, one.path, one.version), full, copy=f"{name}@{one.version}")
        yield row.fitted(view.width, cut=view.symbols.cut)


def _replaced(view: GoModView) -> Iterator[Row]:
    for at, one in enumerate(view.shown.parsed.replaces):
        left = f"{one.path}{' ' + one.version if one.version else ''}"
        right = f"{one.new_path}{' ' + one.new_version if one.new_version else ''}"
        text = line("  ", view.mask(left), (" => ", Role.FAINT), view.mask(right))
        # What it is replaced with is what go would ask for; a folder is asked of nobody.
        target = (one.new_path, one.new_version) if one.new_version else (one.path, one.version)
        row = Row(Target("replace", at, *target), text, copy=view.mask(f"{left} => {right}"))
        yield row.fitted(view.width, cut=view.symbols.cut)


def _withdrawn(view: GoModView) -> Iterator[Row]:
    for at, one in enumerate(view.shown.parsed.retracts):
        versions = one.low if one.low == one.high else f"[{one.low}, {one.high}]"
        here = semver.compare(one.low, view.version) <= 0 <= semver.compare(one.high, view.version)
        mark = f"  {view.symbols.back} this version" if here else ""
        yield Row(("retract", at), line("  ", (versions, Role.WARN), (mark, Role.STRONG)), copy=versions)
        for number, part in enumerate(wrap(view.mask(one.rationale), view.width - 6)):
            if part:
                row = line("    ", (part, Role.FAINT))
                yield Row(("retract", at, number), row, selectable=False)


def _named(view: GoModView, verb: str, texts: list[str]) -> Iterator[Row]:
    for at, text in enumerate(texts):
        yield Row((verb, at), line("  ", view.mask(text)), copy=view.mask(text))


def _debug(view: GoModView) -> Iterator[Row]:
    return _named(view, "godebug", [one.text for one in view.shown.parsed.godebug])


def _raw(view: GoModView) -> Iterator[Row]:
    """The file, line by line."""
    mask = view.mask if view.is_private else None
    lines = view.shown.lines[:MOST_RAW_LINES]
    yield from TextRows(lines, view.shown.colours, mask=mask).rows(view.width)
    if len(view.shown.lines) > MOST_RAW_LINES:
        words = f"  {view.symbols.warn} only the first {MOST_RAW_LINES:,} lines"
        yield Row("cut", line((words, Role.WARN)), selectable=False)
