"""Settings: generated configurations, read by us through git, and what the real git then does."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from probes.auth.git_settings import GitReader
from probes.auth.rewriting import rule_for, rules_of
from probes.sources.programs import Programs
from tests.against_git.worlds import AskingServer, environment, quoted, run, section, some

HOSTS = ("git.corp.test", "github.com", "localhost")
BASES = (
    "ssh://git@github.com/", "git@github.com:", "https://mirror.test/", "https://t0ken@mirror.test/x/", "file:///x/",
    "https://github.com/", "https://MIRROR.test:8443/", "a.b.c/",
)  # fmt: skip
PREFIXES = (
    "https://github.com/", "https://github.com", "https://", "https://github.com/org/", "https://github.com/org/repo",
    "http://github.com/", "git@github.com:", "https://git.corp.test/", "https://Github.com/", "", "https://mirror.test/",
)  # fmt: skip
URLS = (
    "https://github.com/org/repo", "https://github.com/other/repo.git", "https://git.corp.test/team/lib",
    "git@github.com:org/repo", "https://user:s3cr3t@github.com/org/repo",
)  # fmt: skip


def _rewriting_config(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 5)):
        keys = ("insteadOf", "insteadOf", "pushInsteadOf", "insteadof")
        pairs = [(rng.choice(keys), prefix) for prefix in some(rng, PREFIXES, 3)]
        parts.append(section("url", rng.choice(BASES), pairs))
    return "".join(parts)


def test_url_rewriting_is_gits(tmp_path: Path) -> None:
    rng = random.Random(11)

    async def compare(number: int) -> list[object]:
        home = tmp_path / str(number)
        neutral = home / "neutral"
        neutral.mkdir(parents=True)
        text = _rewriting_config(rng)
        if number % 4 == 0:  # of an included file
            (home / "more").write_text(text)
            (home / ".gitconfig").write_text(section("include", "", [("path", "more")]))
        elif number % 4 == 1:  # of one that counts in one's own folders only
            (home / "more").write_text(text)
            condition = rng.choice((f"gitdir:{home}/src/", f"gitdir:{neutral}", "gitdir:**/neutral/**"))
            (home / ".gitconfig").write_text(section("includeIf", condition, [("path", "more")]))
        else:
            (home / ".gitconfig").write_text(text)
        variables = {"GIT_CONFIG": "/nonexistent"} if number % 5 == 0 else {}
        if number % 3 == 0:
            base, prefix = rng.choice(BASES), rng.choice(PREFIXES)
            variables |= {
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{base}.insteadOf", "GIT_CONFIG_VALUE_0": prefix,
            }  # fmt: skip
        process = environment(home, **variables)
        reader = GitReader(Programs(process, allowed=True), neutral)
        rules = rules_of(await reader.settings())
        wrong: list[object] = []
        for url in rng.sample(URLS, 2):
            by_git = run(
                ["git", "ls-remote", "--get-url", url], process | {"GIT_DIR": str(neutral)}, neutral
            )[0]
            rule = rule_for(url, rules)
            ours = url if rule is None else rule.base + url[len(rule.prefix) :]
            told = await reader.rewritten(url)
            if not by_git.removesuffix("\n") == ours == told:
                wrong.append((text, variables, url, by_git, ours, told))
        return wrong

    wrong = [one for number in range(64) for one in asyncio.run(compare(number))]
    assert wrong == []


def test_credential_helpers_are_those_that_git_starts(tmp_path: Path) -> None:
    """Each generated helper writes its number down when the real git starts it."""
    rng = random.Random(13)
    log = tmp_path / "log"
    middles = (
        "", "", "https://git.corp.test", "https://git.corp.test/", "https://git.corp.test/team", "git.corp.test",
        "http://git.corp.test", "https://*.corp.test", "https://bob@git.corp.test", "https://git.corp.test:8443",
        "https://other.test", "*.test",
    )  # fmt: skip
    urls = (
        "https://bob@git.corp.test/x",
        "https://git.corp.test/team/lib",
        "https://git.corp.test:8443/x",
        "http://git.corp.test/",
        "https://other.test/",
    )
    wrong = []
    for number in range(30):
        parts, kept = [], 0
        for _ in range(rng.randint(1, 7)):
            pairs: list[tuple[str, str | None]] = []
            for _ in range(rng.randint(1, 2)):
                helper = f"!echo {kept} >>{log}; cat >/dev/null;:"
                pairs.append(("helper", rng.choice((helper, helper, helper, ""))))
                kept += 1
            if rng.random() < 0.3:
                pairs.append(("useHttpPath", rng.choice(("true", "false", None))))
            if rng.random() < 0.2:
                pairs.append(("username", "someb0dy"))
            parts.append(section("credential", rng.choice(middles), pairs))
        (tmp_path / ".gitconfig").write_text("".join(parts))
        process = environment(tmp_path)
        url = rng.choice(urls)
        log.write_text("")
        run(["git", "credential", "fill"], process, tmp_path, f"url={url}\n\n")
        by_git = log.read_text().split()
        neutral = tmp_path / f"n{number}"
        neutral.mkdir()
        log.write_text("")

        async def ask(process: dict[str, str], neutral: Path, url: str) -> list[str]:
            reader = GitReader(Programs(process, allowed=True), neutral)
            dialogue = await reader.helpers(url, await reader.settings())
            return [(one.value or "").split()[1] for one in dialogue.helpers]

        ours = asyncio.run(ask(process, neutral, url))
        assert log.read_text() == "", "a helper of the user's was started only to find out which count"
        if by_git != ours:
            wrong.append((parts, url, by_git, ours))
    assert wrong == []


def test_extra_headers_are_those_that_git_sends(tmp_path: Path) -> None:
    rng = random.Random(17)
    wrong = []
    with AskingServer() as server:
        here = f"http://localhost:{server.port}"
        middles = (
            "", "", f"{here}/", here, f"{here}/team", f"{here}/team/lib", f"http://*:{server.port}", "http://localhost",
            f"http://bob@localhost:{server.port}/", "https://localhost/", f"{here}/other",
        )  # fmt: skip
        for number in range(20):
            parts = [
                section(
                    "http",
                    rng.choice(middles),
                    [("extraHeader", rng.choice((f"X-{at}: 1", f"X-{at}: 1", "")))],
                )
                for at in range(rng.randint(1, 6))
            ]
            (tmp_path / ".gitconfig").write_text("".join(parts))
            process = environment(tmp_path)
            url = f"{here}/team/lib"
            server.headers.clear()
            run(["git", "ls-remote", url], process, tmp_path)
            by_git = [name for name, _ in server.headers[0] if name.startswith("X-")]
            neutral = tmp_path / f"n{number}"
            neutral.mkdir()

            async def ask(process: dict[str, str], neutral: Path, url: str) -> list[str]:
                reader = GitReader(Programs(process, allowed=True), neutral)
                found = await reader.counting(url, await reader.settings(), {"extraheader"})
                return [(one.value or "").partition(":")[0] for one in found.get("extraheader", ())]

            ours = asyncio.run(ask(process, neutral, url))
            if by_git != ours:
                wrong.append((parts, by_git, ours))
    assert wrong == []


def test_a_value_is_never_in_the_words_of_a_setting(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text(
        f"[http]\n\textraHeader = {quoted('Authorization: Basic c2VjcmV0')}\n"
    )

    async def ask() -> str:
        return repr(await GitReader(Programs(environment(tmp_path), allowed=True), tmp_path).settings())

    assert "c2VjcmV0" not in asyncio.run(ask())
