"""Our customer's offers as the venue sees them, kept up to date by the exchange's notices."""

from collections.abc import Callable
from itertools import takewhile

import msgspec

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.matchbook.fake.forms import bet_id, offer_id
from venues.sim.exchange import Exchange
from venues.sim.notices import (
    Cause,
    Notice,
    OrderCancelled,
    OrderLapsed,
    OrderMatched,
    OrderNotice,
    OrderRepriced,
    OrderVoided,
)
from venues.sim.queues import SimOrder


class MatchedBet(msgspec.Struct):
    """Our side of one match. `price` falls when a removal reduces the odds (`adjusted`)."""

    id: int
    price: int
    size_micros: int
    matched_ms: int
    maker: bool
    in_play: bool
    voided: bool = False
    adjusted: bool = False


class Edit(msgspec.Struct):
    """One change of an offer that its owner asked for; stakes are unmatched ones."""

    id: int
    edited_ms: int
    price_before: int
    price_after: int
    stake_before_micros: int
    stake_after_micros: int
    status: str = "applied"
    failure_reason: str = ""
    delay_seconds: int = 0


class Offer(msgspec.Struct):
    """One offer: the exchange's order, and what happened to it, in Unix milliseconds.

    `due_ns` is when its last in-play delay ends. `failed` offers died in their delay. `hidden` is a match that
    its owner is not told of yet.
    """

    order: SimOrder
    created_ms: int
    in_play: bool
    due_ns: int = 0
    delay_seconds: int = 0
    changed_ms: int = 0
    ended_ms: int = 0
    failed: bool = False
    cancellation: str = ""
    bets: dict[int, MatchedBet] = {}
    edits: list[Edit] = []
    hidden: MatchedBet | None = None

    @property
    def id(self) -> int:
        return offer_id(self.order.number)

    @property
    def status(self) -> str:
        order = self.order
        if order.held_until_ns:
            return "delayed"
        if order.remaining_micros:
            return "edited" if any(edit.status == "applied" for edit in self.edits) else "open"
        if self.failed:
            return "failed"
        if order.cancelled_micros:
            return "cancelled"
        return "flushed" if order.lapsed_micros else "matched"

    @property
    def live(self) -> bool:
        return self.order.remaining_micros > 0

    @property
    def remaining_micros(self) -> int:
        """What is unmatched; it keeps its value when the offer is cancelled or flushed. Source: recorded answers."""
        hidden = self.hidden.size_micros if self.hidden else 0
        return self.order.remaining_micros + self.order.cancelled_micros + self.order.lapsed_micros + hidden

    @property
    def standing_bets(self) -> list[MatchedBet]:
        """Matched bets that were not voided."""
        return [bet for bet in self.bets.values() if not bet.voided]

    @property
    def is_back(self) -> bool:
        return self.order.side is Side.BACK


