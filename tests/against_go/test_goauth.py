"""GOAUTH against the real go: the same requests with the same headers, the same end; nothing of it is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from probes.golang.errors import GoError
from probes.golang.goauth import parse_git_auth, parse_user_auth
from probes.golang.urls import parse_request_uri
from tests.against_go.auth_server import GOOD, AuthServer, Case, ask_both, auth_server
from tests.against_go.golang import Oracle
from tests.against_go.test_string_rules import wire

NOTED = 'printf "called: %s\\n" "$*" >> {home}/calls\n'
SH = "#!/bin/sh\n" + NOTED
GIVES = SH + "printf 'https://{host}\\n\\nAuthorization: " + GOOD + "\\n\\n'\n"
NETRC = "machine {host} login alice password s3cr3t\n"
WRONG = "machine {host} login eve password wr0ng\n"
HELPER = "{home}/helper.sh"


def prints(text: str) -> dict[str, str]:
    """A command that prints this."""
    return {"helper.sh": SH + f"cat <<'END'\n{text}END\n"}


def when_asked(text: str) -> dict[str, str]:
    """A command that prints this when it gets a URL, and nothing before."""
    return {"helper.sh": SH + f"[ $# -gt 0 ] || exit 0\ncat <<'END'\n{text}END\n"}


BLOCK = f"https://{{host}}\n\nAuthorization: {GOOD}\n\n"
EVE = "https://{host}\n\nAuthorization: Basic ZXZlOng=\n\n"
COMMANDS = {
    "ok": Case(HELPER, scripts=prints(BLOCK)),
    "bearer": Case(HELPER, scripts=prints("https://{host}\n\nAuthorization: Bearer t0ken\n\n")),
    "small letters": Case(HELPER, scripts=prints(f"https://{{host}}\n\nauthorization: {GOOD}\n\n")),
    "another header": Case(HELPER, scripts=prints("https://{host}\n\nPRIVATE-token: Bearer t0ken\n\n")),
    "several": Case(
        HELPER,
        scripts=prints(f"https://{{host}}\n\nX-One: 1\nX-Two: a\nx-two:   b\nAuthorization: {GOOD}\nA_b: ü\n\n"),
    ),
    "two of a name": Case(
        HELPER, scripts=prints(f"https://{{host}}\n\nAuthorization: Basic eDp5\nAuthorization: {GOOD}\n\n")
    ),
    "several URLs": Case(HELPER, scripts=prints(f"https://a.test\nhttps://{{host}}/p\n\nAuthorization: {GOOD}\n\n")),
    "several blocks": Case(HELPER, scripts=prints(f"https://a.test\n\nX: y\n\n{BLOCK}")),
    "later block wins": Case(HELPER, scripts=prints(EVE + BLOCK)),
    "longer prefix": Case(HELPER, scripts=prints(EVE + f"https://{{host}}/p/m.test\n\nAuthorization: {GOOD}\n\n")),
    "slash behind": Case(HELPER, scripts=prints(f"https://{{host}}/\n\nAuthorization: {GOOD}\n\n")),
    "a path": Case(HELPER, scripts=prints(f"/p\n\nAuthorization: {GOOD}\n\n")),
    "http": Case(HELPER, scripts=prints(f"http://{{host}}\n\nAuthorization: {GOOD}\n\n")),
    "other host": Case(HELPER, scripts=prints(f"https://a.test\n\nAuthorization: {GOOD}\n\n")),
    "no URL": Case(HELPER, scripts=prints(f"\nAuthorization: {GOOD}\n\n")),
    "no empty line between": Case(HELPER, scripts=prints(f"https://{{host}}\nAuthorization: {GOOD}\n\n")),
    "no empty line behind": Case(HELPER, scripts=prints(f"https://{{host}}\n\nAuthorization: {GOOD}\n")),
    "no end of line": Case(
        HELPER, scripts={"helper.sh": SH + f"printf 'https://{{host}}\\n\\nAuthorization: {GOOD}'\n"}
    ),
    "no colon": Case(HELPER, scripts=prints(f"https://{{host}}\n\nAuthorization {GOOD}\n\n")),
    "no blank": Case(HELPER, scripts=prints(f"https://{{host}}\n\nAuthorization:{GOOD}\n\n")),
    "bad name": Case(HELPER, scripts=prints(f"https://{{host}}\n\nAuthori zation: {GOOD}\n\n")),
    "control character": Case(HELPER, scripts=prints(f"https://{{host}}\n\nAuthorization: {GOOD}\x01\n\n")),
    "carriage returns": Case(HELPER, scripts=prints(BLOCK.replace("\n", "\r\n"))),
    "half malformed": Case(HELPER, scripts=prints(BLOCK + "https://b.test\n\nX")),
    "nothing": Case(HELPER, scripts=prints("")),
    "exit 1": Case(HELPER, scripts={"helper.sh": GIVES + "exit 1\n"}),
    "killed": Case(HELPER, scripts={"helper.sh": GIVES + "kill -9 $$\n"}),
    "complains": Case(HELPER, scripts={"helper.sh": GIVES + "echo trouble >&2\n"}),
    "no program": Case("{home}/none.sh"),
    "not in PATH": Case("no-such-program-anywhere x"),
    "not executable": Case("{home}/.netrc", netrc=NETRC),
    "no interpreter": Case(HELPER, scripts={"helper.sh": "echo no\n"}),
    "relative": Case("./helper.sh a", scripts={"helper.sh": GIVES}),
    "relative in PATH": Case("helper.sh", scripts={"helper.sh": GIVES}, variables={"PATH": ":/usr/bin:/bin"}),
    "in PATH": Case("helper.sh", scripts={"helper.sh": GIVES}, variables={"PATH": "{home}:/usr/bin:/bin"}),
    "words": Case(HELPER + " 'a b' \"c\" d'e  f", scripts={"helper.sh": GIVES}),
    "unterminated": Case(HELPER + " 'a b", scripts={"helper.sh": GIVES}),
    "quoted nothing": Case("''", scripts={"helper.sh": GIVES}),
    "quoted program": Case("'{home}/a helper.sh'", scripts={"a helper.sh": GIVES}),
    "when asked": Case(HELPER, scripts=when_asked(BLOCK)),
    "when asked, for the path": Case(HELPER, scripts=when_asked(BLOCK.replace("{host}", "{host}/p/m.test"))),
    "deletes": Case(HELPER, scripts={
        "helper.sh": SH + f"if [ $# -gt 0 ]; then printf 'https://{{host}}\\n\\n\\n'; else\ncat <<'END'\n{EVE}END\nfi\n"
    }),
    "replaces": Case(HELPER, scripts={
        "helper.sh": SH + f"if [ $# -gt 0 ]; then cat <<'END'\n{BLOCK}END\nelse\ncat <<'END'\n{EVE}END\nfi\n"
    }),
    "reads its input": Case(HELPER, place="none", scripts={
        "helper.sh": SH + "sort >> {home}/calls\n" + f"cat <<'END'\n{BLOCK}END\n"
    }),
    "its environment": Case(HELPER, scripts={
        "helper.sh": SH + 'echo "$GIT_TERMINAL_PROMPT $GCM_INTERACTIVE $MINE" >> {home}/calls\n'
        'echo "$GOPRIVATE $GONOPROXY $GONOSUMDB $GOPROXY $GOFLAGS $GOVCS $GOENV $PWD" >> {home}/calls\n',
        "goenv": "GOPRIVATE=a.test\nGOVCS=*:git\n",
    }, variables={"MINE": "1", "GOENV": "{home}/goenv", "PWD": "/elsewhere"}),
    "agent of its own": Case(HELPER, place="none", scripts=prints(
        f"https://{{host}}\n\nUser-Agent: mine\nHost: other.test\nReferer: r\nContent-Length: 7\nAuthorization: {GOOD}\n\n"
    )),
    "open": Case(HELPER, place="open", scripts=prints(BLOCK)),
    "away": Case(HELPER, place="away/p", scripts=prints(BLOCK.replace("\n\n", "\n\nX-Secret: go-along\n", 1))),
    "here": Case(HELPER, place="here/p", scripts=prints(BLOCK)),
}  # fmt: skip
"""GOAUTH is one command of the user's."""

