"""How a demo proxy misbehaves: what goes over the wire instead of the good answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import unquote

from probes.demo.content import Module, ModuleVersion
from probes.golang.errors import GoError
from probes.golang.module import unescape_path, unescape_version
from probes.golang.protocol import Op

PORTAL_HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Guest network</title></head>\n"
    b"<body><h1>Welcome</h1><p>Please log in to use this network.</p></body></html>\n"
)


class Fault(StrEnum):
    """What happens below HTTP."""

    NONE = "none"
    CLOSE = "close"
    """The connection is closed before anything is answered."""
    RESET = "reset"
    """The connection is reset before anything is answered."""
    HANG = "hang"
    """Nothing is ever answered."""
    TRUNCATE = "truncate"
    """The connection is closed in the middle of the body."""
    DRIP = "drip"
    """The body comes in small pieces with pauses."""
    LATE = "late"
    """The whole answer is good, and comes late."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the protocol sees it."""

    target: str
    headers: Mapping[str, str]
    path: str = ""
    """The module path, "" when the target is not of the protocol."""
    op: Op | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    fault: Fault = Fault.NONE


Behaviour = Callable[[Request, Answer], Answer]
"""Turns the good answer into the one that is sent."""


def parse_target(target: str, headers: Mapping[str, str]) -> Request:
    """Read a request target by the GOPROXY protocol."""
    path = unquote(target.split("?", 1)[0]).lstrip("/")
    module_path, marker, rest = path.partition("/@")
    try:
        if path.startswith("sumdb/"):
            return Request(target, headers, op=Op.SUM)
        if not marker:
            return Request(target, headers)
        module_path = unescape_path(module_path)
        if rest == "latest":
            return Request(target, headers, module_path, Op.LATEST)
        if rest == "v/list":
            return Request(target, headers, module_path, Op.LIST)
        name, dot, suffix = rest.removeprefix("v/").rpartition(".")
        if rest.startswith("v/") and dot and suffix in ("info", "mod", "zip"):
            return Request(target, headers, module_path, Op(suffix), unescape_version(name))
    except GoError:
        pass
    return Request(target, headers)


def honest_answer(modules: Mapping[str, Module], request: Request) -> Answer:
    """What a proxy that holds these modules answers."""
    module = modules.get(request.path)
    missing = Answer(404, f"not found: {request.path or request.target}\n".encode())
    if module is None:
        return missing
    if request.op is Op.LIST:
        return Answer(body=module.list_text)
    if request.op is Op.LATEST:
        latest = None if module.latest is None else module.version(module.latest)
        return missing if latest is None else _json(latest.info)
    version = module.version(request.version)
    if version is None:
        cause = f"invalid version: unknown revision {request.version}"
        return Answer(404, f"not found: {request.path}@{request.version}: {cause}\n".encode())
    return _file(version, request.op)


def _file(version: ModuleVersion, op: Op | None) -> Answer:
    if op is Op.INFO:
        return _json(version.info)
    if op is Op.MOD:
        return Answer(body=version.mod)
    return Answer(body=version.zip, content_type="application/zip")


def _json(body: bytes) -> Answer:
    return Answer(body=body, content_type="application/json")


# -- behaviours --------------------------------------------------------------------------------------


def honest(request: Request, answer: Answer) -> Answer:
    """The good answer."""
    return answer


def status(code: int, body: bytes = b"", content_type: str = "text/plain; charset=utf-8") -> Behaviour:
    """Always this status."""
    return lambda request, answer: Answer(code, body, content_type)


def portal(request: Request, answer: Answer) -> Answer:
    """200 and a log-in page, whatever was asked."""
    return Answer(200, PORTAL_HTML, "text/html; charset=utf-8")


def body(content: bytes, content_type: str = "text/plain; charset=utf-8") -> Behaviour:
    """200 with this body."""
    return lambda request, answer: Answer(200, content, content_type)


def fault(kind: Fault) -> Behaviour:
    """Break the connection in this way."""
    return lambda request, answer: replace(answer, fault=kind)


def redirect(prefix: str, code: int = 302) -> Behaviour:
    """Send the client to ``prefix`` + the same target."""
    return lambda request, answer: Answer(code, headers=(("Location", prefix + request.target),))


def redirect_loop(request: Request, answer: Answer) -> Answer:
    """Send the client to where it is."""
    return Answer(302, headers=(("Location", request.target),))


def wrong_version(version: str) -> Behaviour:
    """.info of another version."""
    return lambda request, answer: _json(f'{{"Version":"{version}","Time":"2024-01-02T03:04:06Z"}}'.encode())


@dataclass(frozen=True)
class Script:
    """How one proxy behaves, operation by operation."""

    modules: Mapping[str, Module]
    behaviours: Mapping[Op, Behaviour] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        good = honest_answer(self.modules, request)
        if request.op is None:
            return good
        return self.behaviours.get(request.op, honest)(request, good)
