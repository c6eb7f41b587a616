"""The subscriptions of one connection, and what its commands change of them.

Every channel has one subscription at most; a second one to the same channel adds its markets to the first.
Source: Kalshi AsyncAPI 2.0.0; behaviour as recorded on the demo exchange.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.ids import VenueMarketId
from venues.kalshi.fake import bulletins, messages
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.bulletins import (
    BOOK,
    FILL,
    GROUPS,
    LIFECYCLE,
    ORDERS,
    POSITIONS,
    TICKER,
    TRADE,
    Markets,
    Private,
    Subscription,
)
from venues.kalshi.fake.messages import Message

SILENT = (
    "multivariate_market_lifecycle",
    "communications",
    "cfbenchmarks_value",
    "pyth_value",
)
"""Channels that exist and on which nothing ever happens here."""
CHANNELS = (BOOK, TICKER, TRADE, LIFECYCLE, FILL, ORDERS, POSITIONS, GROUPS, *SILENT)
UNFILTERED = (LIFECYCLE, GROUPS, *SILENT)

ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    6: "Already subscribed",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    10: "Channel error",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    16: "Market not found",
    17: "Internal error",
    25: "Subscription buffer overflow",
    26: "Subscription market limit exceeded",
}


class CommandError(Exception):
    """A command that cannot be carried out; nothing of it was."""

    def __init__(self, code: int, market: str = "") -> None:
        super().__init__(code)
        self.body: dict[str, Any] = {"code": code, "msg": ERRORS[code]} | ({"market_ticker": market} if market else {})


class Switchboard:
    """Obeys commands and turns news into messages."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._subscriptions: dict[int, Subscription] = {}
        self._issued = 0
        self._commands: dict[str, Callable[[dict[str, Any]], list[Message]]] = {
            "subscribe": self._subscribe,
            "update_subscription": self._update,
            "unsubscribe": self._unsubscribe,
            "list_subscriptions": self._list,
        }

    # --- commands ---

    def obey(self, text: bytes) -> list[Message]:
        """Carry a command out; everything that is to be said at once, in order."""
        try:
            command = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return [{"type": "error", "msg": CommandError(1).body}]
        number = command.get("id")
        named = {"id": number} if isinstance(number, int) and number > 0 else {}
        try:
            return [_answered(said, named) for said in self._carry_out(command)]
        except CommandError as error:
            return [named | {"type": "error", "msg": error.body}]

    def _carry_out(self, command: dict[str, Any]) -> list[Message]:
        """Answers to the command itself hold an empty id, to be filled in."""
        carry_out = self._commands.get(str(command.get("cmd")))
        if carry_out is None:
            raise CommandError(5)
        params = command.get("params")
        if not isinstance(params, dict):
            if carry_out != self._list:
                raise CommandError(2)
            params = {}
        return carry_out(params)

    def _subscribe(self, params: dict[str, Any]) -> list[Message]:
        channels = params.get("channels")
        if not isinstance(channels, list) or not channels:
            raise CommandError(3)
        if any(channel not in CHANNELS for channel in channels):
            raise CommandError(8)
        asked = {channel: None if channel in UNFILTERED else self._tickers(params) for channel in channels}
        if BOOK in asked and asked[BOOK] is None:
            raise CommandError(14)
        self._check_size(len(asked.get(BOOK) or ()))
        said: list[Message] = []
        images: list[Message] = []
        for channel, markets in asked.items():
            known = next((one for one in self._subscriptions.values() if one.channel == channel), None)
            if known is not None:
                said += self._merge(known, markets)
                continue
            self._issued += 1
            one = Subscription(
                self._issued,
                channel,
                markets,
                in_yes=bool(params.get("use_yes_price")),
                terse=bool(params.get("skip_ticker_ack")),
            )
            self._subscriptions[one.sid] = one
            said.append({"id": 0, "type": "subscribed", "msg": {"channel": channel, "sid": one.sid}})
            images += self._images(one, markets or {}, wanted=bool(params.get("send_initial_snapshot")))
        return said + images

    def _merge(self, one: Subscription, markets: Markets | None) -> list[Message]:
        """A second subscription to a channel adds its markets to the first."""
        fresh = {market: None for market in markets or {} if not one.wants(market)}
        if not fresh or one.markets is None:
            raise CommandError(6)
        one.markets |= fresh
        return [one.ok(), *self._images(one, fresh)]

    def _update(self, params: dict[str, Any]) -> list[Message]:
        one = self._only(params)
        action = params.get("action")
        if not action:
            raise CommandError(15)
        if action not in ("add_markets", "delete_markets", "get_snapshot") or one.channel in UNFILTERED:
            raise CommandError(13)
        if action == "get_snapshot" and one.channel != BOOK:
            raise CommandError(13)
        markets = self._tickers(params)
        if not markets:
            raise CommandError(14)
        if action == "get_snapshot":
            return self._images(one, markets)
        if one.markets is None:
            return [one.ok()]
        if action == "delete_markets":
            one.markets = {market: None for market in one.markets if market not in markets}
            return [one.ok()]
        fresh = {market: None for market in markets if market not in one.markets}
        self._check_size(len(one.markets) + len(fresh))
        one.markets |= fresh
        return [one.ok(), *self._images(one, fresh, wanted=bool(params.get("send_initial_snapshot")))]

    def _unsubscribe(self, params: dict[str, Any]) -> list[Message]:
        sids = params.get("sids")
        if not isinstance(sids, list) or not sids:
            raise CommandError(4)
        if any(sid not in self._subscriptions for sid in sids):
            raise CommandError(7)
        gone = [self._subscriptions.pop(sid) for sid in dict.fromkeys(sids)]
        return [{"id": 0, "sid": one.sid, "seq": one.seq + 1, "type": "unsubscribed"} for one in gone]

    def _list(self, params: dict[str, Any]) -> list[Message]:
        listed = [{"channel": one.channel, "sid": one.sid} for one in self._subscriptions.values()]
        return [{"id": 0, "type": "ok", "msg": listed}]

    # --- parts of commands ---

    def _tickers(self, params: dict[str, Any]) -> Markets | None:
        """The markets that a command names, None if it names none."""
        one, many = params.get("market_ticker"), params.get("market_tickers")
        if one is None and many is None:
            return None
        named = [one] if many is None else many
        if (one is not None and many is not None) or not isinstance(named, list):
            raise CommandError(11)
        for ticker in named:
            if not isinstance(ticker, str):
                raise CommandError(11)
            if ticker not in self._books.markets:
                raise CommandError(16, ticker)
        return {VenueMarketId(ticker): None for ticker in named}

    def _only(self, params: dict[str, Any]) -> Subscription:
        sids = [params["sid"]] if "sid" in params else params.get("sids")
        if not isinstance(sids, list) or len(sids) != 1 or ("sid" in params and "sids" in params):
            raise CommandError(12)
        if sids[0] not in self._subscriptions:
            raise CommandError(7)
        return self._subscriptions[sids[0]]

    def _check_size(self, markets: int) -> None:
        if markets > self._books.options.subscription_markets_max:
            raise CommandError(26)

    def _images(self, one: Subscription, markets: Markets, *, wanted: bool = False) -> list[Message]:
        """Whole books; tickers too where they are wanted."""
        books = self._books
        if one.channel == BOOK:
            return [
                one.numbered("orderbook_snapshot", messages.snapshot(books, books.markets[market], in_yes=one.in_yes))
                for market in markets
            ]
        if one.channel == TICKER and wanted:
            return [one.plain("ticker", messages.ticker(books, market, books.heard_ns)) for market in markets]
        return []

    # --- news ---

    def overflow(self) -> list[Message]:
        """The reader is too slow for the books: their subscription ends."""
        gone = [one for one in self._subscriptions.values() if one.channel == BOOK]
        for one in gone:
            del self._subscriptions[one.sid]
        return [{"type": "error", "msg": CommandError(self._books.options.ends_with).body} for _ in gone]

    def public(self, news: News) -> list[Message]:
        return bulletins.public(self._books, self._subscriptions.values(), news)

    def private(self, news: News) -> list[Private]:
        return bulletins.private(self._books, self._subscriptions.values(), news)


def _answered(said: Message, named: dict[str, int]) -> Message:
    """A message with the number of the command that it answers in place of the empty one."""
    if "id" not in said:
        return said
    return {key: value for key, value in said.items() if key != "id"} | named
