"""Asks for the books that are traded on, and holds the answer against the stream: heartbeats prove no prices.

A stream may be silent because nothing happens, or because it lags; its heartbeats look the same. So the venue is asked
for the books by the other road, a few at a time, and each answer is given `GRACE_NS` for the stream to catch up with.

    RESTING --due--> ASKED --answer--> WAITING --the stream had its time--> RESTING
                       '--none: nothing is concluded--> RESTING

A market lags where the answer has a later version than the stream; where its best prices are none that the stream
showed since a little before the question, and the stream said nothing of the market since (or it said other things, in
three looks running); and where the venue's own picture moved from one look to the next (prices, sizes, the last match)
without a word of the stream. Several states in a row are compared, since either road may be ahead.

Weight: one request at a time, as many markets as one may ask for with three levels a side, never a market more than
five times a second. Markets with bets of ours come in every request while they fit, and the others take turns.
Source: Betfair developer docs, "Market Data Request Limits", "listMarketBook".
"""

import enum
from collections.abc import Callable, Collection, Iterator

import msgspec

from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.market_codec import Figure, RunnerKey, runner_key
from venues.betfair.query_codec import BOOK
from venues.betfair.rpc import answerer
from venues.betfair.rules import MARKETS_PER_PRICED_BOOK
from venues.betfair.streamed import Best, Streamed, StreamedMarket
from venues.http import HttpFailed

GRACE_NS = 400_000_000
"""How long the stream may be behind an answer: publishing takes 50 to 100 ms, and a busy moment some more."""
BEFORE_NS = 500_000_000
"""How much older than the question an answer may be."""
STRIKES_MAX = 3
ANSWER_MS = 5_000


class Level(msgspec.Struct):
    """A price and how much is offered there."""

    price: Figure = 0.0
    size: Figure = 0.0


class Offers(msgspec.Struct, rename="camel"):
    """The best levels of both sides."""

    available_to_back: list[Level] = []
    available_to_lay: list[Level] = []


class PricedRunner(msgspec.Struct, rename="camel"):
    """A runner with its best levels."""

    selection_id: int
    handicap: float = 0.0
    status: str = "ACTIVE"
    ex: Offers = msgspec.field(default_factory=Offers)

    @property
    def best(self) -> Best:
        """The best prices, in hundredths."""
        to_back, to_lay = self.ex.available_to_back, self.ex.available_to_lay
        return (
            max((round(one.price * 100) for one in to_back), default=0),
            min((round(one.price * 100) for one in to_lay), default=0),
        )


class PricedBook(msgspec.Struct, rename="camel"):
    """One market of listMarketBook with prices: the picture of one look."""

    market_id: str
    status: str
    version: int = 0
    last_match_time: str = ""
    runners: list[PricedRunner] = []

    @property
    def best(self) -> Iterator[tuple[RunnerKey, Best]]:
        """The best prices of every runner that still runs."""
        return ((runner_key(one.selection_id, one.handicap), one.best) for one in self.runners if _runs(one))


priced_answer = answerer(list[PricedBook])


def encode_priced(market_ids: Collection[str]) -> bytes:
    """Parameters for the three best levels of these markets as they rest, in the stream's currency."""
    depth = {"bestPricesDepth": 3, "rollupModel": "NONE"}
    projection = {"priceData": ["EX_BEST_OFFERS"], "exBestOffersOverrides": depth, "virtualise": False}
    return msgspec.json.encode({"marketIds": list(market_ids), "priceProjection": projection, "currencyCode": "GBP"})


class Look(msgspec.Struct):
    """One question and what it was answered. `is_late`: we were too busy to judge it in time, and waited once more."""

    markets: list[str]
    is_late: bool = False
    sent_ns: int = 0
    books: dict[str, PricedBook] = {}


class Step(enum.Enum):
    """Where the check stands; see the picture above."""

    RESTING = "resting"
    ASKED = "asked"
    WAITING = "waiting"


