"""Bugs planted on purpose, one for each law: the one place where product code is replaced.

Each is a mistake that somebody could make. It is in force inside its `with` and gone behind it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from msgspec.structs import replace

from domain.ids import OrderRef
from domain.intents import CancelIntent, Child, QuoteIntent
from domain.messages import (
    DecisionTaken,
    Fact,
    Journalled,
    OrderRejected,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
)
from domain.operators import KillLevel
from domain.orders import Evidence, Side
from engine import deciding, views
from engine.core import Core
from engine.prices import Prices
from engine.questions import Questions
from engine.scribe import Outcome
from engine.state import State
from engine.street import Street
from oms import testimony
from oms.blotter import Blotter
from oms.ledger import Ledger
from oms.postings import VenueAccounts
from oms.routes import Desk
from oms.suspense import Suspense
from risk import gate
from risk.breakers import Breakers
from risk.checks import book_state, venue_session
from risk.exposure import Exposure, Trial
from storage.journal import Journal
from venues.matchbook import book_poll
from venues.throttle import TokenBucket

Wrong = Callable[..., Any]


@contextmanager
def planted(owner: Any, name: str, bug: Callable[[Any], Any]) -> Iterator[None]:
    """Put what `bug` makes of a function in its place."""
    right = getattr(owner, name)
    setattr(owner, name, bug(right))
    try:
        yield
    finally:
        setattr(owner, name, right)


def places_twice(send: Wrong) -> Wrong:
    """Every order goes to the wire a second time."""

    def wrong(street: Street, name: Any, commands: Any, now_ns: int) -> None:
        send(street, name, commands, now_ns)
        if isinstance(commands[0], PlaceOrder):
            send(street, name, commands, now_ns)

    return wrong


def writes_one_step_late(carry_out: Wrong) -> Wrong:
    """Records wait until the next step has some of its own; commands do not wait for them."""
    waiting: list[Journalled] = []

    def wrong(street: Street, outcome: Outcome, now_ns: int) -> None:
        late, waiting[:] = [*waiting], outcome.records
        carry_out(street, Outcome(late, outcome.commands), now_ns)

    return wrong


def takes_silence_for_a_no(step: Wrong) -> Wrong:
    """A placement that nobody answered counts as rejected."""

    def wrong(core: Core, fact: Fact, now_ns: int) -> Any:
        if isinstance(fact, OrderUnanswered):
            fact = OrderRejected(fact.ref, RejectReason.NOT_SENT, "no answer", Evidence.INFERRED)
        return step(core, fact, now_ns)

    return wrong


def counts_a_fill_twice(add_fill: Wrong) -> Wrong:
    """Each fill is taken in once more under another id."""

    def wrong(order: Any, fill: Any) -> Any:
        return add_fill(add_fill(order, fill), replace(fill, id=f"{fill.id} again"))

    return wrong


def forgets_what_stands(trial: Wrong) -> Wrong:
    """An order is judged as if it were the only one."""

    def wrong(*case: Any, **more: Any) -> Trial:
        alone = trial(*case, **more)
        return replace(
            alone, market_micros=alone.order_micros, event_micros=alone.order_micros, total_micros=alone.order_micros
        )

    return wrong


def books_one_leg(deposit: Wrong) -> Wrong:
    """The bank's side of an opening balance is dropped, behind the back of the check."""

    def wrong(ledger: Ledger, *fact: Any) -> bool:
        opened = bool(deposit(ledger, *fact))
        for account in [key for key in ledger.balances if key[0] == "bank"]:
            del ledger.balances[account]
        return opened

    return wrong


@contextmanager
def books_no_fees() -> Iterator[None]:
    """What a fill costs is booked, its fee is not, and neither is that the venue has less than our books."""

    def free_of_fees(fill: Wrong) -> Wrong:
        return lambda accounts, *, cost, fee: fill(accounts, cost=cost, fee=0)

    with planted(VenueAccounts, "fill", free_of_fees), planted(Suspense, "suspend", lambda _: lambda *_: None):
        yield


def keeps_decisions_back(append: Wrong) -> Wrong:
    """Every fiftieth decision is not written."""
    seen = [0]

    def wrong(journal: Journal, body: Journalled, **times: int) -> int:
        seen[0] += isinstance(body, DecisionTaken)
        if isinstance(body, DecisionTaken) and seen[0] % 50 == 0:
            return journal.seq
        return int(append(journal, body, **times))

    return wrong


def counts_over_all_states(begin: Wrong) -> Wrong:
    """A state begins with something that the process remembers and the journal does not."""
    begun = [0]

    def wrong(state: State, started: Any) -> None:
        begin(state, started)
        state.placed = begun[0]
        begun[0] += 1

    return wrong


