"""Errors of the way without a proxy, as go 1.27, git 2.39 (GnuTLS and OpenSSL) and OpenSSH 9.2 print them."""

from __future__ import annotations

import shlex

from probes.diagnosis.catalogue import Shell
from probes.diagnosis.explain import explain

_CACHE = "/home/u/go/pkg/mod/cache/vcs/dcb897e53171e425fcff73360fceb4623f8adafc06ca0d8fcf7233a6cd013eb0"
_LS_REMOTE = (
    "go: git.corp.test/x@v1.0.0: invalid version: git ls-remote -q --end-of-options https://git.corp.test/x in "
    f"{_CACHE}: exit status 128:\n\t"
)
_NO_RIGHTS = (
    "\n\tfatal: Could not read from remote repository.\n\t\n\tPlease make sure you have the correct access rights"
    "\n\tand the repository exists."
)
_CHANGED = (
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\t@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"
    "     @\n\t@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\tIT IS POSSIBLE THAT SOMEONE IS DOING "
    "SOMETHING NASTY!\n\tHost key for {host} has changed and you have requested strict checking.\r\n\tHost key "
    "verification failed.\r"
)
_UNABLE = "fatal: unable to access 'https://git.corp.test/x/': "

TEXTS = [
    # (message, rule, row, what the cause says, what the first remedy says)
    (_LS_REMOTE + "fatal: could not read Username for 'https://git.corp.test': terminal prompts disabled\nConfirm the import path"
     " was entered correctly.\nIf this is a private repository, see https://go.dev/doc/faq#git_https for additional information.",
     "R09", "git-auth", "does not let it ask", "git config --global url.ssh://git@git.corp.test/.insteadOf"),
    (_LS_REMOTE + "Host key verification failed.\r" + _NO_RIGHTS, "R09", "ssh-host-key", "may not ask", "ssh-keyscan git.corp.test >>"),
    (_LS_REMOTE + "No ED25519 host key is known for ssh.corp.test and you have requested strict checking.\r\n\tHost key verification"
     " failed.\r" + _NO_RIGHTS, "R09", "ssh-host-key", "ssh.corp.test", "ssh-keyscan ssh.corp.test >>"),
    (_LS_REMOTE + "No ED25519 host key is known for [ssh.corp.test]:2222 and you have requested strict checking.\r\n\tHost key verifi"
     "cation failed.\r" + _NO_RIGHTS, "R09", "ssh-host-key-port", "port 2222", "ssh-keyscan -p 2222 ssh.corp.test >>"),
    (_LS_REMOTE + _CHANGED.format(host="ssh.corp.test") + _NO_RIGHTS, "R09", "ssh-host-key-changed", "somebody is in between",
     "ssh-keyscan -p 22 ssh.corp.test | ssh-keygen -lf -"),
    (_LS_REMOTE + _CHANGED.format(host="[ssh.corp.test]:2222") + _NO_RIGHTS, "R09", "ssh-host-key-changed", "ssh.corp.test",
     "ssh-keyscan -p 2222 ssh.corp.test |"),
    (_LS_REMOTE + "git@git.corp.test: Permission denied (publickey)." + _NO_RIGHTS, "R09", "ssh-key", "none of the ssh keys", "ssh-add -l"),
    (_LS_REMOTE + "ERROR: Repository not found." + _NO_RIGHTS, "R09", "git-no-repository", "misspelt, or hidden", "git config --global"),
    (_LS_REMOTE + "fatal: repository 'https://git.corp.test/x/' not found", "R09", "git-no-repository", "misspelt", "git config --global"),
    (_LS_REMOTE + "fatal: Authentication failed for 'https://git.corp.test/x/'", "R09", "git-auth", "git.corp.test", "git config"),
    (_LS_REMOTE + _UNABLE + "server certificate verification failed. CAfile: none CRLfile: none", "R10", "x509-git", "roots of its own",
     "git config --global http.https://git.corp.test/.sslCAInfo"),
    (_LS_REMOTE + _UNABLE + "SSL certificate problem: unable to get local issuer certificate", "R10", "x509-git", "git.corp.test", "sslCAInfo"),
    (_LS_REMOTE + _UNABLE + "schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not"
     " trusted.", "R10", "x509-git", "git.corp.test", "sslCAInfo"),
    (_LS_REMOTE + _UNABLE + "Could not resolve host: git.corp.test", "R17", "dns-git", "could not resolve", ""),
    (_LS_REMOTE + "ssh: connect to host 127.0.0.1 port 2222: Connection refused\r" + _NO_RIGHTS, "R07", "git-connect", "cannot connect", ""),
    (_LS_REMOTE + "ssh: connect to host git.corp.test port 22: Connection timed out\r" + _NO_RIGHTS, "R07", "git-connect", "connect", ""),
    (_LS_REMOTE + "fatal: transport 'https' not allowed", "R21", "git-protocol", "told not to use https", "protocol"),
    (_LS_REMOTE + "error: cannot run ssh: No such file or directory\n\tfatal: unable to fork", "R21", "ssh-missing", "there is no ssh", "ssh"),
    (_LS_REMOTE + "git: 'remote-https' is not a git command. See 'git --help'.", "R21", "git-https-missing", "part for https", "apk add"),
    (_LS_REMOTE + "fatal: detected dubious ownership in repository at '/home/u/go'", "R21", "git-ownership", "another user", "chown"),
    # Other languages: go sets no LC_ALL, so git speaks the user's; the rule says how to have it in English.
    (_LS_REMOTE + "Schwerwiegend: Repository 'https://git.corp.test/none/' nicht gefunden", "R21", "git-failed", "no English ones", "LC_ALL=C"),
    (_LS_REMOTE + "致命错误：无法读取远程仓库。", "R21", "git-failed", "no English ones", "LC_ALL=C"),
    (f'go: git.corp.test/x@v1: invalid version: git ls-remote -q origin in {_CACHE}: exec: "git": executable file not found in $PATH',
     "R21", "git-missing", "run git", "apk add --no-cache git"),
    ("go: missing Git command. See https://go.dev/s/gogetcmd", "R21", "git-missing", "run git", "apk add --no-cache git"),
    ('go: git.corp.test/s@v1.0.0: unrecognized import path "git.corp.test/s": GOVCS disallows using svn for public git.corp.test/s; see '
     "'go help vcs'", "R21", "govcs", "does not allow", "go env -w GOPROXY"),
    ('go: git.corp.test/d/x@v1.0.0: unrecognized import path "git.corp.test/d/x": https://git.corp.test/d/x?go-get=1 and '
     "//git.corp.test/d?go-get=1 disagree about go-import for git.corp.test/d", "R18", "go-import-disagree", "git.corp.test/d name", "mended"),
    ('go: git.corp.test/l@v1.0.0: unrecognized import path "git.corp.test/l": parse https://git.corp.test/l?go-get=1: no go-import meta '
     "tags ()", "R18", "no-meta", "log-in page", "printf 'machine"),
    ("go: git.corp.test/y.git@v1.0.0: no secure protocol found for repository", "R18", "no-secure-protocol", "which way", "printf 'machine"),
    ("go: git.corp.test/x@v9.9.9: invalid version: unknown revision v9.9.9", "R11", "unknown-revision", "no such tag", "go list -m"),
    ("go: git.corp.test/m@v2.0.0: invalid version: module contains a go.mod file, so module path must match major version "
     '("git.corp.test/m/v2")', "R11", "major", "/v2", "go get git.corp.test/m/v2@v2.0.0"),
    ("go: git.corp.test/x@v1.0.1-0.20200101000000-abcdefabcdef: invalid pseudo-version: preceding tag (v1.0.0) not found", "R11",
     "pseudo-version", "by hand", "go get"),
]  # fmt: skip


