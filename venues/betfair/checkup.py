"""Betfair's check-up: the certificate, the hosts, a login of its own, the account, its application key, its money."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from venues.base import Endpoint
from venues.betfair.account_codec import AppVersion
from venues.betfair.auth import certificate_end
from venues.betfair.cold import INTERACTIVE_PATH, ColdFailed, LibraryCold, OwnCold
from venues.betfair.query_codec import AccountFunds
from venues.betfair.settings import Settings
from venues.checkup import CERTIFICATE_DAYS_MIN, Asker, Finding, Verdict, clock_finding, reach

LOGIN_FIXES = {
    "CERT_AUTH_REQUIRED": "upload the client certificate in the account's security settings and name it as "
    "login.client_cert and login.client_key; a wrong host or path also shows so",
    "INVALID_USERNAME_OR_PASSWORD": "check username and password; some more failures lock the account",
    "ACCOUNT_NOW_LOCKED": "unlock the account on the website before anything logs in again",
    "ACCOUNT_ALREADY_LOCKED": "unlock the account on the website before anything logs in again",
    "TEMPORARY_BAN_TOO_MANY_REQUESTS": "wait 20 minutes, and find out what logs in so often",
    "BETTING_RESTRICTED_LOCATION": "log in from where the account may bet",
    "SECURITY_RESTRICTED_LOCATION": "log in from where the account may bet",
}
"""Source: Betfair developer docs, "Login FAQ"; the words not listed need a person on the website."""
ANSWER_FIXES = {
    "INVALID_APP_KEY": "app_key is none of the venue's: copy it anew from the account's application keys",
    "NO_APP_KEY": "set app_key",
}
BY_HAND = "log in on the website and do what it asks"


class BetfairCheckup:
    """`wall_ns` reads the Unix clock."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._wall_ns = wall_ns
        self._askers: list[Asker] = []

    @property
    def places(self) -> Mapping[str, Endpoint]:
        """The four hosts."""
        one = self._settings
        return {"login": one.login, "identity": one.identity, "betting": one.betting, "stream": one.stream}

    def disarmed(self) -> Settings:
        """Without the dead-man's switch, which would cancel the account's bets once nobody speaks to it."""
        return replace(self._settings, dead_man_s=0)

    def findings(self) -> Iterator[Finding]:
        """From the files to the money; what a login is needed for is left out where it failed."""
        if self._settings.login_path != INTERACTIVE_PATH:
            yield self._certificate()
        for key, endpoint in self.places.items():
            yield reach(key, endpoint, self._wall_ns)
        cold = OwnCold(self._settings, self._asker)
        try:
            cold.log_in()
        except ColdFailed as error:
            word = str(error).rpartition(" ")[2]
            yield Finding("login", Verdict.BAD, str(error), LOGIN_FIXES.get(word, BY_HAND))
        else:
            yield Finding("login", Verdict.OK, f"{self._settings.login_path} gave a session")
            for look in (self._account, self._app_key, self._funds):
                yield self._answered(partial(look, cold))
        yield clock_finding([one.skew for one in self._askers if one.skew is not None])

    # --- leaves ---

    def _asker(self, endpoint: Endpoint) -> Asker:
        asker = Asker(endpoint, self._wall_ns)
        self._askers.append(asker)
        return asker

    def _certificate(self) -> Finding:
        about, at = "certificate", self._settings.login
        if not at.client_cert:
            fix = f'name login.client_cert and login.client_key, or set login_path = "{INTERACTIVE_PATH}"'
            return Finding(about, Verdict.BAD, "a certificate login without a client certificate", fix)
        try:
            until = certificate_end(at.client_cert, at.client_key)
        except ValueError as error:
            return Finding(about, Verdict.BAD, str(error), "make it anew and upload it in the account's settings")
        days = (until - datetime.fromtimestamp(self._wall_ns() // 1_000_000_000, UTC)).days
        said, fix = f"valid until {until:%Y-%m-%d}", "make a new one and upload it in the account's settings"
        if days < 0:
            return Finding(about, Verdict.BAD, said, fix)
        return Finding(about, Verdict.LOOK if days < CERTIFICATE_DAYS_MIN else Verdict.OK, said, fix)

    def _answered(self, look: Callable[[], Finding]) -> Finding:
        try:
            return look()
        except ColdFailed as error:
            word = str(error).rpartition(" ")[2]
            fix = ANSWER_FIXES.get(word, "look the word up in the venue's list of errors")
            return Finding("account", Verdict.BAD, str(error), fix)

    def _account(self, cold: OwnCold) -> Finding:
        found, ours = cold.details(), self._settings.currency
        said = f"{found.currency_code}, region {found.region}, discount {found.discount_rate:g} %"
        if found.currency_code != ours:
            return Finding("account", Verdict.BAD, said, f'set currency = "{found.currency_code}"; it says {ours}')
        return Finding("account", Verdict.OK, said)

    def _app_key(self, cold: OwnCold) -> Finding:
        ours = self._settings.app_key.reveal()
        versions = [version for app in cold.apps() for version in app.app_versions]
        return app_key_finding(next((one for one in versions if one.application_key == ours), None))

    def _funds(self, cold: OwnCold) -> Finding:
        """By our own codec, and by the library where it can be told whom to trust."""
        about, funds, ours = "funds", cold.funds(), self._settings.currency
        said = f"{funds.available_to_bet_balance:.2f} {ours} to bet with, exposure {funds.exposure:.2f}"
        fix = "pay in, or expect every order to be refused"
        try:
            other = self._second_opinion()
        except ValueError:
            said = f"{said}; no second opinion: the library trusts the system's authorities only"
        else:
            if other.available_to_bet_balance != funds.available_to_bet_balance:
                said = f"{said}; betfairlightweight read {other.available_to_bet_balance:.2f} a moment later"
                return Finding(about, Verdict.LOOK, said, "ask again while nothing trades")
            said = f"{said}; betfairlightweight reads the same"
        return Finding(about, Verdict.OK if funds.available_to_bet_balance > 0 else Verdict.LOOK, said, fix)

    def _second_opinion(self) -> AccountFunds:
        library = LibraryCold(self._settings)
        library.log_in()
        return library.funds()


def app_key_finding(version: AppVersion | None) -> Finding:
    """Whether the key sees what is traded on; a delayed one looks good and is minutes late."""
    about, fix = "application key", "use the live key of the account, and have it activated"
    if version is None:
        return Finding(about, Verdict.LOOK, "not one of this account's own, so nobody can say whether it is live", fix)
    if version.delay_data:
        return Finding(about, Verdict.BAD, f"version {version.version} is a delayed one: prices are minutes old", fix)
    if not version.active:
        return Finding(about, Verdict.BAD, f"version {version.version} is not active", fix)
    return Finding(about, Verdict.OK, f"version {version.version}, live")
