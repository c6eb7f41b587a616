"""Several venues in one backtest: one heart, a venue on paper for each, moments by their time."""

from pathlib import Path

import pytest

from domain.ids import Currency, InstrumentId
from domain.markets import MarketStatus, Result
from engine.backtest.campaign import load_config
from engine.backtest.playing import open_tape, open_tapes, play
from engine.backtest.results import file_played
from engine.recordings import RecordingError, open_recording
from tests.backtest.made import BOUNDS, CONFIG, SCRIPT, at, closed, definition, opening, recorded, told
from tests.backtest.scripted import Line
from tests.backtest.test_by_hand import TICK
from tests.backtest.test_contracts import ON, OPENING, VENUE, tape, turned
from tests.engine.test_run_tape import MAPPED
from venues.frames_file import FramesWriter
from venues.sim.listing import mapping_toml

LINES = [Line("11", "BACK 10 @ 3.00", from_ms=1_500), Line("yes", "BACK 30 @ 50", from_ms=1_000)]


def configured(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    text = CONFIG.replace("GBP", "USD").replace("rates = {}", 'rates = { GBP = "1.25" }') + "[venues.kalshi]\n"
    path.write_text(text.replace(SCRIPT, SCRIPT.replace("LINES", told(LINES))))
    return path


def test_two_venues_are_one_street_and_each_is_paid_in_its_own_currency(tmp_path: Path) -> None:
    """10 at 3.00 win 20 GBP less 1: 23.75 USD. 30 contracts for 14.60 and 0.53 of fees win 14.87 USD."""
    odds = recorded(
        tmp_path,
        opening(),
        at(1_000, **TICK),
        at(1_500, **TICK),
        at(2_000, **TICK),
        at(60_000, said=definition("SUSPENDED", version=2)),
        at(61_000, said=closed()),
    )
    loaded = load_config(configured(tmp_path))
    contracts = tape(turned(60_500, MarketStatus.SUSPENDED), turned(62_000, MarketStatus.CLOSED, Result.WON))
    played = play(open_tape(odds, loaded), loaded, BOUNDS, seed=1, beside=(contracts,))
    assert played.messages == 6 + len(OPENING) + 2
    for lane in file_played(odds, played, out="out").lanes:
        net = {row.market: row.net_micros for row in lane.markets}
        assert net == {"1.1": 23_750_000, "KXGAME-A": 14_870_000}
        assert [fill.market for fill in lane.fills] == ["KXGAME-A", "KXGAME-A", "1.1"]
        assert lane.equity[-1][1] == 38_620_000
        assert lane.summary["pnl"] == {"gross": 40_400_000, "fees": 1_780_000, "net": 38_620_000}
    for watch in played.watches:
        state = watch.lane.state
        assert state.ledger.imbalance() == 0
        assert not state.breaks.standing
        assert {one.venue for one in state.started.capabilities} == {"betfair", VENUE}
        assert state.instruments[ON].terms.currency == Currency("USD")
        assert state.instruments[InstrumentId("betfair/1.1/11")].terms.currency == Currency("GBP")


def folder(tmp_path: Path, *venues: str) -> Path:
    """A folder with a segment of each venue, and the mapping beside them."""
    path = tmp_path / "tape"
    for venue in venues:
        FramesWriter(path, venue, unix_ns=lambda: 7, segment_bytes=1_000).close()
    (path / "mapping.toml").write_text(mapping_toml(MAPPED))
    return path


def test_a_folder_of_several_venues_gives_a_tape_of_each(tmp_path: Path) -> None:
    loaded = load_config(configured(tmp_path))
    tapes = open_tapes(folder(tmp_path, "kalshi", "matchbook"), loaded)
    assert [one.venue for one in tapes] == ["kalshi", "matchbook"]


def test_a_demo_is_led_by_one_venue(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="frames of kalshi, matchbook; one venue leads"):
        open_recording(folder(tmp_path, "kalshi", "matchbook"))


def test_one_that_is_not_simulated_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="a recording of lmsr is not simulated"):
        open_tapes(folder(tmp_path, "kalshi", "lmsr"), load_config(configured(tmp_path)))
