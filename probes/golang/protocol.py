"""The GOPROXY protocol: the kinds of request that it has (go.dev/ref/mod#goproxy-protocol)."""

from __future__ import annotations

from enum import StrEnum


class Op(StrEnum):
    """One kind of request of the GOPROXY protocol."""

    LIST = "list"
    LATEST = "latest"
    INFO = "info"
    MOD = "mod"
    ZIP = "zip"
    SUM = "sum"
    """A request to the checksum database: supported, lookup or tile."""
    PAGE = "page"
    """A page of a host with ?go-get=1, which says where a module lives (direct mode)."""
