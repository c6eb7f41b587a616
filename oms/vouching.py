"""What a person says of one order, beside everything that its venue says: where both fit, and which of them gives way.

A venue that never answers, or never takes back what it matched too much, tells somebody by telephone at last. That
word ends every doubt about the order: it says of every part of it what became of it. It is kept apart from what came
over the venue's own roads, and stands only as long as these do not go past it:

    the venue says                                           the word
    as much, and that nothing remains                        is done with: the venue's own figures hold
    a part of it                                             stands
    that more was matched than the word has of the order     gives way to that, and the order is suspect
    that some of it rests, which the word says is gone       counts what it has as matched, the rest is open again;
                                                             suspect
    that less was matched, and that nothing remains          stands; suspect
    anything, in a statement                                 gives way; suspect where they differ
    a void                                                   stands, but for what is annulled

What remains counts in full as soon as the word about it has given way, whatever else is still to be found out. An order
that nobody but us had heard of, and that the person says is not there, is `missing` as if late queries had missed it.
"""

from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.messages import CancelOrder, OrderAccepted, OrderFact, OrderReported
from domain.money import MICROS, format_micros
from domain.odds import PriceKind
from domain.orders import Amend, Evidence, Order, Vouched
from domain.vouching import Finding, OrderVouched
from oms import testimony
from oms.testimony import Matched

SIZES = ("matched", "cancelled", "lapsed", "voided", "remaining")
"""The five parts of an order, as a person names them."""

FINDINGS = {
    Finding.GONE: "it is not there",
    Finding.KEPT: "what was matched too much is kept",
    Finding.VOIDED: "what was matched too much is voided",
}


