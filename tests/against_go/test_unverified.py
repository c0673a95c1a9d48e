"""What is lost: whom the real go asks the checksum database about, and whom it does not."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from probes.sums.project_sums import Examination
from probes.sums.unverified import Lost, Standing, what_is_lost
from tests.against_go.sum_projects import A, B, C, D, GoProject, tidy_project
from tests.against_go.test_go_sum_faults import without

P = "corp.test/p"
PROJECT: dict[str, str | bytes] = {
    "go.mod": f"module corp.test/app\n\ngo 1.21\n\nrequire (\n\t{A} v1.0.0\n\t{P} v1.0.0\n)\n",
    "app.go": f'package app\nimport (\n\t_ "{A}"\n\t_ "{P}"\n)\n',
}


def lost(project: GoProject) -> tuple[Examination, Lost]:
    """What modtrace says; m.test is where everybody's modules are."""
    found = project.examine()
    return found, what_is_lost(found, found.environment, {"m.test"}.__contains__)


def looked_up(project: GoProject) -> set[str] | None:
    """The modules that go asks the database about with an empty module cache; None where it fails."""
    assert project.world is not None
    project.forget()
    project.world.log.clear()
    done = project.run("go mod download")
    asked = {
        logged.request.target.removeprefix("/lookup/").partition("@")[0]
        for logged in project.world.log
        if logged.proxy == 1 and logged.request.target.startswith("/lookup/")
    }
    return asked if done.returncode == 0 else None


def test_whom_go_asks_about_is_whom_we_say(tmp_path: Path) -> None:
    with tidy_project(tmp_path, PROJECT) as project:
        good = project.sum()
        sums = (good, without(good, f"{A} v1.0.0 "), without(good, "corp.test", f"{B} v1.1.0/go.mod"), b"")
        settings = (
            {}, {"GOSUMDB": "off"}, {"GONOSUMDB": "m.test/*"}, {"GOPRIVATE": "*.test/p,m.test/[ab]", "GONOPROXY": "none"},
            {"GONOSUMDB": "*"}, {"GONOSUMDB": "none", "GOPRIVATE": "*", "GONOPROXY": "none"}, {"GOSUMDB": "nonsense"},
        )  # fmt: skip
        base = dict(project.variables)
        files = {"go.mod": (project.folder / "go.mod").read_bytes()}
        for text, chosen in product(sums, settings):
            project.variables = {**base, "GOSUMDB": base["TEST_GOSUMDB"], **chosen}
            project.write({**files, "go.sum": text})
            _, said = lost(project)
            standings = {one.path: one.standing for one in said.modules}
            assert set(standings) == {A, B, C, D, P}
            asked = looked_up(project)
            where = (chosen, standings)
            if asked is None:
                assert Standing.REFUSED in standings.values(), where
                continue
            assert asked == {path for path, one in standings.items() if one is Standing.ASKED}, where
            has_all = {
                path
                for path in standings
                if text.count(f"{path} ".encode()) == good.count(f"{path} ".encode())
            }
            kept = {path for path, one in standings.items() if one in (Standing.RECORDED, Standing.UNCHECKED)}
            assert kept == has_all, where


def test_by_which_setting_and_what_would_be_narrower(tmp_path: Path) -> None:
    with tidy_project(tmp_path, PROJECT) as project:
        base = dict(project.variables)
        rows: list[tuple[dict[str, str], dict[str, int], dict[str, str], int]] = [
            ({"GOSUMDB": "off"}, {"GOSUMDB=off": 5}, {"GOSUMDB": "sum.golang.org", "GONOSUMDB": "corp.test"}, 1),
            ({"GONOSUMDB": "*"}, {"GONOSUMDB=*": 5}, {"GONOSUMDB": "corp.test"}, 1),
            ({"GOPRIVATE": "*.test"}, {"GOPRIVATE=*.test": 5}, {"GOPRIVATE": "corp.test"}, 1),
            ({"GOPRIVATE": "corp.test,m.test"}, {"GOPRIVATE=m.test": 4, "GOPRIVATE=corp.test": 1},
             {"GOPRIVATE": "corp.test"}, 1),
            ({"GOSUMDB": "off", "GOPRIVATE": "corp.test"}, {"GOSUMDB=off": 5}, {"GOSUMDB": "sum.golang.org"}, 1),
            ({"GOPRIVATE": "corp.test"}, {"GOPRIVATE=corp.test": 1}, {}, 1),
            ({}, {}, {}, 0),
        ]  # fmt: skip
        for chosen, by, settings, after in rows:
            project.variables = {**base, "GOSUMDB": base["TEST_GOSUMDB"], **chosen}
            _, said = lost(project)
            assert said.by_setting() == by, chosen
            assert dict(said.narrower.settings if said.narrower else ()) == settings, chosen
            if said.narrower is not None:
                assert (said.narrower.before, said.narrower.after) == (5, after)
                assert said.narrower.commands[0].startswith(("export ", "unset ", "go env -w "))
                project.variables |= {**settings, "GOSUMDB": base["TEST_GOSUMDB"], "GONOPROXY": "none"}
                project.write({"go.sum": ""})
                assert looked_up(project) == {A, B, C, D}, "the narrower setting does what it promises"
                assert project.run("go mod tidy").returncode == 0


def test_folders_vendor_and_workspaces(tmp_path: Path) -> None:
    with tidy_project(tmp_path, PROJECT) as project:
        assert project.run("go mod vendor").returncode == 0
        found, said = lost(project)
        assert {one.standing for one in said.modules} == {Standing.VENDORED}
        assert (found.needed.mode, said.lost) == ("vendor", 0)
        project.variables["GOFLAGS"] = "-mod=mod"
        found, said = lost(project)
        assert (found.needed.mode, said.lost) == ("mod", 5)
        assert any("-mod=mod" in note for note in said.notes)
        project.variables["GOFLAGS"] = "-modcacherw"
        assert project.run("rm -r vendor && go mod edit -replace m.test/d=./d").returncode == 0
        project.write({"d/go.mod": "module m.test/d\n", "d/d.go": "package d\n"})
        _, said = lost(project)
        folder = next(one for one in said.modules if one.path == D)
        assert (folder.standing, folder.setting) == (Standing.FOLDER, "replace")
        project.write({"w/go.work": "go 1.21\n\nuse ..\n"})
        project.variables["GOWORK"] = str(project.folder / "w/go.work")
        assert project.run("go list -m all").returncode == 0
        found, said = lost(project)
        assert found.needed.mode == "workspace"
        assert {one.path for one in said.modules} == {A, B, C, D, P}


def test_a_toolchain_is_always_looked_up(tmp_path: Path) -> None:
    with tidy_project(tmp_path, PROJECT) as project:
        assert project.run("go mod edit -toolchain=go1.99.0").returncode == 0
        project.variables["GOTOOLCHAIN"] = "auto"
        _, said = lost(project)
        assert (said.modules[-1].path, said.modules[-1].standing) == (
            "golang.org/toolchain",
            Standing.REFUSED,
        )
        project.variables |= {"GOSUMDB": project.variables["TEST_GOSUMDB"], "GONOSUMDB": "*"}
        _, said = lost(project)
        assert said.modules[-1].standing is Standing.ASKED
