"""What `modtrace sum --project` prints for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probes.browse.votes import VoterKind
from probes.commands.setting_options import wrapped
from probes.diagnosis.findings import Level
from probes.golang.safetext import safe_text
from probes.sums.project_sums import Examination
from probes.sums.sum_findings import Fault, SumFinding
from probes.sums.unverified import Lost, Standing, Vouched

MOST_OF_A_KIND = 10
"""Findings of one kind that are printed; the object of --json has all."""
ALIKE = {Fault.EXTRA, Fault.DUPLICATE, Fault.MISSING_GO_MOD, Fault.MISSING_ZIP, Fault.EMPTY_GO_MOD}


def report(found: Examination, findings: list[SumFinding], lost: Lost, *, asked: bool) -> str:
    """All of it."""
    lines = [*head(found, asked=asked), ""]
    lines += findings_text(findings)
    commands = found.mending(findings)
    if commands and len([one for one in findings if one.level is not Level.INFO]) > 1:
        lines += ["all of it at once, in this order (line numbers move with every edit):"]
        lines += [f"  {safe_text(command, limit=4000)}" for command in commands]
        lines.append("")
    lines += lost_text(lost)
    return "\n".join(lines).rstrip("\n") + "\n"


def head(found: Examination, *, asked: bool) -> Iterator[str]:
    """Whose go.sum, how long, and against what it was held."""
    names = [f"{file.name} ({_count(len(file.lines), 'line')})" if file.exists else f"{file.name} (not there)"
             for file in found.book.files]  # fmt: skip
    yield from wrapped("", f"{', '.join(names)} of {found.project.folder}")
    counts = found.counts()
    held = [
        f"{counts[kind]} against {name}"
        for kind, name in (
            (VoterKind.CACHE, "the module cache"),
            (VoterKind.DATABASE, "the checksum database"),
            (VoterKind.PROXY, "proxies"),
        )
        if counts[kind] or (asked and kind is not VoterKind.CACHE)
    ]
    yield from wrapped("", f"held: {', '.join(held)}" if held else "held against nothing: nobody has a hash")
    if not asked:
        yield "nobody was asked; --ask asks the checksum database and the proxies"
    for because, number in found.not_asked.items():
        yield from wrapped("", f"not asked about {_count(number, 'version')}: {because}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def findings_text(findings: list[SumFinding]) -> Iterator[str]:
    """Each with its place, go's words, the evidence and the remedy."""
    if not findings:
        yield "nothing is wrong with it"
        yield ""
    shown: dict[Fault, int] = {}
    total: dict[Fault, int] = {}
    for one in findings:
        total[one.fault] = total.get(one.fault, 0) + 1
    for one in findings:
        shown[one.fault] = shown.get(one.fault, 0) + 1
        if shown[one.fault] <= MOST_OF_A_KIND:
            yield from finding_text(one)
            yield ""
        elif shown[one.fault] == MOST_OF_A_KIND + 1:
            more = total[one.fault] - MOST_OF_A_KIND
            yield f"{one.level}: {more} more of {one.fault} (--json has them all)"
            yield ""


def finding_text(one: SumFinding) -> Iterator[str]:
    """One finding."""
    place = " ".join(part for part in (one.place, one.path, one.version) if part)
    yield from wrapped(f"{one.level}: ", f"{place}: {one.fault}" if place else str(one.fault))
    yield from wrapped("  ", one.message)
    first = True
    for line in one.go_says.rstrip("\n").split("\n") if one.go_says else ():
        yield f"  {'go says:' if first else '':8} {safe_text(line.replace(chr(9), '    '), limit=2000)}"
        first = False
    width = max((len(item.who) for item in one.evidence), default=0)
    for item in one.evidence:
        odd = "  <- odd" if item.is_odd else ""
        said = item.sum or item.words.split("\n")[0]
        yield f"    {safe_text(item.who):{width}}  {safe_text(said, limit=400)}{odd}"
    for number, command in enumerate(one.remedy):
        yield f"  {'mend:' if number == 0 else '':8} {safe_text(command, limit=4000)}"
    if one.advice:
        yield from wrapped("  note:    ", one.advice)


# -- what is lost ------------------------------------------------------------------------------------


def lost_text(lost: Lost) -> Iterator[str]:
    """What goes unverified, by which setting, and what would do better."""
    total = len(lost.modules)
    if not total:
        yield "This project needs no other module: nothing goes unverified."
        return
    yield from wrapped("", summary(lost))
    groups: dict[tuple[Standing, str, str], list[Vouched]] = {}
    for one in lost.modules:
        if one.standing not in (Standing.RECORDED, Standing.ASKED):
            groups.setdefault((one.standing, one.setting, one.where), []).append(one)
    for (standing, setting, where), ones in groups.items():
        by = f": {setting}" + (f" ({where})" if where else "")
        yield from wrapped("  ", f"{_count(len(ones), 'module')}, {standing.meaning}{by}")
        names = [f"{one.path}@{one.version}" for one in ones[:MOST_OF_A_KIND]]
        more = [f"{len(ones) - MOST_OF_A_KIND} more"] if len(ones) > MOST_OF_A_KIND else []
        yield from wrapped("      ", ", ".join([*names, *more]))
    for note in lost.notes:
        yield from wrapped("  note: ", note)
    yield from _narrower(lost)


def summary(lost: Lost) -> str:
    """How many modules, in a sentence."""
    total = len(lost.modules)
    folders = lost.count(Standing.FOLDER, Standing.VENDORED)
    if not lost.lost and not folders:
        return f"Nothing goes unverified: go.sum or the checksum database vouches for all {total} modules."
    settings = ", ".join(f"{name}: {count}" for name, count in lost.by_setting().items())
    goes = "goes" if 1 in (lost.lost, total) else "go"
    words = f"{lost.lost} of {_count(total, 'module')} {goes} past the checksum "
    words += f"database ({settings})." if settings else "database."
    which = "1 is read from a folder" if folders == 1 else f"{folders} are read from folders"
    return words + (f" {which} and never hashed." if folders else "")


def _narrower(lost: Lost) -> Iterable[str]:
    better = lost.narrower
    if better is None:
        return
    yield "  narrower:"
    yield from (f"    {safe_text(command, limit=2000)}" for command in better.commands)
    words = f"then {better.after} of {len(lost.modules)} go past the database instead of {better.before}"
    if better.still:
        words += f"; taken for private: {', '.join(better.still[:MOST_OF_A_KIND])}"
        words += " …" if len(better.still) > MOST_OF_A_KIND else ""
    yield from wrapped("    ", f"{words}.")
