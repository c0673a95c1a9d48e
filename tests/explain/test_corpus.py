"""`explain` on real error texts: the figures that must hold, and what logs must not be taken for.

`python -m tests.explain.measure` prints the figures as they are. The labels and the split are not to be edited
to fit; the held-out third and the fresh texts are not to be read when patterns are written.
"""

from __future__ import annotations

import pytest

from probes.diagnosis.explain import explain
from probes.diagnosis.log_text import blocks, plain_lines
from tests.explain.measure import CORPUS, FRESH, Entry, is_held_out, measure, read_corpus

ALL = [*read_corpus(CORPUS), *read_corpus(FRESH)]


@pytest.fixture(scope="module")
def corpus() -> list[Entry]:
    return read_corpus(CORPUS)


def test_the_corpus_is_large_and_its_third_is_chosen_by_hash(corpus: list[Entry]) -> None:
    assert len(corpus) >= 120
    assert len({entry.id for entry in corpus}) == len(corpus)
    assert all(entry.held_out == is_held_out(entry.id) for entry in corpus)
    assert len(corpus) / 4 < sum(entry.held_out for entry in corpus) < len(corpus) / 2


@pytest.mark.parametrize(
    ("part", "precision", "recall", "retry"),
    [("training", 0.99, 0.99, 0.99), ("held out", 0.98, 0.98, 0.98), ("fresh", 0.92, 0.75, 0.78)],
)
def test_the_figures_that_hold_now(
    corpus: list[Entry], part: str, precision: float, recall: float, retry: float
) -> None:
    entries = {
        "training": [entry for entry in corpus if not entry.held_out],
        "held out": [entry for entry in corpus if entry.held_out],
        "fresh": read_corpus(FRESH),
    }[part]
    figures = measure(entries)
    assert figures.precision >= precision
    assert figures.recall >= recall
    assert figures.retry >= retry


def _names(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", ALL, ids=_names)
def test_logs_hold_no_false_statements_and_no_wrong_commands(entry: Entry) -> None:
    explained = explain(entry.text)
    assert explained.statements == ()
    assert explained.mistakes == ()


@pytest.mark.parametrize("entry", [e for e in ALL if not e.held_out and e.rule], ids=_names)
def test_windows_line_ends_and_wrapping_change_nothing(entry: Entry) -> None:
    first = explain(entry.text).explanations[0]
    for other in (
        entry.text.replace("\n", "\r\n"),
        "\ufeff" + entry.text,
        "\n".join(f"\x1b[31m{line}\x1b[0m" for line in entry.text.split("\n")),
        "\n".join(f"2026-11-21T10:00:00.1234567Z {line}" for line in entry.text.split("\n")),
    ):
        again = explain(other).explanations[0]
        assert (again.rule.id, again.pattern, again.line) == (first.rule.id, first.pattern, first.line)


HEALTHY = (
    "go: downloading github.com/spf13/cobra v1.9.1\ngo: downloading golang.org/x/sys v0.36.0\n",
    "go: finding module for package github.com/gin-gonic/gin\ngo: found github.com/gin-gonic/gin in github.com/gin-gonic/gin v1.10.0\n",
    "go: added golang.org/x/net v0.44.0\ngo: upgraded go 1.22 => 1.24.0\n",
    "go: golang.org/x/tools@v0.38.0 requires go >= 1.24.0; switching to go1.24.9\n",
    "# get https://proxy.golang.org/rsc.io/quote/@v/v1.5.2.info: 200 OK (0.041s)\n",
    "# get https://go.corp.example/sumdb/sum.golang.org/supported: 404 Not Found (0.002s)\n",
    "all modules verified\n",
    "ok  \tgithub.com/acme/api/store\t0.101s\n",
    "",
    "\n\n",
)


@pytest.mark.parametrize("text", HEALTHY)
def test_a_healthy_log_explains_nothing(text: str) -> None:
    assert not explain(text)
    assert not explain(text.replace("\n", "\r\n"))


def test_the_comma_makes_an_answer_that_stops_the_walk_rule_one() -> None:
    error = "go: a.example/m@v1.0.0: reading https://p.example/a.example/m/@v/v1.0.0.mod: 502 Bad Gateway\n"
    assert explain(error).explanations[0].rule.id == "R03"
    with_comma = explain("export GOPROXY=https://p.example,direct\n" + error).explanations[0]
    assert with_comma.rule.id == "R01"
    assert with_comma.diagnosis().remedies[0].lines == ("go env -w GOPROXY='https://p.example|direct'",)
    assert explain("export GOPROXY='https://p.example|direct'\n" + error).explanations[0].rule.id == "R03"
    assert explain("export GOPROXY=direct,https://p.example\n" + error).explanations[0].rule.id == "R03"


def test_what_a_direct_fetch_hides_comes_first() -> None:
    text = (
        "# get https://p.example/a.example/m/@v/list: 502 Bad Gateway (0.1s)\n"
        'go: module a.example/m: unrecognized import path "a.example/m": '
        "reading https://a.example/m?go-get=1: 404 Not Found\n"
    )
    assert [e.rule.id for e in explain(text).explanations] == ["R03", "R18"]


def test_one_cause_is_told_once() -> None:
    line = 'go: a.example/m{}@v1.0.0: Get "https://p.example/x/@v/v1.0.0.mod": dial tcp 192.0.2.1:443: i/o timeout\n'
    explained = explain("".join(line.format(number) for number in range(50)))
    assert len(explained.explanations) == 1
    assert explained.explanations[0].times == 50


def test_the_end_of_a_long_log_is_read_and_its_lines_are_counted_right() -> None:
    filler = "".join(f"compiling step {number}\n" for number in range(60_000))
    text = filler + "go: go.mod file not found in current directory or any parent directory.\n"
    explained = explain(text)
    assert explained.is_cut
    assert explained.explanations[0].line == 60_001


def test_git_alone_is_believed_only_behind_a_command_of_go() -> None:
    git = "fatal: could not read Username for 'https://git.example': terminal prompts disabled\n"
    assert not explain(git).explanations
    assert explain("$ go mod download\n" + git).explanations[0].rule.id == "R09"


def test_a_message_is_put_together_from_its_lines() -> None:
    text = "go: a: reading x: 404 Not Found\n\tserver response:\n\tnot found: fetch timed out\nnext\n"
    found = list(blocks(text))
    assert [block.line for block in found] == [1, 4]
    assert "fetch timed out" in found[0].said
    assert plain_lines('#12 3.456 "Error": "go: a: b"')[0].startswith('"Error"')
