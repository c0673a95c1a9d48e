"""Reports: what stands in them, that they fit, and that nothing hostile gets out of its place."""

from __future__ import annotations

import html.parser
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.diagnosis.columns import columns
from probes.diagnosis.diagnose import diagnose
from probes.share.report import Report, make_report
from probes.share.report_blocks import WIDTH, shell_lines
from probes.share.report_forms import Form, write
from probes.share.session_file import Header
from probes.share.waterfall import rows, total_seconds
from probes.trace.events import Event, RequestStarted, SettingView, TraceStarted
from probes.trace.fold import Trace
from tests.share.private_world import Private, trace_of
from tests.share.recordings import PLANS, events_of

NAME = "comma-stops-on-502"


def _report(events: Sequence[Event]) -> Report:
    trace = Trace()
    for event in events:
        trace.apply(event)
    return make_report(trace, diagnose(trace))


def _hostile(text: str) -> Report:
    return _report(trace_of(Private(), text))


@pytest.mark.parametrize("name", PLANS)
def test_text_fits_and_has_no_control_characters(name: str) -> None:
    text = write(_report(events_of(name)), Form.TEXT)
    assert max(columns(line) for line in text.splitlines()) <= WIDTH
    assert all(line.isprintable() for line in text.split("\n"))
    assert text.endswith("\n")


def test_it_answers_an_issue_template() -> None:
    text = write(_report(events_of(NAME)), Form.TEXT)
    for words in (
        "demo.example/hello@latest", "go would fail", "What did you see happen?", "502 Bad Gateway", "First cause",
        "rule: cmd/go/internal/modfetch/proxy.go", "[R01 FALLBACK]", "remedy (", "GOPROXY        process",
        "never asked", "list 502", "waiting for the answer", "FAIL http", "modtrace trace --set=GOPROXY=",
        "go mod", "What did you do?", "What did you expect to see?", "Environment",
    ):  # fmt: skip
        assert words in text, words


TEMPLATE = (
    "Go version", "Output of go env", "What did you do?", "What did you see happen?",
    "What did you expect to see?",
)  # fmt: skip
"""The questions of golang/go .github/ISSUE_TEMPLATE/00-bug.yml, in its order."""


@pytest.mark.parametrize("name", PLANS)
def test_the_questions_of_gos_template_are_answered_in_their_order(name: str) -> None:
    text = write(_report(events_of(name)), Form.MARKDOWN)
    places = [text.index(f"### {question}\n") for question in TEMPLATE]
    assert places == sorted(places)
    for place in places:
        answer = text[place:].split("\n### ")[0].splitlines()[1:]
        assert [line for line in answer if line and not line.startswith("```")], "no answer"


def test_go_env_is_printed_as_go_prints_it() -> None:
    started, *others = events_of(NAME)
    assert isinstance(started, TraceStarted)
    views = (
        SettingView("GOFLAGS", "-x='a b'", "process"), SettingView("GOPROXY", "off", "goenv"),
    )  # fmt: skip
    text = write(_report([replace(started, settings=views), *others]), Form.MARKDOWN)
    assert r"GOFLAGS='-x='\''a b'\'''" in text
    assert "\nGOPROXY='off'\n" in text


@pytest.mark.parametrize(
    ("platform", "words"),
    [("linux/x86_64", "go version go1.27.3 linux/amd64"), ("", "go version go1.27.3"),
     ("darwin/arm64", "go version go1.27.3 darwin/arm64")],
)  # fmt: skip
def test_the_version_is_the_line_that_go_prints(platform: str, words: str) -> None:
    started, *others = events_of(NAME)
    assert isinstance(started, TraceStarted)
    trace = Trace()
    for event in (replace(started, go_version="go1.27.3"), *others):
        trace.apply(event)
    text = write(make_report(trace, (), header=Header("app", platform=platform)), Form.TEXT)
    assert words in text.splitlines()


def test_json_holds_everything() -> None:
    said = json.loads(write(_report(events_of(NAME)), Form.JSON))
    assert said["schema"] == "modtrace.report/1"
    assert said["cases"][0]["rule"] == "R01"
    assert said["trace"]["schema"] == "modtrace.trace/1"
    assert said["timing"][0]["phases"]
    assert {"tree", "settings", "ladders", "environment", "reproduce"} <= set(said)


def test_a_trace_that_broke_off_has_a_report_too() -> None:
    for end in range(1, len(events_of(NAME))):
        for form in Form:
            assert write(_report(events_of(NAME)[:end]), form)


# -- hostile text -----------------------------------------------------------------------------------------

HOSTILE = [
    "```\n# heading\n[link](https://evil.test)", "````````````", "`" * 300, "<script>alert(1)</script>",
    "</pre></details><img src=x onerror=alert(1)>", "]]></text><script/>", "&lt;script&gt;&amp;", "\x1b[2J\x07",
    "\u202egnp.exe", "\ufffe\uffff\ud800", "@everyone #1 GH-1 www.evil.test", "~~~\n~~~", "    indented\n\n> q",
    "--><!--", "${IFS}`id`$(id)", "\r\n\r\n", "\x00", "\u2028# heading", "|a|b|\n|-|-|",
]  # fmt: skip


