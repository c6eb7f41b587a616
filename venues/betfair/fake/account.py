"""The account API: what is there to bet with, and whose it is.

Source: Betfair developer docs, "getAccountFunds", "getAccountDetails", "getDeveloperAppKeys".
"""

from typing import Any

from domain.fees import NetWinFee
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount

EXPOSURE_LIMIT = -10_000.0
POINTS = 10


def get_account_funds(books: Books) -> dict[str, Any]:
    """Money at hand after everything that open bets and matched ones may still cost; exposure is below zero."""
    account = books.exchange.floor.accounts[books.options.account]
    return {
        "availableToBetBalance": amount(account.available_micros),
        "exposure": 0.0 - amount(sum(account.locked_micros.values())),
        "retainedCommission": 0.0,
        "exposureLimit": EXPOSURE_LIMIT,
        "discountRate": _discount(books),
        "pointsBalance": POINTS,
        "wallet": "UK",
    }


def get_account_details(books: Books) -> dict[str, Any]:
    """Whose account it is, and in which currency."""
    return {
        "currencyCode": books.exchange.options.terms.currency,
        "firstName": "Demo",
        "lastName": "Desk",
        "localeCode": "en",
        "region": "GBR",
        "timezone": "GMT",
        "discountRate": _discount(books),
        "pointsBalance": POINTS,
        "countryCode": "GB",
    }


def delayed_key(books: Books) -> str:
    """The account's other key, whose prices are old; here it asks for nothing but the account."""
    return books.options.app_key[::-1]


def get_developer_app_keys(books: Books) -> list[dict[str, Any]]:
    """The one application of the account: its live key, and the delayed one beside it."""
    versions = [("1.0", books.options.app_key, False), ("1.0-DELAY", delayed_key(books), True)]
    return [
        {
            "appName": "desk",
            "appId": 1,
            "appVersions": [
                {
                    "owner": "demo",
                    "versionId": n,
                    "version": version,
                    "applicationKey": key,
                    "delayData": delayed,
                    "subscriptionRequired": False,
                    "ownerManaged": False,
                    "active": True,
                }
                for n, (version, key, delayed) in enumerate(versions, 1)
            ],
        }
    ]


def _discount(books: Books) -> float:
    """The discount on commission, in per cent."""
    fee = books.exchange.options.terms.fee
    return fee.discount_ppm / 10_000 if isinstance(fee, NetWinFee) else 0.0
