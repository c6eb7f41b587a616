"""`markets --review`: what the venues list against what we know, pair by pair, and people's words on it.

    markets --review [RUN]                                  what a run was mapped by, and what was left out and why
    markets --review --mapping M --listed L                 the same of any mapping file and listings
    markets --review --mapping M --fetch --config F         ask the venues of a configuration now
    ... --accept ID --reject ID --who NAME --why TEXT       somebody's words, written whole or not at all
    ... --accept confident                                  every pair against which nothing speaks

On a terminal without any of these words it asks pair by pair. A run's own mapping is evidence of what it traded by, and
is never written: name the file of the desk with --mapping.
"""

import argparse
import asyncio
import fcntl
import getpass
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from desk.tables import Row, print_table
from domain.clock import Clock
from domain.ids import VenueName
from domain.markets import Mapping
from engine.clock import SystemClock
from engine.config import ConfigError, Loaded
from engine.demo import NotReady
from engine.mapping import ITSELF, LISTED, MAPPING, read_book_file, read_listed, write_book
from engine.operating import NotTold
from engine.replay import answering
from engine.stage import write_whole
from venues.catalogue.listed import ListedEvent
from venues.catalogue.matching import Matched, Pair, Standing, match
from venues.catalogue.reviewing import admitted, dismissed
from venues.catalogue.reviews import ReviewBook
from venues.catalogue.talk import Window
from venues.checkup import NoAnswer
from venues.credentials import read_settings
from venues.errors import PeerBroke
from venues.listers import Lister
from venues.registry import CONSTRUCTORS, LISTERS

GOOD = 0
CONFIDENT = "confident"
HOUR_MS = 3_600_000
BACK_MS = 6 * HOUR_MS
"""How long ago a game may have begun that is still worth listing."""

ASKED_ABOUT = (Standing.SUSPENDED, Standing.CONFIDENT, Standing.AMBIGUOUS)
"""What a person is asked about, the most urgent first."""

Load = Callable[[Path], Loaded]
Say = Callable[[str], str]


def add_review(
    parser: argparse.ArgumentParser, config: Path, run: Callable[[argparse.Namespace], Path], load: Load
) -> None:
    """The flags of a review; `config` is the file where none is named, `run` finds the run that is meant."""
    review = parser.add_argument_group("review of the mapping")
    review.add_argument("--review", action="store_true", help="pairs of venues' markets and ours, and words on them")
    review.add_argument("--mapping", type=Path, metavar="FILE", help="the reviewed mapping; without it that of the run")
    review.add_argument("--listed", type=Path, metavar="FILE", help="what venues list; without it that of the run")
    review.add_argument("--fetch", action="store_true", help="ask the venues of --config; --listed keeps it")
    review.add_argument("--config", type=Path, default=config)
    review.add_argument("--days", type=float, default=3.0, metavar="N", help="with --fetch: events of so many days")
    review.add_argument("--sport", action="append", default=[], metavar="S", help="with --fetch: such as football")
    review.add_argument("--accept", action="append", default=[], metavar="ID", help=f"a pair's id, or `{CONFIDENT}`")
    review.add_argument("--reject", action="append", default=[], metavar="ID", help="a pair's id")
    review.add_argument("--who", default="", help="whose word it is; on a terminal the user's name if none is given")
    review.add_argument("--why", default="", help="the reason, kept with the word")
    plain = parser.get_default("door")
    parser.set_defaults(door=lambda a: review_pairs(a, lambda: run(a), load) if a.review else plain(a))


def review_pairs(chosen: argparse.Namespace, run: Callable[[], Path], load: Load) -> int:
    """Show pairs, or take words on them. Raises NotTold for words that cannot be taken, ConfigError, NotReady."""
    clock = SystemClock()
    listed = _listed(chosen, run, load, clock)
    source: Path = chosen.mapping if chosen.mapping and chosen.mapping.exists() else _mapping_of(chosen, run)
    if chosen.accept or chosen.reject:
        _spoken(chosen, source, listed, clock)
    elif chosen.json or not (sys.stdin.isatty() and sys.stdout.isatty()) or not chosen.mapping:
        found, as_json = match(_book(source), listed), chosen.json or not sys.stdout.isatty()
        return answering(lambda: _show(found, as_json=as_json))
    else:
        ask_each(chosen, source, listed, clock, input)
    return GOOD