def test_a_message_of_the_way_without_a_proxy_gets_its_own_cause() -> None:
    for text, rule, row, cause, remedy in TEXTS:
        found = explain(text + "\n").explanations
        assert [one.pattern for one in found] == [row], text
        assert found[0].rule.id == rule, text
        assert cause in found[0].cause, (text, found[0].cause)
        remedies = found[0].diagnosis(Shell.POSIX).remedies
        assert remedy in "; ".join(remedies[0].lines), (text, remedies[0].lines)
        assert not remedies[0].weakens_security


def test_a_changed_host_key_never_leads_to_trusting_the_new_one_at_once() -> None:
    for host in ("git.corp.test", "[git.corp.test]:2222"):
        remedies = (
            explain(_LS_REMOTE + _CHANGED.format(host=host) + _NO_RIGHTS).explanations[0].diagnosis().remedies
        )
        assert not any(">>" in line for remedy in remedies for line in remedy.lines)
        assert remedies[1].weakens_security
        assert shlex.split(remedies[1].lines[0]) == ["ssh-keygen", "-R", host]


def test_words_of_git_in_other_programs_are_none_of_gos() -> None:
    for text in ("fatal: transport 'ssh' not allowed", "ssh: not found", "error: cannot run ssh: No such file or directory",
                 "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", "npm ERR! git ls-remote ssh://git@x.example/y failed"):  # fmt: skip
        assert explain(text + "\n").explanations == ()
