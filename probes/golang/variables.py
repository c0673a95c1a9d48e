"""The variables that decide how go finds modules, as one table.

Source: internal/cfg KnownEnv (which names ``go env`` knows), cmd/go/internal/cfg (where each is read),
cmd/go/internal/envcmd MkEnv; for the variables that cmd/go reads only from its own process: net/http
ProxyFromEnvironment, crypto/x509 loadSystemRoots, cmd/go/internal/auth readNetrc, and git.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Group(StrEnum):
    """What a variable is about; also the heading it stands under."""

    CHAIN = "Where modules come from"
    PRIVACY = "Private modules"
    CHECKSUMS = "Checksum database"
    MODE = "How go works"
    PLACES = "Where things are"
    NETWORK = "HTTP proxies, certificates, credentials"
    GIT = "git, which go runs for direct fetches"


@dataclass(frozen=True, slots=True)
class Variable:
    """One row of the table."""

    name: str
    group: Group
    files_allowed: bool
    """Whether go reads it from the GOENV file too, or only from its process environment."""
    default: str
    """What go uses when nothing sets the variable, in words where it is computed."""
    summary: str

    @property
    def is_known_to_go_env(self) -> bool:
        """Whether ``go env NAME`` prints what go uses; for other names it prints what the files say."""
        return self.name in KNOWN_ENV or self.name in ("GODEBUG", "GOVERSION")

    @property
    def is_address(self) -> bool:
        """Whether the value is a URL or host, or a list of them, which can carry credentials."""
        return self.name.upper() in ("GOPROXY", "GOSUMDB", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN_ENV = _words(
    """
    AR CC CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS CGO_CPPFLAGS_ALLOW
    CGO_CPPFLAGS_DISALLOW CGO_CXXFLAGS CGO_CXXFLAGS_ALLOW CGO_CXXFLAGS_DISALLOW CGO_ENABLED CGO_FFLAGS
    CGO_FFLAGS_ALLOW CGO_FFLAGS_DISALLOW CGO_LDFLAGS CGO_LDFLAGS_ALLOW CGO_LDFLAGS_DISALLOW CXX FC GCCGO
    GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE GOCACHEPROG GOENV GOEXE GOEXPERIMENT
    GOFIPS140 GOFLAGS GOGCCFLAGS GOHOSTARCH GOHOSTOS GOINSECURE GOMIPS GOMIPS64 GOMODCACHE GONOPROXY
    GONOSUMDB GOOS GOPATH GOPPC64 GOPRIVATE GOPROXY GORISCV64 GOROOT GOSUMDB GOTMPDIR GOTOOLCHAIN GOTOOLDIR
    GOVCS GOWASM GOWORK GO_EXTLINK_ENABLED PKG_CONFIG
    """
)
"""The names that ``go env -w`` accepts or knows (Go 1.27)."""

PROCESS_ONLY_ENV = _words(
    """
    GCCGOTOOLDIR GOCOMPILEDEBUG GOCOVERDIR GODEBUG GOGC GOMAXPROCS GOMEMLIMIT GOMOD GOPACKAGESDRIVER GORACE
    GOROOT_BOOTSTRAP GOROOT_FINAL GOSSADIR GOSSAFUNC GOSSAHASH GOTELEMETRY GOTELEMETRYDIR GOTRACEBACK
    GOVERSION GO_BUILDER_NAME GO_EXTLINK_ENABLED GO_GCFLAGS GO_LDFLAGS GO_LDSO GO_TEST_TIMEOUT_SCALE
    GOTOOLCHAIN_INTERNAL_SWITCH_COUNT GOTOOLCHAIN_INTERNAL_SWITCH_VERSION
    """
)
"""Names starting with GO that the runtime, the compiler or Go's build scripts read from the process."""


def _rows(group: Group, files_allowed: bool, *rows: tuple[str, str, str]) -> list[Variable]:
    return [Variable(name, group, files_allowed, default, summary) for name, default, summary in rows]


