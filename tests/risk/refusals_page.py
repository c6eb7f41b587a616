"""Every refusal as a document: `python -m tests.risk.refusals_page > docs/refusals.md` writes it."""

from risk.refusals import MEANINGS

HEAD = """# Refusals

Why an order of ours was not sent. Written by `python -m tests.risk.refusals_page > docs/refusals.md` from
`risk/refusals.py`.

Every order is judged against all rules in this order, at the moment in which it would be sent, and the first no stands.
An approval is a reservation: the next order, of the same step too, is judged with it counted in full, so that no
two orders pass together what either passes alone. What every reason cost is in `summary.json` of a run: `refusals`
counts them, and `edge` tells how much of the expected profit that strategies asked for was refused, by reason. A limit
that refuses much edge is one to look at: it may be right, or so timid that capital sleeps.

A wish counts once however often it is refused, under its latest reason, and not at all if it is sent within a second.
What is known without asking counts too: quotes that a venue's message budget does not take or that would cross another
of ours, quotes that the event's cap leaves no room for, and what of a take its route found no place for (its place is
closed, takes no order so small, or has not the money). What goes elsewhere within its limit was not refused, nor was a
quote that stays where it rests for want of a message to move it, nor what nobody wanted: a strategy that rests, or
a market that may not be quoted in, which the desk shows with its reason.

The last column says which orders pass a rule although its limit is reached.

| reason | what was the matter | what leads out | passes all the same |
| --- | --- | --- | --- |
"""


def document() -> str:
    """The page as a whole."""
    rows = (
        f"| `{reason}` | {meaning.says} | {meaning.remedy} | {meaning.passing.value} |"
        for reason, meaning in MEANINGS.items()
    )
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(document(), end="")
