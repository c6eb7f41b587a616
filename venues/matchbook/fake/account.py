"""The account: whose it is, and what is there to bet with.

Source: Matchbook API docs, "Get account", "Get balance"; recorded answers.
"""

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call
from venues.matchbook.fake.forms import amount
from venues.matchbook.fake.replies import Body
from venues.matchbook.fake.sessions import USER_ID


def get_balance(books: Books, _call: Call) -> Body:
    """Everything that is the customer's, what open offers and matched bets may cost of it, and what is left."""
    account = books.exchange.floor.accounts[books.options.account]
    return {
        "id": USER_ID,
        "balance": amount(account.wallet_micros),
        "exposure": amount(sum(account.locked_micros.values())),
        "commission-reserve": 0,
        "free-funds": amount(account.available_micros),
    }


def get_wallet(books: Books, call: Call) -> Body:
    """The same from the older platform, where the reserve is called a credit."""
    balance = get_balance(books, call)
    return balance | {"commission-credit": balance.pop("commission-reserve")}


def get_account(books: Books, call: Call) -> Body:
    """Whose account it is and how it likes to be answered."""
    return get_balance(books, call) | {
        "username": books.options.username,
        "status": "ACTIVE",
        "commission-type": "NET_WIN",
        "currency": books.currency,
        "country": "IE",
        "language": "en",
        "exchange-type": "back-lay",
        "odds-type": "DECIMAL",
        "show-bet-confirmation": False,
        "show-position": True,
        "show-odds-rounding-message": True,
        "bet-slip-pinned": True,
        "roles": ["USER"],
    }
