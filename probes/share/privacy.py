"""What is yours in a trace, under other names: hosts, users, addresses, private paths.

The same name gets the same alias everywhere (host-1.example, user-1, private.example/module-1, 192.0.2.1,
/path-1, branch-1), so that the report still reads. Public things keep their names: well-known proxies and
code hosts (probes.share.public_names), modules on them, and modules that a public checksum database has
vouched for; but what matches GOPRIVATE, GONOPROXY or GONOSUMDB never does. What cannot be told is taken for
private.

Two steps. First everything is read once, for names that are known by the place where they stand: the host of
a URL, the path that was asked for, the folder under /home. These are then replaced wherever they occur.
Second, each text is searched for what looks like a name: URLs, addresses, dotted names, absolute paths.

Aliases are put in at the end, so that nothing is masked twice. Bodies of answers and names of certificate
authorities of private servers are kept back. A word without dots that was never seen in the place of a host,
a user or a path cannot be told from any other word, and stays.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from probes.browse.recorded import browse_event_from_json
from probes.browse.table import BrowseEvent
from probes.diagnosis.diagnose import Case
from probes.share import public_names
from probes.share.privacy_programs import KEPT_BACK, without_strangers
from probes.share.privacy_text import URL, TextMask, host_of
from probes.share.private_seeds import PATTERN_VARIABLES, Seeds
from probes.share.session_file import Header
from probes.trace.events import Event, SettingView, event_to_json
from probes.trace.fold import Trace
from probes.trace.recording import event_from_json

_STRUCTURE = frozenset({
    "event", "op", "verdict", "purpose", "outcome", "kind", "access", "separator", "source", "level", "id",
    "variable", "rule", "rung", "judgement", "faults", "fault", "phase", "protocol", "limits", "godebug",
    "hop", "sworn", "turning", "bend", "toolchain", "step", "answered", "vcs", "whom", "standing", "program",
})  # fmt: skip
"""Fields that hold our own words and numbers."""

_PLAIN_HEADERS = frozenset({
    "accept-ranges", "age", "cache-control", "connection", "content-encoding", "content-length",
    "content-type", "date", "expires", "keep-alive", "last-modified", "retry-after", "server",
    "strict-transport-security", "transfer-encoding", "vary", "via", "www-authenticate",
})  # fmt: skip
"""Headers whose values say nothing of a private place that the masks of all texts would not find."""


_PROOFS = frozenset({"checksum.head", "checksum.proved"})
_OF_A_PROOF = frozenset({
    "root", "leaf", "sibling", "node", "side", "tile", "tiles", "when", "known_by", "level",
})  # fmt: skip
"""Fields of a checksum database's proof that hold hashes and numbers: base64 looks like a path."""

_SAID = re.compile(r"(?:server response:|\bit said:)\s")
"""What stands before a server's own words: in go's errors, and in the evidence of a diagnosis."""


def _shortened(name: str, value: str, turning: str) -> str:
    """A place of the project without its folders; "" for what is masked as any text is."""
    if name == "project" or (name == "where" and turning != "module cache"):
        return value.rpartition("/")[2]
    return "a folder" if name == "to" and value.startswith(("/", "./", "../")) else ""


