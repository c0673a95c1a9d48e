"""netrc: the real go and modtrace send the same Authorization, and nothing shows it."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from probes.golang.goauth import CredentialStore, Kept, Kind, Method
from probes.golang.netrc import parse_netrc
from probes.net.limits import Stalled
from probes.sources.credentials import Credentials
from tests.against_go.auth_server import AuthServer, Case, ask_both, auth_server
from tests.against_go.golang import Oracle
from tests.against_go.test_string_rules import wire

PLAIN = "machine {host} login alice password s3cr3t\n"
SHAPES = {
    "one line": PLAIN,
    "several lines": "machine {host}\n  login alice\n  password s3cr3t\n",
    "password first": "machine {host} password s3cr3t login alice\n",
    "no password": "machine {host} login alice\n",
    "no login": "machine {host} password s3cr3t\n",
    "without the port": "machine 127.0.0.1 login alice password s3cr3t\n",
    "default only": "default login alice password s3cr3t\n",
    "default before": "default\nmachine {host} login alice password s3cr3t\n",
    "default with values before": "default login a password b\nmachine {host} login alice password s3cr3t\n",
    "twice": PLAIN + "machine {host} login bob password 0ther\n",
    "other machine first": "machine other.test login bob password 0ther\n" + PLAIN,
    "with the path": "machine {host}/p/m.test login alice password s3cr3t\n",
    "with the scheme": "machine https://{host} login alice password s3cr3t\n",
    "trailing slash": "machine {host}/ login alice password s3cr3t\n",
    "comment": "# a comment\n" + PLAIN,
    "comment with odd words": "# machine {host} login eve password n0\n" + PLAIN,
    "account in between": "machine {host} account x login alice password s3cr3t\n",
    "macro": "macdef init\nmachine {host} login eve password n0\n\n" + PLAIN,
    "macro without an end": "macdef init\n" + PLAIN,
    "CRLF": "machine {host} login alice password s3cr3t\r\n",
    "odd number of words": "machine {host} login alice password\n s3cr3t\n",
    "split word": "machine\n{host} login alice password s3cr3t\n",
    "tabs": "machine\t{host}\tlogin\talice\tpassword\ts3cr3t\n",
    "quotes": 'machine {host} login alice password "s3cr3t"\n',
    "colon in the password": "machine {host} login alice password a:b:c\n",
    "not ASCII": "machine {host} login alíce password größe\n",
    "no end of line": PLAIN.rstrip(),
    "empty": "",
    "upper case": "MACHINE {host} LOGIN alice PASSWORD s3cr3t\n",
    "machine without more": "machine {host}\nmachine other login alice password s3cr3t\n",
    "login over machines": "login alice machine {host} password s3cr3t\n",
    "longer path wins": "machine {host} login bob password 0ther\nmachine {host}/p/m.test/x login alice password s3cr3t\n",
    "path of a file": "machine {host}/p/m.test/x/@v/v1.0.0.mod login bob password 0ther\n" + PLAIN,
    "part of an element": "machine {host}/p/m.te login alice password s3cr3t\n",
    "two slashes behind": "machine {host}// login alice password s3cr3t\n",
    "plain http": "machine http://{host} login alice password s3cr3t\n",
    "scheme in capitals": "machine HTTPS://{host} login alice password s3cr3t\n",
    "scheme and a longer path": PLAIN + "machine https://{host}/p/ login bob password 0ther\n",
    "same machine in two ways": "machine https://{host}/ login alice password s3cr3t\n"
    + PLAIN.replace("alice", "bob"),
    "user in the machine": "machine alice@{host} login alice password s3cr3t\n",
    "upper case host": "machine LOCALHOST login alice password s3cr3t\n",
    "wildcard": "machine * login alice password s3cr3t\n",
    "blank lines": "\n\n\nmachine {host}\n\n\nlogin alice\n\npassword s3cr3t\n\n",
    "password twice": "machine {host} password a password b login alice\n",
    "login twice": "machine {host} login eve login alice password s3cr3t\n",
    "machine twice": "machine a.test machine {host} login alice password s3cr3t\n",
    "more words behind": "machine {host} login alice password s3cr3t account x y z\n",
    "comment behind": "machine {host} login alice password s3cr3t # mine\n",
    "comment in between": "machine {host} # mine\nlogin alice\n# not mine\npassword s3cr3t\n",
    "comment of odd words": "machine {host}\n# one two three\nlogin alice password s3cr3t\n",
    "comment without a blank": "#machine {host} login eve password n0\n" + PLAIN,
    "default as a login": "machine {host} login default password s3cr3t\n",
    "default at an end": "machine {host} login alice default\npassword s3cr3t\n",
    "default behind": PLAIN + "default login eve password n0\n",
    "macro behind machine": "machine {host} macdef init\ncd /\n\nlogin alice password s3cr3t\n",
    "macro in its line": "machine {host} macdef init login eve password n0\n\n",
    "macro with a blank in the empty line": "macdef init\n \n" + PLAIN,
    "macro in CRLF": "macdef init\r\n\r\n" + PLAIN.replace("\n", "\r\n"),
    "macdef without a name": "macdef\n" + PLAIN,
    "carriage returns alone": PLAIN.replace(" ", "\r"),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "byte order mark and a line": b"\xef\xbb\xbf\n" + PLAIN.encode(),
    "not UTF-8": b"machine {host} login al\xffce password \xe4\xfc\x85\xa0\n",
    "zero bytes": b"machine {host} login al\x00ice password s\x003\n",
    "UTF-16": PLAIN.encode("utf-16"),
    "odd blanks": "machine\u00a0{host}\u3000login\u2028alice\vpassword\fs3cr3t\n",
    "no blanks": "machine\u200b{host}\u180elogin alice password s3cr3t\x1f\n",
    "single quotes": "machine '{host}' login 'alice' password 's3cr3t'\n",
    "quotes with a blank": 'machine {host} login alice password "s3c r3t"\n',
    "backslash": "machine {host} login alice password s3\\\\cr3t\n",
    "backslash at the end": "machine {host} \\\n login alice password s3cr3t\n",
    "very long line": "# " + "x " * 100_000 + "\n" + PLAIN,
    "very long password": "machine {host} login alice password " + "s" * 4000 + "\n",
    "very many machines": "".join(f"machine m{n}.test login a password b\n" for n in range(5000)) + PLAIN,
    "with =": "machine={host} login=alice password=s3cr3t\n",
    "with colons": "machine: {host} login: alice password: s3cr3t\n",
}
"""What stands in ~/.netrc."""


def _in_ten_megabytes(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"# what nobody reads\n" * 500_000)


def _behind_ten_megabytes(file: Path) -> None:
    file.write_bytes(b"# what nobody reads\n" * 500_000 + file.read_bytes())


def _as_link(file: Path) -> None:
    file.rename(file.with_name("real"))
    file.symlink_to("real")


def _as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _as_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


FILES: dict[str, Callable[[Path], None]] = {
    "none": Path.unlink,
    "a link": _as_link,
    "a link to itself": _as_loop,
    "a folder": _as_folder,
    "for everybody": lambda file: file.chmod(0o666),
    "large": _in_ten_megabytes,
    "at the end of a large one": _behind_ten_megabytes,
}
"""What ~/.netrc is."""
PLACES = {
    "NETRC": Case(netrc=PLAIN.replace("alice", "eve"), variables={"NETRC": "{home}/mine"}, scripts={"mine": PLAIN}),
    "relative": Case(variables={"NETRC": "mine"}, scripts={"mine": PLAIN}),
    "not there": Case(netrc=PLAIN, variables={"NETRC": "{home}/none"}),
    "tilde": Case(netrc=PLAIN, variables={"NETRC": "~/.netrc"}),
    "null": Case(netrc=PLAIN, variables={"NETRC": "/dev/null"}),
    "a file as a folder": Case(netrc=PLAIN, variables={"NETRC": "{home}/.netrc/x"}),
    "large host": Case(netrc=PLAIN.replace("{host}", "LOCALHOST:{port}"), place="https://localhost:{port}/p"),
    "large host in the URL": Case(netrc=PLAIN.replace("{host}", "localhost:{port}"), place="https://LocalHost:{port}/p"),
}  # fmt: skip
"""Where it is, and who is asked."""


@pytest.fixture(scope="module")
def server() -> Iterator[AuthServer]:
    with auth_server() as running:
        yield running


def _difference(server: AuthServer, name: str, case: Case) -> str:
    go, ours = ask_both(server, case)
    for head in ours.requests:
        for header in head.shown:
            token = header.partition(" ")[2]
            for secret in (token, *base64.b64decode(token).decode("latin-1").split(":", 1)):
                assert len(secret) < 5 or secret == "default" or secret not in ours.said, name
    same = (go.ok, go.error, go.requests) == (ours.ok, ours.error, ours.requests)
    return "" if same else f"{name}:\n  go       {go}\n  modtrace {ours.ok} {ours.error} {ours.requests}"


def test_shapes(server: AuthServer) -> None:
    assert len(SHAPES) >= 40
    different = [_difference(server, name, Case(netrc=text)) for name, text in SHAPES.items()]
    assert not any(different), "\n".join(filter(None, different))


def test_files_and_places(server: AuthServer) -> None:
    different = [_difference(server, name, Case(netrc=PLAIN, make=make)) for name, make in FILES.items()]
    different += [_difference(server, name, case) for name, case in PLACES.items()]
    assert not any(different), "\n".join(filter(None, different))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """go would wait until somebody writes into it."""
    os.mkfifo(tmp_path / "pipe")
    for name in (str(tmp_path / "pipe"), "/dev/zero"):
        credentials = Credentials("netrc", {"NETRC": name})
        with pytest.raises(Stalled, match="a pipe or a device"):
            asyncio.run(credentials.first("https://h.test/x"))
        assert "pipe or a device" in credentials.explain("https://h.test/x")[0].because


TOKENS = st.sampled_from(
    [
        "machine",
        "login",
        "password",
        "default",
        "macdef",
        "account",
        "h.test",
        "https://h.test/",
        "#",
        "a",
        "b",
        "MACHINE",
        "é",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "  ",
        "\udcff",
        "\ufeff",
        "\x85",
        "\x00",
        '"',
        "machine h.test",
        "login a\n",
        "machine\u00a0",
    ]
)
TEXTS = st.one_of(
    st.lists(TOKENS, max_size=24).map(" ".join),
    st.lists(TOKENS, max_size=24).map("".join),
    st.binary(max_size=40).map(lambda data: data.decode("utf-8", "surrogateescape")),
)
thorough = settings(
    max_examples=50,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@thorough
@given(st.lists(TEXTS, min_size=60, max_size=60))
def test_every_text_is_read_as_go_reads_it(oracle: Oracle, texts: list[str]) -> None:
    theirs = oracle.ask("auth.netrc", wire(texts))
    for text, entries in zip(texts, theirs, strict=True):
        assert [wire([one.machine, one.login, one.password]) for one in parse_netrc(text)] == entries, repr(
            text
        )


PREFIXES = st.sampled_from(
    [
        "h.test",
        "https://h.test",
        "h.test/",
        "h.test/a",
        "h.test/a/",
        "https://h.test/a/b",
        "h.test/a/b?c=d/e",
        "h.test:443",
        "http://h.test",
        "/",
        "//",
        "https://",
        "h.test//",
        "a@h.test",
        "-h.test",
        "-h.test/a/",
        "-https://h.test",
    ]
)
URLS = st.sampled_from(
    [
        "https://h.test",
        "https://h.test/",
        "https://h.test/a",
        "https://h.test/a/b/c",
        "https://h.test/a/b?c=d/e",
        "h.test",
        "https://h.test/a/?go-get=1",
        "https://h.test:443/a",
        "https://a@h.test/b",
        "https://h.test//a",
        "http://h.test/a",
        "https://a.h.test/",
        "https://h.test/ab",
    ]
)


@thorough
@given(
    st.lists(st.tuples(st.lists(PREFIXES, max_size=6), st.lists(URLS, min_size=6, max_size=6)), max_size=20)
)
def test_what_is_found_for_a_url(oracle: Oracle, questions: list[tuple[list[str], list[str]]]) -> None:
    theirs = oracle.ask("auth.stored", questions)
    for (stored, urls), found in zip(questions, theirs, strict=True):
        store = CredentialStore()
        for prefix in stored:
            is_kept = not prefix.startswith("-")
            headers = {"X": (prefix,)} if is_kept else {}
            store.store(prefix.removeprefix("-"), Kept(headers, Method(Kind.NETRC, "netrc")))
        ours = [store.load(url) for url in urls]
        assert [kept.headers["X"][0] if kept else "" for kept in ours] == found, (stored, urls)


def test_the_first_entry_of_the_longest_machine(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text(
        "machine h/a login 1 password p\nmachine h login 2 password p\nmachine h login 3 password p\n"
    )
    credentials = Credentials("netrc", {"NETRC": str(file)})
    found = [credentials.authorization(url) for url in ("https://h/a/b", "https://h/b", "https://i/b")]
    assert found == [*("Basic " + base64.b64encode(user).decode() for user in (b"1:p", b"2:p")), None]


def test_an_unreadable_netrc_is_no_credentials(tmp_path: Path) -> None:
    credentials = Credentials("netrc", {"NETRC": str(tmp_path)})
    assert credentials.authorization("https://h.test/x") is None
