"""What back-office reports say, as values: rows of their tables, and the reports that are made of them.

Amounts are whole millionths in the currency that stands beside them, or in base where a name says `base`; what came in
is positive, what it cost negative. `_ns` are Unix nanoseconds, `day` a UTC day. Everything here can be made again from
the journal; nothing of it is rounded.
"""

import msgspec

COMPONENTS = (
    "edge spread adverse_1s adverse_10s adverse_60s outcome fees commission voids rounding suspense fx conversion"
).split()
"""What a profit is made of, in the order in which it is told."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all rows of tables."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Of what a report is, up to which record of the journal, and what it was told from outside of it.

    `head` is the chain's head behind record `records`. From `since_ns` on, before `until_ns`; `ended` says how the run
    ended, empty while it had not.
    """

    report: str
    run: str
    mode: str
    base: str
    day: str
    since_ns: int
    until_ns: int
    records: int
    head: str
    config_hash: str
    rates_e8: dict[str, int]
    rates_dated: str
    legal_entity: str
    owner: str
    controller: str
    customer_type: str
    ended: str
    cap_event_base_micros: int
    geo_evidence: str = ""
    terms: dict[str, str] = {}


class Share(Row, frozen=True, kw_only=True):
    """What one strategy made in one event at one venue, part by part; all parts add up to `total_micros`.

    `edge` is how far our fair value stood from the market's middle on our side when the order was decided, `spread` how
    far the price of the match did, `adverse_*` how far the middle moved then (below zero: against us) up to 1 s, from
    there to 10 s, from there to 60 s; `outcome` is what the result, or the last fair value of what is not settled,
    brought beyond all that. A match is `unmarked` where the market showed no middle; that step of it is in the next.
    `voids` were annulled or reduced, `rounding` are the venue's roundings, `suspense` is what it paid and nobody can
    explain, `fx` what money that changed currency gained, `conversion` what is lost in turning parts to base.
    """

    venue: str
    strategy: str
    event: str
    currency: str
    matches: int
    unmarked: int
    unmarked_1s: int
    unmarked_10s: int
    unmarked_60s: int
    edge_micros: int = 0
    spread_micros: int = 0
    adverse_1s_micros: int = 0
    adverse_10s_micros: int = 0
    adverse_60s_micros: int = 0
    outcome_micros: int = 0
    voids_micros: int = 0
    fees_micros: int = 0
    commission_micros: int = 0
    rounding_micros: int = 0
    suspense_micros: int = 0
    fx_micros: int = 0
    conversion_micros: int = 0
    total_micros: int = 0
    open_micros: int = 0


class Match(Row, frozen=True, kw_only=True):
    """One row of `fills` with what its price was worth; `*_e9` are chances in 1e-9, None where there was none.

    `told_by` is the kind of record that told it: what takes something back is a void where a statement or a report of
    annulled bets says so, a correction where another word about the order does.
    """

    seq: int
    wall_ns: int
    ref: str
    fill: str
    told_by: str
    venue: str
    venue_market: str
    instrument: str
    event: str
    strategy: str
    side: str
    currency: str
    size_micros: int
    claims_micros: int
    cost_micros: int
    fee_micros: int
    fair_e9: int | None
    middle_e9: int | None
    middle_1s_e9: int | None
    middle_10s_e9: int | None
    middle_60s_e9: int | None
    edge_micros: int
    spread_micros: int
    adverse_1s_micros: int
    adverse_10s_micros: int
    adverse_60s_micros: int
    outcome_micros: int
    voids_micros: int
    gross_micros: int
    settled: bool


class Balance(Row, frozen=True, kw_only=True):
    """One wallet over the day: opened + moved + made = closed.

    `reserved` and `locked` of `closed` stood behind open orders and matched bets; `most_locked` is the most that ever
    stood behind both that day. `venue_figure` is our figure in the terms in which the venue tells its own, `apart` what
    a standing break says that the venue's has beyond it, `lines_apart` how far its own statement's lines are from our
    postings, all markets together of which it has told since we booked them, break or not. `agreed_ns`: as of
    when the venue's own figure was last held against ours and was the same, None for never; `doubt` says why that is
    not the last word of the wallet, empty where it is.
    """

    venue: str
    account: str
    currency: str
    opened_micros: int
    moved_micros: int
    made_micros: int
    closed_micros: int
    reserved_micros: int
    locked_micros: int
    most_locked_micros: int
    venue_figure_micros: int
    apart_micros: int
    lines_apart_micros: int
    agreed_ns: int | None
    doubt: str
    suspense_micros: int


