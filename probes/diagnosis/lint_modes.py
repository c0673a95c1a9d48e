"""Findings about how go works: GO111MODULE, GOFLAGS, GOTOOLCHAIN, GODEBUG, GOAUTH, GOVCS and the folders.

Sources are named with each rule. Where go refuses to run, the finding carries go's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.remedies import set_line, unset_line
from probes.golang import mode
from probes.golang.environment import Environment, Source
from probes.golang.errors import Fatal, GoError
from probes.golang.goauth import Kind, method_of, parts_of
from probes.golang.govcs import parse_govcs
from probes.golang.quote import quote, trim_space
from probes.golang.toolchain_name import check_gotoolchain
from probes.golang.urls import clean


def lint_modes(environment: Environment) -> Iterator[Finding]:
    """All findings about these variables."""
    for name, rule in _RULES.items():
        yield from rule(About(environment, name))


def _go111module(about: About) -> Iterator[Finding]:
    rule = "cmd/go/internal/modload/init.go Init"
    span = Span.of(about.value)
    remedy = [unset_line(about.environment, about.name)]
    if about.value == "auto":
        yield about.find(
            "go111module.auto", Level.INFO,
            "Module mode is on only where there is a go.mod: outside of a module GOPROXY is not used.",
            span, remedy=remedy, rule=rule,
        )  # fmt: skip
        return
    try:
        mode.check_go111module(about.value)
    except GoError as error:
        kind = "off" if about.value == "off" else "unknown"
        words = "Module commands fail" if kind == "off" else "Every go command fails"
        yield about.find(
            f"go111module.{kind}", Level.ERROR, f"{words}: {error}.", span, remedy=remedy, rule=rule
        )


# --- GOFLAGS

_FLAGS = "cmd/go/internal/base/goflags.go InitGOFLAGS"


def _goflags(about: About) -> Iterator[Finding]:
    value = about.value
    if not value:
        return
    remedy = [unset_line(about.environment, about.name)]
    try:
        mode.check_goflags(value)
    except GoError as error:
        yield about.find(
            "goflags.unusable", Level.ERROR, f"Every go command but go env fails: {error}.",
            _first_bad_flag(value), remedy=_separate_value(about) or remedy, rule=_FLAGS,
        )  # fmt: skip
        return
    for word in mode.split_quoted(value):
        flag, _, argument = word.lstrip("-").partition("=")
        span = Span.of(word, value.index(word))
        if flag == "insecure":
            yield about.find(
                "goflags.insecure", Level.ERROR,
                "go get fails: go: -insecure flag is no longer supported; use GOINSECURE instead.",
                span, remedy=remedy, rule="cmd/go/internal/modget/get.go runGet",
            )  # fmt: skip
        elif flag == "mod" and argument == "vendor":
            yield about.find(
                "goflags.mod-vendor", Level.INFO,
                "Builds read modules from the vendor folder, and queries fail: cannot query module due to "
                "-mod=vendor. go get and go mod download ignore it.",
                span, remedy=remedy, rule="cmd/go/internal/modload/init.go setDefaultBuildMod",
            )  # fmt: skip
        elif flag == "mod" and argument not in ("", "mod", "readonly"):
            yield about.find(
                "goflags.mod", Level.ERROR,
                f"go build and go list fail: -mod={argument} not supported "
                "(can be '', 'mod', 'readonly', or 'vendor').",
                span, remedy=remedy, rule="cmd/go/internal/work/init.go buildModeInit",
            )  # fmt: skip


def _first_bad_flag(value: str) -> Span:
    for match in re.finditer(r"'[^']*'|\"[^\"]*\"|[^ \t\r\n]+", value):
        try:
            mode.check_goflags(match[0])
        except GoError:
            return Span.of(match[0], match.start())
    return Span.of(value)


def _separate_value(about: About) -> list[str]:
    """`-mod mod` and `mod=mod`, both meant as `-mod=mod`."""
    meant = re.sub(r"(^|\s)(-{1,2}[\w.-]+)\s+(?=[^-\s])", r"\1\2=", about.value)
    meant = re.sub(r"(^|\s)(?=[a-z][\w.-]*(=|$))", r"\1-", meant)
    try:
        mode.check_goflags(meant)
    except GoError:
        return []
    return [set_line(about.environment, about.name, meant)]


# --- GOTOOLCHAIN, GODEBUG


def _gotoolchain(about: About) -> Iterator[Finding]:
    try:
        check_gotoolchain(about.value)
    except GoError as error:
        remedy = set_line(about.environment, about.name, "auto")
        tail = " Even go env -u fails; go env -w GOTOOLCHAIN=… works." if remedy.startswith("go env") else ""
        yield about.find(
            "gotoolchain.invalid", Level.ERROR, f"Every go command fails: {error}.{tail}",
            Span.of(about.value), remedy=[remedy], rule="cmd/go/internal/toolchain/select.go Select",
        )  # fmt: skip


def _godebug(about: About) -> Iterator[Finding]:
    for match in re.finditer(r"(?:^|,)(cmdgonetlimit=0+)(?=,|$)", about.value):
        yield about.find(
            "godebug.no-network", Level.ERROR,
            "No request is ever made: network disabled by cmdgonetlimit=0.",
            Span.of(match[1], match.start(1)), remedy=["unset GODEBUG"],
            rule="cmd/go/internal/base/limit.go AcquireNet",
        )  # fmt: skip
    for match in re.finditer(r"[^,]+", about.value):
        try:
            mode.check_godebug(match[0])
        except GoError as error:
            yield about.find(
                "godebug.removed", Level.ERROR, f"Every go command ends at once: {error}.",
                Span.of(match[0].partition("=")[0], match.start()), remedy=["unset GODEBUG"],
                rule="runtime/runtime1.go parsegodebug",
            )  # fmt: skip
            return  # the first one ends it


# --- GOAUTH, GOVCS


def _goauth(about: About) -> Iterator[Finding]:
    complaint = _goauth_complaint(about.value)
    if complaint:
        yield about.find(
            "goauth.unusable", Level.ERROR, f"The first https request ends with: {complaint}.",
            Span.of(about.value), remedy=[unset_line(about.environment, about.name)],
            rule="cmd/go/internal/auth/auth.go runGoAuth",
        )  # fmt: skip


def _goauth_complaint(goauth: str) -> str | None:
    """What runGoAuth ends go with, as far as it can be told without running anything."""
    parts = parts_of(goauth)
    for part in reversed(parts):
        try:
            method = method_of(part, goauth, is_alone=len(parts) == 1)
        except Fatal as error:
            return str(error)
        if method.kind is Kind.OFF:
            return None
    return None


def _govcs(about: About) -> Iterator[Finding]:
    try:
        parse_govcs(about.value)
    except GoError as error:
        yield about.find(
            "govcs.unusable", Level.ERROR, f"Every direct fetch fails: {error}.", Span.of(about.value),
            remedy=[unset_line(about.environment, about.name)], rule="cmd/go/internal/vcs/vcs.go parseGOVCS",
        )  # fmt: skip


# --- Folders


def _gopath(about: About) -> Iterator[Finding]:
    environment = about.environment
    rule = "cmd/go/main.go main"
    try:
        mode.check_gopath(about.value)
    except GoError as error:
        yield about.find(
            "gopath.not-absolute", Level.ERROR, f"Every go command fails: {error}", Span.of(about.value),
            remedy=[unset_line(environment, about.name)], rule=rule,
        )  # fmt: skip
    if about.value and environment.goroot and clean(about.value) == clean(environment.goroot):
        yield about.find(
            "gopath.is-goroot", Level.WARNING,
            f"warning: both GOPATH and GOROOT are the same directory ({about.value}).",
            Span.of(about.value), remedy=[unset_line(environment, about.name)], rule=rule,
        )  # fmt: skip


def _gomodcache(about: About) -> Iterator[Finding]:
    environment = about.environment
    if not about.value:
        yield about.find(
            "gomodcache.nowhere", Level.ERROR,
            "Nothing can be downloaded: module cache not found: neither GOMODCACHE nor GOPATH is set.",
            remedy=["export GOMODCACHE=/path/to/a/folder"],
            rule="cmd/go/internal/modfetch/cache.go checkCacheDir",
        )  # fmt: skip
    elif not about.value.startswith(("/", "~/") if about.setting.source is Source.DEFAULT else "/"):
        # (A default that begins with "~" comes from a GOPATH that has a finding of its own.)
        yield about.find(
            "gomodcache.not-absolute", Level.ERROR,
            "Downloads fail once .info and .mod have come: GOMODCACHE entry is relative; must be absolute "
            f"path: {quote(about.value)}.",
            Span.of(about.value), remedy=[unset_line(environment, about.name)],
            rule="cmd/go/internal/modfetch/cache.go checkCacheDir",
        )  # fmt: skip


def _goroot(about: About) -> Iterator[Finding]:
    if about.value and about.value in about.environment.facts.missing_paths:
        yield about.find(
            "goroot.missing", Level.ERROR,
            f"Every go command fails: go: cannot find GOROOT directory: {about.value}.",
            Span.of(about.value), remedy=["unset GOROOT"], rule="cmd/go/main.go main",
        )  # fmt: skip


def _gowork(about: About) -> Iterator[Finding]:
    environment = about.environment
    if about.setting.source in (Source.DERIVED, Source.DEFAULT) or about.value == "off":
        return
    span = Span.of(about.value)
    rule = "cmd/go/internal/modload/init.go FindGoWork"
    if not about.value.startswith("/"):
        yield about.find(
            "gowork.not-absolute", Level.ERROR,
            "Every module command fails: go: invalid GOWORK: not an absolute path.",
            span, remedy=["unset GOWORK"], rule=rule,
        )  # fmt: skip
    elif about.value in environment.facts.missing_paths:
        yield about.find(
            "gowork.missing", Level.ERROR,
            "Every module command fails: go: reading go.work: "
            f"open {about.value}: no such file or directory.", span,
            remedy=["unset GOWORK", "export GOWORK=off"], rule=rule,
        )  # fmt: skip


def _privacy(about: About) -> Iterator[Finding]:
    """GONOPROXY by itself keeps a path from the proxies only."""
    environment = about.environment
    gonosumdb = environment.get("GONOSUMDB").split(",")
    if about.setting.source is Source.DERIVED or environment.get("GOSUMDB") == "off":
        return
    words = {"none", "off", "direct", "*"}
    open_ones = [p for p in about.value.split(",") if p and p not in gonosumdb and p not in words]
    if open_ones:
        yield about.find(
            "gonoproxy.still-verified", Level.INFO,
            f"GONOPROXY keeps {', '.join(open_ones)} from the proxies, not from the checksum database, which "
            "learns the paths. GOPRIVATE does both.",
            Span.of(about.value), remedy=[set_line(environment, "GOPRIVATE", trim_space(about.value))],
            rule="cmd/go/internal/modfetch/sumdb.go useSumDB",
        )  # fmt: skip


_RULES: dict[str, Callable[[About], Iterator[Finding]]] = {
    "GO111MODULE": _go111module,
    "GOFLAGS": _goflags,
    "GOTOOLCHAIN": _gotoolchain,
    "GODEBUG": _godebug,
    "GOAUTH": _goauth,
    "GOVCS": _govcs,
    "GOPATH": _gopath,
    "GOMODCACHE": _gomodcache,
    "GOROOT": _goroot,
    "GOWORK": _gowork,
    "GONOPROXY": _privacy,
}
