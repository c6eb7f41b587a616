"""A strategy that raises rests by name and says where it raised; its orders come out, the others trade on."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, MarketId, StrategyName, VenueMarketId, VenueName
from domain.messages import CancelOrder, Command, InstrumentsListed
from domain.operators import EVERY_STRATEGY, KillLevel, KillLevelSet, PauseSet
from domain.portfolio import MarketView
from domain.stops import AlertRaised
from engine.replay import rebuild, verify
from engine.state import State
from risk.breakers import DESK
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.runs import ODDS, ONE, STARTED
from tests.engine.streets import CONFIG, Hand, Wishes, quote, shown, status

NAMES = "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n[[strategies]]\nname = 't'\nuses = 'a:B'\n"
S, T = StrategyName("s"), StrategyName("t")


class Unsteady(Wishes):
    """Wants what the test last said, but does `slip` first."""

    def __init__(self, name: str = "t") -> None:
        super().__init__(name)
        self.slip: Callable[[], object] = lambda: None

    def decide(self, view: MarketView) -> Wanted:
        wanted = super().decide(view)
        self.slip()
        return wanted


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("not even that")


class Unlike:
    """Compared with anything it raises."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not comparable")

    __hash__ = None  # type: ignore[assignment]


def fail(error: BaseException) -> Callable[[], object]:
    def raises() -> object:
        raise error

    return raises


def told(hand: Hand) -> list[PauseSet]:
    return [body for body in hand.records() if isinstance(body, PauseSet)]


def desk(folder: Path) -> tuple[Hand, Unsteady]:
    """A strategy that is sound, with a quote at rest, and one that may slip, with another."""
    unsteady = Unsteady()
    hand = Hand(folder, CONFIG + NAMES, beside=[unsteady]).opened()
    hand.quoting(quote())
    unsteady.wanted = Wanted(quotes=(replace(quote(price=210, size="7"), strategy=T),))
    hand.tell(hand.valued(0.5, sequence=3))
    hand.tell(*facts("accept v2", hand.places()[1].ref))
    return hand, unsteady


