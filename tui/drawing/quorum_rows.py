"""The table of hashes: who has which, what becomes of it, and everything that is known of one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probes.browse.votes import (
    NOT_COME,
    ON_REQUEST,
    Agreement,
    Differed,
    Mark,
    Quorum,
    VoterKind,
    VoterState,
    What,
    short_sum,
)
from probes.trace.events import RequestFinished
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import size
from tui.lines import Line, Role, Row, line, pad, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text for showing: as it is, or with what is private under other names."""

_CELL = 23
_WIDEST_NAME = 44


def quorum_rows(quorum: Quorum, width: int, symbols: Symbols, masked: Masked) -> list[Row]:
    """The table, the verdicts, what differs."""
    if quorum.started is None:
        return [Row("wait", line("  ", ("being asked…", Role.BUSY)), selectable=False)]
    rows: list[Row] = []
    if quorum.started.error is not None:
        rows += _wrapped("error", f"Nobody can be asked: {quorum.started.error}", width, Role.FAIL, masked)
    longest = max((len(masked(state.voter.name)) for state in quorum.voters), default=0)
    room = max(8, min(longest, _WIDEST_NAME, width - 2 * _CELL - 4))
    head = line(("  ".ljust(room + 4) + pad("go.mod", _CELL) + "zip", Role.FAINT))
    rows.append(Row("head", head, selectable=False))
    rows += [voter_row(quorum, state, room, symbols, masked) for state in quorum.voters]
    rows.append(Row("gap", Line(), selectable=False))
    for what in What:
        rows += _verdict(quorum, what, width, symbols, masked)
    for number, one in enumerate(quorum.differences):
        rows += _difference(quorum, number, one, width, masked)
    return rows + _hints(quorum, width, masked)


def voter_row(quorum: Quorum, state: VoterState, room: int, symbols: Symbols, masked: Masked) -> Row:
    """One voter: its name, and a mark and a short hash for either."""
    parts = line("  ", (pad(masked(state.voter.name), room, cut=symbols.cut), Role.NAME), "  ")
    for what in What:
        parts = parts + _cell(quorum, state, what, symbols)
    return Row(("voter", state.voter.id), parts, copy=go_sum_lines(quorum, state, masked) or None)


def go_sum_lines(quorum: Quorum, state: VoterState, masked: Masked) -> str:
    """What a go.sum would have for what this voter says; "" where it says nothing."""
    pairs = [(what, one) for what in (What.ZIP, What.GO_MOD) for one in state.sums(what)]
    return "\n".join(go_sum_line(quorum, what, one, masked) for what, one in pairs)


def go_sum_line(quorum: Quorum, what: What, one: str, masked: Masked) -> str:
    """The line of go.sum for one hash."""
    started = quorum.started
    assert started is not None
    suffix = "/go.mod" if what is What.GO_MOD else ""
    return f"{masked(started.path)} {started.version}{suffix} {one}"


