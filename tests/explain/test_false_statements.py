"""The false statements of the guides: each is caught, at its place, with the fact; the truth is left alone."""

from __future__ import annotations

import pytest

from probes.diagnosis.claims import claims, statements
from probes.diagnosis.explain import explain
from tests.explain.false_statements import FALSE, TRUE


def test_every_row_of_the_table_has_a_claim() -> None:
    assert list(dict.fromkeys(claim.id for claim in claims())) == list(FALSE)
    assert len([name for name in FALSE if name.startswith("A")]) == 41


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FALSE.items() for text in texts])
def test_a_false_statement_is_caught_with_its_fact_and_its_place(name: str, text: str) -> None:
    found = {statement.claim.id: statement for statement in explain(text).statements}
    assert name in found
    statement = found[name]
    assert statement.line == 1
    assert 1 <= statement.column <= len(text)
    assert statement.column - 1 + statement.length <= len(text)
    assert statement.claim.correct
    assert statement.claim.reference


@pytest.mark.parametrize(("name", "text"), [(name, texts[0]) for name, texts in FALSE.items()])
def test_a_statement_is_found_within_a_page_at_its_line(name: str, text: str) -> None:
    page = f"# How to set up Go\n\nSome introduction, which says nothing.\n\n{text}\n\nThe end.\n"
    assert (name, 5) in {(statement.claim.id, statement.line) for statement in explain(page).statements}


@pytest.mark.parametrize("text", TRUE)
def test_the_truth_is_no_false_statement(text: str) -> None:
    assert statements(text) == []


def test_a_statement_may_go_on_in_the_next_line() -> None:
    text = "When the proxy returns 404 or\nis unavailable, go falls back to\nthe next entry.\n"
    assert [statement.claim.id for statement in statements(text)] == ["A09"]


def test_the_column_counts_characters_of_the_line() -> None:
    statement = statements("然后设置 GOSUMDB=off 即可跳过校验")[0]
    assert (statement.column, statement.length) == (6, len("GOSUMDB=off"))


def test_a_guide_that_quotes_an_error_is_still_a_guide() -> None:
    text = (
        "遇到下面的错误：\n\n"
        'go: module a.example/m: Get "https://proxy.golang.org/a.example/m/@v/list": dial tcp 192.0.2.1:443: i/o timeout\n\n'
        "原因是网络不通。\n可以关闭校验：\n\n    go env -w GOSUMDB=off\n\n然后重试即可。\n"
    )
    explained = explain(text)
    assert explained.explanations[0].rule.id == "R07"
    assert [statement.claim.id for statement in explained.statements] == ["A25"]
