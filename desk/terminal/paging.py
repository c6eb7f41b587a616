"""Which of many markets are shown: a page of those that the filter lets through, asked of the engine."""

from msgspec.structs import replace

from desk.terminal.picture import Picture
from desk.views import EVERY_MARKET, MarketsOf


class Paging:
    """What is asked for; the engine's answer stands in the picture."""

    def __init__(self, picture: Picture) -> None:
        self.of = EVERY_MARKET
        self._picture = picture

    @property
    def found(self) -> int:
        """How many markets there are to turn through."""
        header = self._picture.rows.header
        if self._picture.markets_of is None:
            return header.markets_total if header else 0
        return self._picture.markets_found

    def turn(self, by: int) -> MarketsOf | None:
        """The next page or the one before; None where there is none."""
        first = self.of.first + by * self.of.count
        if not 0 <= first < self.found:
            return None
        self.of = replace(self.of, first=first)
        return self.of

    def seek(self, words: str) -> MarketsOf | None:
        """The first page of the markets with these words; None where all that there are stand here already."""
        header = self._picture.rows.header
        total = header.markets_total if header else 0
        if words == self.of.words or (total <= self.of.count and not self.of.words):
            return None
        self.of = replace(self.of, words=words, first=0)
        return self.of
