"""A machine with a secret in every place where one can stand, and hosts that say back all that they are told."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.forward_proxy import ForwardProxy
from tests.hostile_git import packet
from tests.loopback import LoopbackServer
from tests.modtrace import clean_environment
from tests.origins import _Everywhere, authority, meta

MARK = "Zq7"
"""Stands in every secret, and nowhere else."""
PROGRAMS = ("git", "ssh", "ssh-add", "ssh-keygen", "ssh-agent", "hg", "svn", "fossil", "bzr", "acme-login", "acme-helper", "acme-askpass")


def secret(name: str) -> str:
    """A secret that tells where it was planted."""
    return f"{MARK}{name}{sum(name.encode())}"


def user(name: str) -> str:
    """``USER:PASSWORD``, both secret."""
    return f"{secret(name + 'User')}:{secret(name + 'Pass')}"


USERS = ("Netrc", "Proxy", "Repo", "Redirect", "Instead", "Forward", "Helper", "GitDir", "GitProxy", "Remote", "Typed", "File")


def forms() -> list[bytes]:
    """What is looked for: the secrets as they are, and as Basic authorization has them."""
    found = [MARK.lower().encode()]
    for name in USERS:
        # The first ones of base64 do not depend on what follows.
        found.append(b64encode(user(name).encode())[:16].lower())
    found.append(b64encode(f"{secret('NetrcUser')}".encode())[:8].lower())
    return found


def leaks_in(said: bytes) -> list[str]:
    """Where a secret stands in these bytes, with what is around it."""
    low = said.lower()
    found = []
    for form in forms():
        at = low.find(form)
        while at >= 0 and len(found) < 8:
            found.append(said[max(0, at - 90) : at + 60].decode("utf-8", "replace"))
            at = low.find(form, at + 1)
    return found


class Echo(LoopbackServer):
    """Says all headers of a request back: in the reason, the headers, the body, and what git prints of it."""

    def __init__(self, pages: Mapping[str, str], *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self._pages = pages
        self.scheme = "http" if tls is None else "https"
        self.asked: list[tuple[str, str]] = []
        """Each request's URL and its Authorization."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        _, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:])}
        host = headers["host"].partition(":")[0]
        path, _, query = target.partition("?")
        shown = headers.get("authorization", "")
        self.asked.append((f"{self.scheme}://{host}{path}", shown))
        said = _said(shown, headers)
        status, extra, kind, body = f"404 Not Found {said}"[:900], [], "text/plain", f"no: {said}\n".encode()
        if query == "go-get=1" and host + path in self._pages:
            status, kind, body = "200 OK", "text/html", self._pages[host + path].encode()
        elif query == "go-get=1" and host == "redirect.corp.test":
            status = "302 Found"
            token = f"token={secret('RedirectQuery')}&X-Amz-Signature={secret('RedirectSig')}"
            extra = [f"Location: https://{user('Redirect')}@elsewhere.corp.test/y?go-get=1&{token}"]
        elif path.endswith("/info/refs"):
            if not shown and host != "header.corp.test":
                status, extra = "401 Unauthorized", ['WWW-Authenticate: Basic realm="git"']
            elif host == "refs.corp.test":
                status, kind = "200 OK", "application/x-git-upload-pack-advertisement"
                body = packet(b"# service=git-upload-pack\n") + b"0000" + packet(f"ERR no entry for {said}".encode())
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"X-Echo: {said}", *extra, f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
        await writer.drain()


def _said(shown: str, headers: Mapping[str, str]) -> str:
    """The credentials of a request, in many ways."""
    from base64 import b64decode

    scheme, _, value = shown.partition(" ")
    plain = b64decode(value).decode() if scheme.lower() == "basic" else value
    name, _, password = plain.partition(":")
    others = " ".join(
        value for header, value in headers.items() if header not in ("authorization", "host") and MARK in value
    )
    return f"[{shown}] ({value}) {plain} user {name} with password {password}; key {password}. {others}"


