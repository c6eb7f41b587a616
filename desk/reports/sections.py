"""The sections of a tear sheet in their order; here the head, the table side by side, and how to get it again."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from desk.reports.charts import Bar, against_cap
from desk.reports.curves import by_market, equity, inventory
from desk.reports.figures import counted, day_and_minute, lasting, money, percent
from desk.reports.fills import edges, grids, hours_and_markouts
from desk.reports.frame import loss, minus, section, style
from desk.reports.results import QueueResult, TearSheet
from domain.money import format_micros


def sections(sheet: TearSheet) -> str:
    """All of the page's body."""
    parts = [head(sheet)]
    if sheet.results:
        parts += [
            each(sheet) for each in (side_by_side, equity, by_market, hours_and_markouts, edges, inventory, grids)
        ]
    return "\n".join([*parts, files(sheet), told(sheet)])


def head(sheet: TearSheet) -> str:
    """What was run, what came of it in one sentence, and the three figures."""
    messages, markets = sum(f.messages for f in sheet.files), sum(f.markets for f in sheet.files)
    under = [counted(len(sheet.files), "recording"), counted(markets, "market"), counted(messages, "message")]
    if sheet.files:
        first, last = min(f.first_ms for f in sheet.files), max(f.last_ms for f in sheet.files)
        under.append(f"{day_and_minute(first)} to {day_and_minute(last)} UTC")
    cards = "".join(_card(sheet, number) for number in range(len(sheet.results)))
    return (
        f'<header><div class="eyebrow">Backtest</div><h1>{escape(sheet.title)}</h1>'
        f'<p class="under">{escape(" · ".join(under))} · configuration '
        f"<code>{escape(sheet.configuration_hash[:16])}</code></p>"
        f'<p class="verdict">{escape(verdict(sheet))}</p><div class="cards">{cards}</div></header>'
    )


def verdict(sheet: TearSheet) -> str:
    """The sentence that a hurried reader takes home: it never claims more than the least favourable queue."""
    if not sheet.results:
        return "Nothing was simulated: no recording held prices."
    if not any(result.orders for result in sheet.results):
        return "No order was sent: the strategy found nothing worth an order, or every order was refused."
    if not any(result.fills for result in sheet.results):
        return "No order was filled under any queue assumption, so there is no profit and no loss to speak of."
    nets = [result.net_micros for result in sheet.results]
    low, high = min(nets), max(nets)
    span = f"{money(low, signed=True)} to {money(high, signed=True)} {sheet.currency} net of commission"
    if low == high:
        span = f"{money(low, signed=True)} {sheet.currency} net of commission"
    if low > 0:
        return f"{span}: a profit, whoever stood before us in the queue."
    if high < 0:
        return f"{span}: a loss, whoever stood before us in the queue."
    if low == high:
        return f"{span}."
    return f"{span}: whether this is a profit depends on who stood before us in the queue, so do not count on one."


def _card(sheet: TearSheet, number: int) -> str:
    result = sheet.results[number]
    return (
        f'<div class="card {style(sheet, number)}"><em>{escape(result.assumption)}</em>'
        f"<b{loss(result.net_micros)}>{money(result.net_micros, signed=True)} <small>{sheet.currency} net</small></b>"
        f"<p>{counted(result.fills, 'fill')} · {percent(result.matched_micros, result.placed_micros)} of stakes matched"
        f"<br>largest drawdown {money(result.drawdown_micros)} {sheet.currency}</p></div>"
    )


