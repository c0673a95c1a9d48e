"""The branch of the tree about the checksum database: the way to it, its signed head, and each hash.

▾ ✓ checksums?    yes: go.mod and module verified by sum.golang.org
      ✓ database    through goproxy.cn, which passes on every request
        ↓ mirror.corp  /supported 404 Not Found: the next entry is asked
      ✓ tree head   31,415,926 records, signed; continues the one of 31,000,000 (go remembers)
    ▾ ✓ go.mod      equal to what record 12,345 says, and that is proved
        – go.sum?     no line for it
        – GOSUMDB?    sum.golang.org is to vouch
        ✓ equal?      yes: h1:…
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from probes.trace.checksum_events import HeadChecked, Sworn
from probes.trace.events import HopDecided, Verdict
from probes.trace.fold import Trace
from tui.drawing.hop_state import State
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView
from tui.drawing.vouched import Step, Vouched, Way, failed_at, heads, vouched, way
from tui.lines import Role, Row, line, pad

_LABEL = 12
_ASKED = re.compile(r"""(?:reading |Get ")(?:\w+://)?(?P<place>[^\s"]+)"?: (?P<said>.+)""")
"""A request that failed: what was said goes first, for the line may be cut."""


def oath_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """What stands inside of the question about checksums."""
    hashes = vouched(view.trace)
    if any(one.routed.sworn is Sworn.DATABASE for one in hashes):
        yield from _way_rows(view, hashes)
        yield from _head_rows(view, hashes)
    for number, one in enumerate(hashes):
        yield from _hash_rows(view, number, one, opened)


# -- the way -----------------------------------------------------------------------------------------


def _way_rows(view: TreeView, hashes: list[Vouched]) -> Iterator[Row]:
    found = way(view.trace)
    failed = found.way is Way.CLOSED or any(failed_at(one) is Step.DATABASE for one in hashes)
    state = State.FAIL if failed else State.OK
    if not failed and found.way in (Way.SEARCHED, Way.NOT_YET):
        state = State.BUSY if view.running else State.IDLE
    head = line("      ", (state.symbol(view.symbols), state.role), " ", (pad("database", _LABEL), Role.NAME))
    yield Row(TreeKey(Part.SUM_WAY), head + line((found.words, state.role if failed else Role.PLAIN)))
    for number, decision in enumerate(found.asked, 1):
        yield _asked_row(view, number, decision)


def _asked_row(view: TreeView, number: int, decision: HopDecided) -> Row:
    symbols = view.symbols
    mark, role, then = {
        Verdict.SERVED: (symbols.ok, Role.OK, "it passes on every request"),
        Verdict.NEXT: (symbols.goes_on, Role.BUSY, "the next entry is asked"),
        Verdict.STOP: (symbols.stop, Role.FAIL, "nobody else is asked"),
        Verdict.UNKNOWN: (symbols.unknown, Role.WARN, "what follows cannot be told"),
    }[decision.verdict]
    if decision.verdict is Verdict.STOP and decision.not_exist:
        mark, role, then = symbols.goes_on, Role.BUSY, "the database itself is asked"
    hop = view.trace.hop(decision.hop)
    name = "?" if hop is None else hop.name
    said = supported_words(view.trace, decision)
    return Row(
        TreeKey(Part.SUM_WAY, number),
        line("        ", (mark, role), f" {name}  ", said, (f": {then}", Role.FAINT)),
    )


def supported_words(trace: Trace, decision: HopDecided) -> str:
    """What an entry said to /supported; of one that is never asked, what it counts as."""
    request = None if decision.request is None else trace.requests.get(decision.request)
    if request is None:
        return "counts as not found" if decision.not_exist else decision.because
    finished = request.finished
    if finished is None:
        return "/supported is asked"
    answer = finished.reason or (finished.error or "no answer").split("\n", 1)[0]
    return f"/supported {answer}"


# -- the heads ---------------------------------------------------------------------------------------


def head_words(head: HeadChecked) -> str:
    """What a tree head says, and of the one that was known before."""
    records = f"{head.size:,} record{'' if head.size == 1 else 's'}"
    known = f"{head.known_size:,}"
    who = {"this run": "met before", "": "known before"}.get(head.known_by, f"{head.known_by} remembers")
    if not head.known_size:
        return f"{records}, signed; the first one: none was remembered"
    continued = {
        "past": f"older than the one of {known} ({who}), and its beginning",
        "now": f"the same as the one that was {who}" if head.known_by in ("this run", "")
        else f"the same as {head.known_by} remembers",
    }.get(head.when, f"continues the one of {known} ({who})")  # fmt: skip
    return f"{records}, signed; {continued}"


