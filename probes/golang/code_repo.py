"""A module as the commits and tags of a repository: what go makes of them in direct mode.

Source: cmd/go/internal/modfetch/coderepo.go (Versions, appendIncompatibleVersions, Stat, Latest, convert,
validatePseudoVersion, findDir, GoMod, retractedVersions, Zip).

No I/O of its own: a CodeHost answers for the repository (code_host.py), so any version control system can
stand behind it. A CodeRepo is a Repo as probes.sources.module_proxy has it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from probes.golang import gomod, module, semver, zip_creation
from probes.golang.code_host import CodeHost, Revision
from probes.golang.errors import GoError, InvalidVersion, ModuleError, unwrap
from probes.golang.gojson import RevInfo
from probes.golang.module_place import (
    ModulePlace,
    is_major,
    legacy_go_mod,
    major_prefix,
    module_path,
    pseudo_version,
)
from probes.golang.modzip import MAX_ZIP_FILE
from probes.golang.quote import quote
from probes.golang.urls import join

GO_MOD = "go.mod"


def _rfc3339_nano(time: datetime) -> str:
    """time.MarshalJSON of a time in UTC."""
    fraction = f".{time.microsecond:06d}".rstrip("0") if time.microsecond else ""
    return f"{time:%Y-%m-%dT%H:%M:%S}{fraction}Z"


@dataclass(frozen=True, slots=True)
class _Found:
    """findDir's answer."""

    revision: str
    folder: str
    go_mod: bytes | None


