"""Which class speaks for which version control system; git has a module of its own."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from probes.golang.vcs_paths import FOSSIL, MERCURIAL, SUBVERSION, VCS
from probes.sources.fossil import FossilHost
from probes.sources.hg import MercurialHost
from probes.sources.programs import Programs
from probes.sources.svn import SubversionHost
from probes.sources.vcs_repo import VCSHost, opened

_KINDS: dict[str, type[VCSHost]] = {
    MERCURIAL.command: MercurialHost,
    SUBVERSION.command: SubversionHost,
    FOSSIL.command: FossilHost,
}


def other_repository(
    programs: Programs, system: VCS, remote: str, module_cache: str
) -> AbstractAsyncContextManager[VCSHost]:
    """codehost.NewRepo for all but git: a repository behind a URL, gone afterwards. Raises GoError."""
    return opened(_KINDS[system.command], programs, remote, module_cache)