def _outside_of_fences(markdown: str) -> list[str]:
    """What CommonMark takes for markup: the lines that stand in no fence (CommonMark 4.5)."""
    outside, fence = [], ""
    for line in re.split(r"\r\n|\r|\n", markdown):
        mark = re.match(r" {0,3}(`{3,})([^`]*)$", line)
        if fence:
            if re.fullmatch(rf" {{0,3}}`{{{len(fence)},}}[ \t]*", line):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            outside.append(line)
    assert not fence, "a fence is open at the end"
    return outside


def _assert_own_words_only(markdown: str) -> None:
    first, *others = [line for line in _outside_of_fences(markdown) if line]
    assert re.fullmatch(r"## modtrace report: (`+)[^`]?.*\1", first)
    for line in others:
        assert re.fullmatch(
            r"### [A-Z][A-Za-z ]+\??|<details><summary>[A-Z][A-Za-z ]+</summary>|</details>", line
        ), line


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_breaks_out_of_markdown(text: str) -> None:
    _assert_own_words_only(write(_hostile(text), Form.MARKDOWN))


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("`~\n\r<>#[]()| \t\\*_&!x"), max_size=80))
def test_no_mixture_of_marks_breaks_out_of_markdown(text: str) -> None:
    _assert_own_words_only(write(_hostile(text), Form.MARKDOWN))


@pytest.mark.parametrize("path", ["a`b", "``", "`", "x` <b>y</b> `", "[a](b)", "\n# x"])
def test_the_heading_holds_a_hostile_path(path: str) -> None:
    started = events_of(NAME)[0]
    assert isinstance(started, TraceStarted)
    events = [replace(started, path=path), *events_of(NAME)[1:]]
    first = write(_report(events), Form.MARKDOWN).split("\n")[0]
    span = re.fullmatch(r"## modtrace report: (`+)(.*)\1", first)
    assert span is not None
    assert span[1] not in span[2]
    assert not span[2].startswith("`")


class _Tags(html.parser.HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


_OWN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "details", "summary", "pre",
    "svg", "rect", "text",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_breaks_out_of_html(text: str) -> None:
    page = write(_hostile(text), Form.HTML)
    tags = _Tags()
    tags.feed(page)
    assert tags.tags <= _OWN_TAGS
    assert not [name for name in tags.attributes if name.startswith("on") or name in ("href", "src", "style")]
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    if text.isprintable():
        assert text in tags.text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_picture_is_well_formed(text: str) -> None:
    picture = ET.fromstring(write(_hostile(text), Form.SVG))
    names = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert names <= {"svg", "title", "rect", "text"}


@pytest.mark.parametrize("name", PLANS)
def test_the_picture_shows_tree_and_waterfall(name: str) -> None:
    report = _report(events_of(name))
    picture = ET.fromstring(write(report, Form.SVG))
    words = " ".join(element.text or "" for element in picture.iter())
    assert "GOPROXY=" in words
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    rectangles = [element for element in picture.iter() if element.tag.endswith("}rect")][1:]
    assert len(rectangles) >= len(rows(report.trace))
    for one in rectangles:
        assert float(one.get("x", "-1")) >= 0
        assert float(one.get("x", "-1")) + float(one.get("width", "0")) <= width + 1
        assert float(one.get("y", "-1")) + float(one.get("height", "0")) <= height


# -- lines to paste ---------------------------------------------------------------------------------------


def _as_a_shell_sees_it(lines: Sequence[str]) -> list[str]:
    script = "printf '%s\\0' " + "\n".join(lines)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.split("\0")[:-1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("ab'\"\\ $`|;-é访"), min_size=1, max_size=120), min_size=1, max_size=5)
)
def test_a_broken_line_is_the_same_command(words: list[str]) -> None:
    import shlex

    lines = shell_lines(" ".join(shlex.quote(word) for word in words))
    assert _as_a_shell_sees_it(lines) == words


def test_long_commands_fit() -> None:
    long = "GOPROXY=https://" + "x" * 300
    for command in (f"export {long}", f"modtrace trace --set={long} m.test/x", "a " * 100):
        lines = shell_lines(command)
        assert max(map(len, lines)) <= WIDTH
        assert _as_a_shell_sees_it(lines) == command.split()


# -- the waterfall ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANS)
def test_each_request_has_a_bar_that_fits(name: str) -> None:
    made = rows(_report(events_of(name)).trace)
    total = total_seconds(made)
    for row in made:
        bar = row.bar(total, 24)
        assert len(bar) == 24
        assert bar.strip()
        assert row.began <= row.ended <= total
        assert all(a.ended <= b.began + 1e-9 for a, b in zip(row.stretches, row.stretches[1:], strict=False))


def test_a_request_without_an_answer_waits_until_now() -> None:
    trace = Trace()
    for event in events_of("healthy"):
        trace.apply(event)
        if isinstance(event, RequestStarted):
            break
    trace.now = 5.0
    row = rows(trace)[0]
    assert row.ended == 5.0
    assert set(row.bar(5.0, 10).strip()) == {"w"}


def test_a_head_that_is_wider_than_the_page_ends_all_the_same() -> None:
    from probes.share.report_blocks import flowing

    lines = flowing("some words", head="x" * 70 + "  ")
    assert lines[0] == "x" * 70
    assert lines[1].strip() == "some words"