class CodeRepo:
    """modfetch codeRepo: one module in one repository."""

    def __init__(
        self,
        host: CodeHost,
        place: ModulePlace,
        check_go_line: Callable[[str, str], None] = lambda what, wanted: None,
    ) -> None:
        """``check_go_line`` is told "PATH@VERSION" and the go line of its go.mod before a zip is made, and
        raises what go says where that asks for a newer go."""
        self._host = host
        self._check_go_line = check_go_line
        self.place = place

    # -- versions ----------------------------------------------------------------------------------------

    async def versions(self, prefix: str) -> list[str]:
        """The versions that the tags stand for, sorted, ``+incompatible`` ones last."""
        place = self.place
        if place.path.startswith("gopkg.in/") and place.path.endswith("-unstable"):
            return []  # the tags are those of the stable module
        try:
            tags = await self._host.tags(place.tag_prefix + prefix)
        except GoError as error:
            raise ModuleError(place.path, "", error) from error
        listed: list[str] = []
        incompatible: list[str] = []
        for tag in tags:
            version = tag[len(place.tag_prefix) :]
            if not version or version != semver.canonical(version) or module.is_pseudo_version(version):
                continue
            if module.matches_path_major(version, place.major):
                listed.append(version)
            elif not place.folder and not place.major and semver.major(version) > "v1":
                incompatible.append(version)
        listed, incompatible = semver.sort(listed), semver.sort(incompatible)
        return listed + await self._incompatible_ones(listed, incompatible)

    async def _incompatible_ones(self, listed: list[str], incompatible: list[str]) -> list[str]:
        """appendIncompatibleVersions: none where the last compatible version, or the major's, has go.mod."""
        if not incompatible or (listed and await self._has_go_mod(listed[-1])):
            return []
        last_of = {semver.major(version): version for version in incompatible}
        modern = {major: await self._has_go_mod(version) for major, version in last_of.items()}
        return [f"{version}+incompatible" for version in incompatible if not modern[semver.major(version)]]

    async def _has_go_mod(self, tag: str) -> bool:
        try:
            return await self._host.read_file(tag, GO_MOD) is not None
        except GoError as error:
            raise ModuleError(self.place.path, "", error) from error

    async def _retracted(self) -> Callable[[str], bool]:
        """retractedVersions: what the go.mod of the highest release withdraws, if it can be read."""
        try:
            versions = [v for v in await self.versions("") if not v.endswith("+incompatible")]
            if not versions:
                return lambda version: False
            releases = [v for v in versions if not semver.prerelease(v)]
            found = gomod.parse_lax(await self.go_mod((releases or versions)[-1])).retracts
        except GoError:
            return lambda version: False
        return lambda version: any(
            semver.compare(one.low, version) <= 0 <= semver.compare(one.high, version) for one in found
        )

    # -- one version -------------------------------------------------------------------------------------

    async def stat(self, revision: str) -> RevInfo:
        """What a version, branch, tag or hash is as a version of this module."""
        try:
            found = await self._host.stat(self._tag_of(revision))
        except GoError as error:
            raise ModuleError(self.place.path, "", InvalidVersion(revision, error)) from error
        return await _Conversion(self, self._host, found, revision).run()

    async def latest(self) -> RevInfo:
        """The tip of the default branch as a version: a tag's where it has one, else a pseudo-version."""
        return await _Conversion(self, self._host, await self._host.latest(), "").run()

    async def go_mod(self, version: str) -> bytes:
        """The go.mod of a version, made up where there is none and none is needed."""
        if version != module.canonical_version(version):
            raise GoError(f"version {version} is not canonical")
        if module.is_pseudo_version(version):
            await self.stat(version)  # findDir would look at the hash only
        found = await self.find(version)
        if found.go_mod is not None:
            return found.go_mod
        data = await self._host.read_file(found.revision, join(found.folder, GO_MOD))
        return legacy_go_mod(self.place.path) if data is None else data

    async def zip(self, version: str, sink: BinaryIO) -> None:
        """The module zip of a version, made of the repository's archive."""
        if version != module.canonical_version(version):
            raise GoError(f"version {version} is not canonical")
        if module.is_pseudo_version(version):
            await self.stat(version)  # findDir would look at the hash only
        found = await self.find(version)
        declared = await self._host.read_file(found.revision, join(found.folder, GO_MOD))
        if declared is not None:
            wanted = gomod.go_mod_lookup(declared, "go")
            self._check_go_line(f"{self.place.path}@{version}", wanted)
        with tempfile.TemporaryFile(prefix="modtrace-archive-") as archive:
            await self._host.read_zip(found.revision, found.folder, archive)
            size = archive.seek(0, 2)
            if size > MAX_ZIP_FILE:
                raise GoError("downloaded zip file too large")
            files = zip_creation.files_of_archive(archive, size, found.folder)
            if found.folder and all(file.name != zip_creation.LICENSE for file in files):
                text = await self._host.read_file(found.revision, zip_creation.LICENSE)
                if text is not None:
                    files.append(zip_creation.file_of(zip_creation.LICENSE, text))
            zip_creation.create_zip(self.place.path, version, files, sink)

    def _tag_of(self, revision: str) -> str:
        """revToRev: what the repository knows a version by."""
        if not semver.is_valid(revision):
            return revision
        if module.is_pseudo_version(revision):
            return module.pseudo_version_rev(revision)
        if semver.build(revision) == "+incompatible":
            revision = revision.removesuffix("+incompatible")
        return self.place.tag_prefix + revision

    async def find(self, version: str) -> _Found:
        """findDir: the folder of the module in a version: its own, or for a major version that one's."""
        place = self.place
        if not semver.is_valid(version):
            cause = InvalidVersion(version, GoError("syntax error"))
            raise ModuleError(place.path, "", cause)
        rev = self._tag_of(version)
        file1 = join(place.folder, GO_MOD)
        mod1 = await self._read(rev, file1)
        declared1 = "" if mod1 is None else module_path(mod1)
        replaces_gopkg = not place.major and declared1.startswith("gopkg.in/")
        good1 = mod1 is not None and (is_major(declared1, place.major) or replaces_gopkg)
        file2 = ""
        if place.major and place.root != place.path and not place.major.startswith("."):
            folder2 = join(place.folder, place.major[1:])
            file2 = join(folder2, GO_MOD)
            mod2 = await self._read(rev, file2)
            if mod2 is not None:
                self._check_second(module_path(mod2), file1, file2, rev, good1=good1)
                return _Found(rev, folder2, mod2)
        if good1:
            return _Found(rev, place.folder, mod1)
        if mod1 is not None:
            raise self._wrong_go_mod(declared1, file1, file2, rev, version)
        if not place.folder and (not place.major or place.major.startswith(".")):
            return _Found(rev, "", None)
        also = f" and ...{place.major}/go.mod" if file2 else ""
        raise GoError(f"missing {place.prefix}/go.mod{also} at revision {rev}")

    async def _read(self, rev: str, file: str) -> bytes | None:
        try:
            return await self._host.read_file(rev, file)
        except GoError as error:
            raise GoError(f"reading {self.place.root}/{file} at revision {rev}: {error}") from error

    def _check_second(self, declared: str, file1: str, file2: str, rev: str, *, good1: bool) -> None:
        """The go.mod in the folder of the major version: it has to be the only one, and of that version."""
        place = self.place
        if is_major(declared, place.major):
            if good1:
                raise GoError(
                    f"{place.prefix}/{file1} and ...{place.major}/go.mod both have ...{place.major} "
                    f"module paths at revision {rev}"
                )
        elif not declared:
            raise GoError(f"{place.root}/{file2} is missing module path at revision {rev}")
        else:
            raise GoError(
                f"{place.root}/{file2} has non-...{place.major} module path {quote(declared)} "
                f"at revision {rev}"
            )

    def _wrong_go_mod(self, declared: str, file1: str, file2: str, rev: str, version: str) -> GoError:
        """What go says of a go.mod that is not this module's."""
        place = self.place
        suffix = f" (and ...{place.major}/go.mod does not exist)" if file2 else ""
        where = f"{suffix} at revision {rev}"
        if not declared:
            return GoError(f"{file1} is missing module path{where}")
        if place.major:
            return GoError(f"{file1} has non-...{place.major} module path {quote(declared)}{where}")
        if not module.split_path_version(declared)[2]:
            return GoError(f"{file1} has malformed module path {quote(declared)}{where}")
        return GoError(f"{file1} has post-{semver.major(version)} module path {quote(declared)}{where}")


