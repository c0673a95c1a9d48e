"""Each world: go and modtrace fail in the same words, one rule of level error fires, and its first remedy,
really typed into a shell, makes the trace green."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor.ailments import AILMENTS
from tests.doctor.practice import admitted, errors_of, examine, go_says, settled, treated


@pytest.mark.parametrize("in_file", [False, True], ids=["process", "go-env"])
@pytest.mark.parametrize("name", AILMENTS)
def test_cause_and_cure(name: str, in_file: bool, tmp_path: Path) -> None:
    with AILMENTS[name]() as ailment:
        patient = admitted(ailment, tmp_path, in_file=in_file)
        code, said, complaints = examine(patient)
        errors = errors_of(said)
        told = [(case["rule"], case["rung"], case["cause"]) for case in said["cases"]]
        assert [case["rule"] for case in errors] == [ailment.rule], told
        assert code == 1
        assert complaints == ""
        assert errors[0]["rung"] == ailment.rung, told
        remedy = errors[0]["remedies"][0]
        assert not remedy["weakens_security"]
        if not ailment.go_hangs and ailment.rule != "R03":
            go_ok, go_words = go_says(patient)
            assert not go_ok
            assert settled(said["error"]) == go_words
        after = treated(patient, ailment, remedy)
        code, said, _ = examine(after)
        assert said["ok"], (remedy["lines"], said["error"])
        assert errors_of(said) == []
        assert code == 0, said["findings"]
        assert go_says(after)[0]
