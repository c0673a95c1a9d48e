"""Who vouches for a version, node by node: from the download to the signed root of the checksum database.

The ladder is RFC 6962's audit path as golang.org/x/mod/sumdb/tlog computes it: the record's hash is the leaf,
each step hashes two neighbours into their parent, and the last parent must be the root that was signed. Every
node says in plain words what it proves. Nothing is drawn here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from probes.trace.checksum_events import HeadChecked, ProofStep, RecordProved, Sworn
from probes.trace.fold import Trace
from tui.drawing.oath_rows import failure_label, failure_words, head_words
from tui.drawing.vouched import Step, Vouched, failed_at, heads, key_name, vouched, way
from tui.lines import Role


@dataclass(frozen=True, slots=True)
class Inside:
    """One text of an opened node."""

    label: str
    text: str
    role: Role = Role.PLAIN
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the ladder."""

    key: str
    symbol: str
    """The name of its symbol."""
    role: Role
    label: str
    words: str
    inside: tuple[Inside, ...] = ()
    copy: str = ""
    """What ``y`` copies; "" for the words."""
    step: ProofStep | None = None
    """Of a step: what is drawn on a wide screen."""
    hash: str = ""
    """The hash that the node stands for."""
    opens: bool = False
    """Whether it is open without being told to: where the chain of proofs breaks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One version, and the hashes of it that somebody was to vouch for."""

    path: str
    version: str
    hashes: tuple[Vouched, ...]

    @property
    def proof(self) -> RecordProved | None:
        """The proof that its record is in the tree."""
        return next((one.proof for one in self.hashes if one.proof is not None), None)

    @property
    def failed(self) -> Vouched | None:
        """The hash that was refused, or could not be checked."""
        return next((one for one in self.hashes if one.has_failed), None)


def subjects(trace: Trace) -> list[Subject]:
    """The versions that somebody was to vouch for: the one that was asked for first."""
    found: dict[tuple[str, str], list[Vouched]] = {}
    for one in vouched(trace):
        found.setdefault((one.routed.path, one.routed.version), []).append(one)
    for proof in trace.proofs:
        found.setdefault((proof.path, proof.version), [])
    finished = trace.finished
    wanted = None if finished is None else finished.version
    every = [Subject(path, version, tuple(hashes)) for (path, version), hashes in found.items()]
    every.sort(key=lambda one: (one.failed is None, one.version != wanted))
    return every


def nodes(trace: Trace, subject: Subject) -> list[Node]:
    """The ladder of a version; of one without a proof as far as it goes."""
    sworn = {one.routed.sworn for one in subject.hashes}
    proof = subject.proof or next(
        (p for p in trace.proofs if (p.path, p.version) == (subject.path, subject.version)), None
    )
    found: list[Node] = []
    if Sworn.DATABASE in sworn or proof is not None:
        found.append(_asked(trace, subject))
    refused = subject.failed
    at = None if refused is None else failed_at(refused)
    if proof is not None:
        found += _climb(trace, proof)
        found += _heads(trace, broken=at is Step.HEAD)
    elif at is not None and at is not Step.HEAD:
        found += _heads(trace, broken=False) if trace.heads else []
    if refused is not None and at in (Step.HEAD, Step.RECORD, Step.PROOF):
        found.append(_broken(trace, refused, at))
    came = trace.finished is not None or any(walk.started.version for walk in trace.walks.values())
    found += [_verdict(number, one, came=came) for number, one in enumerate(subject.hashes)]
    return found


# -- the nodes ---------------------------------------------------------------------------------------


def _asked(trace: Trace, subject: Subject) -> Node:
    found = way(trace)
    refused = subject.failed
    broken = refused is not None and failed_at(refused) is Step.DATABASE
    inside = [
        Inside("", "The database has a record for each public version: whoever asks gets the same one. go "
                   "asks it when go.sum has no line, GOSUMDB is not off, and nothing in GONOSUMDB matches."),
    ]  # fmt: skip
    if broken and refused is not None:
        inside += [*_go_says(refused), *_remark(refused)]
    inside += [
        Inside("asked", request.started.url, verbatim=True)
        for request in trace.requests.values()
        if request.started.op.value == "sum"
    ]
    return Node(
        "asked", "fail" if broken else "ok", Role.FAIL if broken else Role.OK, "asked",
        failure_words(refused) if broken and refused is not None else found.words, tuple(inside),
        opens=broken,
    )  # fmt: skip


