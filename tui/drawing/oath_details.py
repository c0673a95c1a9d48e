"""All that is known of the way to the checksum database, of a tree head, and of one hash."""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.goproxy import TRY_PROXIES
from probes.trace.checksum_events import RecordProved, Sworn
from probes.trace.fold import Request, Trace
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration
from tui.drawing.oath_rows import head_words, proof_words, steps, supported_words
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.vouched import database_requests, heads, key_name, vouched, way
from tui.lines import Role

INIT_BASE = "cmd/go/internal/modfetch/sumdb.go dbClient.initBase"
LOOKUP = "golang.org/x/mod/sumdb/client.go Client.Lookup, mergeLatest, checkRecord"
HINT = "V shows the proof step by step"


def oath_details(trace: Trace, key: TreeKey) -> Details | None:
    """A row of the branch about the checksum database."""
    match key.part:
        case Part.SUM_WAY:
            return Details("the way to the database", tuple(_way(trace)))
        case Part.HEAD:
            return Details("the tree head", tuple(_head(trace, key.number)))
        case Part.SWORN:
            every = vouched(trace)
            if key.number < len(every):
                return Details(f"{every[key.number].routed.what}?", tuple(_hash(trace, key.number)))
    return None


def _way(trace: Trace) -> Iterator[Field]:
    found = way(trace)
    yield Field("asked", found.words)
    if found.error:
        yield heading("in go's words")
        yield Field("", found.error, Role.FAIL)
    if found.asked:
        yield heading("who was asked for /supported")
    for decision in found.asked:
        hop = trace.hop(decision.hop)
        role = Role.FAIL if decision.error and not decision.not_exist else Role.PLAIN
        yield Field("?" if hop is None else hop.name, supported_words(trace, decision), role)
        request = None if decision.request is None else trace.requests.get(decision.request)
        if request is not None:
            yield Field("", request.started.url, Role.FAINT, verbatim=True)
    own = [request for _, request in database_requests(trace)]
    if own:
        yield heading("requests")
    for request in own:
        yield Field("", request.started.url, verbatim=True)
        yield Field("", _answer(request), Role.PLAIN if _is_good(request) else Role.FAIL)
    yield Field("why", f"{INIT_BASE}; {TRY_PROXIES}", Role.FAINT)


def _is_good(request: Request) -> bool:
    finished = request.finished
    return finished is None or (finished.status == 200 and finished.error is None)


def _answer(request: Request) -> str:
    finished = request.finished
    if finished is None:
        return "under way"
    answer = finished.reason or (finished.error or "no answer").split("\n", 1)[0]
    return f"{answer}, {duration(finished.at - finished.began)}"


def _head(trace: Trace, number: int) -> Iterator[Field]:
    every = heads(trace)
    if not 0 <= number < len(every):
        one = next((one for one in vouched(trace) if one.has_failed), None)
        if one is not None and one.decided is not None:
            yield heading("in go's words")
            yield Field("", one.decided.error or one.decided.because, Role.FAIL)
        yield Field("why", LOOKUP, Role.FAINT)
        return
    head = every[number]
    yield Field("database", head.database)
    yield Field("says", head_words(head))
    yield Field("records", f"{head.size:,}")
    yield Field("root", head.root, verbatim=True)
    key = key_name(trace)
    if key:
        yield Field("signed by", key, verbatim=True)
    yield Field("means", "the hash of the whole tree of records: whoever signs another one is found out")
    yield Field("why", LOOKUP, Role.FAINT)


def _hash(trace: Trace, number: int) -> Iterator[Field]:
    one = vouched(trace)[number]
    yield Field("hash of", f"{one.routed.what} of {one.routed.path}@{one.routed.version}")
    yield Field("asked", one.routed.sworn.value)
    yield Field("because", one.routed.because)
    if one.routed.where:
        yield Field("where", one.routed.where)
    decided = one.decided
    if decided is not None:
        role = {"failed": Role.FAIL, "verified": Role.OK}.get(decided.verdict, Role.PLAIN)
        yield Field("verdict", f"{decided.verdict}: {decided.because}", role)
        if decided.sum:
            yield Field("came", decided.sum, verbatim=True)
        if decided.error:
            yield heading("go would print")
            yield Field("", decided.error, Role.FAIL)
    yield heading("step by step")
    for step, _, role, words in steps(trace, one):
        yield Field(step.value, words, role)
    if one.proof is not None:
        yield from proof_fields(one.proof)
    yield Field("why", one.routed.rule, Role.FAINT)
    if one.routed.sworn is Sworn.DATABASE:
        yield Field("why", LOOKUP, Role.FAINT)


def proof_fields(proof: RecordProved) -> Iterator[Field]:
    """The evidence in short; the overlay has it node by node."""
    yield heading("the record")
    yield Field("number", f"{proof.record:,} of {proof.size:,}")
    for text in proof.lines:
        yield Field("", text, verbatim=True)
    yield Field("proof", f"{proof_words(len(proof.steps))}; {HINT}")
    yield Field("leaf", proof.leaf, verbatim=True)
    yield Field("root", proof.root, verbatim=True)
    for tile in proof.tiles:
        yield Field("tile", tile, Role.FAINT, verbatim=True)
