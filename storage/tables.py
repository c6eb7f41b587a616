"""The SQL tables that are made from journals: one row of `runs` for each run, everything else keyed by it.

Nothing is entered here by hand and nothing is read back by the engine: every row can be made again from the journal.
Amounts are whole millionths in the currency of the venue unless a name says `base`; times are Unix nanoseconds (`_ns`)
as the engine's wall clock had them. `seq` is the journal's record that made the row or changed it last.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()
"""All tables; the migrations in `storage/migrations` lead to exactly these."""


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(*names: str) -> list[Column[object]]:
    return [Column(name, Text, nullable=False) for name in names]


def _text_or_empty(*names: str) -> list[Column[object]]:
    return [Column(name, Text, nullable=False, server_default="") for name in names]


def _flags(*names: str) -> list[Column[object]]:
    return [Column(name, Boolean, nullable=False) for name in names]


def _whole(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


def _table(name: str, *columns: Column[object]) -> Table:
    return Table(name, metadata, _key("run"), *columns, sqlite_with_rowid=False)


runs = _table(
    "runs",
    *_text("mode", "base", "config_hash"),
    *_whole("seed", "cap_base_micros", "started_ns", "resumed"),
    Column("ended_ns", BigInteger),
    *_text("ended_reason"),
)

projections = _table(
    "projections",
    *_whole("seq"),
    *_text("head"),
    *_whole("segment", "offset"),
)
"""How far each run's journal has been read; moved in the transaction that writes the rows."""

records = _table(
    "records",
    _key("seq", BigInteger),
    *_whole("wall_ns", "monotonic_ns"),
    *_text("kind", "body"),
    Column("ref", Text),
)
"""The journal itself, each body as JSON: what has no table of its own, and what `explain` reads. `ref` is the order
that the record names."""

events = _table("events", _key("event"), *_text("name"), *_whole("starts_ms"))

markets = _table("markets", _key("market"), *_text("event", "kind", "outcomes", "rules"), *_whole("winners"))

instruments = _table(
    "instruments",
    _key("instrument"),
    *_text("venue", "venue_market", "selection", "market"),
    *_whole("outcome"),
    *_text("price_kind", "currency", "body"),
)

decisions = _table(
    "decisions",
    _key("seq", BigInteger),
    *_whole("decision", "wall_ns"),
    *_text("strategy", "market"),
    *_whole("outcome"),
    *_text("side"),
    *_whole("probability_e9", "fair_age_ms"),
    *_text("fair_model"),
    *_whole("limit_e9", "claims_micros", "worst_before_base_micros", "cap_base_micros"),
    *_text("because"),
)

candidates = _table(
    "candidates",
    _key("seq", BigInteger),
    _key("place", Integer),
    *_whole("decision"),
    *_text("instrument"),
    Column("net_e9", BigInteger),
    *_whole("best_price", "best_size_micros", "allotted_micros", "available_micros"),
    Column("maker", Boolean, nullable=False),
    *_text("refused"),
)
"""`net_e9`: net price of one claim, rounded down for reading; the exact fraction is in the record's body."""

refusals = _table(
    "refusals",
    _key("seq", BigInteger),
    *_whole("wall_ns", "decision"),
    *_text("strategy", "instrument", "reason"),
    Column("side", Text),
    Column("price", BigInteger),
    Column("size_micros", BigInteger),
    Column("against", Text),
)
"""Our own noes; a repeat for one strategy and book is there once, but for those that stopped a match with ourselves.

`side`, `price` (native) and `size_micros` are of the order, `against` the refs of ours that it would have met. None in
what an older program wrote."""

orders = _table(
    "orders",
    _key("ref"),
    Column("venue_order_id", Text),
    *_text("venue", "instrument", "market", "event", "strategy", "side", "tif", "state"),
    *_whole("decision", "price", "size_micros", "matched_micros", "remaining_micros", "cancelled_micros"),
    *_whole("lapsed_micros", "voided_micros", "claims_micros", "cost_micros", "fee_micros"),
    *_whole("placed_seq", "placed_ns", "seq", "changed_ns"),
    *_text("body"),
)