GIT = {"GIT_CONFIG_NOSYSTEM": "1"}
DIRECT = {"GOPROXY": "direct", "HTTPS_PROXY": "{proxy}", "GOVCS": "*:all"}
DATABASE = {
    "GOSUMDB": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 https://{host}/db"
}
COMBINED = {
    "netrc before a command": Case(f"netrc;{HELPER}", netrc=NETRC, scripts=prints(EVE)),
    "a command before netrc": Case(f"{HELPER};netrc", netrc=WRONG, scripts=prints(BLOCK)),
    "a command that has nothing before netrc": Case(f"{HELPER};netrc", netrc=NETRC, scripts=prints("")),
    "a failing one before netrc": Case(f"{HELPER};netrc", netrc=NETRC, scripts={"helper.sh": GIVES + "exit 3\n"}),
    "two commands": Case(f"{HELPER} 1;{HELPER} 2", scripts={"helper.sh": GIVES}),
    "netrc, and a command for the path": Case(
        f"netrc;{HELPER}", netrc=WRONG, scripts=prints(BLOCK.replace("{host}", "{host}/p"))
    ),
    "off": Case("off", netrc=NETRC),
    "off with blanks": Case(" off ", netrc=NETRC),
    "off with a word": Case("off now", netrc=NETRC),
    "netrc with a word": Case("netrc now", netrc=NETRC),
    "off first": Case("off;netrc", netrc=NETRC),
    "off last": Case("netrc;off", netrc=NETRC),
    "off with a word first": Case("off now;netrc", netrc=NETRC),
    "empty": Case("netrc;", netrc=NETRC),
    "empty first": Case(f";{HELPER}", scripts={"helper.sh": GIVES}),
    "empty last": Case(f"{HELPER}; ;", scripts={"helper.sh": GIVES}),
    "netrc twice": Case("netrc;netrc", netrc=NETRC),
    "URL before netrc": Case(netrc=WRONG, place="https://alice:s3cr3t@{host}/p"),
    "URL without a password": Case(netrc=NETRC, place="https://alice@{host}/p"),
    "URL of a user that netrc has": Case(netrc="machine alice:s3cr3t@{host} login a password b\n",
                                         place="https://alice:s3cr3t@{host}/p"),
    "URL, sent here": Case(place="https://alice:s3cr3t@{host}/here/p"),
    "URL, sent on": Case(place="https://alice:s3cr3t@{host}/relative/p"),
    "URL, sent away": Case(place="https://alice:s3cr3t@{host}/away/p"),
    "netrc, sent here": Case(netrc=NETRC, place="here/p"),
    "netrc, sent away": Case(netrc=NETRC, place="away/p"),
    "netrc of where it is sent": Case(netrc="machine localhost login alice password s3cr3t\n", place="away/p"),
    "http": Case(netrc=NETRC, place="http://alice:s3cr3t@{host}/p"),
    "git without a folder": Case("git"),
    "git with two": Case("git a b"),
    "git, relative": Case("git a"),
    "git, missing": Case("git {home}/none"),
    "git, a file": Case("git {home}/kept", scripts={"kept": ""}),
    "git, missing, behind a command": Case(f"{HELPER};git /none", scripts={"helper.sh": GIVES}),
    "git, missing, before a command": Case(f"git /none;{HELPER}", scripts={"helper.sh": GIVES}),
    "git knows nothing": Case("git {home}", variables=GIT),
    "page, netrc for it": Case("netrc", netrc="machine m.test login alice password s3cr3t\n" + NETRC, variables=DIRECT),
    "page, netrc for the proxy only": Case("netrc", netrc=NETRC, variables=DIRECT),
    "page, netrc for its path": Case(
        "netrc", netrc="machine m.test/x login alice password s3cr3t\n" + NETRC, variables=DIRECT
    ),
    "page, command": Case(HELPER, scripts=prints(BLOCK.replace("\n", "\nhttps://m.test\n", 1)), variables=DIRECT),
    "page, command when asked": Case(
        HELPER, scripts=when_asked(BLOCK.replace("\n", "\nhttps://m.test/x\n", 1)), variables=DIRECT
    ),
    "page, git": Case("git {home};netrc", netrc=NETRC, variables={**DIRECT, **GIT}, scripts={
        ".gitconfig": "[credential]\n\thelper = store --file={home}/kept\n", "kept": "https://alice:s3cr3t@m.test\n"
    }),
    "page, nothing": Case("off", variables=DIRECT),
    "checksum database": Case("netrc", netrc=NETRC, variables=DATABASE),
    "checksum database, command": Case(HELPER, scripts=prints(BLOCK), variables=DATABASE),
    "checksum database, refused": Case("netrc", netrc=WRONG, place="open", variables=DATABASE),
    "checksum database, command when asked": Case(
        HELPER, place="open", scripts=when_asked(BLOCK.replace("{host}", "{host}/db")), variables=DATABASE
    ),
}  # fmt: skip
"""Several methods, everybody who is asked, and what stops go."""


