"""The exchange as the engine sees it: logs in, lists, follows two streams, bets and answers, by its clock alone."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from domain.amending import AmendOrder
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
from venues.base import Emit, Endpoint, Network
from venues.betfair import rules
from venues.betfair.amending import Amending
from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.asking import Asking
from venues.betfair.bets import Bets
from venues.betfair.betting import Betting, Target
from venues.betfair.betting_codec import BetRequest
from venues.betfair.dead_man import DeadMan
from venues.betfair.followers import Health, OrderFollower
from venues.betfair.market_codec import parse_selection
from venues.betfair.market_streams import MarketStreams, market_feed
from venues.betfair.order_codec import decode_order_line
from venues.betfair.queries import Account
from venues.betfair.query_codec import (
    CATALOGUE,
    MarketCatalogue,
    catalogue_answer,
    catalogue_description,
    encode_catalogue,
)
from venues.betfair.session import Session
from venues.betfair.settings import Settings
from venues.betfair.stream import Access, Stream
from venues.http import Http, HttpClient, HttpFailed
from venues.redial import Chance

CATALOGUE_AGAIN_NS = 300_000_000_000
"""How often rules and terms are read again: the stream tells of no new rules."""
CATALOGUE_RETRY_NS = 5_000_000_000


class Timed(Protocol):
    """A part with deadlines of its own."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...


class Lines:
    """The lines of one account: three hosts for requests, and the session over them."""

    def __init__(
        self,
        settings: Settings,
        network: Network,
        chance: Chance,
        *,
        cold_http: Callable[[Endpoint], Http] | None,
        on_token: Callable[[int], None],
        on_lost: Callable[[str, int], None],
        on_health: Callable[[bool, str], None],
    ) -> None:
        def pool(endpoint: Endpoint) -> Http:
            return HttpClient(network, endpoint, connections=1, chance=chance, keep_open=False)

        cold = cold_http or pool
        self.login, self.identity = cold(settings.login), cold(settings.identity)
        self.session = Session(settings, self.login, self.identity, chance, on_token=on_token, on_lost=on_lost)
        self.hot = HttpClient(
            network,
            settings.betting,
            connections=settings.connections,
            chance=chance,
            dials_per_minute=settings.dials_per_minute,
            on_health=on_health,
        )
        self.api = Api(settings, self.hot, self.session)
        self.access = Access(settings, network, self.session, chance)
        self.keepers = (self.login, self.identity, self.hot, self.session)


