"""The named worlds of `modtrace demo`: a small chain of proxies on loopback that breaks on purpose.

A world is data: what each proxy holds, how it misbehaves, how GOPROXY joins them, and what there is to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from probes.demo.behaviour import Fault, body, fault, portal, status
from probes.demo.content import Module, ModuleVersion
from probes.demo.origin_worlds import ORIGIN_WORLDS
from probes.demo.plans import DISK, PATH, Place, WorldPlan, changed, hello, in_all
from probes.demo.server import Handler, World
from probes.demo.trust_worlds import TRUST_WORLDS
from probes.golang.protocol import Op

__all__ = ["PATH", "WORLDS", "Place", "WorldPlan", "names", "running", "world_plan"]

_GOOD = Place((hello(),))
_EMPTY = Place(())
_BAD_GATEWAY = Place((hello(),), in_all(status(502, b"<h1>Bad Gateway</h1>\n", "text/html")))

_AT_PEACE = "Nothing is broken"
_WHO_IS_NEXT = "Who is asked next"
_WRONG_CONTENT = "200, and yet wrong"
_WHICH = "Which version it is"
_WAITING = "Patience and trust"

WORLDS = (
    WorldPlan(
        "healthy",
        "Everything works",
        "Two proxies, both well. go asks only the first: for the list, then for the .info, the .mod and the "
        ".zip of the version it chose. The second one is never asked.",
        (_GOOD, _GOOD),
        "{0},{1}",
        group=_AT_PEACE,
    ),
    WorldPlan(
        "comma-stops-on-502",
        "A comma stops at 502",
        "The first proxy is broken and answers 502. Behind a comma go passes on only after 404 and 410, so "
        "it stops here, although the second proxy has everything.",
        (_BAD_GATEWAY, _GOOD),
        "{0},{1}",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "pipe-passes-502",
        "A pipe passes over 502",
        "The same broken proxy, but joined with |: after any error go asks the next one. It does so anew for "
        "every single file, so the broken proxy costs its time each time.",
        (_BAD_GATEWAY, _GOOD),
        "{0}|{1}",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "404-falls-through",
        "404 falls through",
        "The first proxy does not know the module and says 404. That is the one answer, with 410, after "
        "which a comma lets go ask the next proxy.",
        (_EMPTY, _GOOD),
        "{0},{1}",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "portal",
        "A log-in page instead of a list",
        "A captive portal answers the list with 200 and a web page. go reads the page as a list without "
        "versions and says that nothing matches; the comma does not help, for 200 is no error.",
        (Place((hello(),), {Op.LIST: portal, Op.LATEST: status(404, b"not found\n")}), _GOOD),
        "{0},{1}",
        group=_WRONG_CONTENT,
    ),
    WorldPlan(
        "off-masks-404",
        "off hides the 404",
        'The proxy says 404, and then the list ends with off. go prints "module lookup disabled by '
        'GOPROXY=off" and keeps quiet about the 404, which is the real cause.',
        (_EMPTY,),
        "{0},off",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "split-files",
        "One proxy for .info, another for .zip",
        "Each file walks the list again from its beginning. The first proxy has .info and .mod but not the "
        ".zip, so that comes from the second one.",
        (Place((hello(),), {Op.ZIP: status(404, b"not found: no zip here\n")}), _GOOD),
        "{0},{1}",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "bad-zip",
        "A pipe does not help against bad bytes",
        "The first proxy sends a web page as the zip, with 200. Content is looked at only after the walk, so "
        "go fails, although the second proxy has a good zip and they are joined with |.",
        (Place((hello(),), {Op.ZIP: body(b"<html>not a zip</html>\n")}), _GOOD),
        "{0}|{1}",
        group=_WRONG_CONTENT,
    ),
    WorldPlan(
        "forbidden",
        "403 is not 404",
        "A policy proxy says 403 with its reason. That is no not-found: behind a comma it ends the search.",
        (Place((hello(),), in_all(status(403, b"blocked by policy: licence not approved\n"))), _GOOD),
        "{0},{1}",
        group=_WHO_IS_NEXT,
    ),
    WorldPlan(
        "stale",
        "The first proxy is behind",
        "Both proxies answer, but the first one does not know the newest version yet. The first answer that "
        "is no error wins: go takes the older version.",
        (Place((hello("v1.0.0", "v1.1.0"),)), _GOOD),
        "{0},{1}",
        group=_WHICH,
    ),
    WorldPlan(
        "retracted",
        "A retracted version is passed over",
        "The newest release takes back itself and v1.2.0 in its go.mod. For latest go reads that go.mod and "
        "chooses v1.1.0.",
        (
            Place(
                (
                    Module(
                        PATH,
                        (
                            ModuleVersion(PATH, "v1.1.0"),
                            ModuleVersion(PATH, "v1.2.0"),
                            ModuleVersion(
                                PATH,
                                "v1.2.1",
                                go_mod=b"module demo.example/hello\n\ngo 1.21\n\n"
                                b"// Published by mistake.\nretract [v1.2.0, v1.2.1]\n",
                            ),
                        ),
                    ),
                )
            ),
        ),
        "{0}",
        group=_WHICH,
    ),
    WorldPlan(
        "hang",
        "A proxy that never answers",
        "The proxy takes the connection and then says nothing. go has no limit for that: it waits for ever, "
        "without a word. q leaves at once.",
        (Place((hello(),), in_all(fault(Fault.HANG))), _GOOD),
        "{0}|{1}",
        group=_WAITING,
    ),
    WorldPlan(
        "tampered",
        "The checksum database has the last word",
        "Somebody has changed the .zip on the first proxy. The checksum database knows what everybody else "
        "was served, so go refuses with SECURITY ERROR. It asks no other proxy, although the second one has "
        "the true .zip.",
        (Place((changed("v1.2.0"),)), _GOOD),
        "{0}|{1}",
        group=_WAITING,
        vouched=(hello(),),
    ),
    *TRUST_WORLDS,
    *ORIGIN_WORLDS,
)


def world_plan(name: str) -> WorldPlan:
    """The world with this name. Raises KeyError."""
    return {plan.name: plan for plan in WORLDS}[name]


def names() -> tuple[str, ...]:
    """The names of all worlds, in the order of the tour."""
    return tuple(plan.name for plan in WORLDS)


@contextmanager
def running(plan: WorldPlan) -> Iterator[tuple[World, dict[str, str]]]:
    """The world on real sockets, and the variables that lead go there.

    The variables make an environment that reads no file of the user and sends nothing anywhere else. What is
    on the disk of the world lies in a temporary folder, which its variables name, and goes with it.
    """
    handlers: list[Handler] = [place.script().answer for place in plan.places]
    gosumdb = "off"
    if plan.vouched:
        from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase, Lie

        gosumdb = VERIFIER_KEY
        if not plan.passed_on:
            handlers.append(ChecksumDatabase(plan.vouched, Lie(plan.lie), plan.before).answer)
    with ExitStack() as stack:
        on_disk = {"GOMODCACHE": "/demo/pkg/mod"}  # a name in go's words; nothing is ever written
        if plan.files is not None:
            on_disk = _laid_out(plan, stack)
        world = stack.enter_context(World(handlers))
        if plan.vouched and not plan.passed_on:
            gosumdb = f"{gosumdb} {world.urls[-1]}"
        yield (
            world,
            {
                "GOPROXY": plan.goproxy.format(*world.urls),
                "GOSUMDB": gosumdb,
                "GOENV": "off",
                "GOFLAGS": "",
                "GOPRIVATE": "",
                "GONOPROXY": "",
                "GONOSUMDB": "",
                **on_disk,
                **plan.settings,
            },
        )


def _laid_out(plan: WorldPlan, stack: ExitStack) -> dict[str, str]:
    """The files of a world in a folder of its own, and the variables that name them."""
    from tempfile import TemporaryDirectory

    # The real path: go prints that one, and on some machines the temporary folder stands behind a link.
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="modtrace-demo-"))).resolve()
    for name, content in (plan.files() if plan.files is not None else {}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return {
        "GOMODCACHE": str(folder / "cache"), "GOPATH": str(folder / "path"), DISK: str(folder),
    }  # fmt: skip
