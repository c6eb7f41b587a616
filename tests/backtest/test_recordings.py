"""Every real recording through the whole backtest: no error, no crossed book, every message counted."""

from pathlib import Path
from typing import ClassVar

import pytest

from domain.ids import Currency
from domain.intents import QuoteIntent
from domain.orders import Side
from engine.backtest.campaign import load_config
from engine.backtest.playing import open_tape, play
from engine.config import Loaded
from strategy.base import NOTHING, Wanted
from tests.backtest.made import BOUNDS, CONFIG
from tests.backtest.scripted import Script
from tests.venues.betfair.test_recordings import FILES, SUBSET

QUIET = {"1.230478683.bz2", "BASIC-1.132153978.gz"}
"""Files without prices."""


class Joiner:
    """Keeps one back at the best price to lay in the first two runners; notes what it is shown crossed, in any lane."""

    Settings = Script
    crossed: ClassVar[list[tuple[int, str]]] = []

    def __init__(self, name, settings):
        self.name = name

    def decide(self, view):
        for shown in view.listings:
            if shown.why_not == "book_crossed":
                self.crossed.append((view.now_ns, shown.instrument.id))
        quotes = tuple(
            QuoteIntent(
                self.name,
                shown.instrument.id,
                Side.BACK,
                shown.book.ladder.prices[shown.book.best_lay],
                2_000_000,
                "joins the best",
            )
            for shown in view.listings[:2]
            if shown.tradable and shown.book.best_lay >= 0
        )
        return Wanted(quotes) if quotes else NOTHING


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    path = tmp_path_factory.mktemp("joiner") / "config.toml"
    text = CONFIG.replace("tests.backtest.scripted:Scripted", "tests.backtest.test_recordings:Joiner")
    path.write_text(text.replace("LINES", "[]"))
    return load_config(path)


@pytest.mark.parametrize("name", FILES)
def test_a_recording_is_played_whole_and_its_books_never_cross(shared: Path, loaded: Loaded, name: str) -> None:
    Joiner.crossed.clear()
    played = play(open_tape(shared / "venues/betfair/recordings" / name, loaded), loaded, BOUNDS, seed=1)
    assert played.messages == FILES[name][0]
    assert played.tape.skipped == []
    if name != SUBSET:
        assert played.crossed == 0
        assert Joiner.crossed == [], "nor do they with our orders in them"
    assert bool(played.watches) is (name not in QUIET)
    for watch in played.watches:
        state = watch.lane.state
        assert watch.lane.orders, "the strategy found something to do"
        assert state.ledger.imbalance() == 0
        assert not state.blotter.orders.open_count
        assert not state.blotter.orders.unknown
        assert not state.breaks.standing
        net = sum(one.profit_micros - one.commission_micros for one in watch.lane.floor.statements.values())
        booked = -sum(state.ledger.totals(kind).get(Currency("GBP"), 0) for kind in ("pnl", "fees", "fee_rounding"))
        assert booked == net, "our books say what the venue's statements say"


def test_a_file_without_prices_is_said_to_be_so(shared: Path, loaded: Loaded) -> None:
    tape = open_tape(shared / "venues/betfair/recordings" / "BASIC-1.132153978.gz", loaded)
    [found] = tape.found
    assert "last traded prices only" in found.why_not
