"""The worlds about the last third of every download: who vouches for what came, and what needs no packet.

Each is a claim about the real go, which the tests ask in every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from probes.demo.behaviour import Answer, Behaviour, Request, status
from probes.demo.content import Module, simple_module
from probes.demo.plans import PATH, Place, WorldPlan, hello
from probes.golang.protocol import Op

_WHO_VOUCHES = "Who vouches for it"
_NO_PACKET = "Before any packet"

_OTHERS = tuple(
    simple_module(f"demo.example/{name}", *(f"v1.{minor}.0" for minor in range(4)))
    for name in ("alpha", "beta", "gamma")
)
"""Other modules, so that the log is long enough for a path."""
_LOG = (*_OTHERS[:2], hello(), _OTHERS[2])
_BEFORE = (hello("v1.0.0", "v1.1.0"),)
"""What another history of the log is made of."""
_GOOD = Place((hello(),))


def _passing_on(*modules: Module) -> Behaviour:
    """A proxy that passes requests on to a database that knows these modules."""
    found: list[Behaviour] = []

    def answer(request: Request, good: Answer) -> Answer:
        if not found:
            from probes.demo.checksums import ChecksumDatabase, passing_on

            found.append(passing_on(lambda: ChecksumDatabase(modules)))
        return found[0](request, good)

    return answer


def _another_history() -> Mapping[str, bytes]:
    """The tree head that go remembers: signed with the right key, over records that are not in the log."""
    from probes.demo.checksums import NAME, ChecksumDatabase

    return {f"path/pkg/sumdb/{NAME}/latest": ChecksumDatabase(_BEFORE).head}


def _half_a_zip() -> Mapping[str, bytes]:
    """A module cache in which a zip has lost its second half, and its hash has not."""
    from io import BytesIO

    from probes.golang.modzip import hash_zip

    version = hello().versions[2]
    below = f"cache/cache/download/{PATH}/@v/{version.version}"
    return {
        f"{below}.info": version.info,
        f"{below}.mod": version.mod,
        f"{below}.zip": version.zip[: len(version.zip) // 2],
        f"{below}.ziphash": hash_zip(BytesIO(version.zip), len(version.zip)).encode(),
    }


_GO_MOD = b"module demo.example/mine\n\ngo 1.21\n\nrequire demo.example/hello v1.2.0\n"


def _other_sum() -> Mapping[str, bytes]:
    """A project whose go.sum has another hash of the go.mod than what comes."""
    from base64 import b64encode

    other = b"h1:" + b64encode(bytes(range(32)))
    lines = b"demo.example/hello v1.2.0/go.mod " + other + b"\n"
    return {"project/go.mod": _GO_MOD, "project/go.sum": lines}


def _replaced() -> Mapping[str, bytes]:
    line = b"\nreplace demo.example/hello v1.2.0 => demo.example/hello v1.1.0\n"
    return {"project/go.mod": _GO_MOD + line}


def _excluded() -> Mapping[str, bytes]:
    line = b"\nexclude demo.example/hello v1.2.0\n"
    return {"project/go.mod": _GO_MOD.replace(b"v1.2.0", b"v1.1.0") + line}


TRUST_WORLDS = (
    WorldPlan(
        "vouched",
        "The checksum database vouches",
        "Every hash that is new to go is looked up in a public log. The answer proves itself: a path of "
        "hashes leads from the record to a root that the database has signed. V shows it step by step.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
    ),
    WorldPlan(
        "passed-on",
        "A proxy passes the database on",
        "GOSUMDB names the database and no address, so go asks each proxy whether it passes requests on "
        "(/supported). The first says 404, the second 200: from then on that one is asked everything.",
        (_GOOD, Place((hello(),), {Op.SUM: _passing_on(*_LOG)})),
        "{0},{1}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        passed_on=True,
    ),
    WorldPlan(
        "supported-403",
        "403 closes the way to the database",
        "The first proxy answers /supported with 403. Only 404 and 410 mean no, so behind a comma the search "
        "ends, and go does not ask the database itself either: nothing can be checked any more.",
        (
            Place((hello(),), {Op.SUM: status(403, b"blocked by policy\n")}),
            Place((hello(),), {Op.SUM: _passing_on(*_LOG)}),
        ),
        "{0},{1}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        passed_on=True,
    ),
    WorldPlan(
        "private-404",
        "A private module, and the public database",
        "The company's proxy has the module, and the public database has never heard of it: 404. go takes "
        "nothing that nobody vouches for. GOPRIVATE=demo.example would have kept the question at home.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_OTHERS,
    ),
    WorldPlan(
        "wrong-key",
        "Signed with another key",
        "Somebody answers in the name of the database, and signs with a key of his own. GOSUMDB holds the "
        "public key of the real one, so go does not believe a word.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        lie="other key",
    ),
    WorldPlan(
        "forged-record",
        "A forged record",
        "The record that is sent has another hash than the one in the signed tree. Its leaf does not lead to "
        "the root, so go throws it away before it looks at the hash.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        lie="forged record",
    ),
    WorldPlan(
        "forged-tile",
        "A forged tile",
        "The record is true, and the part of the tree that should prove it is not: the hashes in the tile do "
        "not add up to the root that was signed.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        lie="forged tile",
    ),
    WorldPlan(
        "fork",
        "Two histories of one database",
        "go remembers a signed tree head from an earlier day. The one that is served today is signed too, "
        "and does not contain it. Both cannot be true: go prints the proof of it, and stops.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        lie="fork",
        before=_BEFORE,
        files=_another_history,
    ),
    WorldPlan(
        "begun-anew",
        "A database that began anew",
        "go remembers a tree head, and the database was set up again since: it no longer has the tiles of "
        "that tree. Until the head in GOPATH/pkg/sumdb is deleted, go believes nothing that it says.",
        (_GOOD,),
        "{0}",
        group=_WHO_VOUCHES,
        vouched=_LOG,
        files=_another_history,
    ),
    WorldPlan(
        "go-sum",
        "go.sum has another hash",
        "The project's go.sum remembers what came the first time. What comes now is something else: go stops "
        "at once. It asks no database, for go.sum comes first.",
        (_GOOD,),
        "{0}",
        query="v1.2.0",
        group=_NO_PACKET,
        vouched=_LOG,
        files=_other_sum,
    ),
    WorldPlan(
        "replaced",
        "A replace line that does not count here",
        "go.mod replaces v1.2.0 by v1.1.0, and a build would take that. go mod download of an exact version "
        "fetches what was asked for all the same, by its own name.",
        (_GOOD,),
        "{0}",
        query="v1.2.0",
        group=_NO_PACKET,
        vouched=_LOG,
        files=_replaced,
    ),
    WorldPlan(
        "excluded",
        "An exclude line",
        "go.mod excludes v1.2.0, the newest release. For latest go passes it over and takes the release "
        "before it, although the proxy has both.",
        (_GOOD,),
        "{0}",
        group=_NO_PACKET,
        vouched=_LOG,
        files=_excluded,
    ),
    WorldPlan(
        "no-toolchain",
        "A toolchain that nobody has",
        "GOTOOLCHAIN asks for another go, and go would fetch it like a module, from the same proxies. The "
        "one here has none: go says that the toolchain is not available, and not who said so.",
        (_GOOD,),
        "{0}",
        group=_NO_PACKET,
        vouched=_LOG,
        settings={"GOTOOLCHAIN": "go1.99.0"},
    ),
    WorldPlan(
        "broken-cache",
        "Half a zip in the module cache",
        "After a power failure half of a zip is left in the module cache, and its hash is still there. go "
        "takes what lies there: it fails each time, and asks nobody, until that file is gone.",
        (_GOOD,),
        "{0}",
        query="v1.2.0",
        group=_NO_PACKET,
        files=_half_a_zip,
        warm=True,
    ),
)
