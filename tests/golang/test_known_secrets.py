"""What a run has come to know as secret is masked in every form, for that run alone."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from probes.golang.known_secrets import (
    remember,
    remember_authorization,
    remember_if_token,
    remember_user,
    remember_userinfo,
    remembering,
)
from probes.golang.redact import MASK, redact
from probes.golang.remembering import remember_header, remember_settings, remember_text, remember_words


def test_it_is_masked_in_the_forms_in_which_it_comes_back() -> None:
    pair = b64encode(b"alice:p&ss/w0rd").decode()
    with remembering():
        remember_user("alice", "p&ss/w0rd")
        for said in ("p&ss/w0rd", "p%26ss%2Fw0rd", "p&amp;ss/w0rd", pair, pair.rstrip("=")):
            assert redact(f"remote: no {said}, alice") == f"remote: no {MASK}{'=' * said.count('=')}, alice"
        assert redact(redact("x p&ss/w0rd y")) == f"x {MASK} y"
    assert redact("p&ss/w0rd") == "p&ss/w0rd", "it was known to that run"


def test_a_word_is_no_secret_and_a_short_one_is_masked_only_where_it_stands_alone() -> None:
    with remembering():
        remember("password", "x-oauth-basic", "git", "direct", "hunter2", "abcdefgh")
        remember_if_token("git.corp.example", "--host", "/usr/bin/token1234567", "ghx0123456789")
        text = "password x-oauth-basic git direct git.corp.example --host /usr/bin/token1234567"
        assert redact(text) == text
        assert redact("hunter2 hunter22 abcdefgh abcdefghi") == f"{MASK} hunter22 {MASK} abcdefghi"
        assert redact("Xghx0123456789Y") == f"X{MASK}Y", "a long one also inside of another word"


def test_a_user_alone_may_be_a_token() -> None:
    with remembering():
        remember_userinfo("tok3n0123456789")
        remember_userinfo("git")
        assert redact("git says tok3n0123456789") == f"git says {MASK}"


@pytest.mark.parametrize("value", ["Bearer abc12345xyz", "abc12345xyz", "token abc12345xyz"])
def test_headers_are_remembered(value: str) -> None:
    with remembering():
        remember_authorization(value)
        assert redact("you are abc12345xyz") == f"you are {MASK}"


def test_gits_settings_are_remembered(tmp_path: object) -> None:
    cookies = f"{tmp_path}/cookies"
    with open(cookies, "w") as file:
        file.write("a.test\tFALSE\t/\tTRUE\t0\tsid\tc00kie-value\n")
    with remembering():
        remember_settings((
            ("http.https://a.test/.extraheader", "X-Key: k3y-of-mine"), ("http.cookiefile", cookies),
            ("url.https://bob:pa55word@a.test/.insteadof", "https://b.test/"), ("credential.helper", "h --t=w0rd-of-helper"),
            ("http.cookiefile", "/nonexistent/cookies"), ("http.sslverify", "false"),
        ))  # fmt: skip
        remember_words("x")
        remember_header("Accept", "text/plain")
        for one in ("k3y-of-mine", "c00kie-value", "pa55word", "w0rd-of-helper"):
            assert redact(f"remote: {one}!") == f"remote: {MASK}!", one
        assert redact("b.test text/plain false") == "b.test text/plain false"


def test_runs_beside_each_other_know_nothing_of_each_other() -> None:
    async def run(mine: str) -> str:
        with remembering():
            remember(mine)
            await asyncio.sleep(0)
            with remembering():  # one inside of another adds to it
                remember_text("https://me:inner-s3cret@a.test")
            await asyncio.to_thread(remember, f"{mine}-of-a-thread")
            return redact(f"f1rst-secret s3cond-secret inner-s3cret {mine}-of-a-thread")

    async def both() -> list[str]:
        return await asyncio.gather(run("f1rst-secret"), run("s3cond-secret"))

    assert asyncio.run(both()) == [f"{MASK} s3cond-secret {MASK} {MASK}", f"f1rst-secret {MASK} {MASK} {MASK}"]
    remember("without-a-run-1")
    assert redact("without-a-run-1") == "without-a-run-1"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no: [Basic WnE3UmVwb1VzZXI4MjE=]", f"no: [Basic {MASK}]"),
        ("bearer eyJhbGci.eyJzdWIi.x1", f"bearer {MASK}"),
        ('Basic realm="git server 1"', 'Basic realm="git server 1"'),
        ("HTTP Basic: Access denied", "HTTP Basic: Access denied"),
        ("basic authentication is needed", "basic authentication is needed"),
        ("Bearer token-based", "Bearer token-based"),
    ],
)
def test_an_authorization_in_a_sentence(said: str, shown: str) -> None:
    assert redact(said) == shown
