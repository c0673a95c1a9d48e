"""Worlds that break in one way each: on loopback, at the socket level."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import io
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import trustme

from probes.demo import behaviour as acts
from probes.demo.behaviour import Answer, Behaviour, Fault, Request, Script
from probes.demo.content import Module, simple_module
from probes.demo.server import World
from probes.golang import dirhash, modzip
from probes.golang.protocol import Op
from tests.against_go.compare import authority, authority_file, server_tls, tls_for
from tests.doctor.practice import CA_PLACE, PATH, Ailment
from tests.forward_proxy import ForwardProxy
from tests.ladder.certificates import Plan, make, server_context
from tests.ladder.sockets import closed_port
from tests.loopback import pump
from tests.socks_proxy import SocksProxy
from tests.sumdb_server import Log, Signer, SumDBServer
from tests.tls_servers import RawServer, issued, self_signed

MODULE = simple_module(PATH, "v1.0.0")
GOOD = Script({PATH: MODULE})
AILMENTS: dict[str, Callable[[], AbstractContextManager[Ailment]]] = {}


def ailment(make: Callable[[], Iterator[Ailment]]) -> Callable[[], Iterator[Ailment]]:
    """Enter a world into the table, under its name."""
    AILMENTS[make.__name__.replace("_", " ")] = contextmanager(make)
    return make


def every(act: Behaviour) -> Script:
    """A proxy that does this whatever is asked."""
    return Script({PATH: MODULE}, dict.fromkeys(Op, act))


def only(op: Op, act: Behaviour) -> Script:
    """A proxy that does this for one operation."""
    return Script({PATH: MODULE}, {op: act})


@contextmanager
def proxies(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[World]:
    with World([script.answer for script in scripts], tls=tls) as world:
        yield world


def switch(world: World, number: int, script: Script) -> Callable[[], None]:
    """Have a proxy mended."""

    def mend() -> None:
        world.handlers[number] = script.answer

    return mend


# -- R01, R03, R13, R15: what a proxy answers ------------------------------------------------------------------


@ailment
def comma_and_502() -> Iterator[Ailment]:
    with proxies(every(acts.status(502, b"bad gateway\n")), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="http")


@ailment
def comma_and_500_before_the_zip() -> Iterator[Ailment]:
    with proxies(only(Op.ZIP, acts.status(500)), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="http")


@ailment
def comma_and_a_hang_up() -> Iterator[Ailment]:
    with proxies(every(acts.fault(Fault.CLOSE)), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="http")


@ailment
def comma_and_a_reset() -> Iterator[Ailment]:
    with proxies(every(acts.fault(Fault.RESET)), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="http")


@ailment
def truncated_zip() -> Iterator[Ailment]:
    with proxies(only(Op.ZIP, acts.fault(Fault.TRUNCATE)), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="content")


def _once(act: Behaviour) -> Behaviour:
    """Break the first time in each run of three: for the trace, not for whoever comes after."""
    left = [1]

    def do(request: Request, answer: Answer) -> Answer:
        if left[0]:
            left[0] -= 1
            return act(request, answer)
        return answer

    return do


@ailment
def fails_for_a_moment() -> Iterator[Ailment]:
    script = every(_once(acts.status(503)))
    with proxies(script) as world:
        yield Ailment("R03", world.urls[0])


@ailment
def portal_on_the_list() -> Iterator[Ailment]:
    with proxies(every(acts.portal)) as world:
        yield Ailment(
            "R13", world.urls[0], rung="content", target=f"{PATH}@latest", mend=switch(world, 0, GOOD)
        )


@ailment
def portal_on_the_info() -> Iterator[Ailment]:
    with proxies(every(acts.portal)) as world:
        yield Ailment("R13", world.urls[0], rung="content", mend=switch(world, 0, GOOD))


@ailment
def info_is_no_json() -> Iterator[Ailment]:
    with proxies(only(Op.INFO, acts.body(b"nothing to see here")), GOOD) as world:
        yield Ailment("R13", "|".join(world.urls[:1]) + "," + world.urls[1], rung="content")


@ailment
def broken_zip() -> Iterator[Ailment]:
    with proxies(only(Op.ZIP, acts.body(b"PK nothing", "application/zip")), GOOD) as world:
        yield Ailment("R13", "|".join(world.urls), rung="content")


@ailment
def forbidden_behind_a_redirect() -> Iterator[Ailment]:
    blocked = b"This service is not available in your country.\n"
    with proxies(every(acts.status(403, blocked))) as storage:
        with proxies(only(Op.ZIP, acts.redirect(storage.urls[0])), GOOD) as world:
            yield Ailment("R15", ",".join(world.urls), rung="http")


@ailment
def forbidden_by_policy() -> Iterator[Ailment]:
    with proxies(every(acts.status(403, b"nothing for you\n")), GOOD) as world:
        yield Ailment("R15", ",".join(world.urls), rung="http")


@ailment
def teapot() -> Iterator[Ailment]:
    with proxies(every(acts.status(418)), GOOD) as world:
        yield Ailment("R15", ",".join(world.urls), rung="http")


@ailment
def too_many_requests() -> Iterator[Ailment]:
    with proxies(every(acts.status(429)), GOOD) as world:
        yield Ailment("R01", ",".join(world.urls), rung="http")


@ailment
def not_there() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        yield Ailment("R11", world.urls[0], rung="http", target=f"{PATH}@v9.9.9", asks_then=f"{PATH}@latest")


@ailment
def bad_upstream_in_a_404() -> Iterator[Ailment]:
    words = b"not found: m.test/x@v1.0.0: bad upstream\n"
    with proxies(every(acts.status(404, words)), GOOD) as world:
        yield Ailment("R11", world.urls[0] + ",off", rung="http", words=_mirrors(world.urls[1]))


@ailment
def still_being_fetched() -> Iterator[Ailment]:
    words = b"not found: m.test/x@v1.0.0: fetch timed out\n"
    with proxies(every(acts.status(404, words))) as world:
        yield Ailment(
            "R05", world.urls[0], rung="http", words={"sleep 60; ": ""}, meanwhile=switch(world, 0, GOOD)
        )


@ailment
def no_repository_behind_the_path() -> Iterator[Ailment]:
    words = (
        b'not found: m.test/x@v1.0.0: unrecognized import path "m.test/x": parse https://m.test/x?go-get=1: '
        b"no go-import meta tags ()\n"
    )
    with proxies(every(acts.status(404, words)), GOOD) as world:
        yield Ailment("R18", world.urls[0], rung="http", words=_mirrors(world.urls[1]))


@ailment
def a_list_without_versions() -> Iterator[Ailment]:
    with proxies(only(Op.LIST, acts.body(b"")), GOOD) as world:
        world.handlers[0] = Script(
            {PATH: MODULE}, {Op.LIST: acts.body(b""), Op.LATEST: acts.status(404)}
        ).answer
        yield Ailment("R11", ",".join(world.urls), target=f"{PATH}@latest")


@ailment
def redirects_in_circles() -> Iterator[Ailment]:
    with proxies(every(acts.redirect_loop), GOOD) as world:
        yield Ailment("R13", ",".join(world.urls), rung="http")


@ailment
def no_answer_ever() -> Iterator[Ailment]:
    with proxies(every(acts.fault(Fault.HANG)), GOOD) as world:
        yield Ailment(
            "R03", ",".join(world.urls), rung="http", go_hangs=True,
            options=("--timeout", "0.5", "--limit", "answer=0.5"),
        )  # fmt: skip


@ailment
def wants_a_password() -> Iterator[Ailment]:
    def locked(request: Request, answer: Answer) -> Answer:
        token = base64.b64encode(b"alice:s3cret").decode()
        if request.headers.get("authorization") == f"Basic {token}":
            return answer
        return Answer(401, b"who are you?\n", headers=(("WWW-Authenticate", 'Basic realm="corp"'),))

    with proxies(every(locked), tls=server_tls()) as world:
        yield Ailment(
            "R09", world.urls[0], rung="http", process={"SSL_CERT_FILE": str(authority_file())},
            words={"USER": "alice", "TOKEN": "s3cret"},
        )  # fmt: skip


def _mirrors(url: str) -> dict[str, str]:
    """A mirror that can be reached, for the public ones that a remedy names."""
    return {
        "https://goproxy.cn|https://proxy.golang.org": url, "https://proxy.golang.org": url,
        "https://goproxy.cn": url,
    }  # fmt: skip


@ailment
def a_dead_entry_before_the_one_that_stops() -> Iterator[Ailment]:
    """go prints the error of the second one; the first is only passed over."""
    with proxies(every(acts.status(502)), GOOD) as world, closed_port() as port:
        goproxy = f"http://127.0.0.1:{port}|{world.urls[0]},{world.urls[1]}"
        yield Ailment("R01", goproxy, rung="http")


@ailment
def two_dead_entries_and_one_that_works_is_never_asked() -> Iterator[Ailment]:
    with proxies(GOOD) as world, closed_port() as one, closed_port() as two:
        goproxy = f"http://127.0.0.1:{one}|http://127.0.0.1:{two},{world.urls[0]}"
        yield Ailment("R07", goproxy, rung="tcp")


@ailment
def redirects_to_a_host_with_a_bad_certificate() -> Iterator[Ailment]:
    with proxies(GOOD, tls=issued(CORPORATE, "127.0.0.1")) as storage:
        with proxies(every(acts.redirect(storage.urls[0]))) as world:
            with _bundle([CORPORATE.cert_pem.bytes()]) as bundle:
                yield Ailment(
                    "R10", world.urls[0], rung="tls", words={CA_PLACE: str(bundle)},
                    process={"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": "/nowhere"},
                )  # fmt: skip


@ailment
def redirects_to_another_scheme() -> Iterator[Ailment]:
    with proxies(every(acts.redirect("ftp://x.test")), GOOD) as world:
        yield Ailment("R13", ",".join(world.urls), rung="http")


@ailment
def a_password_that_is_not_taken() -> Iterator[Ailment]:
    taken = [base64.b64encode(b"alice:s3cret").decode()]

    def locked(request: Request, answer: Answer) -> Answer:
        if request.headers.get("authorization") == f"Basic {taken[0]}":
            return answer
        return Answer(401, b"who are you?\n", headers=(("WWW-Authenticate", 'Basic realm="corp"'),))

    def correct() -> None:
        taken[0] = base64.b64encode(b"alice:old").decode()

    with proxies(every(locked), tls=server_tls()) as world, tempfile.NamedTemporaryFile("w") as netrc:
        host = world.urls[0].removeprefix("https://")
        netrc.write(f"machine {host} login alice password old\n")
        netrc.flush()
        yield Ailment(
            "R09", world.urls[0], rung="http", mend=correct,
            process={"SSL_CERT_FILE": str(authority_file()), "NETRC": netrc.name},
        )  # fmt: skip


@ailment
def a_port_without_a_scheme() -> Iterator[Ailment]:
    with proxies(GOOD) as world, _plain(_port(world)) as port:
        yield Ailment("R02", f"127.0.0.1:{port}", rung="tls")


@ailment
def a_folder_that_lacks_the_module() -> Iterator[Ailment]:
    with tempfile.TemporaryDirectory() as folder:

        def fill() -> None:
            place = Path(folder, PATH, "@v")
            place.mkdir(parents=True)
            version = MODULE.versions[0]
            for name, content in (("info", version.info), ("mod", version.mod), ("zip", version.zip)):
                (place / f"v1.0.0.{name}").write_bytes(content)

        yield Ailment("R11", f"file://{folder}", mend=fill)


# -- R02, R06, R16: settings -----------------------------------------------------------------------------------


@ailment
def full_width_comma() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        yield Ailment("R02", f"{world.urls[0]}，direct")


@ailment
def a_semicolon_for_a_comma() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        yield Ailment("R02", f"{world.urls[0]};off")


@ailment
def goproxy_is_off() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        yield Ailment("R06", "off", words=_mirrors(world.urls[0]))


@ailment
def modules_are_off() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        yield Ailment("R06", world.urls[0], settings={"GO111MODULE": "off"})


# -- R07: nobody there ------------------------------------------------------------------------------------------


@ailment
def connection_refused() -> Iterator[Ailment]:
    with proxies(GOOD) as world, closed_port() as port:
        yield Ailment("R07", f"http://127.0.0.1:{port},{world.urls[0]}", rung="tcp")


@ailment
def connection_refused_and_no_other_proxy() -> Iterator[Ailment]:
    with proxies(GOOD) as world, closed_port() as port:
        yield Ailment("R07", f"http://127.0.0.1:{port}", rung="tcp", words=_mirrors(world.urls[0]))


# -- R10, R14: TLS ---------------------------------------------------------------------------------------------


def _tls_ailment(
    rule: str, broken: Callable[[], ssl.SSLContext], mended: Callable[[], ssl.SSLContext] | None, *,
    host: str = "mirror.test", trusts: Sequence[bytes] = (), roots: bytes = b"",
) -> Iterator[Ailment]:  # fmt: skip
    """A server behind an HTTP proxy, so that it can have any name; ``mended``: what it serves afterwards."""
    with ExitStack() as stack:
        world = stack.enter_context(proxies(GOOD, tls=broken()))
        routes = {f"{host}:443": _port(world)}
        proxy = stack.enter_context(ForwardProxy(routes))
        other = stack.enter_context(proxies(GOOD, tls=(mended or broken)()))

        def mend() -> None:
            routes[f"{host}:443"] = _port(other)

        trusted = roots or authority_file().read_bytes()
        bundle = stack.enter_context(_bundle([trusted, *trusts]))
        before = stack.enter_context(_bundle([trusted]))
        yield Ailment(
            rule, f"https://{host}", rung="tls", mend=mend,
            process={"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(before), "SSL_CERT_DIR": "/nowhere"},
            words={CA_PLACE: str(bundle)},
        )  # fmt: skip


def _port(world: World) -> int:
    return int(world.urls[0].rsplit(":", 1)[1])


@contextmanager
def _bundle(parts: Sequence[bytes]) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(b"\n".join(parts))
        file.flush()
        yield Path(file.name)


CORPORATE = trustme.CA(organization_name="Corp Security")
ZSCALER = trustme.CA(organization_name="Zscaler Inc.")


@ailment
def unknown_authority() -> Iterator[Ailment]:
    yield from _tls_ailment(
        "R10", lambda: issued(CORPORATE, "mirror.test"), None, trusts=[CORPORATE.cert_pem.bytes()]
    )


@ailment
def intercepted() -> Iterator[Ailment]:
    yield from _tls_ailment(
        "R10", lambda: issued(ZSCALER, "proxy.golang.org"), None, host="proxy.golang.org",
        trusts=[ZSCALER.cert_pem.bytes()],
    )  # fmt: skip


@ailment
def certificate_has_expired() -> Iterator[Ailment]:
    yield from _tls_ailment(
        "R10", lambda: issued(authority(), "mirror.test", days=(-20, -10)), lambda: tls_for("mirror.test")
    )


@ailment
def certificate_is_not_valid_yet() -> Iterator[Ailment]:
    yield from _tls_ailment(
        "R10", lambda: issued(authority(), "mirror.test", days=(10, 20)), lambda: tls_for("mirror.test")
    )


@ailment
def certificate_for_another_name() -> Iterator[Ailment]:
    yield from _tls_ailment("R10", lambda: tls_for("other.test"), lambda: tls_for("mirror.test"))


@ailment
def certificate_with_a_common_name_only() -> Iterator[Ailment]:
    yield from _tls_ailment("R10", lambda: self_signed(None, "mirror.test"), lambda: tls_for("mirror.test"))


@ailment
def intermediate_left_out() -> Iterator[Ailment]:
    now = dt.datetime.now(dt.UTC)
    root = make(Plan("Test Root", authority=True, now=now))
    middle = make(Plan("Test Intermediate", authority=True, now=now), root)
    plan = Plan("mirror.test", names=("mirror.test",), now=now, issuer_url="http://ca.test/middle.crt")
    leaf = make(plan, middle)
    yield from _tls_ailment(
        "R10", lambda: server_context(leaf), lambda: server_context(leaf, middle), roots=root.pem
    )


async def _refuses_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Plain HTTP, and 400 for whoever begins with TLS, as most servers say."""
    first = await reader.readexactly(1)
    if first == b"\x16":
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    up_writer.write(first)
    await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))


