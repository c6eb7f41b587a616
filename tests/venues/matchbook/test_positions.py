"""What the venue says that each runner's win would bring: read behind each round, whole or not at all."""

from typing import Any

import pytest

from domain.ids import VenueName
from domain.messages import QueryVenue, VenueReported
from domain.venue_notes import PositionBasis, PositionsReported
from tests.venues.matchbook.desk import AWAY, BALANCE, HOME, MARKET, OFFERS, POSITIONS, Desk, instrument, listed

VENUE = VenueName("matchbook")


def row(runner: int, **figure: Any) -> dict[str, Any]:
    return {"event-id": 1, "market-id": MARKET, "runner-id": runner} | figure


def page(*rows: dict[str, Any], total: int | None = None, offset: int = 0, per_page: int = 100) -> dict[str, Any]:
    count = len(rows) if total is None else total
    return {"offset": offset, "per-page": per_page, "total": count, "positions": list(rows)}


def asked() -> Desk:
    """A desk whose round has just ended."""
    desk = Desk().trading()
    desk.venue.send(QueryVenue(VENUE), desk.now)
    desk.answer(OFFERS, listed())
    desk.answer(BALANCE, {"balance": 100})
    assert desk.told_of(VenueReported)
    return desk


def test_profits_and_losses_are_told_by_runner() -> None:
    desk = asked()
    desk.answer(POSITIONS, page(row(HOME, **{"potential-profit": 6.45}), row(AWAY, **{"potential-loss": -7.69231})))
    (said,) = desk.told_of(PositionsReported)
    assert (said.venue, said.basis, said.whole) == (VENUE, PositionBasis.RESULT, True)
    assert said.held_micros == {instrument(HOME): 6_450_000, instrument(AWAY): -7_692_310}


def test_the_other_name_of_the_figure_is_read_too_and_ids_may_be_text() -> None:
    desk = asked()
    rows = row(HOME, pnlOnWin=6.45, pnlOnLose=-5), row(AWAY)
    desk.answer(POSITIONS, page(*({name: str(one) for name, one in each.items()} for each in rows)))
    (said,) = desk.told_of(PositionsReported)
    assert said.held_micros == {instrument(HOME): 6_450_000}


def test_pages_are_read_to_the_end() -> None:
    desk = asked()
    first = desk.answer(POSITIONS, page(row(HOME, **{"potential-profit": 1}), total=2, per_page=1))
    second = desk.answer(POSITIONS, page(row(AWAY, **{"potential-loss": -1}), total=2, per_page=1, offset=1))
    assert (first.query["offset"], second.query["offset"]) == ("0", "1")
    (said,) = desk.told_of(PositionsReported)
    assert len(said.held_micros) == 2


@pytest.mark.parametrize(
    "second",
    [
        page(row(HOME, **{"potential-profit": 1}), total=2, per_page=1, offset=1),
        page(row(AWAY, **{"potential-loss": -1}), total=3, per_page=2, offset=1),
        page(total=2, per_page=1, offset=1),
    ],
)
def test_pages_that_shifted_say_nothing(second: dict[str, Any]) -> None:
    desk = asked()
    desk.answer(POSITIONS, page(row(HOME, **{"potential-profit": 1}), total=2, per_page=1))
    desk.answer(POSITIONS, second)
    assert desk.told_of(PositionsReported) == []


@pytest.mark.parametrize("body", [b"<html>", {"positions": [{"market-id": 1}], "total": 1}, {"positions": []}])
def test_what_cannot_be_read_says_nothing(body: Any) -> None:
    desk = asked()
    desk.answer(POSITIONS, body)
    assert desk.told_of(PositionsReported) == []
