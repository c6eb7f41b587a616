"""Every fault of the language at every adapter: the same little day under it, and agreement soon after it.

A row is one fault: what is planned, at which venues it cannot exist and why, and what it may cost in time beyond the
ten seconds in which a healed link is reconciled.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.ids import VenueMarketId
from domain.messages import BooksDoubted, ChannelChanged, Fact, MarketSettled
from domain.orders import Side, TimeInForce
from tests.venues.conformance.bench import Bench
from tests.venues.conformance.cases import HEALED_MS, UNHELD, agree
from venues.sim.faults import Danger, Profile, Strike
from venues.sim.world import DESK

ALWAYS = 1_000_000
PULLED_MS = 250
"""A book that is not fed is pulled within its own limit and this. Source: RELIABILITY, numbers under load."""

LATER_MS = (21_000, 25_000)
"""How long after a settlement it is taken back, and after that made anew."""
NEVER_CAME_MS = 60_000
"""How much longer it takes until an order that never arrived is proven to be nowhere: each venue has its own time in
which one may still land, and several questions must miss it after that."""

EVERYWHERE = ("betfair", "kalshi", "lmsr", "matchbook")

POLLS = "it pushes no messages: each answer is a whole picture"
UNCACHED = {
    "betfair": "no document speaks of a cache before listMarketBook, which its stream is held against",
    "kalshi": "answers are up to fifteen seconds old there, so none is asked for prices",
    "lmsr": "it answers no question about prices",
}
TCP = "its stream numbers nothing: it is one TCP line, and after a break the clock of the last message goes on"


class Trouble(msgspec.Struct, frozen=True):
    """One fault. `slow`: venues at which it may take longer than a healed link, since an order of it never arrives.

    `doubted`: whoever trades must hear that books are in doubt, even where they are put right by themselves.
    """

    title: str
    profile: Profile
    absent: dict[str, str] = {}
    slow: tuple[str, ...] = ()
    pays: bool = False
    doubted: bool = False


def strike(danger: Danger, doing: str = "", **more: Any) -> Profile:
    """A profile of one planned strike."""
    return Profile(
        danger,
        planned=(Strike(danger, doing=doing, **more),),
        delay_ms=(800, 1_500),
        frozen_ms=(3_000, 5_000),
        down_ms=(3_000, 5_000),
    )


def always(danger: Danger, rate: int = ALWAYS) -> Profile:
    """A profile of one danger at every opportunity, or so many in a million."""
    return Profile(danger, {danger: rate}, delay_ms=(300, 900), frozen_ms=(3_000, 5_000), down_ms=(3_000, 5_000))


LONG_FREEZE = msgspec.structs.replace(strike(Danger.FEED_FROZEN, "books", skip=2), frozen_ms=(12_000, 15_000))
"""Much longer than a wrong book may be traded on."""

TROUBLES = (
    Trouble("an order is accepted and the reply lost", strike(Danger.REPLY_LOST, "place", skip=1)),
    Trouble("a cancel is carried out and the reply lost", strike(Danger.REPLY_LOST, "cancel")),
    Trouble(
        "a reply is cut in the middle",
        strike(Danger.REPLY_CUT, "place"),
        {"kalshi_fix": "a report is no reply but pushed: see the feed that breaks in the middle of a message"},
    ),
    Trouble("a reply comes late", strike(Danger.REPLY_DELAYED, "place", times=3)),
    Trouble("429: an order is turned away unread", strike(Danger.THROTTLED, "place"), slow=("betfair",)),
    Trouble("429: a cancel is turned away unread", strike(Danger.THROTTLED, "cancel")),
    Trouble("5xx though the order is live", strike(Danger.DONE_BUT_5XX, "place")),
    Trouble(
        "5xx though the cancel was carried out",
        strike(Danger.DONE_BUT_5XX, "cancel"),
        {"kalshi_fix": "no document names a text for a cancel that says that nobody knows, as there is one for orders"},
    ),
    Trouble(
        "HTML instead of JSON about an order",
        strike(Danger.HTML_INSTEAD, "place"),
        {"kalshi_fix": "there is no HTML in a FIX session"},
    ),
    Trouble("HTML instead of JSON about everything, now and then", always(Danger.HTML_INSTEAD, 100_000)),
    Trouble("messages come twice", always(Danger.MESSAGE_DOUBLED), {"matchbook_polled": POLLS}),
    Trouble("messages change places", always(Danger.MESSAGES_SWAPPED), {"matchbook_polled": POLLS}),
    Trouble("answers overtake each other", always(Danger.REPLY_DELAYED, 300_000)),
    Trouble(
        "a message is lost, and a gap shows",
        strike(Danger.MESSAGE_LOST, "books", skip=3),
        {"betfair": TCP, "matchbook_polled": POLLS},
        doubted=True,
    ),
    Trouble(
        "news about an order is lost",
        strike(Danger.MESSAGE_LOST, "orders", skip=3),
        {"betfair": TCP, "matchbook_polled": POLLS},
    ),
    Trouble(
        "the feed breaks in the middle of a message",
        strike(Danger.FEED_CUT, "books", skip=2),
        {"matchbook_polled": POLLS},
    ),
    Trouble(
        "the feed is frozen and its heartbeats go on",
        LONG_FREEZE,
        {"matchbook_polled": POLLS},
        doubted=True,
    ),
    Trouble(
        "the feed is frozen and its heartbeats say so (status 503)",
        LONG_FREEZE,
        {"matchbook_polled": POLLS}
        | dict.fromkeys(("kalshi", "lmsr", "matchbook_pushed"), "its heartbeats have no field for that"),
        doubted=True,
    ),
    Trouble(
        "news about orders is frozen and heartbeats go on",
        strike(Danger.FEED_FROZEN, "orders"),
        {"matchbook_polled": POLLS},
    ),
    Trouble(
        "prices come out of a cache",
        msgspec.structs.replace(LONG_FREEZE, planned=strike(Danger.ANSWER_CACHED, "books", skip=2).planned),
        UNCACHED
        | {"matchbook_pushed": "its polls only look the feed over: see the prices that a feed is held against"},
        doubted=True,
    ),
    Trouble(
        "prices that a feed is held against come out of a cache",
        always(Danger.ANSWER_CACHED),
        UNCACHED | {"matchbook_polled": "it has no feed that could be held against them"},
    ),
    Trouble("every byte comes by itself", always(Danger.BYTES_SINGLE, 50_000)),
    Trouble("bytes come late", always(Danger.BYTES_DELAYED, 30_000)),
    Trouble("connections break", always(Danger.CONNECTION_CUT, 30_000), slow=EVERYWHERE),
    Trouble("a match is told after the cancel of its order", strike(Danger.LATE_FILL, "cancel")),
    Trouble("the market is suspended in mid-order", strike(Danger.SUSPENDED_MIDWAY, "place", skip=1)),
    Trouble(
        "a match is annulled",
        strike(Danger.VOIDED),
        {"kalshi": "it knows no void: trades stand, and a market without a result is settled at a fair price"},
    ),
    Trouble(
        "a settlement is taken back and made anew",
        msgspec.structs.replace(strike(Danger.RESETTLED), delay_ms=LATER_MS),
        {"kalshi": "what it has paid stands: a dispute comes before (determined, disputed, amended, finalized)"},
        pays=True,
    ),
    Trouble(
        "the session expires",
        strike(Danger.SESSION_EXPIRED, "place"),
        {"kalshi_fix": "requests are not signed there; an expired logon is a line that breaks"},
    ),
    Trouble("maintenance", strike(Danger.MAINTENANCE, "place"), slow=("betfair", "matchbook")),
    Trouble("a balance of nothing", strike(Danger.ZERO_BALANCE, "money", skip=2)),
    Trouble("an answer that nothing is held", strike(Danger.POSITIONS_EMPTY, "positions"), UNHELD),
    Trouble("what was held a while ago", strike(Danger.POSITIONS_OLD, "positions"), UNHELD),
)
"""Half-open lines have a test of their own, one for each port."""


def little_day(bench: Bench, trouble: Trouble) -> None:
    """Quotes that rest, are matched, cancelled; takes; the crowd around them; then pay day if it is asked for."""
    for n in range(6):
        bench.crowd(Side.LAY, 4, (0.4, 0.5)[n % 2], outcome=n % 3, told=False)
        bench.crowd(Side.BACK, 3, 0.25, outcome=3 + n % 2, told=False)
        bench.crowd(Side.BACK, 3, 0.25, outcome=(n + 1) % 3)
        bench.place(f"quote-{n}", Side.BACK, 6, 0.2 if n % 2 else 0.25, outcome=n % 3)
        bench.place(f"other-{n}", Side.BACK, 3, 0.2, outcome=(n + 2) % 3, ms=700)
        bench.crowd(Side.LAY, 2, 0.2, outcome=n % 3, told=False)
        bench.crowd(Side.LAY, 1, 0.2, outcome=(n + 2) % 3)
        bench.run(300)
        bench.place(f"take-{n}", Side.BACK, 2, 0.5, outcome=n % 3, tif=TimeInForce.IMMEDIATE, ms=600)
        bench.cancel(f"quote-{n}", ms=800)
    if trouble.pays:
        bench.pay()
        bench.run_until(lambda: bench.desk.statements.keys() >= set(bench.paid()), within_ms=20_000)
        first = dict(bench.desk.statements)
        bench.run(2 * LATER_MS[1])
        bench.desk.ask_for_statements()
        bench.run(15_000)
        corrected(bench, first)


def judge(opened: Callable[..., Bench], trouble: Trouble) -> Bench:
    """The little day under one fault: it fired, nothing is lost or doubled, and both sides agree in time."""
    bench = opened()
    bench.faults.profile = trouble.profile
    before = len(bench.desk.told)
    little_day(bench, trouble)
    fired = bench.faults.fired.total()
    assert fired > 0, "it never struck"
    bench.faults.profile = Profile("calm", down_ms=(1, 1), frozen_ms=(1, 1), delay_ms=(1, 1))
    agree(bench, within_ms=HEALED_MS + (NEVER_CAME_MS if bench.name in trouble.slow else 0))
    bench.run(12_000)
    assert bench.doubts() == ""
    assert bench.money_agrees()
    doubts = [fact for fact in bench.desk.told[before:] if is_doubt(fact)]
    assert doubts or not trouble.doubted, "nobody heard that books were in doubt"
    limit_ms = bench.venue.capabilities.stale_after_ms + PULLED_MS
    assert bench.desk.wrong_ms <= limit_ms, f"a book that was wrong could be traded on for {bench.desk.wrong_ms} ms"
    return bench


def is_doubt(fact: Fact) -> bool:
    """Whether a fact takes books back: some of them, or all that a channel feeds."""
    return isinstance(fact, BooksDoubted) or (isinstance(fact, ChannelChanged) and not fact.up)


def corrected(bench: Bench, first: dict[VenueMarketId, MarketSettled]) -> None:
    """The venue's later word replaces its first, under another name, and both sides have the same money."""
    changed = 0
    for market, state in bench.exchange.floor.markets.items():
        if DESK in state.statements:
            said, theirs = bench.desk.statements[market], state.statements[DESK]
            assert (said.profit_micros, said.commission_micros) == (theirs.profit_micros, theirs.commission_micros)
            changed += said.statement != first[market].statement
    assert changed > 0, "nothing was corrected"