order_events = _table(
    "order_events",
    _key("seq", BigInteger),
    _key("ref"),
    *_whole("wall_ns", "monotonic_ns"),
    *_text("kind", "state_before", "state"),
    *_whole("matched_micros", "remaining_micros"),
    *_flags("open", "answered", "news"),
)

"""What each record did to each order. `answered`: the venue has spoken of it; `news`: it says more than that a report
agrees."""

fills = _table(
    "fills",
    _key("seq", BigInteger),
    _key("ref"),
    *_whole("wall_ns"),
    *_text("fill", "venue", "instrument", "strategy", "side", "currency"),
    *_whole("size_micros", "claims_micros", "cost_micros", "fee_micros"),
    Column("maker", Boolean),
)
"""What each record added to the matched part of an order; a correction is negative. `fill` is the venue's id of the
match, empty where it told a sum only; the rows of an order always add up to its matched part."""

accounts = _table(
    "accounts",
    _key("account"),
    *_text("entity", "kind", "venue"),
    *_whole("shard"),
)
"""Every account that was ever posted to: whose it is (`house`, or a customer's id), what it holds, and where."""

postings = _table(
    "postings",
    _key("entry", BigInteger),
    _key("line", Integer),
    *_whole("seq", "wall_ns"),
    *_text("cause", "account", "currency"),
    *_whole("micros"),
    Column("what", Text, nullable=False, server_default=""),
)
"""The ledger, line by line, debit positive; every entry adds up to zero in each currency and is of one entity.

`cause` is the order, statement, transfer or report that moved the money, `seq` the record that said so, `what` one of
`oms.postings.What`."""

balances = _table("balances", _key("account"), _key("currency"), *_whole("micros"))

positions = _table(
    "positions",
    _key("instrument"),
    *_whole("back_claims_micros", "back_cost_micros", "lay_claims_micros", "lay_cost_micros", "fee_micros", "bets"),
)

settlements = _table(
    "settlements",
    _key("seq", BigInteger),
    *_whole("wall_ns"),
    *_text("venue", "venue_market", "statement", "corrects"),
    *_whole("profit_micros", "commission_micros", "rounding_max_micros"),
    Column("expected_micros", BigInteger),
    Column("explained", Boolean, nullable=False),
    *_text("results"),
)

clearing = _table(
    "clearing",
    _key("ref"),
    _key("fill"),
    *_text("venue", "venue_market", "instrument", "strategy", "side", "currency"),
    *_whole("size_micros", "claims_micros", "cost_micros", "fee_micros", "venue_ms"),
    *_text("evidence", "state"),
    *_whole("traded_seq", "traded_ns"),
    Column("confirmed_seq", BigInteger),
    Column("confirmed_ns", BigInteger),
    Column("settled_seq", BigInteger),
    Column("settled_ns", BigInteger),
    Column("statement", Text),
    Column("paid_seq", BigInteger),
    Column("paid_ns", BigInteger),
)
"""How far each match has come: `state` is traded, confirmed, settled, paid or voided (`oms.clearing`).

The rows of an order add up to its matched part: the row with an empty `fill` is what no match of its own explains,
negative where a void or a correction took something back. `statement` is the venue's that stands for its market; when
another takes its place the row is settled anew, and paid again once the venue's balance shows it."""

transfers = _table(
    "transfers",
    _key("transfer"),
    *_text("source", "target", "currency", "into_currency"),
    *_whole("amount_micros", "into_micros"),
    *_text("state", "why", "requested_by", "decided_by"),
    *_whole("requested_seq"),
    Column("decided_seq", BigInteger),
    Column("sent_seq", BigInteger),
    Column("arrived_seq", BigInteger),
)
"""Money moved between the house's bank and its wallets. `state` is requested, approved, refused, sent or done; a
wallet's side is posted when the venue's own balance shows it. `decided_by` approved or refused it."""

