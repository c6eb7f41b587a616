"""What a desk is shown: rows with stable ids in named sections, and the frames that carry them to whoever watches.

The first `Frame` of a watcher is a snapshot; each later one is a delta with the rows that changed, whole, and the ids
of those that are gone. `Frame.seq` rises by one from frame to frame; whoever meets a gap dials again.

Units: `_micros` are millionths: of the base currency, or of the one that the row's `currency` names; of one unit for
a `probability` and an `edge`; of the native size (stake at odds, contracts) for a `size`. `_ms` is a moment in
Unix milliseconds on the engine's clock, 0 for never: a row holds moments and no ages, because an age would make every
row new at every beat. `age_ms(moment, frame.wall_ms)` is the age. `_us` are microseconds.

Prices stand as text in the venue's own notation: decimal odds as `2.04`, contracts as `52¢`, lines as `2.5`.
"""

import msgspec

from domain.orders import OrderState, Side


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of a section. `id` never changes while the line stands, and is unique in its section.

    Rows hold no rings and come by the hundred a second: the search for rings passes them by (`gc=False`).
    """

    id: str


class Header(Row, frozen=True):
    """The desk as a whole, one row with the id `desk`.

    `kill_level` 0 none, 1 no new risk, 2 reduce only, 3 cancel all, 4 flatten; `kill_who` and `kill_why` are empty at 0
    unless somebody lowered it; `kill_proven` names the venues whose own list was seen empty of our orders since then,
    and where none has come since, looked for from level 3 on. Latency is from bytes in to order bytes out, of the last
    thousand orders. `worst_loss_micros` is of the worst event; `markets_total` of which the section `markets` shows
    some. `day_loss_micros` is what settled markets have cost, negative for a gain, against `cap_day_micros` (0: nobody
    said). `refusals` counts our own noes by reason, `refused_ppm` is what share of the expected profit that strategies
    asked for went with each.
    """

    run: str
    mode: str
    base: str
    started_ms: int
    stopping: bool
    kill_level: int
    kill_name: str
    kill_who: str
    kill_why: str
    kill_ms: int
    kill_proven: tuple[str, ...]
    latency_p50_us: int
    latency_p99_us: int
    latency_n: int
    facts: int
    facts_per_s: int
    decisions: int
    orders_open: int
    orders_unknown: int
    unknown_risk_micros: int
    breaks_open: int
    worst_loss_micros: int
    cap_micros: int
    day_loss_micros: int
    cap_day_micros: int
    net_micros: int
    markets_total: int
    refusals: dict[str, int]
    refused_ppm: dict[str, int]


class VenueRow(Row, frozen=True):
    """A venue's health. `id` is its name.

    `proven`: a reconciliation round ended since the last line came up; `stopped`: a break stops us there; `tripped`:
    too many refusals in a row; `breakers`: why it is stopped by itself, or how many of its markets are.
    `orders_in_flight`: placements and cancels without an answer yet. `why_not` is the code that forbids new risk at the
    whole venue, empty if none. `books_ms` is when a book of it was last known to be fresh, `tokens` how many more
    orders its message budget takes. `dead_man_s`: our silence after which it takes orders of ours out, 0 where no time
    is set; `dead_man_ms`: when it would as things stand, 0 while it holds none; `dead_man`: `off` and why, or `line`
    where a connection's end does it. `errors_left`: unusual refusals until it is stopped; `maintenance_ms`: from and
    until when it is maintained next, 0 where untold. `fuse`: how its own limit on our matches stands, empty where none
    is set; `attested_ms`: until when the account's word where it is allows us to trade, 0 where untold.
    `requests_charged`: how many requests of this process it charges for, `charge_micros` what they come to in
    `charge_currency`. Answers are the last 500, from journalling to acceptance. `orders` to `cancelled` are the run's.
    """

    currency: str
    market_data_up: bool
    orders_up: bool
    requests_up: bool
    proven: bool
    stopped: bool
    tripped: bool
    breakers: tuple[str, ...]
    why_not: str
    polled: bool
    books_ms: int
    book_updates: int
    reconnects: int
    throttled: int
    tokens: int
    orders_open: int
    orders_in_flight: int
    orders_unknown: int
    orders: int
    accepted: int
    rejected: int
    fills: int
    cancelled: int
    balance_micros: int
    answer_p50_us: int
    answer_p99_us: int
    dead_man_s: int = 0
    dead_man_ms: int = 0
    dead_man: str = ""
    errors_left: int = 0
    maintenance_ms: tuple[int, int] = (0, 0)
    fuse: str = ""
    attested_ms: int = 0
    requests_charged: int = 0
    charge_micros: int = 0
    charge_currency: str = ""


class Quote(msgspec.Struct, frozen=True, gc=False):
    """An order of ours that may still be matched, as it stands in a grid or ladder.

    `ahead_micros`: the most that stands before it at its price, on the ladder only; None where no book tells.
    """

    ref: str
    side: Side
    price: str
    price_micros: int
    remaining_micros: int
    unknown: bool
    cancelling: bool
    ahead_micros: int | None = None


class Place(msgspec.Struct, frozen=True, gc=False):
    """One venue's book of one outcome, at its best.

    `to_back` is what we can back at, `to_lay` what we can lay at; a price is "" and a size 0 where there is nothing.
    `back_probability_micros` and `lay_probability_micros` are what the price says before fees, to compare notations.
    Edges are in probability, after fees, as a taker: what is better than the fair value; None where there is no price,
    no fair value, or `why_not` names the reason code that forbids a trade. `book_ms`: when it was last known fresh, to
    the second.
    """

    venue: str
    instrument: str
    currency: str
    why_not: str
    in_play: bool
    to_back: str
    to_back_size_micros: int
    back_probability_micros: int
    back_edge_micros: int | None
    to_lay: str
    to_lay_size_micros: int
    lay_probability_micros: int
    lay_edge_micros: int | None
    book_ms: int
    quotes: tuple[Quote, ...]


class OutcomeRow(Row, frozen=True):
    """One outcome of one market over all venues. `id` is `MARKET#OUTCOME`; rows of one market stand together.

    `fair_model` is empty where nobody has said what it is worth; then the value is 0 and `fair_ms` too, which is to the
    second. `fair_stale`: the value's own time has run out. `fair_sigma_micros` is its standard deviation in
    probability. `if_win_micros` is our matched result if this outcome wins, base currency. `places` are in the venues'
    order.
    """

    event: str
    event_name: str
    starts_ms: int
    market: str
    market_name: str
    outcome: int
    outcome_name: str
    status: str
    in_play: bool
    fair_micros: int
    fair_sigma_micros: int
    fair_model: str
    fair_ms: int
    fair_stale: bool
    if_win_micros: int
    places: tuple[Place, ...]


class LadderCell(msgspec.Struct, frozen=True, gc=False):
    """One venue at one price of a ladder. `price` is "" where its own ladder has no such price, then all is 0."""

    venue: str
    price: str
    to_back_size_micros: int = 0
    to_lay_size_micros: int = 0
    quotes: tuple[Quote, ...] = ()


class LadderRow(Row, frozen=True):
    """One price of one outcome's ladder, every venue side by side; `id` is the price of a claim in 1e-9, as text.

    Rows are the union of the venues' own prices. `probability_micros` is the price of one claim and sorts them: the
    highest probability is the shortest odds. `if_win_micros` is our result if the outcome wins, once every order of
    ours between the market and this price is matched; `if_closed_micros` is our result, whatever happens to this
    outcome, if what is matched were closed at this price; both before fees, base currency.
    """

    probability_micros: int
    odds: str
    cells: tuple[LadderCell, ...]
    if_win_micros: int
    if_closed_micros: int
    is_fair: bool


class LadderOf(msgspec.Struct, frozen=True):
    """Which ladder: a market by its id and one of its outcomes; `depth` prices on either side of the middle."""

    market: str
    outcome: int = 0
    depth: int = 20


MARKETS_PAGE, MARKETS_PAGE_MAX = 60, 200
"""Markets that are told at once, unless somebody asks for another number, and the most."""


class MarketsOf(msgspec.Struct, frozen=True):
    """Which markets: `count` from the `first` on, of those in which each of the `words` is found.

    Those with money of ours stand first, then they come by their start. Words are looked for in the names of event,
    market and outcomes, and in its status.
    """

    words: str = ""
    first: int = 0
    count: int = MARKETS_PAGE


EVERY_MARKET = MarketsOf()  # what is told to whoever asks for no other: the first page of all


class OrderRow(Row, frozen=True):
    """An order that may still be matched, or ended lately: a minute ago with a match, else seconds. `id` is our ref.

    `risk_micros` is the most that what remains of it can take from us, base currency. `ahead_micros` is the most that
    stands before it at its price, None where no book tells. `evidence` is the strongest word for what we say of it: how
    it was matched or ended, else that it was `answered`, else that it was `sent`; `no answer` while UNKNOWN. Why it was
    placed is told by `/v1/explain/REF`. Sort with `order_key`: UNKNOWN stands first.
    """

    venue: str
    venue_order_id: str
    strategy: str
    event_name: str
    market: str
    outcome: int
    outcome_name: str
    side: Side
    price: str
    price_micros: int
    size_micros: int
    matched_micros: int
    remaining_micros: int
    currency: str
    risk_micros: int
    state: OrderState
    is_open: bool
    placed_ms: int
    changed_ms: int
    evidence: str
    ahead_micros: int | None


class MarketExposure(msgspec.Struct, frozen=True, gc=False):
    """Our result of one market by outcome, base currency: of what is matched, and if every open order that hurts is.

    `unknown_micros`, 0 or less, is the part of that which orders in state UNKNOWN can take.
    """

    market: str
    market_name: str
    outcomes: tuple[str, ...]
    matched_micros: tuple[int, ...]
    worst_micros: tuple[int, ...]
    unknown_micros: tuple[int, ...]
    worst_loss_micros: int


class ExposureRow(Row, frozen=True):
    """What an event can still cost, against its cap. `used_ppm` is the share of the cap in millionths."""

    event_name: str
    worst_loss_micros: int
    cap_micros: int
    used_ppm: int
    orders_open: int
    markets: tuple[MarketExposure, ...]


class ScopeRow(Row, frozen=True):
    """What a league, a sport, a model, a venue, a strategy, the day or all can still cost. `id` is `SCOPE/NAME`.

    `scope` is one of `total`, `day`, `league`, `sport`, `model`, `venue` and `strategy`; the first two have no name.
    A cap of 0 is none, and then nothing of it is used; `used_ppm` is the share of the cap in millionths.
    """

    scope: str
    name: str
    worst_loss_micros: int
    cap_micros: int
    used_ppm: int


class PnlRow(Row, frozen=True):
    """Profit in base currency: `id` is `total`, `venue/NAME`, `strategy/NAME` or `event/ID`; each kind adds up to it.

    What a venue states for several strategies together is shared out: its profit by their own matches, its commission
    by what each of them won there. Of events those that moved most have rows, `event/` has all others.
    `gross` is `settled` plus `open`, which is what is not settled at the last fair values; `net` is gross less fees.
    """

    name: str
    settled_micros: int
    open_micros: int
    gross_micros: int
    fees_micros: int
    net_micros: int


class PnlPoint(Row, frozen=True):
    """A point of the chart; at most `POINTS_MAX` stand, the older ones thinned out. `id` is its moment, as text."""

    at_ms: int
    net_micros: int
    worst_loss_micros: int


class StrategyRow(Row, frozen=True):
    """A strategy. `paused_*` are empty while it runs; `because_not` tells why it wants nothing in how many markets."""

    paused: bool
    paused_by: str
    paused_why: str
    orders_open: int
    orders: int
    matched: int
    risk_micros: int
    because_not: str = ""


class PlanLeg(msgspec.Struct, frozen=True, gc=False):
    """One side of a plan in claims after commission, base currency: wanted, matched, and what may still be matched."""

    outcome_name: str
    side: Side
    wanted_micros: int
    matched_micros: int
    working_micros: int


class PlanRow(Row, frozen=True):
    """Several orders that only make sense together; the leg that leads comes first.

    `uneven_micros` are the claims that the last leg lacks, negative if it has too many. While more than a crumb is
    uneven, it has been since `naked_since_ms`, and the ladder of what is done about it ends at `even_by_ms`; `rung` is
    the step that it stands on. What is uneven then is carried if it can lose no more than `carry_max_micros`.
    """

    kind: str
    strategy: str
    event_name: str
    market_name: str
    state: str
    is_over: bool
    legs: tuple[PlanLeg, ...]
    uneven_micros: int
    naked_since_ms: int
    even_by_ms: int
    rung: str
    loss_if_carried_micros: int
    carry_max_micros: int
    refs: tuple[str, ...]
    orders_open: int


class ReconRow(Row, frozen=True):
    """Reconciliation with one venue. `round_ms` is when the last round ended.

    `wallet`: what came of holding the venue's figure for our money against our books last, `agreed` or another word of
    `domain.breaks.Comparison`, empty before the first time; `agreed_ms`: as of when it last agreed, 0 for never.
    """

    rounds: int
    round_ms: int
    breaks_open: int
    breaks_healed: int
    money_micros: int
    wallet: str = ""
    agreed_ms: int = 0


class BreakRow(Row, frozen=True):
    """Our books and a venue's disagree. `rounds` ended while it stood; `money_micros` is at stake, base currency.

    `owner` has to see to it. `explained`: both sides agree again, but a person has yet to resolve it. `signed_by` would
    write it off; it is over once two different people have signed.
    """

    venue: str
    subject: str
    kind: str
    severity: str
    money_micros: int
    found_ms: int
    rounds: int
    detail: str
    owner: str
    explained: str
    signed_by: tuple[str, ...]


class AlertRow(Row, frozen=True):
    """A line of the tape. `severity` is `info`, `warning` or `critical`; the same said again soon after counts up."""

    at_ms: int
    severity: str
    text: str
    venue: str = ""
    count: int = 1


POINTS_MAX, ALERTS_MAX = 240, 200
"""Points of the chart, and lines of the tape, that are kept."""


class Rows(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows by section; in a delta only those that changed."""

    header: tuple[Header, ...] = ()
    venues: tuple[VenueRow, ...] = ()
    markets: tuple[OutcomeRow, ...] = ()
    ladder: tuple[LadderRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    exposure: tuple[ExposureRow, ...] = ()
    scopes: tuple[ScopeRow, ...] = ()
    pnl: tuple[PnlRow, ...] = ()
    history: tuple[PnlPoint, ...] = ()
    strategies: tuple[StrategyRow, ...] = ()
    plans: tuple[PlanRow, ...] = ()
    recon: tuple[ReconRow, ...] = ()
    breaks: tuple[BreakRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()


SECTIONS = Rows.__struct_fields__


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told at once. `snapshot`: forget what was told before.

    `ladder_of` says which ladder the rows of that section belong to: when it changes, the section begins anew.
    `markets_of` says which markets are told, if they are not `EVERY_MARKET`, and `markets_found` out of how many.
    """

    seq: int
    wall_ms: int
    snapshot: bool = False
    rows: Rows = Rows()
    removed: dict[str, tuple[str, ...]] = {}
    ladder_of: LadderOf | None = None
    markets_of: MarketsOf | None = None
    markets_found: int = 0


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a watcher sends to say what it wants, at any time: sections (empty: all), a ladder, and which markets.

    Answered by a new snapshot.
    """

    sections: tuple[str, ...] = ()
    ladder: LadderOf | None = None
    markets: MarketsOf = EVERY_MARKET


def age_ms(moment_ms: int, wall_ms: int) -> int:
    """How long ago a moment was; 0 for one that never was or is to come."""
    return max(0, wall_ms - moment_ms) if moment_ms else 0


def order_key(row: OrderRow) -> tuple[bool, bool, int, str]:
    """Sorts orders: UNKNOWN first, then those that may still be matched, then the newest."""
    return row.state is not OrderState.UNKNOWN, not row.is_open, -row.placed_ms, row.id
