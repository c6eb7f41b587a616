"""The questions asked of the venue, each as one conversation: offers, one order or all, what is held, a statement."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from domain.ids import OrderRef, VenueMarketId, VenueOrderId, instrument_id, stranger_ref
from domain.messages import Fact, MarketSettled, OrderAbsent, OrderReported, VenueReported
from domain.orders import Side
from domain.venue_notes import PositionBasis, PositionsReported
from venues.matchbook import rules
from venues.matchbook.account_codec import (
    BALANCE_PATH,
    CURRENT_BETS,
    CURRENT_OFFERS,
    SETTLED_BETS,
    ReportedBet,
    ReportedMarket,
    RunnerPosition,
    annulled,
    balance_answer,
    balance_reported,
    bets_by_offer,
    parts,
    positions_answer,
    positions_path,
    report_answer,
    report_path,
    reported_market,
    results,
    settled_reported,
)
from venues.matchbook.amounts import micros, unix_ms
from venues.matchbook.answers import Answerer
from venues.matchbook.api import Answered, Faulted, Question
from venues.matchbook.budgets import Group
from venues.matchbook.events_codec import Event, catalogue_path, events_answer, selection_id
from venues.matchbook.offer_facts import owner_of, print_of, reported, take, venue_order
from venues.matchbook.offers import SKEW_MS, OwnOffer, OwnOffers, Print
from venues.matchbook.offers_codec import (
    ALL_WORDS,
    OPEN_WORDS,
    SIDES,
    Offer,
    offer_answer,
    offer_path,
    offers_page,
    offers_path,
)
from venues.matchbook.rules import ABSENCES_MIN
from venues.matchbook.settings import Settings
from venues.matchbook.talking import Steps, Unusable

MS = 1_000_000
PAGES_MAX = 100
TRIES_MAX = 3


Rows = dict[str, ReportedMarket | None]
"""A report by market; None for a row that cannot be read, which says nothing, not even that there is nothing."""


class Unlisted(msgspec.Struct, frozen=True):
    """An offer that the lists do not hold, when it was asked for, and by which id; empty where it was searched for."""

    own: OwnOffer
    asked_ns: int
    offer_id: str


OnUnlisted = Callable[[Unlisted], None]
"""Hears of an offer to look up in the reports, see `unlisted_talk`."""


class Asker(msgspec.Struct, frozen=True):
    """Who asks, and whose offers are told from others by whom they belong to."""

    settings: Settings
    offers: OwnOffers

    def question(self, path: str, group: Group, read: Answerer[Any]) -> Question[Any]:
        """One read."""
        return Question(method="GET", path=path, group=group, read=read, answer_ms=self.settings.query_ms)


def changed_talk(asker: Asker, *, interval_s: int) -> Steps[tuple[list[Offer], int]]:
    """Offers that changed within the last seconds, whatever became of them, and when that was asked."""
    return (yield from _offers(asker, words=ALL_WORDS, interval_s=interval_s))


def catalogue_talk(asker: Asker, *, after_s: int, before_s: int, wanted: Callable[[], set[int]]) -> Steps[list[Event]]:
    """Events that start in a window, page by page until all wanted markets are among them."""
    found: list[Event] = []
    missing, settings = wanted(), asker.settings
    for _ in range(PAGES_MAX):
        path = catalogue_path(
            len(found),
            per_page=settings.rows_per_page,
            after_s=after_s,
            before_s=before_s,
            sport_ids=settings.sport_ids,
        )
        page = (yield from answered(asker.question(path, Group.EVENTS, events_answer))).result
        found += page.events
        missing -= {market.id for event in page.events for market in event.markets}
        if not missing or not page.events or len(found) >= page.total:
            break
    return found


def search_talk(asker: Asker, seekers: list[OwnOffer], on_unlisted: OnUnlisted) -> Steps[list[Fact]]:
    """Orders without an id among all offers, by the name we gave them or by their looks.

    One that may not show yet is looked up no further; nor is one that an offer without our name could be. Source:
    Matchbook API reference, "Get offers"; an offer held back in play is on no list.
    """
    facts: list[Fact] = []
    sought = {own.ref: own for own in seekers}
    markets = sorted({own.market_id for own in seekers})
    rows, asked_ns = yield from _offers(asker, words=ALL_WORDS, markets=markets if all(markets) else None)
    nameless: set[Print] = set()
    for row in rows:
        owner = owner_of(row, asker.offers)
        if owner is None and not row.ref:
            nameless.add(print_of(row))
        elif owner is not None and owner.ref in sought:
            del sought[owner.ref]
            facts.append(take(owner, row, asker.offers, asked_ns))
    for own in sought.values():
        if _would_show(own, asked_ns, nameless):
            on_unlisted(Unlisted(own, asked_ns, ""))
    return facts


def offer_talk(asker: Asker, own: OwnOffer, on_unlisted: OnUnlisted) -> Steps[list[Fact]]:
    """One offer of known id as it is, while the lists hold it."""
    said = yield asker.question(offer_path(own.offer_id), Group.OFFERS, offer_answer)
    if isinstance(said, Answered):
        if str(said.result.id) != own.offer_id:
            raise Unusable(f"offer {own.offer_id}: the answer is about {said.result.id}")
        return [take(own, said.result, asker.offers, said.received_ns)]
    if said.status != 404:
        raise Unusable(f"offer {own.offer_id}: status {said.status}")
    on_unlisted(Unlisted(own, said.sent_ns, own.offer_id))
    return []


def unlisted_talk(asker: Asker, unlisted: list[Unlisted], on_bound: Callable[[OrderRef], None]) -> Steps[list[Fact]]:
    """What the reports hold of offers that the lists do not.

    They are read behind the lists: what is in neither was in neither at one moment. `on_bound` is told of one that was
    searched for and whose id a report has; of one whose id came meanwhile, or whose market's row cannot be read, they
    say nothing.
    """
    sought = sorted({one.own.market_id for one in unlisted if not one.offer_id})
    current = (yield from _report(asker, CURRENT_OFFERS, sought)) if sought else {}
    settled = yield from _report(asker, SETTLED_BETS, sorted({one.own.market_id for one in unlisted}))
    bets = {offer_id: of for market in settled.values() if market for offer_id, of in bets_by_offer(market).items()}
    facts: list[Fact] = []
    for one in unlisted:
        own = one.own
        named = [report[own.market_id] for report in (current, settled) if own.market_id in report]
        rows = [row for row in named if row is not None]
        if own.offer_id != one.offer_id or len(rows) != len(named):
            continue
        if not one.offer_id and _is_in_reports(asker, own, rows):
            if own.offer_id:
                on_bound(own.ref)
        elif one.offer_id in bets:
            facts.append(settled_reported(own.ref, one.offer_id, bets[one.offer_id]))
        elif not own.matched_micros:
            facts.append(OrderAbsent(own.ref, one.asked_ns))
    return facts


def venue_talk(asker: Asker) -> Steps[list[Fact]]:
    """Every open offer of the account with its figures, whoever placed it, and the wallet."""
    rows, asked_ns = yield from _offers(asker, words=OPEN_WORDS)
    orders = []
    for row in rows:
        own = owner_of(row, asker.offers)
        if own is None:
            stranger = stranger_ref(asker.settings.venue, VenueOrderId(str(row.id)))
            orders.append(venue_order(row, None, reported(row, stranger), asker.settings.venue))
        else:
            report = take(own, row, asker.offers, asked_ns)
            orders.append(venue_order(row, own.ref, report, asker.settings.venue))
    balance = yield from answered(asker.question(BALANCE_PATH, Group.ACCOUNT, balance_answer))
    return [
        VenueReported(asker.settings.venue, asked_ns, tuple(orders)),
        balance_reported(balance.result, asker.settings.venue, asker.settings.currency, asked_ns=balance.sent_ns),
    ]


def positions_talk(asker: Asker) -> Steps[list[Fact]]:
    """What each market that is not settled brings under each runner; a runner without a figure is not named.

    Unusable if the pages do not add up: markets came or went while they were read.
    """
    venue = asker.settings.venue
    rows: dict[tuple[int, int], RunnerPosition] = {}
    offset = asked_ns = total = 0
    for _ in range(PAGES_MAX):
        path = positions_path(offset, per_page=asker.settings.rows_per_page)
        said = yield from answered(asker.question(path, Group.OFFERS, positions_answer))
        page, asked_ns = said.result, asked_ns or said.sent_ns
        total = page.total
        rows |= {(row.market_id, row.runner_id): row for row in page.positions}
        offset += page.per_page or len(page.positions)
        if offset >= total or not page.positions:
            break
    if len(rows) != total:
        raise Unusable("positions: pages shifted while they were read")
    held = {
        instrument_id(venue, venue_market=VenueMarketId(str(market)), selection=selection_id(runner)): micros(result)
        for (market, runner), row in rows.items()
        if (result := row.result) is not None
    }
    return [PositionsReported(venue, asked_ns, PositionBasis.RESULT, held)]


def settlement_talk(asker: Asker, markets: Sequence[VenueMarketId]) -> Steps[list[Fact]]:
    """The statements of those of these markets of which no bet is left unsettled.

    Unsettled bets are asked about first: a bet moves from that report to the other, never back. Both show the whole
    account.
    """
    unsettled = yield from _report(asker, CURRENT_BETS, markets)
    over = [market for market in markets if market not in unsettled]
    settled = (yield from _report(asker, SETTLED_BETS, over)) if over else {}
    told = [market for market in over if market not in settled or settled[market] is not None]
    return [fact for market in told for fact in _statement(asker, market, settled.get(market))]


def _statement(asker: Asker, venue_market: VenueMarketId, settled: ReportedMarket | None) -> list[Fact]:
    """What a market came to; before it what was matched there without our having heard of it.

    A market without a row is settled at nothing if nothing of ours was matched there as far as we remember; else its
    report is late, and is asked for again. The statement is named by its figures and their date: the same is the same,
    and a resettlement is another.
    """
    if settled is None:
        remembered = asker.offers.in_market(venue_market)
        if not remembered or any(own.matched_micros or not own.is_closed for own in remembered):
            return []
        settled = ReportedMarket(int(venue_market))
    profit, commission = micros(settled.profit_and_loss), micros(settled.commission)
    bets = [bet for selection in settled.selections for bet in selection.bets]
    dated = max((unix_ms(bet.settled_time) for bet in bets), default=0)
    return [
        *_unheard(asker, settled),
        MarketSettled(
            venue=asker.settings.venue,
            venue_market=venue_market,
            statement=f"{venue_market}/{dated}/{profit}/{commission}",
            profit_micros=profit,
            commission_micros=commission,
            results=results(settled.selections),
            annulled=annulled(settled, asker.offers.ref_of),
            parts=parts(settled.selections),
            settled_ms=dated,
        ),
    ]


def _unheard(asker: Asker, settled: ReportedMarket) -> Iterator[OrderReported]:
    """Our offers of which more was matched than any poll has shown: the market ended too soon after it.

    An offer that nobody knows may be that of an order whose placement was never answered: nothing will show it later.
    """
    seekers = [(own.print[2], own) for own in asker.offers.in_market(str(settled.id)) if own.print and own.is_sought]
    for _, seeker in sorted(seekers, key=itemgetter(0)):  # the smallest first: a larger one may have been cut to it
        _is_in_reports(asker, seeker, [settled])
    for offer_id, bets in bets_by_offer(settled).items():
        own = asker.offers.by_id(offer_id)
        if own is None:
            continue
        report = settled_reported(own.ref, offer_id, bets)
        if report.matched_micros > own.matched_micros and not report.voided_micros:
            own.matched_micros = report.matched_micros
            yield report


# --- one order ---


def _would_show(own: OwnOffer, asked_ns: int, nameless: set[Print]) -> bool:
    """Whether an order would be on a list by now, and be told there from offers without a name.

    One of which nobody told how it looks never: whatever the venue has may be it.
    """
    late_enough = asked_ns >= own.sent_ns + rules.VISIBLE_AFTER_MS * MS
    return late_enough and not own.is_asking and own.print is not None and own.print not in nameless


def _is_in_reports(asker: Asker, own: OwnOffer, reports: list[ReportedMarket]) -> bool:
    """Whether its market's reports hold an offer that nobody knows and that may be this one.

    It is bound to the only one, or to one of several of which each must be that of an order that looks the same.
    """
    unknown = _alike(asker, own, reports)
    if unknown and len(unknown) <= _equals(asker, own, reports, unknown):
        first = max(unknown, key=lambda one: (unknown[one], -one))
        asker.offers.bind(own.ref, market_id=own.market_id, offer_id=str(first))
    return bool(unknown)


def _equals(asker: Asker, own: OwnOffer, reports: list[ReportedMarket], unknown: dict[int, int]) -> int:
    """How many orders without an id may be any of these offers, and no other: this one, and those like it."""
    if len(unknown) == 1:
        return 1
    assert own.print is not None, "asked of an order that is known by its looks"
    where = own.print[:2]
    seekers = [one for one in asker.offers.in_market(own.market_id) if one.is_sought and not one.is_asking]
    alike = [one for one in seekers if one.print is not None and one.print[:2] == where and one.absences < ABSENCES_MIN]
    return sum(one is own or _alike(asker, one, reports) == unknown for one in alike)


def _alike(asker: Asker, own: OwnOffer, reports: list[ReportedMarket]) -> dict[int, int]:
    """The unknown offers of reports that may be this order, each with what was matched of it as far as they show."""
    assert own.print is not None, "asked of an order that is known by its looks"
    runner, side, size = own.print
    found: dict[int, int] = {}
    bets: dict[int, list[ReportedBet]] = {}
    for selection in (one for market in reports for one in market.selections):
        if selection.runner_id != runner or SIDES.get(selection.side) is not side:
            continue
        found |= {row.id: 0 for row in selection.offers if micros(row.stake) == size and _is_new(row, own)}
        for bet in selection.bets:
            bets.setdefault(bet.offer_id, []).append(bet)
    for offer_id, rows in bets.items():
        matched = sum(micros(bet.stake) for bet in rows)
        if matched < size + rules.LOT_MICROS and all(_is_new(bet, own) and _is_within(bet, own) for bet in rows):
            found[offer_id] = matched
    return {one: found[one] for one in found if asker.offers.by_id(str(one)) is None and str(one) not in own.others}


def _is_new(row: Any, own: OwnOffer) -> bool:  # noqa: ANN401
    return unix_ms(row.submitted_time) >= own.sent_ms - SKEW_MS


def _is_within(bet: ReportedBet, own: OwnOffer) -> bool:
    """Whether a bet's odds are none that an order's limit rules out; a removal may have cut them behind the match."""
    if bet.adjusted or own.print is None:
        return True
    odds = bet.odds * 100
    return odds >= own.price if own.print[1] is Side.BACK else odds <= own.price


# --- requests ---


def answered(question: Question[Any]) -> Steps[Answered[Any]]:
    """What the venue said to a question; Unusable where it refused."""
    said = yield question
    if isinstance(said, Faulted):
        raise Unusable(f"{question.path.partition('?')[0]}: status {said.status} {said.words}".strip())
    return said


def _offers(
    asker: Asker, *, words: str, interval_s: int | None = None, markets: list[str] | None = None
) -> Steps[tuple[list[Offer], int]]:
    """All offers of a list, and when the first page was asked for.

    Unusable if the pages do not add up to as many as the venue counts: offers came or went while they were read.
    """
    for _ in range(TRIES_MAX):
        found: dict[int, Offer] = {}
        offset = asked_ns = 0
        total: int | None = None
        for _ in range(PAGES_MAX):
            path = offers_path(
                offset, per_page=asker.settings.rows_per_page, words=words, interval_s=interval_s, markets=markets
            )
            said = yield from answered(asker.question(path, Group.OFFERS, offers_page))
            page = said.result
            asked_ns = asked_ns or said.sent_ns
            if total is not None and page.total != total:
                break
            total = page.total
            found |= {row.id: row for row in page.offers}
            offset += page.per_page or len(page.offers)
            if offset >= total or not page.offers:
                break
        if len(found) == total:
            return list(found.values()), asked_ns
    raise Unusable("offers: pages shifted while they were read")


def _report(asker: Asker, name: str, markets: Sequence[str]) -> Steps[Rows]:
    """The rows of a report about these markets, each with the selections of all pages; a market without one is not in.

    All are asked for at once: few reports may be read in a minute. Unusable if it grows or shrinks while it is read.
    """
    found: Rows = {}
    offset = 0
    total: int | None = None
    for _ in range(PAGES_MAX):
        path = report_path(name, offset, per_page=asker.settings.rows_per_page, markets=markets)
        page = (yield from answered(asker.question(path, Group.REPORTS, report_answer))).result
        if total is not None and page.total != total:
            raise Unusable(f"{name}: pages shifted while they were read")
        total = page.total
        for number, row in map(reported_market, page.markets):
            known = found.setdefault(number, row)
            if known is None or row is None:
                found[number] = None
            elif known is not row:
                known.selections += row.selections
        offset += page.per_page or len(page.markets)
        if offset >= page.total or not page.markets:
            return found
    raise Unusable(f"{name}: more than {PAGES_MAX} pages")
