"""Whether a wish can be meant: everything a strategy asks for is compared with its view before it is used.

The strategy may be anybody's, and a slip of its author is no reason to stop the desk. What is well-formed and merely
not allowed, too large for a limit or too small for a venue, is the gate's to refuse, order by order.
"""

from collections.abc import Mapping

from domain.chances import SURE_PPM
from domain.ids import InstrumentId, StrategyName
from domain.intents import Lack, PairIntent, QuoteIntent, SetIntent, SetLeg, TakeIntent, Withheld
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from domain.plans import Rung, RungKind
from domain.portfolio import InstrumentView, MarketView
from strategy.accounts import is_one_book
from strategy.base import NOTHING, Wanted

MICROS_MAX = 10**15
"""No claims, size or sum of a wish is larger, a thousand million units: what follows from them fits in 63 bits."""

RUNG_MS_MAX = 86_400_000
"""No step of a ladder is tried for longer than a day."""

SHOWN_MAX = 60
"""So many characters of a value are shown."""

PARTS: dict[str, tuple[type, ...]] = {
    "quotes": (QuoteIntent,),
    "takes": (TakeIntent,),
    "pairs": (PairIntent, SetIntent),
    "withheld": (Withheld,),
}

Listed = Mapping[InstrumentId, InstrumentView]


def wish_objection(wanted: object, view: MarketView) -> str:
    """Why what a strategy wants cannot be meant, in one line that names field, value and fix; empty if it can."""
    if wanted is NOTHING:
        return ""
    if not isinstance(wanted, Wanted):
        return f"decide returned {_shown(wanted)}: return a Wanted, or NOTHING"
    listed = {one.instrument.id: one for one in view.listings}
    for part, kinds in PARTS.items():
        wishes = getattr(wanted, part)
        if wishes == ():
            continue
        if type(wishes) is not tuple and type(wishes) is not list:
            return f"{part} = {_shown(wishes)}: must be a tuple"
        for n, wish in enumerate(wishes):
            if type(wish) is QuoteIntent and part == "quotes" and _is_sound(wish, view.strategy, listed):
                continue
            if type(wish) not in kinds:
                return f"{part}[{n}] = {_shown(wish)}: must be a {' or a '.join(kind.__name__ for kind in kinds)}"
            if said := _objection(wish, view, listed):
                return f"{part}[{n}].{said}"
    return _untold("because_not", wanted.because_not)


def _is_sound(quote: QuoteIntent, strategy: StrategyName, listed: Listed) -> bool:
    """Whether nothing is to be said against a quote, in one go: most looks ask for some, and nearly all are sound."""
    return (
        quote.strategy == strategy
        and type(quote.instrument) is str
        and type(quote.price) is type(quote.size_micros) is type(quote.keep_price) is type(quote.rest_ppm) is int
        and 0 < quote.size_micros <= MICROS_MAX
        and 0 <= quote.keep_price <= MICROS_MAX
        and 0 <= quote.rest_ppm <= SURE_PPM
        and type(quote.side) is Side
        and type(quote.because) is str
        and (at := listed.get(quote.instrument)) is not None
        and quote.price in at.book.ladder.tick_by_price
    )


def _objection(
    wish: QuoteIntent | TakeIntent | PairIntent | SetIntent | Withheld, view: MarketView, listed: Listed
) -> str:
    if wish.strategy != view.strategy:
        return f"strategy = {_shown(wish.strategy)}: must be {view.strategy!r}, the strategy's own name"
    if isinstance(wish, Withheld):
        return _of_withheld(wish, listed)
    said = _untold("because", wish.because)
    if isinstance(wish, QuoteIntent):
        return said or _of_quote(wish, listed)
    if wish.market != view.market.id:
        return f"market = {_shown(wish.market)}: must be {view.market.id!r}, the view's market"
    said = said or _out_of("claims_micros", wish.claims_micros, 1, MICROS_MAX)
    said = said or _out_of("carry_max_micros", wish.carry_max_micros, 0, MICROS_MAX) or _of_ladder(wish.ladder)
    if isinstance(wish, TakeIntent):
        return said or _of_take(wish, view)
    said = said or _out_of("profit_min_micros", wish.profit_min_micros, -MICROS_MAX, MICROS_MAX)
    said = said or _out_of("naked_max_micros", wish.naked_max_micros, 0, MICROS_MAX)
    if not wish.ladder:
        return said or "ladder = (): must say how long the legs may be uneven; give it a Rung"
    return said or (_of_pair(wish, view, listed) if isinstance(wish, PairIntent) else _of_set(wish, view, listed))


def _of_quote(quote: QuoteIntent, listed: Listed) -> str:
    said = _unlisted("instrument", quote.instrument, listed) or _no_side(quote.side)
    said = said or _out_of("size_micros", quote.size_micros, 1, MICROS_MAX)
    said = said or _out_of("keep_price", quote.keep_price, 0, MICROS_MAX)
    said = said or _out_of("rest_ppm", quote.rest_ppm, 0, SURE_PPM)
    if said:
        return said
    if type(quote.price) is not int or quote.price not in listed[quote.instrument].book.ladder.tick_by_price:
        return f"price = {_shown(quote.price)}: must be a price of the ladder of {quote.instrument}, book.ladder.prices"
    return ""


