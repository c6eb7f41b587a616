"""Quotes that move in one act: what is sent, what the gate thinks of it, and what happens once it was refused."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.amending import AmendOrder, AmendRefused
from domain.ids import StrategyName
from domain.intents import QuoteIntent
from domain.messages import CancelAccepted, CancelOrder, DecisionTaken, RiskRefused
from domain.money import MICROS
from domain.orders import Evidence, Side
from domain.stops import AlertRaised
from domain.terms import Amends
from strategy.base import Wanted
from tests.builders import facts
from tests.engine.runs import ODDS
from tests.engine.streets import CONFIG, Hand, Wishes

AMENDING = (
    CONFIG + "\n[deciding.requoting]\nhysteresis_ticks = 1\namend = true\n[[strategies]]\nname = 's'\nuses = 'a:B'\n"
)


def quote(price: int, size: int = 10, side: Side = Side.BACK) -> QuoteIntent:
    """A wish on the first venue."""
    return QuoteIntent(StrategyName("s"), ODDS.id, side, price, size * MICROS, "wanted")


def quoting(folder: Path, how: Amends = Amends()) -> Hand:  # noqa: B008 a frozen value
    """A desk whose one quote of 10 at 2.02 rests."""
    hand = Hand(folder, AMENDING, amends=how).opened()
    hand.quoting(quote(202))
    hand.one.told.clear()
    return hand


def wants(hand: Hand, *quotes: QuoteIntent, sequence: int = 9) -> list[Any]:
    """What the venue is told once these are wanted."""
    hand.wishes.wanted = Wanted(quotes=quotes)
    hand.tell(hand.valued(0.5, sequence=sequence))
    told, hand.one.told = [*hand.one.told], []
    return told


def first_ref(hand: Hand) -> Any:
    (order,) = hand.state.blotter.orders.open_on(ODDS.id)
    return order.ref


def test_a_move_is_written_down_with_its_reason_before_it_is_sent(tmp_path: Path) -> None:
    hand = quoting(tmp_path)
    ref = first_ref(hand)
    (sent,) = wants(hand, quote(200))
    assert isinstance(sent, AmendOrder)
    assert (sent.ref, sent.price, sent.size_micros, sent.old_price, sent.remaining_micros) == (
        ref,
        200,
        10 * MICROS,
        202,
        10 * MICROS,
    )
    decision, written = hand.records()[-2:]
    assert written == sent
    assert isinstance(decision, DecisionTaken)
    assert (decision.id, decision.because) == (sent.decision, "wanted")


def test_the_reason_of_a_move_names_the_size_that_goes_on_and_not_the_one_that_was_wished_for(tmp_path: Path) -> None:
    """What is left of a quote stays as large as it is where that is near enough to what is wanted."""
    hand = quoting(tmp_path)
    hand.tell(*facts("fill f1 3 at 5", first_ref(hand)))
    (sent,) = wants(hand, quote(200))
    (decision,) = (body for body in hand.records() if isinstance(body, DecisionTaken) and body.id == sent.decision)
    (at,) = (one for one in decision.candidates if one.allotted)
    assert (sent.new_remaining_micros, at.allotted) == (7 * MICROS, ((200, 7 * MICROS),))


def test_nothing_more_is_sent_until_a_change_is_answered(tmp_path: Path) -> None:
    hand = quoting(tmp_path)
    wants(hand, quote(200))
    assert wants(hand, quote(198), sequence=10) == []
    order = hand.state.blotter.orders.get(first_ref(hand))
    assert order is not None
    assert order.amend is not None
    hand.tell(*facts(f"amended {order.amend.request} 10 @ 2.00", order.ref))
    (sent,) = wants(hand, quote(196), sequence=11)
    assert isinstance(sent, AmendOrder)
    assert sent.old_price == 200


def test_an_order_whose_change_was_refused_is_cancelled_and_not_changed_again(tmp_path: Path) -> None:
    hand = quoting(tmp_path)
    hand.one.on_send = lambda command: (
        hand.street.emit(AmendRefused(command.ref, command.request, "no")) if isinstance(command, AmendOrder) else None
    )
    told = wants(hand, quote(200))
    assert [type(command) for command in told if not type(command).__name__.startswith("Query")] == [
        AmendOrder,
        CancelOrder,
    ]


def test_a_replacement_is_not_replaced_again_while_its_heir_is_in_doubt(tmp_path: Path) -> None:
    hand = quoting(tmp_path, Amends(renames=True, cancels=True))
    (sent,) = wants(hand, quote(200))
    assert sent.successor == f"{sent.ref}.1"
    hand.tell(*facts("reject", sent.successor), AmendRefused(sent.ref, sent.request, "no"))
    told = [one for one in wants(hand, quote(198), sequence=10) if not type(one).__name__.startswith("Query")]
    assert [type(one) for one in told] == [CancelOrder]


@pytest.mark.parametrize(("cap", "kind"), [("38 USD", AmendOrder), ("37 USD", CancelOrder)])
def test_what_an_order_shall_be_is_judged_instead_of_what_it_is_and_not_beside_it(
    tmp_path: Path, cap: str, kind: type
) -> None:
    """10 GBP are 12.50 USD and 30 are 37.50 USD; both orders together would be more than either cap."""
    config = AMENDING.replace('cap_market = "100 USD"', f'cap_market = "{cap}"').replace(
        'cap_order = "60 USD"', f'cap_order = "{cap}"'
    )
    hand = Hand(tmp_path, config, amends=Amends()).opened()
    hand.quoting(quote(202))
    hand.one.told.clear()
    told = wants(hand, quote(200, size=30))
    assert [type(one) for one in told] == [kind]
    if kind is AmendOrder:
        assert hand.state.exposure.market_loss_micros(ODDS.listing.market) == 37_500_000


def test_why_an_order_was_cancelled_and_not_changed_is_told_and_holds_no_other_order_up(tmp_path: Path) -> None:
    """The same terms are asked for again as soon as the cancel is proven, and judged anew."""
    config = AMENDING.replace("[deciding", 'size_claims = "25"\n[deciding', 1)
    hand = Hand(tmp_path, config, amends=Amends()).opened()
    ref = hand.quoting(quote(202)).ref
    hand.one.told.clear()
    (cancel,) = wants(hand, quote(280))
    assert isinstance(cancel, CancelOrder)
    assert [body.reason for body in hand.records() if isinstance(body, RiskRefused)] == ["size_above_maximum"]
    refusals = hand.street.telemetry.refusals
    assert refusals["size_above_maximum"] == 1
    hand.tell(CancelAccepted(ref, cancel.request, 10 * MICROS, Evidence.PUSH))
    assert refusals["size_above_maximum"] == 2


@pytest.mark.parametrize(("lay_at", "told"), [(198, [AmendOrder]), (206, [CancelOrder, AmendOrder])])
def test_a_quote_stays_while_it_has_edge_where_another_strategy_took_the_last_message(
    tmp_path: Path, lay_at: int, told: list[type]
) -> None:
    other = Wishes("t")
    config = AMENDING + "\n[[strategies]]\nname = 't'\nuses = 'a:B'\n"
    hand = Hand(tmp_path, config, amends=Amends(), beside=[other]).opened()
    other.wanted = Wanted(quotes=(replace(quote(lay_at, side=Side.LAY), strategy=StrategyName("t")),))
    hand.tell(*facts("accept v1", hand.quoting(quote(214)).ref))
    hand.tell(*facts("accept v2", hand.places()[1].ref))
    hand.one.told.clear()
    hand.one.budget = 3  # of which two are kept from quotes
    other.wanted = Wanted(quotes=(replace(quote(202, side=Side.LAY), strategy=StrategyName("t")),))
    assert [type(one) for one in wants(hand, quote(212))] == told


def test_a_venue_that_changes_nothing_is_sent_cancels(tmp_path: Path) -> None:
    hand = Hand(tmp_path, AMENDING).opened()
    hand.quoting(quote(202))
    hand.one.told.clear()
    assert [type(one) for one in wants(hand, quote(200))] == [CancelOrder]


def moved(hand: Hand, *prices: int) -> int:
    """How often the quote moved in one act while it was wanted at these prices, each answered at once."""
    count = 0
    for number, price in enumerate(prices):
        for sent in wants(hand, quote(price), sequence=20 + number):
            if isinstance(sent, AmendOrder):
                count += 1
                hand.tell(*facts(f"amended {sent.request} 10 @ {price / 100:.2f}", sent.ref))
    return count


def test_other_terms_of_an_order_count_among_the_orders_of_a_minute(tmp_path: Path) -> None:
    config = AMENDING.replace("[deciding", "market_orders_per_minute = 3\n[deciding", 1)
    hand = Hand(tmp_path, config, amends=Amends()).opened()
    hand.quoting(quote(202))
    hand.one.told.clear()
    assert moved(hand, 200, 198, 196, 194, 192) == 2


def test_other_terms_of_an_order_are_messages_of_our_conduct_and_warned_of(tmp_path: Path) -> None:
    """60 claims are the limit: 20 claims of 10 at 2.02 become 46 of 23 and 56 of 28."""
    config = AMENDING.replace("[deciding", 'position_claims = "60"\n[deciding', 1)
    config = config.replace("amend = true", "amend = true\nsize_tolerance = 0.9")
    config += "[conduct]\nmessages_min = 3\nmessages_per_match = 2\n"
    hand = Hand(tmp_path, config, amends=Amends()).opened()
    placed = hand.quoting(quote(202))
    hand.one.told.clear()
    for number, size in enumerate((23, 28)):
        (sent,) = wants(hand, quote(200, size), sequence=20 + number)
        assert isinstance(sent, AmendOrder)
        hand.tell(*facts(f"amended {sent.request} {size} @ 2.00", placed.ref))
    hand.later(2_000)
    raised = [body.about for body in hand.records() if isinstance(body, AlertRaised)]
    assert raised == ["limit_75", "limit_90", "order_to_trade"]