def mark_of(mark: Mark, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of a mark."""
    return {
        Mark.AGREES: (symbols.ok, Role.OK),
        Mark.DIFFERS: (symbols.fail, Role.FAIL),
        Mark.TIED: (symbols.warn, Role.WARN),
        Mark.ALONE: (symbols.unknown, Role.PLAIN),
        Mark.REFUSED: (symbols.fail, Role.FAIL),
        Mark.MISSING: (symbols.none, Role.FAINT),
        Mark.ERROR: (symbols.warn, Role.WARN),
        Mark.ASKING: (symbols.busy, Role.BUSY),
        Mark.NOT_ASKED: (symbols.idle, Role.FAINT),
        Mark.KEEPS_NONE: (symbols.none, Role.FAINT),
    }[mark]


def _cell(quorum: Quorum, state: VoterState, what: What, symbols: Symbols) -> Line:
    mark = quorum.mark(state.voter.id, what)
    symbol, role = mark_of(mark, symbols)
    sums = state.sums(what)
    more = short_sum(sums[0], quorum.camps(what)) if sums else ""
    if mark is Mark.ASKING and what is What.ZIP and state.received:
        more = size(state.received)
        if state.total:
            more = f"{100 * state.received // state.total} %"
    text = pad(f"{pad(str(mark), 9) if more else mark} {more}", _CELL - 3, cut=symbols.cut)
    return line((f"{symbol} ", role), (text, role), " ")


def _verdict(quorum: Quorum, what: What, width: int, symbols: Symbols, masked: Masked) -> list[Row]:
    verdict = quorum.verdict(what)
    symbol, role = {
        Agreement.AGREE: (symbols.ok, Role.OK),
        Agreement.DIFFER: (symbols.fail, Role.FAIL),
        Agreement.TIE: (symbols.warn, Role.WARN),
        Agreement.ALONE: (symbols.unknown, Role.PLAIN),
        Agreement.NOBODY: (symbols.idle, Role.FAINT),
    }[verdict.agreement]
    if verdict.agreement is not Agreement.NOBODY and any(what in state.asking for state in quorum.voters):
        symbol, role, so_far = symbols.busy, Role.BUSY, "so far: "  # who answers next may change it
    else:
        so_far = ""
    rows: list[Row] = []
    for number, words in enumerate(verdict.words):
        texts = wrap(so_far + masked(words), width - 12)
        for part, text in enumerate(texts):
            label = f"{symbol} {what}" if part == number == 0 else ""
            shown = line("  ", (pad(label, 9), role), (text, role))
            rows.append(Row(("verdict", what, number, part), shown, copy=masked(words)))
    if verdict.sum:
        copy = go_sum_line(quorum, what, verdict.sum, masked)
        rows.append(Row(("sum", what), line(" " * 11, verdict.sum), copy=copy))
    return rows


def _difference(quorum: Quorum, number: int, one: Differed, width: int, masked: Masked) -> list[Row]:
    here, there = (masked(quorum.voters[voter].voter.name) for voter in (one.voter, one.other))
    rows = [Row(("gap", number), Line(), selectable=False)]
    title = f"In the {one.what} of {here}, not as in that of {there}:"
    for part, text in enumerate(wrap(title, width - 3)):
        rows.append(Row(("title", number, part), line("  ", (text, Role.STRONG)), selectable=False))
    for kind, names, count in zip(
        ("only here", "only there", "other content"),
        (one.only_here, one.only_there, one.changed),
        one.counts,
        strict=True,
    ):
        for name in names:
            row = Row((number, kind, name), line("    ", (pad(kind, 15), Role.FAINT), masked(name)))
            rows.append(row.fitted(width))
        if count > len(names):
            more = line("    ", (pad(kind, 15), Role.FAINT), f"{count - len(names)} more")
            rows.append(Row((number, kind), more))
    if one.what is What.GO_MOD and not any(one.counts):
        rows.append(Row((number, "order"), line("    the same lines in another order")))
    return rows


def _hints(quorum: Quorum, width: int, masked: Masked) -> list[Row]:
    """What else can be asked."""
    if quorum.finished is None or quorum.started is None or quorum.started.error is not None:
        return []
    hints: list[str] = []
    reasons = [reason for state in quorum.voters for reason in state.because.values()]
    if quorum.started.private_pattern is not None:
        hints.append("The path is private: nobody is asked about it, whatever is pressed.")
    if any(NOT_COME in reason or "lets go come here" in reason for reason in reasons):
        hints.append("a asks the proxies that go would not come to as well.")
    if ON_REQUEST in reasons:
        hints.append("z fetches the zips, hashes them, and says what differs inside.")
    if not hints:
        return []
    rows = [Row("hints", Line(), selectable=False)]
    for number, hint in enumerate(hints):
        rows += _wrapped(("hint", number), hint, width, Role.FAINT, masked)
    return rows


def _wrapped(key: object, text: str, width: int, role: Role, masked: Masked) -> list[Row]:
    return [
        Row((str(key), part), line("  ", (shown, role)), selectable=False)
        for part, shown in enumerate(wrap(masked(text), width - 3))
    ]


# -- one row in full ---------------------------------------------------------------------------------


def voter_details(quorum: Quorum, voter: int, symbols: Symbols, masked: Masked) -> Details | None:
    """Everything that is known of one voter; None where it is not there any more."""
    if voter >= len(quorum.voters):
        return None
    state = quorum.voters[voter]
    fields = [Field("who", masked(state.voter.name)), Field("kind", str(state.voter.kind))]
    where = "GOSUMDB" if state.voter.kind is VoterKind.DATABASE else "where"
    if state.voter.spec:
        fields.append(Field(where, masked(state.voter.spec), verbatim=True))
    for what in What:
        fields += [heading(f"The {what}"), *_about(quorum, state, what, symbols, masked)]
    return Details(masked(state.voter.name), tuple(fields))


def _about(
    quorum: Quorum, state: VoterState, what: What, symbols: Symbols, masked: Masked
) -> Iterator[Field]:
    mark = quorum.mark(state.voter.id, what)
    symbol, role = mark_of(mark, symbols)
    yield Field("", f"{symbol} {mark}", role)
    if what in state.because:
        yield Field("why", masked(state.because[what]))
    for one in state.sums(what):
        yield Field("hash", one, copy=go_sum_line(quorum, what, one, masked), verbatim=True)
    answer = state.answers.get(what)
    if answer is None:
        return
    if answer.bytes is not None:
        files = "" if answer.files is None else f", {answer.files} files"
        yield Field("size", f"{answer.bytes} bytes{files}")
    words = quorum.go_says(state.voter.id, what)
    for number, text in enumerate((words or "").rstrip("\n").split("\n") if words else ()):
        shown = masked(text.replace("\t", "    "))
        yield Field("go says" if number == 0 else "", shown or " ", Role.FAIL, verbatim=True)
    for request in answer.requests:
        yield Field("request", masked(_request(request)), copy=masked(request.url))


def _request(request: RequestFinished) -> str:
    said = request.reason or (request.error or "").split("\n")[0]
    took = f"{(request.at - request.began) * 1000:.0f} ms"
    return f"GET {request.url}: {said}, {request.bytes} bytes, {took}"
