"""The faults that are thrown into a running world: what a proxy does then, and what go makes of it.

What is said here of go is compared with the real go, fault by fault and separator by separator, in
tests/test_demo_faults.py. Source of the rules: cmd/go/internal/modfetch/proxy.go TryProxies (only
"not found" passes a comma, which of HTTP is 404 and 410, web/api.go HTTPError.Is) and net/http, which sets no
limit on how long an answer may take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from probes.demo.behaviour import Behaviour, Fault, Script, body, fault, portal, status
from probes.demo.worlds import Place
from probes.diagnosis.nearest import nearest
from probes.golang.protocol import Op

_EVERYTHING = (Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP)


@dataclass(frozen=True, slots=True)
class DemoFault:
    """One way in which a proxy may be broken."""

    name: str
    """As it is written in --fault."""
    title: str
    sentence: str
    """What go makes of it."""
    behaviours: Mapping[Op, Behaviour] = field(default_factory=dict)
    group: str = "It answers with an error"
    tls: bool = False
    """Whether the proxy speaks TLS, with a certificate that nobody trusts."""

    def script(self, place: Place) -> Script:
        """What a proxy of a world does with this fault: for the rest it is honest."""
        return Script({module.path: module for module in place.modules}, self.behaviours)


def _always(behaviour: Behaviour) -> dict[Op, Behaviour]:
    return dict.fromkeys(_EVERYTHING, behaviour)


_NO_ANSWER = "It does not answer, or late"
_BAD_ANSWER = "It answers 200, and wrong"

HONEST = DemoFault(
    "honest",
    "no fault: it answers with what it has",
    "Nothing is wrong: go takes what it gets.",
    group="It is well",
)

FAULTS = (
    HONEST,
    DemoFault(
        "404",
        "404 Not Found for everything",
        "go goes on to the next entry, behind a comma and behind a |.",
        _always(status(404, b"not found: no such module here\n")),
    ),
    DemoFault(
        "410",
        "410 Gone for everything",
        "The same as 404: go goes on behind both separators.",
        _always(status(410, b"gone: removed from this proxy\n")),
    ),
    DemoFault(
        "403",
        "403 Forbidden, blocked by a policy",
        "No not-found: go stops behind a comma and goes on behind a |.",
        _always(status(403, b"blocked by policy: licence not approved\n")),
    ),
    DemoFault(
        "502",
        "502 Bad Gateway with a web page",
        "No not-found: go stops behind a comma and goes on behind a |.",
        _always(status(502, b"<h1>Bad Gateway</h1>\n", "text/html")),
    ),
    DemoFault(
        "timeout",
        "it takes the request and never answers",
        "go sets no limit and waits for ever, so not even a | helps; modtrace gives up after a while and "
        "says so.",
        _always(fault(Fault.HANG)),
        _NO_ANSWER,
    ),
    DemoFault(
        "reset",
        "the connection is reset",
        "An error of the network: go stops behind a comma and goes on behind a |.",
        _always(fault(Fault.RESET)),
        _NO_ANSWER,
    ),
    DemoFault(
        "bad-tls",
        "https with a certificate that nobody trusts",
        "go refuses before it asks anything: it stops behind a comma and goes on behind a |.",
        group=_NO_ANSWER,
        tls=True,
    ),
    DemoFault(
        "portal",
        "a log-in page with 200 for everything",
        "200 is no error, so go takes the page for what it asked: behind a comma it stops where JSON should "
        "be, behind a | it gets the version elsewhere and then takes the page for the .zip.",
        _always(portal),
        _BAD_ANSWER,
    ),
    DemoFault(
        "bad-zip",
        "a web page as the .zip, with 200",
        "go looks into the zip only after the walk is over: it fails, and no separator helps.",
        {Op.ZIP: body(b"<html>not a zip</html>\n")},
        _BAD_ANSWER,
    ),
    DemoFault(
        "slow",
        "every answer comes late",
        "go waits, and takes it: each of the files costs the time once more.",
        _always(fault(Fault.LATE)),
        _NO_ANSWER,
    ),
)

_BY_NAME = {one.name: one for one in FAULTS}


class UnknownFault(ValueError):
    """What was written as a fault is none; the text is one line for people."""


def fault_named(name: str) -> DemoFault:
    """The fault with this name. Raises UnknownFault with the name that was probably meant."""
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    close = nearest(name.lower(), _BY_NAME, most=max(1, len(name) // 2))
    hint = f"did you mean {close}? " if close is not None else ""
    raise UnknownFault(f"no fault {name!r}; {hint}the faults are {', '.join(_BY_NAME)}")


def parse_faults(texts: Iterable[str], proxies: int) -> dict[int, DemoFault]:
    """The values of --fault, each NUMBER=NAME, for a world of this many proxies, counted from 1.

    The result counts from 0. Raises UnknownFault for what cannot be understood.
    """
    found: dict[int, DemoFault] = {}
    for text in texts:
        number, equals, name = text.partition("=")
        if not equals or not number.isascii() or not number.isdigit():
            raise UnknownFault(f"write NUMBER=FAULT instead of {text!r}, for example 1=502")
        if not 1 <= int(number[:9]) <= proxies:
            count = "one proxy" if proxies == 1 else f"{proxies} proxies"
            raise UnknownFault(f"no proxy {number[:9]} in this world: it has {count}, counted from 1")
        found[int(number) - 1] = fault_named(name)
    return found