@dataclass
class Planted:
    """The machine."""

    home: Path
    work: Path
    started: Path
    """What was started: the command line of each program, and that of who started it."""
    variables: dict[str, str] = field(default_factory=dict)
    servers: tuple[Echo, ...] = ()

    forward: ForwardProxy | None = None

    def forward_seen(self) -> list[str]:
        """What the forward proxy was asked for."""
        assert self.forward is not None
        return self.forward.seen

    def command_lines(self) -> list[str]:
        """Of all programs that were started so far."""
        return self.started.read_text().splitlines() if self.started.exists() else []


PAGES = {
    "git.corp.test/x": meta("git.corp.test/x", "git", f"https://{user('Repo')}@code.corp.test/x"),
    "git.corp.test/r": meta("git.corp.test/r", "git", "https://refs.corp.test/r"),
    "git.corp.test/h": meta("git.corp.test/h", "git", "https://header.corp.test/h"),
    "git.corp.test/i": meta("git.corp.test/i", "git", "https://instead.corp.test/i"),
    "git.corp.test/s": meta("git.corp.test/s", "git", f"ssh://{secret('SshUser')}@127.0.0.1:1/s"),
    "git.corp.test/m": meta("git.corp.test/m", "mod", f"https://{user('Proxy')}@proxy.corp.test"),
}
TARGETS = (*PAGES, "redirect.corp.test/y", "locked.corp.test/z")


def _write(file: Path, text: str, mode: int = 0o600) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def _programs(folder: Path, log: Path) -> None:
    """Programs in PATH that write down their command line, and that of who has started them."""
    for name in PROGRAMS:
        real = shutil.which(name)
        then = f'exec {real} "$@"' if real else "exit 1"
        if name == "acme-login":
            then = (
                f"printf 'https://login.corp.test\\n\\nAuthorization: Bearer {secret('Goauth')}\\n"
                f"X-Corp: {secret('GoauthHeader')}\\n\\n'"
            )
        elif name == "acme-helper":
            name_, _, password = user("Helper").partition(":")
            then = f'[ "$2" = get ] && printf "username={name_}\\npassword={password}\\n"'
        elif name == "acme-askpass":
            then = f"echo {secret('Askpass')}"
        _write(
            folder / name,
            "#!/bin/sh\n"
            # In one write: several of them run at the same time.
            f'said="$(tr "\\0\\n" "  " </proc/$PPID/cmdline)> $(printf "%s " {name} "$@" | tr "\\n" " ")"\n'
            f'echo "$said" >>{log}\n'
            f"{then}\n",
            0o755,
        )


def _home(home: Path) -> None:
    name, _, password = user("Netrc").partition(":")
    _write(home / ".netrc", "".join(
        f"machine {host} login {name} password {password} account {secret('NetrcAccount')}\n"
        for host in ("git.corp.test", "locked.corp.test", "proxy.corp.test", "elsewhere.corp.test", "plain.corp.test")
    ) + f"macdef {secret('Macdef')}\n\techo {secret('MacdefBody')}\n\n")  # fmt: skip
    _write(home / ".gitconfig", f"""\
[url "https://{user('Instead')}@mirror.corp.test/"]
\tinsteadOf = https://instead.corp.test/
[url "https://{secret('InsteadOther')}@other.corp.test/"]
\tinsteadOf = https://{secret('InsteadValue')}@code.corp.test/
\tpushInsteadOf = https://{secret('PushValue')}:x@git.corp.test/
[http "https://header.corp.test/"]
\textraHeader = AUTHORIZATION: bearer {secret('ExtraHeader')}
\textraHeader = X-Key: {secret('ExtraKey')}
\tcookieFile = {home}/cookies
[http "https://proxied.corp.test/"]
\tproxy = http://{user('GitProxy')}@127.0.0.1:1
[credential]
\thelper = {home.parent}/bin/acme-helper --token={secret('HelperWord')}
\thelper = "!f() {{ echo {secret('HelperShell')} >/dev/null; }}; f"
\tusername =
[credential "https://{secret('CredentialUrl')}@named.corp.test"]
\tusername = {secret('CredentialUser')}
[core]
\taskPass = acme-askpass {secret('AskpassWord')}
""")  # fmt: skip
    _write(home / "cookies", f"header.corp.test\tFALSE\t/\tTRUE\t0\tsession\t{secret('Cookie')}\n")
    _write(home / "ssh_config", f"Host *\n  User {secret('SshConfigUser')}\n  StrictHostKeyChecking no\n"
           f"  UserKnownHostsFile /dev/null\n  ProxyJump {secret('JumpUser')}@jump.corp.test\n")  # fmt: skip