class Settled(Row, frozen=True, kw_only=True):
    """A statement that the ledger booked. `difference` is what the venue paid beyond our own figure."""

    seq: int
    wall_ns: int
    venue: str
    venue_market: str
    event: str
    market: str
    currency: str
    statement: str
    corrects: str
    results: str
    profit_micros: int
    commission_micros: int
    expected_micros: int | None
    difference_micros: int | None
    explained: bool
    stands: bool


class Held(Row, frozen=True, kw_only=True):
    """What an owner held of one contract at the end of the day, and what of it was unsettled: large-trader data."""

    day: str
    owner: str
    controller: str
    entity: str
    venue: str
    account: str
    contract: str
    event: str
    market: str
    outcome: str
    currency: str
    long_claims_micros: int
    short_claims_micros: int
    net_claims_micros: int
    cost_micros: int
    most_long_claims_micros: int
    most_short_claims_micros: int
    settled: bool


class Limit(Row, frozen=True, kw_only=True):
    """The most of one limit that was in use on the day, matched and open orders together, against the limit.

    `limit` is the refusal that it stands for, `subject` what it bounds (empty: the whole desk), `name` what people call
    that. `unit` is the base currency, or `claims`. `reached_ns` is when the most was in use; `refused` counts the noes
    of the limit, repeats once; `alerts` how often its use came to a level of warning.
    """

    limit: str
    subject: str
    name: str
    event: str
    unit: str
    used_micros: int
    limit_micros: int
    headroom_micros: int
    used_ppm: int
    reached_ns: int | None
    refused: int
    alerts: int
    source: str
    version: str


class Conduct(Row, frozen=True, kw_only=True):
    """How we behaved in one venue market: orders to matches, and what was stopped before it could meet our own.

    `orders_per_match_e2` is in hundredths, None without a match; `rested_ms` is the median life of orders that matched
    nothing. `to_judge` are findings about cancelled orders, as honest quotes make; `alerts` all others.
    """

    venue: str
    venue_market: str
    event: str
    market: str
    orders: int
    amends: int
    cancels: int
    rejects: int
    matches: int
    orders_per_match_e2: int | None
    unmatched: int
    rested_ms: int | None
    self_match_blocks: int
    crossed_inside: int
    alerts: int
    to_judge: int


class Break(Row, frozen=True, kw_only=True):
    """A disagreement with a venue. `age_ns` is how long it stood, up to the report where it still does.

    `apart_micros` is what the venue's amount has beyond ours, in `currency`; `resolution` says how it ended.
    """

    found_seq: int
    found_ns: int
    venue: str
    subject: str
    kind: str
    severity: str
    money_base_micros: int
    apart_micros: int
    currency: str
    owner: str
    detail: str
    stands: bool
    explained: bool
    age_ns: int
    ended_ns: int | None
    resolution: str
    closed_by: str
    proof: str


class Daily(Row, frozen=True, kw_only=True):
    """One instrument's day, in its venue's currency; positions are claims, below zero where we gave them.

    Of what belongs to a whole market or event the row says the market's or event's figure: the cap's headroom, breaks,
    drift and alerts are not to be added up.
    """

    date: str
    entity: str
    venue: str
    account: str
    event: str
    market: str
    instrument: str
    category: str
    currency: str
    opening_claims_micros: int
    buys_claims_micros: int
    sells_claims_micros: int
    voids_claims_micros: int
    closing_claims_micros: int
    gross_micros: int
    commission_micros: int
    fees_micros: int
    rebates_micros: int
    fx_micros: int
    net_micros: int
    max_worst_case_base_micros: int
    max_locked_micros: int
    orders: int
    cancels: int
    rejects: int
    fills: int
    orders_per_fill_e2: int | None
    self_match_blocks: int
    limit_headroom_min_base_micros: int
    breaks_opened: int
    breaks_closed: int
    drift_max_micros: int
    model_version: str
    sign_off: str


