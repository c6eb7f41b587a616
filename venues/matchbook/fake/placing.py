"""Submitting offers: each stands or falls alone, nothing is ever recognised as sent before.

Source: Matchbook API docs, "Submit offers"; changelog, "Keep offers in-play".
"""

from decimal import Decimal
from fractions import Fraction

import msgspec

from domain.ids import SelectionId
from domain.messages import RejectReason
from domain.money import MICROS, format_micros
from domain.orders import Side
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.forms import Number, number
from venues.matchbook.fake.markets import MarketState
from venues.matchbook.fake.odds_types import ODDS_TYPES, decimal_of
from venues.matchbook.fake.offer_shapes import envelope, offer_body, runner_names
from venues.matchbook.fake.offers import Offer
from venues.matchbook.fake.replies import Body, Refused, Reply, error
from venues.sim.faults import Dice
from venues.sim.placements import Placement, Refusal

SIDES = {side.value: side for side in Side}
LARGEST = Decimal(10**12)
"""Numbers from here on are no odds and no stakes."""

REFUSALS = {
    RejectReason.MARKET_CLOSED: ("", "The market is closed."),
    RejectReason.MARKET_SUSPENDED: ("", "The market is suspended."),
    RejectReason.SELECTION_REMOVED: ("runner-id", "The runner was withdrawn."),
    RejectReason.INSUFFICIENT_FUNDS: ("stake", "Insufficient funds."),
    RejectReason.NOT_RESTING: ("", "The offer is no longer open."),
}
"""What the exchange's no is called here: the field, and the message."""


class SubmitOffer(msgspec.Struct, frozen=True, rename="kebab"):
    """One offer as it is sent. Numbers may come as text; what else comes with them is dropped."""

    runner_id: int | str
    side: str
    odds: Decimal
    stake: Decimal
    keep_in_play: bool = False
    temp_id: str | int | None = None