@contextmanager
def _plain(port: int) -> Iterator[int]:
    with RawServer(lambda reader, writer: _refuses_tls(reader, writer, port)) as front:
        yield front.port


@ailment
def speaks_plain_http() -> Iterator[Ailment]:
    with proxies(GOOD) as world, _plain(_port(world)) as port:
        yield Ailment("R02", f"https://127.0.0.1:{port}", rung="tls")


async def _drops_large_hellos(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    header = await reader.readexactly(5)
    hello = header + await reader.readexactly(int.from_bytes(header[3:]))
    if len(hello) > 1400:
        await asyncio.Event().wait()  # the box has dropped it, and nobody says so
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    up_writer.write(hello)
    await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))


@ailment
def large_hellos_are_dropped() -> Iterator[Ailment]:
    with proxies(GOOD, tls=server_tls()) as world:
        port = _port(world)
        with RawServer(lambda reader, writer: _drops_large_hellos(reader, writer, port)) as box:
            yield Ailment(
                "R14", f"https://127.0.0.1:{box.port}", rung="tls",
                process={"SSL_CERT_FILE": str(authority_file())},
            )  # fmt: skip


# -- R19: HTTP proxies -----------------------------------------------------------------------------------------


def _behind(proxy: ForwardProxy | SocksProxy, url: str, **more: Any) -> Ailment:
    return replace(
        Ailment("R19", "https://mirror.test", rung="http proxy"),
        process={"HTTPS_PROXY": url, "SSL_CERT_FILE": str(authority_file())},
        **more,
    )