class CrossCheck:
    """`with_bets` and `followed` name the markets with open bets of ours, and all that are traded on.

    `lagged` is told of a market in which the stream is behind and why, `agreed` of one in which it is not.
    """

    def __init__(
        self,
        api: Api,
        streamed: Streamed,
        *,
        every_ms: int,
        with_bets: Callable[[], Collection[str]],
        followed: Callable[[], Collection[str]],
        lagged: Callable[[str, str, int], None],
        agreed: Callable[[str, int], None],
    ) -> None:
        self.failed = 0
        self._api = api
        self._streamed = streamed
        self._every_ns = every_ms * 1_000_000
        self._with_bets = with_bets
        self._followed = followed
        self._lagged = lagged
        self._agreed = agreed
        self._step = Step.RESTING
        self._due_ns: int | None = None
        self._look = Look([])
        self._turns: dict[str, None] = {}
        self._before: dict[str, tuple[int, PricedBook]] = {}
        self._strikes: dict[str, int] = {}

    def begin(self, now_ns: int) -> None:
        """There is a session: look, if this is wanted at all."""
        if self._every_ns and self._due_ns is None and self._step is Step.RESTING:
            self._due_ns = now_ns + self._every_ns

    def next_deadline(self) -> int | None:
        """When to ask, or to judge an answer."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Ask or judge if it is time to."""
        if self._due_ns is None or now_ns < self._due_ns:
            return
        if self._step is Step.WAITING:
            if now_ns - self._due_ns > GRACE_NS // 2 and not self._look.is_late:
                self._look.is_late, self._due_ns = True, now_ns + GRACE_NS  # what the stream said may lie here unread
                return
            self._judge(now_ns)
            self._rest(now_ns)
        elif self._step is Step.RESTING:
            self._ask(now_ns)

    # --- leaves ---

    def _rest(self, now_ns: int) -> None:
        self._step, self._due_ns = Step.RESTING, max(now_ns, self._look.sent_ns + self._every_ns)

    def _ask(self, now_ns: int) -> None:
        markets = self._chosen()
        self._look = look = Look(markets, sent_ns=now_ns)
        if not markets:
            self._rest(now_ns + self._every_ns)
            return
        self._step, self._due_ns = Step.ASKED, None

        def hear(answer: Answered[list[PricedBook]] | Faulted | HttpFailed) -> None:
            if look is not self._look or self._step is not Step.ASKED:
                return
            if isinstance(answer, Answered):
                look.books = {one.market_id: one for one in answer.result}
                self._step, self._due_ns = Step.WAITING, answer.received_ns + GRACE_NS
            else:
                self.failed += 1
                self._rest((answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns) + 1)

        self._api.call(BOOK, encode_priced(markets), priced_answer, hear, now_ns, answer_ms=ANSWER_MS)

    def _chosen(self) -> list[str]:
        """Whose turn it is: those with bets first, and of each kind who was not asked for longest."""
        followed = dict.fromkeys(self._followed())
        for gone in [name for name in self._turns if name not in followed]:
            del self._turns[gone]
            self._before.pop(gone, None)
            self._strikes.pop(gone, None)
        waiting = [name for name in followed if name not in self._turns] + list(self._turns)
        held = self._with_bets()
        chosen = sorted(waiting, key=lambda name: name not in held)[:MARKETS_PER_PRICED_BOOK]
        for name in chosen:
            self._turns.pop(name, None)
            self._turns[name] = None
        return chosen

    def _judge(self, now_ns: int) -> None:
        look, streamed = self._look, self._streamed
        streamed.settle(look.sent_ns - BEFORE_NS)
        unlike = {name: book for name, book in look.books.items() if not _alike(streamed.market(name), book)}
        for touched in streamed.steps():
            for name in touched:
                if (book := unlike.get(name)) is not None and _alike(streamed.market(name), book):
                    del unlike[name]
        for name, book in look.books.items():
            market, before = streamed.market(name), self._before.get(name)
            self._before[name] = look.sent_ns, book
            if market is None:  # the stream does not show it: nothing of it is traded on
                continue
            said_ns = market.changed_ns
            moved = before is not None and before[1] != book and said_ns < before[0] - BEFORE_NS
            why = self._why(market, book, said_ns) if name in unlike else ""
            if name not in unlike:
                self._strikes.pop(name, None)
            if why or moved:
                self._lagged(name, why or "the venue's book moved, and the stream said nothing", now_ns)
            elif name not in unlike:
                self._agreed(name, now_ns)

    def _why(self, market: StreamedMarket, book: PricedBook, said_ns: int) -> str:
        """What is wrong with a market whose prices were not met with, empty while that may be chance."""
        if book.version > market.version:
            return f"version {book.version} is asked and answered, the stream has {market.version}"
        if self._streamed.blurred_ns > self._look.sent_ns - BEFORE_NS and said_ns >= self._look.sent_ns:
            return ""  # so much came that the books in between are not known
        strikes = self._strikes[book.market_id] = self._strikes.get(book.market_id, 0) + 1
        if said_ns < self._look.sent_ns:
            return "its best prices are others, and the stream said nothing"
        return f"its best prices are others, in {strikes} looks running" if strikes >= STRIKES_MAX else ""


def _alike(market: StreamedMarket | None, book: PricedBook) -> bool:
    """Whether a market of the stream is what an answer shows, or is ahead of it."""
    if market is None or market.version > book.version:
        return True
    if market.version < book.version or market.status != book.status:
        return False
    return book.status != "OPEN" or all(market.best(runner) == best for runner, best in book.best)


def _runs(runner: PricedRunner) -> bool:
    return runner.status == "ACTIVE"