class Mask:
    """Gives aliases to what is private in one trace; the same name always gets the same alias."""

    def __init__(self, seeds: Seeds) -> None:
        self._seeds = seeds
        self._texts = TextMask(seeds)

    @classmethod
    def of(
        cls,
        events: Iterable[Event | BrowseEvent],
        *,
        header: Header | None = None,
        settings: Iterable[SettingView] = (),
    ) -> Mask:
        """Read everything once."""
        said = [event_to_json(event) for event in events]  # type: ignore[arg-type]
        views = [*settings, *(() if header is None else header.settings)]
        if header is not None:
            said.append(header.to_json())
        return cls(Seeds.collect(said, views))

    def text(self, text: str) -> str:
        """One text. What a private server wrote in it is kept back: nobody knows what that names."""
        said = _SAID.search(text)
        if said is not None and self._is_private({"url": text[: said.start()]}):
            text = text[: said.end()] + KEPT_BACK
        return self._texts.text(text)

    def json(self, value: Any) -> Any:
        """JSON, with every text in it masked but for the fields that hold our own words."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self._key(name): self._field(name, item, value) for name, item in value.items()}
        return value

    def _key(self, name: str) -> str:
        """A key: one of ours stays, whatever a host may be called."""
        is_ours = re.fullmatch(r"[a-z_]+", name) is not None
        is_word = re.fullmatch(r"[\w -]*", name) and name not in self._seeds.words
        return name if is_ours or is_word else self.text(name)

    def _field(self, name: str, value: Any, whole: Mapping[str, Any]) -> Any:
        is_setting = name == "name" and "source" in whole and "value" in whole
        if is_setting or (name in _STRUCTURE and not isinstance(value, dict)):
            return value
        if name in _OF_A_PROOF and (whole.get("event") in _PROOFS or "sibling" in whole):
            return value
        if name == "where" and whole.get("event") == "turning.taken" and str(value).startswith(".."):
            return str(value).rpartition("/")[2]  # behind folders that are somebody's own
        if name == "where" and whole.get("event") == "checksum.routed" and isinstance(value, str):
            return value.rpartition("/")[2]  # behind the folder of a module of the workspace
        is_turning = whole.get("event") == "turning.taken" or whole.get("bend") is not None
        if isinstance(value, str) and (name == "project" or (is_turning and name in ("where", "to"))):
            return _shortened(name, value, str(whole.get("turning"))) or self.json(value)
        if name in ("position", "length") and "remedy" in whole:
            return None  # the place is counted in a value that has changed
        has_patterns = name == "private_pattern" or whole.get("name") in PATTERN_VARIABLES
        if has_patterns and name in ("value", "private_pattern") and isinstance(value, str):
            return self._texts.patterns(value)
        if name == "complaint" and isinstance(value, str) and self._is_private({"url": whole.get("command")}):
            value = without_strangers(value)
        if name == "server" and isinstance(value, str):
            return self.text(self._texts.via(value))
        if name == "response_headers" and isinstance(value, list | tuple) and self._is_private(whole):
            return [self._header(item) for item in value]
        if name in ("sample", "body", "title", "phrase") and isinstance(value, str) and value:
            return KEPT_BACK if self._is_private(whole) else self.text(value)
        return self.json(value)

    def _header(self, header: Any) -> Any:
        """A header of a private server: a value that may say something of the place is kept back."""
        if isinstance(header, dict) and str(header.get("name", "")).lower() not in _PLAIN_HEADERS:
            return {**header, "value": KEPT_BACK}
        return self.json(header)

    def _is_private(self, whole: Mapping[str, Any]) -> bool:
        """Whether what is said here was said by a private server, as far as can be told."""
        hosts = [match["auth"] for match in URL.finditer(str(whole.get("url", "")))]
        return not hosts or not all(public_names.is_public_host(host_of(host)) for host in hosts)

    def events(self, events: Iterable[Event]) -> list[Event]:
        """Events of a trace, masked."""
        return [event_from_json(self.json(event_to_json(event))) for event in events]

    def browse_events(self, events: Iterable[BrowseEvent]) -> list[BrowseEvent]:
        """Events of the module browser, masked."""
        return [browse_event_from_json(self.json(event_to_json(event))) for event in events]  # type: ignore[arg-type]

    def trace(self, events: Iterable[Event]) -> Trace:
        """The fold of masked events."""
        trace = Trace()
        for event in self.events(events):
            trace.apply(event)
        return trace

    def header(self, header: Header) -> Header:
        """The header of a session, masked."""
        settings = tuple(
            dataclasses.replace(view, value=self._setting(view.name, view.value)) for view in header.settings
        )
        path, query = self.text(header.path), self.text(header.query)
        return dataclasses.replace(header, path=path, query=query, settings=settings)

    def _setting(self, name: str, value: str) -> str:
        return self._texts.patterns(value) if name in PATTERN_VARIABLES else self.text(value)

    def cases(self, cases: Iterable[Case]) -> tuple[Case, ...]:
        """Diagnoses, masked: made of the trace as it was, so that they are the same."""
        return tuple(dataclasses.replace(case, diagnosis=self._diagnosis(case.diagnosis)) for case in cases)

    def _diagnosis(self, value: Any) -> Any:
        """Every text of a diagnosis, but for its rule, which is from the catalogue."""
        if type(value) is str:
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self._diagnosis(item) for item in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            kept = ("rule", "id", "node")
            changes = {
                field.name: self._diagnosis(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if field.name not in kept
            }
            return dataclasses.replace(value, **changes)
        return value


def masked(events: Iterable[Event], settings: Iterable[SettingView] = ()) -> list[Event]:
    """Events of a trace with everything private under other names. ``settings`` are those of the machine,
    where they are at hand; those of the trace are looked at in any case."""
    told = list(events)
    return Mask.of(told, settings=settings).events(told)
