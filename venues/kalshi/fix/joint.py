"""One channel that several lines carry: it stands while all of them do."""

from domain.messages import Channel, ChannelChanged, Fact
from venues.base import Emit


class Joint:
    """Lines that speak through `part` are told as one; whatever else they say passes."""

    def __init__(self, channel: Channel, emit: Emit) -> None:
        self._channel = channel
        self._emit = emit
        self._down: dict[str, str] = {}
        self._told: bool | None = None

    def part(self, name: str, *, without: type | None = None) -> Emit:
        """The mouth of one line, which is down until it says otherwise; of some facts it does not speak."""
        self._down[name] = "not yet up"

        def emit(fact: Fact) -> None:
            if isinstance(fact, ChannelChanged) and fact.channel is self._channel:
                self._turn(name, fact)
            elif without is None or not isinstance(fact, without):
                self._emit(fact)

        return emit

    def _turn(self, name: str, fact: ChannelChanged) -> None:
        if fact.up:
            self._down.pop(name, None)
        else:
            self._down[name] = fact.reason
        is_up = not self._down
        if is_up is not self._told and (is_up or not fact.up):
            self._told = is_up
            self._emit(ChannelChanged(fact.venue, self._channel, is_up, "" if is_up else f"{name}: {fact.reason}"))