class OfferBook:
    """Every offer of one customer by the exchange's number, the oldest first; whoever is in `changed` is told of one
    to which something happened."""

    def __init__(self, exchange: Exchange, account: str) -> None:
        self._exchange = exchange
        self._floor = exchange.floor
        self._delay_seconds = -(-exchange.options.delay_ms // 1_000)
        self._account = account
        self.offers: dict[int, Offer] = {}
        self._waiting: list[Offer] = []
        self._changed: dict[int, Offer] = {}
        self._by_market: dict[VenueMarketId, list[Offer]] = {}
        self._edits = 0
        self.changed: list[Callable[[int], None]] = []

    def add(self, order: SimOrder, *, now_ms: int) -> Offer:
        """An offer that was accepted."""
        in_play = self._floor.markets[order.market].in_play
        offer = Offer(order, now_ms, in_play)
        self.wait(offer)
        self.offers[order.number] = offer
        self._touch(offer, now_ms)
        self._by_market.setdefault(order.market, []).append(offer)
        return offer

    def on(self, market: VenueMarketId) -> list[Offer]:
        """Every offer on one market."""
        return self._by_market.get(market, [])

    def changed_since(self, ms: int) -> list[Offer]:
        """Offers to which something happened at this Unix millisecond or later, the oldest first."""
        found = list(takewhile(lambda offer: offer.changed_ms >= ms, reversed(self._changed.values())))
        return sorted(found, key=lambda offer: offer.order.number)

    def next_edit(self) -> int:
        """The number of the next edit of any offer."""
        self._edits += 1
        return self._edits

    def wait(self, offer: Offer) -> bool:
        """Note a delay that an offer or an edit was put into; whether there is one."""
        held_until_ns = offer.order.held_until_ns
        if held_until_ns:
            offer.due_ns, offer.delay_seconds = held_until_ns, self._delay_seconds
            self._waiting.append(offer)
        return held_until_ns > 0

    def hear(self, notices: list[Notice], now_ms: int) -> None:
        """Take over one batch; an offer that was placed past this door has no name of its owner's."""
        for notice in notices:
            if not isinstance(notice, OrderNotice) or notice.account != self._account:
                continue
            offer = self.offers.get(notice.order) or self.add(self._floor.orders[notice.order], now_ms=now_ms)
            self._touch(offer, now_ms)
            if isinstance(notice, OrderVoided | OrderRepriced):
                self.reveal(notice.order, now_ms)
            if isinstance(notice, OrderMatched):
                self._match(offer, notice, now_ms)
            elif isinstance(notice, OrderCancelled):
                offer.ended_ms = now_ms
                offer.cancellation = "heartbeat_expiry" if notice.cause is Cause.DEAD_MAN else "user_request"
            elif isinstance(notice, OrderLapsed):
                _lapse(offer, now_ms)
            elif isinstance(notice, OrderVoided):
                _bet_of(offer, notice.match).voided = True
            elif isinstance(notice, OrderRepriced):
                bet = _bet_of(offer, notice.match)
                bet.price, bet.adjusted = notice.price, True
        self._release(now_ms)

    def _touch(self, offer: Offer, now_ms: int) -> None:
        """Something happened to an offer: it is the last one that changed."""
        offer.changed_ms = now_ms
        self._changed.pop(offer.order.number, None)
        self._changed[offer.order.number] = offer
        for tell in self.changed:
            tell(offer.order.number)

    def hidden_until_ns(self, notice: Notice) -> int:
        """Until when a match is kept from its owner, 0 if it is told at once."""
        mishaps = self._exchange.mishaps
        if mishaps is None or not isinstance(notice, OrderMatched) or notice.account != self._account:
            return 0
        return mishaps.late_until_ns(notice.order) if self.offers[notice.order].hidden else 0

    def reveal(self, number: int, now_ms: int) -> None:
        """Tell of the match that was kept from the owner of an offer."""
        offer = self.offers[number]
        if offer.hidden is not None:
            offer.bets[offer.hidden.id] = offer.hidden
            offer.hidden = None
            self._touch(offer, now_ms)

    def _match(self, offer: Offer, notice: OrderMatched, now_ms: int) -> None:
        in_play = self._floor.markets[offer.order.market].in_play
        name = bet_id(notice.match, maker=notice.maker)
        bet = MatchedBet(name, notice.price, notice.size_micros, now_ms, notice.maker, in_play)
        mishaps = self._exchange.mishaps
        if mishaps is not None and notice.match == mishaps.late_match(notice.order):
            offer.hidden = bet
        else:
            offer.bets[name] = bet

    def _release(self, now_ms: int) -> None:
        """Whose delay is over shows so, and an edit that waited is applied."""
        for offer in [one for one in self._waiting if not one.order.held_until_ns]:
            self._waiting.remove(offer)
            self._touch(offer, now_ms)
            for edit in offer.edits:
                edit.status = "applied" if edit.status == "delayed" else edit.status


def _lapse(offer: Offer, now_ms: int) -> None:
    """The exchange took out what was unmatched; in a delay that is a failure of what waited."""
    offer.ended_ms = now_ms
    waited = offer.order.changed_ns < offer.due_ns
    for edit in offer.edits:
        if edit.status == "delayed":
            edit.status, edit.failure_reason = "failed", "market_status"
    offer.failed = waited and not offer.edits and not offer.bets


def _bet_of(offer: Offer, match: int) -> MatchedBet:
    ids = (bet_id(match, maker=True), bet_id(match, maker=False))
    return next(offer.bets[one] for one in ids if one in offer.bets)
