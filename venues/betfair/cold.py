"""Questions of people and of checks, asked from a worker thread: ours, and the same by a library as second opinion.

Both block, so neither belongs on the engine's loop. The library verifies against the system's authorities only; its
stream verifies nothing and is not used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from betfairlightweight import APIClient
from betfairlightweight.exceptions import BetfairError

from venues.base import Endpoint
from venues.betfair.account_codec import (
    APP_KEYS,
    DETAILS,
    AccountDetails,
    DeveloperApp,
    app_keys_answer,
    details_answer,
)
from venues.betfair.api import ACCOUNT_PATH, BETTING_PATH
from venues.betfair.query_codec import (
    CATALOGUE,
    FUNDS,
    AccountFunds,
    MarketCatalogue,
    catalogue_answer,
    encode_catalogue,
    funds_answer,
)
from venues.betfair.rpc import Answerer, Fault, decode_answer, encode_call
from venues.betfair.session import read_login
from venues.betfair.settings import Settings
from venues.checkup import Asker, NoAnswer
from venues.errors import PeerBroke

T = TypeVar("T")

INTERACTIVE_PATH = "/api/login"


class ColdFailed(Exception):
    """The question was not answered; the text says by whom and why."""


class Cold(Protocol):
    """What can be asked, after `log_in`. Each raises ColdFailed."""

    def log_in(self) -> None: ...

    def funds(self) -> AccountFunds: ...

    def catalogue(self, market_ids: list[str]) -> list[MarketCatalogue]: ...

    def listed(self, params: bytes) -> bytes:
        """The answer to a question about the catalogue, as it comes over the wire; `params` as they are asked."""


class OwnCold:
    """Our own codec over the standard library's client. `asker` opens an endpoint for questions."""

    def __init__(self, settings: Settings, asker: Callable[[Endpoint], Asker] | None = None) -> None:
        self._settings = settings
        self._asker = asker or (lambda endpoint: Asker(endpoint, wall_ns=lambda: 0))
        self._token = ""

    def log_in(self) -> None:
        """Get a session of its own; others of the account stay valid."""
        fields = {"username": self._settings.username.reveal(), "password": self._settings.password.reveal()}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = self._post(self._settings.login, self._settings.login_path, headers, urlencode(fields).encode())
        answer = _understood(lambda: read_login(body))
        if answer.word != "SUCCESS":
            raise ColdFailed(f"login refused: {answer.word}")
        self._token = answer.given

    def funds(self) -> AccountFunds:
        """The wallet."""
        return self._call(ACCOUNT_PATH, FUNDS, b"{}", funds_answer)

    def catalogue(self, market_ids: list[str]) -> list[MarketCatalogue]:
        """Terms and runners of markets that are not closed."""
        return self._call(BETTING_PATH, CATALOGUE, encode_catalogue(market_ids), catalogue_answer)

    def listed(self, params: bytes) -> bytes:
        """The catalogue's own answer."""
        headers = {"Content-Type": "application/json", "X-Authentication": self._token}
        return self._post(self._settings.betting, BETTING_PATH, headers, encode_call(CATALOGUE, params, 1))

    def details(self) -> AccountDetails:
        """Whose account it is, as far as trading needs to know."""
        return self._call(ACCOUNT_PATH, DETAILS, b"{}", details_answer)

    def apps(self) -> list[DeveloperApp]:
        """The application keys that the account owns."""
        return self._call(ACCOUNT_PATH, APP_KEYS, b"{}", app_keys_answer)

    def _call(self, path: str, method: str, params: bytes, decoder: Answerer[T]) -> T:
        headers = {"Content-Type": "application/json", "X-Authentication": self._token}
        body = self._post(self._settings.betting, path, headers, encode_call(method, params, 1))
        answer = _understood(lambda: decode_answer(body, decoder))
        if isinstance(answer, Fault):
            raise ColdFailed(f"{method}: {answer.word}")
        return answer

    def _post(self, endpoint: Endpoint, path: str, headers: dict[str, str], body: bytes) -> bytes:
        headers = {"X-Application": self._settings.app_key.reveal(), "Accept": "application/json"} | headers
        try:
            return self._asker(endpoint).ask("POST", path, headers, body).body
        except NoAnswer as error:
            raise ColdFailed(str(error)) from error


class LibraryCold:
    """betfairlightweight, pointed at the hosts of the settings; also what downloads historic files."""

    def __init__(self, settings: Settings) -> None:
        certificate = (settings.login.client_cert, settings.login.client_key)
        self._client = APIClient(
            settings.username.reveal(),
            settings.password.reveal(),
            app_key=settings.app_key.reveal(),
            cert_files=certificate if all(certificate) else settings.login.client_cert,
            lightweight=True,
        )
        self._client.identity_cert_uri = f"{_url(settings.login)}/api/"
        self._client.identity_uri = f"{_url(settings.identity)}/api/"
        self._client.api_uri = f"{_url(settings.betting)}/exchange/"
        self._is_interactive = settings.login_path == INTERACTIVE_PATH

    def log_in(self) -> None:
        """Get a session of its own; others of the account stay valid."""
        _asked(self._client.login_interactive if self._is_interactive else self._client.login)

    def funds(self) -> AccountFunds:
        """The wallet."""
        return _as(_asked(self._client.account.get_account_funds), AccountFunds)

    def catalogue(self, market_ids: list[str]) -> list[MarketCatalogue]:
        """Terms and runners of markets that are not closed."""
        found = _asked(
            lambda: self._client.betting.list_market_catalogue(
                filter={"marketIds": market_ids},
                market_projection=["MARKET_DESCRIPTION", "RUNNER_DESCRIPTION", "EVENT", "MARKET_START_TIME"],
                max_results=len(market_ids),
            )
        )
        return _as(found, list[MarketCatalogue])

    def listed(self, params: bytes) -> bytes:
        """The catalogue's answer, asked through the library and written as it came."""
        asked = msgspec.json.decode(params)
        found = _asked(
            lambda: self._client.betting.list_market_catalogue(
                filter=asked["filter"],
                market_projection=asked["marketProjection"],
                sort=asked["sort"],
                max_results=asked["maxResults"],
            )
        )
        return msgspec.json.encode({"jsonrpc": "2.0", "result": found, "id": 1})

    def download(self, historic_path: str, folder: Path) -> Path:
        """Fetch one file of the account's historic data; its name stays."""
        return Path(_asked(lambda: self._client.historic.download_file(historic_path, str(folder))))


def _url(endpoint: Endpoint) -> str:
    if endpoint.tls_roots:
        raise ValueError(f"{endpoint.host}: the library trusts the system's authorities only; tls_roots must be empty")
    return f"{'https' if endpoint.tls else 'http'}://{endpoint.host}:{endpoint.port}"


def _understood(read: Callable[[], T]) -> T:
    try:
        return read()
    except PeerBroke as error:
        raise ColdFailed(str(error)) from error


def _asked(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 the library's dictionaries, converted by `_as`
    try:
        return ask()
    except (BetfairError, OSError) as error:
        raise ColdFailed(f"{type(error).__name__}: {error}") from error


def _as(found: object, form: type[T]) -> T:
    try:
        return msgspec.convert(found, form, strict=False)
    except msgspec.ValidationError as error:
        raise ColdFailed(f"not an answer: {error}") from error
