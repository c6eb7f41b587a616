"""Profit taken apart: what our prices, the market's moves behind our matches, results, fees and money itself brought.

Each match is valued again and again: at what it cost, at the market's middle when it was made, at our fair value when
its order was decided, at the middle 1, 10 and 60 seconds later, and at its result. The steps between these values are
the parts, so that they add up to the match's profit whatever any of the values was. What matches cannot know (fees,
commissions, roundings, suspense, exchange) comes from the ledger, and what remains of the ledger's figures when all
matches are told has a row of its own: the parts add up to the books, to the millionth.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from desk.reports.books import COMPONENTS, Match, Share
from domain.ids import InstrumentId
from domain.markets import Instrument, Result
from domain.marks import HORIZONS_S, FairsTaken, FillsMarked
from domain.messages import MarketSettled
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from domain.settlement import Parts as Pieces
from domain.settlement import settled_micros
from engine.reports.rows import RunRows
from oms.accounts import HOUSE, account
from oms.attribution import shared
from storage.queries import Found

DESK = "the desk"
"""Who made what no strategy's match explains."""

UNMARKED: tuple[int | None, ...] = (None,) * len(HORIZONS_S)

Key = tuple[str, str, str, str, str]
"""Venue, strategy, event, instrument, currency."""

COUNTS = ("matches", "unmarked", "unmarked_1s", "unmarked_10s", "unmarked_60s", "open_micros")

Figures = dict[str, int]
"""Parts of a profit by name, and what they were counted of by `COUNTS`."""


class Profit(msgspec.Struct):
    """What was made up to a moment, venue's currencies, and every match on the way."""

    parts: dict[Key, Figures]
    matches: list[Match]

    def since(self, before: "Profit | None") -> dict[Key, Figures]:
        """What was made since an earlier moment, None for the run's beginning."""
        earlier = {} if before is None else before.parts
        found = {}
        for key in sorted({*self.parts, *earlier}):
            now, then = self.parts.get(key, {}), earlier.get(key, {})
            change = {name: now.get(name, 0) - then.get(name, 0) for name in (*COMPONENTS, *COUNTS)}
            if any(change.values()):
                found[key] = change
        return found


class Standing(msgspec.Struct, frozen=True):
    """The statement that stands for a venue market, and the row that booked it last."""

    row: Found
    said: MarketSettled

    @property
    def pieces(self) -> dict[str, Pieces]:
        """Of bets that did not end in one piece, how much won and lost."""
        of = self.said.parts
        return {name: Pieces(Fraction(won, whole), Fraction(lost, whole)) for name, won, lost, whole in of}


def profit_until(rows: RunRows, until_ns: int) -> Profit:
    """Everything that was made before a moment, of the house's money."""
    taker = _Taker(rows, until_ns)
    taker.take_matches()
    taker.take_statements()
    taker.take_ledger()
    return Profit(taker.parts, taker.matches)


def shares(made: Mapping[Key, Figures]) -> list[Share]:
    """What was made by venue, strategy and event."""
    found: dict[tuple[str, str, str, str], Figures] = defaultdict(lambda: defaultdict(int))
    for (venue, strategy, event, _, currency), figures in made.items():
        for name, value in figures.items():
            found[venue, strategy, event, currency][name] += value
    return [_share(key, figures) for key, figures in sorted(found.items())]


def in_base(of: Sequence[Share], rates_e8: Mapping[str, int], base: str) -> list[Share]:
    """The same in base currency: each part rounded down so that a venue's sum of it is rounded once.

    What a venue's whole profit is worth in base, less what its parts are, is the desk's `conversion`.
    """
    exact: dict[tuple[str, str, str], int] = defaultdict(int)
    wholes: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    found: list[Share] = []
    for share in of:
        figures = {name: getattr(share, name) for name in COUNTS}
        for name in (*(f"{one}_micros" for one in COMPONENTS), "open_micros"):
            at = share.venue, share.currency, name
            before = exact[at] // FX_SCALE
            exact[at] += getattr(share, name) * rates_e8[share.currency]
            figures[name.removesuffix("_micros") if name != "open_micros" else name] = exact[at] // FX_SCALE - before
        whole = wholes[share.venue, share.currency]
        whole[0] += share.total_micros * rates_e8[share.currency]
        whole[1] += sum(figures[name] for name in COMPONENTS)
        found.append(_share((share.venue, share.strategy, share.event, base), figures))
    for (venue, _), (worth, told) in sorted(wholes.items()):
        if left := worth // FX_SCALE - told:
            found.append(_share((venue, DESK, "", base), {"conversion": left}))
    return found


