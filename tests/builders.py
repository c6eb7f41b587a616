"""Orders, facts, books and venues from small text, so that a test is a picture.

Sizes and prices are decimals as people write them: `bet("BACK 10.00 @ 2.04")`, contracts `bet("LAY 10 @ 0.55c")`,
`book("2.00:50 2.02:30 | 2.04:20")`, `facts("accept v1; fill f1 4 at 100; cancelled c1 6")`.
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, AmendUnanswered
from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import (
    Currency,
    InstrumentId,
    MarketId,
    OrderRef,
    SelectionId,
    StrategyName,
    VenueMarketId,
    VenueName,
    VenueOrderId,
    instrument_id,
)
from domain.markets import Instrument, Listing
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Levels,
    OrderAbsent,
    OrderAccepted,
    OrderFact,
    OrderFilled,
    OrderMissing,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
)
from domain.money import parse_micros
from domain.odds import CLASSIC, Ladder, PriceKind
from domain.orders import Evidence, Fill, Order, Side, TimeInForce
from domain.terms import BalanceBasis, Capabilities, Terms
from domain.venue_acts import OrderLapsed, OrderVoided
from domain.vouching import Finding, OrderVouched

REF = OrderRef("r1")
STRATEGY = StrategyName("s")
CENTS = ((100, 9_900, 100),)


def instrument(
    name: str = "one/match/home", *, fee: FeeTerms | None = None, currency: str = "GBP", outcome: int = 0
) -> Instrument:
    """`venue/venue market/selection`; a quadratic fee means contract prices."""
    venue, venue_market, selection = name.split("/")
    fee = fee or NetWinFee(rate_ppm=0)
    contracts = isinstance(fee, QuadraticFee)
    terms = Terms(
        kind=PriceKind.CONTRACT if contracts else PriceKind.ODDS,
        bands=CENTS if contracts else CLASSIC.bands,
        currency=Currency(currency),
        lot_micros=10_000,
        size_min_micros=10_000,
        fee=fee,
    )
    place = VenueName(venue), VenueMarketId(venue_market), SelectionId(selection)
    key = instrument_id(place[0], venue_market=place[1], selection=place[2])
    return Instrument(key, Listing(*place, MarketId("match"), outcome), terms)


def capabilities(
    venue: str = "one", *, basis: BalanceBasis = BalanceBasis.WALLET, currency: str = "GBP", absences_min: int = 2
) -> Capabilities:
    """A venue that shows an order to queries one second after the send."""
    return Capabilities(
        venue=VenueName(venue),
        currency=Currency(currency),
        balance_basis=basis,
        visible_after_ms=1_000,
        absences_min=absences_min,
        polled=False,
        immediate=True,
        stale_after_ms=1_000,
    )


def _parsed(text: str) -> tuple[Side, int, int, PriceKind]:
    match = re.fullmatch(r"(BACK|LAY) ([0-9.]+) @ ([0-9.]+)(c?)", text)
    assert match, f"not a bet such as BACK 10.00 @ 2.04: {text}"
    kind, scale = (PriceKind.CONTRACT, 10_000) if match[4] else (PriceKind.ODDS, 100)
    return Side[match[1]], parse_micros(match[2]), parse_micros(match[3]) * scale // 1_000_000, kind


def place(text: str, *, on: str = "one/match/home", ref: str = REF, strategy: str = STRATEGY) -> PlaceOrder:
    """The command that places a bet."""
    side, size, price, _ = _parsed(text)
    return PlaceOrder(
        OrderRef(ref), InstrumentId(on), StrategyName(strategy), side, price, size, TimeInForce.REST, decision=1
    )


def bet(text: str, *, on: str = "one/match/home", ref: str = REF, **more: Any) -> Order:
    """An order as it stands after its placement was journalled."""
    command = place(text, on=on, ref=ref)
    return Order(
        ref=command.ref,
        instrument=command.instrument,
        strategy=command.strategy,
        side=command.side,
        price=command.price,
        size_micros=command.size_micros,
        tif=command.tif,
        decision=1,
        intended_ns=0,
        **more,
    )


def fill(name: str, size: str, *, price: str = "2.00", at: int = 0, fee: str = "0") -> Fill:
    """A match at these odds, or at a contract price with `c`."""
    _, micros, native, kind = _parsed(f"BACK {size} @ {price}")
    claims, cost = claims_and_cost_micros(kind, native, micros)
    return Fill(name, micros, claims, cost, fee_micros=parse_micros(fee), venue_ms=at)


def facts(text: str, ref: str = REF) -> list[OrderFact | CancelOrder]:
    """What was said about one order, in the order of the text; matches are at odds of 2.00."""
    said: Any = [_fact(words.split(), OrderRef(ref)) for words in text.split(";")]
    return [*said]


def _fact(words: list[str], ref: OrderRef) -> OrderFact | CancelOrder | AmendOrder:
    name, *rest = words
    return _SAYINGS[name](ref, *rest)


def _fill(ref: OrderRef, name: str, size: str, _at: str = "at", at: str = "0") -> OrderFilled:
    return OrderFilled(ref, fill(name, size, at=int(at)), Evidence.PUSH)


def _report(ref: OrderRef, *words: str) -> OrderReported:
    """`report 4 cancelled 6 closed at 100`: matched size first, then what else it says."""
    said = dict(re.findall(r"(cancelled|lapsed|voided|at) ([0-9.]+)", " ".join(words)))
    matched = parse_micros(words[0])
    return OrderReported(
        ref,
        None,
        matched_micros=matched,
        claims_micros=2 * matched,
        cost_micros=matched,
        cancelled_micros=parse_micros(said.get("cancelled", "0")),
        lapsed_micros=parse_micros(said.get("lapsed", "0")),
        voided_micros=parse_micros(said.get("voided", "0")),
        closed="closed" in words,
        evidence=Evidence.PULL,
        as_of_ms=int(said.get("at", "0")),
    )


def _vouched(ref: OrderRef, *words: str) -> OrderVouched:
    """`vouched gone`, `vouched kept`, or every part: `vouched 4 cancelled 6`, matched size first, at odds of 2.00."""
    if words[0] in list(Finding):
        return OrderVouched(ref, Finding(words[0]), "ann", "they rang back")
    said = dict(re.findall(r"(cancelled|lapsed|voided|remaining) ([0-9.]+)", " ".join(words)))
    sizes = {f"{name}_micros": parse_micros(size) for name, size in said.items()}
    matched, price = parse_micros(words[0]), 2_000_000
    told = OrderVouched(ref, Finding.FIGURES, "ann", "they rang back", matched_micros=matched)
    priced = {"price_micros": price, "claims_micros": 2 * matched, "cost_micros": matched} if matched else {}
    return replace(told, **sizes, **priced)


def _native(price: str) -> int:
    return parse_micros(price) // 10_000


def _amend(ref: OrderRef, request: str, size: str, _at: str, price: str, *successor: str) -> AmendOrder:
    """`amend a1 12 @ 2.10`, and `amend a1 12 @ 2.10 as r2` where the rest goes on under a name of its own."""
    heir = OrderRef(successor[1]) if successor else None
    return AmendOrder(ref, request, _native(price), parse_micros(size), heir)


_SAYINGS: dict[str, Callable[..., OrderFact | CancelOrder | AmendOrder]] = {
    "accept": lambda ref, name=None: OrderAccepted(ref, name and VenueOrderId(name), Evidence.PUSH),
    "reject": lambda ref: OrderRejected(ref, RejectReason.OTHER, "", Evidence.PUSH),
    "timeout": lambda ref: OrderUnanswered(ref, ""),
    "fill": _fill,
    "report": _report,
    "absent": lambda ref, asked_ms: OrderAbsent(ref, int(asked_ms) * 1_000_000),
    "missing": lambda ref: OrderMissing(ref, 2),
    "cancel": CancelOrder,
    "cancelled": lambda ref, request, size: CancelAccepted(ref, request, parse_micros(size), Evidence.PUSH),
    "refused": lambda ref, request: CancelRefused(ref, request, RejectReason.NOT_RESTING, ""),
    "unanswered": lambda ref, request: CancelUnanswered(ref, request, ""),
    "amend": _amend,
    "amended": lambda ref, request, size, _at, price: AmendAccepted(
        ref, request, _native(price), parse_micros(size), Evidence.PULL
    ),
    "amend_refused": lambda ref, request: AmendRefused(ref, request, ""),
    "amend_unanswered": lambda ref, request: AmendUnanswered(ref, request, ""),
    "lapsed": lambda ref, name, size: OrderLapsed(ref, name, parse_micros(size), Evidence.PUSH),
    "voided": lambda ref, name, part, size: OrderVoided(ref, name, part, parse_micros(size), Evidence.PUSH),
    "vouched": _vouched,
}


def book(text: str, ladder: Ladder = CLASSIC) -> Book:
    """`what can be backed | what can be laid`, each level `price:size`."""
    sides = [[level.split(":") for level in side.split()] for side in text.split("|")]
    to_back, to_lay = (
        [(ladder.tick_by_price[parse_micros(price) // 10_000], parse_micros(size)) for price, size in side]
        for side in sides
    )
    built = Book(ladder)
    built.apply(Levels(InstrumentId("one/match/home"), to_back, to_lay, image=True), now_ns=0)
    return built