def _climb(trace: Trace, proof: RecordProved) -> Iterator[Node]:
    record = "\n".join(proof.lines)
    yield Node(
        "record", "ok", Role.OK, "record", f"number {proof.record:,}: the go.sum lines of this version",
        (
            *(Inside("", text, Role.NAME, verbatim=True) for text in proof.lines),
            Inside("proves", "nothing by itself: anybody could send these lines. The steps below show that "
                             "the whole world is shown the same ones."),
        ),
        record,
    )  # fmt: skip
    yield Node(
        "leaf", "ok", Role.OK, "leaf", "the hash of the record",
        (
            Inside("made of", "SHA-256 of a zero byte and the lines of the record"),
            Inside("hash", proof.leaf, Role.NAME, verbatim=True),
            Inside("proves", "which record is meant: change one letter, and the leaf is another."),
        ),
        proof.leaf, hash=proof.leaf,
    )  # fmt: skip
    for number, step in enumerate(proof.steps, 1):
        yield _step(number, step)
    yield _root(proof)


def _step(number: int, step: ProofStep) -> Node:
    tile = f"tile {step.tile}" if step.tile else "computed from the tiles that were read"
    mine, other = ("right", "left") if step.side == "left" else ("left", "right")
    inside = (
        Inside(other, step.sibling, Role.NAME, verbatim=True),
        Inside("", f"the sibling: {tile}", Role.FAINT),
        Inside(mine, "the node of the step before: what has been computed so far"),
        Inside("made of", "SHA-256 of a one byte, the left hash and the right hash"),
        Inside("node", step.node, Role.NAME, verbatim=True),
        Inside("proves", f"the record is one of those below this node, on level {step.level}: with another "
                         "leaf or another sibling the node would be another."),
    )  # fmt: skip
    copy = f"level {step.level}: {step.side} sibling {step.sibling} ({tile}) gives {step.node}"
    words = f"with its {step.side} sibling"
    return Node(f"step {number}", "ok", Role.OK, f"step {number}", words, inside, copy, step, step.node)


def _root(proof: RecordProved) -> Node:
    last = proof.steps[-1].node if proof.steps else proof.leaf
    is_same = last == proof.root
    words = f"of all {proof.size:,} records: {'signed' if is_same else 'NOT the signed one'}"
    inside = (
        Inside("computed", last, Role.NAME, verbatim=True),
        Inside("signed", proof.root, Role.NAME, verbatim=True),
        *(Inside("tile", tile, Role.FAINT, verbatim=True) for tile in proof.tiles),
        Inside("proves", "both are the same: so the record is in the tree that was signed, unchanged."
               if is_same else "they differ: the record is not in the tree that was signed."),
    )  # fmt: skip
    return Node("root", "ok" if is_same else "fail", Role.OK if is_same else Role.FAIL, "root", words,
                inside, proof.root, hash=proof.root)  # fmt: skip


def _heads(trace: Trace, *, broken: bool) -> Iterator[Node]:
    """The newest head, who signed it, and whether it continues the one that was known."""
    met = heads(trace)
    if not met or broken:
        return
    head = met[-1]
    key = key_name(trace)
    inside = [
        Inside("says", f"go.sum database tree, {head.size:,} records, root {head.root}", verbatim=True),
        Inside("signed by", key or head.database, Role.NAME, verbatim=True),
        Inside("proves", "who says so: only the owner of the private key can sign a head, and GOSUMDB names "
                         "the public key (name, hash of the key, key)."),
    ]  # fmt: skip
    yield Node("signed", "ok", Role.OK, "signed", f"by {key or head.database}", tuple(inside), key)
    yield _consistent(next((one for one in met if one.known_size), head))


def _consistent(head: HeadChecked) -> Node:
    if not head.known_size:
        words = "no head was remembered: nothing to compare with yet"
        means = (
            Inside("means", "the next time this head is compared with the one that is served then. go keeps "
                            "its own in GOPATH/pkg/sumdb, modtrace another one in its state folder."),
        )  # fmt: skip
        return Node("known", "none", Role.FAINT, "history", words, means)
    inside = (
        Inside("known", f"{head.known_size:,} records, from {head.known_by or 'before'}"),
        Inside("served", f"{head.size:,} records"),
        Inside("proves", "the shorter tree is the beginning of the longer one: nothing that was recorded "
                         "once has been changed or taken away since (no fork)."),
    )  # fmt: skip
    return Node("known", "ok", Role.OK, "history", head_words(head).partition("; ")[2], inside)


