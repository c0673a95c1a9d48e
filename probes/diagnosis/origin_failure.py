"""What failed in direct mode: the step, the program, the repository, and who had been asked before. Pure.

What go prints of it is one error, and its ranking (modfetch/proxy.go TryProxies) puts the error of direct
before whatever proxies answered. So this looks at the steps themselves (origin_events.py): the one whose
error go's ends with, and the run of a program behind it. Words of a program are a server's in part;
complaints.py tells which of them count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from probes.diagnosis.complaints import judged
from probes.diagnosis.goproxy_hosts import PUBLIC
from probes.diagnosis.symptoms import Symptom
from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.goproxy import HopKind
from probes.golang.vcs_words import Complaint
from probes.trace.fold import Trace
from probes.trace.origin_causes import failed_step
from probes.trace.origin_events import OriginDecided, OriginStep, ProgramFinished

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z+]*)://(?:[^\s/@]*@)?(?P<host>\[[^\]\s]+\]|[^\s/:'\"]+)(?::(?P<port>\d+))?"
)
_SCP = re.compile(r"(?:^|\s)[\w.-]+@(?P<host>[\w.-]+):(?!//)\S")
_SSH = frozenset({"ssh", "git+ssh", "svn+ssh"})
LOG_INS = frozenset({"netrc", "URL", "extraHeader", "helper", "askpass"})
"""What git can show to a server; it is told of roots and proxies, too."""
_PAGES = (OriginStep.GO_IMPORT, OriginStep.PREFIX)


@dataclass(frozen=True, slots=True)
class Place:
    """A server, as a URL names it."""

    scheme: str = ""
    host: str = ""
    """Without a port."""
    port: str = ""

    @property
    def authority(self) -> str:
        """Host, and port where the URL has one."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def is_ssh(self) -> bool:
        """Whether ssh leads there."""
        return self.scheme in _SSH


def place_of(url: str) -> Place:
    """The server that a URL, or ssh's short form of one, leads to; an empty one for anything else."""
    if match := _URL.search(url):
        return Place(match["scheme"], match["host"], match["port"] or "")
    if match := _SCP.search(url):
        return Place("ssh", match["host"])
    return Place()


@dataclass(frozen=True, slots=True)
class OriginFailure:
    """One failure of direct mode."""

    step: OriginDecided | None
    run: ProgramFinished | None
    """The program that failed."""
    complaint: Complaint | None
    """What it complained of; None where no program failed."""
    told: str
    """The words that say so."""
    repository: str
    """Its URL as go has it, secrets masked; "" where it is not known."""
    place: Place
    """The server of the repository, else that of the page."""
    asked: Place
    """The server that the program itself names; another one where a setting of git's rewrites the URL.
    Where ssh's own settings lead on (HostName), it is the host that they stand for."""
    real: Place
    """Where ssh connects by its own settings; an empty place where they are not known."""
    said: Place
    """The server as the program's words have it."""
    root: str
    """The import path of the repository's root."""
    vcs: str
    learnt: tuple[str, ...]
    """Public module proxies that were asked for the path before."""
    credentials: tuple[CredentialUse, ...]
    """What is known of credentials for this place."""
    goauth_failed: str = ""
    """How a command in GOAUTH ended that did not end well."""

    @property
    def is_page(self) -> bool:
        """Whether the page of the path failed, before any program was needed."""
        return self.step is not None and self.step.step in _PAGES

    @property
    def is_rewritten(self) -> bool:
        """Whether the program went to another server than the one go named."""
        return bool(self.asked.host and self.place.host) and self.asked.host != self.place.host

    def credential(self, whom: Whom, *standings: Standing) -> CredentialUse | None:
        """The first credential that this program would use, or passes over."""
        own = (use for use in self.credentials if use.whom is whom and use.standing in standings)
        return next((use for use in own if whom is not Whom.GIT or use.kind in LOG_INS), None)


def origin_failure(trace: Trace, symptom: Symptom) -> OriginFailure | None:
    """What failed in direct mode, for a symptom of it; None for any other symptom."""
    hop = None if symptom.hop is None else symptom.hop.id
    step = _step(trace, hop, symptom)
    run = _run(trace, hop, step, symptom)
    if step is None and run is None:
        return None
    repository = _repository(trace, hop, step, run)
    page = place_of(symptom.url)
    place = place_of(repository) if repository else page
    complaint, told = (None, "") if run is None else judged(run.complaint)
    said = _asked(told)
    asked, real = _before_ssh(trace, said, place, complaint)
    return OriginFailure(
        step=step,
        run=run,
        complaint=complaint,
        told=told,
        repository=repository,
        place=place,
        asked=asked,
        real=real,
        said=said,
        root=_root(trace, hop),
        vcs=next((one.vcs for one in reversed(trace.origin.decided) if one.hop == hop and one.vcs), "git"),
        learnt=tuple(_learnt(trace)),
        credentials=tuple(_credentials(trace, {place.host, asked.host, page.host} - {""})),
        goauth_failed=_goauth_failed(trace),
    )


def _step(trace: Trace, hop: int | None, symptom: Symptom) -> OriginDecided | None:
    """The step whose error go's ends with."""
    walk = None if symptom.decision is None else symptom.decision.walk
    number = failed_step(trace, hop, symptom.words, walk)
    return None if number is None else trace.origin.decided[number]


