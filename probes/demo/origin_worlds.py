"""Worlds of the demo where go comes to a module's own repository. git is played in them: none is started."""

from __future__ import annotations

from probes.demo.plans import Place, WorldPlan

PRIVATE = "github.com/acme-demo/billing"
"""A path on a host that go knows: nobody has to be asked where its repository is."""
NO_PASSWORD = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
"""What git 2.39 says where it may not ask for a password, as go runs it (GIT_TERMINAL_PROMPT=0)."""

# As text, for nothing that reads JSON is loaded before the first frame.
_PLAYED = (
    f'{{"paths": ["{PRIVATE}"], "programs": {{'
    f'"git ls-remote": {{"status": 128, "says": "{NO_PASSWORD}\\n"}}, '
    '"git version": {"prints": "git version 2.39.5\\n"}, "git init": {}, "git remote add": {}}}'
)
"""What git prints there, by how the command line begins (probes.sources.played_programs)."""

ORIGIN_WORLDS = (
    WorldPlan(
        "private-no-credentials",
        "A private module, and no credentials",
        "No proxy has the private module, so go goes to its origin. It knows github.com, and runs git at "
        "once; git is asked for a password, may not ask anybody, and go prints what git says. Here git is "
        "played: nothing is started, and github.com is not asked.",
        (Place(()),),
        "{0},direct",
        path=PRIVATE,
        group="The way without a proxy",
        settings={"GOSUMDB": "off", "MODTRACE_SECLUDED": _PLAYED},
    ),
)