class _Conversion:
    """codeRepo.convert: the version that one commit is, as ``wanted`` or, when that is empty, by itself."""

    def __init__(self, repo: CodeRepo, host: CodeHost, found: Revision, wanted: str) -> None:
        self._repo = repo
        self._place = repo.place
        self._host = host
        self._found = found
        self._wanted = wanted
        self._without: dict[str, bool] = {}
        """Whether the commit has no go.mod in a folder, as far as it has been looked at."""

    async def run(self) -> RevInfo:
        if module.is_pseudo_version(self._wanted):
            info = await self._checked(self._wanted)
            await _PseudoCheck(self._place, self._host, self._found, self._wanted).run()
            return info
        retracted = await self._repo._retracted()
        version, canonical = self._version_of(self._found.version)
        if canonical:
            try:
                return await self._checked(version)
            except GoError:
                pass  # the tags of the commit may know better
        highest = base = ""
        for tag in self._found.tags:
            version, canonical = self._version_of(tag)
            if self._wanted and semver.compare(version, self._wanted) == 0:
                if canonical:
                    return await self._checked(version)
                base = version
            better = canonical and semver.compare(highest, version) < 0 and not retracted(version)
            if better and await self._fits(version):
                highest = version
        if highest:
            return await self._checked(highest)
        if not base:
            base = await self._base(retracted)
        major = major_prefix(self._place.major)
        return await self._checked(pseudo_version(major, base, self._found.time, self._found.short))

    async def _base(self, retracted: Callable[[str], bool]) -> str:
        """The version that a pseudo-version comes after, "" for none."""
        # Whether +incompatible will do is the commit's affair, not the tag's: it can be asked beforehand.
        tags = await self._host.tags(self._place.tag_prefix)
        versions = {version for tag in tags if (version := self._version_of(tag)[0])}
        fits = {version for version in versions if not retracted(version) and await self._fits(version)}
        tag = await self._host.recent_tag(
            self._found.name, self._place.tag_prefix, lambda tag: self._version_of(tag)[0] in fits
        )
        return self._version_of(tag)[0] if tag else ""

    def _version_of(self, tag: str) -> tuple[str, bool]:
        """tagToVersion: the version of a tag, and whether the tag is written as that version is."""
        prefix = self._place.tag_prefix
        if not tag.startswith(prefix) or module.is_pseudo_version(tag):
            return "", False
        trimmed = tag[len(prefix) :]
        version = semver.canonical(trimmed)
        if not version or not trimmed.startswith(version):
            return "", False
        return version, version == trimmed

    async def _fits(self, version: str) -> bool:
        return module.matches_path_major(version, self._place.major) or await self._may_be_incompatible(
            version
        )

    async def _may_be_incompatible(self, version: str) -> bool:
        """canUseIncompatible: no go.mod in the root, nor, unless it was asked for, in the major's folder."""
        if self._place.folder or self._place.major or not await self._has_none(""):
            return False
        if version and not self._wanted.endswith("+incompatible"):
            return await self._has_none(semver.major(version))
        return True

    async def _has_none(self, folder: str) -> bool:
        if folder not in self._without:
            try:
                data = await self._host.read_file(self._found.name, join(folder, GO_MOD))
            except GoError:
                data = None
            self._without[folder] = data is None
        return self._without[folder]

    async def _checked(self, version: str) -> RevInfo:
        """checkCanonical: the answer, if the module is there and the version fits its path."""
        place, wanted = self._place, self._wanted
        try:
            await self._repo.find(version)
        except GoError as error:
            cause = GoError(str(error), not_exist=True)
            raise ModuleError(place.path, "", InvalidVersion(version, cause)) from error
        if version == wanted.removesuffix("+incompatible"):
            version = wanted
        base = version.removesuffix("+incompatible")
        fault = ""
        if not module.matches_path_major(base, place.major):
            if await self._may_be_incompatible(base):
                version = base + "+incompatible"
            elif place.major:
                fault = "module path includes a major version suffix, so major version must match"
            else:
                other = quote(join(place.prefix, semver.major(version)))
                fault = f"module contains a go.mod file, so module path must match major version ({other})"
        elif version.endswith("+incompatible"):
            fault = f"+incompatible suffix not allowed: major version {semver.major(version)} is compatible"
        if wanted and wanted == module.canonical_version(wanted):
            tag = wanted.removesuffix("+incompatible")
            if tag != base:
                cause = GoError(f"resolves to version {version} ({tag} is not a tag)")
                raise ModuleError(place.path, "", InvalidVersion(wanted, cause))
        if fault:
            raise ModuleError(place.path, "", InvalidVersion(version, GoError(fault)))
        return self._info(version)

    def _info(self, version: str) -> RevInfo:
        origin = dict(self._found.origin)
        if self._place.folder:
            origin["Subdir"] = self._place.folder
        return RevInfo(version, self._found.time, _rfc3339_nano(self._found.time), origin)


