"""Which software answers: by signs that are its own, with evidence, and never by a guess."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.ladder.model import as_json
from probes.ladder.software import UNKNOWN, Conclusion, Kind, Seen, _signs, identify, serves_modules

CASES: list[tuple[Seen, str, list[str]]] = [
    (Seen(), UNKNOWN, []),
    (Seen(body="not found\n"), UNKNOWN, []),
    (Seen(headers=[("server", "something else")]), UNKNOWN, []),
    (Seen(places=[("proxy.golang.org", "/m.test/x/@v/list")]), "proxy.golang.org", []),
    (Seen(headers=[("location", "https://storage.googleapis.com/proxy-golang-org-prod/8e29-x.zip?Expires=1")],
          places=[("storage.googleapis.com", "/proxy-golang-org-prod/8e29-x.zip")]),
     "proxy.golang.org", ["Google Cloud Storage"]),
    (Seen(places=[("goproxy.cn", "/m.test/x/@v/list")], headers=[("x-qiniu-zone", "0")]), "goproxy.cn (goproxy)", ["Qiniu"]),
    (Seen(body="not found: bad upstream"), "goproxy, perhaps", []),
    (Seen(body="not found: temporarily unavailable\n"), "goproxy, perhaps", []),
    (Seen(headers=[("vary", "Accept-Encoding, Disable-Module-Fetch")]), "goproxy", []),
    (Seen(body="<html><title>Athens</title></html>"), "Athens", []),
    (Seen(body="protocol.Info: module not found"), "Athens", []),
    (Seen(places=[("athens.corp.test", "/m.test/x/@v/list")]), "Athens, perhaps", []),
    (Seen(headers=[("server", "Nexus/3.68.1-02 (OSS)")]), "Sonatype Nexus", []),
    (Seen(places=[("repo.corp.test", "/repository/go-proxy/m.test/x/@v/list")]), "Sonatype Nexus, perhaps", []),
    (Seen(headers=[("x-jfrog-version", "Artifactory/7.90.8 79008900"), ("server", "nginx")]), "JFrog Artifactory", ["nginx"]),
    (Seen(places=[("corp.jfrog.io", "/artifactory/api/go/go-remote/m.test/x/@v/list")]), "JFrog Artifactory", []),
    (Seen(body='{\n  "errors" : [ {\n    "status" : 404,\n    "message" : "File not found."\n  } ]\n}'),
     "JFrog Artifactory, perhaps", []),
    (Seen(places=[("gitlab.test", "/api/v4/projects/42/packages/go/m.test/x/@v/list")]), "GitLab", []),
    (Seen(places=[("git.test", "/api/packages/acme/go/m.test/x/@v/list")]), "Gitea or Forgejo", []),
    (Seen(places=[("golang.cloudsmith.io", "/acme/go/m.test/x/@v/list")]), "Cloudsmith", []),
    (Seen(places=[("europe-go.pkg.dev", "/acme/go/m.test/x/@v/list")]), "Google Artifact Registry", []),
    (Seen(places=[("acme-1234.d.codeartifact.eu-west-1.amazonaws.com", "/go/x/")]), "AWS CodeArtifact", []),
    (Seen(places=[("go.pkg.github.com", "/acme/")]), "GitHub Packages", []),
    (Seen(headers=[("server", "cloudflare"), ("cf-ray", "7eed318d7de809c3-HFA")]), UNKNOWN, ["Cloudflare"]),
    (Seen(headers=[("server", "squid/6.6"), ("x-squid-error", "ERR_DNS_FAIL 0")]), UNKNOWN, ["squid"]),
    (Seen(headers=[("via", "1.1 gate (squid/5.7), 1.1 varnish")]), UNKNOWN, ["Varnish", "squid"]),
    (Seen(body="<hr><center>nginx/1.25.3</center>"), UNKNOWN, ["nginx"]),
    (Seen(headers=[("server", "AmazonS3"), ("via", "1.1 abc.cloudfront.net (CloudFront)")]), UNKNOWN,
     ["Amazon S3", "Amazon CloudFront"]),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "serves", "others"), CASES)
def test_who_it_is(seen: Seen, serves: str, others: list[str]) -> None:
    found = identify(seen)
    assert serves_modules(found) == serves
    assert [one.name for one in found if one.kind not in (Kind.MODULE_PROXY, Kind.REPOSITORY)] == others
    assert all(one.evidence for one in found)


@pytest.mark.parametrize(
    "place",
    [
        ("notproxy.golang.org", "/"), ("proxy.golang.org.evil.test", "/"), ("mygoproxy.cn", "/"), ("goproxy.cn.test", "/"),
        ("x.test", "/m.test/repository/x"), ("go.pkg.dev.test", "/"), ("jfrog.io.test", "/"), ("parathens.test", "/"),
    ],
)  # fmt: skip
def test_look_alikes_are_nobody(place: tuple[str, str]) -> None:
    assert identify(Seen(places=[place])) == ()


def test_a_guess_gives_way_to_a_certain_sign() -> None:
    """Artifactory under the URL of a Nexus: only the certain one is told."""
    seen = Seen([("x-jfrog-version", "Artifactory/7")], places=[("repo.test", "/repository/go/x")])
    assert [one.name for one in identify(seen)] == ["JFrog Artifactory"]


def test_signs_that_agree_are_put_together() -> None:
    headers = [("x-jfrog-version", "Artifactory/7"), ("x-artifactory-id", "abc"), ("server", "Artifactory/7")]
    (one,) = identify(Seen(headers))
    assert len(one.evidence) == 3
    assert one.certain
    assert not one.confirmed, "these headers stand in the data from memory, and it says so"
    json.dumps(as_json(one))


def test_evidence_is_safe_and_without_secrets() -> None:
    headers = [("server", "squid\x1b[2J\u202e"), ("via", "1.1 http://me:hunter2@gate (squid)")]
    shown = repr(identify(Seen(headers)))
    assert not re.search("[\x1b\u202e]", shown)
    assert "hunter2" not in shown


def test_every_sign_can_be_found() -> None:
    """No row is dead: each is looked for in exactly one place, and its pattern is not empty unless a header says it all."""
    assert len(_signs()) > 50
    for sign in _signs():
        assert sign.place in ("header", "host", "path", "body")
        assert sign.pattern.pattern or sign.place == "header"
        assert sign.header == sign.header.lower()


@given(
    st.lists(
        st.tuples(st.sampled_from(["server", "via", "x-cache", "vary"]), st.text(max_size=40)), max_size=4
    ),
    st.text(max_size=200),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=3),
)
def test_anything_is_survived(
    headers: list[tuple[str, str]], body: str, places: list[tuple[str, str]]
) -> None:
    for one in identify(Seen(headers, body, places)):
        assert isinstance(one, Conclusion)
        assert one.evidence