def cancelled(hand: Hand) -> list[str]:
    return [body.ref for body in hand.one.told if isinstance(body, CancelOrder)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError("Reds"), "KeyError: 'Reds'"),
        (AssertionError("its own"), "AssertionError: its own"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (ValueError("x" * 9_999), "ValueError: xxx"),
        (ValueError("a\nb\x1b[31m\u202e"), "ValueError: a b"),
        (ValueError(f"{object()!r}"), "ValueError: <object object at 0x..>"),
        (Unspeakable(), "tests.engine.test_raising.Unspeakable: <exception str() failed>"),
    ],
)
def test_a_strategy_that_raises_rests_by_name_and_the_desk_trades_on(
    tmp_path: Path, error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hand, unsteady = desk(tmp_path)
    sound, shaky = (one.ref for one in hand.places())
    unsteady.slip = fail(error)
    hand.tell(hand.valued(0.5, sequence=4))
    assert cancelled(hand) == [shaky]
    (pause,) = told(hand)
    assert (pause.strategy, pause.paused, pause.who) == (T, True, DESK)
    assert pause.why.startswith(f"it raised as it looked at match: {said}")
    assert len(pause.why) < 300
    assert pause.why.isprintable()
    assert "Traceback" in capsys.readouterr().err
    looks, others = len(unsteady.views), len(hand.wishes.views)
    for n in range(5, 9):
        hand.later(200)
        hand.tell(hand.valued(0.5, sequence=n))
    assert len(unsteady.views) == looks, "who rests is not asked"
    assert len(hand.wishes.views) >= others + 4
    assert len(told(hand)) == 1
    assert sound not in cancelled(hand)


def test_where_it_raised_is_told_as_an_alert_that_names_file_line_and_function(tmp_path: Path) -> None:
    hand, unsteady = desk(tmp_path)

    def slips() -> object:
        return dict[str, int]()["Reds"]

    unsteady.slip = slips
    hand.tell(hand.valued(0.5, sequence=4))
    (alert,) = [body for body in hand.records() if isinstance(body, AlertRaised)]
    assert (alert.about, alert.subject, alert.venue) == ("strategy_raised", "t", VenueName(""))
    line = slips.__code__.co_firstlineno + 1
    assert alert.detail.startswith("test_raising.py:")
    assert alert.detail.endswith(f" in decide > test_raising.py:{line} in slips: KeyError: 'Reds'")
    assert "/" not in alert.detail.replace(" > ", "")


def test_its_orders_in_other_markets_come_out_at_the_next_tick(tmp_path: Path) -> None:
    """It is not asked there again, so that nothing else would have the desk look before half a second is over."""
    other = replace(STARTED.markets[0], id=MarketId("other"))
    started = replace(STARTED, markets=(*STARTED.markets, other))
    unsteady = Unsteady()
    hand = Hand(tmp_path, CONFIG + NAMES, state=State(started), beside=[unsteady])
    hand.street.note(started)
    there = replace(ODDS, id=InstrumentId("one/other/home"), listing=replace(ODDS.listing, market=other.id))
    there = replace(there, listing=replace(there.listing, venue_market=VenueMarketId("other")))
    hand.opened().tell(
        InstrumentsListed(ONE, (there,)),
        replace(status(), venue_market=VenueMarketId("other")),
        replace(shown("1.98:50 | 2.04:50"), books=[replace(shown("1.98:50 | 2.04:50").books[0], instrument=there.id)]),
    )
    unsteady.wanted = Wanted(quotes=(replace(quote(), strategy=T, instrument=there.id),))
    hand.tell(replace(hand.valued(0.5), market=other.id))
    (placed,) = hand.places()
    hand.tell(*facts("accept v1", placed.ref))
    unsteady.slip = fail(ValueError("slipped"))
    hand.tell(hand.valued(0.5, sequence=2))
    assert [one.strategy for one in told(hand)] == [T]
    hand.later(100)
    assert cancelled(hand) == [placed.ref]


def test_only_a_named_person_lets_it_go_on_and_a_restart_does_not(tmp_path: Path) -> None:
    hand, unsteady = desk(tmp_path)
    unsteady.slip = fail(ValueError("slipped"))
    hand.tell(hand.valued(0.5, sequence=4))
    state, _ = rebuild(hand.folder)
    assert list(state.breakers.paused) == [T]
    looks = len(unsteady.views)
    unsteady.slip, unsteady.wanted = lambda: None, NOTHING
    hand.tell(PauseSet(T, False, "ann", "mended"))
    assert len(unsteady.views) == looks + 1
    assert [one.paused for one in told(hand)] == [True, False]
    unsteady.slip = fail(ValueError("again"))
    hand.tell(hand.valued(0.5, sequence=5))
    assert [one.paused for one in told(hand)] == [True, False, True]
    hand.tell(PauseSet(EVERY_STRATEGY, False, "ann", "all"))
    assert [one.paused for one in told(hand)] == [True, False, True, False, True]


def test_replay_meets_the_state_of_a_desk_on_which_a_strategy_raised(tmp_path: Path) -> None:
    hand, unsteady = desk(tmp_path)
    unsteady.slip = fail(ValueError("slipped"))
    hand.tell(hand.valued(0.5, sequence=4))
    hand.later(500)
    hand.journal.close()
    assert verify(hand.folder).digest == hand.state.digest()


def test_a_wish_that_raises_when_it_is_compared_is_its_strategys_slip(tmp_path: Path) -> None:
    hand, unsteady = desk(tmp_path)
    unsteady.wanted = Wanted(quotes=Unlike())  # type: ignore[arg-type]
    hand.tell(hand.valued(0.5, sequence=4))
    (pause,) = told(hand)
    assert pause.strategy == T
    assert "RuntimeError: not comparable" in pause.why


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
def test_who_ends_the_program_ends_it_from_within_a_strategy_too(tmp_path: Path, error: BaseException) -> None:
    hand, unsteady = desk(tmp_path)
    unsteady.slip = fail(error)
    with pytest.raises(type(error)):
        hand.tell(hand.valued(0.5, sequence=4))
    assert told(hand) == []


@pytest.mark.parametrize("error", [AssertionError("ours"), OSError("the journal's disk"), KeyError("ours")])
def test_what_the_desk_itself_raises_still_ends_it(tmp_path: Path, error: Exception) -> None:
    hand, _ = desk(tmp_path)

    def breaks(_: Command) -> None:
        raise error

    hand.one.on_send = breaks
    hand.wishes.wanted = NOTHING
    with pytest.raises(type(error)):
        hand.tell(hand.valued(0.5, sequence=4))
    assert told(hand) == []


def test_while_positions_are_evened_out_no_strategy_is_asked(tmp_path: Path) -> None:
    hand, unsteady = desk(tmp_path)
    hand.tell(*facts("fill f1 10 at 5", hand.places()[0].ref))
    unsteady.slip = fail(ValueError("slipped"))
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "drill"))
    hand.later(500)
    assert told(hand) == []
