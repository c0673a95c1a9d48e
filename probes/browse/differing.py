"""What differs between two copies of a version's zip or go.mod, named up to a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from probes.browse.votes import MOST_NAMED, Agreement, Differed, Quorum, What

Contents = Mapping[str, tuple[int, str]]
"""Of each name in a zip the size and the hash of the content."""


def differences(
    told: Quorum, contents: Mapping[int, Contents], go_mods: Mapping[int, bytes], prefix: str, at: float
) -> Iterator[Differed]:
    """What is different in everything that is not as what is believed, by voters at hand.

    Of several with the same hash one is compared; in a tie all are compared with the first.
    """
    for what in What:
        verdict = told.verdict(what)
        if verdict.agreement not in (Agreement.DIFFER, Agreement.TIE):
            continue
        at_hand = contents if what is What.ZIP else go_mods
        camps = [
            (one, next((state.voter.id for state in camp if state.voter.id in at_hand), None))
            for one, camp in told.camps(what).items()
        ]
        having = [(one, voter) for one, voter in camps if voter is not None]
        model = next((voter for one, voter in having if verdict.sum in ("", one)), None)
        for _, voter in having:
            if model is None or voter == model:
                continue
            if what is What.ZIP:
                yield differing_files(at, voter, model, contents[voter], contents[model], prefix)
            else:
                yield differing_lines(at, voter, model, go_mods[voter], go_mods[model])


def differing_files(
    at: float, voter: int, other: int, here: Contents, there: Contents, prefix: str
) -> Differed:
    """What is different inside two zips."""
    return _differed(
        at, What.ZIP, voter, other,
        [name.removeprefix(prefix) for name in here if name not in there],
        [name.removeprefix(prefix) for name in there if name not in here],
        [name.removeprefix(prefix) for name, content in here.items() if there.get(name, content) != content],
    )  # fmt: skip


def differing_lines(at: float, voter: int, other: int, here: bytes, there: bytes) -> Differed:
    """The lines that only one of two go.mod files has."""
    ours, theirs = _lines(here), _lines(there)
    return _differed(
        at, What.GO_MOD, voter, other, list((ours - theirs).elements()), list((theirs - ours).elements()), []
    )  # fmt: skip


def _lines(data: bytes) -> Counter[str]:
    return Counter(data.decode("utf-8", "replace").split("\n"))


def _differed(
    at: float,
    what: What,
    voter: int,
    other: int,
    only_here: Sequence[str],
    only_there: Sequence[str],
    changed: Sequence[str],
) -> Differed:
    return Differed(
        at, what, voter, other,
        tuple(only_here[:MOST_NAMED]), tuple(only_there[:MOST_NAMED]), tuple(changed[:MOST_NAMED]),
        (len(only_here), len(only_there), len(changed)),
    )  # fmt: skip