class SubmitOffers(msgspec.Struct, frozen=True, rename="kebab"):
    offers: list[SubmitOffer]
    odds_type: str = "DECIMAL"
    exchange_type: str = "back-lay"


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with one offer."""

    field: str
    message: str

    @property
    def errors(self) -> list[Body]:
        return [error(self.message, field=self.field)]


def submit(books: Books, dice: Dice, call: Call) -> Reply:
    """Take what is good of a batch. If anything failed the status is 400, and the rest stands all the same."""
    request = call.parse(SubmitOffers)
    check_types(request.odds_type, request.exchange_type)
    if not request.offers:
        raise Refused(400, "At least one offer is required.", field="offers")
    outcomes = [_place(books, one, request.odds_type, call.now_ns) for one in request.offers]
    books.exchange.publish(call.now_ns)
    bodies = [
        offer_body(books, outcome, odds_type=request.odds_type)
        if isinstance(outcome, Offer)
        else _failed(books, one, outcome, request.odds_type)
        for one, outcome in zip(request.offers, outcomes, strict=True)
    ]
    failed = any(isinstance(outcome, Wrong) for outcome in outcomes)
    return Reply(400 if failed else 200, envelope(books, shuffled(bodies, dice), odds_type=request.odds_type))


def check_types(odds_type: str, exchange_type: str) -> None:
    """Offers can no longer be sent in binary form."""
    if exchange_type != "back-lay":
        raise Refused(400, f"{exchange_type} is not a valid exchange type.", field="exchange-type")
    if odds_type not in ODDS_TYPES:
        raise Refused(400, f"{odds_type} is not a valid odds type.", field="odds-type")


def shuffled(bodies: list[Body], dice: Dice) -> list[Body]:
    """Answers come in any order."""
    left, mixed = list(bodies), []
    while left:
        mixed.append(left.pop(dice.below(len(left))))
    return mixed


def _place(books: Books, one: SubmitOffer, odds_type: str, now_ns: int) -> Offer | Wrong:
    state = books.market_of_runner(runner_number(one.runner_id))
    if state is None:
        return Wrong("runner-id", f"{one.runner_id} is not a valid runner.")
    side = SIDES.get(one.side)
    if side is None:
        return Wrong("side", f"{one.side} is not a valid side.")
    price = snapped(books, side, one.odds, odds_type)
    if price is None:
        return Wrong("odds", f"{plain(one.odds)} is not a valid odds value.")
    size_micros = stake_micros(one.stake)
    if size_micros is None or size_micros < books.exchange.options.terms.size_min_micros:
        return Wrong("stake", too_small(books, one.stake))
    temp_id = "" if one.temp_id is None else str(one.temp_id)
    books.exchange.approach(books.options.account, state.details.id, now_ns)
    placed = books.exchange.place(
        Placement(
            account=books.options.account,
            market=state.details.id,
            selection=SelectionId(str(runner_number(one.runner_id))),
            side=side,
            price=price,
            size_micros=size_micros,
            persist=one.keep_in_play,
            client_ref=temp_id,
        ),
        now_ns,
    )
    if isinstance(placed, Refusal):
        return refused(placed)
    return books.offers.add(placed, now_ms=books.wall_ms(now_ns))


def refused(refusal: Refusal) -> Wrong:
    """The exchange's no in this venue's words."""
    return Wrong(*REFUSALS.get(refusal.reason, ("", f"{refusal.detail.capitalize()}.")))


def runner_number(runner: int | str) -> int:
    """A runner's id, however it was written; 0 for what is none."""
    text = str(runner)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def snapped(books: Books, side: Side, value: Decimal, odds_type: str) -> int | None:
    """Odds on the ladder, in hundredths: between two rungs a back moves up and a lay down. None for no odds.

    Source: Matchbook docs on the odds ladder in force since August 2021.
    """
    if not value.is_finite() or abs(value) >= LARGEST:
        return None
    decimal = decimal_of(Fraction(value), odds_type)
    ladder = books.exchange.floor.ladder
    if decimal is None or not ladder.value(0) <= decimal <= ladder.value(len(ladder) - 1):
        return None
    tick = ladder.ceil_tick(decimal) if side is Side.BACK else ladder.floor_tick(decimal)
    return None if tick is None else ladder.price(tick)


def stake_micros(stake: Decimal) -> int | None:
    """Micros of a stake of at most two places above zero, None for anything else."""
    if not stake.is_finite() or not 0 < stake < LARGEST or stake * 100 % 1:
        return None
    return int(stake * MICROS)


def too_small(books: Books, stake: Decimal) -> str:
    """Source: a recorded answer to a stake of -2."""
    least = format_micros(books.exchange.options.terms.size_min_micros).rstrip("0").rstrip(".")
    return f"{plain(stake)} is not a valid stake. Stake must be at least {books.currency}{least}."


def plain(value: Decimal) -> str:
    """A number as people write it."""
    return format(value.normalize(), "f")


def sent(value: Decimal) -> Number | str:
    """A number of a refused offer as it came."""
    return number(Fraction(value)) if value.is_finite() else str(value)


def _failed(books: Books, one: SubmitOffer, wrong: Wrong, odds_type: str) -> Body:
    """An offer that was not taken: it has no id."""
    runner = runner_number(one.runner_id)
    state: MarketState | None = books.market_of_runner(runner)
    names = {"runner-id": runner} if state is None else runner_names(state, SelectionId(str(runner)))
    temp_id = {} if one.temp_id is None else {"temp-id": str(one.temp_id)}
    return {
        **names,
        **temp_id,
        "exchange-type": "back-lay",
        "side": one.side,
        "odds": sent(one.odds),
        "odds-type": odds_type,
        "stake": sent(one.stake),
        "currency": books.currency,
        "status": "failed",
        "keep-in-play": one.keep_in_play,
        "errors": wrong.errors,
    }
