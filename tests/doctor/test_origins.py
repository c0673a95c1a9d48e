"""The way without a proxy: go and modtrace fail in the same words, one rule of level error fires, and its first
remedy, really typed into a shell, makes both green. What was not agreed to is told, and not run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.doctor.origin_ailments import HOST, MEMBER, ORIGIN_AILMENTS, PATH, ailing, corporate
from tests.doctor.practice import admitted, errors_of, examine, go_says, settled, treated


@pytest.mark.parametrize("name", ORIGIN_AILMENTS)
def test_cause_and_cure(name: str, tmp_path: Path) -> None:
    with ORIGIN_AILMENTS[name]() as ailment:
        patient = admitted(ailment, tmp_path, in_file=len(name) % 2 == 0)
        go_ok, go_words = go_says(patient)
        code, said, complaints = examine(patient)
        errors = errors_of(said)
        told = [(case["rule"], case["rung"], case["cause"]) for case in said["cases"]]
        assert not go_ok
        assert _without_folder(settled(said["error"])) == _without_folder(go_words)
        assert [case["rule"] for case in errors] == [ailment.rule], told
        assert (code, complaints, errors[0]["rung"]) == (1, "", ailment.rung), told
        remedy = errors[0]["remedies"][0]
        assert not remedy["weakens_security"]
        after = treated(patient, ailment, remedy)
        code, said, _ = examine(after)
        assert said["ok"], (remedy["lines"], said["error"])
        assert (errors_of(said), code) == ([], 0), said["findings"]
        assert go_says(after)[0]


def test_without_a_word_of_the_user_nothing_is_started(tmp_path: Path) -> None:
    with corporate() as (origin, process):
        patient = admitted(ailing("", process, None, options=()), tmp_path, in_file=False)
        code, said, _ = examine(patient)
        assert (code, errors_of(said), origin.git_log) == (3, [], [])
        (ladder,) = said["ladders"]
        (rung,) = ladder["rungs"]
        assert (rung["rung"], rung["judgement"]) == ("git", "skipped")
        assert ladder["url"] == f"git ls-remote -q --end-of-options https://{PATH}"
        assert "--run" in rung["because"]


def test_where_git_cannot_get_through_the_server_is_looked_at_as_go_would_reach_it(tmp_path: Path) -> None:
    with ORIGIN_AILMENTS["roots that git does not read"]() as ailment:
        said = examine(admitted(ailment, tmp_path, in_file=False))[1]
        (ladder,) = said["ladders"]
        assert ladder["url"] == f"https://{PATH}/info/refs?service=git-upload-pack"
        judged = {rung["rung"]: rung["judgement"] for rung in ladder["rungs"]}
        assert (judged["tls"], judged["content"], judged["git"]) == ("ok", "ok", "broken")


FAKE = "s3cretive"
LOG_INS = [
    # (file in HOME, its text, what the cause names, what the first remedy says)
    (".netrc", f"machine {HOST} login alice password {FAKE}\n", "the netrc (~/.netrc:1)", "correct the log-in"),
    (".netrc", f"machine {HOST} login alice\n", "the netrc (~/.netrc:1)", "correct the log-in"),
    (".gitconfig", f'[url "https://u:{FAKE}@{HOST}/"]\n insteadOf = https://{HOST}/\n', "the URL (~/.gitconfig)", "correct the"),
    (".gitconfig", f'[credential]\n helper = "!f() {{ echo username=x; echo password={FAKE}; }}; f"\n', "the helper (~/.gitconfig)",
     "git credential reject"),
]  # fmt: skip


def test_the_log_in_that_is_there_and_is_not_taken_is_named_and_not_shown(tmp_path: Path) -> None:
    with corporate() as (origin, process):
        origin.locked[HOST] = MEMBER
        for number, (name, text, cause, remedy) in enumerate(LOG_INS):
            home = tmp_path / str(number)
            home.mkdir()
            (home / name).write_text(text)
            (home / name).chmod(0o600)
            code, said, complaints = examine(admitted(ailing("", process, None), home, in_file=False))
            (error,) = errors_of(said)
            assert (code, complaints, error["rule"]) == (1, "", "R09")
            assert cause in error["cause"]
            assert remedy in error["remedies"][0]["lines"][0]
            assert FAKE not in json.dumps(said)


def _without_folder(words: str) -> str:
    """go ran with a module cache of its own, and shows user names, which modtrace masks."""
    words = re.sub(r"ssh://[^@/]+@", "ssh://USER@", words)
    return re.sub(r" in \S+/cache/vcs/[0-9a-f]{64}", " in CACHE", words)
