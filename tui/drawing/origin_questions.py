"""The questions on the way to a module's own repository: the answer that was given lit, the others dim.

Sources: cmd/go/internal/vcs (RepoRootForImportPath, vcsPaths, repoRootForImportDynamic), cmd/go/internal/vcs
checkGOVCS, cmd/go/internal/modfetch (coderepo.go, codehost/git.go); each event names the rule that decided.
"""

from __future__ import annotations

from probes.trace.origin_events import Answered, OriginDecided, OriginStep
from probes.trace.origin_told import found_words
from tui.drawing.decisions import Branch, Question
from tui.lines import Role

LABELS = {
    OriginStep.SECURITY: "GOINSECURE?", OriginStep.STATIC: "static host?", OriginStep.SUFFIX: "VCS suffix?",
    OriginStep.GO_IMPORT: "go-import?", OriginStep.PREFIX: "prefix page?", OriginStep.GOVCS: "GOVCS?",
    OriginStep.PROGRAM: "program?", OriginStep.PLACE: "folder?", OriginStep.REFS: "refs?",
    OriginStep.REVISION: "revision?", OriginStep.GO_MOD: "go.mod?", OriginStep.ARCHIVE: "archive?",
}  # fmt: skip
"""The steps as questions."""

_LOOKS = {
    Answered.YES: ("yes", "ok", Role.OK),
    Answered.NO: ("no", "none", Role.PLAIN),
    Answered.FAILS: ("stops here", "stop", Role.FAIL),
    Answered.UNKNOWN: ("unknown", "unknown", Role.WARN),
}
"""The answer, the name of its symbol, its role."""

_OTHERWISE: dict[OriginStep, dict[Answered, str]] = {
    OriginStep.SECURITY: {
        Answered.YES: "with a pattern of GOINSECURE that matches the path, a bad certificate and then plain "
        "http would be taken",
        Answered.NO: "without GOINSECURE only https with a good certificate would be taken",
    },
    OriginStep.STATIC: {
        Answered.YES: "of a host in go's own table the repository would be known without asking",
        Answered.NO: "a host that is not in go's own table would be asked for the page of the path",
        Answered.FAILS: "a path that does not fit its host's rule would be refused",
    },
    OriginStep.SUFFIX: {
        Answered.YES: "with .git or the like in the path, what stands before it would be the repository",
        Answered.NO: "without .git or the like in the path the host would be asked",
        Answered.FAILS: "if no protocol got an answer, go would stop: no secure protocol found",
    },
    OriginStep.GO_IMPORT: {
        Answered.YES: "a page with a go-import tag whose prefix is the path or begins it would name the "
        "repository, whatever its status",
        Answered.FAILS: "without such a tag, or with several that match, go would stop: unrecognized import "
        "path",
    },
    OriginStep.PREFIX: {
        Answered.YES: "if the page of the prefix had the same tag, go would go on",
        Answered.NO: "with a tag whose prefix is the whole path no second page would be asked for",
        Answered.FAILS: "if the page of the prefix said otherwise, go would stop",
    },
    OriginStep.GOVCS: {
        Answered.YES: "a system that GOVCS allows for this path would be run",
        Answered.FAILS: "a system that GOVCS does not allow for this path would not be run: public paths "
        "have git and hg only, unless it says otherwise",
    },
    OriginStep.PROGRAM: {
        Answered.YES: "with the program in PATH it would be run",
        Answered.FAILS: "without the program in PATH go would stop",
        Answered.UNKNOWN: "without being told that it may, modtrace would not start it",
    },
    OriginStep.PLACE: {
        Answered.YES: "with a path below the repository's root, the rest of it would be the folder",
        Answered.FAILS: "with a path that does not fit the root go would stop",
    },
    OriginStep.REFS: {
        Answered.YES: "if the repository answered, its tags would be the versions",
        Answered.FAILS: "if it could not be read, go would stop with what the program complained of",
    },
    OriginStep.REVISION: {
        Answered.YES: "a tag, branch or commit of that name would be taken",
        Answered.FAILS: "if there were none of that name, go would stop: unknown revision",
    },
    OriginStep.GO_MOD: {
        Answered.YES: "with a go.mod that names this path, or with none at all, the version would be taken",
        Answered.NO: "with no go.mod in that revision, one with the path alone would stand for it",
        Answered.FAILS: "with a go.mod that names another path or major version, go would stop",
    },
    OriginStep.ARCHIVE: {
        Answered.YES: "the files of the folder would become the module's zip",
        Answered.FAILS: "if the archive could not be made, go would stop",
    },
}


def origin_question(step: OriginDecided) -> Question:
    """One step with all of its answers; the one that was given first."""
    answer, symbol, role = _LOOKS[step.answered]
    if step.step is OriginStep.SECURITY and step.answered is Answered.YES:
        symbol, role = "warn", Role.WARN
    found = " ".join(word for word in (step.version, *found_words(step)) if word)
    taken = Branch(answer, found or step.because, step.because if found else "", True, symbol, role)
    others = tuple(
        Branch(_LOOKS[answered][0], "", f"not taken: {words}")
        for answered, words in _OTHERWISE[step.step].items()
        if answered is not step.answered
    )
    return Question((taken, *others), step.rule)