def _of_take(take: TakeIntent, view: MarketView) -> str:
    said = _out_of("outcome", take.outcome, 0, len(view.market.outcomes) - 1) or _no_side(take.side)
    said = said or _out_of("limit_e9", take.limit_e9, 0, PROBABILITY_SCALE)
    if said or not take.delay_costs:
        return said
    if type(take.delay_costs) is not tuple or not all(_is_cost(one) for one in take.delay_costs):
        return f"delay_costs = {_shown(take.delay_costs)}: must be a tuple of (ms, 1e-9), each two ints"
    return ""


def _of_pair(pair: PairIntent, view: MarketView, listed: Listed) -> str:
    said = _out_of("outcome", pair.outcome, 0, len(view.market.outcomes) - 1)
    for field in ("back", "lay"):
        said = said or _no_limit(f"{field}_limit_e9", getattr(pair, f"{field}_limit_e9"))
        said = said or _no_leg(field, getattr(pair, field), pair.outcome, listed)
    if not said and is_one_book(listed[pair.back], listed[pair.lay]):
        return f"lay = {_shown(pair.lay)}: is the book of back; we would trade with ourselves, at one remove"
    return said


def _of_set(one: SetIntent, view: MarketView, listed: Listed) -> str:
    said = _no_side(one.side)
    if type(one.legs) is not tuple or not all(type(leg) is SetLeg for leg in one.legs):
        return said or f"legs = {_shown(one.legs)}: must be a tuple of SetLeg"
    for n, leg in enumerate(one.legs):
        said = said or _out_of(f"legs[{n}].outcome", leg.outcome, 0, len(view.market.outcomes) - 1)
        said = said or _no_limit(f"legs[{n}].limit_e9", leg.limit_e9)
        said = said or _no_leg(f"legs[{n}].instrument", leg.instrument, leg.outcome, listed)
    outcomes = len(view.market.outcomes)
    if not said and (view.market.winners, sorted(leg.outcome for leg in one.legs)) != (1, [*range(outcomes)]):
        return f"legs = {len(one.legs)} legs: a market with one winner must have one on each of its outcomes"
    return said


def _of_withheld(wish: Withheld, listed: Listed) -> str:
    said = _unlisted("instrument", wish.instrument, listed) or _no_side(wish.side)
    said = said or _out_of("size_micros", wish.size_micros, 0, MICROS_MAX)
    if not said and wish.edge_micros is not None:
        said = _out_of("edge_micros", wish.edge_micros, -MICROS_MAX, MICROS_MAX)
    if not said and type(wish.lack) is not Lack:
        said = f"lack = {_shown(wish.lack)}: must be a Lack"
    return said or _out_of("price", wish.price, 1, MICROS_MAX)


def _of_ladder(ladder: object) -> str:
    if type(ladder) is not tuple:
        return f"ladder = {_shown(ladder)}: must be a tuple of Rung"
    for n, rung in enumerate(ladder):
        if type(rung) is not Rung or type(rung.kind) is not RungKind:
            return f"ladder[{n}] = {_shown(rung)}: must be a Rung of a RungKind"
        said = _out_of(f"ladder[{n}].for_ms", rung.for_ms, 0, RUNG_MS_MAX)
        said = said or _out_of(f"ladder[{n}].loss_e9", rung.loss_e9, 0, PROBABILITY_SCALE)
        if said:
            return said
    return ""


# --- single fields ---


def _out_of(field: str, value: object, least: int, most: int) -> str:
    """Of another type, floats and bools too, or out of its range."""
    if type(value) is int and least <= value <= most:
        return ""
    return f"{field} = {_shown(value)}: must be an int from {least} to {most}"


def _no_limit(field: str, value: object) -> str:
    """A leg's limit may lie beyond what a claim can cost, by what its pair has to spare."""
    return _out_of(field, value, -PROBABILITY_SCALE, 2 * PROBABILITY_SCALE)


def _no_side(side: object) -> str:
    return "" if type(side) is Side else f"side = {_shown(side)}: must be Side.BACK or Side.LAY"


def _no_leg(field: str, instrument: InstrumentId, outcome: int, listed: Listed) -> str:
    said = _unlisted(field, instrument, listed)
    if not said and (of := listed[instrument].instrument.listing.outcome) != outcome:
        return f"{field} = {_shown(instrument)}: is of outcome {of}; name a listing of outcome {outcome}"
    return said


def _unlisted(field: str, instrument: object, listed: Listed) -> str:
    if type(instrument) is str and instrument in listed:
        return ""
    return f"{field} = {_shown(instrument)}: the view does not show it; name one of view.listings"


def _untold(field: str, text: object) -> str:
    return "" if type(text) is str else f"{field} = {_shown(text)}: must be a str"


def _is_cost(one: object) -> bool:
    return type(one) is tuple and len(one) == 2 and all(type(part) is int and 0 <= part <= MICROS_MAX for part in one)


def _shown(value: object) -> str:
    """The value, if it is of a plain type and short; else what it is."""
    if isinstance(value, str):
        return repr(value[:SHOWN_MAX])
    if isinstance(value, float) or value is None or (isinstance(value, int) and value.bit_length() < 4 * SHOWN_MAX):
        return repr(value)[:SHOWN_MAX]
    return f"a {type(value).__name__}"
