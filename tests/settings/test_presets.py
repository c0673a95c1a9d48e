"""The presets: each passes the lint, says whose it is, and no answer breaks out of its gap."""

from __future__ import annotations

import re

import pytest

from probes.diagnosis.findings import Level
from probes.golang.environment import layer_environment
from probes.golang.goproxy import HopKind, parse_goproxy
from probes.golang.gosumdb import dial
from probes.settings.env_write import plan_write
from probes.settings.presets import Preset, PresetError, findings, preset, presets, read_presets

ALL = pytest.mark.parametrize("row", presets(), ids=lambda row: row.id)


def examples(row: Preset) -> dict[str, str]:
    return row.filled({gap.name: gap.example for gap in row.gaps})


@ALL
def test_each_can_be_written_and_holds_no_error(row: Preset) -> None:
    values = examples(row)
    assert not [f for f in findings(values) if f.level is Level.ERROR]
    change = plan_write(layer_environment({"HOME": "/h"}, None, None), values)
    assert change.after == "".join(f"{n}={v}\n" for n, v in sorted(values.items())).encode()
    assert parse_goproxy(values["GOPROXY"]).error is None
    assert not parse_goproxy(values["GOPROXY"]).dead
    if values.get("GOSUMDB", "off") != "off":
        dial(values["GOSUMDB"])


@ALL
def test_each_is_honest(row: Preset) -> None:
    """A public mirror says that it was not verified, and when."""
    hosts = [hop.name for hop in parse_goproxy(examples(row)["GOPROXY"]).hops if hop.kind is HopKind.PROXY]
    if not row.gaps:
        assert re.match(r"2026-\d\d: not verified from here", row.health[0]), hosts
    assert all(note.endswith(".") for note in (*row.health, *row.warnings))
    assert all(len(note) < 140 for note in (*row.health, *row.warnings))


@ALL
def test_only_what_is_needed_is_asked(row: Preset) -> None:
    used = set(re.findall(r"\{(\w+)\}", " ".join(row.values.values())))
    assert {gap.name for gap in row.gaps} == used


def test_the_brief() -> None:
    assert {"official", "goproxy.cn", "goproxy.io", "aliyun", "huawei", "corporate-off", "corporate-direct",
            "air-gap"} <= {row.id for row in presets()}  # fmt: skip
    assert preset("aliyun").values["GOPROXY"].startswith("https://mirrors.aliyun.com/goproxy/")
    assert "not Aliyun" in preset("goproxy.cn").owner
    assert preset("huawei").values["GOSUMDB"] == "sum.golang.google.cn"
    assert not any("goproxy.qiniu.com" in str(row.values) for row in presets())


def test_answers_fill_the_gaps() -> None:
    values = preset("corporate-off").filled(
        {"corporate": "p.corp.test:8443/go", "private": "corp.test,*.corp.test"}
    )
    assert values == {
        "GOPROXY": "https://p.corp.test:8443/go,off",
        "GOPRIVATE": "corp.test,*.corp.test",
        "GONOPROXY": "none",
        "GOSUMDB": "sum.golang.org",
    }


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " ",
        "a.test,direct",
        "a.test|direct",
        "a.test b",
        "https://a.test",
        "a.test\n",
        "ａ.test",
        "a.test，b",
        ":x",
    ],
)
def test_an_answer_stays_in_its_gap(answer: str) -> None:
    with pytest.raises(PresetError) as caught:
        preset("corporate-direct").filled({"corporate": answer, "private": "corp.test"})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["", "relative", "/a,b", "/with blank"])
def test_folders(folder: str) -> None:
    with pytest.raises(PresetError):
        preset("air-gap").filled({"folder": folder})


def test_gaps_are_not_filled_twice() -> None:
    """An answer that looks like a gap is only text."""
    assert (
        preset("air-gap").filled({"folder": "/srv/{corporate}", "corporate": "x"})["GOPROXY"]
        == "file:///srv/{corporate}"
    )


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(PresetError, match=r"did you mean goproxy\.cn\?"):
        preset("goproxycn")
    with pytest.raises(PresetError, match="there are official"):
        preset("zzzzzzzzzz")


GOOD = '[[preset]]\nid="a"\ntitle="t"\nowner="o"\nhealth=["h"]\nwarnings=["w"]\nvalues={GOPROXY="direct"}\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"direct"', '"https://"', "a: GOPROXY"),
        ('"direct"', '"https://a，direct"', "a: GOPROXY"),
        ('"direct"', '"https://{who}"', "nobody asks for who"),
        ("GOPROXY", "HTTPS_PROXY", "does not set HTTPS_PROXY"),
        ("GOPROXY", "GODEBUG", "does not set GODEBUG"),
        ("GOPROXY", "GOPROXI", "does not set GOPROXI"),
        ("title", "titel", "title is missing"),
        ('owner="o"\n', "", "owner is missing"),
        ('"direct"}', '"direct"}\nmore=1', "unknown keys more"),
        ("[[preset]]", "[preset", "no TOML"),
    ],
)
def test_a_bad_preset_does_not_load(old: str, new: str, words: str) -> None:
    assert len(read_presets(GOOD)) == 1
    with pytest.raises(PresetError, match=words):
        read_presets(GOOD.replace(old, new))


def test_an_id_stands_once() -> None:
    with pytest.raises(PresetError, match="twice: a"):
        read_presets(GOOD + GOOD)
