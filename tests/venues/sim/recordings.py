"""Recordings for tests: written by hand frame by frame, or read from a file of stream messages."""

import bz2
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.orders import Side
from venues.sim.recorded import Frame, Level, Print, RecordedMarket, Recording, State

ID = VenueMarketId("1.1")
RUNNERS = tuple(SelectionId(name) for name in ("101", "102", "103"))
START_MS = 1_700_000_000_000


def frame(second: float, *, state: State | None = None, images: tuple = (), **books: str) -> Frame:
    """`frame(3, r101="3.00:50 | 3.20:40 ! 3.00:20")`: can be backed | can be laid ! traded; prices as people write."""
    levels: list[Level] = []
    prints: list[Print] = []
    for name, text in books.items():
        selection = SelectionId(name[1:])
        shown, _, traded = text.partition("!")
        to_back, _, to_lay = shown.partition("|")
        for side, part in ((Side.LAY, to_back), (Side.BACK, to_lay)):
            levels += [Level(selection, side, *_pair(word)) for word in part.split()]
        prints += [Print(selection, *_pair(word)) for word in traded.split()]
    return Frame(START_MS + int(second * 1_000), ID, tuple(levels), tuple(prints), state, images)


def _pair(word: str) -> tuple[int, int]:
    price, size = word.split(":")
    return int(Fraction(price) * 100), int(Fraction(size) * 1_000_000)


def race(*frames: Frame, double_counted: bool = False) -> Recording:
    """Three runners in one market."""
    market = RecordedMarket(ID, "Kempton 14:20", "WIN", START_MS, RUNNERS, ("Ash", "Birch", "Cedar"))
    return Recording((market,), lambda: iter(frames), double_counted)


# --- files ---


def read_recording(path: Path) -> Recording:
    """One market's file of stream messages, packed or not."""
    unpacked = (bz2.decompress if path.suffix == ".bz2" else gzip.decompress)(path.read_bytes())

    def changes() -> Iterator[tuple[int, dict]]:
        for line in unpacked.splitlines():
            message = json.loads(line)
            for change in message.get("mc", ()):
                yield message["pt"], change

    definitions = [change["marketDefinition"] for _, change in changes() if "marketDefinition" in change]
    first = definitions[0]
    market = next(change["id"] for _, change in changes())
    names = tuple(runner.get("name", str(runner["id"])) for runner in first["runners"])
    recorded = RecordedMarket(
        VenueMarketId(market),
        f"{first.get('eventName', first['eventId'])} {market}",
        first.get("marketType", "WIN"),
        int(datetime.fromisoformat(first["marketTime"]).timestamp() * 1_000),
        tuple(SelectionId(str(runner["id"])) for runner in first["runners"]),
        names,
        winners=first["numberOfWinners"],
    )
    return Recording((recorded,), lambda: _frames(changes()), double_counted=True)


def _frames(changes: Iterator[tuple[int, dict]]) -> Iterator[Frame]:
    traded: dict[tuple[str, int], int] = {}
    for at_ms, change in changes:
        levels: list[Level] = []
        prints: list[Print] = []
        for runner in change.get("rc", ()):
            selection = SelectionId(str(runner["id"]))
            for name, side in (("atb", Side.LAY), ("atl", Side.BACK)):
                levels += [Level(selection, side, _hundredths(p), _micros(s)) for p, s in runner.get(name, ())]
            for price, size in runner.get("trd", ()):
                key = (selection, _hundredths(price))
                more = _micros(size) - traded.get(key, 0)
                traded[key] = _micros(size)
                if more > 0:
                    prints.append(Print(selection, key[1], more))
        definition = change.get("marketDefinition")
        state = _state(definition) if definition else None
        images = tuple(level.selection for level in levels) if change.get("img") else ()
        yield Frame(at_ms, VenueMarketId(change["id"]), tuple(levels), tuple(prints), state, images)


def _state(definition: dict) -> State:
    outcomes = {"WINNER": Result.WON, "LOSER": Result.LOST, "PLACED": Result.WON, "REMOVED": Result.VOID}
    runners = definition["runners"]
    removed = {
        SelectionId(str(r["id"])): round(r.get("adjustmentFactor", 0) * 10_000)
        for r in runners
        if r["status"] == "REMOVED"
    }
    closed = definition["status"] == "CLOSED"
    return State(
        MarketStatus(definition["status"].lower()),
        definition["inPlay"],
        delay_ms=definition["betDelay"] * 1_000,
        removed=removed,
        results={SelectionId(str(r["id"])): outcomes[r["status"]] for r in runners} if closed else {},
    )


def _hundredths(price: float) -> int:
    return round(price * 100)


def _micros(size: float) -> int:
    return round(size * 100) * 10_000