@ailment
def proxy_wants_a_password() -> Iterator[Ailment]:
    with proxies(GOOD, tls=tls_for("mirror.test")) as world:
        with ForwardProxy({"mirror.test:443": _port(world)}, password="alice:s3cret") as proxy:
            yield _behind(proxy, proxy.url, words={"USER": "alice", "PASSWORD": "s3cret"})


@ailment
def proxy_wants_a_password_for_plain_http() -> Iterator[Ailment]:
    with proxies(GOOD) as world:
        with ForwardProxy({"mirror.test:80": _port(world)}, password="alice:s3cret") as proxy:
            yield Ailment(
                "R19", "http://mirror.test", rung="http", process={"HTTP_PROXY": proxy.url},
                words={"USER": "alice", "PASSWORD": "s3cret"},
            )  # fmt: skip


@ailment
def https_in_front_of_a_plain_proxy() -> Iterator[Ailment]:
    with proxies(GOOD, tls=tls_for("mirror.test")) as world:
        with ForwardProxy({"mirror.test:443": _port(world)}) as proxy, _plain(proxy.port) as port:
            yield _behind(proxy, f"https://127.0.0.1:{port}")


@ailment
def proxy_refuses_the_host() -> Iterator[Ailment]:
    with proxies(GOOD, tls=tls_for("mirror.test")) as world:
        with ForwardProxy({"mirror.test:443": _port(world)}, refuse=b"HTTP/1.1 403 Forbidden") as proxy:

            def allow() -> None:
                proxy.refuse = None

            yield _behind(proxy, proxy.url, mend=allow)


