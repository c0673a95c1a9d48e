"""What kind of trouble a version control system or ssh complains of, by its own words in English.

Sources: git 2.39 (remote-curl.c, credential.c, http.c, transport.c, connect.c), libcurl's strerror.c with
OpenSSL, GnuTLS and Schannel, OpenSSH 9.2 (sshconnect.c, sshconnect2.c, ssh.c), Mercurial 6.3 (dispatch.py,
url.py, sslutil.py, sshpeer.py), Subversion 1.14 (svn_error_codes.h), Fossil 2.21 (http.c). tests/
test_vcs_words.py has the real programs say most of them.

A private repository and one that does not exist: git's own words hardly ever tell them apart, for the hosts
do not. Without credentials most ask for some in both cases (status 401: "could not read Username"); with
credentials that may not read it, they say 404 in both cases. ``what_it_leaves_open`` says so for a kind.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Complaint(StrEnum):
    """A kind of trouble."""

    NO_CREDENTIALS = "no credentials"
    """A user and a password are wanted, and there is nobody to ask."""
    REFUSED = "refused"
    """Credentials were shown, and were not taken; or nobody may have it."""
    NOT_FOUND_OR_REFUSED = "not found, or hidden"
    HOST_KEY_UNKNOWN = "host key unknown"
    HOST_KEY_CHANGED = "host key changed"
    NO_KEY_ACCEPTED = "no key accepted"
    CERTIFICATE = "certificate"
    NAME = "name"
    TIMEOUT = "timeout"
    REFUSED_CONNECTION = "connection refused"
    PROTOCOL_NOT_ALLOWED = "protocol not allowed"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    """Other words: rare ones, or none in English."""


_KINDS: tuple[tuple[Complaint, str], ...] = (
    (Complaint.HOST_KEY_CHANGED, r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed"),
    (Complaint.HOST_KEY_UNKNOWN, r"Host key verification failed|No \S+ host key is known for"),
    (Complaint.NO_KEY_ACCEPTED, r"Permission denied \(|Too many authentication failures"),
    (
        Complaint.PROTOCOL_NOT_ALLOWED,
        r"transport '\S+' not allowed|'remote-\S+' is not a git command|[Uu]nable to find remote helper for"
        r"|Unrecognized URL scheme",
    ),
    (
        Complaint.NO_CREDENTIALS,
        r"could not read (?:Username|Password) for|terminal prompts disabled|http authorization required"
        r"|server says: 401\b|E215004|No more credentials",
    ),
    (
        Complaint.REFUSED,
        r"Authentication failed for|returned error: 40[13]\b|Logon failed|HTTP Error 40[13]\b"
        r"|authorization failed|server says: 403\b|E17000[12]: Auth|Authorization failed|E175013|E220001",
    ),
    (
        Complaint.NOT_FOUND_OR_REFUSED,
        r"repository '[^'\n]*' not found|returned error: 404\b|does not appear to be a git repository"
        r"|ERROR: (?:Repository not found|The project you were)|Repository not found|HTTP Error 404\b"
        r"|server says: 404\b|E210005|E160013|remote repository access denied"
        r"|there is no Mercurial repository",
    ),
    (
        Complaint.CERTIFICATE,
        r"SSL certificate problem|[Cc]ertificate verif\w+ failed|CERTIFICATE_VERIFY_FAILED"
        r"|SSL: no alternative|schannel: \S*(?:CERT|TRUST)|unable to get (?:local )?issuer"
        r"|certificate subject name|E230001|Cannot load CA root certificates|certificate does not match",
    ),
    (
        Complaint.NAME,
        r"Could not resolve (?:host|proxy)|Temporary failure in name resolution|Name or service not known"
        r"|nodename nor servname|can't resolve host name|No address associated with hostname|E670002",
    ),
    (Complaint.TIMEOUT, r"timed out|Timeout was reached|timeout waiting"),
    (
        Complaint.REFUSED_CONNECTION,
        r"Connection refused|Failed to connect to|Could(?:n't| not) connect to server|No route to host"
        r"|Network is unreachable|cannot connect to host|E000111",
    ),
    (
        Complaint.EMPTY,
        r"does not have any commits|You appear to have cloned an empty|couldn't find remote ref HEAD",
    ),
)
_COMPILED = tuple((kind, re.compile(words)) for kind, words in _KINDS)
_HOST_KEY = (Complaint.HOST_KEY_UNKNOWN, Complaint.HOST_KEY_CHANGED)
_FROM_AFAR = re.compile(r"^\s*remote:", re.IGNORECASE)
_OF_MERCURIAL = re.compile(r"^\s*abort: ", re.MULTILINE)
_MOST_LINE = 4096
"""Characters of one line that are looked at: what a server sends has no bounds."""


def classify(complaint: str) -> Complaint:
    """The kind of a program's standard error; UNKNOWN for what is none of these, "" included."""
    return judged(complaint)[0]


def judged(complaint: str) -> tuple[Complaint, str]:
    """The kind, and the words that tell: a line; of a host key all lines, of which none is a server's.

    Lines that begin with "remote:" are a server's words, and never decide; only Mercurial puts what its own
    ssh says there.
    """
    by_mercurial = _OF_MERCURIAL.search(complaint) is not None
    lines = [line.strip()[:_MOST_LINE] for line in complaint.split("\n")]
    own = [line for line in lines if line and (by_mercurial or not _FROM_AFAR.match(line))]
    for line in reversed(own):
        for kind, words in _COMPILED:
            if not words.search(line):
                continue
            if kind not in _HOST_KEY:
                return kind, line
            whole = "\n".join(own)
            changed = _COMPILED[0][1].search(whole)
            return Complaint.HOST_KEY_CHANGED if changed else Complaint.HOST_KEY_UNKNOWN, whole
    return Complaint.UNKNOWN, own[0] if own else ""


_TELLING = ("fatal: ", "abort: ", "svn: E", "error: ")


def telling_line(complaint: str) -> str:
    """The one line of a complaint that says most, "" where there is none.

    The one that decides the kind: after "Host key verification failed." git says that it "could not read
    from remote repository", which says nothing. Of other words the first that a program marks as its own.
    """
    lines = [line.strip()[:_MOST_LINE] for line in complaint.split("\n")]
    lines = [line for line in lines if line]
    kind, words = judged(complaint)
    if kind in _HOST_KEY:
        pattern = next(pattern for one, pattern in _COMPILED if one is kind)
        return next((line.strip("@ ") for line in lines if pattern.search(line)), "")
    if kind is not Complaint.UNKNOWN:
        return words
    return next((line for line in lines if line.startswith(_TELLING)), lines[0] if lines else "")


_OPEN = {
    Complaint.NO_CREDENTIALS: (
        "the host asks for credentials; GitHub, GitLab and Bitbucket do so for a private repository and for "
        "one that does not exist alike"
    ),
    Complaint.NOT_FOUND_OR_REFUSED: (
        "no such repository, or one that these credentials may not see: GitHub, GitLab and Bitbucket say the "
        "same for both"
    ),
    Complaint.REFUSED: "the credentials are wrong, have ended, or may not read this repository",
    Complaint.NO_KEY_ACCEPTED: (
        "the host takes none of the keys that ssh has shown; whether the repository is there is not known"
    ),
}


def what_it_leaves_open(kind: Complaint) -> str:
    """What cannot be told from a complaint of this kind, "" where there is nothing to add."""
    return _OPEN.get(kind, "")
