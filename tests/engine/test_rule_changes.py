"""A venue begins to settle by other words: nothing new is sent, what rests goes, until the old words are back."""

from pathlib import Path

import msgspec

from domain.markets import Instrument
from domain.messages import CancelOrder, InstrumentsListed, RiskRefused, RunResumed
from domain.stops import BreakerReset, BreakerTripped
from engine.replay import rebuild
from strategy.base import Wanted
from tests.engine.runs import ODDS, ONE
from tests.engine.streets import Hand, quote
from tests.engine.test_guarding import said


def worded(told: str, reviewed: str = "old") -> Instrument:
    """Venue one's odds, as they were reviewed and as they are told to settle now."""
    listing = msgspec.structs.replace(ODDS.listing, rules_hash=reviewed)
    return msgspec.structs.replace(ODDS, listing=listing, terms=msgspec.structs.replace(ODDS.terms, rules_hash=told))


def listed(hand: Hand, told: str, reviewed: str = "old") -> None:
    hand.tell(InstrumentsListed(ONE, (worded(told, reviewed),)))
    hand.later(100)


def test_what_rests_is_taken_out_and_nothing_new_is_sent(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    listed(hand, "old")
    placed = hand.quoting(quote())
    assert said(hand, BreakerTripped) == []
    listed(hand, "new")
    (tripped,) = said(hand, BreakerTripped)
    assert (tripped.venue_market, tripped.cause) == (ODDS.listing.venue_market, "rules")
    assert "settles by new, reviewed was old" in tripped.detail
    assert [command.ref for command in hand.one.told if isinstance(command, CancelOrder)] == [placed.ref]
    hand.later(100_000)
    assert len(hand.places()) == 1
    assert said(hand, BreakerReset) == [], "time is no reason to believe other words"
    listed(hand, "old")
    (reset,) = said(hand, BreakerReset)
    assert reset.why == "it settles by the words that were reviewed"


def test_the_gate_says_why(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    hand.tell(InstrumentsListed(ONE, (worded("new"),)))
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert hand.places() == []
    assert [one.reason for one in said(hand, RiskRefused)] == ["rules_changed"]


def test_words_that_nobody_reviewed_are_held_to_the_first_that_were_told(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    listed(hand, "", "")
    listed(hand, "first", "")
    assert said(hand, BreakerTripped) == []
    listed(hand, "second", "")
    assert [one.cause for one in said(hand, BreakerTripped)] == ["rules"]


def test_other_words_are_not_taken_for_the_first_after_a_restart(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "a").opened()
    listed(hand, "first", "")
    listed(hand, "second", "")
    state, _ = rebuild(hand.folder)
    again = Hand(tmp_path / "b", state=state)
    again.street.note(RunResumed("run", "hash"))
    again.opened()
    terms = msgspec.structs.replace(worded("second", "").terms, size_min_micros=2)
    again.tell(InstrumentsListed(ONE, (msgspec.structs.replace(worded("second", ""), terms=terms),)))
    again.later(100)
    assert state.breakers.open_in(ONE, ODDS.listing.venue_market) == "rules"
    listed(again, "first", "")
    assert state.breakers.open_in(ONE, ODDS.listing.venue_market) == ""


def test_it_is_still_suspended_after_a_restart(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "a").opened()
    listed(hand, "new")
    state, _ = rebuild(hand.folder)
    again = Hand(tmp_path / "b", state=state)
    again.street.note(RunResumed("run", "hash"))
    again.opened()
    again.later(100_000)
    assert state.breakers.open_in(ONE, ODDS.listing.venue_market) == "rules"
