"""`replay RUN --what-if KEY=VALUE`: every decision routed again over the books that it saw, with something changed.

A decision stores what it saw: the books, fees and rates of every place, our result there, the money to spend. So
where its orders would have gone under other fees, with a venue less or more money follows from the journal alone, by
the router's own code. What strategies would have wanted in between does not: market data goes to no journal, and
without a tape of it nobody can ask them again. That is said with every answer. Where there is one, a key of the
configuration has them asked again (`engine.what_if_again`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from domain.candidates import Candidate
from domain.ids import VenueName
from domain.messages import DecisionTaken
from domain.money import MICROS, format_micros, parse_micros
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from engine.replay import NotFound, answering, steps
from engine.state import State
from engine.what_if_again import ask_again, has_tape, is_place, words
from oms.explained import recompute

WITHOUT = "what_if_without"
"""Why a venue that was left out got nothing."""

KEYS = (
    "without=VENUE, fee.VENUE.FIELD=PPM (as in fee.VENUE.rate_ppm=20000), available.VENUE=AMOUNT, priority.VENUE=N, "
    "edge=PROBABILITY; or, where the run kept a tape, any key of the configuration, as strategies.0.settings.edge=0.02"
)

NO_TAPE = (
    "Orders are routed again over the books that each decision saw. This run has no tape of what the books were in "
    "between, so strategies are not asked again."
)
WITH_TAPE = (
    "Orders are routed again over the books that each decision saw. This run has a tape: a key of the configuration, "
    "as strategies.0.settings.edge=0.02, has strategies asked again over it."
)

Change = Callable[[DecisionTaken, Callable[[Candidate], VenueName]], DecisionTaken]
"""What a key does to the inputs of a decision."""


class Share(msgspec.Struct):
    """What the router gave to one venue: in how many decisions, and of what native size in sum."""

    decisions: int = 0
    size_micros: int = 0


class Routed(msgspec.Struct, frozen=True):
    """One decision that would have been routed otherwise: instrument to (price, size), then and now."""

    seq: int
    decision: int
    then: dict[str, tuple[tuple[int, int], ...]]
    now: dict[str, tuple[tuple[int, int], ...]]


class Answer(msgspec.Struct, frozen=True):
    """What would have been different. Quotes rest where a strategy put them: of them only takes are asked."""

    said: str
    takes: int
    quotes: int
    then: dict[VenueName, Share]
    now: dict[VenueName, Share]
    changed: tuple[Routed, ...]


def what_if_run(run: Path, changes: Sequence[str], *, as_json: bool) -> int:
    """The door. Returns the exit code."""
    return answering(lambda: _print_asked(run, changes, as_json=as_json))


def _print_asked(run: Path, changes: Sequence[str], *, as_json: bool) -> None:
    places = [text for text in changes if is_place(text)]
    if places and len(places) < len(changes):
        raise NotFound("--what-if: keys of the configuration and keys of decisions are two questions; ask them apart")
    if not places:
        _print(what_if(run, changes), as_json=as_json)
        return
    answer = ask_again(run, places)
    print(msgspec.json.encode(answer).decode() if as_json else "\n".join(words(answer)))


def what_if(run: Path, changes: Sequence[str]) -> Answer:
    """Every take of a run routed again. Raises NotFound for a key that means nothing, and as `engine.replay.steps`."""
    parsed = [_parsed(text) for text in changes]
    then: defaultdict[VenueName, Share] = defaultdict(Share)
    now: defaultdict[VenueName, Share] = defaultdict(Share)
    changed, takes, quotes, state = [], 0, 0, None
    for step in steps(run):
        state, body = step.state, step.record.body
        if not isinstance(body, DecisionTaken):
            continue
        if any(candidate.maker for candidate in body.candidates):
            quotes += 1
            continue
        takes += 1
        venue_of = _venues(state)
        other = body
        for change in parsed:
            other = change(other, venue_of)
        again = recompute(other).candidates
        _count(then, body.candidates, venue_of)
        _count(now, again, venue_of)
        if _allotted(body.candidates) != _allotted(again):
            changed.append(Routed(step.record.seq, body.id, _allotted(body.candidates), _allotted(again)))
    if state is not None:
        _refuse_strangers(changes, state)
    return Answer(WITH_TAPE if has_tape(run) else NO_TAPE, takes, quotes, dict(then), dict(now), tuple(changed))


def _parsed(text: str) -> Change:
    """The meaning of one `KEY=VALUE`."""
    key, _, value = text.partition("=")
    match key.split("."):
        case ["without"] if value:
            return _without(VenueName(value))
        case ["fee", venue, field] if value.isdecimal():
            return _each(venue, lambda one: _with_fee(one, field, int(value)))
        case ["available", venue]:
            amount = _amount(text, value)
            return _each(venue, lambda one: msgspec.structs.replace(one, available_micros=amount))
        case ["priority", venue] if value.isdecimal():
            return _each(venue, lambda one: msgspec.structs.replace(one, priority=int(value)))
        case ["edge"]:
            return _with_edge(_amount(text, value) * PROBABILITY_SCALE // MICROS)
    raise NotFound(f"--what-if {text}: write {KEYS}")


def _amount(text: str, value: str) -> int:
    try:
        return parse_micros(value)
    except ValueError as error:
        raise NotFound(f"--what-if {text}: {error}") from error


def _without(venue: VenueName) -> Change:
    return _each(venue, lambda one: msgspec.structs.replace(one, refused=WITHOUT))


def _each(venue: str, change: Callable[[Candidate], Candidate]) -> Change:
    def changed(decision: DecisionTaken, venue_of: Callable[[Candidate], VenueName]) -> DecisionTaken:
        candidates = tuple(change(one) if venue_of(one) == venue else one for one in decision.candidates)
        return msgspec.structs.replace(decision, candidates=candidates)

    return changed


def _with_fee(candidate: Candidate, field: str, ppm: int) -> Candidate:
    if field not in candidate.fee.__struct_fields__:
        known = ", ".join(candidate.fee.__struct_fields__)
        raise NotFound(f"--what-if fee: {candidate.instrument} has no {field}; its fee has {known}")
    return msgspec.structs.replace(candidate, fee=msgspec.structs.replace(candidate.fee, **{field: ppm}))


def _with_edge(edge_e9: int) -> Change:
    """So much better than the limit the net price must be."""

    def changed(decision: DecisionTaken, _: Callable[[Candidate], VenueName]) -> DecisionTaken:
        limit = decision.limit_e9 - edge_e9 if decision.side is Side.BACK else decision.limit_e9 + edge_e9
        return msgspec.structs.replace(decision, limit_e9=max(1, limit))

    return changed


def _refuse_strangers(changes: Sequence[str], state: State) -> None:
    known = {instrument.listing.venue for instrument in state.instruments.values()}
    for text in changes:
        key, _, value = text.partition("=")
        named = value if key == "without" else key.split(".")[1] if "." in key else ""
        if named and named not in known:
            raise NotFound(f"--what-if {text}: the run has no venue {named!r}, it has {', '.join(sorted(known))}")


def _venues(state: State) -> Callable[[Candidate], VenueName]:
    return lambda candidate: state.venue_of(candidate.instrument)


def _count(
    shares: defaultdict[VenueName, Share], candidates: Sequence[Candidate], venue_of: Callable[[Candidate], VenueName]
) -> None:
    for one in candidates:
        if one.allotted:
            share = shares[venue_of(one)]
            share.decisions += 1
            share.size_micros += sum(size for _, size in one.allotted)


def _allotted(candidates: Sequence[Candidate]) -> dict[str, tuple[tuple[int, int], ...]]:
    return {one.instrument: one.allotted for one in candidates if one.allotted}


def _print(answer: Answer, *, as_json: bool) -> None:
    print(msgspec.json.encode(answer).decode() if as_json else "\n".join(_words(answer)))


def _words(answer: Answer) -> Iterator[str]:
    yield answer.said
    changed = len(answer.changed)
    yield f"{answer.takes} takes routed again, {changed} of them otherwise; {answer.quotes} quotes left alone"
    for venue in sorted({*answer.then, *answer.now}):
        then, now = answer.then.get(venue, Share()), answer.now.get(venue, Share())
        yield f"  {venue}: {_share(then)} then, {_share(now)} now"


def _share(share: Share) -> str:
    return f"{share.decisions} times, {format_micros(share.size_micros)} in sum"
