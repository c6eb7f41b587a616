"""The exchange as the engine sees it: lists, follows two streams, orders and answers, by its clock alone."""

from collections.abc import Callable, Iterable, Sequence

from domain.amending import AmendOrder
from domain.markets import Listing
from domain.messages import (
    BooksProven,
    CancelOrder,
    Channel,
    Command,
    Fact,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QueryVenue,
    VenueReported,
)
from domain.treasury import QueryAccountLines
from venues.base import Emit, Network
from venues.http import HttpClient
from venues.kalshi import frames, rules
from venues.kalshi.api import Api, Faulted
from venues.kalshi.asking import Asking
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.feed import MarketFeed
from venues.kalshi.fix.desk import FixDesk, opened
from venues.kalshi.fix.joint import Joint
from venues.kalshi.followers import Health, OrderFollower
from venues.kalshi.order_codec import OrderData, order_frames
from venues.kalshi.ordering import Ordering, Ways
from venues.kalshi.orders import Orders
from venues.kalshi.settings import Settings
from venues.kalshi.signing import Signer, load_key
from venues.kalshi.standing import Standing
from venues.kalshi.stream import Stream
from venues.kalshi.talks import Account
from venues.kalshi.trading import Lines, Trading
from venues.redial import Chance


class Kalshi:
    """The `Venue` port. `wall_ns` reads the Unix clock, `chance` draws the jitter of reconnects.

    `signer` signs where it is given, instead of the key file that the settings name.
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
        signer: Signer | None = None,
    ) -> None:
        venue = settings.venue
        self.capabilities = rules.capabilities(
            venue, settings.currency, heartbeat_ms=settings.heartbeat_ms, dead_man_s=settings.life_s
        )
        own = signer or Signer(settings.key_id, load_key(settings.key_file))
        access = Access(settings, network, own, chance, wall_ns)
        self._emit, self._wall_ns = emit, wall_ns
        self._is_stopped = False
        self._orders = Orders()
        self._budgets = budgets = Budgets(cancel_reserve_pct=settings.cancel_reserve_pct)
        self._http = HttpClient(
            network,
            settings.rest,
            connections=settings.connections,
            chance=chance,
            dials_per_minute=settings.dials_per_minute,
            on_health=self._http_changed,
        )
        api = Api(access, self._http, budgets, on_fault=self._faulted)
        account = Account(settings, self._orders, wall_ns)
        self._asking = Asking(api, budgets, account, on_facts=self._answered)
        self._fix = FixDesk(access, lambda line: signer.renamed(line.key_id) if signer else opened(line))
        self._feed = self._open_feed(access, listings)
        requests = Health(venue, Channel.REQUESTS, self._tell)
        lines = Lines(access, api, budgets, self._orders, self._http.free)
        self._trading = trading = Trading(lines, self._tell, self._feed, self._asking)
        self._ordering, groups = trading.ordering, trading.guards.groups
        self.switch = trading.guards.renewing.switch
        self._standing = Standing(
            settings,
            self._asking,
            budgets,
            self._feed,
            requests,
            trading.guards.attestation,
            wall_ms=access.wall_ms,
            listed=lambda now_ns: groups.want(self._feed.markets.shards(), now_ns),
        )
        self._entry: Ordering | FixDesk = self._ordering
        tell = self._tell if settings.order_entry == "rest" else self._trade_by_fix(trading.ways)
        follower = OrderFollower(account, groups, tell, learned=self._ordering.learned)
        followed = (frames.FILLS, frames.ORDERS, frames.POSITIONS, *((frames.GROUPS,) if groups.is_on else ()))
        self._order_stream: Stream[OrderData] = Stream(
            access, order_frames, follower, channels=followed, is_wanted=lambda: True
        )
        self._timed = (
            *(self._http, budgets.read, budgets.write, self._asking),
            *(self._standing, *trading.timed, self._feed, self._order_stream, self._fix),
        )

    def start(self, now_ns: int) -> None:
        """Dial, and read what the account and the markets are; the market stream follows from the answers."""
        self._orders.matches_read_ms = self._orders.began_ms = self._wall_ns() // 1_000_000
        self._http.open(now_ns)
        self._order_stream.on_time(now_ns)
        self._fix.on_time(now_ns)
        self._standing.start(now_ns)
        self._trading.begin(now_ns, by_request=self._entry is self._ordering)

    def send(self, command: Command, now_ns: int) -> None:
        """Write a command, or emit why not; only a cancel or a query without its turn or its order's id waits."""
        if isinstance(command, PlaceOrder):
            self._entry.place(command, now_ns)
        elif isinstance(command, CancelOrder):
            self._entry.cancel(command, now_ns)
        elif isinstance(command, QueryOrder):
            self._orders.told(command.ref, command.venue_market, command.venue_order_id)
            self._asking.order(command.ref, now_ns)
        elif isinstance(command, QueryVenue):
            self._asking.venue(now_ns)
        elif isinstance(command, AmendOrder):
            (self._fix if isinstance(self._entry, FixDesk) else self._trading.amending).amend(command, now_ns)
        elif isinstance(command, QueryAccountLines):
            self._asking.lines(command.since_ms, now_ns)
        else:
            self._asking.settlement(command.venue_market, now_ns)

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None:
        """Write commands of one kind in as few requests as that takes; `emptying`: they take out all that rests."""
        together, alone = _parted(commands, self._orders) if emptying else ([], list(commands))
        if self._entry is self._ordering:
            together, alone = list(commands), []
        if not self._trading.send_several(together, now_ns, emptying=emptying):
            alone = list(commands)
        for command in alone:
            self.send(command, now_ns)

    def next_deadline(self) -> int | None:
        times = [due for part in self._timed if (due := part.next_deadline()) is not None]
        return None if self._is_stopped else min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        for part in self._timed:
            due_ns = part.next_deadline()
            if due_ns is not None and due_ns <= now_ns and not self._is_stopped:
                part.on_time(now_ns)

    def tokens(self, now_ns: int) -> int:
        """Placements that would be written at once: within the budget, and with a connection that takes them."""
        creates = self._budgets.creates(now_ns)
        takes = self._entry.takes_orders if isinstance(self._entry, FixDesk) else self._http.free() > 0
        return creates if takes and self._trading.guards.groups.takes_orders() else 0

    def stop(self, now_ns: int) -> None:
        self._is_stopped = True
        for part in (self._http, self._feed, self._order_stream, self._fix):
            part.close()

    # --- what FIX carries ---

    def _open_feed(self, access: Access, listings: Iterable[Listing]) -> MarketFeed:
        """The market stream, with books or beside the session that carries them."""
        if access.settings.books == "stream":
            return MarketFeed(access, listings, self._tell, list_again=self._list_again)
        joint = Joint(Channel.MARKET_DATA, self._tell)
        told = joint.part("stream", without=BooksProven)
        feed = MarketFeed(access, listings, told, list_again=self._list_again, books_by=self._fix.follow)
        self._fix.show(feed.books, joint.part("fix"))
        return feed

    def _trade_by_fix(self, ways: Ways) -> Emit:
        """Have a session carry orders; what takes the facts of the stream of our orders, which stays beside it."""
        joint, self._entry = Joint(Channel.ORDERS, self._tell), self._fix
        told = joint.part("stream")
        self._fix.trade(self._budgets, self._orders, joint.part("fix"), self._ordering, self._trading.amending, ways)
        return told

    # --- what the parts say ---

    def _tell(self, fact: Fact) -> None:
        if not self._is_stopped:
            self._emit(fact)

    def _http_changed(self, up: bool, reason: str) -> None:
        self._standing.http_changed(up, reason)

    def _faulted(self, fault: Faulted) -> None:
        self._standing.heard_fault(fault)

    def _list_again(self, now_ns: int) -> None:
        self._standing.list_again(now_ns)

    def _answered(self, facts: list[Fact], now_ns: int) -> None:
        """A conversation's facts; what they say of orders may be what a cancel waited for."""
        for fact in facts:
            reports = [fact] if isinstance(fact, OrderReported) else []
            if isinstance(fact, VenueReported):
                reports = [order.report for order in fact.orders if order.report is not None]
            for report in reports:
                self._orders.note(report)
            self._tell(fact)
            for report in reports:
                self._ordering.learned(report.ref, now_ns)


def _parted(commands: Sequence[Command], orders: Orders) -> tuple[list[Command], list[Command]]:
    """Of cancels over FIX those of orders that blowing their group takes out, and the others."""
    together: list[Command] = []
    alone: list[Command] = []
    for one in commands:
        kept = orders.kept(one.ref) if isinstance(one, CancelOrder) else None
        (together if kept is not None and kept.group and kept.order_id else alone).append(one)
    return together, alone
