"""Before the module graph: what go makes of its settings, and which project it finds.

Source: cmd/go main.go, base/goflags.go, toolchain/select.go, modload/init.go (Init, die, findAltConfig).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.mode import NO_MAIN_MODULE, check_godebug, check_goflags, check_gopath
from probes.golang.short_path import shortener
from probes.golang.toolchain_name import check_gotoolchain, version_of_toolchain
from probes.project.build_answers import Answer, Asking, Stopped
from probes.project.loading import load_project
from probes.project.project import Project

_INIT = "cmd/go/internal/modload/init.go"


class BuildSettings(Asking):
    """The questions about settings and project."""

    def __init__(self, environment: Environment, patterns: list[str]) -> None:
        super().__init__()
        self._environment = environment
        self._here = Path(environment.facts.working_directory or "/")
        self._patterns = patterns
        self._local = (environment.go_version or "").removeprefix("go")
        self._short = shortener(str(self._here))

    def _unset(self, name: str) -> str:
        """The command that takes a setting away where it was made."""
        source = self._environment.setting(name).source
        return f"go env -u {name}" if source == "goenv" else f"unset {name}"

    def _settings(self) -> None:
        question, environment = "Does go understand its settings?", self._environment
        variables = {**environment.process}
        tries: list[tuple[str, Callable[[], None], str]] = [
            ("GODEBUG", lambda: check_godebug(variables.get("GODEBUG", "")), "internal/godebug"),
            ("GOPATH", lambda: check_gopath(environment.get("GOPATH")), "cmd/go/main.go main"),
            ("GOTOOLCHAIN", lambda: check_gotoolchain(environment.get("GOTOOLCHAIN")),
             "cmd/go/internal/toolchain/select.go Select"),
            ("GOFLAGS", lambda: check_goflags(environment.get("GOFLAGS")),
             "cmd/go/internal/base/goflags.go InitGOFLAGS"),
        ]  # fmt: skip
        for name, check, rule in tries:
            try:
                check()
            except GoError as error:
                raise self.stop(
                    "settings", question, f"{name} makes no sense to go.", rule, str(error),
                    where=name, remedy=self._unset(name),
                ) from None  # fmt: skip
        self.say("settings", question, Answer.GOES_ON, "It does.",
                  "cmd/go/internal/base/goflags.go InitGOFLAGS")  # fmt: skip
        self._module_mode()

    def _module_mode(self) -> None:
        question, rule = "Does go work with modules here?", f"{_INIT} Init"
        value = self._environment.get("GO111MODULE")
        if value not in ("", "on", "auto", "off"):
            words = f"go: unknown environment setting GO111MODULE={value}"
            raise self.stop(
                "modules", question, "GO111MODULE has a value that go does not know.", rule, words,
                where="GO111MODULE", remedy=self._unset("GO111MODULE"),
            )  # fmt: skip
        if value == "off" or (value == "auto" and self._no_project()):
            self.say(
                "modules", question, Answer.UNKNOWN,
                f"GO111MODULE={value} turns modules off: go.mod, go.sum and GOPROXY count for nothing, and "
                "packages are looked for in GOPATH, which is not covered here.",
                rule, where="GO111MODULE", remedy=self._unset("GO111MODULE"),
            )  # fmt: skip
            raise Stopped
        finding = "It does, as ever since Go 1.16." if value != "auto" else "It does: there is a go.mod."
        self.say("modules", question, Answer.GOES_ON, finding, rule, where="GO111MODULE" if value else "")

    def _no_project(self) -> bool:
        return load_project(self._environment) is None

    # -- the project ---------------------------------------------------------------------------------

    def _project(self) -> Project:
        question = "Which module, or workspace, is it?"
        project = load_project(self._environment)
        if project is None:
            raise self._no_module(question)
        self.result.folder = str(project.folder)
        if project.unsaid:
            self.say("project", question, Answer.UNKNOWN, f"{project.unsaid}.", f"{_INIT} fixVersion",
                      where=str(project.file or ""))  # fmt: skip
            raise Stopped
        if project.error and (newer := self._newer_go(project)):
            finding = f"{project.error.removeprefix('go: ')}: go switches to a newer one first."
            rule = "cmd/go/internal/toolchain/select.go Select"
            self.say("go", "Is the go at hand new enough?", Answer.FETCHES, finding, rule,
                     where=str(project.file or ""), remedy=f"go version  # fetches go{newer}")  # fmt: skip
            raise Stopped
        if project.error:
            raise self.stop(
                "project", question, "Go cannot load the project.", project.rule, project.error,
                where=str(project.file or ""), remedy=self._project_remedy(project),
            )  # fmt: skip
        if project.complaint:
            raise self.stop("project", question, "The modules of the workspace contradict each other.",
                             f"{_INIT} makeMainModules", project.complaint,
                             where=str(project.file or ""))  # fmt: skip
        if not project.modules:
            raise self.stop("project", question, "The workspace has no modules.", f"{_INIT} die",
                             "go: no modules were found in the current workspace; see 'go help work'",
                             where=str(project.work or ""), remedy="go work use -r .")  # fmt: skip
        own = Path(self._environment.goroot or "/nowhere", "src")
        if any(own == one.folder or own in one.folder.parents for one in project.modules):
            finding = "It is part of Go itself, for which importing has rules of its own."
            self.say("project", question, Answer.UNKNOWN, finding, "cmd/go/internal/modload/import.go",
                     where=str(project.file or ""))  # fmt: skip
            raise Stopped
        names = ", ".join(one.parsed.module_path for one in project.modules)
        kind = f"the workspace of {names}" if project.work else f"the module {names}"
        self.say("project", question, Answer.GOES_ON, f"It is {kind}.", f"{_INIT} loadModFile",
                  where=str(project.work or project.file or ""))  # fmt: skip
        self._go_line(project)
        return project

    def _newer_go(self, project: Project) -> str:
        """The release that go switches to before it reads the project; "" where it does not."""
        setting = self._environment.get("GOTOOLCHAIN")
        found = re.match(r"go: \S+ requires go >= (\S+) \(running go ", project.error)
        may_switch = setting in ("", "auto", "path") or setting.endswith(("+auto", "+path"))
        return found[1] if found is not None and may_switch and "\n" not in project.error else ""

    def _no_module(self, question: str) -> Stopped:
        alternative = _git_folder(self._here, self._environment.goroot)
        patterns = self._patterns or ["."]
        paths = [one for one in patterns if not one.startswith((".", "/"))]
        if any("..." in one for one in patterns):
            words = "".join(
                f"pattern {one}: directory prefix {_prefix(one)} does not contain main module or its "
                "selected dependencies" for one in patterns if "..." in one
            )  # fmt: skip
        elif len(paths) == len(patterns):
            words = "\n".join(f"no required module provides package {one}: {NO_MAIN_MODULE}" for one in paths)
        elif alternative is not None:
            there = os.path.relpath(alternative, self._here)
            change = "" if there == "." else f"cd {there} && "
            words = (
                f"go: cannot find main module, but found .git/config in {alternative}\n"
                f"\tto create a module there, run:\n\t{change}go mod init"
            )
        else:
            words = f"go: {NO_MAIN_MODULE}"
        return self.stop(
            "project", question, "There is no go.mod here or in any folder above.", f"{_INIT} die", words,
            where=str(self._here), remedy="go mod init example.com/me",
        )  # fmt: skip

    def _project_remedy(self, project: Project) -> str:
        words = project.error
        if "requires go >=" in words and "listed in go.work" not in words:
            return "export GOTOOLCHAIN=auto"
        if "listed in go.work file requires go" in words:
            return "go work use"
        if "missing module declaration" in words:
            return "go mod edit -module=example.com/mod"
        if "-modfile cannot be used in workspace mode" in words:
            return "export GOWORK=off"
        return ""

    def _go_line(self, project: Project) -> None:
        """Which go runs: where the project asks for a newer one, that is another story."""
        question = "Is the go at hand new enough?"
        rule = "cmd/go/internal/toolchain/select.go Select"
        wanted = project.toolchain
        if not self._local:
            self.say("go", question, Answer.GOES_ON, "There is no go here that could be too old.", rule)
        elif wanted and gover.compare(version_of_toolchain(wanted), self._local) > 0:
            setting = self._environment.get("GOTOOLCHAIN")
            if setting.startswith("local") or setting == f"go{self._local}":
                finding = f"The project suggests {wanted}; GOTOOLCHAIN={setting} keeps go{self._local}."
                self.say("go", question, Answer.GOES_ON, finding, rule, where="GOTOOLCHAIN")
                return
            finding = f"The project asks for {wanted}, and here is go{self._local}: go switches to it first."
            self.say("go", question, Answer.FETCHES, finding, rule, where=str(project.file or ""))
        else:
            finding = f"It is go{self._local}" + (f"; the project asks for {wanted}." if wanted else ".")
            self.say("go", question, Answer.GOES_ON, finding, rule)


def _git_folder(here: Path, goroot: str) -> Path | None:
    """findAltConfig: the folder above that a .git/config is in."""
    if goroot and (str(here) == goroot or str(here).startswith(f"{goroot}/")):
        return None
    return next((one for one in (here, *here.parents) if (one / ".git/config").is_file()), None)


def _prefix(pattern: str) -> str:
    return os.path.normpath(pattern[: pattern.index("...")].rpartition("/")[0] or ".")
