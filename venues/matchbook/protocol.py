"""The exchange as the engine sees it: logs in, finds our markets, polls books and offers, bets and answers."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.amending import AmendOrder
from domain.fees import FeeTerms
from domain.ids import InstrumentId
from domain.markets import Listing
from domain.messages import (
    CancelOrder,
    Channel,
    Command,
    Fact,
    InstrumentsListed,
    MarketChanged,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QueryVenue,
    VenueReported,
)
from domain.treasury import QueryAccountLines
from venues.base import Charged, Emit, Endpoint, Network
from venues.http import Http
from venues.matchbook import rules
from venues.matchbook.account import AccountTerms
from venues.matchbook.amending import Amending
from venues.matchbook.asking import Asking
from venues.matchbook.betting import Betting, Target
from venues.matchbook.book_poll import BookPoller, stale_after_ms
from venues.matchbook.emptying import Emptying
from venues.matchbook.events_codec import venue_id
from venues.matchbook.health import FAILURES_MAX, Health
from venues.matchbook.heartbeat import DeadMan
from venues.matchbook.lines import Lines
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.offers import OwnOffers
from venues.matchbook.order_poll import OrderPoller
from venues.matchbook.pushing import Pushing
from venues.matchbook.queries import Asker
from venues.matchbook.settings import Settings
from venues.redial import Chance


class Timed(Protocol):
    """What has something to do at times of its own."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...


