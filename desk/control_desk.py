"""What the control interface needs of the desk that it shows and steers; the engine brings one."""

from collections.abc import Sequence
from typing import Any, Protocol

from desk.flatten_views import FlattenPlan
from desk.views import LadderOf, LadderRow, MarketsOf, OutcomeRow, Row
from domain.markets import EventTurned
from domain.messages import FairValueReceived
from domain.operators import OperatorFact


class Unexplained(Exception):
    """There is no story of an order; the message says why and what to name instead."""


class Desk(Protocol):
    """A running engine. Nothing but `submit` changes anything; a word with an objection is not submitted."""

    def now_ms(self) -> int: ...

    def status(self) -> dict[str, Any]: ...

    def epochs(self) -> dict[str, str]: ...

    def rows(self, section: str) -> Sequence[Row]: ...

    def ladder_objection(self, of: LadderOf) -> str: ...

    def ladder(self, of: LadderOf) -> Sequence[LadderRow]: ...

    def markets(self, of: MarketsOf) -> Sequence[OutcomeRow]: ...

    def markets_found(self, of: MarketsOf) -> int: ...

    def flatten(self) -> FlattenPlan: ...

    async def fetch_story(self, order: str) -> bytes: ...

    def objection(self, fact: OperatorFact) -> str: ...

    @property
    def vouched_by_two(self) -> bool:
        """Whether two different people have to say the same of an order before it counts."""
        ...

    def waits_for_second(self, ref: str, /) -> bool:
        """Whether one person's word about an order stands, and a second one's is needed."""
        ...

    def value_objection(self, fact: FairValueReceived | EventTurned) -> str: ...

    def submit(self, fact: FairValueReceived | EventTurned | OperatorFact) -> None: ...
