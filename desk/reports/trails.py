"""What the audit trail says, as values: every event of every order, every no of our own, every word of people.

Units and signs are those of `desk.reports.books`.
"""

import msgspec

from desk.reports.books import About, Row


class Trail(Row, frozen=True, kw_only=True):
    """One thing that happened to one order; the columns of an audit trail.

    `clock_offset_ns` is what the wall clock had gained on the monotonic one since the run's first record, `record_hash`
    the BLAKE2b-16 of the record's bytes in the journal. `trader` controls what traded. `self_match_prevention` says
    what kept the order from meeting one of ours: `gate` our own check before it was sent, then what its venue was told.
    `geo_evidence` is what proves where it was traded from, `terms_version` which terms of its venue held; both as told.
    """

    event_id: str
    seq: int
    wall_ns: int
    clock_offset_ns: int
    account: str
    legal_entity: str
    beneficial_owner: str
    trader: str
    strategy: str
    decision: int
    model_version: str
    client_ref: str
    venue_order_id: str
    venue: str
    instrument: str
    side: str
    price: int
    size_micros: int
    tif: str
    self_match_prevention: str
    customer_type: str
    geo_evidence: str
    terms_version: str
    prior_state: str
    new_state: str
    matched_micros: int
    remaining_micros: int
    kind: str
    reason: str
    evidence: str
    config_hash: str
    plan: str
    record_hash: str


class Refusal(Row, frozen=True, kw_only=True):
    """An order that our own risk stopped before it was sent.

    Each one that could have met an order of ours (`against`) has its row; repeats of other noes have one together.
    """

    seq: int
    wall_ns: int
    strategy: str
    instrument: str
    reason: str
    decision: int
    side: str | None
    price: int | None
    size_micros: int | None
    against: str | None


class Decree(Row, frozen=True, kw_only=True):
    """A word of a person or of a breaker: who, what, why."""

    seq: int
    wall_ns: int
    kind: str
    who: str
    why: str
    body: str
    record_hash: str


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The audit trail."""

    about: About
    trail: tuple[Trail, ...]
    refusals: tuple[Refusal, ...]
    decrees: tuple[Decree, ...]
