"""go.sum held against the module cache, proxies and the checksum database: who is odd, and what mends it."""

from __future__ import annotations

import asyncio
import shutil
from io import BytesIO
from pathlib import Path

from probes.browse.votes import VoterKind
from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.diagnosis.findings import Level
from probes.golang.dirhash import go_mod_hash
from probes.golang.modzip import hash_zip
from probes.net.limits import Limits
from probes.sums.asking import Asked, ask_about
from probes.sums.project_sums import Examination
from probes.sums.sum_findings import Fault, SumFinding
from probes.sums.sum_lines import SumBook
from probes.sums.witnesses import Witness, Witnesses, differing_lines
from tests.against_go.sum_projects import MOVED, VERSIONS, A, GoProject, serving, tidy_project, version
from tests.against_go.test_go_sum_faults import GO, OTHER, apply, with_hash


def asked(project: GoProject, *, zips: bool = False) -> Examination:
    """Everything, after all were asked."""
    found = project.examine()
    told: list[Asked] = []

    def tell(one: Asked) -> None:
        told.append(one)
        found.hear(one)

    limits = Limits(answer_s=5, stall_s=5)
    asyncio.run(ask_about(found.environment, found.go_sum.hashes, tell, limits=limits, zips=zips))
    assert [one.done for one in told] == list(range(1, len(told) + 1))
    assert len(told) == told[-1].total
    return found


def differing(found: Examination) -> list[SumFinding]:
    return [one for one in found.findings() if one.fault is Fault.DIFFERS]


def spoil_cache(project: GoProject) -> None:
    """What a go without a database would have downloaded after the tag was moved."""
    folder = project.home / "cache/cache/download" / A / "@v"
    (folder / "v1.0.0.zip").write_bytes(MOVED.zip)
    (folder / "v1.0.0.ziphash").unlink()
    shutil.rmtree(project.home / "cache" / f"{A}@v1.0.0")
    good = project.sum()
    project.write({"go.sum": b""})
    assert project.run(f"go mod download {A}").returncode == 0
    project.write({"go.sum": good})


def test_the_line_is_odd_where_the_database_and_the_cache_say_otherwise(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good = project.sum()
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]
        for start in (f"{A} v1.0.0 ", f"{A} v1.0.0/go.mod"):
            project.write({"go.sum": with_hash(good, start, OTHER)})
            (alone,) = differing(project.examine())
            assert alone.remedy == ()
            assert "nobody whom go believes has said" in alone.message
            (one,) = differing(asked(project))
            assert one.message.startswith("go.sum has another hash than sums.demo.example")
            assert "the tag was moved after somebody had downloaded it, or the line was edited" in one.message
            assert one.line == (1 if start.endswith(" ") else 2)
            assert [item.who for item in one.evidence if item.is_odd] == [f"go.sum:{one.line}"]
            assert one.go_says in project.run("go build ./...").stderr
            apply(project, one.remedy)
            assert project.run(GO).returncode == 0
            assert project.sum() == good


def test_the_cache_is_odd_where_the_database_agrees_with_the_line(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good = project.sum()
        spoil_cache(project)
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]
        (one,) = differing(asked(project))
        assert "what is in the module cache was changed" in one.message
        assert [item.who for item in one.evidence if item.is_odd] == ["the module cache"]
        said = project.run("go build ./...").stderr
        assert one.go_says in said
        apply(project, one.remedy)
        assert project.run(GO).returncode == 0
        assert project.sum() == good


def test_line_and_cache_are_odd_together(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good = project.sum()
        project.write({"go.sum": b""})
        spoil_cache(project)
        folder = project.home / "cache/cache/download" / A / "@v"
        spoiled = with_hash(good, f"{A} v1.0.0 ", (folder / "v1.0.0.ziphash").read_bytes())
        project.write({"go.sum": spoiled})
        assert project.run(GO).returncode == 0, "without a database nobody sees it"
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]
        (one,) = differing(asked(project))
        assert "the module cache has what the line has" in one.message
        apply(project, one.remedy)
        assert project.run(GO).returncode == 0
        assert project.sum() == good