@pytest.fixture(scope="module")
def server() -> Iterator[AuthServer]:
    with auth_server() as running:
        yield running


def _differences(server: AuthServer, cases: dict[str, Case]) -> list[str]:
    different = []
    for name, case in cases.items():
        go, ours = ask_both(server, case)
        for what in ("ok", "error", "gets", "calls"):
            theirs, mine = getattr(go, what), getattr(ours, what)
            if theirs != mine:
                different.append(f"{name}: {what}\n  go       {theirs}\n  modtrace {mine}")
    return different


def test_commands(server: AuthServer) -> None:
    assert len(COMMANDS) >= 15
    found = _differences(server, COMMANDS)
    assert not found, "\n".join(found)


def test_methods_together(server: AuthServer) -> None:
    found = _differences(server, COMBINED)
    assert not found, "\n".join(found)


STORE = "[credential]\n\thelper = store --file={home}/kept\n"
KEPT = "https://alice:s3cr3t@{host}\n"


def git_helper(script: str, more: str = "") -> dict[str, str]:
    """A helper of git's that answers `get` with what a script prints."""
    body = f'#!/bin/sh\nprintf "%s\\n" "$1" >> {{home}}/calls\n[ "$1" = get ] || exit 0\n{script}'
    return {".gitconfig": f"[credential]\n\thelper = {{home}}/h.sh\n{more}", "h.sh": body}