def _run(
    trace: Trace, hop: int | None, step: OriginDecided | None, symptom: Symptom
) -> ProgramFinished | None:
    """The run behind a step: its own, else the one that go's words quote; of several ways the safest."""
    finished = [ran.finished for ran in trace.origin.programs.values() if ran.finished is not None]
    failed = [run for run in finished if run.hop == hop and run.outcome != "ok"]
    if step is not None and step.step in _PAGES:
        return None  # what ran there is a command of GOAUTH
    number = step.program if step is not None else None
    if number is None and symptom.decision is not None:
        number = symptom.decision.program
    own = [run for run in failed if run.program == number]
    if step is not None and step.step is OriginStep.SUFFIX:
        # Each scheme was tried, and go does not say how any of them failed: https comes before ssh and git.
        return next(iter([*(run for run in failed if "https://" in run.command), *failed]), None)
    quoted = [run for run in failed if run.complaint and _first_line(run.complaint) in symptom.words]
    if step is not None and step.step in (OriginStep.GOVCS, OriginStep.STATIC, OriginStep.PLACE):
        quoted = []
    return next(iter([*own, *quoted[::-1]]), None)


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0].strip()


def _repository(
    trace: Trace, hop: int | None, step: OriginDecided | None, run: ProgramFinished | None
) -> str:
    """The repository's URL: as the failing command has it, else as a step found it."""
    if run is not None and (match := re.search(r"\s([a-z+]+://\S+|[\w.-]+@[\w.-]+:\S+)", run.command)):
        return match[1]
    if step is not None and step.step in _PAGES:
        return ""
    found = [one.to for one in trace.origin.decided if one.hop == hop and place_of(one.to).host]
    return found[-1] if found else ""


def _root(trace: Trace, hop: int | None) -> str:
    """The root that was found: a path that the module's own begins with."""
    for one in reversed(trace.origin.decided):
        words = re.split(r"[\s,;]+", f"{one.to} {one.because}")
        for word in words if one.hop == hop else ():
            if one.path == word or ("." in word and one.path.startswith(f"{word}/")):
                return word
    return "" if trace.started is None else trace.started.path


_NAMED = re.compile(
    r"(?:connect to host |Could not resolve host(?:name)?:? |Failed to connect to |host key is known for |"
    r"Host key for |target host name ')\[?(?P<host>[\w.:-]*\w)"
    r"|^(?:[\w.-]+@)(?P<denied>[\w.-]+): Permission denied",
    re.MULTILINE,
)


def _asked(own: str) -> Place:
    """The server that a program names itself."""
    if match := re.search(r"(?:for|access|repository) '([^']+)'", own):
        return place_of(match[1])
    if match := _NAMED.search(own):
        is_ssh = "Could not resolve host:" not in match[0] and "Failed to connect" not in match[0]
        port = re.search(r"^(?:\]:(\d+)| port (\d+))", own[match.end() :])
        number = "" if port is None else next(filter(None, port.groups()))
        standard = "22" if is_ssh else "443"
        return Place(
            "ssh" if is_ssh else "https",
            match["host"] or match["denied"],
            "" if number == standard else number,
        )
    return Place()


_CONNECTS = re.compile(r"ssh connects as \S+ to (?P<host>\S+), port (?P<port>\d+)")
"""What probes.auth.over_ssh has of ``ssh -G``."""


_OF_SSH = frozenset({Complaint.HOST_KEY_UNKNOWN, Complaint.HOST_KEY_CHANGED, Complaint.NO_KEY_ACCEPTED})


def _before_ssh(
    trace: Trace, said: Place, place: Place, complaint: Complaint | None
) -> tuple[Place, Place]:
    """The host that git gave to ssh, where ssh's words name what its settings make of it; and that one."""
    for seen in trace.origin.credentials:
        match = _CONNECTS.match(seen.use.because) if seen.use.kind == "ssh config" else None
        if match is None:
            continue
        real = Place("ssh", match["host"], "" if match["port"] == "22" else match["port"])
        given = place_of(f"ssh://{seen.use.host}")
        if said.is_ssh and said.host in (real.host, given.host):
            return given, real
        if not said.host and (complaint in _OF_SSH or place.is_ssh):
            return given, real
    return said, Place()


def _learnt(trace: Trace) -> Iterator[str]:
    """The public proxies that answered before direct had its turn."""
    for hop in () if trace.route is None else trace.route.hops:
        is_public = hop.kind is HopKind.PROXY and hop.name.partition(":")[0] in PUBLIC
        if is_public and any(request.finished is not None for request in trace.requests_at(hop.id)):
            yield hop.name


def _credentials(trace: Trace, hosts: Iterable[str]) -> Iterator[CredentialUse]:
    for seen in trace.origin.credentials:
        if any(re.split(r"[:/]", seen.use.host.lower())[0] == host.lower() for host in hosts):
            yield seen.use


def _goauth_failed(trace: Trace) -> str:
    """How a command in GOAUTH ended; "" where there is none, or where all is well."""
    setting = trace.settings.get("GOAUTH")
    # Their arguments may be masked: what is run is known by its name.
    commands = {command.strip() for command in ("" if setting is None else setting.value).split(";")}
    names = {command.split()[0] for command in commands if command} - {"off", "netrc", "git"}
    names |= {"git credential"} if any(command.startswith("git ") for command in commands) else set()
    for ran in trace.origin.programs.values():
        if ran.finished is None or ran.finished.outcome == "ok":
            continue
        if any(f"{ran.finished.command} ".startswith(f"{name} ") for name in names):
            return ran.finished.outcome
    return ""