class _PseudoCheck:
    """validatePseudoVersion: what a pseudo-version says has to be true of the commit that it names."""

    def __init__(self, place: ModulePlace, host: CodeHost, found: Revision, version: str) -> None:
        self._place = place
        self._host = host
        self._found = found
        self._version = version

    async def run(self) -> None:
        """Raise ModuleError when it is not."""
        try:
            self._check_revision()
            await self._check_base()
        except ModuleError:
            raise
        except GoError as error:
            cause = unwrap(error, InvalidVersion) if isinstance(error, InvalidVersion) else None
            wrapped = cause or InvalidVersion(self._version, error, pseudo=True)
            raise ModuleError(self._place.path, "", wrapped) from error

    def _check_revision(self) -> None:
        revision, short = module.pseudo_version_rev(self._version), self._found.short
        if revision != short:
            if revision.startswith(short):
                raise GoError(f"revision is longer than canonical (expected {short})")
            if short.startswith(revision):
                raise GoError(f"revision is shorter than canonical (expected {short})")
            raise GoError(f"does not match short name of revision (expected {short})")
        if module.pseudo_version_time(self._version) != self._found.time.replace(microsecond=0):
            expected = f"{self._found.time:%Y%m%d%H%M%S}"
            raise GoError(f"does not match version-control timestamp (expected {expected})")

    async def _check_base(self) -> None:
        place = self._place
        revision = module.pseudo_version_rev(self._version)
        base = module.pseudo_version_base(self._version.removesuffix("+incompatible"))
        if not base:
            if not major_prefix(place.major) and semver.major(self._version) == "v1":
                raise GoError("major version without preceding tag must be v0, not v1")
            return
        for tag in self._found.tags:
            if tag.removeprefix(place.tag_prefix) == base:
                raise GoError(
                    f"tag ({tag}) found on revision {revision} is already canonical, "
                    "so should not be replaced with a pseudo-version derived from that tag"
                )
        last = ""
        failure: GoError | None = None
        for tag in await self._host.tags(place.tag_prefix + base):
            if semver.compare(tag.removeprefix(place.tag_prefix), base) == 0:
                last, failure = tag, None
                try:
                    if await self._host.descends_from(self._found.name, tag):
                        return
                except GoError as error:
                    failure = error
        if not last:
            raise GoError(f"preceding tag ({base}) not found")
        if failure is not None:
            raise failure
        raise GoError(f"revision {revision} is not a descendent of preceding tag ({last})")
