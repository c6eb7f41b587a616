"""The configuration file: TOML to frozen structs, read whole at start, refused whole if anything in it is unknown."""

import hashlib
import ipaddress
import os
import socket
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from domain.ids import Currency, StrategyName, VenueName, exchange_of
from domain.money import FX_SCALE, MICROS, parse_micros, parse_rate_e8
from domain.net_price import PROBABILITY_SCALE
from domain.people import person
from engine.complaints import complaint, nearest
from engine.deciding import DecidingSettings
from engine.recon_drift import DriftSettings
from oms.accounts import HOUSE
from oms.blotter import ORPHANS
from risk.breakers import DESK, NOBODY, WATCHDOG
from risk.compliance import ComplianceRules
from risk.conduct import ConductRules
from risk.limits import OTHERS, Limits
from risk.watch import BreakerRules
from storage.journal import Sync
from strategy.flattening import FLATTEN
from venues.sim.faults import Profile
from venues.sim.paper import PaperOptions

T = TypeVar("T")


class ConfigError(Exception):
    """The configuration cannot be used; the message names the field, the value and the fix."""


AMOUNT_MAX_MICROS = 10**12 * MICROS
"""No desk means more, and sums of several still fit the 64 bits of a journalled integer."""
RATE_MAX_E8 = 10**6 * FX_SCALE

Count = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class RunSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[run]`: where runs are kept and how often the engine looks at the clock.

    `tape`: what the venues say of markets is kept beside the journal, up to `tape_mb` packed megabytes of each.
    """

    base: Currency = Currency("USD")
    runs: str = "runs"
    sync: Sync = "process"
    tick_ms: Count = 100
    digest_every: Count = 1000
    tape: bool = False
    tape_mb: Count = 256


class ReconSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[recon]`: how often each venue is reconciled, and how an open question is repeated."""

    every_s: Count = 5
    ask_again_ms: Count = 500
    settlement_every_ms: Count = 1000


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[reports]`: whose books reports are of, and the key that signs them, made when it is first needed.

    `terms`: which version of its terms each venue was agreed to under; `geo_evidence`: what proves where we trade from.
    """

    legal_entity: str = "the house"
    owner: str = "the house"
    controller: str = "the desk"
    customer_type: str = HOUSE
    geo_evidence: str = ""
    terms: dict[VenueName, str] = {}
    key_file: str = ""

    def __post_init__(self) -> None:
        if self.customer_type != HOUSE:
            raise ValueError(
                f'customer_type = {self.customer_type!r}: orders are placed for the house alone, write "{HOUSE}"; '
                "customers' orders are not taken (docs/reports.md)"
            )


class ControlSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[control]`: the control interface; port 0 takes a free one. The token is read from the named variable.

    `operators`: who may steer, each with the name of the variable that holds a token of their own.
    """

    host: str = "127.0.0.1"
    port: Port = 0
    token_env: str = "CROSSBOOK_TOKEN"
    operators: dict[str, str] = {}


CapsText = str | dict[str, str] | None
"""One amount for each name, or amounts by name, `"*"` for all others."""


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[limits]`: what the desk may risk at most; money as `"250 USD"` in base currency, collars as probabilities."""

    cap_order: str
    cap_market: str
    cap_event: str
    cap_total: str
    cap_day: str
    collar_fair: str
    collar_book: str
    orders_per_second: Count
    open_orders_max: Count
    position_claims: str | None = None
    accountability_claims: str | None = None
    size_claims: str | None = None
    orders_per_intent: Count | None = None
    market_orders_per_minute: Count | None = None
    turnover_day: str | None = None
    loss_minute: str | None = None
    strategy_loss_minute: str | None = None
    flatten_loss: str | None = None
    rejects_in_a_row: Count = 5
    cap_league: CapsText = None
    cap_sport: CapsText = None
    cap_model: CapsText = None
    cap_venue: CapsText = None
    cap_strategy: CapsText = None
    in_play: bool = True


class StrategySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[[strategies]]`: a name, the class as `module:Class`, and the class's own settings."""

    name: StrategyName
    uses: str
    settings: dict[str, Any] = {}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `venues` holds each venue's own table, decoded by the venue's settings type."""

    rates: dict[Currency, str]
    rates_dated: str
    limits: LimitSettings
    venues: dict[VenueName, dict[str, Any]]
    strategies: tuple[StrategySettings, ...]
    run: RunSettings = RunSettings()
    recon: ReconSettings = ReconSettings()
    drift: DriftSettings = DriftSettings()
    control: ControlSettings = ControlSettings()
    reports: ReportSettings = ReportSettings()
    deciding: DecidingSettings = DecidingSettings()
    breakers: BreakerRules = BreakerRules()
    compliance: ComplianceRules = ComplianceRules()
    conduct: ConductRules = ConductRules()
    backtest: PaperOptions = PaperOptions()
    faults: dict[str, Profile] = {}


NOT_STRATEGIES = frozenset({ORPHANS, FLATTEN, DESK, WATCHDOG})
"""What stands in orders, stops and reports where no configured strategy does."""

NAME_MAX = 60
"""Letters of a strategy's name; no name at all means everyone where a strategy is paused."""

