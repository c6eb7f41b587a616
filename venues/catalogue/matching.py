"""The catalogue: what venues list becomes our events, markets and listings, or waits for a person, or is refused.

    found = match(book, listed)          # listed: events of any venues; book: what people have reviewed so far
    found.pairs                          # every pair with its standing and the reason; `reviewing` goes on from there

A pair is one venue's question and one market of ours: with it stand or fall all of its selections. It is

    confident    nothing speaks against it, and it can be no other
    ambiguous    it may be; a person has to look
    refused      something says that the two are not one
    accepted     stands in the book
    suspended    stood in the book, but the venue now settles by other words
    rejected     a person has looked and said no

Pure: it reads no clock, and gives the same for the same listings whatever order they come in.
"""

import enum
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from domain.ids import EventId, InstrumentId, MarketId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Event, Listing, Market
from venues.catalogue.fixtures import Fixture, Verdict, fixture, look
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.names import fold
from venues.catalogue.pairing import OURS, EventPair, Group, pair_events
from venues.catalogue.questions import (
    Answer,
    Asked,
    answers,
    is_known,
    market_kind,
    new_outcomes,
    plain_kind,
    read_question,
)
from venues.catalogue.reviews import ReviewBook, Word

BETWEEN = re.compile(r"\s+(?:vs?\.?|@|at)\s+", re.IGNORECASE)
"""What stands between two sides in the name of an event."""


class Standing(enum.StrEnum):
    """What becomes of a pair, with what people have said of it."""

    CONFIDENT = "confident"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    REJECTED = "rejected"


class Pair(msgspec.Struct, frozen=True):
    """One venue's question against one market of ours. A refused pair of whole events has no market and no listings.

    `id` is the same as long as the venue asks the same question about the same market of ours. `selections` is all that
    the question offers; `open`: a person may accept it, since nothing says that the two are not one.
    """

    id: str
    standing: Standing
    why: str
    venue: VenueName
    venue_event: str
    venue_name: str
    question: str
    event: Event
    market: Market | None
    listings: tuple[Listing, ...]
    selections: tuple[InstrumentId, ...] = ()
    rules: tuple[str, ...] = ()
    open: bool = False


class Matched(msgspec.Struct, frozen=True):
    """Every pair that was found, in the order of the events' starts."""

    pairs: tuple[Pair, ...]


def match(book: ReviewBook, listed: Iterable[ListedEvent]) -> Matched:
    """Hold what venues list against each other and against the book."""
    listed = tuple(listed)
    known = _Known(book)
    ours = [fixture(_as_listed(event, known)) for event in book.mapping.events]
    found = pair_events([*ours, *(fixture(event) for event in listed)])
    naming = _Naming(known)
    pairs: list[Pair] = []
    grouped = set()
    for group in found.groups:
        grouped |= {(one.event.venue, one.event.id) for one in group.fixtures}
        pairs += _pairs_of(group.fixtures, known, naming)
    for pair in found.pairs:
        if pair.looked.verdict is Verdict.AMBIGUOUS and not _both_in(pair, grouped, found.groups):
            told = _pairs_of((pair.a, pair.b), known, naming)
            pairs += [_downgraded(one, pair.looked.why) for one in told]
        elif pair.looked.verdict is Verdict.REFUSED:
            pairs.append(_refused(pair, naming))
    pairs += _astray(pairs, listed, known)
    once = {(one.id, one.standing): one for one in pairs}
    return Matched(tuple(sorted(once.values(), key=lambda one: (one.event.starts_ms, one.event.id, one.venue, one.id))))


def traded_as(listing: Listing) -> InstrumentId:
    """The instrument that a listing is."""
    return instrument_id(listing.venue, venue_market=listing.venue_market, selection=listing.selection)


# --- our own events, as if a venue listed them ---


class _Known:
    """The book as it is looked things up in."""

    def __init__(self, book: ReviewBook) -> None:
        self.events = {event.id: event for event in book.mapping.events}
        self.markets = {market.id: market for market in book.mapping.markets}
        self.listings = {traded_as(one): one for one in book.mapping.listings}
        self.reviews = {review.pair: review for review in book.reviews}
        self.of_event: dict[EventId, list[Market]] = {}
        for market in book.mapping.markets:
            self.of_event.setdefault(market.event, []).append(market)


def _as_listed(event: Event, known: _Known) -> ListedEvent:
    """An event of ours: its sides are read out of its name, its questions are its markets."""
    sides = sides_in(event.name)
    field = () if sides else tuple(_as_question(market) for market in known.of_event.get(event.id, ()))
    return ListedEvent(
        OURS,
        event.id,
        event.name,
        event.sport,
        event.starts_ms,
        participants=sides,
        competition=event.league,
        questions=field,
    )


