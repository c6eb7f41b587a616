"""Every path that the venue serves: with which verb, under whose limit, for whom, and by which function.

Source: Matchbook API docs, reference; the groups from its fair usage policy.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from venues.matchbook.fake import account, cancelling, catalogue, editing, listings, placing, reports, settled, sports
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.heartbeat import DeadMan
from venues.matchbook.fake.options import Group
from venues.matchbook.fake.sessions import Sessions
from venues.sim.faults import Dice

Serve = Callable[[Call], Any]
"""Serves one call: the body of a 200, or a whole `Reply`. Raises `Refused`."""


class Route(msgspec.Struct, frozen=True):
    """One path. An `open` one serves those without a session too."""

    method: str
    path: re.Pattern[str]
    group: Group
    serve: Serve
    open: bool = False


def routes(books: Books, sessions: Sessions, dead_man: DeadMan, dice: Dice) -> list[Route]:
    """All of them."""

    def of(function: Callable[[Books, Call], Any]) -> Serve:
        return partial(function, books)

    session, offers, heart = "/bpapi/rest/security/session", "/edge/rest/v2/offers", "/edge/rest/v1/heartbeat"
    event, market = "/edge/rest/events/#", "/edge/rest/events/#/markets/#"
    write, read, report = Group.BETTING_WRITE, Group.BETTING_READ, "/edge/rest/reports"
    return [
        _open("POST", session, Group.SECURITY, sessions.login),
        _open("GET", session, Group.SECURITY, sessions.look),
        _route("DELETE", session, Group.SECURITY, sessions.logout),
        _open("GET", "/edge/rest/lookups/sports", Group.DEFAULT, of(sports.get_sports)),
        _open("GET", "/edge/rest/navigation", Group.NAVIGATION, of(sports.get_navigation)),
        _open("GET", "/edge/rest/events", Group.EVENTS, of(catalogue.get_events)),
        _open("GET", event, Group.EVENTS, of(catalogue.get_event)),
        _open("GET", f"{event}/markets", Group.EVENTS, of(catalogue.get_markets)),
        _open("GET", market, Group.EVENTS, of(catalogue.get_market)),
        _open("GET", f"{market}/runners", Group.EVENTS, of(catalogue.get_runners)),
        _open("GET", f"{market}/runners/#", Group.EVENTS, of(catalogue.get_runner)),
        _open("GET", f"{market}/runners/#/prices", Group.EVENTS, of(catalogue.get_prices)),
        _route("POST", offers, write, partial(placing.submit, books, dice)),
        _route("PUT", offers, write, of(editing.edit_many)),
        _route("PUT", f"{offers}/#", write, of(editing.edit_one)),
        _route("DELETE", offers, write, of(cancelling.cancel_many)),
        _route("DELETE", f"{offers}/#", write, of(cancelling.cancel_one)),
        _route("GET", offers, read, of(listings.get_offers)),
        _route("GET", f"{offers}/#", read, of(listings.get_offer)),
        _route("GET", f"{offers}/#/offer-edits", read, of(listings.get_edits)),
        _route("GET", f"{offers}/#/offer-edits/#", read, of(listings.get_edit)),
        _route("GET", "/edge/rest/v2/matched-bets/aggregated", read, of(listings.get_matched)),
        _route("GET", "/edge/rest/bets/matched/aggregated", read, of(listings.get_matched)),
        _route("GET", "/edge/rest/bets", read, of(listings.get_bets)),
        _route("GET", "/edge/rest/account/positions", read, of(listings.get_positions)),
        _route("GET", "/edge/rest/account", Group.ACCOUNT, of(account.get_account)),
        _route("GET", "/edge/rest/account/balance", Group.ACCOUNT, of(account.get_balance)),
        _route("GET", "/bpapi/rest/account/balance", Group.ACCOUNT, of(account.get_wallet)),
        _route("GET", f"{report}/v2/offers/current", Group.REPORTS, of(reports.get_current_offers)),
        _route("GET", f"{report}/v2/bets/current", Group.REPORTS, of(reports.get_current_bets)),
        _route("GET", f"{report}/v2/bets/settled", Group.REPORTS, of(settled.get_settled_bets)),
        _route("GET", f"{report}/v1/transactions", Group.REPORTS, of(settled.get_transactions)),
        _route("POST", heart, Group.DEFAULT, dead_man.beat),
        _route("GET", heart, Group.DEFAULT, dead_man.look),
        _route("DELETE", heart, Group.DEFAULT, dead_man.end),
    ]


def _route(method: str, path: str, group: Group, serve: Serve) -> Route:
    """A `#` in a path stands for an id."""
    return Route(method, re.compile(path.replace("#", "([0-9]{1,19})")), group, serve)


def _open(method: str, path: str, group: Group, serve: Serve) -> Route:
    return msgspec.structs.replace(_route(method, path, group, serve), open=True)
