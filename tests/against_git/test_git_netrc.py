"""~/.netrc: what the real git shows a server on loopback is what we say it takes."""

from __future__ import annotations

import random
from pathlib import Path

from probes.golang.git_netrc import BadQuote, find_for_git
from tests.against_git.worlds import AskingServer, environment, run

OURS = "machine localhost login a password b\n"
SHAPES = (
    OURS,
    "",
    "machine localhost\n  login a\n  password b\n",
    "machine\nlocalhost\nlogin\na\npassword\nb",
    "machine localhost password b login a\n",
    "machine localhost login a\n",
    "machine localhost password b\n",
    "MACHINE LOCALHOST LOGIN a PASSWORD b\n",
    "machine other login x password y\n" + OURS,
    "machine other.localhost login x password y\n",
    "machine localhost login x password y\n" + OURS,
    "machine localhost:8443 login a password b\n",
    "machine https://localhost login a password b\n",
    "machine localhost/ login a password b\n",
    "machine localhost/team login a password b\n",
    "default login a password b\n",
    "default login x password y\n" + OURS,
    OURS + "default login x password y\n",
    "default\n" + OURS,
    "# " + OURS,
    "#" + OURS + OURS,
    "machine localhost login a # password x\npassword b\n",
    "machine localhost login a password #b\n",
    "machine localhost login a password b#c\n",
    'machine localhost login "a b" password "c d"\n',
    'machine localhost login a password "b\\"c\\\\d"\n',
    'machine localhost login a password "b\\tc\\nd"\n',
    'machine localhost login "a password b\n',
    'machine localhost login a password b"c\n',
    'machine "localhost" login a password b\n',
    "macdef m\nmachine localhost login x password y\n\n" + OURS,
    "macdef m \nmachine localhost login x password y\n\n" + OURS,
    "macdef m\n" + OURS,
    "machine localhost login a macdef m\nls\n\npassword b\n",
    "machine localhost account z login a password b\n",
    "machine localhost login a password b account z\n",
    "machine localhost login a password b\r\n",
    "machine localhost\r\nlogin a\r\npassword b\r\n",
    "machine localhost login a password\r\n b\r\n",
    "\tmachine\tlocalhost\tlogin\ta\tpassword\tb\n",
    "machine localhost login a password b:c:d\n",
    "machine localhost login alíce password größe\n",
    "machine localhost login a login c password b\n",
    "machine localhost login a password b password c\n",
    "machine localhost login password password b\n",
    "machine localhost machine other login a password b\n",
    "machine localhost login a\nmachine other login x password y\n",
    "machine localhost login a\nmachine localhost login c password d\n",
    "machine localhost login a default password q\n",
    "login a password b machine localhost\n",
    "machine x login y password z " + OURS,
    "machine localhost \n\nlogin a\n\npassword b\n",
    "machine localhost password \n",
)  # fmt: skip
WORDS = (
    "machine localhost", "machine localhost", "machine other", "machine", "MACHINE", "localhost", "login", "login a",
    "login b", "password", "password p", "password p#q", "default", "macdef m", "account x", "#", "# c", "\n", "\n",
    "\n\n", "\r\n", "\t", "\v", '"a"', '"a b"', 'x"y', '"\\"q"', '"open',
)  # fmt: skip


def _generated(count: int) -> list[tuple[str, str]]:
    rng = random.Random(7)
    made = []
    for _ in range(count):
        words = [rng.choice(WORDS) + rng.choice((" ", " ", "\n", "  ")) for _ in range(rng.randint(1, 9))]
        made.append((rng.choice(("", "", "a", "z")), "".join(words)))
    return made


def _ours(text: str, user: str) -> str:
    try:
        found = find_for_git(text, "localhost", user)
    except BadQuote:
        return "refused"
    return "" if found is None else f"{found.login}:{found.password}"


def test_git_takes_from_netrc_what_we_say(tmp_path: Path) -> None:
    process = environment(tmp_path, NETRC="/nonexistent")
    wrong = []
    with AskingServer() as server:
        for user, text in [("", shape) for shape in SHAPES] + _generated(60):
            (tmp_path / ".netrc").write_text(text, newline="")
            server.headers.clear()
            at = f"{user}@" if user else ""
            url = f"http://{at}localhost:{server.port}/r.git"
            _, complaint = run(["git", "ls-remote", url], process, tmp_path)
            by_git = "refused" if ".netrc parser error" in complaint else ([*server.shown, "", ""])[1]
            ours = _ours(text, user)
            if user and not ours and by_git == f"{user}:":
                continue  # the user of the URL alone, which is not netrc's
            if by_git != ours:
                wrong.append((user, text, by_git, ours))
    assert wrong == []


def test_the_line_is_that_of_the_machine() -> None:
    found = find_for_git(
        "# one\nmachine x login y password z\nmachine localhost\n login a\n password b\n", "localhost"
    )
    assert found is not None
    assert (found.line, found.is_default) == (3, False)
    found = find_for_git("machine x login y password z\ndefault login a password b\n", "localhost")
    assert found is not None
    assert (found.line, found.is_default) == (2, True)
    assert "password" not in repr(found).replace("git_netrc", "")


def test_the_variable_netrc_is_not_gits(tmp_path: Path) -> None:
    """golang/go#64667."""
    (tmp_path / "other").write_text(OURS)
    with AskingServer() as server:
        process = environment(tmp_path, NETRC=str(tmp_path / "other"))
        run(["git", "ls-remote", f"http://localhost:{server.port}/r.git"], process, tmp_path)
        assert server.shown == [""]