def _as_question(market: Market) -> ListedQuestion:
    chosen = tuple(
        ListedSelection(VenueMarketId(market.id), SelectionId(name), name, Role.NAMED) for name in market.outcomes
    )
    return ListedQuestion(market.kind, market.kind, chosen)


def sides_in(name: str) -> tuple[str, ...]:
    """The two sides that an event's name names, in its order; none if it does not."""
    sides = tuple(part.strip() for part in BETWEEN.split(name))
    return sides if len(sides) == 2 and all(sides) else ()


class _Naming:
    """Our ids for events that are new: their sides' names, with the day where they meet again."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._taken: dict[EventId, object] = dict(known.events)

    def event_of(self, fixtures: Sequence[Fixture]) -> Event:
        """The event that a group is about: ours, else one made from the fullest names in it."""
        if fixtures[0].event.venue == OURS:
            return self._known.events[EventId(fixtures[0].event.id)]
        fullest = max(fixtures, key=lambda one: (sum(map(len, one.event.participants)), one.event.venue)).event
        name = " v ".join(fullest.participants) or fullest.name
        start = datetime.fromtimestamp(fullest.starts_ms / 1000, UTC)
        slug = "-".join(re.findall(r"[a-z0-9]+", fold(name.replace(" v ", " "))))
        league = max((one.event.competition for one in fixtures), key=len)
        whose = frozenset((one.event.venue, one.event.id) for one in fixtures)
        for made in (slug, f"{slug}-{start:%Y-%m-%d}", f"{slug}-{start:%Y-%m-%d-%H%M}"):
            known = self._taken.setdefault(EventId(made), whose)
            if known == whose:
                return Event(EventId(made), name, fullest.starts_ms, league, fullest.sport)
        return Event(EventId(f"{slug}-{fullest.venue}-{fullest.id}"), name, fullest.starts_ms, league, fullest.sport)


# --- pairs ---


def _pairs_of(fixtures: Sequence[Fixture], known: _Known, naming: _Naming) -> list[Pair]:
    """Every question of one event against our markets of it."""
    event = naming.event_of(fixtures)
    first = fixtures[0]
    founder = next((one for one in fixtures if " v ".join(one.event.participants) == event.name), first)
    base = first if first.event.venue == OURS else founder
    asked: dict[str, list[Asked]] = {}
    for one in fixtures:
        seen = None if one is base else look(base, one)
        turned = seen is not None and seen.turned
        for question in one.event.questions if one.event.venue != OURS else ():
            kind = market_kind(question, turned=turned)
            if kind:
                asked.setdefault(kind, []).append(read_question(one.event.venue, one, question, turned=turned))
    pairs = []
    for kind, questions in asked.items():
        ours = _market_of(event, kind, known)
        alone = len({one.venue for one in questions}) < 2
        if ours is None and (alone or not is_known(kind)):
            continue  # nothing to hold it against
        market = ours or Market(MarketId(f"{event.id}/{kind}"), event.id, kind, new_outcomes(questions[0]))
        told = answers(market, questions, is_ours=ours is not None)
        lonely = ours is None and sum(answer.verdict is Verdict.CONFIDENT for answer in told) < 2
        pairs += [_pair(answer, event, known, lonely=lonely) for answer in told]
    return pairs


def _market_of(event: Event, kind: str, known: _Known) -> Market | None:
    of_event = known.of_event.get(event.id, [])
    found = [market for market in of_event if plain_kind(market.kind) == kind]
    if not found and kind == "moneyline":  # who wins, of two, where no draw can be bet on
        found = [market for market in of_event if market.kind.lower() == "match_odds" and len(market.outcomes) == 2]
    return found[0] if len(found) == 1 else None


def _pair(answer: Answer, event: Event, known: _Known, *, lonely: bool) -> Pair:
    asked = answer.asked
    key = f"{asked.venue}\x1f{asked.question.selections[0].venue_market}\x1f{asked.question.line}\x1f{answer.market.id}"
    number = blake2b(key.encode(), digest_size=4).hexdigest()
    standing, why = Standing(answer.verdict.value), answer.why
    if lonely and standing is Standing.CONFIDENT:
        standing, why = Standing.AMBIGUOUS, "no other venue's question is sure to be the same"
    standing, why = _stands(number, answer, standing, why, known)
    return Pair(
        number,
        standing,
        why,
        asked.venue,
        asked.fixture.event.id,
        asked.fixture.event.name,
        asked.question.name,
        event,
        answer.market,
        answer.listings,
        _selections(asked.venue, asked.question),
        tuple(dict.fromkeys(one.rules for one in asked.question.selections if one.rules)),
        open=answer.verdict is not Verdict.REFUSED,
    )


def _selections(venue: VenueName, question: ListedQuestion) -> tuple[InstrumentId, ...]:
    return tuple(_bought(venue, one) for one in question.selections)


def _bought(venue: VenueName, one: ListedSelection) -> InstrumentId:
    return instrument_id(venue, venue_market=one.venue_market, selection=one.selection)


def _stands(number: str, answer: Answer, standing: Standing, why: str, known: _Known) -> tuple[Standing, str]:
    """What the book says of a pair goes before what it looks like, as long as the venue's words are the same."""
    review = known.reviews.get(number)
    hashes = tuple(listing.rules_hash for listing in answer.listings)
    there = (known.listings.get(key) for key in _selections(answer.asked.venue, answer.asked.question))
    held = [one for one in there if one is not None and one.market == answer.market.id]
    if not held:
        if review is not None and review.word is Word.REJECTED and review.rules_hashes in ((), hashes):
            return Standing.REJECTED, f"{review.who}: {review.why}"
        return standing, why
    now = {traded_as(one): one for one in answer.listings}
    if any(one.rules_hash and one.rules_hash != _hash_of(now, one) for one in held):
        by = f" since {review.who} looked" if review is not None else ""
        return Standing.SUSPENDED, f"the venue's rules text has changed{by}{': ' if why else ''}{why}"
    if answer.verdict is Verdict.REFUSED:
        return Standing.SUSPENDED, why
    if any(one.outcome != now[traded_as(one)].outcome for one in held):
        return Standing.SUSPENDED, "the book has other outcomes for these selections"
    return Standing.ACCEPTED, f"{review.who}: {review.why}" if review is not None else "in the mapping"