def standing_statements(rows: RunRows, until_ns: int) -> dict[tuple[str, str], Standing]:
    """The statement that stood for each venue market before a moment."""
    said = {(one.venue, one.venue_market, one.statement): one for _, one in rows.said(MarketSettled)}
    return {
        (row["venue"], row["venue_market"]): Standing(row, said[row["venue"], row["venue_market"], row["statement"]])
        for row in rows.table("settlements")
        if row["wall_ns"] < until_ns
    }


def balances_until(rows: RunRows, until_ns: int) -> dict[tuple[str, str, str], int]:
    """What the house's accounts hold before a moment, by kind, venue and currency, debit positive."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows.table("postings"):
        if row["wall_ns"] < until_ns:
            of = account(row["account"])
            if of.entity == HOUSE:
                found[of.kind, of.venue, row["currency"]] += row["micros"]
    return found


class _Taker:
    """Collects parts by venue, strategy and event."""

    def __init__(self, rows: RunRows, until_ns: int) -> None:
        self.parts: dict[Key, Figures] = defaultdict(lambda: defaultdict(int))
        self.matches: list[Match] = []
        self._rows = rows
        self._until_ns = until_ns
        self._standing = standing_statements(rows, until_ns)
        self._decisions = {row["decision"]: row for row in rows.table("decisions")}
        self._decision_of = {row["ref"]: row["decision"] for row in rows.table("orders")}
        self._marks = {(m.seq, m.ref): m.middles_e9 for _, body in rows.said(FillsMarked) for m in body.marks}
        self._kinds = {(row["seq"], row["ref"]): row["kind"] for row in rows.table("order_events")}
        self._fair_e9 = _last_fairs(rows, until_ns)
        self._run: dict[str, list[int]] = {}
        self._gross: dict[tuple[str, str], dict[Key, int]] = defaultdict(lambda: defaultdict(int))
        self._bets: dict[tuple[str, str], dict[Key, int]] = defaultdict(lambda: defaultdict(int))
        self._told: dict[tuple[str, str, str], int] = defaultdict(int)

    # ---- matches ----

    def take_matches(self) -> None:
        """Every row of `fills`, in the order of the journal."""
        for row in self._rows.table("fills"):
            if row["wall_ns"] < self._until_ns:
                self._take_match(row)

    def _take_match(self, row: Found) -> None:
        instrument = self._rows.instruments[InstrumentId(row["instrument"])]
        market = instrument.listing.venue, instrument.listing.venue_market
        event = self._rows.event_of(instrument.id)
        key = row["venue"], row["strategy"], event, instrument.id, row["currency"]
        settled = market in self._standing
        gross = self._gross_micros(row, instrument)
        middles = self._marks.get((row["seq"], row["ref"]), UNMARKED)
        fair_e9 = self._fair_of(row["ref"], instrument)
        steps = _steps(row, gross, fair_e9, middles, void=settled and self._is_void(instrument))
        into = self.parts[key]
        for name, micros in steps.items():
            into[name] += micros
        into["fees"] -= row["fee_micros"]
        self._told["fees", row["venue"], row["currency"]] -= row["fee_micros"]
        if row["size_micros"] > 0:
            into["matches"] += 1
            for name, middle in zip(COUNTS[1:5], middles, strict=True):
                into[name] += middle is None
        if settled:
            self._gross[market][key] += gross
            self._bets[market][key] += 1
            self._told["pnl", row["venue"], row["currency"]] += gross
        else:
            into["open_micros"] += gross
        told: dict[str, Any] = {name: row[name] for name in _COPIED}
        told |= {f"{name}_micros": micros for name, micros in steps.items()}
        told |= dict(zip(("middle_e9", "middle_1s_e9", "middle_10s_e9", "middle_60s_e9"), middles, strict=True))
        self.matches.append(
            Match(
                venue_market=instrument.listing.venue_market,
                event=event,
                fair_e9=fair_e9,
                gross_micros=gross,
                settled=settled,
                told_by=self._kinds[row["seq"], row["ref"]],
                **told,
            )
        )

    def _gross_micros(self, row: Found, instrument: Instrument) -> int:
        """What a match brought before fees by the result, or by the last fair value; nothing where there is neither.

        All that was matched on an instrument is valued together, and each match has its step of that.
        """
        sign = 1 if row["side"] == Side.BACK else -1
        run = self._run.setdefault(instrument.id, [0, 0, 0])
        run[0] += sign * row["claims_micros"]
        run[1] += sign * row["cost_micros"]
        before, run[2] = run[2], self._value_micros(run[0], run[1], instrument)
        return run[2] - before

    def _value_micros(self, claims: int, cost: int, instrument: Instrument) -> int:
        listing = instrument.listing
        standing = self._standing.get((listing.venue, listing.venue_market))
        if standing is not None:
            result, pieces = standing.said.results.get(listing.selection), standing.pieces.get(listing.selection)
            return settled_micros(claims, cost, result, pieces) if result is not None or pieces is not None else 0
        fair_e9 = self._fair_e9.get((listing.market, listing.outcome))
        return 0 if fair_e9 is None else claims * fair_e9 // PROBABILITY_SCALE - cost

    def _is_void(self, instrument: Instrument) -> bool:
        listing = instrument.listing
        standing = self._standing[listing.venue, listing.venue_market]
        is_void = standing.said.results.get(listing.selection) is Result.VOID
        return is_void and listing.selection not in standing.pieces

    def _fair_of(self, ref: str, instrument: Instrument) -> int | None:
        """Our fair value of the instrument's outcome when the order was decided."""
        decision = self._decisions.get(self._decision_of.get(ref, 0))
        if decision is None or not decision["probability_e9"] or decision["market"] != instrument.listing.market:
            return None
        p_e9: int = decision["probability_e9"]
        if decision["outcome"] == instrument.listing.outcome:
            return p_e9
        outcomes = self._rows.markets[instrument.listing.market].outcomes
        return PROBABILITY_SCALE - p_e9 if len(outcomes) == 2 else None

    # ---- statements and the ledger ----

    def take_statements(self) -> None:
        """Commissions by what each strategy won in the market, differences by how many matches it had there."""
        for (venue, venue_market), standing in sorted(self._standing.items()):
            row = standing.row
            bets = self._bets[venue, venue_market] or {self._nobody(venue, venue_market): 1}
            won = self._gross[venue, venue_market]
            name = "rounding" if row["explained"] else "suspense"
            difference = 0 if row["expected_micros"] is None else row["profit_micros"] - row["expected_micros"]
            self._share_out("commission", "fees", -row["commission_micros"], bets, won)
            self._share_out(name, name, difference, bets, {})

    def _share_out(self, name: str, told: str, micros: int, bets: Mapping[Key, int], won: Mapping[Key, int]) -> None:
        """An amount of a venue market: to strategies by what each won, or by its matches, and so on to instruments."""
        strategies = list(dict.fromkeys(key[1] for key in bets))
        of = {one: [key for key in bets if key[1] == one] for one in strategies}
        wins = [max(0, sum(won.get(key, 0) for key in of[one])) for one in strategies]
        parts = shared(micros, wins if any(wins) else [sum(bets[key] for key in of[one]) for one in strategies])
        for strategy, part in zip(strategies, parts, strict=True):
            inner = [max(0, won.get(key, 0)) for key in of[strategy]]
            weights = inner if any(inner) else [bets[key] for key in of[strategy]]
            for key, one in zip(of[strategy], shared(part, weights), strict=True):
                self.parts[key][name] += one
                self._told[told, key[0], key[4]] += one

    def _nobody(self, venue: str, venue_market: str) -> Key:
        """Whose a statement is in whose market nothing of ours was matched."""
        currency = next(one.currency for one in self._rows.started.capabilities if one.venue == venue)
        listed = self._rows.venue_markets.get((venue, venue_market))
        return venue, DESK, self._rows.event_of(listed[0].id) if listed else "", "", currency

    def take_ledger(self) -> None:
        """What the ledger's accounts hold beyond everything that was told is the desk's."""
        held = balances_until(self._rows, self._until_ns)
        for kind, told, name in (
            ("pnl", "pnl", "suspense"),
            ("fees", "fees", "fees"),
            ("fee_rounding", "rounding", "rounding"),
            ("suspense", "suspense", "suspense"),
            ("adjust", "adjust", "suspense"),
            ("fx_clearing", "fx", "fx"),
        ):
            for venue, currency in sorted({(at, ccy) for of, at, ccy in held if of == kind}):
                left = -held[kind, venue, currency] - self._told[told, venue, currency]
                left += self._under_way_micros(currency) if kind == "fx_clearing" else 0
                if left:
                    self.parts[venue, DESK, "", "", currency][name] += left

    def _under_way_micros(self, currency: str) -> int:
        """What clearing holds of money that changes currency and was seen at one end only: neither lost nor gained."""
        rows = self._rows.table("postings")
        until: int = max((row["seq"] for row in rows if row["wall_ns"] < self._until_ns), default=0)
        total = 0
        for row in self._rows.table("transfers"):
            sent, arrived = (seq is not None and 0 < seq <= until for seq in (row["sent_seq"], row["arrived_seq"]))
            if sent == arrived or row["currency"] == row["into_currency"]:
                continue
            if sent and row["currency"] == currency:
                total += row["amount_micros"]
            elif arrived and row["into_currency"] == currency:
                total -= row["into_micros"]
        return total