@ailment
def socks_proxy_wants_a_password() -> Iterator[Ailment]:
    with proxies(GOOD, tls=tls_for("mirror.test")) as world:
        with SocksProxy({"mirror.test:443": _port(world)}, password="alice:s3cret") as proxy:
            url = proxy.url
            yield _behind(
                proxy,
                url,
                words={"http://USER:PASSWORD@": "socks5://alice:s3cret@"},
            )


# -- R04, R08, R12, R16: who vouches ------------------------------------------------------------------------------

DATABASE = "sum.test"


def _database(module: Module = MODULE, *, known: bool = True) -> SumDBServer:
    """A checksum database that knows the module, or does not."""
    log = Log()
    log.add("other.test/y", "v1.0.0")
    if known:
        for version in module.versions:
            zip_hash = modzip.hash_zip(io.BytesIO(version.zip), len(version.zip))
            log.add(PATH, version.version, zip_hash, dirhash.go_mod_hash(version.mod))
    return SumDBServer(Signer.from_seed(DATABASE, 1), log)


def _with_database(script: Script, database: SumDBServer) -> Callable[[Request], Answer]:
    """A proxy that passes the database on."""

    def answer(request: Request) -> Answer:
        prefix = f"/sumdb/{DATABASE}"
        if not request.target.startswith(prefix):
            return script.answer(request)
        status, body = database.answer(request.target.removeprefix(prefix).replace("%21", "!"))
        return Answer(status, body)

    return answer


