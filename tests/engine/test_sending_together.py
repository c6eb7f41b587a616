"""What goes to one venue in one step is handed over together, and it is told when all of it is to come out."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from domain.ids import OrderRef
from domain.messages import CancelOrder, Command, PlaceOrder
from domain.operators import KillLevel, KillLevelSet
from domain.orders import Side
from engine.street import runs_of_one_kind
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.runs import ONE, TWO
from tests.engine.streets import Hand, Notebook, quote


class Together(Notebook):
    """A venue that takes several commands at once, and notes how they came."""

    def __init__(self, plain: Notebook) -> None:
        super().__init__(plain.capabilities)
        self.runs: list[tuple[list[type], bool]] = []

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None:
        self.runs.append(([type(one) for one in commands], emptying))
        for one in commands:
            self.send(one, now_ns)


def two_quotes(hand: Hand) -> list[PlaceOrder]:
    hand.wishes.wanted = Wanted(quotes=(quote(204, "10"), quote(196, "10", side=Side.LAY)))
    hand.tell(hand.valued(0.5, sequence=2))
    placed = hand.places()
    for n, one in enumerate(placed):
        hand.tell(*facts(f"accept v{n}", one.ref))
    return placed


def handed(folder: Path) -> tuple[Hand, Together]:
    hand = Hand(folder).opened()
    venue = Together(hand.one)
    hand.one = venue
    hand.street.venues = {ONE: venue, TWO: hand.two}
    return hand, venue


def test_what_is_sent_in_one_step_goes_together(tmp_path: Path) -> None:
    hand, venue = handed(tmp_path)
    assert len(two_quotes(hand)) == 2
    assert venue.runs == [([PlaceOrder, PlaceOrder], False)]


def test_a_kill_level_that_takes_everything_out_says_so(tmp_path: Path) -> None:
    hand, venue = handed(tmp_path)
    two_quotes(hand)
    venue.runs.clear()
    hand.wishes.wanted = NOTHING
    hand.tell(KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"))
    assert venue.runs == [([CancelOrder, CancelOrder], True)]


def test_a_requote_of_several_is_no_emptying(tmp_path: Path) -> None:
    hand, venue = handed(tmp_path)
    two_quotes(hand)
    venue.runs.clear()
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.6, sequence=3))
    assert venue.runs == [([CancelOrder, CancelOrder], False)]


def test_cancels_go_together_before_placements_of_other_orders(tmp_path: Path) -> None:
    hand, _ = handed(tmp_path)
    first, second = two_quotes(hand)
    one, two = (CancelOrder(order.ref, f"c-{order.ref}") for order in (first, second))
    third, fourth = (replace(first, ref=OrderRef(f"new-{n}")) for n in (1, 2))
    runs = runs_of_one_kind([one, third, two, fourth], hand.state)
    assert runs == [(ONE, [one, two]), (ONE, [third, fourth])]


def test_nothing_overtakes_another_command_to_its_own_venue(tmp_path: Path) -> None:
    hand, _ = handed(tmp_path)
    first, second = two_quotes(hand)
    out = CancelOrder(first.ref, "c1")
    runs = runs_of_one_kind([first, out, second, out], hand.state)
    assert runs == [(ONE, [first]), (ONE, [out]), (ONE, [second]), (ONE, [out])]