def asks_nobody(doubt: Wrong) -> Wrong:
    """A doubt about an order is noted and never followed up."""

    def wrong(questions: Questions, ref: OrderRef, *_: int) -> None:
        questions.answered(ref)

    return wrong


def overlooks_strangers(adopt: Wrong) -> Wrong:
    """An order in a venue's list that nobody here placed is nobody's."""
    return lambda *_: []


def sees_no_trouble(why_not: Wrong) -> Wrong:
    """Whatever became of a line or of a book, it may be traded on."""
    return lambda *_: ""


def without_its_eyes(rules: tuple[Wrong, ...]) -> tuple[Wrong, ...]:
    """The gate looks neither at lines nor at books."""
    return tuple(rule for rule in rules if rule not in (book_state, venue_session))


@contextmanager
def trades_blindly() -> Iterator[None]:
    """Neither strategies nor the gate mind a venue whose feed is gone."""
    with (
        planted(views, "why_not_in_open_market", sees_no_trouble),
        planted(Prices, "why_venue_not_tradable", sees_no_trouble),
        planted(gate, "RULES", without_its_eyes),
    ):
        yield


@contextmanager
def asks_without_measure() -> Iterator[None]:
    """A poll that forgot the limit of its venue, and budgets that never run out."""
    with (
        planted(book_poll, "period_ms", lambda _: lambda *_: 40),
        planted(TokenBucket, "take", lambda _: lambda *_, **__: True),
    ):
        yield


def forgets_the_stop(configured: Wrong) -> Wrong:
    """A process that takes a run over begins without a kill level."""

    def wrong(breakers: Breakers, config_hash: str) -> None:
        configured(breakers, config_hash)
        breakers.level = KillLevel.NONE

    return wrong


def without(*names: str) -> Callable[[], AbstractContextManager[None]]:
    """The gate asks these rules no more."""
    return lambda: planted(gate, "RULES", lambda rules: tuple(rule for rule in rules if rule.__name__ not in names))


@contextmanager
def quotes_far_away() -> Iterator[None]:
    """Quotes are asked for at the longest odds that there are, and no collar holds them."""

    def far(route: Wrong) -> Wrong:
        def wrong(intent: QuoteIntent, desk: Desk) -> Any:
            view = next(one for one in desk.view.listings if one.instrument.id == intent.instrument)
            price = max if view.book.best_back_is_high else min
            return route(replace(intent, side=Side.BACK, price=price(view.book.ladder.prices)), desk)

        return wrong

    with planted(deciding, "route_quote", far), without("price_collar")():
        yield


def leaves_quotes_alone(requote: Wrong) -> Wrong:
    """Nothing that rests is ever pulled."""
    return lambda *case: [intent for intent in requote(*case) if not isinstance(intent, CancelIntent)]


def asks_on_another_book(reduces: Wrong) -> Wrong:
    """Who asks whether a take reduces leaves an order's money on the book of one in doubt."""

    def wrong(state: State, prices: Prices, child: Child) -> Any:
        standing = state.open_in(state.instruments[child.instrument].listing.market)
        for doubted in (order for order in standing if order.unknown and order.instrument != standing[0].instrument):
            for before, after in ((standing[0], doubted), (doubted, standing[0])):
                on = state.instruments[before.instrument]
                state.exposure.update(before, after, on, state.rate_e8(on))
        return reduces(state, prices, child)

    return wrong


BUGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "I1": lambda: planted(Street, "_send", places_twice),
    "I2": lambda: planted(Street, "_carry_out", writes_one_step_late),
    "I3": lambda: planted(Blotter, "_adopt", overlooks_strangers),
    "I4": lambda: planted(Core, "step", takes_silence_for_a_no),
    "I5": lambda: planted(testimony, "_add_fill", counts_a_fill_twice),
    "I6": lambda: planted(Exposure, "trial", forgets_what_stands),
    "I7": trades_blindly,
    "I8": asks_without_measure,
    "I9": lambda: planted(Breakers, "configured", forgets_the_stop),
    "I10": lambda: planted(deciding, "requote", leaves_quotes_alone),
    "I11": lambda: planted(Ledger, "open", books_one_leg),
    "I12": books_no_fees,
    "I15": lambda: planted(Journal, "append", keeps_decisions_back),
    "I16": lambda: planted(State, "__init__", counts_over_all_states),
    "I20": lambda: planted(Questions, "doubt", asks_nobody),
    "I7 price": quotes_far_away,
    "I9 no new risk": without("kill_level"),
    "I9 reduce only": without("kill_level"),
    "I9 another process": lambda: planted(Breakers, "configured", forgets_the_stop),
    "E1": lambda: planted(deciding, "reduces", asks_on_another_book),
}
"""By the law that each breaks, and what of it."""
