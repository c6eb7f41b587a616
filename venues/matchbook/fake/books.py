"""All that the venue knows of its markets and of its customer, kept up to date batch by batch."""

from functools import partial
from typing import TypeVar

from domain.ids import Currency, SelectionId, VenueMarketId
from venues.matchbook.fake.forms import MS, order_number
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.offers import Offer, OfferBook
from venues.matchbook.fake.options import EventDetails, FakeOptions
from venues.matchbook.fake.replies import Refused
from venues.matchbook.fake.transactions import Transactions
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.notices import Cause, MarketSettled, MarketTurned, MarketUnsettled, Notice, OrderMatched

Found = TypeVar("Found")


class Books:
    """Events, markets, offers and money of one customer's venue."""

    def __init__(self, exchange: Exchange, options: FakeOptions, agenda: Agenda) -> None:
        self.exchange = exchange
        self.options = options
        self.currency: Currency = exchange.options.terms.currency
        self.events: dict[int, EventDetails] = {}
        self.markets: dict[VenueMarketId, MarketState] = {}
        self._by_runner: dict[int, MarketState] = {}
        self.offers = OfferBook(exchange, options.account)
        self.transactions = Transactions(exchange.floor.accounts[options.account], self.wall_ms)
        self._agenda = agenda
        for event in options.events:
            self.list_event(event)
        exchange.listen(self._listen)

    def wall_ms(self, now_ns: int) -> int:
        """Unix milliseconds of a monotonic time."""
        return (self.options.epoch_ns + now_ns) // MS

    def list_event(self, event: EventDetails) -> None:
        """Show an event whose markets the exchange trades, from now on."""
        self.events[event.id] = event
        for details in event.markets:
            state = self.markets[details.id] = MarketState(self.exchange, event, details)
            self._by_runner |= dict.fromkeys((runner.id for runner in details.runners), state)

    # --- what is asked for by its id ---

    def markets_of(self, event: EventDetails) -> list[MarketState]:
        return [self.markets[details.id] for details in event.markets]

    def event(self, event: int) -> EventDetails:
        return _there(self.events.get(event), "event")

    def market(self, event: int, market: int) -> MarketState:
        state = _there(self.markets.get(VenueMarketId(str(market))), "market")
        return _there(state if state.event.id == event else None, "market")

    def runner(self, event: int, market: int, runner: int) -> tuple[MarketState, SelectionId]:
        state, selection = self.market(event, market), SelectionId(str(runner))
        _there(state.runners.get(selection), "runner")
        return state, selection

    def market_of_runner(self, runner: int) -> MarketState | None:
        """The market in which a runner runs: offers name nothing else."""
        return self._by_runner.get(runner)

    def offer(self, offer: int) -> Offer:
        """An offer of a market that is not settled; after that only reports know it."""
        found = self.offers.offers.get(order_number(offer))
        return _there(None if found is None or self.settled(found) else found, "offer")

    def market_of(self, offer: Offer) -> MarketState:
        return self.markets[offer.order.market]

    def settled(self, offer: Offer) -> bool:
        return self.market_of(offer).sim.settled

    # --- what the exchange tells ---

    def _listen(self, notices: list[Notice], now_ns: int) -> None:
        now_ms = self.wall_ms(now_ns)
        self.offers.hear(notices, now_ms)
        for notice in notices:
            until_ns = self.offers.hidden_until_ns(notice)
            if until_ns:
                self._agenda.at(until_ns, partial(self._reveal, notice))
            if not isinstance(notice, MarketTurned | MarketSettled | MarketUnsettled):
                continue
            state = self.markets.get(notice.market)
            if state is None:
                continue
            if isinstance(notice, MarketTurned):
                self._turned(state, now_ns)
            else:
                for offer in self.offers.on(notice.market):
                    self.offers.reveal(offer.order.number, now_ms)
                self.transactions.settle(state, self.options.account, notice, now_ms)

    def _reveal(self, notice: Notice, now_ns: int) -> None:
        assert isinstance(notice, OrderMatched), "only matches are hidden"
        self.offers.reveal(notice.order, self.wall_ms(now_ns))

    def _turned(self, state: MarketState, now_ns: int) -> None:
        """A stop in play is for a material event: not even an offer that was to be kept in play outlives it.

        Source: Matchbook API changelog, "Keep offers in-play".
        """
        was_open, state.was_open = state.was_open, state.status == "open"
        if was_open and state.sim.in_play and state.status == "suspended":
            self._agenda.at(now_ns, lambda at_ns: self._flush(state, at_ns))

    def _flush(self, state: MarketState, now_ns: int) -> None:
        account = self.options.account
        for order in list(state.sim.open_orders.get(account, {}).values()):
            self.exchange.cancel(order.number, account=account, now_ns=now_ns, cause=Cause.SUSPENDED)
        self.exchange.publish(now_ns)


def _there(found: Found | None, name: str) -> Found:
    """What was looked for, or the venue's word for nothing."""
    if found is None:
        raise Refused(404, f"The {name} was not found.")
    return found
