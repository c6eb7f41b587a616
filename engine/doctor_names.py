"""The doctor's look at names: a cap, or a list, of what nothing in the mapping is called holds nobody."""

from collections.abc import Collection, Iterator

from domain.markets import Mapping
from engine.complaints import nearest
from engine.config import Loaded
from risk.compliance import is_listed
from risk.limits import OTHERS
from venues.checkup import Finding, Verdict


def idle_names(loaded: Loaded, mapping: Mapping) -> Iterator[Finding]:
    """Every name in caps and lists that no event or market of a mapping bears: a slip, or nothing for it today.

    Caps go by the exact name, lists by its bare letters, and so do we.
    """
    limits, rules = loaded.limits, loaded.config.compliance
    leagues = {event.league for event in mapping.events}
    sports = {event.sport for event in mapping.events}
    kinds = {market.kind for market in mapping.markets}
    for place, named, known in (
        ("[limits] cap_league", limits.cap_league_micros, leagues),
        ("[limits] cap_sport", limits.cap_sport_micros, sports),
    ):
        yield from _idle(place, [name for name in named if name not in (*known, OTHERS)], known)
    for place, listed, known in (
        ("[compliance] sports", rules.sports, sports),
        ("[compliance] kinds", rules.kinds, kinds),
        ("[compliance] close_only", rules.close_only, kinds),
    ):
        yield from _idle(place, [name for name in listed if not is_listed(name, tuple(known), empty=False)], known)


def _idle(place: str, names: Collection[str], known: Collection[str]) -> Iterator[Finding]:
    for name in names:
        borne = sorted(filter(None, known))
        said = f"{place} names {name!r}, and nothing in the mapping does{nearest(name, borne) if borne else ''}"
        yield Finding("names", Verdict.LOOK, said, "write it as the mapping does, or leave it for a day that has it")
