"""Events, markets, runners and prices: what is on offer, under which names, at which prices.

Source: Matchbook API docs, "Get events", "Get event", "Get markets", "Get market", "Get runners", "Get runner",
"Get prices"; recorded answers.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import partial

from domain.ids import SelectionId
from domain.orders import Side
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, page
from venues.matchbook.fake.forms import amount, iso, number
from venues.matchbook.fake.markets import STATUSES, MarketState, event_status
from venues.matchbook.fake.options import EventDetails
from venues.matchbook.fake.prices import PriceFilter, price_filter, price_rows
from venues.matchbook.fake.replies import Body

TRADING = ("open", "suspended")


def get_events(books: Books, call: Call) -> Body:
    """One page of events in order of their start, with those of their markets that have a wanted status."""
    query = call.query
    wanted_ids, sports, categories = query.ids("ids"), query.ids("sport-ids"), query.ids("category-ids")
    tags, states = frozenset(query.words("tag-url-names")), query.words("states") or STATUSES
    after_ms, before_ms = query.epoch_ms("after"), query.epoch_ms("before")
    asked = _filter(books, call, included=False)
    most = query.number("markets-limit", 0)
    found = [
        event
        for event in books.events.values()
        if (not wanted_ids or event.id in wanted_ids)
        and (not sports or event.sport_id in sports)
        and (not categories or categories & {tag for tag, _, _ in event.tags})
        and (not tags or tags & {url_name(name) for _, name, _ in event.tags})
        and event_status(books.markets_of(event)) in states
        and (after_ms is None or event.starts_ms >= after_ms)
        and (before_ms is None or event.starts_ms <= before_ms)
    ]
    found.sort(key=lambda event: (event.starts_ms, event.id))
    shape = partial(_event, books, call, states=states, asked=asked, most=most)
    return page(query, found, "events", shape)


def get_event(books: Books, call: Call) -> Body:
    """One event with all of its markets."""
    return _event(books, call, books.event(call.ids[0]), states=STATUSES, asked=_filter(books, call, included=False))


def get_markets(books: Books, call: Call) -> Body:
    """One page of an event's markets."""
    query = call.query
    states, names, types = query.words("states") or TRADING, query.words("names"), query.words("types")
    asked = _filter(books, call, included=False)
    found = [
        state
        for state in books.markets_of(books.event(call.ids[0]))
        if state.status in states
        and (not names or state.details.name in names)
        and (not types or state.details.market_type in types)
    ]
    return page(query, found, "markets", partial(market_body, asked=asked))


def get_market(books: Books, call: Call) -> Body:
    """One market."""
    return market_body(books.market(*call.ids), asked=_filter(books, call, included=False))


def get_runners(books: Books, call: Call) -> Body:
    """A market's runners, with prices unless they are not wanted."""
    state, asked = books.market(*call.ids), _filter(books, call, included=True)
    states = (*(call.query.words("states") or TRADING), "paid")
    withdrawn = call.query.flag("include-withdrawn", default=True)
    shown = [
        runner_body(state, selection, asked)
        for selection in state.runners
        if state.runner_status(selection) in states and (withdrawn or not state.sim.selections[selection].removed)
    ]
    return {"runners": shown, "total": len(shown)}


def get_runner(books: Books, call: Call) -> Body:
    """One runner."""
    state, selection = books.runner(*call.ids)
    return runner_body(state, selection, _filter(books, call, included=True))


def get_prices(books: Books, call: Call) -> Body:
    """A runner's prices alone; here the number of levels is called `depth`."""
    state, selection = books.runner(*call.ids)
    asked = price_filter(call.query, books.options, books.currency, included=True, depth="depth")
    return {"prices": price_rows(state, selection, asked)}


def _filter(books: Books, call: Call, *, included: bool) -> PriceFilter:
    return price_filter(call.query, books.options, books.currency, included=included, depth="price-depth")


def _event(
    books: Books, call: Call, event: EventDetails, *, states: Iterable[str], asked: PriceFilter, most: int = 0
) -> Body:
    """An event; its own in-running flag goes by the clock and may disagree with those of its markets."""
    markets = books.markets_of(event)
    wanted = [state for state in markets if state.status in states]
    return {
        "id": event.id,
        "name": event.name,
        "sport-id": event.sport_id,
        "start": iso(event.starts_ms),
        "in-running-flag": books.wall_ms(call.now_ns) >= event.starts_ms,
        "allow-live-betting": any(state.details.live_betting for state in markets),
        "category-id": [tag for tag, _, _ in event.tags],
        "status": event_status(markets),
        "volume": amount(sum(state.traded_micros for state in markets)),
        "event-participants": [
            {"id": participant, "event-id": event.id, "number": number, "participant-name": name}
            for number, (participant, name) in enumerate(event.participants, 1)
        ],
        "markets": [market_body(state, asked=asked) for state in wanted[: most or None]],
        "meta-tags": [
            {"id": tag, "name": name, "type": kind, "url-name": url_name(name)} for tag, name, kind in event.tags
        ],
    }


def market_body(state: MarketState, *, asked: PriceFilter, runners: bool = True) -> Body:
    """A market as a customer sees it, with its runners or as if it had none."""
    details = state.details
    state.shown()
    market: Body = {
        "live": state.sim.in_play,
        "event-id": state.event.id,
        "id": state.id,
        "name": details.name,
        "runners": [runner_body(state, selection, asked) for selection in state.runners] if runners else [],
        "start": iso(state.event.starts_ms),
        "status": state.status,
        "market-type": details.market_type,
        "type": "binary" if state.binary else "multirunner",
        "in-running-flag": state.sim.in_play,
        "allow-live-betting": details.live_betting,
        "volume": amount(state.traded_micros),
    }
    if details.handicap:
        market["handicap"] = number(Fraction(details.handicap))
    for name, side in (("back-overround", Side.BACK), ("lay-overround", Side.LAY)):
        overround = state.overround(side)
        if overround is not None:
            market[name] = number(overround)
    return market


def runner_body(state: MarketState, selection: SelectionId, asked: PriceFilter) -> Body:
    """A runner, with its prices if they are wanted."""
    details = state.runners[selection]
    runner: Body = {"prices": price_rows(state, selection, asked)} if asked.included else {}
    runner |= {
        "withdrawn": state.sim.selections[selection].removed,
        "event-id": state.event.id,
        "id": details.id,
        "market-id": state.id,
        "name": details.name,
        "status": state.runner_status(selection),
        "volume": amount(state.traded_on_micros(selection)),
        "event-participant-id": details.participant,
    }
    return runner | ({"handicap": number(Fraction(state.details.handicap))} if state.details.handicap else {})


def url_name(name: str) -> str:
    """How a tag is spelled in an address."""
    return name.lower().replace(" ", "-")