NAMED_CAPS = frozenset({"cap_league", "cap_sport", "cap_model", "cap_venue", "cap_strategy"})


class Loaded(msgspec.Struct, frozen=True):
    """A configuration with what was computed from it, the bytes it was read from, and their hash."""

    config: Config
    limits: Limits
    rates_e8: dict[Currency, int]
    hash: str
    data: bytes = b""


Instead = tuple[str, Any]
"""A place in the file such as `strategies.0.settings.edge`, and the value that stands there instead."""


def load(path: Path, known_venues: Mapping[str, type[Any]], instead: Sequence[Instead] = ()) -> Loaded:
    """Read, check and freeze a configuration; venues are known with what each is run with. Raises ConfigError.

    The hash is of the file's bytes, and of what was put `instead` of some values.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}. Name an existing file with --config.") from error
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of thousands of figures, too deep
        raise ConfigError(f"{path}: not TOML: {error}") from error
    for place, value in instead:
        put(table, place, value)
    config = decode(table, Config, where=str(path))
    _check_venues(config, known_venues, path)
    _check_names(config, path)
    hashed = data if not instead else data + repr(instead).encode()
    digest = hashlib.blake2b(hashed, digest_size=16).hexdigest()
    return Loaded(config, _limits(config, path), _rates(config, path), digest, data)


def put(table: dict[str, Any], place: str, value: object) -> None:
    """Put a value at a place of the file's table, making tables on the way. Raises ConfigError if there is none."""
    at: Any = table
    *way, last = place.split(".")
    for step in way:
        at = at.setdefault(step, {}) if isinstance(at, dict) else _entry(at, step, place)
    if not isinstance(at, dict):
        raise ConfigError(f"{place}: no such place in the configuration; write it as strategies.0.settings.edge")
    at[last] = value


def _entry(at: object, step: str, place: str) -> object:
    if not isinstance(at, list) or not step.isdecimal() or int(step) >= len(at):
        raise ConfigError(f"{place}: no such place in the configuration; write it as strategies.0.settings.edge")
    return at[int(step)]


def listening(settings: ControlSettings) -> socket.socket:
    """The control interface's socket, bound.

    Raises ConfigError when the place is taken or not this machine's, and when the network would be let in by a token
    that nobody chose.
    """
    if not _is_loopback(settings.host) and not os.environ.get(settings.token_env):
        raise ConfigError(
            f"[control] host = {settings.host!r} lets the network in: put a token of your own into the environment "
            f"variable {settings.token_env}, or use 127.0.0.1"
        )
    try:
        return socket.create_server((settings.host, settings.port))
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise ConfigError(
            f"[control] {where}: cannot listen there: {error.strerror}; choose another port, or 0 for a free one"
        ) from error


def operator_tokens(settings: ControlSettings) -> dict[str, str]:
    """Each operator's token. Raises ConfigError where one is missing, shared, or of a name that is nobody's."""
    tokens: dict[str, str] = {}
    for name, variable in settings.operators.items():
        where = f"[control] operators {name} = {variable!r}"
        token = os.environ.get(variable, "")
        if person(name) in NOBODY:
            raise ConfigError(f"{where}: the engine itself goes by {name!r}; write a person's name")
        if not token:
            raise ConfigError(f"{where}: that environment variable is empty; put {name}'s own token into it")
        if token in tokens.values() or token == os.environ.get(settings.token_env):
            raise ConfigError(f"{where}: somebody else has the same token; give everybody one of their own")
        tokens[name] = token
    return tokens


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_venues(config: Config, known: Mapping[str, type[Any]], path: Path) -> None:
    if not config.venues:
        raise ConfigError(f"{path}: no venue: add at least one table, such as [venues.{min(known)}]")
    for name, table in config.venues.items():
        kind = known.get(exchange_of(name))
        if kind is None:
            raise ConfigError(f"{path}: [venues.{name}]: unknown venue{nearest(name, sorted(known))}")
        keys = {field.encode_name for field in msgspec.structs.fields(kind)}
        for key in table:
            if key not in keys:
                raise ConfigError(f"{path}: [venues.{name}] {key}: unknown key{nearest(key, sorted(keys))}")


