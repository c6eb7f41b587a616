"""What asks an exchange what it lists, whichever exchange it is."""

from collections.abc import Callable
from typing import Any, Protocol

from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import Window


class Lister(Protocol):
    """Asks one venue, blocking: never on the engine's loop."""

    def __init__(self, settings: Any, wall_ns: Callable[[], int]) -> None: ...  # noqa: ANN401 the venue's own

    def listed(self, window: Window) -> tuple[ListedEvent, ...]: ...
