"""The part of the app that looks again: at the layers of a hop, in two ways, with public resolvers."""

from __future__ import annotations

import ipaddress
from typing import ClassVar

from textual.binding import BindingType

from probes.golang.errors import GoError
from probes.golang.urls import parse_url
from tui.getting import GettingApp
from tui.keys import key
from tui.looks import Wish
from tui.screens.choice_screen import Choice, ChoiceScreen

PUBLIC_RESOLVERS = ("Cloudflare", "Google", "Quad9", "AliDNS", "DNSPod")
"""Who is asked (probes.ladder.public_resolvers), by name: those who must know before they agree."""


class LookingApp(GettingApp):
    """An app that can look again at what a trace did."""

    HELP_TITLE = "Doctor, after a trace"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("x", "look", "look", "Look closer at the row's hop, layer by layer"),
        key("c", "compare", "look.compare", "Works in curl, not in go? The hop's steps in two ways"),
        key("P", "resolvers", "look.resolvers", "Ask public resolvers for the hop's name; they learn it"),
        key("K", "capabilities", "look.capabilities", "What each proxy can do: some ten small requests each"),
    ]

    def action_look(self) -> None:
        """Climb the ladder of the row."""
        self._look()

    def action_compare(self) -> None:
        """The same, with every step done in two ways."""
        self._look(compare=True)

    def action_resolvers(self) -> None:
        """The same, with public resolvers, after a question: they learn the name."""
        request = self._request()
        if request is None:
            return
        host = self._host(request)
        if host is None:
            self.tell("the row's hop is an address: there is no name to ask anybody about")
            return
        who = f"{', '.join(PUBLIC_RESOLVERS[:-1])} and {PUBLIC_RESOLVERS[-1]}"
        choices = [
            Choice(None, "back", "nobody is asked"),
            Choice("ask", "ask", "", f"{who} learn the name {self.workbench.shown.text(host)}"),
        ]
        shown = self.workbench.shown.text(host)
        screen = ChoiceScreen(f"Ask public resolvers for {shown}?", choices)
        self.push_screen(screen, lambda chosen: self._ask(request) if chosen == "ask" else None)

    def _ask(self, request: int) -> None:
        self._begin(Wish((request,), resolvers=True))

    def action_capabilities(self) -> None:
        """Ask each proxy what it can do."""
        trace = self.session.trace
        if not self._has_ended():
            return
        if trace.route is not None and trace.route.private_pattern is not None:
            self.tell("the path is private: no proxy may learn it, so none is asked what it can do")
            return
        if trace.chosen is None:
            self.tell("no version was chosen, so there is nothing to ask the proxies for")
            return
        self.workbench.tree_pane.unfold_hops()
        self._begin(Wish())

    # -- what all of them need -----------------------------------------------------------------------

    def _look(self, *, compare: bool | None = None) -> None:
        request = self._request()
        if request is not None:
            self._begin(Wish((request,), compare))

    def _begin(self, wish: Wish) -> None:
        for request in wish.requests:
            self.workbench.tree_pane.unfold(request)
        self.workbench.show_pane("tree")
        if not self.session.look(wish):
            self.tell("that is under way")
        self.wake()

    def _has_ended(self) -> bool:
        if self.session.trace.finished is None:
            self.tell(
                "first a trace, to its end: press t"
                if not self.session.tracing
                else "the trace goes on; s stops it"
            )
        return self.session.trace.finished is not None

    def _request(self) -> int | None:
        """The request of the row; None after telling why there is none."""
        if not self._has_ended():
            return None
        pane, trace = self.workbench.tree_pane, self.session.trace
        request = pane.request_here()
        if request is None:
            hop = trace.hop(pane.hop_here())
            name = "the row" if hop is None else hop.name
            self.tell(
                "choose a row of a hop first"
                if hop is None
                else f"go never asked {name} here, so there is no request of its to look at"
            )
        elif not trace.requests[request].started.url.startswith(("http://", "https://")):
            self.tell("go reads a file there: no network, no layers")
            return None
        return request

    def _host(self, request: int) -> str | None:
        """The name that a request is for; None for an address."""
        try:
            host = parse_url(self.session.trace.requests[request].started.url).hostname()
        except GoError:
            return None
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host or None
        return None
