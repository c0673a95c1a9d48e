"""An audit in words, the same on paper and on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probes.leaks.audit import Audit, Audited, Checked
from probes.leaks.looks import Confidence
from probes.leaks.told import Told, What, Who

_MOST_NAMED = 3


def some_paths(count: int) -> str:
    """ "1 path", "1,200 paths"."""
    return f"{count:,} path{'' if count == 1 else 's'}"


def headline(audit: Audit) -> Iterator[str]:
    """The verdict, in a line or two."""
    place = f"{audit.where}: " if audit.where else ""
    leaking = audit.leaking
    if audit.error:
        yield f"{place}nobody is told anything: {audit.error}"
        return
    if not audit.rows:
        yield f"{place}no other module is needed, so nobody is told anything."
        return
    if not leaking:
        own = len(audit.of(Confidence.CERTAIN, Confidence.LIKELY))
        words = "nothing private would be sent to strangers" if own else "no path looks private by its name"
        yield f"{place}{words} ({some_paths(len(audit.rows))})."
        return
    verb = "path would be" if len(leaking) == 1 else "paths would be"
    yield f"{place}{len(leaking):,} private {verb} sent to {', '.join(strangers_of(leaking))}."


def strangers_of(rows: Sequence[Audited]) -> list[str]:
    """Everybody strange who would be told, each once."""
    return list(dict.fromkeys(one.name for row in rows for one in row.leaks))


def told_words(row: Audited) -> str:
    """Who would be told of a path, in one line; the strangers first, and marked."""
    if row.subject.refused:
        return f"nobody: {row.subject.refused}"
    told = [one for one in row.told if one.what is What.PATH or one.who is Who.FORWARD]
    if not told:
        return "nobody"
    strange = {(one.who, one.name) for one in row.leaks}
    marked = [(one.name, (one.who, one.name) in strange) for one in told]
    marked.sort(key=lambda pair: not pair[1])
    names = dict.fromkeys(f"{'!' if is_strange else ''}{name}" for name, is_strange in marked)
    words = ", ".join(names)
    return words if row.subject.is_fetched else f"{words} (looking for updates)"


def sentence_of(one: Told) -> str:
    """What somebody is told, and when."""
    what = "the whole path" if one.what is What.PATH else "the name of the host"
    words = f"; {one.words}" if one.words else ""
    return f"{one.who}, {one.when}: {what}{words}"


def line_words(checked: Checked) -> list[str]:
    """The line, and what planning again with it has shown."""
    lines = ["This line keeps them at home:", f"  {checked.line.command}"]
    if checked.line.export != checked.line.command:
        lines += ["for one shell only:", f"  {checked.line.export}"]
    return [*lines, *check_words(checked)]


def check_words(checked: Checked) -> list[str]:
    """What the line does."""
    still = len(checked.still)
    lines = [f"Planned again with it: {checked.before:,} leaking before, {still:,} after."]
    for paths, what in (
        (checked.lost_proxy, "any proxy"),
        (checked.lost_database, "the checksum database"),
    ):
        if paths:
            named = ", ".join(paths[:_MOST_NAMED]) + (" …" if len(paths) > _MOST_NAMED else "")
            lines.append(f"It also keeps {some_paths(len(paths))} of what is public from {what}: {named}")
    if not checked.lost_proxy and not checked.lost_database:
        lines[0] += " No public path loses its proxy or its checksum."
    return [*lines, *checked.line.notes]