def _work(work: Path) -> None:
    require = "\n".join(f"\t{path} v1.0.0" for path in TARGETS)
    _write(work / "go.mod", f"module git.corp.test/own\n\ngo 1.20\n\nrequire (\n{require}\n)\n")
    _write(work / "go.sum", "")
    git = work / ".git"
    for name in ("objects", "refs"):
        (git / name).mkdir(parents=True)
    _write(git / "HEAD", "ref: refs/heads/main\n")
    _write(git / "config", f"""\
[remote "origin"]
\turl = https://{user('Remote')}@git.corp.test/own.git
\tpushurl = https://{secret('RemotePush')}@git.corp.test/own.git
[remote "{secret('RemoteName')}"]
\turl = {secret('RemoteScp')}@git.corp.test:own.git
[http]
\textraHeader = Authorization: Basic {secret('LocalHeader')}
""")  # fmt: skip


@contextmanager
def planted(folder: Path) -> Iterator[Planted]:
    """Such a machine, and its network."""
    made = Planted(folder / "home", folder / "work", folder / "started")
    (folder / "home").mkdir()
    (folder / "tmp").mkdir()
    (folder / "state").mkdir()
    _home(made.home)
    _work(made.work)
    _programs(folder / "bin", made.started)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("corp.test", "*.corp.test").configure_cert(context)
    authority().cert_pem.write_to_path(str(folder / "ca.pem"))
    with ExitStack() as stack:
        secure = stack.enter_context(Echo(PAGES, tls=context))
        plain = stack.enter_context(Echo(PAGES))
        made.servers = (secure, plain)
        routes = _Everywhere(secure.port, plain.port)
        routes["plain.corp.test:443"] = 1  # nobody is there: go falls back to http, where it may
        forward = made.forward = stack.enter_context(ForwardProxy(routes))
        through = f"http://{user('Forward')}@127.0.0.1:{forward.port}"
        made.variables = clean_environment(
            made.home,
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), through),
            PATH=f"{folder / 'bin'}:{os.environ['PATH']}",
            SSL_CERT_FILE=str(folder / "ca.pem"), SSL_CERT_DIR=str(folder), GIT_SSL_CAINFO=str(folder / "ca.pem"),
            GIT_CONFIG_NOSYSTEM="1", GOMODCACHE=str(folder / "cache"), TMPDIR=str(folder / "tmp"),
            XDG_STATE_HOME=str(folder / "state"), XDG_CACHE_HOME=str(folder / "state" / "cache"),
            GOPROXY=f"https://{user('Proxy')}@proxy.corp.test/base|https://proxy.corp.test/{quote('t')}?token={secret('ProxyQuery')},direct",
            GOAUTH=f"netrc; acme-login --token {secret('GoauthWord')}; git {made.home}",
            GIT_ASKPASS="acme-askpass", SSH_ASKPASS="acme-askpass",
            GIT_SSH_COMMAND=f"ssh -F {made.home}/ssh_config -o SetEnv=TOKEN={secret('SshWord')}",
            GIT_CONFIG_COUNT="2",
            GIT_CONFIG_KEY_0=f"url.https://{secret('ConfigKey')}@counted.corp.test/.insteadOf",
            GIT_CONFIG_VALUE_0=f"https://{secret('ConfigValue')}@refs.corp.test/",
            GIT_CONFIG_KEY_1="http.https://header.corp.test/.extraHeader",
            GIT_CONFIG_VALUE_1=f"X-Counted: {secret('ConfigHeader')}",
            GITHUB_TOKEN=secret("Environment"), CI_JOB_TOKEN=secret("Job"), NPM_PASSWORD=secret("Npm"),
            GONOSUMDB="", GOSUMDB="off",
        )  # fmt: skip
        yield made