def _vouched(database: SumDBServer) -> dict[str, str]:
    return {"GOSUMDB": database.signer.verifier_key}


@ailment
def checksum_database_is_down_at_the_proxy() -> Iterator[Ailment]:
    database = _database()
    for path in ("/supported",):
        database.say(path, b"gateway timeout", 504)
    with World([_with_database(GOOD, database)]) as world:
        yield Ailment(
            "R04", world.urls[0], rung="http", settings=_vouched(database), mend=database.said.clear
        )


@ailment
def checksum_database_never_answers() -> Iterator[Ailment]:
    database = _database()
    well = [False]
    good = _with_database(GOOD, database)

    def answer(request: Request) -> Answer:
        hangs = "/lookup/" in request.target and not well[0]
        return Answer(fault=Fault.HANG) if hangs else good(request)

    def recover() -> None:
        well[0] = True

    with World([answer]) as world:
        yield Ailment(
            "R04", world.urls[0], rung="http", settings=_vouched(database), go_hangs=True, mend=recover,
            options=("--timeout", "0.5", "--limit", "answer=0.5"),
        )  # fmt: skip


@ailment
def private_module_is_asked_at_the_database() -> Iterator[Ailment]:
    database = _database(known=False)
    with World([_with_database(GOOD, database)]) as world:
        yield Ailment("R08", world.urls[0], rung="http", settings=_vouched(database))


@ailment
def blanks_in_a_private_pattern() -> Iterator[Ailment]:
    database = _database(known=False)
    with World([_with_database(GOOD, database)]) as world:
        yield Ailment(
            "R16",
            world.urls[0],
            rung="http",
            settings={**_vouched(database), "GONOSUMDB": "corp.test, m.test"},
        )


@ailment
def another_file_than_the_database_knows() -> Iterator[Ailment]:
    database = _database()
    altered = simple_module(PATH, "v1.0.0")
    version = replace(altered.versions[0], files=(("doc.go", b"package evil\n"),))
    bad = Script({PATH: replace(altered, versions=(version,))})
    with World([_with_database(bad, database), _with_database(GOOD, database)]) as world:
        yield Ailment("R12", ",".join(world.urls), settings=_vouched(database))
