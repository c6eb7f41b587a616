"""What a venue says beforehand of the hours in which it will not trade."""

from domain.ids import VenueName
from domain.message import Message


class MaintenancePlanned(Message, frozen=True):
    """The venue's own calendar, whole: each window from and until which Unix millisecond. Empty: nothing is planned."""

    venue: VenueName
    windows: tuple[tuple[int, int], ...]