# --- what there is ---


def _mapping_of(chosen: argparse.Namespace, run: Callable[[], Path]) -> Path:
    """Where the first version of a mapping comes from: the run, unless the listings came from elsewhere."""
    return Path() if chosen.fetch or (chosen.listed and chosen.mapping) else run() / MAPPING


def _book(path: Path) -> ReviewBook:
    return ReviewBook(Mapping((), (), ())) if path == Path() else read_book_file(path)


def _listed(chosen: argparse.Namespace, run: Callable[[], Path], load: Load, clock: Clock) -> tuple[ListedEvent, ...]:
    if not chosen.fetch:
        return read_listed(chosen.listed or run() / LISTED)
    now_ms = clock.wall_ns() // 1_000_000
    window = Window(now_ms - BACK_MS, now_ms + int(chosen.days * 24 * HOUR_MS), tuple(chosen.sport))
    found = asyncio.run(_run_fetching(load(chosen.config), window, clock))
    if chosen.listed:
        write_whole(chosen.listed, msgspec.json.format(msgspec.json.encode(found), indent=1))
    return found


async def _run_fetching(loaded: Loaded, window: Window, clock: Clock) -> tuple[ListedEvent, ...]:
    """Ask every venue of the configuration at once, each in a thread of its own. Raises NotReady naming who failed."""
    listers = {name: _lister(name, loaded, clock) for name in loaded.config.venues if name in LISTERS}
    answers = await asyncio.gather(
        *(asyncio.to_thread(one.listed, window) for one in listers.values()), return_exceptions=True
    )
    for name, answer in zip(listers, answers, strict=True):
        if isinstance(answer, NoAnswer | PeerBroke | ValueError):
            raise NotReady(f"[venues.{name}] what it lists could not be read: {answer}")
        if isinstance(answer, BaseException):
            raise answer
    return tuple(event for answer in answers if not isinstance(answer, BaseException) for event in answer)


def _lister(name: VenueName, loaded: Loaded, clock: Clock) -> Lister:
    try:
        settings = read_settings(loaded.config.venues[name], CONSTRUCTORS[name][1])
        return LISTERS[name](settings, clock.wall_ns)
    except ValueError as error:
        raise ConfigError(f"[venues.{name}] {error}") from error


# --- what is shown ---


def _show(found: Matched, *, as_json: bool) -> None:
    if as_json:
        for pair in found.pairs:
            print(msgspec.json.encode(_row(pair)).decode())
        return
    for standing in Standing:
        rows: list[Row] = [_line(pair) for pair in found.pairs if pair.standing is standing]
        if rows:
            print_table(f"{standing.value}: {len(rows)}", rows)
    if not found.pairs:
        print("no pairs: nothing that is listed could be anything of ours")


def _row(pair: Pair) -> Row:
    """Everything that is known of a pair."""
    return {
        "id": pair.id,
        "standing": pair.standing.value,
        "why": pair.why,
        "venue": pair.venue,
        "venue_event": pair.venue_event,
        "venue_name": pair.venue_name,
        "question": pair.question,
        "event": pair.event.id,
        "event_name": pair.event.name,
        "starts_ms": pair.event.starts_ms,
        "market": pair.market.id if pair.market else "",
        "outcomes": pair.market.outcomes if pair.market else (),
        "settles": pair.market.rules if pair.market else "",
        "void_alone": pair.market.void_alone if pair.market else (),
        "listings": [
            {"venue_market": one.venue_market, "selection": one.selection, "outcome": one.outcome}
            for one in pair.listings
        ],
        "rules": pair.rules,
        "open": pair.open and pair.market is not None,
    }


def _line(pair: Pair) -> Row:
    return {
        "id": pair.id,
        "venue": pair.venue,
        "listed as": pair.venue_name,
        "question": pair.question,
        "ours": pair.market.id if pair.market else pair.event.name,
        "why": pair.why,
    }


