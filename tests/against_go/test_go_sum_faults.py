"""A go.sum with every kind of fault: what the real go says, and whether our commands mend it."""

from __future__ import annotations

import random
from pathlib import Path

from probes.diagnosis.findings import Level
from probes.golang.go_sum import EMPTY_GO_MOD
from probes.sums.sum_findings import Fault, mending
from tests.against_go.sum_projects import A, B, C, D, GoProject, app, tidy_project

GO = "go build ./... && go list -m all >/dev/null && go mod verify"


def without(text: bytes, *starts: str) -> bytes:
    """A go.sum without the lines that begin so."""
    heads = tuple(start.encode() for start in starts)
    return b"".join(one for one in text.splitlines(keepends=True) if not one.startswith(heads))


def with_hash(text: bytes, start: str, total: bytes) -> bytes:
    """A go.sum where the lines that begin so have another hash."""
    return b"".join(
        one.rsplit(b" ", 1)[0] + b" " + total + b"\n" if one.startswith(start.encode()) else one
        for one in text.splitlines(keepends=True)
    )  # fmt: skip


OTHER = b"h1:" + b"A" * 43 + b"="


def cases(good: bytes) -> dict[str, tuple[bytes, Fault]]:
    """Broken files, each with the fault that has to be found."""
    first = good.splitlines(keepends=True)[0]
    return {
        "malformed": (b"one two\n" + good, Fault.MALFORMED),
        "four words": (good + b"m.test/a v1.0.0 h1:x y\n", Fault.MALFORMED),
        "a cut line": (good[:-60], Fault.MALFORMED),
        "NUL": (first.replace(b"\n", b"\0\n") + good[len(first) :], Fault.BAD_HASH),
        "conflict": (b"<<<<<<< HEAD\n" + good + b"=======\n" + first + b">>>>>>> x\n", Fault.CONFLICT),
        "conflict of three words": (good + b">>>>>>> theirs (x)\n", Fault.CONFLICT),
        "a byte order mark": (b"\xef\xbb\xbf" + good, Fault.BYTE_ORDER_MARK),
        "bad base64": (with_hash(good, f"{A} v1.0.0 ", b"h1:x"), Fault.BAD_HASH),
        "unknown algorithm": (with_hash(good, f"{A} v1.0.0 ", b"h2:x"), Fault.UNKNOWN_ALGORITHM),
        "unknown besides": (good + f"{A} v1.0.0 h2:x\n".encode(), Fault.UNKNOWN_ALGORITHM),
        "the empty go.mod": (with_hash(good, f"{A} v1.0.0/go.mod", EMPTY_GO_MOD.encode()), Fault.EMPTY_GO_MOD),
        "two hashes": (f"{A} v1.0.0 ".encode() + OTHER + b"\n" + good, Fault.TWO_HASHES),
        "two hashes, the right one first": (good + f"{A} v1.0.0 ".encode() + OTHER + b"\n", Fault.TWO_HASHES),
        "two of a go.mod": (f"{D} v1.0.0/go.mod ".encode() + OTHER + b"\n" + good, Fault.TWO_HASHES),
        "missing zip": (without(good, f"{A} v1.0.0 "), Fault.MISSING_ZIP),
        "missing zip behind": (without(good, f"{D} v1.0.0 "), Fault.MISSING_ZIP),
        "missing go.mod": (without(good, f"{A} v1.0.0/go.mod"), Fault.MISSING_GO_MOD),
        "missing go.mod behind": (without(good, f"{D} v1.0.0/go.mod"), Fault.MISSING_GO_MOD),
        "all of a module missing": (without(good, B), Fault.MISSING_ZIP),
        "no file": (b"", Fault.MISSING_GO_MOD),
    }  # fmt: skip


def apply(project: GoProject, commands: tuple[str, ...]) -> None:
    for command in commands:
        done = project.run(command)
        assert done.returncode == 0, (command, done.stderr)