def _remark(one: Vouched) -> list[Inside]:
    """What a failure means, and what to do."""
    from probes.sources.sum_faults import meaning_of

    meaning = None if one.decided is None else meaning_of(one.decided.fault)
    if meaning is None:
        return []
    return [Inside("means", meaning.means), Inside("do", meaning.do, Role.STRONG)]


_FORK = re.compile(
    r"old database:\n(?P<old>.*)\nnew database:\n(?P<new>.*)\nproof of misbehavior:\n(?P<proof>.*)", re.DOTALL
)
"""What go prints of a fork (x/mod/sumdb Client.checkTrees): both signed heads, and hashes that prove it."""


def _go_says(one: Vouched) -> list[Inside]:
    text = "" if one.decided is None else one.decided.error or one.decided.because
    fork = _FORK.search(text)
    if fork is not None:
        parts = (("old head", "old"), ("new head", "new"), ("proof", "proof"))
        said = [(label, dedent(fork[name]).strip("\n")) for label, name in parts]
        return [
            Inside("go says", text[: fork.start()].strip("\n"), Role.FAIL, verbatim=True),
            *(Inside(label, part, Role.NAME, verbatim=True) for label, part in said),
        ]
    return [Inside("go says", text, Role.FAIL)]


def _broken(trace: Trace, one: Vouched, step: Step) -> Node:
    """Where the chain of proofs breaks; go prints both heads of a fork, and the note of a wrong key."""
    label = {Step.HEAD: "tree head", Step.RECORD: "record", Step.PROOF: "proof"}.get(step, step.value)
    inside = [*_remark(one), *_go_says(one)]
    if trace.heads:
        inside.append(Inside("known", head_words(heads(trace)[-1])))
    text = "" if one.decided is None else one.decided.error or one.decided.because
    return Node("broken", "fail", Role.FAIL, label, failure_words(one), tuple(inside), text, opens=True)


def _verdict(number: int, one: Vouched, *, came: bool) -> Node:
    """What became of one hash; where nothing ``came``, of the one that the record has."""
    routed, decided = one.routed, one.decided
    label = "came" if came else "recorded"
    hashes = [] if decided is None or not decided.sum else [Inside(label, decided.sum, Role.NAME, True)]
    place = f" ({routed.where})" if routed.where else ""
    if one.has_failed:
        inside = [*hashes, *_remark(one), *_go_says(one)]
        return Node(
            f"hash {number}", "fail", Role.FAIL, routed.what, f"{failure_label(one)}: {failure_words(one)}",
            tuple(inside), "" if decided is None else decided.error or decided.because,
            opens=failed_at(one) not in (Step.DATABASE, Step.HEAD, Step.RECORD, Step.PROOF),  # told above
        )  # fmt: skip
    copy = "" if decided is None else decided.sum
    match routed.sworn:
        case Sworn.GO_SUM:
            words = f"go.sum has the same hash{place}: nobody else is asked"
            proves = "it is what came the first time, on whichever machine wrote go.sum."
            inside = [*hashes, Inside("proves", proves)]
            return Node(f"hash {number}", "ok", Role.OK, routed.what, words, tuple(inside), copy)
        case Sworn.OFF | Sworn.PRIVATE:
            inside = [
                *hashes, Inside("because", routed.because),
                Inside("means", "nobody vouches for it: whatever the proxy or the origin sends is taken, and "
                                "its hash is written into go.sum, where there is one."),
            ]  # fmt: skip
            why = "GOSUMDB=off" if routed.sworn is Sworn.OFF else "the path is private"
            words = f"accepted unseen: {why}"
            return Node(f"hash {number}", "warn", Role.WARN, routed.what, words, tuple(inside), copy)
    if decided is None:
        return Node(f"hash {number}", "busy", Role.BUSY, routed.what, "the database is asked")
    if decided.verdict == "unknown":
        words = f"not known: {decided.because}"
        return Node(f"hash {number}", "unknown", Role.WARN, routed.what, words, tuple(_remark(one)), copy)
    if decided.verdict != "verified":
        return Node(f"hash {number}", "none", Role.PLAIN, routed.what, decided.because, tuple(hashes), copy)
    if not came:
        proves = "a download must have this hash: go would refuse any other."
        inside = [*hashes, Inside("proves", proves)]
        words = "the record has its hash"
        return Node(f"hash {number}", "ok", Role.OK, routed.what, words, tuple(inside), copy)
    proves = "what came was hashed here, and the record has the same hash: everybody else is served the same."
    inside = [*hashes, Inside("proves", proves)]
    words = "the hash of what came stands in the record"
    return Node(f"hash {number}", "ok", Role.OK, routed.what, words, tuple(inside), copy)
