"""Kalshi's check-up: the key, the hosts, what the key may do and until when, the budgets, the exchange, the money."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from msgspec.structs import replace

from domain.money import format_micros
from venues.base import Endpoint
from venues.checkup import Answer, Asker, Finding, NoAnswer, Verdict, clock_finding, reach
from venues.errors import PeerBroke
from venues.kalshi.amounts import micros
from venues.kalshi.fix.settings import FixLine, FixSettings
from venues.kalshi.rest_codec import (
    Answerer,
    ExchangeStatus,
    balance_answer,
    decode_answer,
    error_said,
    limits_answer,
    schedule_answer,
    status_answer,
)
from venues.kalshi.settings import Settings
from venues.kalshi.side_codec import keys_answer
from venues.kalshi.signing import Signer, load_key

T = TypeVar("T")

SKEW_MS_REFUSED = 10_000
"""Ten seconds are taken, thirty are refused. Source: recorded and measured answers."""
ATTESTED_DAYS_MIN = 7
WRITES_A_SECOND_MIN = 10

FIXES = {
    "header_timestamp_expired": "set the clock by NTP; what is signed is good for ten seconds",
    "INCORRECT_API_KEY_SIGNATURE": "the key file is not that of key_id: name the file that was saved with this key",
    "NOT_FOUND": "key_id is not known there: check it, and that it is of this environment (demo and production differ)",
    "authentication_error": "check key_id and key_file, and that both are of this environment",
}


class Refused(Exception):
    """The venue said no; with its word and what goes with it."""


class KalshiCheckup:
    """`wall_ns` reads the Unix clock; `signer` signs where it is given, instead of the key file of the settings."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int], signer: Signer | None = None) -> None:
        self._settings = settings
        self._wall_ns = wall_ns
        self._signer = signer
        self._rest = Asker(settings.rest, wall_ns)

    @property
    def places(self) -> Mapping[str, Endpoint]:
        """Both hosts, and those of the FIX sessions: only their doors, since a logon would put a running one out."""
        found = {"rest": self._settings.rest, "stream": self._settings.stream}
        fix = self._settings.fix
        lines: dict[str, FixLine | None] = {
            "orders": fix.orders,
            "copy": fix.copy,
            "listener": fix.listener,
            "books": fix.books,
        }
        return found | {f"fix.{name}": line.endpoint for name, line in lines.items() if line is not None}

    def disarmed(self) -> Settings:
        """Without FIX: its sessions cancel what they placed when they end, and one of ours would end a running one. Nor
        with a group: its matches are not ours to limit.
        """
        bare = replace(self._settings, order_entry="rest", books="stream", fix=FixSettings())
        return replace(bare, expires_s=0, group_contracts=0, owns_account=False)

    def findings(self) -> Iterator[Finding]:
        """From the key to the money; nothing is asked that has to be signed without a key that signs."""
        signer = self._signer
        try:
            signer = signer or Signer(self._settings.key_id, load_key(self._settings.key_file))
        except ValueError as error:
            fix = "name the PEM file that was saved when the key was made, as key_file, with chmod 600"
            yield Finding("key", Verdict.BAD, str(error), fix)
        else:
            yield Finding("key", Verdict.OK, f"{signer.kind}, parsed, and nobody else may read it")
        for key, endpoint in self.places.items():
            yield reach(key, endpoint, self._wall_ns)
        if signer is not None:
            yield from self._account(signer)
        yield clock_finding([self._rest.skew] if self._rest.skew else [], refused_ms=SKEW_MS_REFUSED)

    # --- leaves ---

    def _account(self, signer: Signer) -> Iterator[Finding]:
        looks: list[tuple[str, Callable[[Signer], Finding]]] = [
            ("limits", self._limits),
            ("permissions", self._permissions),
            ("exchange", self._exchange),
            ("maintenance", self._maintenance),
            ("funds", self._funds),
        ]
        for about, look in looks:
            try:
                yield look(signer)
            except Refused as error:
                word = next((word for word in FIXES if word in str(error)), "")
                fix = FIXES.get(word, "look the word up in the venue's documentation of errors")
                yield Finding(about, Verdict.BAD, str(error), fix)
            except (NoAnswer, PeerBroke) as error:
                yield Finding(about, Verdict.BAD, str(error), "ask again; the exchange may be down")

    def _get(self, signer: Signer, target: str, decoder: Answerer[T]) -> T:
        path = self._settings.rest_root + target
        headers = dict(signer.headers("GET", path, self._wall_ns() // 1_000_000)) | {"Accept": "application/json"}
        return _read(self._rest.ask("GET", path, headers), decoder)

    def _limits(self, signer: Signer) -> Finding:
        limits = self._get(signer, "/account/limits", limits_answer)
        said = f"reads {limits.read.refill_rate} tokens a second, writes {limits.write.refill_rate}; an order costs 10"
        few = limits.write.refill_rate < 10 * WRITES_A_SECOND_MIN
        return Finding("limits", Verdict.LOOK if few else Verdict.OK, said, "quote fewer markets, or ask for more")

    def _permissions(self, signer: Signer) -> Finding:
        about, keys = "permissions", self._get(signer, "/api_keys", keys_answer)
        own = next((one for one in keys.api_keys if one.api_key_id == signer.key_id.reveal()), None)
        if own is not None and not {"write", "write::trade"} & set(own.scopes):
            fix = "make a key with the scope write, or write::trade"
            return Finding(about, Verdict.BAD, f"the key may {', '.join(own.scopes)}, and not trade", fix)
        if own is not None and own.subaccount not in (None, self._settings.subaccount):
            fix = f"set subaccount = {own.subaccount}"
            return Finding(about, Verdict.BAD, f"the key is bound to subaccount {own.subaccount}", fix)
        return self._attested(keys.api_key_region_expiration_ts)

    def _attested(self, until_s: int | None) -> Finding:
        about, fix = "permissions", "attest on the website where you are: without it keys cannot trade sports"
        if until_s is None:
            return Finding(about, Verdict.LOOK, "the key may trade; where the account is was never attested", fix)
        until = datetime.fromtimestamp(until_s, UTC)
        days = (until_s - self._wall_ns() // 1_000_000_000) // 86_400
        said = f"the key may trade; location attested until {until:%Y-%m-%d}"
        verdict = Verdict.BAD if days < 0 else Verdict.LOOK if days < ATTESTED_DAYS_MIN else Verdict.OK
        return Finding(about, verdict, said, fix)

    def _exchange(self, signer: Signer) -> Finding:
        return exchange_finding(self._get(signer, "/exchange/status", status_answer))

    def _maintenance(self, signer: Signer) -> Finding:
        about, windows = "maintenance", self._get(signer, "/exchange/schedule", schedule_answer).schedule
        now = datetime.fromtimestamp(self._wall_ns() // 1_000_000_000, UTC)
        ahead = sorted(one.start_datetime for one in windows.maintenance_windows or () if _after(one.end_datetime, now))
        return Finding(about, Verdict.OK, f"the next begins {ahead[0]}" if ahead else "none is announced")

    def _funds(self, signer: Signer) -> Finding:
        target = f"/portfolio/balance?subaccount={self._settings.subaccount}"
        cash = micros(self._get(signer, target, balance_answer).balance_dollars)
        said = f"{format_micros(cash)} USD at hand"
        return Finding("funds", Verdict.OK if cash > 0 else Verdict.LOOK, said, "pay in, or expect refusals")


def exchange_finding(status: ExchangeStatus) -> Finding:
    """Whether the exchange and each of its shards trade."""
    halted = [one.exchange_index for one in status.exchange_index_statuses or () if not one.trading_active]
    if not (status.exchange_active and status.trading_active):
        return Finding("exchange", Verdict.LOOK, "it does not trade now", "wait for its hours; orders are refused")
    if halted:
        return Finding("exchange", Verdict.LOOK, f"shards {halted} do not trade now", "wait for them")
    return Finding("exchange", Verdict.OK, "it trades")


def _read(answer: Answer, decoder: Answerer[T]) -> T:
    if 200 <= answer.status < 300:
        return decode_answer(answer.body, decoder)
    said = error_said(answer.body)
    raise Refused(f"status {answer.status}: {said.code or 'no word'} {said.detail}".rstrip())


def _after(moment: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(moment) > now
    except (ValueError, TypeError):
        return False