def test_proxies_are_odd_and_the_line_is_right(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        moved = version(A, "v1.0.0", (("m.test/b", "v1.1.0"),))
        with World([serving(moved)]) as other:
            project.variables |= {"GOSUMDB": project.variables["TEST_GOSUMDB"], "GOPROXY": other.urls[0]}
            (one,) = differing(asked(project))
            assert "the line is right, and what is served now is something else" in one.message
            assert [item.sum for item in one.evidence if item.is_odd] == [go_mod_hash(moved.mod)]
            assert one.remedy == ()
            assert f"go get {A}@latest" in one.advice
            project.forget()
            assert one.go_says in project.run("go list -m all").stderr


def test_of_a_disputed_line_all_proxies_are_asked(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]

        with World([serving(*VERSIONS)]) as other:
            project.variables["GOPROXY"] = f"{project.goproxy},{other.urls[0]},direct"
            project.write({"go.sum": with_hash(project.sum(), f"{A} v1.0.0/go.mod", OTHER)})
            (one,) = differing(asked(project))
            assert one.message.startswith(
                "go.sum has another hash than sums.demo.example, 2 proxies and the module cache: the tag was moved"
            )
            assert len(other.log) == 1


def test_zips_are_fetched_on_request_and_the_odd_one_is_named(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project, World([serving(MOVED)]) as other:
        project.variables |= {"GOSUMDB": project.variables["TEST_GOSUMDB"], "GOPROXY": other.urls[0]}
        assert differing(asked(project)) == []
        assert not [one for one in other.log if one.request.path.endswith(".zip")]
        (one,) = differing(asked(project, zips=True))
        assert (one.path, one.version) == (A, "v1.0.0")
        moved = hash_zip(BytesIO(MOVED.zip), len(MOVED.zip), zip_name="moved.zip")
        assert [item.sum for item in one.evidence if item.is_odd] == [moved]
        project.forget()
        assert one.go_says in project.run(f"go mod download {A}").stderr


def test_nobody_is_told_what_go_would_not_tell(tmp_path: Path) -> None:

    with tidy_project(tmp_path) as project, World([lambda request: Answer(404)] * 2) as world:
        proxy, database = world.urls
        key = project.variables["TEST_GOSUMDB"].split(" ")[0]

        def heard(**settings: str) -> set[tuple[int, str]]:
            world.log.clear()
            project.variables = {"GOSUMDB": f"{key} {database}", "GOPROXY": proxy, **settings}
            found = asked(project)
            assert sum(found.not_asked.values()) == (4 if settings else 0)
            targets = [(one.proxy, one.request) for one in world.log]
            return {(number, _module(request)) for number, request in targets}

        def _module(request: Request) -> str:
            return "m.test" if "m.test" in request.target else request.target

        assert heard() == {(0, "m.test"), (1, "m.test")}
        assert heard(GOPRIVATE="m.test") == set()
        assert heard(GONOPROXY="m.test/*", GONOSUMDB="none") == set()
        assert heard(GONOSUMDB="m.test") == {(0, "m.test")}
        assert heard(GOSUMDB="off") == {(0, "m.test")}


def test_a_database_that_does_not_know_and_one_that_does_not_answer(tmp_path: Path) -> None:

    with tidy_project(tmp_path) as project:
        key = project.variables["TEST_GOSUMDB"].split(" ")[0]
        for status, fault in (
            (404, Fault.UNKNOWN_TO_DATABASE),
            (410, Fault.UNKNOWN_TO_DATABASE),
            (500, Fault.NO_ANSWER),
        ):
            with World([lambda request, status=status: Answer(status)]) as world:  # type: ignore[misc]
                project.variables["GOSUMDB"] = f"{key} {world.urls[0]}"
                findings = asked(project).findings()
                assert {one.fault for one in findings} == {fault}, status
                assert {one.level for one in findings} == {Level.WARNING}
                assert len(findings) == (4 if status != 500 else 1)


def test_who_gives_no_answer_is_told_once_whatever_the_url() -> None:
    for error, why in (
        ("{0}: refusing to pass credentials to insecure URL: http://h/{0}", "insecure URL"),
        ("{0}: reading https://h/{0}.mod: 403 Forbidden\n\tserver response: {0} is not here", "403 Forbidden"),
        ('{0}: Get "https://h/{0}": dial tcp: connection refused', "connection refused"),
    ):
        found = Witnesses()
        for path in ("m.test/a", "m.test/b"):
            told = error.format(f"{path}@v1.0.0")
            found.add((path, "v1.0.0"), Witness(VoterKind.PROXY, "proxy 1", error=told))
        (one,) = differing_lines(SumBook(), found, "")
        assert (one.fault, why in one.message, "2 of the lines" in one.message) == (Fault.NO_ANSWER, True, True)


def test_all_agree_and_everybody_is_counted(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]
        found = asked(project)
        assert found.findings() == []
        assert found.counts() == {VoterKind.CACHE: 8, VoterKind.DATABASE: 8, VoterKind.PROXY: 4}
