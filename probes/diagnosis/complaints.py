"""Which words of a program's complaint count, where a server may have put some of them there.

What git passes on of a server begins with "remote:"; the banner of an ssh server stands there bare, and may
imitate any words. But whoever fails has the last word, so the last line that is known counts; and a server
whose host key was not accepted has said nothing yet. probes.golang.vcs_words knows the words, in English: go
sets no LC_ALL, so git speaks the user's language.
"""

from __future__ import annotations

import re

from probes.golang.vcs_words import Complaint, classify

_FROM_AFAR = re.compile(r"^\s*remote:", re.IGNORECASE)
_MOST_LINES = 400
_HOST_KEY = (Complaint.HOST_KEY_UNKNOWN, Complaint.HOST_KEY_CHANGED)


def judged(complaint: str) -> tuple[Complaint, str]:
    """The kind, and the words that tell: a line; of a host key all lines, since none is a server's."""
    lines = [line.strip() for line in complaint.split("\n") if line.strip()][-_MOST_LINES:]
    own = [line for line in lines if not _FROM_AFAR.match(line)]
    for line in reversed(own):
        kind = classify(line)
        if kind in _HOST_KEY:
            whole = "\n".join(own)
            return classify(whole) if classify(whole) in _HOST_KEY else kind, whole
        if kind is not Complaint.UNKNOWN:
            return kind, line
    # Mercurial puts what its own ssh says behind "remote:".
    return classify("\n".join(lines)), own[0] if own else ""