# --- words ---


def _spoken(chosen: argparse.Namespace, source: Path, listed: Sequence[ListedEvent], clock: Clock) -> None:
    """Take the words of the command line and say what came of them."""
    who, why = chosen.who.strip(), chosen.why.strip()
    if not chosen.mapping:
        raise NotTold("a run's mapping is evidence and is not written: name the desk's file with --mapping FILE")
    if not who or who == ITSELF or not why:
        raise NotTold("a word on a pair needs a person and a reason: --who NAME --why TEXT")
    with _locked(chosen.mapping):
        book = _book(chosen.mapping if chosen.mapping.exists() else source)
        found = match(book, listed)
        accepted = _wanted(chosen.accept, found)
        rejected = _wanted(chosen.reject, found)
        if both := {one.id for one in accepted} & {one.id for one in rejected}:
            raise NotTold(f"pair {', '.join(sorted(both))}: accepted and rejected at once")
        for pair in accepted:
            if not pair.open or pair.market is None:
                raise NotTold(f"pair {pair.id} cannot be accepted: {pair.why}")
        at_ms = clock.wall_ns() // 1_000_000
        if accepted:
            book = admitted(book, found, who=who, why=why, at_ms=at_ms, ids=[one.id for one in accepted])
        if rejected:
            book = dismissed(book, found, who=who, why=why, at_ms=at_ms, ids=[one.id for one in rejected])
        write_book(chosen.mapping, book)
    for word, pairs in (("accepted", accepted), ("rejected", rejected)):
        for pair in pairs:
            told = {"id": pair.id, "word": word, "venue": pair.venue, "market": _ours(pair)}
            print(msgspec.json.encode(told).decode())


def _wanted(ids: Sequence[str], found: Matched) -> list[Pair]:
    """The pairs that are named; NotTold for an id that no pair has."""
    known = {pair.id: pair for pair in found.pairs}
    wanted: dict[str, Pair] = {}
    for one in ids:
        if one == CONFIDENT:
            wanted |= {pair.id: pair for pair in found.pairs if pair.standing is Standing.CONFIDENT}
        elif one in known:
            wanted[one] = known[one]
        else:
            raise NotTold(f"there is no pair {one!r}; `markets --review` shows their ids")
    return list(wanted.values())


def _ours(pair: Pair) -> str:
    return pair.market.id if pair.market else pair.event.id


def ask_each(chosen: argparse.Namespace, source: Path, listed: Sequence[ListedEvent], clock: Clock, say: Say) -> None:
    """Ask a person pair by pair; each word is written at once, so that leaving in the middle loses nothing.

    `say` puts a question and gives the answer, EOFError when there is nobody any more.
    """
    who = chosen.who.strip() or getpass.getuser()
    found = match(_book(source), listed)
    pairs = [pair for standing in ASKED_ABOUT for pair in found.pairs if pair.standing is standing and pair.open]
    print(f"{len(pairs)} pairs to look at as {who}; a accepts, r rejects, s skips, q leaves; a reason may follow")
    for number, pair in enumerate(pairs, 1):
        why = pair.why or "nothing speaks against it"
        print(f"\n{number} of {len(pairs)}  {pair.id}  {pair.standing.value}: {why}")
        print(f"  ours    {pair.event.name} [{pair.event.league}] {_ours(pair)}")
        print(f"  {pair.venue}  {pair.venue_name}: {pair.question}")
        outcomes = pair.market.outcomes if pair.market else ()
        for one in pair.listings:
            print(f"    {outcomes[one.outcome]:<8} = {one.venue_market} {one.selection}")
        for text in pair.rules:
            print(f"    rules: {' '.join(text.split())}")
        try:
            word, _, why = say("  a/r/s/q > ").strip().partition(" ")
        except EOFError:
            return
        if word == "q":
            return
        if word in ("a", "r"):
            chosen.accept, chosen.reject = ([pair.id], []) if word == "a" else ([], [pair.id])
            chosen.who, chosen.why = who, why.strip() or "looked at on the terminal"
            _spoken(chosen, source, listed, clock)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile: two reviewers' words are taken one after the other."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