account_lines = _table(
    "account_lines",
    _key("venue"),
    _key("line"),
    *_text("kind", "currency"),
    *_whole("micros", "venue_ms"),
    Column("balance_micros", BigInteger),
    *_text("venue_market", "venue_order_id", "detail"),
    *_whole("seq", "wall_ns"),
    Column("before_us", Boolean, nullable=False),
)
"""What venues' own statements say moved our money, line by line; `micros` as it was added, `balance_micros` after it.

`before_us`: it was there when our books were opened. A line told again with other figures has the later ones."""

limit_uses = _table(
    "limit_uses",
    _key("day", BigInteger),
    _key("reason"),
    _key("subject"),
    *_whole("used_micros", "seq", "at_ns"),
)
"""The most of each limit that was in use on each UTC day (counted from 1970), and the record behind which it was.

`reason` is the refusal that the limit stands for (`risk.verdicts.RefusalReason`), `subject` what it bounds: a market,
an event, a contract, a name; empty for the whole desk. Worst losses in base, matched and open orders together; of
`position_limit` claims."""

suspense = _table(
    "suspense",
    _key("item"),
    _key("opened_seq", BigInteger),
    *_text("venue", "currency"),
    *_whole("micros", "opened_ns", "seq", "changed_ns"),
    Column("cleared_seq", BigInteger),
    Column("cleared_ns", BigInteger),
)
"""What venues hold for us beyond our own figures, item by item: how much now, since when, and when it was explained.

`micros` is above zero where the venue has more than we can explain. An item is a market whose statement differs, or a
wallet."""

breaks = _table(
    "breaks",
    _key("found_seq", BigInteger),
    *_whole("found_ns"),
    *_text("venue", "subject", "kind", "severity"),
    *_whole("money_base_micros"),
    *_text("detail"),
    Column("healed_seq", BigInteger),
    Column("healed_ns", BigInteger),
    Column("proof", Text),
    *_text_or_empty("venue_market", "currency", "owner", "signed_by", "resolution", "closed_by"),
    Column("apart_micros", BigInteger, nullable=False, server_default="0"),
    Column("explained_ns", BigInteger),
)
"""The queue of breaks, those that ended too: `healed_*` is their end, however it came.

`resolution` says how: healed, resolved (one person) or written_off (two), empty while the break stands; `closed_by`
names the people, `proof` the comparison or the reason. `apart_micros` is what the venue's amount has beyond ours, in
`currency`. `explained_ns`: both sides agree again, and a person has yet to look. `signed_by` would write it off."""

break_events = _table(
    "break_events",
    _key("seq", BigInteger),
    *_whole("wall_ns"),
    *_text("venue", "subject", "kind", "event", "who", "why"),
    *_whole("money_base_micros"),
)
"""What happened to each break: found, restated, explained, assigned, signed, healed, resolved or written_off."""

recon_rounds = _table(
    "recon_rounds",
    _key("seq", BigInteger),
    *_whole("wall_ns"),
    *_text("venue", "cause"),
    *_whole("breaks"),
)
"""Each round that ended, why it was begun (`domain.breaks.RoundCause`), and how many breaks stood behind it."""

balance_reports = _table(
    "balance_reports",
    _key("seq", BigInteger),
    *_whole("wall_ns"),
    *_text("venue", "currency", "basis"),
    *_whole("balance_micros"),
)

outbox = _table(
    "outbox",
    _key("seq", BigInteger),
    *_text("id", "aggregatetype", "aggregateid", "type", "payload"),
)
"""The journal for tools that read a database's own log: one row for each record, in the columns of Debezium's outbox
convention. Written only when it is asked for; rows may be deleted once they were read."""

INDEXES = (
    Index("records_by_ref", records.c.run, records.c.ref),
    Index("orders_by_venue_order_id", orders.c.run, orders.c.venue_order_id),
    Index("order_events_by_ref", order_events.c.run, order_events.c.ref),
    Index("fills_by_ref", fills.c.run, fills.c.ref),
    Index("decisions_by_id", decisions.c.run, decisions.c.decision),
    Index("postings_by_cause", postings.c.run, postings.c.cause),
    Index("break_events_by_break", break_events.c.run, break_events.c.venue, break_events.c.subject),
    Index("clearing_by_market", clearing.c.run, clearing.c.venue, clearing.c.venue_market),
)
"""The ways in which people and `explain` look things up."""