def priced(fact: OrderVouched, kind: PriceKind) -> OrderVouched:
    """The word with the claims and the cost of what was matched, each rounded up."""
    size, price = fact.matched_micros, fact.price_micros
    if kind is PriceKind.LINE:
        return replace(fact, claims_micros=2 * size, cost_micros=size)
    if not price:
        return fact
    if kind is PriceKind.CONTRACT:
        cost = -(-size * price // MICROS)
        return replace(fact, claims_micros=size if cost * MICROS == size * price else size + 1, cost_micros=cost)
    return replace(fact, claims_micros=-(-size * price // MICROS), cost_micros=size)


def in_words(fact: OrderVouched) -> str:
    """What the venue is said to have told, such as `4.00 matched @ 2.02, 6.00 cancelled`."""
    if fact.finding is not Finding.FIGURES:
        return FINDINGS[fact.finding]
    price = f" @ {format_micros(fact.price_micros)}" if fact.price_micros else ""
    parts = [(name, getattr(fact, f"{name}_micros")) for name in SIZES]
    told = [f"{format_micros(size)} {name}{price if name == 'matched' else ''}" for name, size in parts if size]
    return "of it are " + ", ".join(told)


# ---- what may be said ----


def price_misfit(fact: OrderVouched, kind: PriceKind) -> str:
    """Why the price cannot be one of the order's kind, empty if it can."""
    price, told = fact.price_micros, f"price = {format_micros(fact.price_micros)}"
    if not price:
        return ""
    if kind is PriceKind.LINE:
        return f"{told}: a line is bet at evens; leave it out"
    if kind is PriceKind.CONTRACT:
        return "" if 0 < price < MICROS else f"{told}: a contract costs between 0 and 1; write it as 0.55"
    return "" if price > MICROS else f"{told}: odds lie above 1; write them as 2.02"


def misfit(order: Order, fact: OrderVouched) -> str:
    """Why a word cannot be true of the order by what its venue has said, empty if it can; names field, value and fix.

    `fact` is priced.
    """
    if order.settled:
        return f"order = {order.ref!r}: its market is settled; what the venue corrects comes with its statement"
    known = _by_venue(order)
    over = known.remaining_micros < 0 and not testimony.grows(order)
    told = f"finding = {fact.finding.value!r}"
    if fact.finding in (Finding.KEPT, Finding.VOIDED):
        return "" if over else f"{told}: no more was matched than was ordered; tell what became of the order's parts"
    if over:
        beyond = format_micros(-known.remaining_micros)
        return f"{told}: {beyond} more was matched than ordered; tell whether that is kept or voided"
    if fact.finding is Finding.GONE:
        return f"{told}: the venue rejected it, so that nothing of it is there already" if order.rejected else ""
    return _ill_sized(order, known, fact)


def _ill_sized(order: Order, known: Order, fact: OrderVouched) -> str:
    sizes = {name: getattr(fact, f"{name}_micros") for name in SIZES}
    for name, size in sizes.items():
        if size < 0:
            return f"{name} = {format_micros(size)}: must be 0 or more"
    if fact.voided_micros < known.voided_micros:
        had = format_micros(known.voided_micros)
        return f"voided = {format_micros(fact.voided_micros)}: {had} is known to be voided, which nobody takes back"
    if fact.matched_micros + fact.voided_micros < known.matched_micros + known.voided_micros:
        had = format_micros(known.matched_micros)
        return (
            f"matched = {format_micros(fact.matched_micros)}: {had} is known to be matched; of that only what was "
            "annulled is gone, tell it as voided"
        )
    if fact.remaining_micros > known.remaining_micros:
        left = format_micros(known.remaining_micros)
        return f"remaining = {format_micros(fact.remaining_micros)}: by the venue's word no more than {left} rests"
    total = sum(sizes.values())
    change = _change(order)
    wholes = {order.size_micros} if change is None else {order.size_micros, change.size_micros}
    if total not in wholes and not (testimony.grows(order) and total > order.size_micros):
        parts = ", ".join(f"{name} = {format_micros(size)}" for name, size in sizes.items() if size) or "nothing"
        whole = " or ".join(map(format_micros, sorted(wholes)))
        return (
            f"{parts}: {format_micros(total)} in all, but the order is for {whole}; say of every part what became of it"
        )
    if fact.matched_micros > known.matched_micros and not fact.cost_micros:
        return f"price = {format_micros(fact.price_micros)}: more was matched than we knew; tell its average price"
    return ""


def says_nothing_new(order: Order, fact: OrderVouched) -> bool:
    """Whether the order is as it was behind a word that fits, and no doubt of the machine's was ended."""
    after = weighed(hear(order, fact), fact)
    return replace(after, testimony=order.testimony) == order


# ---- what it does ----


def hear(order: Order, fact: OrderVouched) -> Order:
    """The order with a person's word in the place of an earlier one; what cannot be true of it changes nothing."""
    if misfit(order, fact):
        return order
    if fact.finding is Finding.GONE and not order.acked:
        return replace(order, missing=True, unknown=False)
    change = _change(order)
    if change is not None and _total(fact) == change.size_micros != order.size_micros:
        amended = (*order.amended, change.request)
        order = replace(order, price=change.price, size_micros=change.size_micros, amended=amended)
    word = _word(_by_venue(order), fact)
    return replace(
        order,
        acked=True,
        unknown=False,
        rejected=False,
        missing=False,
        suspect=False,
        amend=None if word.closed else order.amend,
        testimony=replace(order.testimony, vouched=word),
    )


def weighed(order: Order, fact: OrderFact | CancelOrder | AmendOrder) -> Order:
    """The order by everything that was said of it, `fact` last: what its venue says, then a person's word."""
    order = testimony.weigh(order)
    if order.testimony.vouched is None:
        return order
    if type(fact) is not OrderVouched:
        order = _against(order, order.testimony.vouched, fact)
    word = order.testimony.vouched
    return order if word is None else _overlaid(order, word)


def _against(order: Order, word: Vouched, fact: OrderFact | CancelOrder | AmendOrder) -> Order:
    """What a word of the venue does to the person's; `order` is weighed without that."""
    known, ever = _ever_matched(order), word.matched_micros + word.voided_micros
    report = fact if isinstance(fact, OrderReported) else None
    if report is not None and report.evidence >= Evidence.STATEMENT:
        alike = report.closed is word.closed and (report.matched_micros, report.voided_micros) == (
            word.matched_micros,
            word.voided_micros,
        )
        return _stands(order, None, doubt=not alike)
    if known > ever:
        return _stands(order, None, doubt=word.closed)
    if word.closed and (not report.closed if report is not None else _is_listed(order, ever, fact)):
        return _stands(order, replace(word, closed=False, cancelled_micros=0, lapsed_micros=0), doubt=True)
    if report is None or not report.closed:
        return order
    told = report.matched_micros + report.voided_micros
    if told < ever:
        return _stands(order, word, doubt=True)
    done = told == ever and not word.over and not order.disputed
    return _stands(order, None, doubt=False) if done else order


def _is_listed(order: Order, ever_micros: int, fact: OrderFact | CancelOrder | AmendOrder) -> bool:
    """The venue has it on a list of what rests; its acceptance alone says nothing against a later end."""
    listed = isinstance(fact, OrderAccepted) and fact.evidence >= Evidence.PULL
    return listed and ever_micros < order.size_micros


def _stands(order: Order, word: Vouched | None, *, doubt: bool) -> Order:
    return replace(order, testimony=replace(order.testimony, vouched=word), suspect=order.suspect or doubt)


def _overlaid(order: Order, word: Vouched) -> Order:
    """The quantities of an order, weighed by what its venue says, with what a person was told beyond that."""
    known = Matched(order.matched_micros, order.claims_micros, order.cost_micros, order.fee_micros)
    ever = word.matched_micros + word.voided_micros
    voids = max(word.voided_micros, _ever_matched(order) - order.matched_micros)
    matched = Matched(word.matched_micros, word.claims_micros, word.cost_micros, order.fee_micros)
    matched = known if known.size == ever - voids else matched.without(matched.size - (ever - voids))
    voided = max(voids, order.voided_micros)
    room = max(0, order.size_micros - matched.size - voided)
    lapsed = min(room, max(word.lapsed_micros, order.lapsed_micros))
    room -= lapsed
    return replace(
        order,
        matched_micros=matched.size,
        claims_micros=matched.claims,
        cost_micros=matched.cost,
        unattributed_micros=max(0, matched.size - known.size + order.unattributed_micros),
        voided_micros=voided,
        lapsed_micros=lapsed,
        cancelled_micros=room if word.closed else min(room, max(word.cancelled_micros, order.cancelled_micros)),
        disputed=False,
    )


def _word(known: Order, fact: OrderVouched) -> Vouched:
    """The word in figures; `known` is the order by what its venue says."""
    had = Matched(known.matched_micros, known.claims_micros, known.cost_micros)
    if fact.finding is Finding.FIGURES:
        size = fact.matched_micros
        told = Matched(size, fact.claims_micros, fact.cost_micros) if fact.cost_micros else had.without(had.size - size)
        gone = fact.cancelled_micros, fact.lapsed_micros, fact.voided_micros
        over = sum(gone) + size > known.size_micros
        return Vouched(told.size, told.claims, told.cost, *gone, closed=not fact.remaining_micros, over=over)
    beyond = -known.remaining_micros if fact.finding is Finding.VOIDED else 0
    left = had.without(beyond)
    cancelled = known.cancelled_micros + max(0, known.remaining_micros)
    return Vouched(
        left.size,
        left.claims,
        left.cost,
        cancelled,
        known.lapsed_micros,
        known.voided_micros + had.size - left.size,
        closed=True,
        over=known.remaining_micros < 0,
    )


def _by_venue(order: Order) -> Order:
    """The order by what its venue says alone."""
    return testimony.weigh(replace(order, missing=False, testimony=replace(order.testimony, vouched=None)))


def _ever_matched(order: Order) -> int:
    """Matched at any time, by what the venue says; `order` is weighed without a person's word."""
    said = testimony.corrected(order.testimony)
    return order.matched_micros + max(said.reported_voided_micros, said.voids_matched_micros)


def _change(order: Order) -> Amend | None:
    """A change of it that is not answered, and after which it would be the same order with another whole size."""
    change = order.amend
    return None if change is None or change.successor is not None or change.cancels else change


def _total(fact: OrderVouched) -> int:
    return sum(getattr(fact, f"{name}_micros") for name in SIZES)
