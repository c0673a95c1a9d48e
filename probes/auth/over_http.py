"""What git would send to a host over http and https.

Source: git-config(1) http.*, gitcredentials(7), git(1) GIT_ASKPASS and GIT_TERMINAL_PROMPT, git's http.c and
credential.c. An Authorization header of http.extraHeader goes with every request. Otherwise git asks without
credentials first; after a 401 come user and password of the URL, else netrc, else the helpers one after the
other, else askpass, else the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from probes.auth.git_settings import GitReader, GitSetting
from probes.auth.netrc_of_git import netrc_of_git
from probes.auth.noted import Noted, Remedy, of_git
from probes.auth.remote import Remote
from probes.golang.credential_use import MASK, Standing
from probes.golang.safetext import safe_text
from probes.golang.shown import shown

_HTTP = "git-config(1) http.<url>.*"
_CREDENTIALS = "gitcredentials(7)"
_MANY = ("extraheader",)
_SECRET_HEADER = re.compile(r"auth|token|cookie|key|secret", re.IGNORECASE)
"""Headers that are credentials, by their names."""
_NOTES = {
    "proxy": ("http.proxy", "git goes through this proxy"),
    "sslcainfo": ("certificates", "git trusts these authorities; go does not read this"),
    "sslcapath": ("certificates", "git trusts these authorities; go does not read this"),
}


async def over_http(
    remote: Remote, settings: Sequence[GitSetting] | None, reader: GitReader, process: Mapping[str, str],
    *, ask_helpers: bool,
) -> list[Noted]:  # fmt: skip
    """Everything in the order in which git would come to it; ``settings`` is None where git was not asked."""
    found: list[Noted] = []
    counting: dict[str, list[GitSetting]] = {}
    if settings is not None:
        counting = await reader.counting(remote.bare, settings, _MANY)
        found += _headers(remote, counting)
    found += _of_url(remote)
    found += netrc_of_git(remote, process)
    if settings is not None:
        found += await _helpers(remote, settings, reader, ask_helpers=ask_helpers)
    found += _askpass(remote, settings, process)
    found += _notes(remote, counting, process)
    return found


def _headers(remote: Remote, counting: Mapping[str, list[GitSetting]]) -> Iterator[Noted]:
    for setting in counting.get("extraheader", ()):
        name = safe_text((setting.value or "").partition(":")[0].strip(), limit=40)
        is_authorization = name.lower() == "authorization"
        because = "git sends this header with every request to this URL"
        if is_authorization:
            because += ", before and instead of all other credentials"
        is_note = not _SECRET_HEADER.search(name)
        yield of_git(
            remote, "extraHeader", Standing.USED, because, setting.where, f"{name}: {MASK}", _HTTP,
            is_note=is_note,
        )
    for setting in counting.get("cookiefile", ()):
        because = "git sends the cookies of this file that are for the host"
        seen = shown(setting.value or "")
        yield of_git(remote, "cookies", Standing.USED, because, setting.where, seen, _HTTP)
    for setting in counting.get("sslcert", ()):
        because = "git shows this client certificate where the server asks for one; go has none"
        yield of_git(
            remote, "client certificate", Standing.USED, because, setting.where, shown(setting.value or ""),
            _HTTP,
        )


def _of_url(remote: Remote) -> Iterator[Noted]:
    if not remote.user:
        return
    if remote.has_password:
        because = "user and password of the URL itself; they are shown to whoever reads it"
        seen = f"user {MASK}, password {MASK}"
    else:
        because, seen = "the URL names the user; the password is looked for below", f"user {MASK}"
    yield of_git(
        remote, "URL", Standing.USED, because, "the URL", seen, _CREDENTIALS, is_note=not remote.has_password
    )


async def _helpers(
    remote: Remote, settings: Sequence[GitSetting], reader: GitReader, *, ask_helpers: bool
) -> list[Noted]:
    """The helpers that git would ask, those that it would not, and whether they have something."""
    dialogue = await reader.helpers(remote.asked, settings)
    all_helpers = [
        one for one in settings if one.section == "credential" and one.key == "helper" and one.value
    ]
    answered = await reader.answered(remote.asked) if ask_helpers and dialogue.helpers else None
    standing = {None: Standing.ASKED, True: Standing.USED, False: Standing.MISSING}[answered]
    told = " and the path" if dialogue.has_path else ""
    because = (
        f"git asks it after a 401, for the host{told}; "
        + {
            None: "what it has is not known before",
            True: "asked now, the helpers have a user and a password",
            False: "asked now, the helpers have nothing, or would prompt",
        }[answered]
    )
    store = Remedy(
        "Let a helper keep a token for this host; git asks for it once, in a terminal:",
        (f"git ls-remote {_shown_url(remote)}",),
    )
    found = [
        of_git(
            remote,
            "helper",
            standing,
            because,
            setting.where,
            f"{shown(setting.name)} = {_helper_name(setting)}",
            _CREDENTIALS,
            store if answered is False else None,
        )
        for setting in dialogue.helpers
    ]
    for setting in all_helpers:
        if setting in dialogue.helpers or not _concerns(setting, remote):
            continue
        why = "its URL is not this one"
        if not setting.subsection or _is_reset(setting, settings):
            why = "an empty credential.helper after it drops all helpers before"
        seen = f"{shown(setting.name)} = {_helper_name(setting)}"
        found.append(of_git(remote, "helper", Standing.IGNORED, why, setting.where, seen, _CREDENTIALS))
    if not found:
        found.append(
            of_git(
                remote,
                "helper",
                Standing.MISSING,
                "no credential.helper is set for this URL",
                rule=_CREDENTIALS,
            )
        )
    return found


def _shown_url(remote: Remote) -> str:
    return shown(remote.bare)


def _concerns(setting: GitSetting, remote: Remote) -> bool:
    return not setting.subsection or remote.host.lower() in setting.subsection.lower()


def _is_reset(setting: GitSetting, settings: Sequence[GitSetting]) -> bool:
    """Whether an empty helper of the same URL, or of all, stands after it."""
    after = settings[settings.index(setting) + 1 :]
    return any(
        one.section == "credential" and one.key == "helper" and one.value == ""
        and one.subsection in ("", setting.subsection)
        for one in after
    )  # fmt: skip


def _helper_name(setting: GitSetting) -> str:
    """A helper's program without its arguments, which may be secret."""
    if (setting.value or "").startswith("!"):
        return "a shell command"
    return _program(setting.value or "")