VARIABLES: tuple[Variable, ...] = (
    *_rows(
        Group.CHAIN,
        True,
        ("GOPROXY", "", "module proxies, in the order they are asked"),
        ("GOVCS", "", "version control systems for direct fetches; empty: public:git|hg,private:all"),
        ("GOINSECURE", "", "modules that may be fetched directly without TLS or with an unknown certificate"),
        ("GOAUTH", "netrc", "where credentials for https requests come from"),
    ),
    *_rows(
        Group.PRIVACY,
        True,
        ("GOPRIVATE", "", "private modules: neither a proxy nor the checksum database is asked"),
        ("GONOPROXY", "the value of GOPRIVATE", "modules that are never asked from a proxy"),
    ),
    *_rows(
        Group.CHECKSUMS,
        True,
        ("GOSUMDB", "", "the checksum database, its key and its URL"),
        ("GONOSUMDB", "the value of GOPRIVATE", "modules that the checksum database is never asked about"),
    ),
    *_rows(
        Group.MODE,
        True,
        ("GO111MODULE", "", "module mode; empty means on"),
        ("GOFLAGS", "", "flags added to every go command that knows them"),
        ("GOTOOLCHAIN", "", "which Go toolchain runs, and whether another may be downloaded"),
        ("GOWORK", "go.work in this folder or above", "the workspace file, or off"),
    ),
    *_rows(Group.MODE, False, ("GODEBUG", "", "switches of the go command's own runtime")),
    *_rows(
        Group.PLACES,
        False,
        ("GOENV", "go/env in the user's configuration folder", "the file that go env -w writes, or off"),
        ("GOVERSION", "the version of the go command", "the Go release"),
    ),
    *_rows(
        Group.PLACES,
        True,
        ("GOROOT", "the tree that the go command belongs to", "the Go tree, with its own defaults in go.env"),
        ("GOPATH", "$HOME/go", "workspace of old; holds the module cache and the checksum database's tree"),
        ("GOMODCACHE", "$GOPATH/pkg/mod", "the module cache"),
    ),
    *_rows(
        Group.NETWORK,
        False,
        ("HTTP_PROXY", "", "HTTP proxy for http:// requests"),
        ("http_proxy", "", "the same; used when HTTP_PROXY is not set"),
        ("HTTPS_PROXY", "", "HTTP proxy for https:// requests"),
        ("https_proxy", "", "the same; used when HTTPS_PROXY is not set"),
        ("NO_PROXY", "", "hosts that are reached without an HTTP proxy"),
        ("no_proxy", "", "the same; used when NO_PROXY is not set"),
        ("ALL_PROXY", "", "not read by go; git and curl honour it"),
        ("all_proxy", "", "not read by go; git and curl honour it"),
        ("SSL_CERT_FILE", "", "certificates to trust, in place of the system's file"),
        ("SSL_CERT_DIR", "", "folders of certificates to trust, in place of the system's folders"),
        ("NETRC", "", "file with credentials, in place of ~/.netrc"),
    ),
    *_rows(
        Group.GIT,
        False,
        ("GIT_TERMINAL_PROMPT", "", "whether git may ask for a password; go sets 0 when it is not set"),
        ("GCM_INTERACTIVE", "", "the same for the Git Credential Manager; go sets never when it is not set"),
        ("GIT_SSH_COMMAND", "", "the ssh command that git runs; passed on as it is"),
        ("GIT_SSH", "", "the ssh program that git runs; passed on as it is"),
        ("GIT_DIR", "", "overridden by go for all but its first git command"),
        ("GIT_ALLOW_PROTOCOL", "", "the schemes that count as secure for git"),
        ("GIT_HTTP_USER_AGENT", "", "how git names itself"),
        ("GIT_SSL_NO_VERIFY", "", "turns off certificate checks in git"),
        ("GIT_SSL_CAINFO", "", "certificates that git trusts"),
    ),
)
"""Every variable that modtrace shows, in the order it shows them."""

VARIABLE: Mapping[str, Variable] = MappingProxyType({variable.name: variable for variable in VARIABLES})
"""The rows by name."""

STOCK_GO_ENV = b"GOPROXY=https://proxy.golang.org,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=auto\n"
"""The settings in the go.env of an unmodified Go 1.21 or later: defaults that are not in the binary."""
