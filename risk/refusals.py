"""What each refusal means, what leads out of it, and who passes it all the same: for screens, and for the page of docs.

A limit that held an order back on its way down would keep us where the limit does not want us. So every ceiling of
our own lets those pass that lead back under it. What is not ours to bend lets nobody pass: the venue's rules, the
state of its market, a book that may be wrong, a price too far away, a match with ourselves, and levels of stopping.
"""

import msgspec

from risk.verdicts import Passing, RefusalReason


class Meaning(msgspec.Struct, frozen=True):
    """One refusal in words: what was the matter, what ends it, and which orders it lets pass."""

    says: str
    remedy: str
    passing: Passing = Passing.NOTHING


_R = RefusalReason
_ITSELF = "ends by itself"

MEANINGS: dict[RefusalReason, Meaning] = {
    _R.KILL_NO_NEW_RISK: Meaning(
        "kill level 1 is in force and the order would add risk",
        "a named person lowers the level, with a reason",
        Passing.NOT_RAISING,
    ),
    _R.KILL_REDUCE_ONLY: Meaning(
        "kill level 2 or 4 is in force and the order would not lower the event's worst loss",
        "a named person lowers the level, with a reason",
        Passing.REDUCING,
    ),
    _R.KILL_CANCEL_ALL: Meaning(
        "kill level 3 is in force: every order comes out and none goes in",
        "a named person lowers the level, with a reason",
    ),
    _R.NOT_ENABLED: Meaning(
        "trading with real money has not been enabled by two people for this configuration",
        "two different people enable it",
        Passing.REDUCING,
    ),
    _R.JURISDICTION: Meaning(
        "the venue is not allowed to our legal entity where it trades from, `[compliance] jurisdictions`",
        "another venue, or counsel's word",
    ),
    _R.RESTRICTED: Meaning(
        "a participant is on the list of those we must not bet on, `[compliance] restricted`",
        "the list is changed after review",
    ),
    _R.RULES_CHANGED: Meaning(
        "the venue settles by another text than was reviewed, so that the listings of the market may not be equal",
        "the listing is reviewed again",
    ),
    _R.CATEGORY: Meaning(
        "the kind of market or the sport is not on the allow-list, `[compliance] kinds` and `sports`",
        "the list is changed after review",
        Passing.REDUCING,
    ),
    _R.CLOSE_ONLY: Meaning(
        "the kind of market may only be closed, `[compliance] close_only`",
        "the list is changed after review",
        Passing.REDUCING,
    ),
    _R.SESSION_UNPROVEN: Meaning("a line to the venue is down, or what stands behind it is not proven yet", _ITSELF),
    _R.ORDER_UNPROVEN: Meaning(
        "something about an order of ours in the venue's market is in doubt, and the venue is being asked",
        _ITSELF,
        Passing.REDUCING,
    ),
    _R.VENUE_BREAKER: Meaning(
        "the venue's breaker is open: refusals, delays, or a clock that is off",
        "a reconciliation round without a break; see the alerts for the cause",
        Passing.REDUCING,
    ),
    _R.MARKET_BREAKER: Meaning(
        "the market's breaker is open: its book was bad too often, or fills came too fast, or on one side only",
        "ends by itself after a quiet time",
        Passing.REDUCING,
    ),
    _R.MARKET_NOT_OPEN: Meaning("the venue takes no orders on the market now, or has settled it", _ITSELF),
    _R.SELECTION_REMOVED: Meaning("the venue took the selection out of its market", "never"),
    _R.IN_PLAY: Meaning("the limits allow no orders in running", "`in_play`", Passing.REDUCING),
    _R.BOOK_DOUBTED: Meaning("the book may be wrong: a message was missed", "a new image of it comes"),
    _R.BOOK_STALE: Meaning("nothing has proven the book fresh for too long", _ITSELF),
    _R.BOOK_CROSSED: Meaning("the book is crossed, so that one side of it is wrong", _ITSELF),
    _R.PRICE_OFF_LADDER: Meaning("the venue has no such price", "a strategy that asks for ticks"),
    _R.SIZE_BELOW_MINIMUM: Meaning("the venue takes no order so small", "a larger size"),
    _R.SIZE_OFF_LOT: Meaning("the size is no whole number of the venue's lots", "a size in lots"),
    _R.NO_STARTING_PRICE: Meaning("the venue makes no starting price that an order of ours could wait for", "never"),
    _R.SIZE_ABOVE_MAXIMUM: Meaning(
        "the order is for more claims than one order may be", "`size_claims`", Passing.REDUCING
    ),
    _R.COLLAR_UNREFERENCED: Meaning("neither a fair value nor a price in the book says what is reasonable", _ITSELF),
    _R.COLLAR_FAIR_VALUE: Meaning("the price lies too far from the fair value", "`collar_fair`"),
    _R.COLLAR_BOOK: Meaning("the price reaches too far through the book", "`collar_book`"),
    _R.SELF_MATCH: Meaning("the order could be matched with one of our own, of whatever strategy", "that order ends"),
    _R.OPPOSITE_TRADE: Meaning(
        "the order would at once trade back, at the same exchange, what we traded there a moment ago on any account",
        f"{_ITSELF}, after `[compliance] opposite_s`",
        Passing.REDUCING,
    ),
    _R.QUOTES_CROSS: Meaning(
        "the quote would buy dearer than another of ours sells at some venue, or sell cheaper than it buys",
        "that quote moves or ends",
    ),
    _R.OPEN_ORDERS: Meaning("too many orders are open", "`open_orders_max`", Passing.REDUCING),
    _R.INTENT_ORDERS: Meaning("one intent made too many orders", "`orders_per_intent`", Passing.REDUCING),
    _R.ORDER_RATE: Meaning("too many orders within a second", "`orders_per_second`", Passing.REDUCING),
    _R.MARKET_RATE: Meaning(
        "too many orders within a minute in one market", "`market_orders_per_minute`", Passing.REDUCING
    ),
    _R.VENUE_BUDGET: Meaning(
        "the venue's message budget for placements is spent, or for quotes all but what is kept for takes; "
        "cancels have their own",
        f"{_ITSELF}; `tokens_kept`",
    ),
    _R.TURNOVER: Meaning(
        "so much was matched in the last 24 hours, or is open, that the order could pass the limit",
        "`turnover_day`",
        Passing.REDUCING,
    ),
    _R.LOSS_MINUTE: Meaning("too much was lost within the last minute", "`loss_minute`", Passing.REDUCING),
    _R.BALANCE: Meaning("the account has not the money that the venue would hold for the order", "a deposit"),
    _R.POSITION_LIMIT: Meaning(
        "the position on the contract, over our accounts at its exchange, could pass its limit with every open order "
        "of the side matched",
        "`position_claims`; the way back is always open",
    ),
    _R.CAP_ORDER: Meaning("the order alone could lose too much", "`cap_order`", Passing.NOT_RAISING),
    _R.CAP_MARKET: Meaning("the market could lose too much", "`cap_market`", Passing.NOT_RAISING),
    _R.CAP_EVENT: Meaning("the event could lose too much", "`cap_event`", Passing.NOT_RAISING),
    _R.CAP_TOTAL: Meaning("everything together could lose too much", "`cap_total`", Passing.NOT_RAISING),
    _R.CAP_DAY: Meaning(
        "what was lost in the last 24 hours and what may still be lost is too much", "`cap_day`", Passing.NOT_RAISING
    ),
    _R.CAP_LEAGUE: Meaning("the league's events could lose too much", "`cap_league`", Passing.NOT_RAISING),
    _R.CAP_SPORT: Meaning("the sport's events could lose too much", "`cap_sport`", Passing.NOT_RAISING),
    _R.CAP_MODEL: Meaning("the markets that one model prices could lose too much", "`cap_model`", Passing.NOT_RAISING),
    _R.CAP_VENUE: Meaning("our bets at the venue alone could lose too much", "`cap_venue`", Passing.NOT_RAISING),
    _R.CAP_STRATEGY: Meaning("the strategy's own bets could lose too much", "`cap_strategy`", Passing.NOT_RAISING),
}
"""Every reason, in the order in which the rules are asked."""

PASSED_BY_REDUCING = frozenset(
    reason
    for reason, meaning in MEANINGS.items()
    if meaning.passing is Passing.REDUCING and reason is not RefusalReason.KILL_REDUCE_ONLY
)
"""Refusals that the gate takes back when the order, matched in full, lowers the event's worst loss."""
