"""What whoever carries a journal elsewhere has done, for the one line that a person sees."""

import msgspec


class Projected(msgspec.Struct, frozen=True):
    """The run, where its records went, how many were written now, and up to which record it stands there."""

    run: str
    into: str
    records: int
    seq: int
