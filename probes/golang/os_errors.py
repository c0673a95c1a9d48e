"""What go says of an error of the operating system.

Source: syscall/zerrors_linux_amd64.go (the table of words), syscall/syscall_unix.go Errno.Error.
"""

from __future__ import annotations

import errno

ERRNO_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by peer",
    errno.ETIMEDOUT: "connection timed out",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.EADDRNOTAVAIL: "cannot assign requested address",
    errno.EPIPE: "broken pipe",
    errno.EMFILE: "too many open files",
    errno.EINVAL: "invalid argument",
    errno.ECONNABORTED: "software caused connection abort",
}
"""Where the C library has other words than Go, or capital letters that count."""


def errno_words(error: OSError) -> str:
    """Go's words: those of the C library but for the first letter, and for the table."""
    number = error.errno
    if number in ERRNO_WORDS:
        return ERRNO_WORDS[number]
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
