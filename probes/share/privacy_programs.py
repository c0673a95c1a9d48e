"""What a program complained of, without what a private server or its host key banner says in it.

git passes on what the other side says as "remote: …", and ssh shows a banner of any words. Kept are the
lines that git, ssh, Mercurial, Subversion and Fossil write themselves, masked as any text is.
"""

from __future__ import annotations

import re

KEPT_BACK = "(kept back)"

_OWN_WORDS = re.compile(
    r"\s*(?:fatal|error|warning|hint|usage|abort|svn|ssh|git|hg|Warning|Error|E\d{6})\b"
    r"|\s*(?:Host key verification|Permission denied|No such|Could not|could not|cannot|Please make sure)"
    r"|\s*(?:and the repository|Connection (?:closed|reset|refused|timed)|kex_|Received disconnect|Load key)"
    r"|\s*(?:Bad (?:owner|configuration)|Offending|Add correct host key|IT IS POSSIBLE|Someone could)"
    r"|\s*(?:It is also possible|The fingerprint for|@@@|@ +WARNING|Authentication failed|Cloning into)"
    r"|\s*(?:Confirm the import|If this is a private|repository |[Uu]nable to|server certificate)"
    r"|\s*(?:The requested URL|\S+@\S+: Permission denied)"
    r"|\s*$"
)
_REMOTE_ERROR = re.compile(r"(?<=remote error: ).+")
"""A server's own words in a line of git's."""
_IN_AN_ERROR = re.compile(r"(?<=: )(?P<status>(?:exit status \d+|signal: [\w ]+)):(?P<lines>(?:\n\t[^\n]*)+)")


def without_strangers(complaint: str) -> str:
    """The lines that the program wrote itself; the others are kept back."""
    lines = complaint.split("\n")
    return "\n".join(
        _REMOTE_ERROR.sub(KEPT_BACK, line) if _OWN_WORDS.match(line) else KEPT_BACK for line in lines
    )


def in_errors(text: str) -> str:
    """The same where go quotes a complaint in an error (codehost.RunError)."""

    def kept(match: re.Match[str]) -> str:
        lines = match["lines"].replace("\n\t", "\n")[1:]
        return f"{match['status']}:\n\t" + without_strangers(lines).replace("\n", "\n\t")

    return _IN_AN_ERROR.sub(kept, text)
