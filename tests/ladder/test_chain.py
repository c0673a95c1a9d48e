"""Chains judged as crypto/x509 judges them: the same verdict, the same words."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography import x509

from probes.ladder.chain import CertificatePool, Unacceptable, verify
from probes.ladder.faults import Fault
from tests.against_go.golang import Oracle
from tests.ladder.certificates import (
    ANY_PURPOSE,
    CLIENT_AUTH,
    NOW,
    SERVER_AUTH,
    Made,
    Plan,
    make,
)

HOST = "mirror.example.com"
ROOT = make(Plan("Root", authority=True))
MIDDLE = make(Plan("Middle", authority=True), ROOT)
LEAF_PLAN = Plan("leaf", names=(HOST,))


def _ours(chain: Sequence[Made], roots: Sequence[Made], host: str, now: dt.datetime) -> str | None:
    try:
        path = verify(
            [c.certificate for c in chain], host, CertificatePool(r.certificate for r in roots), now
        )
    except Unacceptable as error:
        return str(error)
    assert path[0] == chain[0].certificate
    assert path[-1] in [root.certificate for root in roots]
    return None


def _go(
    oracle: Oracle, chain: Sequence[Made], roots: Sequence[Made], host: str, now: dt.datetime
) -> str | None:
    def encoded(made: Sequence[Made]) -> list[str]:
        return [base64.b64encode(one.der).decode() for one in made]

    asked = {"Chain": encoded(chain), "Roots": encoded(roots), "Host": host, "Unix": int(now.timestamp())}
    said: str | None = oracle.ask("x509.verify", asked)
    return said


def _leaf(issuer: Made = MIDDLE, **changes: object) -> Made:
    return make(replace(LEAF_PLAN, **changes), issuer)  # type: ignore[arg-type]


def _twin() -> Made:
    """Another authority of the same name and with another key."""
    return make(Plan("Root", authority=True))


EXPIRED_MIDDLE = make(Plan("Expired middle", authority=True, days=(-90, -60)), ROOT)
FUTURE_MIDDLE = make(Plan("Future middle", authority=True, days=(60, 90)), ROOT)
NO_AUTHORITY = make(Plan("No authority", authority=False), ROOT)
NO_CONSTRAINTS = make(Plan("No constraints", constraints=False), ROOT)
SHORT_ROOT = make(Plan("Short root", authority=True, path_length=0))
SHORT_MIDDLE = make(Plan("Short middle", authority=True), SHORT_ROOT)
CLIENTS_ONLY = make(Plan("Clients only", authority=True, purposes=(CLIENT_AUTH,)), ROOT)
SERVERS_ONLY = make(Plan("Servers only", authority=True, purposes=(SERVER_AUTH,)), ROOT)
NO_SIGNER = make(Plan("No signer", authority=True, may_sign=False), ROOT)
SIGNER = make(Plan("Signer", authority=True, may_sign=True), ROOT)
STRANGE_MIDDLE = make(Plan("Strange middle", authority=True, critical_stranger=True), ROOT)
RSA_ROOT = make(Plan("RSA root", authority=True, use_rsa=True))
UNNAMED = make(Plan("", organisation="", authority=True, key_identifiers=False))
ORGANISED = make(Plan("", organisation="Only An Organisation", authority=True))
SELF_SIGNED = make(LEAF_PLAN)

CASES: dict[str, tuple[Sequence[Made], Sequence[Made], Fault | None]] = {
    "good": ([_leaf(), MIDDLE], [ROOT], None),
    "good, root sent too": ([_leaf(), MIDDLE, ROOT], [ROOT], None),
    "good, out of order": ([_leaf(), ROOT, MIDDLE], [ROOT], None),
    "good, straight from the root": ([_leaf(ROOT)], [ROOT], None),
    "good, middle is trusted": ([_leaf()], [MIDDLE], None),
    "good, leaf itself is trusted": ([SELF_SIGNED], [SELF_SIGNED], None),
    "good, without key identifiers": ([_leaf(key_identifiers=False), MIDDLE], [ROOT], None),
    "good, purposes": ([_leaf(SERVERS_ONLY, purposes=(SERVER_AUTH,)), SERVERS_ONLY], [ROOT], None),
    "good, any purpose": ([_leaf(purposes=(ANY_PURPOSE,)), MIDDLE], [ROOT], None),
    "good, signer": ([_leaf(SIGNER), SIGNER], [ROOT], None),
    "good, RSA": ([_leaf(RSA_ROOT)], [RSA_ROOT], None),
    "expired": ([_leaf(days=(-20, -10)), MIDDLE], [ROOT], Fault.TLS_EXPIRED),
    "not yet valid": ([_leaf(days=(10, 20)), MIDDLE], [ROOT], Fault.TLS_NOT_YET_VALID),
    "expired and wrong name": ([_leaf(days=(-20, -10), names=("x.test",)), MIDDLE], [ROOT], Fault.TLS_EXPIRED),
    "wrong name": ([_leaf(names=("a.test", "*.b.test")), MIDDLE], [ROOT], Fault.TLS_WRONG_NAME),
    "no name": ([_leaf(names=()), MIDDLE], [ROOT], Fault.TLS_WRONG_NAME),
    "common name only": (
        [make(Plan(HOST), MIDDLE), MIDDLE], [ROOT], Fault.TLS_NO_ALTERNATIVE_NAMES
    ),
    "wrong name and unknown authority": ([_leaf(names=("a.test",))], [], Fault.TLS_WRONG_NAME),
    "no roots": ([_leaf(), MIDDLE], [], Fault.TLS_UNKNOWN_AUTHORITY),
    "unknown authority": ([_leaf(), MIDDLE], [RSA_ROOT], Fault.TLS_UNKNOWN_AUTHORITY),
    "middle not sent": ([_leaf()], [ROOT], Fault.TLS_UNKNOWN_AUTHORITY),
    "self-signed": ([SELF_SIGNED], [ROOT], Fault.TLS_UNKNOWN_AUTHORITY),
    "root of the same name": ([_leaf(ROOT)], [_twin()], Fault.TLS_UNKNOWN_AUTHORITY),
    "RSA root of the same name": (
        [_leaf(RSA_ROOT)], [make(Plan("RSA root", authority=True))], Fault.TLS_UNKNOWN_AUTHORITY
    ),
    "two roots of the same name": ([_leaf(ROOT)], [_twin(), ROOT], None),
    "expired middle": ([_leaf(EXPIRED_MIDDLE), EXPIRED_MIDDLE], [ROOT], Fault.TLS_EXPIRED),
    "expired middle, trusted": ([_leaf(EXPIRED_MIDDLE)], [EXPIRED_MIDDLE], Fault.TLS_EXPIRED),
    "future middle": ([_leaf(FUTURE_MIDDLE), FUTURE_MIDDLE], [ROOT], Fault.TLS_NOT_YET_VALID),
    "middle is no authority": ([_leaf(NO_AUTHORITY), NO_AUTHORITY], [ROOT], Fault.TLS_UNKNOWN_AUTHORITY),
    "middle without constraints": (
        [_leaf(NO_CONSTRAINTS), NO_CONSTRAINTS], [ROOT], Fault.TLS_UNKNOWN_AUTHORITY
    ),
    "middle may not sign": ([_leaf(NO_SIGNER), NO_SIGNER], [ROOT], Fault.TLS_UNKNOWN_AUTHORITY),
    "too long a path": ([_leaf(SHORT_MIDDLE), SHORT_MIDDLE], [SHORT_ROOT], Fault.TLS_BAD_CHAIN),
    "leaf for clients": ([_leaf(purposes=(CLIENT_AUTH,)), MIDDLE], [ROOT], Fault.TLS_BAD_CHAIN),
    "middle for clients": ([_leaf(CLIENTS_ONLY), CLIENTS_ONLY], [ROOT], Fault.TLS_BAD_CHAIN),
    "leaf with a stranger": ([_leaf(critical_stranger=True), MIDDLE], [ROOT], Fault.TLS_BAD_CHAIN),
    "middle with a stranger": ([_leaf(STRANGE_MIDDLE), STRANGE_MIDDLE], [ROOT], Fault.TLS_BAD_CHAIN),
    "authority without a name": (
        [_leaf(UNNAMED)], [make(UNNAMED.plan)], Fault.TLS_UNKNOWN_AUTHORITY
    ),
    "authority with an organisation": (
        [_leaf(ORGANISED)], [make(ORGANISED.plan)], Fault.TLS_UNKNOWN_AUTHORITY
    ),
    "loop of two authorities": (
        [_leaf(MIDDLE), MIDDLE, make(Plan("Middle", authority=True), MIDDLE)], [], Fault.TLS_UNKNOWN_AUTHORITY
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_same_words_as_go(name: str, oracle: Oracle) -> None:
    chain, roots, _ = CASES[name]
    assert _ours(chain, roots, HOST, NOW) == _go(oracle, chain, roots, HOST, NOW)


@pytest.mark.parametrize("name", CASES)
def test_the_fault_behind_the_words(name: str) -> None:
    chain, roots, fault = CASES[name]
    pool = CertificatePool(root.certificate for root in roots)
    certificates = [made.certificate for made in chain]
    if fault is None:
        verify(certificates, HOST, pool, NOW)
        return
    with pytest.raises(Unacceptable) as caught:
        verify(certificates, HOST, pool, NOW)
    assert caught.value.fault is fault


OLD_ROOT = b"""\
-----BEGIN CERTIFICATE-----
MIIBfDCCASKgAwIBAgIUUKLA83LBdTrP2TTJQCbd6ANPJoIwCQYHKoZIzj0EATAT
MREwDwYDVQQDDAhPbGQgcm9vdDAgFw0yNjExMjEwNTA4NDBaGA8yMTI2MTAyODA1
MDg0MFowEzERMA8GA1UEAwwIT2xkIHJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAASGNlTxJyPMHUZ3zQ6pwnEl0WHNXYSe1j3iLOywItTQ7HggOFmgIH7Nc2GL
lxzhjnXgwlvOq429lgq0ARWlH6c7o1MwUTAdBgNVHQ4EFgQUDDCSWNItf1y5I5jk
9+A0qYMEjhowHwYDVR0jBBgwFoAUDDCSWNItf1y5I5jk9+A0qYMEjhowDwYDVR0T
AQH/BAUwAwEB/zAJBgcqhkjOPQQBA0kAMEYCIQC+miGpVvchJEGFgxOZp4uuI1fk
rPQXosVdxoNnPr2O7gIhALWKBDqqn6kmtWvskGxNdf4PrBXaH+GftecTqxTZUN54
-----END CERTIFICATE-----
"""
OLD_LEAF = b"""\
-----BEGIN CERTIFICATE-----
MIIBhDCCASygAwIBAgIULVEo0c0wo7lCgv/8VuTgjClWyiMwCQYHKoZIzj0EATAT
MREwDwYDVQQDDAhPbGQgcm9vdDAgFw0yNjExMjEwNTA4NDBaGA8yMTI2MTAyODA1
MDg0MFowDzENMAsGA1UEAwwEbGVhZjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BPR2+lKoGQtkzzN4No1mDGc8vRJE8w0ArrVZKCIJRDdy1FwBxgdPhi2CG3oZXmAM
AWEqhF0Yq5WVCc+1LecgjoujYTBfMB0GA1UdEQQWMBSCEm1pcnJvci5leGFtcGxl
LmNvbTAdBgNVHQ4EFgQURXCy8raR2zlq5SZI6NQCZeXGt04wHwYDVR0jBBgwFoAU
DDCSWNItf1y5I5jk9+A0qYMEjhowCQYHKoZIzj0EAQNHADBEAiBK3VBcKVbRtlmB
bbAvu0wnRGrXZJ6uHgpmyVd2Q7CfhgIga8S89pFqFsjr/9cxhZ4P4KDHiPhXYERd
PmvYx6qAcLg=
-----END CERTIFICATE-----
"""


def test_a_signature_with_sha1(oracle: Oracle) -> None:
    """Nothing makes such certificates any more: these two were made with `openssl x509 -sha1`."""
    root, leaf = (x509.load_pem_x509_certificate(text) for text in (OLD_ROOT, OLD_LEAF))
    chain, roots = ([Made(one, MIDDLE.key, LEAF_PLAN)] for one in (leaf, root))
    now = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    said = _ours(chain, roots, HOST, now)
    assert said == _go(oracle, chain, roots, HOST, now)
    assert said is not None
    assert "insecure algorithm ECDSA-SHA1" in said


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "other.test", "MIRROR.example.com", "a.b.test", "x.b.test."]
)
@pytest.mark.parametrize(
    "names", [("127.0.0.1", "::1"), ("mirror.example.com", "*.b.test"), ("127.0.0.2",), ()]
)
def test_names_and_addresses(host: str, names: tuple[str, ...], oracle: Oracle) -> None:
    chain = [_leaf(ROOT, names=names)]
    assert _ours(chain, [ROOT], host, NOW) == _go(oracle, chain, [ROOT], host, NOW)


def test_any_selection_of_authorities(oracle: Oracle) -> None:
    """Every subset of a family of authorities, sent and trusted, at several times."""
    dice = random.Random(7)
    second = make(Plan("Root", authority=True), key=ROOT.key)
    cross = make(Plan("Middle", authority=True), SHORT_ROOT, key=MIDDLE.key)
    family = [MIDDLE, cross, second, EXPIRED_MIDDLE, SHORT_MIDDLE]
    leaf = _leaf()
    trusted = [ROOT, second, SHORT_ROOT, MIDDLE, _twin()]
    moments = [NOW, NOW - dt.timedelta(days=75), NOW + dt.timedelta(days=75)]
    count = 0
    for sent in itertools.chain.from_iterable(itertools.combinations(family, n) for n in range(4)):
        roots = dice.sample(trusted, dice.randint(0, 3))
        now = dice.choice(moments)
        chain = [leaf, *dice.sample(sent, len(sent))]
        assert _ours(chain, roots, HOST, now) == _go(oracle, chain, roots, HOST, now)
        count += 1
    assert count == 26