def side_by_side(sheet: TearSheet) -> str:
    """The table of everything that is one number, and below it how much of the cap was ever at risk."""
    unit = sheet.currency
    rows: list[tuple[str, str, Callable[[QueueResult], str]]] = [
        ("Profit before commission", unit, lambda r: money(r.gross_micros, signed=True)),
        ("Commission paid", unit, lambda r: money(r.commission_micros)),
        ("Net profit", unit, lambda r: money(r.net_micros, signed=True)),
        ("Net profit of turnover", "%", lambda r: percent(r.net_micros, r.matched_micros, signed=True, places=2)),
        ("Turnover, stakes matched", unit, lambda r: money(r.matched_micros)),
        ("Stakes placed", unit, lambda r: money(r.placed_micros)),
        ("Fill rate by stake", "%", lambda r: percent(r.matched_micros, r.placed_micros)),
        ("Orders sent", "", lambda r: f"{r.orders:,}"),
        (
            "Orders filled, whole or in part",
            "",
            lambda r: f"{r.orders_filled:,} ({percent(r.orders_filled, r.orders)})",
        ),
        ("Fills", "", lambda r: f"{r.fills:,}"),
        ("Orders refused by our own gate", "", lambda r: f"{r.refused:,}"),
        ("Largest drawdown", unit, lambda r: money(r.drawdown_micros)),
        ("Worst loss risked on one event", unit, lambda r: money(r.worst_loss_micros)),
        ("… of the cap", "%", lambda r: percent(r.worst_loss_micros, sheet.cap_micros)),
    ]
    heads = "".join(f"<th>{escape(result.assumption)}</th>" for result in sheet.results)
    body = "".join(
        f"<tr{' class=sum' if name == 'Net profit' else ''}><th>{name} <small>{unit_of}</small></th>"
        + "".join(f"<td{minus(text)}>{text}</td>" for text in map(told, sheet.results))
        + "</tr>"
        for name, unit_of, told in rows
    )
    table = f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"
    bars = [
        Bar(r.worst_loss_micros, style(sheet, n), f"{r.assumption}: {money(r.worst_loss_micros)} {unit}")
        for n, r in enumerate(sheet.results)
    ]
    risked = against_cap(bars, sheet.cap_micros, label="worst loss of one event against its cap")
    stakes = "".join(_stakes(sheet, n) for n in range(len(sheet.results)))
    return section(
        "Side by side",
        "The same strategy on the same market, met by three queues. Pessimistic: nobody ahead of us cancels. "
        "Optimistic: all who cancel stood ahead of us. Central: in proportion.",
        f"{table}<div class=pair><div><h3>Worst loss against the cap of {money(sheet.cap_micros)} {unit}</h3>{risked}"
        f"</div><div><h3>Stakes matched of stakes placed, {unit}</h3>{stakes}</div></div>",
        long=True,
    )


def _stakes(sheet: TearSheet, number: int) -> str:
    result = sheet.results[number]
    told = f"{result.assumption}: {money(result.matched_micros)} of {money(result.placed_micros)}"
    bar = Bar(result.matched_micros, style(sheet, number), told)
    return against_cap([bar], result.placed_micros, label=told, caption="")


def files(sheet: TearSheet) -> str:
    """What was read, and what of it could not be used."""
    rows = "".join(
        f"<tr><th><code>{escape(one.name)}</code></th><td>{one.messages:,}</td><td>{one.markets:,}</td>"
        f"<td>{day_and_minute(one.first_ms)}</td><td>{lasting(one.last_ms - one.first_ms)}</td>"
        f"<td class=note>{escape(one.note)}</td></tr>"
        for one in sheet.files
    )
    total = (
        f"<tr class=sum><th>{counted(len(sheet.files), 'file')}</th><td>{sum(f.messages for f in sheet.files):,}</td>"
        f"<td>{sum(f.markets for f in sheet.files):,}</td><td></td><td></td><td></td></tr>"
    )
    return section(
        "Recordings",
        "Every file that was given. One with a note was read, but not, or not fully, simulated.",
        "<table class=tight><thead><tr><th>file</th><th>messages</th><th>markets</th><th>begins, UTC</th><th>lasts</th>"
        f"<th class=text>note</th></tr></thead><tbody>{rows}{total}</tbody></table>",
        long=True,
    )


def told(sheet: TearSheet) -> str:
    """What the run was told, what it does not model, and whether its figures agree with each other."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td class=text><code>{escape(value)}</code></td></tr>"
        for name, value in (*sheet.options, ("configuration", sheet.configuration_hash))
    )
    caveats = "".join(f"<li>{escape(one)}</li>" for one in sheet.caveats)
    judged = "".join(f'<li class="{"good" if good else "bad"}">{escape(said)}</li>' for good, said in agreements(sheet))
    return section(
        "How to get this page again",
        "The same files, options and configuration give the same figures.",
        f"<div class=pair><div><table><tbody>{rows}</tbody></table></div><div><h3>What it does not model</h3>"
        f"<ul>{caveats or '<li>nothing was named</li>'}</ul>"
        f"<h3 style='margin-top:22px'>Do its figures agree?</h3><ul>{judged}</ul></div></div>",
    )


def agreements(sheet: TearSheet) -> Iterator[tuple[bool, str]]:
    """Sums that must meet to the millionth, each with whether it does; a break is printed, never hidden."""
    for r in sheet.results:
        sums: Sequence[tuple[str, int]] = (
            ("before commission less commission", r.gross_micros - r.commission_micros),
            ("the last point of the equity", r.equity[-1][1] if r.equity else 0),
            ("the sum over markets", sum(one.net_micros for one in r.markets)),
            ("the sum over hours", sum(one.net_micros for one in r.hours)),
        )
        wrong = [f"{name} is {format_micros(value)}" for name, value in sums if value != r.net_micros]
        if r.worst_loss_micros > sheet.cap_micros:
            wrong.append(f"an event could have lost {format_micros(r.worst_loss_micros)}, more than its cap")
        net = f"{r.assumption}: net profit {format_micros(r.net_micros)} {sheet.currency}"
        yield (
            not wrong,
            f"{net}, but {'; '.join(wrong)}" if wrong else f"{net} by commission, equity, markets and hours",
        )
