"""Asks Kalshi what it lists, from a worker thread. What is public there is asked for under our own key all the same."""

from collections.abc import Callable

from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import Asking, Window, hold
from venues.checkup import Asker, NoAnswer
from venues.kalshi.catalogue import listed_talk
from venues.kalshi.settings import Settings
from venues.kalshi.signing import Signer, load_key

OK = 200


class KalshiLister:
    """`wall_ns` reads the Unix clock."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._wall_ns = wall_ns
        self._asker = Asker(settings.rest, wall_ns)

    def listed(self, window: Window) -> tuple[ListedEvent, ...]:
        """Everything in a window. Raises NoAnswer and PeerBroke, and ValueError for a key that cannot be used."""
        signer = Signer(self._settings.key_id, load_key(self._settings.key_file))

        def ask(asking: Asking) -> bytes:
            path = self._settings.rest_root + asking.target
            headers = dict(signer.headers("GET", path, self._wall_ns() // 1_000_000))
            answer = self._asker.ask("GET", path, headers)
            if answer.status != OK:
                raise NoAnswer(f"GET {path.partition('?')[0]}: HTTP {answer.status}")
            return answer.body

        return hold(listed_talk(self._settings.venue, window), ask)
