"""What one account at this venue is run with: where to dial, and as whom."""

import msgspec

from domain.ids import VenueName
from venues.base import Endpoint
from venues.secret import Secret


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One line carries everything. `answer_ms`: how long an answer may take before the line is given up.

    `per_second` messages may be sent, of which placements leave `reserve` for cancels. ValueError for what makes none.
    """

    line: Endpoint
    key: Secret
    venue: VenueName = VenueName("lmsr")
    answer_ms: int = 3_000
    per_second: int = 50
    reserve: int = 10
    dials_per_minute: int = 6
    patience: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.reserve < self.per_second:
            raise ValueError(f"reserve must lie below per_second, not {self.reserve} of {self.per_second}")
        if self.answer_ms < 100:
            raise ValueError(f"answer_ms must be at least 100, not {self.answer_ms}")