class Matchbook:
    """The `Venue` port. Without a session nothing goes; with one that cannot be renewed no new risk is taken.

    `wall_ns` reads the Unix clock, `chance` draws the jitter of reconnects.

    `cold_http` makes the client for logins where another than ours is wanted.
    """

    def __init__(
        self,
        settings: Settings,
        listings: Sequence[Listing],
        network: Network,
        emit: Emit,
        *,
        wall_ns: Callable[[], int],
        chance: Chance,
        cold_http: Callable[[Endpoint], Http] | None = None,
    ) -> None:
        self.capabilities = rules.capabilities(
            settings.venue,
            settings.currency,
            stale_after_ms=stale_after_ms(settings, listings),
            dead_man_s=settings.heartbeat_s,
        )
        self._emit = emit
        self._is_stopped = False
        self._targets: dict[InstrumentId, Target] = {}
        self._offers = OwnOffers()
        health = Health(settings.venue, Channel.ORDERS, self._tell, failures_max=FAILURES_MAX)
        self._lines = lines = Lines(
            settings,
            network,
            self._tell,
            chance,
            cold_http=cold_http,
            on_session=self._logged_in,
            on_refused=health.stay_down,
        )
        asker = Asker(settings, self._offers)
        self._feed = feed = MarketFeed(settings, listings)
        self._asking = Asking(lines.reads, asker, on_facts=self._answered)
        self._betting = Betting(
            settings,
            lines.writes,
            self._offers,
            self._tell,
            target=self._targets.get,
            ask=self._asking.order,
            wrote=self._wrote,
            wall_ns=wall_ns,
        )
        learned, ask = self._betting.learned, self._asking.order
        self._orders = orders = OrderPoller(
            lines.reads, asker, self._tell, health, learned=learned, on_offer=feed.learn, ask=ask
        )
        parts = (settings, lines.writes, self._offers, self._tell)
        self._amending = Amending(*parts, target=self._targets.get, wrote=orders.soon)
        self._emptying = Emptying(*parts, one=self._betting.cancel, ask=ask, learned=learned)
        self._books = BookPoller(lines.reads, asker, feed, self._tell, changed=self._market_changed, wall_ns=wall_ns)
        self._terms = AccountTerms(settings, lines.reads, on_fee=self._follow, on_misfit=health.stay_down)
        self._dead_man = DeadMan(lines.writes, timeout_s=settings.heartbeat_s, let_go=orders.doubt)
        self.switch = self._dead_man.switch
        to = (settings, network, feed, self._books, orders)
        self._pushing = Pushing(*to, chance=chance, token=lines.token) if settings.feed == "websocket" else None
        pushed = () if self._pushing is None else self._pushing.timed
        own = (self._terms, self._betting, self._dead_man, orders, self._books)
        self._timed: tuple[Timed, ...] = (*lines.timed, *own, *pushed)

    def start(self, now_ns: int) -> None:
        """Open the connections and log in; the rest follows from the answers."""
        self._lines.open(now_ns)

    def send(self, command: Command, now_ns: int) -> None:
        """Write a command, or emit why not; only a cancel or a query without its turn or its offer's id waits."""
        if isinstance(command, PlaceOrder):
            self._betting.place(command, now_ns)
        elif isinstance(command, CancelOrder):
            self._betting.cancel(command, now_ns)
        elif isinstance(command, QueryOrder):
            if command.venue_order_id:  # of an earlier process: no list leads to it once its bets are void
                self._offers.bind(command.ref, market_id=command.venue_market, offer_id=command.venue_order_id)
            elif command.looks is not None:
                runner = venue_id(command.looks.selection, of="selection")
                self._offers.offer(command.ref).learn_looks(
                    command.looks, market_id=command.venue_market, runner=runner
                )
            self._asking.order(command.ref, now_ns)
        elif isinstance(command, QueryVenue):
            self._asking.venue(now_ns)
        elif isinstance(command, AmendOrder):
            self._amending.amend(command, now_ns)
        elif isinstance(command, QueryAccountLines):
            self._asking.lines(command.since_ms, now_ns)
        else:
            self._asking.settlement(command.venue_market, now_ns)

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None:
        """Cancels go together, by the ids of their offers; everything else one by one."""
        cancels = [one for one in commands if isinstance(one, CancelOrder)]
        for command in commands:
            if not isinstance(command, CancelOrder):
                self.send(command, now_ns)
        self._emptying.cancel(cancels, now_ns)

    def next_deadline(self) -> int | None:
        times = [due for part in self._timed if (due := part.next_deadline()) is not None]
        return None if self._is_stopped else min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        for part in self._timed:
            due_ns = part.next_deadline()
            if due_ns is not None and due_ns <= now_ns and not self._is_stopped:
                part.on_time(now_ns)

    def tokens(self, now_ns: int) -> int:
        """Placements that would be written at once: within the budget, and with a connection at rest."""
        return min(self._betting.tokens(now_ns), self._lines.hot.free())

    @property
    def charged(self) -> Charged:
        """GETs: the venue charges for them by the million."""
        return self._lines.budgets.charged

    def stop(self, now_ns: int) -> None:
        self._is_stopped = True
        if self._pushing is not None:
            self._pushing.stream.close()
        self._lines.close()

    # --- what the parts say ---

    def _tell(self, fact: Fact) -> None:
        if self._is_stopped:
            return
        self._offers.tell(fact)
        if isinstance(fact, InstrumentsListed):
            for instrument in fact.instruments:
                listing = instrument.listing
                self._targets[instrument.id] = Target(listing.venue_market, int(listing.selection))
        self._emit(fact)

    def _logged_in(self, now_ns: int) -> None:
        self._dead_man.begin(now_ns)
        self._orders.begin(now_ns)
        if self._terms.fee is not None:
            self._follow(self._terms.fee, now_ns)
        else:
            self._terms.begin(now_ns)
        self._asking.begin(now_ns)

    def _follow(self, fee: FeeTerms, now_ns: int) -> None:
        self._feed.set_fee(fee)
        self._books.begin(now_ns)
        if self._pushing is not None:
            self._pushing.stream.begin(now_ns)

    def _market_changed(self, fact: MarketChanged, now_ns: int) -> None:
        """Offers may have been flushed, and bets on a withdrawn runner annulled, which no list of changes need show."""
        if self._offers.live():
            self._orders.soon(now_ns)
        if fact.removed:
            for own in self._offers.in_market(fact.venue_market):
                if own.matched_micros:
                    self._asking.order(own.ref, now_ns)

    def _wrote(self, now_ns: int) -> None:
        self._orders.wrote(now_ns)

    def _answered(self, facts: list[Fact], now_ns: int) -> None:
        """A conversation's facts; what they say of offers is acted on."""
        for fact in facts:
            self._tell(fact)
            reports = [fact] if isinstance(fact, OrderReported) else []
            if isinstance(fact, VenueReported):
                reports = [order.report for order in fact.orders if order.report is not None]
            for report in reports:
                self._betting.learned(self._offers.offer(report.ref), now_ns)