class Betfair:
    """The `Venue` port. `wall_ns` reads the Unix clock, `chance` draws the jitter of reconnects.

    `cold_http` makes the client for the login hosts where another than ours is wanted.
    """

    def __init__(
        self,
        settings: Settings,
        listings: Iterable[Listing],
        network: Network,
        emit: Emit,
        *,
        wall_ns: Callable[[], int],
        chance: Chance,
        cold_http: Callable[[Endpoint], Http] | None = None,
    ) -> None:
        venue = settings.venue
        self.capabilities = rules.capabilities(
            venue, settings.currency, heartbeat_ms=settings.heartbeat_ms, dead_man_s=settings.dead_man_s
        )
        self._settings = settings
        self._emit = emit
        self._is_stopped = False
        self._http_fault = ""
        self._catalogue_due_ns: int | None = None
        self._targets: dict[InstrumentId, BetRequest] = {}
        self._feed = market_feed(settings, listings)
        self._requests = Health(venue, Channel.REQUESTS, self._tell)
        self._lines = lines = Lines(
            settings,
            network,
            chance,
            cold_http=cold_http,
            on_token=self._logged_in,
            on_lost=lambda reason, _: self._show_requests(reason),
            on_health=self._http_changed,
        )
        self._bets = Bets()
        self._asking = Asking(
            lines.api,
            self._bets,
            Account(venue, settings.currency, settings.strategy_ref),
            query_ms=settings.query_ms,
            is_ready=lambda: lines.session.token is not None,
            wall_ms=lambda: wall_ns() // 1_000_000,
            on_facts=self._answered,
        )
        self._betting = Betting(
            settings, lines.api, self._bets, self._tell, target=self._target, ask=self._asking.order, wall_ns=wall_ns
        )
        self._amending = Amending(settings, lines.api, self._bets, self._betting, self._tell, target=self._target)
        self._markets = MarketStreams(
            lines.access, self._feed, self._tell, with_bets=self._bets.open_markets, ask=self._asking.market
        )
        ref, learned = settings.strategy_ref, self._betting.learned
        order_follower = OrderFollower(venue, self._bets, self._tell, strategy_ref=ref, learned=learned)
        first, *more = self._markets.streams
        self._streams = (first, order_stream(lines.access, order_follower), *more)
        self._dead_man = DeadMan(settings, lines.api, lambda action: order_follower.shaken(f"dead man: {action}"))
        self.switch = self._dead_man.switch
        parts: tuple[Timed, ...] = (self._betting, self._dead_man, *self._streams)
        self._timed: tuple[Timed, ...] = (*lines.keepers, *parts, *self._markets.keepers)

    def start(self, now_ns: int) -> None:
        """Open the order connections and log in; the rest follows from the answers."""
        self._lines.hot.open(now_ns)
        self._lines.session.start(now_ns)

    def send(self, command: Command, now_ns: int) -> None:
        """Write a command, or emit why not; only a cancel or a query without its turn or its bet's id waits."""
        if isinstance(command, PlaceOrder):
            self._betting.place(command, now_ns)
        elif isinstance(command, CancelOrder):
            self._betting.cancel((command,), now_ns)
        elif isinstance(command, AmendOrder):
            self._amending.amend(command, now_ns)
        elif isinstance(command, QueryOrder):
            if command.looks is not None:
                self._bets.bet(command.ref).size_micros = command.looks.size_micros
            self._asking.order(command.ref, now_ns)
        elif isinstance(command, QueryVenue):
            self._asking.venue(self._feed.markets.unseen(), now_ns)
        elif isinstance(command, QueryAccountLines):
            self._asking.lines(command.since_ms, now_ns)
        else:
            self._asking.settlement(command.venue_market, now_ns)

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None:
        """Cancels of one market go together, by the ids of their bets; everything else one by one.

        What cancels a whole market or account is never used: it would take the bets of others too.
        """
        cancels = [one for one in commands if isinstance(one, CancelOrder)]
        for command in commands:
            if not isinstance(command, CancelOrder):
                self.send(command, now_ns)
        self._betting.cancel(cancels, now_ns)

    def next_deadline(self) -> int | None:
        times = [due for part in self._timed if (due := part.next_deadline()) is not None]
        if self._catalogue_due_ns is not None:
            times.append(self._catalogue_due_ns)
        return None if self._is_stopped else min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        for part in self._timed:
            due_ns = part.next_deadline()
            if due_ns is not None and due_ns <= now_ns and not self._is_stopped:
                part.on_time(now_ns)
        if self._catalogue_due_ns is not None and self._catalogue_due_ns <= now_ns:
            self._list_markets(now_ns)

    def tokens(self, now_ns: int) -> int:
        """Placements that would be written at once: within the budgets, and with a connection at rest."""
        return min(self._betting.tokens(now_ns), self._lines.hot.free())

    def stop(self, now_ns: int) -> None:
        self._is_stopped = True
        self._markets.close()
        for stream in self._streams:
            stream.close()
        for http in (self._lines.login, self._lines.identity, self._lines.hot):
            http.close()

    # --- what the parts say ---

    def _tell(self, fact: Fact) -> None:
        if self._is_stopped:
            return
        if type(fact) is InstrumentsListed:
            for instrument in fact.instruments:
                runner, handicap = parse_selection(instrument.listing.selection)
                self._targets[instrument.id] = BetRequest(
                    instrument.listing.venue_market,
                    runner,
                    handicap,
                    instrument.terms.size_min_micros,
                    odds_min=instrument.terms.bands[0][0],
                    odds_max=instrument.terms.bands[-1][1],
                )
        self._emit(fact)

    def _target(self, instrument: InstrumentId) -> Target | str:
        bet = self._targets.get(instrument)
        if bet is None:
            return self._feed.markets.why_not(instrument)
        return Target(bet, self._feed.markets.bet_delay_ms(bet.market_id))

    def _logged_in(self, now_ns: int) -> None:
        self._show_requests("")
        self._list_markets(now_ns)
        for stream in self._streams:
            stream.on_time(now_ns)
        self._dead_man.begin(now_ns)
        self._markets.begin(now_ns)
        self._asking.begin(now_ns)

    def _http_changed(self, up: bool, reason: str) -> None:
        self._http_fault = "" if up else reason
        self._show_requests("")

    def _show_requests(self, reason: str) -> None:
        if self._http_fault or self._lines.session.token is None:
            self._requests.went_down(reason or self._http_fault or "not logged in")
        else:
            self._requests.went_up()

    def _list_markets(self, now_ns: int) -> None:
        """Ask for the terms of our markets; what could not be learned is asked for again a little later."""
        self._catalogue_due_ns = None
        market_ids = self._feed.markets.names()

        def hear(answer: Answered[list[MarketCatalogue]] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                listed = [self._feed.describe(one.market_id, catalogue_description(one)) for one in answer.result]
                instruments = tuple(instrument for group in listed for instrument in group)
                if instruments:
                    self._tell(InstrumentsListed(self._settings.venue, instruments))
                self._catalogue_due_ns = answer.received_ns + CATALOGUE_AGAIN_NS
            else:
                failed_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
                self._catalogue_due_ns = failed_ns + CATALOGUE_RETRY_NS

        for first in range(0, len(market_ids), rules.MARKETS_PER_CATALOGUE):
            params = encode_catalogue(market_ids[first : first + rules.MARKETS_PER_CATALOGUE])
            self._lines.api.call(CATALOGUE, params, catalogue_answer, hear, now_ns, answer_ms=self._settings.query_ms)

    def _answered(self, facts: list[Fact], now_ns: int) -> None:
        """A conversation's facts; what they say of bets is remembered for cancels."""
        for fact in facts:
            reports = [fact] if isinstance(fact, OrderReported) else []
            if isinstance(fact, VenueReported):
                reports = [order.report for order in fact.orders if order.report is not None]
            if isinstance(fact, MarketChanged):
                self._feed.markets.remember(fact)
            for report in reports:
                self._bets.bet(report.ref).is_closed = report.closed
            self._tell(fact)
            for report in reports:
                self._betting.learned(report.ref, now_ns)


def order_stream(access: Access, follower: OrderFollower) -> Stream:
    """The stream of bets that carry our strategy ref."""
    subscription = {
        "op": "orderSubscription",
        "segmentationEnabled": True,
        "conflateMs": 0,
        "heartbeatMs": access.settings.heartbeat_ms,
        "orderFilter": {"includeOverallPosition": False, "customerStrategyRefs": [access.settings.strategy_ref]},
    }
    return Stream(access, subscription=subscription, decode=decode_order_line, follower=follower)
