"""Answers of the control interface: values as JSON, refusals as one line, and what stands in an address."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from desk.control_bodies import Complaint, Refused
from desk.views import EVERY_MARKET, MARKETS_PAGE_MAX, SECTIONS, LadderOf, MarketsOf, Watch

WORDS_MAX = 200
"""Characters of a filter."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answered(value: object) -> web.Response:
    """A value as JSON."""
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def refused(status: int, text: str) -> web.Response:
    """A refusal."""
    body = msgspec.json.encode(Complaint(text))
    return web.Response(status=status, body=body, content_type="application/json")


def watch_in(query: Mapping[str, str]) -> Watch:
    """What an address asks to be told: `sections`, a ladder by `market`, `outcome` and `depth`, and which markets."""
    sections = tuple(name.strip() for name in query.get("sections", "").split(",") if name.strip())
    return checked(Watch(sections, ladder_in(query) if "market" in query else None, markets_in(query)))


def checked(watch: Watch) -> Watch:
    """The same. Raises Refused when it names a section that there is not."""
    for name in watch.sections:
        if name not in SECTIONS:
            raise Refused(400, f"sections: {name!r} is none; known are {', '.join(SECTIONS)}")
    of = watch.markets
    if not 0 < of.count <= MARKETS_PAGE_MAX:
        raise Refused(400, f"count = {of.count}: must lie in 1 to {MARKETS_PAGE_MAX}")
    if of.first < 0:
        raise Refused(400, f"first = {of.first}: must be 0 or more")
    if len(of.words) > WORDS_MAX:
        raise Refused(400, f"words: {len(of.words)} characters are too many, send at most {WORDS_MAX}")
    return watch


def markets_in(query: Mapping[str, str]) -> MarketsOf:
    """Which markets an address asks for: `words`, `first` and `count`. Raises Refused."""
    plain = EVERY_MARKET
    return MarketsOf(
        query.get("words", plain.words), _number(query, "first", plain.first), _number(query, "count", plain.count)
    )


def ladder_in(query: Mapping[str, str]) -> LadderOf:
    """Which ladder an address asks for. Raises Refused."""
    if not query.get("market"):
        raise Refused(400, "market: missing; name the market whose ladder is wanted, as /v1/view/markets does")
    plain = LadderOf(query["market"])
    return LadderOf(plain.market, _number(query, "outcome", plain.outcome), _number(query, "depth", plain.depth))


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Refused(400, f"{name} = {text[:80]!r}: must be a whole number, 0 or more")
    return int(text)