def _hash_of(now: dict[InstrumentId, Listing], held: Listing) -> str:
    listing = now.get(traded_as(held))
    return "" if listing is None else listing.rules_hash


def _astray(pairs: Sequence[Pair], listed: Iterable[ListedEvent], known: _Known) -> list[Pair]:
    """What stands in the book of a question that no longer pairs with the market there: suspended.

    A start that has moved is no reason: the game is the same.
    """
    settled = {
        key for one in pairs if one.standing in (Standing.ACCEPTED, Standing.SUSPENDED) for key in one.selections
    }
    refused = {(one.venue, one.venue_event, one.event.id): one for one in pairs if one.market is None}
    found = []
    for event in listed:
        for question in event.questions:
            selections = _selections(event.venue, question)
            held = [known.listings[key] for key in selections if key in known.listings]
            if not held or set(selections) & settled:
                continue
            market = known.markets[held[0].market]
            ours = known.events[market.event]
            against = refused.get((event.venue, event.id, ours.id))
            hashes = {_bought(event.venue, one): one.rules_hash for one in question.selections}
            same = all(one.rules_hash in ("", hashes[traded_as(one)]) for one in held)
            moved = against is not None and against.open and same
            why = against.why if against is not None else f"it is listed as {event.name!r} now"
            number = blake2b(f"{event.venue}\x1f{selections[0]}\x1f{market.id}".encode(), digest_size=4).hexdigest()
            found.append(
                Pair(
                    number,
                    Standing.ACCEPTED if moved else Standing.SUSPENDED,
                    why if same else f"the venue's rules text has changed: {why}",
                    event.venue,
                    event.id,
                    event.name,
                    question.name,
                    ours,
                    market,
                    tuple(held),
                    selections,
                )
            )
    return found


def _downgraded(one: Pair, why: str) -> Pair:
    if one.standing is Standing.CONFIDENT:
        return msgspec.structs.replace(one, standing=Standing.AMBIGUOUS, why=why)
    return one


def _both_in(pair: EventPair, grouped: set[tuple[VenueName, str]], groups: Sequence[Group]) -> bool:
    """Whether both events of a pair stand in one group already."""
    keys = {(one.event.venue, one.event.id) for one in (pair.a, pair.b)}
    return keys <= grouped and any(
        keys <= {(one.event.venue, one.event.id) for one in group.fixtures} for group in groups
    )


def _refused(pair: EventPair, naming: _Naming) -> Pair:
    """Two events that are not one, though their names say so: told, so that nobody wonders."""
    event = naming.event_of((pair.a, pair.b)) if pair.a.event.venue == OURS else _bare(pair.a.event)
    b = pair.b.event
    number = blake2b(f"{b.venue}\x1f{b.id}\x1f{event.id}".encode(), digest_size=4).hexdigest()
    moved = pair.looked.moved  # no reason to suspend what stands in the book
    return Pair(number, Standing.REFUSED, pair.looked.why, b.venue, b.id, b.name, "", event, None, (), open=moved)


def _bare(event: ListedEvent) -> Event:
    """An event that is only told of and stands for nothing of ours."""
    named = EventId(f"{event.venue}/{event.id}")
    return Event(named, event.name, event.starts_ms, event.competition, event.sport)
