"""Who is asked about a hash, and by which setting: known before any packet.

Source: cmd/go/internal/modfetch/sumdb.go useSumDB and fetch.go checkModSum.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.golang.environment import Environment, Source
from probes.golang.gosumdb import ALIASES, TOOLCHAIN, use_sum_db
from probes.golang.patterns import explain_prefix_patterns
from probes.trace.checksum_events import Sworn

CHECK_MOD_SUM = "cmd/go/internal/modfetch/fetch.go checkModSum"
USE_SUM_DB = "cmd/go/internal/modfetch/sumdb.go useSumDB"


@dataclass(frozen=True, slots=True)
class Oath:
    """Who will be asked about a hash that go.sum does not vouch for."""

    sworn: Sworn
    because: str
    rule: str = USE_SUM_DB


def oath_of(environment: Environment, path: str) -> Oath:
    """Who is asked about the hashes of a module that go.sum has nothing about."""
    gosumdb = environment.get("GOSUMDB")
    asked = use_sum_db(
        path,
        "",
        gosumdb=gosumdb,
        gonosumdb=environment.get("GONOSUMDB"),
        goproxy=environment.get("GOPROXY"),
        process_env=environment.process,
    )
    if asked and path == TOOLCHAIN:
        return Oath(Sworn.DATABASE, "a Go toolchain is always asked about, whatever the settings say")
    if asked and gosumdb in ALIASES:
        return Oath(Sworn.DATABASE, f"GOSUMDB={gosumdb} stands for {ALIASES[gosumdb]}")
    if asked:
        return Oath(Sworn.DATABASE, "nothing keeps the path from the checksum database")
    if gosumdb == "off":
        return Oath(Sworn.OFF, "GOSUMDB=off")
    found = explain_prefix_patterns(environment.get("GONOSUMDB"), path)
    pattern = "" if found is None else found.pattern
    source = environment.setting("GONOSUMDB").source
    owner = " of GOPRIVATE" if source is Source.DERIVED else ""
    return Oath(Sworn.PRIVATE, f"GONOSUMDB matches the path, by the pattern {pattern}{owner}")