GIT_CASES = {
    "good": Case("git {home}", scripts={".gitconfig": STORE, "kept": KEPT}),
    "bad": Case("git {home}", scripts={".gitconfig": STORE, "kept": KEPT.replace("s3cr3t", "wr0ng")}),
    "of the folder": Case("git {home}/repo", scripts={
        "repo/.git/config": STORE, "repo/.git/HEAD": "ref: refs/heads/main\n", "repo/.git/objects/x": "",
        "repo/.git/refs/x": "", "kept": KEPT,
    }),
    "of another folder": Case("git {home}", scripts={
        "repo/.git/config": STORE, "repo/.git/HEAD": "ref: refs/heads/main\n", "repo/.git/objects/x": "",
        "repo/.git/refs/x": "", "kept": KEPT,
    }),
    "for other hosts": Case("git {home}", scripts={".gitconfig": STORE, "kept": "https://alice:s3cr3t@a.test\n"}),
    "password only": Case("git {home}", scripts=git_helper("echo password=s3cr3t\n")),
    "its own host": Case("git {home}", scripts=git_helper("echo username=alice; echo password=s3cr3t; echo host=a.test\n")),
    "begins of the host": Case(
        "git {home}", scripts=git_helper("echo username=alice; echo password=s3cr3t; echo host=127.0.0\n")
    ),
    "complains": Case("git {home}", scripts=git_helper(
        "echo username=alice; echo password=s3cr3t; echo 'password=evil' >&2\n"
    )),
    "fails": Case("git {home}", scripts=git_helper("echo username=alice; echo password=s3cr3t; exit 1\n")),
    "stops": Case("git {home}", scripts=git_helper("echo quit=1\n")),
    "with the path": Case("git {home}", scripts=git_helper(
        "echo username=alice; echo password=s3cr3t\n", "\tuseHttpPath = true\n"
    )),
    "a broken config": Case("git {home}", scripts={".gitconfig": "[cred"}),
    "before netrc": Case("git {home};netrc", netrc=WRONG, scripts={".gitconfig": STORE, "kept": KEPT}),
    "behind netrc": Case("netrc;git {home}", netrc=WRONG, scripts={".gitconfig": STORE, "kept": KEPT}),
    "with a user in the URL": Case("git {home}", place="https://alice@{host}/p",
                                   scripts={".gitconfig": STORE, "kept": KEPT}),
    "open": Case("git {home}", place="open", scripts={".gitconfig": STORE, "kept": KEPT}),
    "nothing there": Case("git {home}", place="none", scripts={".gitconfig": STORE, "kept": KEPT}),
}  # fmt: skip
"""GOAUTH=git: what the user's credential helpers say."""