def _last_fairs(rows: RunRows, until_ns: int) -> dict[tuple[str, int], int]:
    """The last fair value of each market's outcomes that a decision saw, or the end of a run wrote down."""
    known = [
        (row["seq"], row["market"], row["outcome"], row["probability_e9"])
        for row in rows.table("decisions")
        if row["wall_ns"] < until_ns and row["probability_e9"]
    ]
    known += [
        (row["seq"], fair.market, outcome, p_e9)
        for row, body in rows.said(FairsTaken)
        if row["wall_ns"] < until_ns
        for fair in body.fairs
        for outcome, p_e9 in enumerate(fair.probabilities_e9)
    ]
    return {(market, outcome): p_e9 for _, market, outcome, p_e9 in sorted(known)}


_COPIED = (
    "seq wall_ns ref fill venue instrument strategy side currency size_micros claims_micros cost_micros fee_micros"
).split()


def _steps(row: Found, gross: int, fair_e9: int | None, middles: Sequence[int | None], *, void: bool) -> dict[str, int]:
    """From what a match cost to what it brought, value by value; a value that nobody knows is the one before it."""
    names = ("edge", "spread", "adverse_1s", "adverse_10s", "adverse_60s", "outcome", "voids")
    steps = dict.fromkeys(names, 0)
    if row["size_micros"] <= 0:  # what was taken back, or only now told as it was
        steps["voids" if row["size_micros"] or row["claims_micros"] else "spread"] = gross
        return steps
    sign = 1 if row["side"] == Side.BACK else -1
    claims, cost = sign * row["claims_micros"], sign * row["cost_micros"]
    middle, *later = middles
    at_middle = cost if middle is None else claims * middle // PROBABILITY_SCALE
    steps["spread"] = at_middle - cost
    if fair_e9 is not None:
        steps["edge"] = claims * fair_e9 // PROBABILITY_SCALE - at_middle
    before = at_middle
    for name, p_e9 in zip(("adverse_1s", "adverse_10s", "adverse_60s"), later, strict=True):
        if middle is not None and p_e9 is not None:
            steps[name] = claims * p_e9 // PROBABILITY_SCALE - before
            before += steps[name]
    steps["voids" if void else "outcome"] = gross - sum(steps.values())
    return steps


def _share(key: tuple[str, str, str, str], figures: Mapping[str, int]) -> Share:
    micros = {f"{name}_micros": figures.get(name, 0) for name in COMPONENTS}
    return Share(
        venue=key[0],
        strategy=key[1],
        event=key[2],
        currency=key[3],
        total_micros=sum(micros.values()),
        **micros,
        **{name: figures.get(name, 0) for name in COUNTS},
    )
