"""Which venues are asked for the lines of their account statements, and since when."""

from collections.abc import Callable

from domain.ids import VenueName
from domain.treasury import QueryAccountLines


class LineQuestions:
    """One open question a venue, for the earliest moment that anybody wants; whoever got no answer asks again."""

    def __init__(self) -> None:
        self._wanted: dict[VenueName, int] = {}

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def ask(self, venue: VenueName, since_ms: int) -> None:
        """Have the lines since a Unix millisecond asked for."""
        self._wanted[venue] = min(since_ms, self._wanted.get(venue, since_ms))

    def due(
        self, now_ns: int, reachable: set[VenueName], may_ask: Callable[[VenueName, int], bool]
    ) -> list[QueryAccountLines]:
        """The questions to ask now, as far as a venue's budget goes."""
        going = [venue for venue in self._wanted if venue in reachable and may_ask(venue, now_ns)]
        return [QueryAccountLines(venue, self._wanted.pop(venue)) for venue in going]
