"""Replay: every runner's ladders kept and best prices known after each message, beside libraries that do the same."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from math import floor

import msgspec

from bench.measure import Case, Goal, Row, cpu_us, lines, take_turns
from bench.peers import Peers
from bench.recordings import Tape
from domain.book import Book
from domain.ids import Currency, InstrumentId, VenueName
from domain.markets import Listing
from domain.messages import BooksChanged, InstrumentsListed
from domain.odds import ladder
from venues.betfair.history import Recording, survey
from venues.betfair.market_codec import MarketMessage, decode_market_line
from venues.betfair.market_feed import MarketFeed, tick_by_odds
from venues.betfair.rules import LADDERS, CommissionPlan
from venues.betfair.thread import IMAGE, Thread

TARGET = 1.8
OURS = "crossbook"
UNTYPED = "msgspec, untyped decode"
VENUE = VenueName("betfair")

NONE = (None, None)
Best = dict[tuple[str, int, float], tuple[float | None, float | None]]


class Shelf:
    """Codec, feed and books as the street uses them, without what stands behind."""

    def __init__(self, tape: Tape) -> None:
        self.books: dict[InstrumentId, Book] = {}
        self._feed = MarketFeed(VENUE, _listings(tape), Currency("GBP"), CommissionPlan())
        self._thread = Thread()

    def read(self, line: bytes) -> bool:
        """Take one line over; whether it was a message of markets."""
        message = decode_market_line(line)
        if type(message) is not MarketMessage:
            return False
        whole = self._thread.take(message)
        if whole is None or not whole.changes:
            return True
        for fact in self._feed.facts(whole.changes, whole.pt, image=whole.ct == IMAGE):
            if type(fact) is BooksChanged:
                books = self.books
                for levels in fact.books:
                    books[levels.instrument].apply(levels, 0)
            elif isinstance(fact, InstrumentsListed):
                for one in fact.instruments:
                    self.books.setdefault(one.id, Book(ladder(one.terms.kind, one.terms.bands)))
        return True

    def best(self) -> Best:
        """Best prices of every runner, as the peers write them."""
        found: Best = {}
        for name, book in self.books.items():
            _, market, selection = name.split("/")
            runner, _, handicap = selection.partition("@")
            prices = book.ladder.prices
            found[market, int(runner), float(handicap or 0)] = (
                prices[book.best_back] / 100 if book.best_back >= 0 else None,
                prices[book.best_lay] / 100 if book.best_lay >= 0 else None,
            )
        return found


def ours(tape: Tape) -> float:
    """Cost of a message, microseconds."""
    shelf = Shelf(tape)
    read = shelf.read
    began = cpu_us()
    for line in tape.lines:
        read(line)
    return (cpu_us() - began) / len(tape.lines)


def decoded(tape: Tape) -> float:
    """The first part of ours: bytes to typed messages."""
    return _each(tape, decode_market_line)


def told(tape: Tape) -> float:
    """Ours up to the facts, which nobody takes."""
    feed, thread = MarketFeed(VENUE, _listings(tape), Currency("GBP"), CommissionPlan()), Thread()

    def tell(line: bytes) -> None:
        message = decode_market_line(line)
        whole = thread.take(message) if type(message) is MarketMessage else None
        if whole is not None and whole.changes:
            feed.facts(whole.changes, whole.pt, image=whole.ct == IMAGE)

    return _each(tape, tell)


def straight(tape: Tape) -> float:
    """A loop that does nothing else: decoded rows written into lists by tick, with no facts, images or doubt."""
    ticks = tick_by_odds(LADDERS["CLASSIC"])
    sides: defaultdict[tuple[int, bool], list[int]] = defaultdict(lambda: [0] * len(ticks))
    best: defaultdict[tuple[int, bool], int] = defaultdict(lambda: -1)

    def write(line: bytes) -> None:
        message = decode_market_line(line)
        for change in (message.changes if type(message) is MarketMessage else None) or ():
            for rc in change.rc or ():
                for rows, key in ((rc.atb, (rc.id, True)), (rc.atl, (rc.id, False))):
                    if rows is not None:
                        sizes, at = sides[key], best[key]
                        for odds, size in rows:
                            tick = ticks[odds]
                            sizes[tick] = floor(size * 1e6 + 0.5)
                            if size:
                                at = tick if at < 0 or (tick > at) is key[1] else at
                            elif tick == at:
                                at = _next(sizes, tick, step=-1 if key[1] else 1)
                        best[key] = at

    return _each(tape, write)


def _listings(tape: Tape) -> list[Listing]:
    return survey(Recording(tape.path)).listings(VENUE)


def _next(sizes: list[int], tick: int, *, step: int) -> int:
    for near in range(tick + step, len(sizes) if step > 0 else -1, step):
        if sizes[near]:
            return near
    return -1


def _each(tape: Tape, one: Callable[[bytes], object]) -> float:
    began = cpu_us()
    for line in tape.lines:
        one(line)
    return (cpu_us() - began) / len(tape.lines)


def untyped(tape: Tape) -> float:
    """Cost of decoding a message and doing nothing else."""
    decode = msgspec.json.Decoder().decode
    began = cpu_us()
    for line in tape.lines:
        decode(line)
    return (cpu_us() - began) / len(tape.lines)


def over(tapes: list[Tape], one: Callable[[Tape], float]) -> float:
    """Cost of a message over all tapes."""
    return sum(one(tape) * len(tape.lines) for tape in tapes) / sum(len(tape.lines) for tape in tapes)


def peer_cost(peers: Peers, peer: str, tape: Tape) -> float:
    """Cost of a message in a peer, which must have seen them all."""
    told = peers.ask("replay", peer=peer, path=str(tape.path))
    if told["messages"] < len(tape.lines) * 0.95:
        raise RuntimeError(f"{peer} read {told['messages']} of {len(tape.lines)} messages of {tape.name}")
    return float(told["seconds"]) * 1e6 / len(tape.lines)


PARTS: dict[str, Callable[[Tape], float]] = {
    UNTYPED: untyped,
    OURS: ours,
    "of it typed decode": decoded,
    "of it up to the facts": told,
    "a bare loop from rows to lists": straight,
}
"""Where ours goes, and what a loop over the rows costs that does nothing else."""


def replay_row(tapes: list[Tape], peers: Peers, rounds: int) -> Row:
    """Equality first, then speed."""
    notes: list[str] = []
    cases: dict[str, Case] = {name: partial(over, tapes, case) for name, case in PARTS.items()}
    for peer in ("betfair_data", "betfairlightweight", "flumine"):
        why = peers.missing(peer)
        if why:
            notes.append(f"{peer}: missing, {why}")
            continue
        try:
            if peer != "flumine":
                notes += [agreement(tape, peers, peer) for tape in tapes]
            over(tapes, partial(peer_cost, peers, peer))
        except RuntimeError as error:
            notes.append(f"{peer}: not measured: {error}")
            continue
        cases[peers.named(peer)] = partial(over, tapes, partial(peer_cost, peers, peer))
    costs = take_turns(cases, rounds)
    notes.append(f"files: {', '.join(f'{tape.name} ({len(tape.lines):,} messages)' for tape in tapes)}")
    return Row("replay", "a message", lines(costs, {OURS: Goal(TARGET)}, ours=[*PARTS]), tuple(notes))


def agreement(tape: Tape, peers: Peers, peer: str) -> str:
    """Best prices after each message, ours against a peer's: a sentence that says how many met."""
    differs = list(differences(tape, peers.ask("best", peer=peer, path=str(tape.path))))
    if not differs:
        return f"{tape.name}: same best prices as {peer} after each of {len(tape.lines):,} messages"
    return f"{tape.name}: {len(differs):,} messages DIFFER from {peer}; the first: {differs[0]}"


def differences(tape: Tape, theirs: list[list[list[object]]]) -> Iterator[str]:
    """Messages after which best prices differ, each told with the runner."""
    shelf = Shelf(tape)
    known: Best = {}
    if len(theirs) != len(tape.lines):
        yield f"they told of {len(theirs)} messages, there are {len(tape.lines)}"
        return
    for number, (line, new) in enumerate(zip(tape.lines, theirs, strict=True), 1):
        shelf.read(line)
        for market, runner, handicap, back, lay in new:
            known[str(market), int(str(runner)), float(str(handicap))] = (_price(back), _price(lay))
        mine = shelf.best()
        key = next((key for key in mine.keys() | known.keys() if mine.get(key, NONE) != known.get(key, NONE)), None)
        if key is not None:
            yield f"message {number}, runner {key}: ours {mine.get(key)}, theirs {known.get(key)}"


def _price(told: object) -> float | None:
    return None if told is None else round(float(str(told)), 2)
