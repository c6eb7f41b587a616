"""What differs between venues, as values: terms of one instrument, capabilities of one venue."""

import enum

import msgspec

from domain.fees import FeeTerms
from domain.ids import Currency, VenueName
from domain.odds import PriceKind


class Terms(msgspec.Struct, frozen=True):
    """The trading terms of one instrument.

    `bands` are the legal prices as `(first, last, step)` in native integers (odds in hundredths, contract
    prices in 1e-4 of the currency). Sizes are native: the backer's stake where prices are odds, contracts
    where they are contract prices, both in millionths. An order below `size_min_micros` is refused by the
    venue unless its payout reaches `payout_min_micros` (0 where the venue has no such rule). `starting_price`: orders
    may wait for a price that the venue makes at the start. `rules_hash`: of the rules text by which it settles, empty
    where it tells none. `shard`: the part of our money at the venue that pays for it, where it keeps several.
    """

    kind: PriceKind
    bands: tuple[tuple[int, int, int], ...]
    currency: Currency
    lot_micros: int
    size_min_micros: int
    fee: FeeTerms
    payout_min_micros: int = 0
    starting_price: bool = False
    rules_hash: str = ""
    shard: int = 0


class BalanceBasis(enum.StrEnum):
    """What a venue's balance figure still contains."""

    WALLET = "wallet"
    """Money in open orders and matched bets is included."""
    CASH = "cash"
    """What matched positions cost has left the figure; money behind resting orders has not."""


class Amends(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue changes an order that rests, in one act of its own.

    `renames`: other terms are another order, under an id of its own, for what remains; the size cannot change with the
    price, nor grow. `cancels`: what a smaller size takes away at the same price is told as cancelled.
    """

    renames: bool = False
    cancels: bool = False


class Capabilities(msgspec.Struct, frozen=True):
    """What a venue can do and promises, read by rooms that never learn its name.

    `visible_after_ms`: an order that landed is visible to queries at the latest this long after; `lands_within_ms`:
    one that was sent may land so long after the send. Absence before both are over proves nothing. `absences_min`: how
    many late enough queries must miss it before it counts as never placed. `polled`: books are snapshots fetched by us,
    not a stream.
    `immediate`: the venue itself kills the rest of an immediate order; where false its adapter takes that out.
    `stale_after_ms`: a book without proof of freshness for this long is not traded on. `questions_per_second`: how many
    questions about orders, rounds and statements the venue's limits leave room for, beside books and placements.
    `tells_maker`: each match comes with the word whose order had rested.
    `amends`: how it changes resting orders, None if it does not.
    `tells_lines`: it answers what moved our money, line by line; `lines_prove`: such a line is its own booking, so that
    it proves a payment; otherwise only the balance does.
    `prevents_self_match`: what each order tells the venue, in its own word, so that it meets none of ours; empty where
    no order can say so.
    `dead_man_s`: after so much silence of ours the venue itself cancels all our orders; 0 where nothing is armed.
    """

    venue: VenueName
    currency: Currency
    balance_basis: BalanceBasis
    visible_after_ms: int
    absences_min: int
    polled: bool
    immediate: bool
    stale_after_ms: int
    questions_per_second: int = 5
    tells_maker: bool = False
    dead_man_s: int = 0
    lands_within_ms: int = 0
    amends: Amends | None = None
    tells_lines: bool = False
    lines_prove: bool = False
    prevents_self_match: str = ""