def _check_names(config: Config, path: Path) -> None:
    """Names that settings give to venues and strategies must be names of some: a limit of nobody limits nobody.

    Who trades is who the reports are of.
    """
    strategies = [one.name for one in config.strategies]
    for name in strategies:
        if not name.isprintable() or not 0 < len(name.strip()) == len(name) <= NAME_MAX or name == OTHERS:
            said = f"write a word of at most {NAME_MAX} letters, such as maker; pauses, caps and reports go by it"
            raise ConfigError(f"{path}: [[strategies]] name = {name[:NAME_MAX]!r}: {said}")
        if name in NOT_STRATEGIES:
            taken = ", ".join(sorted(NOT_STRATEGIES))
            raise ConfigError(f"{path}: [[strategies]] name = {name!r}: orders of our own making have it; not {taken}")
    exchanges = {*config.venues, *map(exchange_of, config.venues)}
    for place, named, known in (
        ("[limits] cap_venue", config.limits.cap_venue, config.venues),
        ("[limits] cap_strategy", config.limits.cap_strategy, strategies),
        ("[deciding] priorities", config.deciding.priorities, config.venues),
        ("[compliance] jurisdictions", config.compliance.jurisdictions, exchanges),
        ("[reports] terms", config.reports.terms, exchanges),
    ):
        for one in named if isinstance(named, dict) else ():
            if one not in known and one != OTHERS:
                raise ConfigError(f"{path}: {place} {one}: there is none of this name{nearest(one, [*known])}")
    entity, told = config.compliance.entity, config.reports.legal_entity
    if entity not in ("", told):
        raise ConfigError(
            f"{path}: [reports] legal_entity = {told!r}: [compliance] entity = {entity!r} is who trades; "
            "name the same in both"
        )


def _rates(config: Config, path: Path) -> dict[Currency, int]:
    base = config.run.base
    try:
        date.fromisoformat(config.rates_dated)
    except ValueError as error:
        raise ConfigError(f"{path}: rates_dated = {config.rates_dated!r}: write a day as 2026-11-20") from error
    rates = {}
    for currency, text in {base: "1", **config.rates}.items():
        try:
            rates[currency] = _within(parse_rate_e8(text), RATE_MAX_E8, "a million")
        except ValueError as error:
            raise ConfigError(f"{path}: [rates] {currency} = {text!r}: {error}") from error
    if rates[base] != FX_SCALE:
        raise ConfigError(f"{path}: [rates] {base} = {config.rates[base]!r}: the base currency is worth 1 of itself")
    return rates


def _limits(config: Config, path: Path) -> Limits:
    """The limits in integers; a money text in another currency than the base is a wrong unit, not a conversion."""
    found: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(config.limits).items():
        try:
            found[_with_unit(name)] = _limit(name, value, config.run.base)
        except ValueError as error:
            raise ConfigError(f"{path}: [limits] {name} = {value!r}: {error}") from error
    try:
        limits = Limits(**found)
    except ValueError as error:
        raise ConfigError(f"{path}: [limits] {error}") from error
    if limits.cap_order_micros > limits.cap_event_micros:
        raise ConfigError(
            f"{path}: [limits] cap_order = {config.limits.cap_order!r}: above cap_event = {config.limits.cap_event!r}, "
            "so that one order could lose more than its whole event may; lower cap_order"
        )
    return limits


def _with_unit(name: str) -> str:
    """What a limit is called inside, where its unit is part of its name."""
    match name.split("_"):
        case ["cap" | "turnover" | "loss", _] | [_, "claims" | "loss"] | [_, "loss", _]:
            return f"{name}_micros"
        case ["collar", _]:
            return f"{name}_e9"
    return name


def _limit(name: str, value: CapsText | int | bool, base: Currency) -> object:
    """A limit as it is used: texts as integers, caps by name as a table of them. ValueError for a wrong text."""
    if name in NAMED_CAPS:
        texts = value if isinstance(value, dict) else {} if value is None else {OTHERS: str(value)}
        return {one: money_micros(text, base) for one, text in texts.items()}
    return _limit_of(name, value, base) if isinstance(value, str) else value


def _limit_of(name: str, text: str, base: Currency) -> int:
    if name.endswith("_claims"):
        return _within(parse_micros(text), AMOUNT_MAX_MICROS, "a million million")
    return probability_e9(text) if name.startswith("collar_") else money_micros(text, base)


def money_micros(text: str, currency: Currency) -> int:
    """Millionths of a text like `"250 USD"`. ValueError when it is not above zero, too large or in another unit."""
    amount, _, unit = text.partition(" ")
    if unit != currency:
        raise ValueError(f"must be an amount in {currency}, written as `250 {currency}`")
    return _within(parse_micros(amount), AMOUNT_MAX_MICROS, "a million million")


def _within(value: int, most: int, words: str) -> int:
    if value <= 0:
        raise ValueError("must be above zero")
    if value > most:
        raise ValueError(f"must be at most {words}")
    return value


def probability_e9(text: str) -> int:
    """A probability's text in 1e-9. ValueError outside (0, 1]."""
    try:
        value = Fraction(text) * PROBABILITY_SCALE
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value <= PROBABILITY_SCALE or value.denominator != 1:
        raise ValueError("must be a probability above 0 and at most 1, with at most nine decimals, such as `0.05`")
    return int(value)


def decode(table: object, kind: type[T], *, where: str) -> T:
    """Turn a table into a settings struct. Raises ConfigError naming the key, the value and the nearest known key."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {complaint(error, table, kind)}") from error
