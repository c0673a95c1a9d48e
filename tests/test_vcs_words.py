"""The words of git, ssh, Mercurial, Subversion and Fossil: what the real programs complain of, by its kind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from probes.golang.vcs_words import Complaint, classify, what_it_leaves_open
from tests.origins import Origin, serving
from tests.vcs_worlds import clean_environment, serving_svn


class Asker:
    """Runs programs that fail, and says of which kind their complaint is."""

    def __init__(self, home: Path, network: dict[str, str]) -> None:
        self._environment = {**clean_environment(home), "GIT_TERMINAL_PROMPT": "0", **network}
        self._home = home

    def __call__(self, *command: str, **more: str) -> Complaint:
        done = subprocess.run(
            command, env={**self._environment, **more}, cwd=self._home, text=True, capture_output=True,
            stdin=subprocess.DEVNULL, start_new_session=True, timeout=60,
        )  # fmt: skip
        assert done.returncode, command
        return classify(done.stderr)


def _questions(url: str) -> dict[str, tuple[str, ...]]:
    return {
        "git": ("git", "ls-remote", "-q", url),
        "hg": ("hg", "identify", "--", url),
        "fossil": ("fossil", "clone", "--", url, "x.fossil"),
    }


def test_what_a_server_refuses_is_told_by_all_of_them(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin")
    kinds = {
        401: dict.fromkeys(("git", "hg", "fossil"), Complaint.NO_CREDENTIALS),
        403: dict.fromkeys(("git", "hg", "fossil"), Complaint.REFUSED),
        404: dict.fromkeys(("git", "hg", "fossil"), Complaint.NOT_FOUND_OR_REFUSED),
    }
    helper = "credential.helper=!f() { echo username=a; echo password=b; }; f"
    with serving(origin) as network:
        ask = Asker(tmp_path, network)
        for status, expected in kinds.items():
            origin.refuse_git = status
            said = {name: ask(*command) for name, command in _questions("http://code.corp.test/x").items()}
            assert said == expected, status
            if status == 401:
                assert ask("git", "-c", helper, "ls-remote", "https://code.corp.test/x") is Complaint.REFUSED
        nobody = {"GIT_SSL_CAINFO": "/dev/null", "SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"}
        said = {n: ask(*c, **nobody) for n, c in _questions("https://code.corp.test/x").items()}
        assert said == dict.fromkeys(said, Complaint.CERTIFICATE)


def test_what_the_network_refuses_is_told_by_all_of_them(tmp_path: Path) -> None:
    ask = Asker(tmp_path, {})
    said = {name: ask(*command) for name, command in _questions("http://127.0.0.1:1/x").items()}
    said |= {
        "svn": ask("svn", "info", "--", "svn://127.0.0.1:1/x"), "git:": ask("git", "ls-remote", "git://127.0.0.1:1/x"),
        "git+ssh": ask("git", "ls-remote", "ssh://127.0.0.1:1/x"),
        "hg+ssh": ask("hg", "identify", "--", "ssh://127.0.0.1:1/x"),
        "svn+ssh": ask("svn", "info", "--", "svn+ssh://127.0.0.1/x", SVN_SSH="ssh -p 1"),
    }  # fmt: skip
    assert said == dict.fromkeys(said, Complaint.REFUSED_CONNECTION)
    for command, kind in (
        (("git", "ls-remote", "ext::sh -c true"), Complaint.PROTOCOL_NOT_ALLOWED),
        (("git", "ls-remote", "made-up://x/y"), Complaint.PROTOCOL_NOT_ALLOWED),
        (("git", "ls-remote", str(tmp_path / "none")), Complaint.NOT_FOUND_OR_REFUSED),
    ):
        assert ask(*command) is kind, command
    with serving_svn(tmp_path, tmp_path) as url:
        assert ask("svn", "info", "--", f"{url}/none") is Complaint.NOT_FOUND_OR_REFUSED


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("fatal: unable to access 'https://h/x/': Could not resolve host: h", Complaint.NAME),
        ("ssh: Could not resolve hostname h: Name or service not known", Complaint.NAME),
        ("abort: error: Name or service not known", Complaint.NAME),
        ("svn: E670002: Name or service not known", Complaint.NAME),
        ("ssh: connect to host h port 22: Connection timed out", Complaint.TIMEOUT),
        ("fatal: unable to access 'https://h/': SSL connection timeout\nConnection timed out", Complaint.TIMEOUT),
        ("remote: Repository not found.\nfatal: repository 'https://github.com/u/r/' not found", Complaint.NOT_FOUND_OR_REFUSED),
        ("remote: Host key verification failed.\nfatal: what a server says does not decide", Complaint.UNKNOWN),
        ("remote: Host key verification failed.\nabort: no suitable response from remote hg", Complaint.HOST_KEY_UNKNOWN),
        ("git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.", Complaint.NO_KEY_ACCEPTED),
        ("svn: E215004: No more credentials or we tried too many times.\nAuthentication failed", Complaint.NO_CREDENTIALS),
        ("svn: E230001: Server SSL certificate verification failed: issuer is not trusted", Complaint.CERTIFICATE),
        ("fatal: Konnte nicht lesen", Complaint.UNKNOWN), ("", Complaint.UNKNOWN),
    ],
)  # fmt: skip
def test_words_that_need_a_network(words: str, kind: Complaint) -> None:
    assert classify(words) is kind


def test_what_a_host_hides_is_not_claimed() -> None:
    """GitHub, GitLab and Bitbucket answer alike for what is private and what is not there."""
    for kind in (Complaint.NO_CREDENTIALS, Complaint.NOT_FOUND_OR_REFUSED):
        assert "alike" in what_it_leaves_open(kind) or "the same for both" in what_it_leaves_open(kind)
    assert not what_it_leaves_open(Complaint.NAME)


def test_endless_words_take_no_time() -> None:
    assert classify("'" * 1_000_000 + "\nremote: x" * 100_000) is Complaint.UNKNOWN