def test_git_helpers(server: AuthServer) -> None:
    different = []
    for name, case in GIT_CASES.items():
        case = dataclasses.replace(case, variables=GIT)
        go, ours = ask_both(server, case)
        # What the helpers are told at the end go may no longer get to do: it waits for none of it.
        for what in ("ok", "error", "gets"):
            if getattr(go, what) != getattr(ours, what):
                different.append(f"{name}: {what}\n  {getattr(go, what)}\n  {getattr(ours, what)}")
        if not set(go.heads) <= set(ours.heads):
            different.append(f"{name}: {go.heads}\n  {ours.heads}")
        if name == "bad":
            assert ours.heads
            assert "wr0ng" not in ours.left["kept"], "the helper was not told that it is refused"
        if name == "good":
            assert ours.heads[0].line == "HEAD / HTTP/1.1"
            assert "s3cr3t" in ours.left["kept"]
            assert ours.ok
    assert not different, "\n".join(different)


thorough = settings(
    max_examples=50,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
PRINTED = st.one_of(
    st.lists(
        st.sampled_from([
            "https://h.test\n", "https://h.test/a/\n", "https://u:p@h.test\n", "\n", "\n", "A: b\n", "a: c\n",
            "X-y_z: \t v \u00a0\n", "A:b\n", ": b\n", "A b: c\n", "A: \x01\n", "A: \x7f\n", "A: é\udcff\n", "\r\n", "http://h\n",
            "/a\n", "a\n", "//h\n", "https://h.test/%zz\n", "https://h.test/#f\n", "https://[::1]:8/\n", "mailto:x\n", "V-vV!: x\n",
            "https://h", " ", "*\n",
        ]),
        max_size=12,
    ).map("".join),
    st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape")),
)  # fmt: skip


@thorough
@given(st.lists(PRINTED, min_size=60, max_size=60))
def test_what_a_command_prints(oracle: Oracle, texts: list[str]) -> None:
    failures = []
    for text, theirs in zip(texts, oracle.ask("auth.user", wire(texts)), strict=True):
        try:
            parsed = parse_user_auth(text)
        except GoError as error:
            failures.append((wire(str(error)), theirs["error"]))
        else:
            ours = {wire(prefix): {wire(n): wire(v) for n, v in more.items()} for prefix, more in parsed.items()}
            assert ours == {prefix: dict(headers) for prefix, headers in theirs}, repr(text)
    assert not [pair for pair in failures if pair[0] != pair[1]]


FILLED = st.lists(
    st.sampled_from([
        "protocol=https", "host=h.test", "host=h.test:8", "path=a/b", "path=/a", "username=u", "password=p=q", "password=",
        "url=https://o.test/x", "url=%zz", "url=", "url=https://u:p@o.test", " username = v ", "nothing", "=x", "quit=1",
        "protocol=", "host=", "path=a:b", "protocol=é", "host=\udcff a", "password=\u00a0x\u00a0", "username=ü\udcff",
    ]),
    max_size=8,
).map("\n".join)  # fmt: skip


@thorough
@given(st.lists(FILLED, min_size=60, max_size=60))
def test_what_git_prints(oracle: Oracle, texts: list[str]) -> None:
    for text, theirs in zip(texts, oracle.ask("auth.git", wire(texts)), strict=True):
        assert wire(list(parse_git_auth(text))) == theirs, repr(text)


REQUEST_URIS = st.lists(
    st.sampled_from([
        "https:", "http:", "//", "/", "h.test", ":8", "?", "#", "%41", "%zz", "u:p@", "[::1]", " ", "\x01", "é", "*", "a",
        "mailto:", ":", "..", "\udcff",
    ]),
    max_size=6,
).map("".join)  # fmt: skip


@thorough
@given(st.lists(REQUEST_URIS, min_size=60, max_size=60))
def test_urls_as_a_command_may_print_them(oracle: Oracle, texts: list[str]) -> None:
    failures = []
    answers = oracle.ask("rules.parse_request_uri", wire([[text] for text in texts]))
    for text, theirs in zip(texts, answers, strict=True):
        try:
            ours = wire(parse_request_uri(text).string())
        except GoError as error:
            failures.append((wire(str(error)), theirs["error"]))
        else:
            assert ours == theirs[12], repr(text)
    assert not [pair for pair in failures if pair[0] != pair[1]]
