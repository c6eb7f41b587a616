"""A strategy that asks for what cannot be meant rests, and says why; the desk goes on."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import Lack, SetIntent, SetLeg, TakeIntent, Withheld
from domain.messages import CancelOrder
from domain.money import MICROS
from domain.operators import PauseSet
from domain.orders import Side
from domain.plans import Rung, RungKind
from risk.breakers import DESK
from strategy.base import NOTHING, Wanted
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import CONFIG, Hand, Wishes, quote
from tests.engine.test_planning import LADDER, pair

NAMES = "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n[[strategies]]\nname = 't'\nuses = 'a:B'\n"
S, MATCH, NOWHERE = StrategyName("s"), MarketId("match"), InstrumentId("x/y/z")
FOLLOW = Rung(RungKind.FOLLOW, 100)


def take(**more: Any) -> TakeIntent:
    """Ten claims of home at no more than 0.52, but for what is given."""
    sound = {"side": Side.BACK, "limit_e9": 520_000_000, "claims_micros": 10 * MICROS, "because": "cheap"}
    return TakeIntent(**{"strategy": S, "market": MATCH, "outcome": 0, **sound, **more})


def set_of(*legs: Any, **more: Any) -> SetIntent:
    """A back of each outcome, but for what is given."""
    sums = (10 * MICROS, 1, 10 * MICROS, 10 * MICROS)
    return replace(SetIntent(S, MATCH, Side.BACK, legs, *sums, LADDER, "cheap"), **more)


def withheld(**more: Any) -> Withheld:
    """An order that is not asked for, but for what is given."""
    return replace(Withheld(S, ODDS.id, Side.BACK, 204, 10 * MICROS, Lack.CAP_EVENT), **more)


def wants(**parts: Any) -> Any:
    """A `Wanted` with one part, whatever that is."""
    return Wanted(**parts)


BAD: list[tuple[str, Any, str]] = [
    ("a take of too much", wants(takes=(take(claims_micros=10**30),)), "takes[0].claims_micros = 1" + "0" * 30),
    ("a take of beyond words", wants(takes=(take(claims_micros=10**5_000),)), "takes[0].claims_micros = a int"),
    ("a take of nothing", wants(takes=(take(claims_micros=0),)), "takes[0].claims_micros = 0: must be an int from 1"),
    ("a take of less", wants(takes=(take(), take(claims_micros=-5))), "takes[1].claims_micros = -5"),
    ("a take of a float", wants(takes=(take(claims_micros=1e7),)), "takes[0].claims_micros = 10000000.0"),
    ("a take at odds", wants(takes=(take(limit_e9=2_040_000_000),)), "takes[0].limit_e9 = 2040000000: must be an int"),
    ("a take below nothing", wants(takes=(take(side=Side.LAY, limit_e9=-10),)), "takes[0].limit_e9 = -10"),
    ("a take of no outcome", wants(takes=(take(outcome=3),)), "takes[0].outcome = 3: must be an int from 0 to 2"),
    ("a take of the last one", wants(takes=(take(outcome=-1),)), "takes[0].outcome = -1"),
    ("a take of no side", wants(takes=(take(side="back"),)), "takes[0].side = 'back': must be Side.BACK or Side.LAY"),
    (
        "a laddered take elsewhere",
        wants(takes=(take(market=MarketId("nowhere"), ladder=(FOLLOW,)),)),
        "takes[0].market = 'nowhere': must be 'match', the view's market",
    ),
    ("a take by another", wants(takes=(take(strategy=StrategyName("t")),)), "takes[0].strategy = 't': must be 's'"),
    ("a take without a reason", wants(takes=(take(because=None),)), "takes[0].because = None: must be a str"),
    ("a ladder back in time", wants(takes=(take(ladder=(replace(FOLLOW, for_ms=-5),)),)), "ladder[0].for_ms = -5"),
    ("a ladder of numbers", wants(takes=(take(ladder=(100,)),)), "takes[0].ladder[0] = 100: must be a Rung"),
    ("a ladder that is none", wants(takes=(take(ladder=FOLLOW),)), "takes[0].ladder = a Rung: must be a tuple"),
    ("a cost that is none", wants(takes=(take(delay_costs=((5,),)),)), "takes[0].delay_costs = a tuple"),
    ("a quote nobody knows", wants(quotes=(replace(quote(), instrument=NOWHERE),)), "quotes[0].instrument = 'x/y/z'"),
    ("a quote on a list", wants(quotes=(replace(quote(), instrument=[]),)), "quotes[0].instrument = a list"),
    ("a quote at nothing", wants(quotes=(quote(0),)), "quotes[0].price = 0: must be a price of the ladder"),
    ("a quote off the ladder", wants(quotes=(quote(203),)), "quotes[0].price = 203: must be a price of the ladder"),
    ("a quote at odds", wants(quotes=(quote(2.04),)), "quotes[0].price = 2.04"),  # type: ignore[arg-type]
    ("a quote kept at less", wants(quotes=(replace(quote(), keep_price=-1),)), "quotes[0].keep_price = -1"),
    ("a quote of nothing", wants(quotes=(quote(204, "0"),)), "quotes[0].size_micros = 0"),
    ("a quote of less", wants(quotes=(quote(204, "-3"),)), "quotes[0].size_micros = -3000000"),
    ("a quote of too much", wants(quotes=(replace(quote(), size_micros=10**16),)), "quotes[0].size_micros = 1000"),
    ("a quote by another", wants(quotes=(replace(quote(), strategy=StrategyName("zzz")),)), "strategy = 'zzz'"),
    ("a pair nobody knows", wants(pairs=(pair(back=NOWHERE),)), "pairs[0].back = 'x/y/z': the view does not show it"),
    ("a pair elsewhere", wants(pairs=(pair(market=MarketId("nowhere")),)), "pairs[0].market = 'nowhere'"),
    ("a pair on something else", wants(pairs=(pair(outcome=2),)), "pairs[0].back = 'two/m2/yes': is of outcome 0"),
    ("a pair without a ladder", wants(pairs=(pair(ladder=()),)), "pairs[0].ladder = ()"),
    ("a pair of less", wants(pairs=(pair(-4),)), "pairs[0].claims_micros = -4000000"),
    ("a pair naked below nothing", wants(pairs=(pair(naked_max_micros=-1),)), "pairs[0].naked_max_micros = -1"),
    ("a pair at odds", wants(pairs=(pair(back_limit_e9=2_040_000_000),)), "pairs[0].back_limit_e9 = 2040000000"),
    ("a pair in one book", wants(pairs=(pair(lay=CONTRACTS.id),)), "pairs[0].lay = 'two/m2/yes': is the book of back"),
    ("a set of one leg", wants(pairs=(set_of(SetLeg(0, 0, 0)),)), "pairs[0].legs[0].instrument = 0"),  # type: ignore[arg-type]
    ("a set of one", wants(pairs=(set_of(SetLeg(ODDS.id, 0, 520_000_000)),)), "pairs[0].legs = 1 legs: a market with"),
    ("a set of none", wants(pairs=(set_of(),)), "pairs[0].legs = 0 legs"),
    ("a set of words", wants(pairs=(set_of("home"),)), "pairs[0].legs = a tuple: must be a tuple of SetLeg"),
    ("an order withheld nowhere", wants(withheld=(withheld(instrument=NOWHERE),)), "withheld[0].instrument = 'x/y/z'"),
    ("an order withheld at nothing", wants(withheld=(withheld(price=0),)), "withheld[0].price = 0"),
    ("an edge that is a float", wants(withheld=(withheld(edge_micros=0.5),)), "withheld[0].edge_micros = 0.5"),
    ("a lack that is none", wants(withheld=(withheld(lack="mood"),)), "withheld[0].lack = 'mood': must be a Lack"),
    ("a take among quotes", wants(quotes=(take(),)), "quotes[0] = a TakeIntent: must be a QuoteIntent"),
    ("one take and no tuple", wants(takes=take()), "takes = a TakeIntent: must be a tuple"),
    ("no word", wants(because_not=7), "because_not = 7: must be a str"),
    ("nothing returned", None, "decide returned None: return a Wanted, or NOTHING"),
]


def pauses(hand: Hand) -> list[PauseSet]:
    return [body for body in hand.records() if isinstance(body, PauseSet)]


@pytest.mark.parametrize(("wanted", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_who_asks_for_what_cannot_be_meant_rests_and_the_others_trade_on(
    tmp_path: Path, wanted: Any, said: str
) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, CONFIG + NAMES, beside=[other]).opened()
    hand.wishes.wanted = wanted
    other.wanted = Wanted(takes=(take(strategy=StrategyName("t"), claims_micros=12 * MICROS),))
    hand.tell(hand.valued(0.55, sequence=2))
    assert {one.strategy for one in hand.places()} == {"t"}
    for _ in range(9):
        hand.later(500)
    (pause,) = pauses(hand)
    assert (pause.strategy, pause.paused, pause.who) == ("s", True, DESK)
    assert pause.why.startswith("what it wants of match cannot be meant: ")
    assert said in pause.why
    assert len(pause.why) < 300


def test_its_quotes_come_out_and_a_person_lets_it_go_on(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote())
    hand.wishes.wanted = Wanted(quotes=(quote(), quote(0, side=Side.LAY)))
    hand.tell(hand.valued(0.5, sequence=3))
    assert [body.ref for body in hand.one.told if isinstance(body, CancelOrder)] == [placed.ref]
    looks = len(hand.wishes.views)
    hand.tell(hand.valued(0.5, sequence=4))
    assert len(hand.wishes.views) == looks, "who rests is not asked"
    hand.wishes.wanted = NOTHING
    hand.tell(PauseSet(S, False, "ann", "mended"))
    assert len(hand.wishes.views) == looks + 1
    assert [one.paused for one in pauses(hand)] == [True, False]


@pytest.mark.parametrize(
    "wanted",
    [
        wants(takes=[take()]),
        wants(takes=(take(limit_e9=10**9, ladder=(FOLLOW,), delay_costs=((5_000, 1_000),)),)),
        wants(quotes=(quote(), replace(quote(), keep_price=202))),
        wants(pairs=(pair(),)),
        wants(withheld=(withheld(), withheld(instrument=CONTRACTS.id, edge_micros=-5))),
        wants(because_not="nothing is cheap"),
    ],
)
def test_a_wish_that_can_be_meant_is_no_reason_to_rest(tmp_path: Path, wanted: Any) -> None:
    hand = Hand(tmp_path).opened()
    hand.wishes.wanted = wanted
    hand.tell(hand.valued(0.5, sequence=2))
    assert pauses(hand) == []
