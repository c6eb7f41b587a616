"""The limits in force: frozen, read whole from the configuration, refused when they make no sense."""

from collections.abc import Iterable, Mapping

import msgspec

from domain.stops import LimitFigure

OTHERS = "*"
"""In caps by name: what holds for every name that has none of its own."""

Caps = Mapping[str, int]
"""Base-currency millionths of worst loss by name, of leagues, sports, models, venues or strategies."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk may risk at most.

    Caps are base-currency millionths of worst loss: `order` for one order on its own, `market`, `event` and
    `total` for everything matched and open, `day` for what the last 24 hours have lost plus what may still be
    lost; those by name for each league, sport, model, venue and strategy. Collars are probabilities in 1e-9: how
    far a price may lie from the fair value on either side, and how far through the book on the side that hurts.
    `position_claims_micros` bounds the claims held or given on one instrument with all open orders of one side
    filled, over all accounts at its exchange; `accountability_claims_micros` of the same refuses nothing and only
    warns. `size_claims_micros` bounds the claims of one order, `turnover_day_micros` what is matched in 24 hours at
    cost with everything open, `loss_minute_micros` what a minute may lose, marked at fair values, and
    `strategy_loss_minute_micros` what one strategy may; `flatten_loss_micros` what flattening may cost against fair
    values. None stands for no such limit.
    ValueError, naming the field, for a limit that is not a whole number above zero.
    """

    cap_order_micros: int
    cap_market_micros: int
    cap_event_micros: int
    cap_total_micros: int
    cap_day_micros: int
    collar_fair_e9: int
    collar_book_e9: int
    orders_per_second: int
    open_orders_max: int
    position_claims_micros: int | None = None
    accountability_claims_micros: int | None = None
    size_claims_micros: int | None = None
    orders_per_intent: int | None = None
    market_orders_per_minute: int | None = None
    turnover_day_micros: int | None = None
    loss_minute_micros: int | None = None
    strategy_loss_minute_micros: int | None = None
    flatten_loss_micros: int | None = None
    rejects_in_a_row: int = 5
    in_play: bool = True
    cap_league_micros: Caps = {}
    cap_sport_micros: Caps = {}
    cap_model_micros: Caps = {}
    cap_venue_micros: Caps = {}
    cap_strategy_micros: Caps = {}

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, dict):
                for name, cap in value.items():
                    _check(f"{field.name}[{name!r}]", cap)
            elif field.name != "in_play" and not (value is None and field.default is None):
                _check(field.name, value)

    @property
    def has_caps_by_name(self) -> bool:
        """Whether leagues, sports, models, venues or strategies have caps of their own."""
        return any(isinstance(getattr(self, name), dict) and getattr(self, name) for name in self.__struct_fields__)


def figures_of(limits: Limits) -> tuple[LimitFigure, ...]:
    """The limits that are set, one by one: what a journal keeps of them."""
    told = []
    for name, value in msgspec.structs.asdict(limits).items():
        if type(value) is int:
            told.append(LimitFigure(name, "", value))
        elif isinstance(value, Mapping):
            told += [LimitFigure(name, subject, cap) for subject, cap in value.items()]
    return tuple(told)


def limits_of(figures: Iterable[LimitFigure]) -> dict[str, int | dict[str, int]]:
    """The same by name; caps by name are figures by name."""
    found: dict[str, int | dict[str, int]] = {}
    for one in figures:
        if not one.subject:
            found[one.limit] = one.figure
            continue
        caps = found.setdefault(one.limit, {})
        assert isinstance(caps, dict), f"{one.limit} is told with and without a name"
        caps[one.subject] = one.figure
    return found


def cap_of(caps: Caps, name: str) -> int | None:
    """The cap of one name, its own or that of all others; None if there is none."""
    return caps.get(name, caps.get(OTHERS))


def _check(name: str, value: object) -> None:
    if type(value) is not int or value <= 0:
        raise ValueError(f"{name} must be a whole number above zero, not {value!r}")