def _head_rows(view: TreeView, hashes: list[Vouched]) -> Iterator[Row]:
    label = pad("tree head", _LABEL), Role.NAME
    for number, head in enumerate(heads(view.trace)):
        mark = (view.symbols.ok, Role.OK)
        yield Row(TreeKey(Part.HEAD, number), line("      ", mark, " ", label, head_words(head)))
    refused = next((one for one in hashes if failed_at(one) is Step.HEAD), None)
    if refused is not None:
        fail = (view.symbols.fail, Role.FAIL)
        words = line("      ", fail, " ", label, (failure_words(refused), Role.FAIL))
        yield Row(TreeKey(Part.HEAD, -1), words)


# -- failures ----------------------------------------------------------------------------------------


def failure_words(one: Vouched) -> str:
    """go's words in one line, without what they are about."""
    assert one.decided is not None
    text = one.decided.error or one.decided.because
    if one.decided.fault == "fork":
        return "two histories (a fork): go.sum database server misbehavior detected!"
    first = text.split("\n", 1)[0]
    # Behind the last name of the module stands what went wrong; a URL may hold the name as well.
    about = f"{one.routed.path}@{one.routed.version}"
    noun = one.routed.what
    for prefix in (f"{about}: ", f"verifying {noun}: ", f"{about}/go.mod: ", f"{about}: ",
                   f"verifying {about}/go.mod: ", f"verifying {about}: "):  # fmt: skip
        first = first.removeprefix(prefix)
    asked = _ASKED.fullmatch(first)
    return f"{asked['said']} ({asked['place']})" if asked else first


def failure_label(one: Vouched) -> str:
    """Whether somebody says that it is false, or nobody could say that it is true."""
    return "refused" if failed_at(one) in REFUSING else "not verified"


REFUSING = (Step.GO_SUM, Step.EQUAL, Step.PROOF, Step.HEAD)


def summary(trace: Trace) -> tuple[str, Role, str] | None:
    """What is said beside the question: an answer, its role, and more; None where no hash was told of."""
    every = vouched(trace)
    if not every:
        return None
    failed = next((one for one in every if one.has_failed), None)
    if failed is not None:
        return failure_label(failed), Role.FAIL, f"{failed.routed.what}: {failure_words(failed)}"
    by: dict[str, list[str]] = {}
    for one in every:
        if one.decided is None and one.routed.sworn is Sworn.DATABASE:
            return "yes", Role.BUSY, f"the database is asked about the {one.routed.what}"
        by.setdefault(_WHO[one.routed.sworn], []).append(one.routed.what)
    database = trace.heads[-1].database if trace.heads else "the database"
    parts = [
        f"{' and '.join(dict.fromkeys(what))} {who.format(database=database)}" for who, what in by.items()
    ]
    unseen = all(one.routed.sworn in (Sworn.OFF, Sworn.PRIVATE) for one in every)
    return "no" if unseen else "yes", Role.PLAIN if unseen else Role.OK, "; ".join(parts)


_WHO = {
    Sworn.GO_SUM: "by go.sum",
    Sworn.OFF: "accepted unseen (GOSUMDB=off)",
    Sworn.PRIVATE: "accepted unseen (private)",
    Sworn.DATABASE: "verified by {database}",
}


# -- the hashes --------------------------------------------------------------------------------------


def _hash_rows(view: TreeView, number: int, one: Vouched, opened: Collection[TreeKey]) -> Iterator[Row]:
    key = TreeKey(Part.SWORN, number)
    symbols, state = view.symbols, one.state
    is_open = view.is_open(key, opened)
    fold = symbols.opened if is_open else symbols.closed
    mark = (symbols.none, Role.FAINT) if state is State.IDLE else (state.symbol(symbols), state.role)
    head = line(f"    {fold} ", mark, " ", (pad(one.routed.what, _LABEL), Role.NAME))
    words, role = hash_words(one)
    shown = line((words, role if role in (Role.FAIL, Role.WARN, Role.BUSY) else Role.PLAIN))
    if one.routed.path != (view.trace.started.path if view.trace.started else ""):
        shown = shown + line((f"   {one.routed.path}@{one.routed.version}", Role.FAINT))
    yield Row(key, head + shown)
    if is_open:
        yield from (_step_row(view, number, step) for step in steps(view.trace, one))


def hash_words(one: Vouched) -> tuple[str, Role]:
    """What became of a hash."""
    place = f" ({one.routed.where})" if one.routed.where else ""
    if one.has_failed:
        return f"{failure_label(one)}: {failure_words(one)}", Role.FAIL
    match one.routed.sworn:
        case Sworn.GO_SUM:
            return f"go.sum has it{place}: nobody else is asked", Role.OK
        case Sworn.OFF:
            return "accepted unseen: GOSUMDB=off", Role.FAINT
        case Sworn.PRIVATE:
            return f"accepted unseen: {one.routed.because}", Role.FAINT
    if one.decided is None:
        return "the database is asked", Role.BUSY
    if one.decided.verdict == "unknown":
        return f"not known: {one.decided.because}", Role.WARN
    if one.proof is not None:
        return f"equal to what record {one.proof.record:,} says, and that is proved", Role.OK
    return one.decided.because, Role.OK


