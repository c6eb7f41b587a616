"""What one connection of the pushed feed has subscribed to, and what it is told of it.

The framing is this project's own and docs/matchbook_feed.md is its document; what it carries are the venue's objects.
A market is told of by what changed since it was last told, so that while nothing can be told nothing is kept.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from domain.ids import VenueMarketId
from venues.matchbook.fake.account import get_balance
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, Query
from venues.matchbook.fake.catalogue import get_events, market_body, runner_body
from venues.matchbook.fake.forms import iso
from venues.matchbook.fake.markets import MarketState, event_status
from venues.matchbook.fake.offer_shapes import offer_body
from venues.matchbook.fake.prices import PriceFilter, price_filter
from venues.matchbook.fake.replies import Body, Refused
from venues.matchbook.fake.sessions import Sessions

PRICES, ACCOUNT = "prices", "account"
NEWS = ("id", "event-id", "status", "in-running-flag", "volume")
"""Of a market in a price update, beside its runners."""
NEWS_OF_RUNNER = ("id", "status", "withdrawn", "prices")
WISHES = ("price-depth", "odds-type", "exchange-type", "currency", "minimum-liquidity")


class Asked(msgspec.Struct, rename="kebab"):
    """Whatever a customer says."""

    type: str
    req: int = 0
    session_token: str = ""
    channel: str = ""
    sub: str = ""
    market_ids: list[str | int] = []
    price_depth: int = 3
    odds_type: str = "DECIMAL"
    exchange_type: str = "back-lay"
    currency: str = ""
    minimum_liquidity: float | None = None


class Subscription:
    """One row of messages. `told`: of each market what its last message held, `markets` those that it is about."""

    def __init__(self, name: str, channel: str, markets: dict[VenueMarketId, MarketState], asked: PriceFilter) -> None:
        self.name = name
        self.channel = channel
        self.markets = markets
        self.asked = asked
        self.seq = 0
        self.told: dict[VenueMarketId, dict[int, Body]] = {}
        self.heads: dict[VenueMarketId, Body] = {}
        self.events: dict[int, str] = {}
        self.balance: Body = {}

    def numbered(self, kind: str, more: Body) -> Body:
        """The next message of the row."""
        self.seq += 1
        return {"type": kind, "sub": self.name, "seq": self.seq} | more


class Channels:
    """Obeys, and tells news."""

    def __init__(self, books: Books, sessions: Sessions) -> None:
        self._books = books
        self._sessions = sessions
        self._is_in = False
        self._issued = 0
        self.subscriptions: dict[str, Subscription] = {}
        self._verbs: dict[str, Callable[[Asked, int], Iterator[Body]]] = {
            "login": self._login,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "ping": self._ping,
        }

    def obey(self, text: bytes, now_ns: int) -> list[Body]:
        """Carry out what a customer said; every answer, in order."""
        try:
            asked = msgspec.json.decode(text, type=Asked, strict=False)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return [_error(0, "", "Not a message.")]
        verb = self._verbs.get(asked.type)
        if verb is None:
            return [_error(asked.req, "type", f"{asked.type} is not a valid type.")]
        if not self._is_in and asked.type != "login":
            return [_error(asked.req, "", "Authentication required.")]
        try:
            return list(verb(asked, now_ns))
        except Refused as refused:
            return [{"type": "error", "req": asked.req, "errors": refused.reply.body["errors"]}]

    # --- news ---

    def prices(self, markets: Iterable[VenueMarketId]) -> Iterator[Body]:
        """What is new of markets."""
        for one in self.of(PRICES):
            for market in markets:
                if market in one.markets:
                    yield from self._event_news(one, one.markets[market])
                    yield from self._market_news(one, market)

    def offers(self, numbers: Iterable[int], now_ns: int) -> Iterator[Body]:
        """Offers as they stand now, by the exchange's number, and what they left of the money."""
        shown = [self._books.offers.offers[number] for number in numbers]
        bodies = [offer_body(self._books, offer) for offer in shown if not self._books.settled(offer)]
        for one in self.of(ACCOUNT):
            if bodies:
                yield one.numbered("offer-update", {"offers": bodies})
            balance = get_balance(self._books, Call((), Query(""), b"", now_ns))
            if balance != one.balance:
                one.balance = balance
                yield one.numbered("balance-update", {"balance": balance})

    def beats(self, now_ns: int) -> Iterator[Body]:
        """A sign of life on each row."""
        for one in self.subscriptions.values():
            yield one.numbered("heartbeat", {"time": iso(self._books.wall_ms(now_ns))})

    def of(self, channel: str) -> list[Subscription]:
        """Subscriptions to a channel."""
        return [one for one in self.subscriptions.values() if one.channel == channel]

    # --- verbs ---

    def _login(self, asked: Asked, now_ns: int) -> Iterator[Body]:
        if not self._sessions.good(asked.session_token, now_ns):
            raise Refused(401, "Authentication required.")
        self._is_in = True
        yield {"type": "ack", "req": asked.req}

    def _ping(self, asked: Asked, _now_ns: int) -> Iterator[Body]:
        yield {"type": "ack", "req": asked.req}

    def _unsubscribe(self, asked: Asked, _now_ns: int) -> Iterator[Body]:
        if self.subscriptions.pop(asked.sub, None) is None:
            raise Refused(400, f"{asked.sub} is not a subscription.", field="sub")
        yield {"type": "ack", "req": asked.req, "sub": asked.sub}

    def _subscribe(self, asked: Asked, now_ns: int) -> Iterator[Body]:
        if asked.channel not in (PRICES, ACCOUNT):
            raise Refused(400, f"{asked.channel} is not a valid channel.", field="channel")
        books = self._books
        wishes = msgspec.to_builtins(asked)
        query = "&".join(f"{name}={wishes[name]}" for name in WISHES if wishes[name] not in ("", None))
        filter_ = price_filter(Query(query), books.options, books.currency, included=True, depth="price-depth")
        wanted = {VenueMarketId(str(one)) for one in asked.market_ids}
        self._issued += 1
        one = Subscription(
            f"s{self._issued}", asked.channel, {k: v for k, v in books.markets.items() if k in wanted}, filter_
        )
        self.subscriptions[one.name] = one
        yield {"type": "ack", "req": asked.req, "sub": one.name}
        if asked.channel == ACCOUNT:
            live = [offer for offer in books.offers.offers.values() if offer.live and not books.settled(offer)]
            yield one.numbered("offer-update", {"offers": [offer_body(books, offer) for offer in live]})
        else:
            yield self._master(one, now_ns)

    # --- leaves ---

    def _master(self, one: Subscription, now_ns: int) -> Body:
        """The whole picture: events as a request for them answers, with the wanted markets."""
        ids = ",".join(str(event) for event in {state.event.id: None for state in one.markets.values()})
        events: list[Body] = []
        if ids:
            call = Call((), Query(f"ids={ids}&per-page=500"), b"", now_ns)
            events = get_events(self._books, call)["events"]
        for event in events:
            states = [state for state in one.markets.values() if state.event.id == event["id"]]
            event["markets"] = [market_body(state, asked=one.asked) for state in states]
            one.events[event["id"]] = event["status"]
        for market, state in one.markets.items():
            one.heads[market], one.told[market] = self._shape(one, state)
        return one.numbered("master", {"time": iso(self._books.wall_ms(now_ns)), "events": events})

    def _event_news(self, one: Subscription, state: MarketState) -> Iterator[Body]:
        status = event_status(self._books.markets_of(state.event))
        if one.events.get(state.event.id) != status:
            one.events[state.event.id] = status
            yield one.numbered("event-update", {"event": {"id": state.event.id, "status": status}})

    def _market_news(self, one: Subscription, market: VenueMarketId) -> Iterator[Body]:
        """The runners that changed, or the market alone where only that did."""
        head, runners = self._shape(one, one.markets[market])
        told, one.told[market] = one.told[market], runners
        before, one.heads[market] = one.heads[market], head
        changed = [row for number, row in runners.items() if told.get(number) != row]
        if changed or {**before, "volume": 0} != {**head, "volume": 0}:
            yield one.numbered("price-update", {"market": head | {"runners": changed}})

    def _shape(self, one: Subscription, state: MarketState) -> tuple[Body, dict[int, Body]]:
        state.shown()
        head = market_body(state, asked=one.asked, runners=False)
        rows = [runner_body(state, selection, one.asked) for selection in state.runners]
        return (
            {name: head[name] for name in NEWS},
            {row["id"]: {name: row[name] for name in NEWS_OF_RUNNER} for row in rows},
        )


def _error(req: int, field: str, message: str) -> Body:
    told: Body = {"messages": [message]} | ({"field": field} if field else {})
    return {"type": "error", "req": req, "errors": [told]}
