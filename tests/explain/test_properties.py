"""Whatever is pasted: no exception, no control character, no secret, no long line; the same answer twice."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from probes.diagnosis.catalogue import MAX_LINES, Shell
from probes.diagnosis.columns import columns
from probes.diagnosis.explain import explain
from probes.diagnosis.explain_report import report, to_json
from tests.explain.false_statements import FALSE
from tests.explain.measure import read_corpus

_TEXTS = [entry.text for entry in read_corpus() if not entry.held_out]
_PIECES = st.one_of(
    st.sampled_from(_TEXTS),
    st.sampled_from([text for texts in FALSE.values() for text in texts]),
    st.sampled_from(
        ["export GOPROXY=", "go env -w ", "$env:GOPROXY = ", "set GOPRIVATE=", "ENV GOSUMDB=", "`", '"', "'", "“", "\\",
         "https://", ",direct", "|", "，", "\x1b[31m", "\u202e", "\x00", "\r\n", "\n\t", "go: ", "@v1.0.0: ", ": ",
         "server response: ", "dial tcp ", "lookup ", "GODEBUG=x=", "{", "}", "$", "%", "#", "\ud800", "漢字", "\u0301"]
    ),
    st.text(max_size=30),
)  # fmt: skip
ANYTHING = st.lists(_PIECES, max_size=8).map("".join)


def _mutated(text: str, cuts: list[tuple[int, str]]) -> str:
    for at, piece in cuts:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + 1 :]
    return text


MUTATED = st.builds(
    _mutated,
    st.sampled_from(_TEXTS),
    st.lists(st.tuples(st.integers(0, 2000), st.text(max_size=4)), max_size=6),
)


@given(st.one_of(ANYTHING, MUTATED), st.sampled_from([Shell.POSIX, Shell.FISH, Shell.POWERSHELL, Shell.CMD]))
def test_any_text_gives_a_report_that_a_terminal_can_take(text: str, shell: Shell) -> None:
    explained = explain(text)
    assert explain(text) == explained
    shown = report(explained, shell)
    assert bool(shown) == bool(explained)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown.replace("\n", ""))
    assert not any(c in shown for c in "\u202e\u202a\u2066\u200b\ufeff")
    for block in shown.split("\n\n"):
        lines = block.splitlines()
        assert len(lines) <= MAX_LINES
        assert all(columns(line) <= 80 or "  try    " in line for line in lines), lines
    found = json.loads(json.dumps(to_json(explained, shell)))
    for place in [*found["mistakes"], *found["statements"]]:
        assert place["column"] >= 1
        assert place["length"] >= 1
        assert place["line"] <= text.count("\n") + 1


SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=10, max_size=20).map(
    lambda text: "Zq" + text
)


@given(SECRETS, st.sampled_from(_TEXTS), st.sampled_from([Shell.POSIX, Shell.CMD]))
def test_userinfo_in_urls_is_never_shown(secret: str, text: str, shell: Shell) -> None:
    pasted = text.replace("https://", f"https://bot:{secret}@").replace("http://", f"http://{secret}@")
    pasted += f"\nexport GOPROXY=https://bot:{secret}@go.corp.example，direct\nGOSUMDB=off https://x:{secret}@y.example\n"
    explained = explain(pasted)
    assert secret not in report(explained, shell)
    assert secret not in json.dumps(to_json(explained, shell))
