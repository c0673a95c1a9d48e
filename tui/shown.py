"""What the panes are drawn from: the session as it is, or with everything private under other names.

While ``private`` is on, nothing of the session is drawn that has not gone through probes.share.privacy: the
events are masked and folded anew, so that rows, details, copies and commands follow by themselves. Each time
something was said the mask is made of all that was said so far; an alias may change while a trace still runs.
Names of versions are public, and stay: what is fetched is named by them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.browse.table import ColumnAnswered, VersionTable
from probes.golang.environment import Environment, Facts, Setting
from probes.trace.events import SettingView
from probes.trace.fold import Trace
from tui.drawing.environment_rows import EnvironmentView
from tui.session import Session

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from probes.diagnosis.findings import Finding
    from probes.share.privacy import Mask


@dataclass(frozen=True, slots=True)
class _Masked:
    """The session under other names, and what it was made of."""

    made_of: tuple[object, ...]
    mask: Mask
    trace: Trace
    table: VersionTable
    cases: tuple[Case, ...]
    environment: EnvironmentView | None
    real: dict[str, str]
    """What may be chosen, by the name under which it is shown."""


class Shown:
    """The session for showing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._masked: _Masked | None = None
        self.private = False
        """Whether everything private stands under other names."""

    @property
    def trace(self) -> Trace:
        """The trace."""
        return self._now_masked().trace if self.private else self._session.trace

    @property
    def real_trace(self) -> Trace | None:
        """The last trace with the real settings; None where there is none of what is traced."""
        real = self._session.trial.real
        if real is None or real.target != self._session.target:
            return None
        return self._now_masked().mask.trace(real.events) if self.private else real.trace

    @property
    def table(self) -> VersionTable:
        """The table of versions."""
        return self._now_masked().table if self.private else self._session.table

    @property
    def cases(self) -> tuple[Case, ...]:
        """The diagnoses."""
        return self._now_masked().cases if self.private else self._session.cases

    @property
    def environment_view(self) -> EnvironmentView | None:
        """The settings."""
        return self._now_masked().environment if self.private else self._session.environment_view

    @property
    def failure(self) -> str | None:
        """What went wrong with modtrace itself."""
        failure = self._session.failure
        return None if failure is None else self.text(failure)

    @property
    def target(self) -> str:
        """PATH@QUERY; "" when nothing is traced."""
        return self.text(_target(self._session))

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The modules of the go.mod."""
        scene = self._session.scene
        return tuple(map(self.text, () if scene is None else scene.suggestions))

    @property
    def known(self) -> tuple[str, ...]:
        """Everything that somebody may want traced, the likeliest first."""
        return tuple(dict.fromkeys((*self.suggestions, *map(self.text, self._session.paths))))

    def text(self, text: str) -> str:
        """Any text."""
        return self._now_masked().mask.text(text) if self.private and text else text

    def real(self, text: str) -> str:
        """What was chosen, where its other name was shown."""
        return self._now_masked().real.get(text, text) if self.private else text

    def others(self, targets: Sequence[tuple[str, str]]) -> list[str]:
        """PATH@QUERY of other questions; their other names are not those of the present one."""
        text = self.masking(targets)
        return [text(f"{path}@{query}") for path, query in targets]

    def masking(self, targets: Sequence[tuple[str, str]]) -> Callable[[str], str]:
        """How texts about other questions are shown."""
        if not self.private:
            return str
        from probes.share.privacy import Mask
        from probes.share.private_seeds import Seeds
        from probes.share.session_file import Header

        view = self._session.environment_view
        settings = [] if view is None else _views(view.environment)
        said = [Header("app", path, query).to_json() for path, query in targets]
        return Mask(Seeds.collect(said, settings)).text

    # -- under other names ---------------------------------------------------------------------------

    def _now_masked(self) -> _Masked:
        session = self._session
        made_of = (
            session.trace, session.said.count, session.cases, session.scene, session.opinion, session.target,
            session.paths,
        )  # fmt: skip
        if self._masked is None or not _same(self._masked.made_of, made_of):
            self._masked = self._make(made_of)
        return self._masked

    def _make(self, made_of: tuple[object, ...]) -> _Masked:
        from probes.share.privacy import Mask
        from probes.share.session_file import Header

        session = self._session
        browsing = session.said.in_table
        # Masking ten thousand names of versions would take a second; they are put back as they are.
        short = [
            replace(said, versions=()) if isinstance(said, ColumnAnswered) else said for said in browsing
        ]
        path, query = session.target or ("", "")
        view = session.environment_view
        settings = () if view is None else _views(view.environment)
        header = Header("app", path, query)
        real = () if session.trial.real is None else session.trial.real.events
        mask = Mask.of([*session.said.in_trace, *short, *real], header=header, settings=settings)
        table = VersionTable()
        for said, before in zip(mask.browse_events(short), browsing, strict=True):
            if isinstance(said, ColumnAnswered) and isinstance(before, ColumnAnswered):
                said = replace(said, versions=before.versions)
            table.apply(said)
        scene = session.scene
        choices = [_target(session), *(() if scene is None else scene.suggestions), *session.paths]
        return _Masked(
            made_of, mask, mask.trace(session.said.in_trace), table, mask.cases(session.cases),
            None if view is None else _environment_view(view, mask), {mask.text(one): one for one in choices},
        )  # fmt: skip


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return all(one is other or one == other for one, other in zip(before, now, strict=True))


def _target(session: Session) -> str:
    return "" if session.target is None else "{}@{}".format(*session.target)


def _views(environment: Environment) -> list[SettingView]:
    """Every value of every variable, those that are hidden too."""
    views = []
    for name, setting in environment.settings.items():
        values = [(setting.shown.text, setting.source)]
        values += [(setting.show(hidden.value).text, hidden.source) for hidden in setting.shadowed]
        views += [SettingView(name, value, source.value) for value, source in values]
    return views


def _environment_view(view: EnvironmentView, mask: Mask) -> EnvironmentView:
    """The settings as they are shown; bytes of files and the process's variables are left out."""
    environment = view.environment
    settings = {name: _setting(setting, mask) for name, setting in environment.settings.items()}
    masked = replace(
        environment, settings=settings, process={}, real_process={}, user_file=None, goroot_file=None,
        facts=Facts(go_version=environment.facts.go_version), overlay={},
    )  # fmt: skip
    findings = tuple(_finding(finding, mask) for finding in view.findings)
    return replace(view, environment=masked, findings=findings)


def _setting(setting: Setting, mask: Mask) -> Setting:
    shadowed = tuple(
        replace(hidden, value=_value(setting, hidden.value, mask), where=_where(hidden.where, mask))
        for hidden in setting.shadowed
    )
    value = _value(setting, setting.value, mask)
    return replace(setting, value=value, where=_where(setting.where, mask), shadowed=shadowed)


def _value(setting: Setting, value: str, mask: Mask) -> str:
    from probes.share.session_file import Header

    view = SettingView(setting.name, setting.show(value).text, setting.source.value)
    return mask.header(Header(settings=(view,))).settings[0].value


def _where(where: str | None, mask: Mask) -> str | None:
    return None if where is None else mask.text(where)


def _finding(finding: Finding, mask: Mask) -> Finding:
    """Its place is counted in a value that has changed."""
    remedy = tuple(mask.text(text) for text in finding.remedy)
    return replace(finding, message=mask.text(finding.message), remedy=remedy, position=None, length=None)