def _program(command: str) -> str:
    """The program of a command's line."""
    words = command.split()
    name = safe_text(words[0].rpartition("/")[2] if words else "", limit=60)
    return name + (" …" if len(words) > 1 else "")


def _askpass(
    remote: Remote, settings: Sequence[GitSetting] | None, process: Mapping[str, str]
) -> Iterator[Noted]:
    """git.c's order: GIT_ASKPASS, even an empty one, then core.askPass, then SSH_ASKPASS."""
    configured = next((one for one in reversed(settings or ()) if one.name == "core.askpass"), None)
    places = [
        ("GIT_ASKPASS", process.get("GIT_ASKPASS")),
        (configured.where if configured else "", configured.value if configured else None),
        ("SSH_ASKPASS", process.get("SSH_ASKPASS")),
    ]
    first = True
    for where, value in places:
        if value is None:
            continue
        if first and value:
            because = "go's git asks it after the helpers; modtrace never starts it, for it may open a window"
            yield of_git(
                remote, "askpass", Standing.ASKED, because, where, _program(value),
                "gitcredentials(7), git(1)",
            )
        elif value:
            yield of_git(
                remote,
                "askpass",
                Standing.IGNORED,
                "another one comes before it",
                where,
                _program(value),
                "gitcredentials(7), git(1)",
            )
        first = False
    if process.get("GIT_TERMINAL_PROMPT", "") in ("", "0"):
        because = "go sets GIT_TERMINAL_PROMPT=0: git does not ask in the terminal, it fails"
        yield of_git(
            remote,
            "terminal",
            Standing.IGNORED,
            because,
            "GIT_TERMINAL_PROMPT",
            rule="cmd/go/internal/modload/init.go Init, git(1)",
            is_note=True,
        )
    else:
        because = "GIT_TERMINAL_PROMPT is set: go's git asks in the terminal; modtrace never does"
        yield of_git(
            remote, "terminal", Standing.ASKED, because, "GIT_TERMINAL_PROMPT", rule="git(1)", is_note=True
        )


def _notes(
    remote: Remote, counting: Mapping[str, list[GitSetting]], process: Mapping[str, str]
) -> Iterator[Noted]:
    """What is no credential and decides all the same."""
    for key, (kind, because) in _NOTES.items():
        for setting in counting.get(key, ()):
            yield of_git(
                remote, kind, Standing.USED, because, setting.where, shown(setting.value or ""), _HTTP,
                is_note=True,
            )
    for setting in counting.get("sslverify", ()):
        if (setting.value or "true").lower() in ("false", "no", "off", "0", ""):
            because = "git does not check the server's certificate here: anybody could read what it sends"
            yield of_git(
                remote, "certificates", Standing.USED, because, setting.where, "sslVerify false", _HTTP,
                is_note=True,
            )
    if process.get("GIT_SSL_NO_VERIFY"):
        because = "git does not check any certificate: anybody could read what it sends"
        yield of_git(
            remote, "certificates", Standing.USED, because, "GIT_SSL_NO_VERIFY", rule="git(1)", is_note=True
        )
    if process.get("GIT_SSL_CAINFO"):
        yield of_git(
            remote,
            "certificates",
            Standing.USED,
            _NOTES["sslcainfo"][1],
            "GIT_SSL_CAINFO",
            rule="git(1)",
            is_note=True,
        )