class Moment(Row, frozen=True, kw_only=True):
    """Profit so far in base, behind each statement: for the picture of the day."""

    wall_ns: int
    made_base_micros: int


class EndOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """The end-of-day pack."""

    about: About
    attribution: tuple[Share, ...]
    attribution_base: tuple[Share, ...]
    balances: tuple[Balance, ...]
    settlements: tuple[Settled, ...]
    matches: tuple[Match, ...]
    breaks: tuple[Break, ...]
    positions: tuple[Held, ...]
    limits: tuple[Limit, ...]
    conduct: tuple[Conduct, ...]
    daily: tuple[Daily, ...]
    curve: tuple[Moment, ...]


class Movement(Row, frozen=True, kw_only=True):
    """One posting of a wallet's statement: what moved, why, and what the account held after it."""

    entry: int
    line: int
    seq: int
    wall_ns: int
    what: str
    cause: str
    account: str
    micros: int
    balance_micros: int


class StatementLine(Row, frozen=True, kw_only=True):
    """What changed a wallet's worth: money that came or went, a fee, a market that was settled.

    `moved`: it came from outside or went there. `fee_micros` of the amount are fees and commission, `equity_micros` is
    what the wallet was worth then.
    """

    wall_ns: int
    what: str
    cause: str
    event: str
    event_name: str
    market: str
    moved: bool
    amount_micros: int
    fee_micros: int
    equity_micros: int


class VenueLine(Row, frozen=True, kw_only=True):
    """One line of the venue's own account statement. `wall_ns` is when we heard it, `seq` the record that says so.

    `amount_micros` is what it added to our money, `balance_micros` what there was then, None if untold. `before_us`:
    it was there when our books were opened.
    """

    venue_ms: int
    line: str
    kind: str
    venue_market: str
    venue_order_id: str
    amount_micros: int
    balance_micros: int | None
    detail: str
    seq: int
    wall_ns: int
    before_us: bool


class Compared(Row, frozen=True, kw_only=True):
    """What the venue's lines say of one market up to the end of the day, beside what our books posted for it.

    `market` is empty for money that came or went. Gross of fees and commission, which stand beside; all are what they
    added to our money. `apart` is what the lines have beyond our postings, None where there is nothing to judge yet:
    the market is not settled, or no line of it was heard since we booked its statement.
    """

    venue_market: str
    event: str
    market: str
    lines: int
    theirs_micros: int
    ours_micros: int
    theirs_fees_micros: int
    ours_fees_micros: int
    apart_micros: int | None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The statement of one wallet over one day, and what the venue's own statement says of it.

    `tells_lines`: the venue answers with such lines.
    """

    about: About
    venue: str
    currency: str
    balance: Balance
    lines: tuple[StatementLine, ...]
    movements: tuple[Movement, ...]
    matches: tuple[Match, ...]
    tells_lines: bool
    venue_lines: tuple[VenueLine, ...]
    compared: tuple[Compared, ...]


class Round(Row, frozen=True, kw_only=True):
    """One reconciliation round, why it was begun, and how many breaks stood behind it."""

    seq: int
    wall_ns: int
    venue: str
    cause: str
    breaks: int


class Trend(Row, frozen=True, kw_only=True):
    """One day of one run: how many breaks were found and ended, and what stood at its end; money is in `base`.

    `since_ns` is when the run began or went into the day, `longest_ns` how long the oldest of those that ended stood.
    """

    day: str
    run: str
    since_ns: int
    base: str
    rounds: int
    found: int
    found_base_micros: int
    ended: int
    longest_ns: int
    standing: int
    standing_base_micros: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The reconciliation report. Of `trend`, the days of other runs are what their tables said."""

    about: About
    balances: tuple[Balance, ...]
    breaks: tuple[Break, ...]
    rounds: tuple[Round, ...]
    settlements: tuple[Settled, ...]
    trend: tuple[Trend, ...]