def test_each_fault_is_found_in_gos_words_and_mended(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good, go_mod = project.sum(), (project.folder / "go.mod").read_bytes()
        assert project.examine().findings() == []
        for name, (broken, fault) in cases(good).items():
            project.write({"go.sum": broken, "go.mod": go_mod})
            examined = project.examine()
            findings = examined.findings()
            grave = [one for one in findings if one.level is not Level.INFO]
            named = [one for one in findings if one.fault is fault]
            assert named, name
            said = "".join(
                (done := project.run(command)).stdout + done.stderr
                for command in ("go build ./...", "go list -m all")
            )
            words = [one.go_says for one in grave if one.go_says and "…" not in one.go_says]
            stops = "malformed go.sum" in said or "missing go.sum entry" in said
            if stops and not any("providing package" in one.go_says for one in grave):
                assert any(one in said for one in words), (name, said, words)
            apply(project, examined.mending(findings))
            done = project.run(GO)
            assert done.returncode == 0, (name, done.stderr)
            assert set(project.sum().split(b"\n")) >= set(good.split(b"\n")), name
            left = [one for one in project.examine().findings() if one.level is not Level.INFO]
            assert left == [], (name, left)


def test_a_go_sum_that_is_no_file_is_put_aside_and_made_anew(tmp_path: Path) -> None:
    """go build takes it for an empty one, as it does one that it may not read; that one only has to be shown."""
    with tidy_project(tmp_path) as project:
        good, file = project.sum(), project.folder / "go.sum"
        file.unlink()
        file.mkdir()
        assert "missing go.sum entry" in project.run("go build ./...").stderr
        assert "go.sum: is a directory" in project.run("go mod tidy").stderr
        examined = project.examine()
        commands = examined.mending(examined.findings())
        assert commands[0] == "mv go.sum 'go.sum~'"
        apply(project, commands)
        assert project.run(GO).returncode == 0
        assert set(project.sum().split(b"\n")) <= set(good.split(b"\n"))
        examined.book.files[0].problem = "permission denied"
        assert examined.mending(examined.findings()) == ("chmod u+r go.sum",)


def test_what_go_passes_over_is_no_error(tmp_path: Path) -> None:
    """A spoiled hash behind the right one, and the mark of a merge that has three words."""
    with tidy_project(tmp_path) as project:
        good = project.sum()
        first = good.split(b"\n", 1)[0]
        for more, fault in ((first[:-3], Fault.BAD_HASH), (b">>>>>>> theirs (abc)", Fault.CONFLICT)):
            project.write({"go.sum": first + b"\n" + more + b"\n" + good.split(b"\n", 1)[1]})
            assert project.run(GO).returncode == 0
            examined = project.examine()
            findings = examined.findings()
            assert [(one.fault, one.level) for one in findings if one.level is not Level.INFO] == [
                (fault, Level.WARNING)
            ]
            apply(project, examined.mending(findings))
            assert project.sum() == good


def test_an_old_module_needs_the_go_mod_of_what_was_not_chosen(tmp_path: Path) -> None:
    with tidy_project(tmp_path, app("m.test/old", "1.16")) as project:
        good = project.sum()
        broken = without(good, "m.test/leaf v1.0.0/go.mod")
        assert broken != good
        project.write({"go.sum": broken})
        examined = project.examine()
        (one,) = examined.findings()
        assert (one.fault, one.path, one.version) == (Fault.MISSING_GO_MOD, "m.test/leaf", "v1.0.0/go.mod")
        assert one.go_says in project.run("go list -m all").stderr
        apply(project, one.remedy)
        assert project.run(GO).returncode == 0
        assert project.sum() == good


def test_of_a_replacement_the_line_is_that_of_what_replaces(tmp_path: Path) -> None:
    """And `go mod download` calls it by its own name."""
    with tidy_project(tmp_path, app(A, more=f"replace {D} => m.test/fork v1.5.0\n")) as project:
        good = project.sum()
        assert project.examine().findings() == []
        project.write({"go.sum": without(good, "m.test/fork")})
        examined = project.examine()
        findings = examined.findings()
        assert {(one.path, one.remedy) for one in findings} == {("m.test/fork", (f"go mod download {D}",))}
        says = next(one.go_says for one in findings if one.fault is Fault.MISSING_GO_MOD)
        assert says in project.run("go list -m all").stderr
        apply(project, examined.mending(findings))
        assert project.run(GO).returncode == 0
        assert project.sum() == good


def test_one_finding_alone_is_mended_by_its_own_commands(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good = project.sum()
        for name in (
            "malformed",
            "bad base64",
            "unknown algorithm",
            "the empty go.mod",
            "missing zip behind",
        ):
            broken, _ = cases(good)[name]
            project.write({"go.sum": broken})
            findings = project.examine().findings()
            apply(project, mending([one for one in findings if one.level is not Level.INFO and one.remedy]))
            assert project.run(GO).returncode == 0, name
            assert (project.folder / "go.sum~").read_bytes() == broken or "missing" in name


def test_what_is_untidy_is_told_and_tidied(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        good = project.sum()
        lines = good.splitlines(keepends=True)
        untidy = {
            "twice": (good + lines[0], {Fault.DUPLICATE, Fault.UNSORTED}),
            "CRLF": (good.replace(b"\n", b"\r\n"), {Fault.CARRIAGE_RETURNS}),
            "unsorted": (lines[3] + b"".join(lines[:3] + lines[4:]), {Fault.UNSORTED}),
            "extra": (good + f"m.test/z v1.0.0 {OTHER.decode()}\n".encode(), {Fault.EXTRA}),
            "another version": (good + f"{D} v1.7.0 {OTHER.decode()}\n".encode(), {Fault.EXTRA}),
        }
        for name, (text, faults) in untidy.items():
            project.write({"go.sum": text})
            findings = project.examine().findings()
            assert {one.fault for one in findings} == faults, name
            assert {one.level for one in findings} == {Level.INFO}, name
            for one in findings:
                apply(project, one.remedy)
            if Fault.UNSORTED not in faults:
                assert project.sum() == good, name
            assert project.run(GO).returncode == 0


def test_what_we_call_extra_tidy_takes_out_and_what_it_takes_out_of_the_graph_we_call_extra(
    tmp_path: Path,
) -> None:
    """A hundred lines at random about versions in and out of the graph, in one file, tidied once."""
    with tidy_project(tmp_path) as project:
        good = set(project.sum().splitlines())
        chance = random.Random(7)
        paths = [A, B, C, D, "m.test/z", "m.test/fork"]
        keys = {
            (
                chance.choice(paths),
                f"v1.{chance.randrange(4)}.{chance.randrange(3)}",
                chance.choice(("", "/go.mod")),
            )
            for _ in range(100)
        }
        known = {tuple(line.split(b" ")[:2]) for line in good}
        added = {
            f"{path} {number}{of} {OTHER.decode()}".encode()
            for path, number, of in keys
            if (path.encode(), f"{number}{of}".encode()) not in known
        }
        project.write({"go.sum": b"".join(line + b"\n" for line in sorted(good | added))})
        extra = [one for one in project.examine().findings() if one.fault is Fault.EXTRA]
        assert all(one.evidence for one in extra), "the graph is whole, so it is certain"
        assert project.run("go mod tidy").returncode == 0
        removed = (good | added) - set(project.sum().splitlines())
        told = {f"{one.path} {one.version} {OTHER.decode()}".encode() for one in extra}
        assert told == removed
        assert len(removed) > 40


def test_a_graph_that_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    with tidy_project(tmp_path) as project:
        text = project.sum() + f"m.test/z v1.0.0 {OTHER.decode()}\n".encode()
        project.write({"go.sum": without(text, f"{A} v1.0.0 ")})
        project.forget()
        findings = project.examine().findings()
        assert [(one.fault, one.level) for one in findings] == [
            (Fault.MISSING_ZIP, Level.ERROR),
            (Fault.GRAPH, Level.INFO),
            (Fault.EXTRA, Level.INFO),
        ]
        assert "needs 1 of the lines not" in findings[-1].message
        apply(project, findings[1].remedy)
        assert len([one for one in project.examine().findings() if one.evidence]) == 1


def test_a_workspace_has_its_own_rules(tmp_path: Path) -> None:
    """Nothing is missing there, and files that contradict each other are fatal in go's words."""
    with tidy_project(tmp_path) as project:
        good = project.sum()
        more = {
            "go.work": "go 1.21\n\nuse (\n\t.\n\t./tool\n)\n",
            "tool/go.mod": f"module tool.test\n\ngo 1.21\n\nrequire {D} v1.0.0\n",
            "tool/tool.go": f'package tool\nimport _ "{D}"\n',
        }
        project.write(more)
        examined = project.examine()
        assert [file.name for file in examined.book.files] == ["go.sum", "tool/go.sum", "go.work.sum"]
        assert examined.findings() == []
        assert project.run("go build ./... ./tool/...").returncode == 0
        project.write({"go.sum": without(good, f"{D} ")})
        examined = project.examine()
        assert {one.level for one in examined.findings()} == {Level.INFO}
        assert {one.file for one in examined.findings()} == {"go.work.sum"}
        assert project.run("go build ./... ./tool/...").returncode == 0
        project.write({"go.sum": good, "tool/go.sum": f"{D} v1.0.0 {OTHER.decode()}\n"})
        assert (project.folder / "go.work.sum").read_text().startswith(D)
        (one,) = [one for one in project.examine().findings() if one.fault is Fault.TWO_HASHES]
        assert "in the workspace go takes that one" in one.message
        assert project.run("go build ./... ./tool/...").returncode == 0
        (project.folder / "go.work.sum").unlink()
        (one,) = [one for one in project.examine().findings() if one.fault is Fault.TWO_HASHES]
        said = project.run("go build ./... ./tool/...").stderr
        assert "one of the two files refuses it" in one.message
        assert "checksum mismatch" in said
        assert str(project.folder) in said
        assert (one.file, one.line) == ("tool/go.sum", 1)
        apply(project, one.remedy)
        assert project.run("go build ./... ./tool/... && go mod verify").returncode == 0


def test_lines_taken_out_at_random_are_missed_as_go_misses_them(tmp_path: Path) -> None:
    """`go list -m all` stops where we say that a go.mod has no line, and with one of our sentences."""
    chance = random.Random(3)
    for number, path in enumerate((A, "m.test/old")):
        with tidy_project(tmp_path / str(number), app(path, "1.21" if path == A else "1.16")) as project:
            lines = project.sum().splitlines(keepends=True)
            stopped = 0
            for _ in range(20):
                kept = [line for line in lines if chance.random() < 0.8]
                project.write({"go.sum": b"".join(kept)})
                missing = [one for one in project.examine().findings() if one.fault is Fault.MISSING_GO_MOD]
                done = project.run("go list -m all")
                assert (done.returncode != 0) is bool(missing), kept
                assert not missing or done.stderr.strip() in [one.go_says for one in missing]
                stopped += bool(missing)
            assert 0 < stopped < 20