StepShown = tuple[Step, str, Role, str]
"""A step, the name of its symbol, its role, its words."""


def steps(trace: Trace, one: Vouched) -> list[StepShown]:
    """Every step from a hash to its verdict, those that were not taken as well."""
    routed, failed = one.routed, failed_at(one)
    not_taken = ("idle", Role.FAINT)
    rows: list[StepShown] = []
    if routed.sworn is Sworn.GO_SUM:
        place = f" ({routed.where})" if routed.where else ""
        if failed is not None:
            words = f"another hash stands there{place}: {failure_words(one)}"
            rows.append((Step.GO_SUM, "fail", Role.FAIL, words))
        else:
            rows.append((Step.GO_SUM, "ok", Role.OK, f"yes, the same hash{place}: nobody else is asked"))
        rest = "not looked at: go.sum decides"
        return [*rows, *((step, *not_taken, rest) for step in list(Step)[1:4])]
    project = trace.started is not None and bool(trace.started.project)
    why = "no line for it" if project else "there is none: outside of a module every hash is new"
    rows.append((Step.GO_SUM, "none", Role.PLAIN, why))
    if routed.sworn is Sworn.OFF:
        rows.append((Step.SWITCHED, "none", Role.WARN, "off: what comes is accepted unseen"))
        rest = "not asked: GOSUMDB=off"
        return [*rows, *((step, *not_taken, rest) for step in (Step.PRIVATE, Step.DATABASE))]
    name = trace.route.checksum if trace.route is not None else ""
    named = f"{name} is to vouch" if name not in ("off", "private", "") else "not off"
    rows.append((Step.SWITCHED, "none", Role.PLAIN, named))
    if routed.sworn is Sworn.PRIVATE:
        rows.append((Step.PRIVATE, "none", Role.WARN, f"{routed.because}: accepted unseen"))
        return [*rows, (Step.DATABASE, *not_taken, "not asked: it would learn of a private path")]
    rows.append((Step.PRIVATE, "none", Role.PLAIN, "no pattern matches"))
    return [*rows, *_proving_steps(trace, one, failed)]


def _proving_steps(trace: Trace, one: Vouched, failed: Step | None) -> Iterator[StepShown]:
    """From the database to the verdict; behind the step that failed nothing is known."""
    found, proof, decided = way(trace), one.proof, one.decided
    met = heads(trace)
    is_equal = decided is not None and decided.verdict == "verified"
    known: dict[Step, str] = {
        Step.DATABASE: "" if found.way is Way.NOT_YET else found.words,
        Step.HEAD: head_words(met[-1]) if met else "",
        Step.RECORD: "" if proof is None else f"number {proof.record:,} of {proof.size:,}",
        Step.PROOF: "" if proof is None else proof_words(len(proof.steps)),
        Step.EQUAL: f"yes: {decided.sum}" if is_equal and decided is not None else "",
    }
    is_past = False
    if failed in (Step.SWITCHED, Step.PRIVATE):
        failed = Step.DATABASE
    for step, words in known.items():
        if step is failed:
            is_past = True
            yield step, "fail", Role.FAIL, failure_words(one)
        elif is_past:
            yield step, "idle", Role.FAINT, "not reached"
        elif words:
            yield step, "ok", Role.OK, words
        elif is_equal:
            yield step, "ok", Role.OK, "yes"
        else:
            is_out = decided is not None and not one.has_failed
            said = ("unknown", "not known") if is_out else ("idle", "not known yet")
            yield step, said[0], Role.FAINT, said[1]


def proof_words(count: int) -> str:
    """How far it is from a record to the signed root."""
    if count == 0:
        return "the record is the whole tree: its hash is the signed root"
    return f"{count} step{'' if count == 1 else 's'} from the record's hash to the signed root"


def _step_row(view: TreeView, number: int, shown: StepShown) -> Row:
    step, symbol, role, words = shown
    dim = Role.FAINT if role is Role.FAINT else role if role in (Role.FAIL, Role.WARN) else Role.PLAIN
    mark = str(getattr(view.symbols, symbol)), role
    name_role = role if role is Role.FAINT else Role.NAME
    head = line("        ", mark, " ", (pad(step.value, _LABEL), name_role))
    return Row(TreeKey(Part.SWORN, number, step.value), head + line((words, dim)))
