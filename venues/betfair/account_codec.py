"""The account as it describes itself: what is read of it to tell whether it is the one that was meant."""

import msgspec

from venues.betfair.rpc import answerer

DETAILS = "AccountAPING/v1.0/getAccountDetails"
APP_KEYS = "AccountAPING/v1.0/getDeveloperAppKeys"


class AccountDetails(msgspec.Struct, rename="camel"):
    """Currency and place of the account; names and the like are personal and never decoded."""

    currency_code: str = ""
    region: str = ""
    discount_rate: float = 0.0


class AppVersion(msgspec.Struct, rename="camel"):
    """One key of an application. `delay_data`: what it sees is up to three minutes old."""

    application_key: str
    version: str = ""
    delay_data: bool = False
    active: bool = True


class DeveloperApp(msgspec.Struct, rename="camel"):
    """An application with its keys, a live and a delayed one as a rule."""

    app_name: str = ""
    app_versions: list[AppVersion] = []


details_answer = answerer(AccountDetails)
app_keys_answer = answerer(list[DeveloperApp])
