"""Asks Betfair what it lists, from a worker thread: by the library, or by our own client where it cannot be used."""

from collections.abc import Callable

from venues.betfair.catalogue import listed_talk
from venues.betfair.cold import Cold, ColdFailed, LibraryCold, OwnCold
from venues.betfair.settings import Settings
from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import Window, hold
from venues.checkup import Asker, NoAnswer


class BetfairLister:
    """Logs in by itself. The library trusts the system's authorities only: a host of one's own is asked by us."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        own = any(place.tls_roots for place in (settings.login, settings.identity, settings.betting))
        self._cold: Cold = (
            OwnCold(settings, lambda endpoint: Asker(endpoint, wall_ns)) if own else LibraryCold(settings)
        )

    def listed(self, window: Window) -> tuple[ListedEvent, ...]:
        """Everything in a window. Raises NoAnswer and PeerBroke."""
        try:
            self._cold.log_in()
            return hold(listed_talk(self._settings.venue, window), lambda asking: self._cold.listed(asking.params))
        except ColdFailed as error:
            raise NoAnswer(str(error)) from error
